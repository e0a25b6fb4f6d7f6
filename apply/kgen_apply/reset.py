# SPDX-License-Identifier: Apache-2.0
"""kgen reset: takes hosts out of their cluster, as kubeadm reset does (app/cmd/phases/reset).

What is deleted is fixed, named in the plan, and nothing else: directories are emptied and stay. As with kubeadm, CNI
configuration, packet filter rules and anybody's ~/.kube/config are left alone.
"""

from __future__ import annotations

import base64
import re
import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import click
import yaml

from kgen_apply import files, hosts, ssh
from kgen_apply.errors import RefusedError, UsageError
from kgen_apply.facts import script
from kgen_apply.parallel import each
from kgen_apply.ssh import Session

MANIFESTS = "/etc/kubernetes/manifests"
_TEMPORARY = "/etc/kubernetes/tmp"
_CONFS = ("admin", "super-admin", "kubelet", "bootstrap-kubelet", "controller-manager", "scheduler")
FILES = tuple(f"/etc/kubernetes/{name}.conf" for name in _CONFS)
_NEVER = re.compile(
    r"/(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)?(?:/(?:lib|log|local|etc|kubernetes|run))?"
)


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What there is to take away on one host."""

    name: str
    data: str
    """etcd's data directory; empty without a local etcd."""
    peer: str
    """URL by which its etcd is known to other members."""
    directories: dict[str, int]
    """Directories to be emptied, and how many entries they have."""
    files: tuple[str, ...]
    mounts: tuple[str, ...]
    crictl: bool

    @property
    def changes(self) -> bool:
        """Whether there is anything."""
        return any(self.directories.values()) or bool(self.files or self.mounts)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are on the hosts."""

    certificates: str
    socket: str
    temporary: str

    def head(self) -> str:
        """As assignments, for a script."""
        return f"certificates={shlex.quote(self.certificates)} temporary={self.temporary} files='{' '.join(FILES)}'\n"


@click.command("reset", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("places", nargs=-1, metavar="[USER@]ADDRESS[:PORT]...")
@click.option("--local", is_flag=True, help="This machine.")
@click.option("--ssh-config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="For ssh -F.")
@click.option("--cert-dir", default="/etc/kubernetes/pki", show_default=True, help="The cluster's certificatesDir.")
@click.option(
    "--cri-socket", default="/run/containerd/containerd.sock", show_default=True, help="Of the container runtime."
)
@click.option("--cleanup-tmp-dir", is_flag=True, help=f"Empty {_TEMPORARY} as well.")
@click.option(
    "--dry-run", is_flag=True, help="Show the plan and change nothing; exit code 1 if there is something to do."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def command(
    places: tuple[str, ...],
    local: bool,
    ssh_config: Path | None,
    cert_dir: str,
    cri_socket: str,
    cleanup_tmp_dir: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Take hosts out of their cluster: what kubeadm reset does, after a plan and a confirmation."""
    if bool(places) == local:
        raise UsageError("name the hosts to reset, or give --local for this machine")
    chosen = [hosts.Host("localhost", "localhost", local=True)] if local else [hosts.parse(place) for place in places]
    where = Settings(_safe(cert_dir), cri_socket.removeprefix("unix://"), _TEMPORARY if cleanup_tmp_dir else "")
    with ssh.opened(chosen, ssh_config) as sessions:
        plans = each(list(sessions.values()), lambda session: look(session, where))
        for plan in plans:
            _show(plan)
        todo = [plan for plan in plans if plan.changes]
        if not todo or dry_run:
            return 1 if todo else 0
        if not yes:
            click.confirm("Delete this? It cannot be brought back.", abort=True, err=True)
        each(todo, lambda plan: files.lock(sessions[plan.name]))
        for plan, lines in zip(todo, each(todo, lambda plan: carry_out(sessions[plan.name], plan, where)), strict=True):
            for line in lines:
                click.echo(f"{plan.name}: {line}")
    return 0


def look(session: Session, where: Settings) -> ResetPlan:
    """What is there on this host."""
    rows = [
        line.split(" ", 1) for line in session.run(where.head() + script("resetlook.sh")).splitlines() if " " in line
    ]
    found: dict[str, list[str]] = {}
    for kind, text in rows:
        found.setdefault(kind, []).append(text)
    kubelet = found.get("kubelet", [""])[0]
    data, peer = _etcd(found["etcd"][0]) if "etcd" in found else ("/var/lib/etcd" if "default" in found else "", "")
    counted = {path: 0 for path in (MANIFESTS, kubelet, where.certificates, where.temporary) if path}
    for entry in found.get("entry", ()):
        counted[entry.rpartition("/")[0]] += 1
    if data:
        counted[data] = int(found["default"][0]) if data == "/var/lib/etcd" and "default" in found else 1
    return ResetPlan(
        name=session.host.name,
        data=data,
        peer=peer,
        directories={path: count for path, count in counted.items() if count},
        files=tuple(found.get("file", ())),
        mounts=tuple(found.get("mount", ())),
        crictl="crictl" in found,
    )


def carry_out(session: Session, plan: ResetPlan, where: Settings) -> list[str]:
    """Do it; returns what was done and what could not be, as sentences. HostError if a step failed."""
    head = f"socket={shlex.quote(where.socket)} data={shlex.quote(plan.data)} peer={shlex.quote(plan.peer)}\n"
    output = session.run(head + where.head() + script("reset.sh"), timeout=600)
    return [line for line in output.splitlines() if line]


def _etcd(manifest: str) -> tuple[str, str]:
    """Data directory and peer URL in etcd's manifest."""
    try:
        spec = yaml.safe_load(base64.b64decode(manifest))["spec"]
        paths = [volume["hostPath"]["path"] for volume in spec["volumes"] if volume["name"] == "etcd-data"]
        words = [str(word) for each in spec["containers"] for word in each.get("command", ())]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, IndexError, ValueError):
        raise RefusedError(f"{MANIFESTS}/etcd.yaml is not a static pod that kubeadm writes; move it away") from None
    peers = [word.partition("=")[2] for word in words if word.startswith("--initial-advertise-peer-urls=")]
    return (_safe(paths[0]) if paths else ""), (peers[0] if peers else "")


def _safe(path: str) -> str:
    """The path, if emptying it can only be meant for a cluster's files; RefusedError otherwise."""
    plain = str(PurePosixPath(path))
    if not path.startswith("/") or ".." in path or not path.isprintable() or _NEVER.fullmatch(plain):
        raise RefusedError(f"{path} is not a directory that kgen reset will empty")
    return plain


def _show(plan: ResetPlan) -> None:
    if not plan.changes:
        click.echo(f"{plan.name}: nothing of a cluster is there")
        return
    if plan.peer:
        click.echo(f"{plan.name}: etcd member {plan.peer} leaves, if there are others")
    click.echo(f"{plan.name}: the kubelet is stopped; all pods of the container runtime are removed")
    for mount in plan.mounts:
        click.echo(f"{plan.name}: unmounted: {mount}")
    for path, count in plan.directories.items():
        click.echo(f"{plan.name}: emptied: {path}  ({count} entries)")
    for path in plan.files:
        click.echo(f"{plan.name}: deleted: {path}")
