# SPDX-License-Identifier: Apache-2.0
"""Record RootlessControlPlane: PYTHONPATH=generator:tests python -m conformance.rootless [--check] [MINOR...]

The dry run leaves this feature gate out, so kubeadm runs in earnest here, up to the static pods' manifests: in a
directory of its own, entered by chroot, without network. Root is needed, for files change their owners. What
is kept, in rootless/<minor>.json, are the manifests, and owners and modes of all files, but no file's content.
With --check nothing is written, and any difference makes the exit code 1.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import build
from conformance.cases import DEBIAN

RECORDINGS = Path(__file__).parent / "rootless"
PHASES = ("certs", "kubeconfig", "etcd", "control-plane")
_OTHER_PHASES = (
    *("preflight", "kubelet-start", "wait-control-plane", "upload-config", "upload-certs", "mark-control-plane"),
    *("bootstrap-token", "kubelet-finalize", "addon", "show-join-command"),
)

_USERS = (
    "root:0:0 daemon:1:1 bin:2:2 sys:3:3 sync:4:65534 games:5:60 man:6:12 lp:7:7 mail:8:8 news:9:9 uucp:10:10 "
    "proxy:13:13 www-data:33:33 backup:34:34 list:38:38 irc:39:39 _apt:42:65534 nobody:65534:65534"
)
_GROUPS = (
    "root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 lp:7 mail:8 news:9 uucp:10 man:12 proxy:13 kmem:15 dialout:20 "
    "fax:21 voice:22 cdrom:24 floppy:25 tape:26 sudo:27 audio:29 dip:30 www-data:33 backup:34 operator:37 list:38 "
    "irc:39 src:40 shadow:42 utmp:43 video:44 sasl:45 plugdev:46 staff:50 games:60 users:100 nogroup:65534"
)
"""Debian 12's base-passwd 3.6.1: passwd.master and group.master."""
_LIMITS = "UID_MIN 1000\nUID_MAX 60000\n#SYS_UID_MIN 100\n#SYS_UID_MAX 999\nGID_MIN 1000\nGID_MAX 60000\n"
"""What counts in login.defs of Debian 12: the limits of system ids are comments there."""

_CONFIGURATION = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration: {name: cp-1, criSocket: "unix:///run/containerd/containerd.sock"}
patches: {directory: /patches}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: @VERSION@
encryptionAlgorithm: ECDSA-P256
"""
_GATE = "featureGates: {RootlessControlPlane: true}\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One run of `kubeadm init` with the gate on, on a Debian host."""

    name: str
    cluster: str = ""
    """Fields of its ClusterConfiguration."""
    certificates: str = "/etc/kubernetes/pki"
    data: str = "/var/lib/etcd"
    external_ca: bool = False
    skipped: tuple[str, ...] = ()
    patches: tuple[tuple[str, str], ...] = ()
    """Files in the patches directory."""
    users: str = ""
    """Lines that /etc/passwd has in addition."""
    groups: str = ""
    limits: str = ""
    """Lines that /etc/login.defs has in addition."""

    def text(self, release: str, gate: str = _GATE) -> str:
        """The configuration as kubeadm `release` (`v1.37.2`) gets it."""
        return _CONFIGURATION.replace("@VERSION@", release) + self.cluster + gate


CASES = (
    Case("bare"),
    Case(
        "external",
        "certificatesDir: /srv/pki\netcd: {external: {endpoints: ['https://192.0.2.20:2379'],"
        " caFile: /srv/etcd/ca.crt, certFile: /srv/etcd/client.crt, keyFile: /srv/etcd/client.key}}\n",
        certificates="/srv/pki",
        external_ca=True,
    ),
    Case(
        "furnished",
        "etcd: {local: {dataDir: /srv/etcd}}\n",
        data="/srv/etcd",
        skipped=("control-plane/scheduler",),
        patches=(("kube-apiserver.yaml", "spec: {securityContext: {runAsUser: 4321, supplementalGroups: []}}\n"),),
        users="messagebus:x:203:203::/nonexistent:/usr/sbin/nologin\nkubeadm-kcm:x:990:991::/:/bin/false\n",
        groups="messagebus:x:201:\nkubeadm-kcm:x:991:kubeadm-kcm\n",
        limits="SYS_UID_MIN 202\nSYS_GID_MIN 200\n",
    ),
)


def record(case: Case, minor: str) -> dict[str, Any]:
    """Run a case with the kubeadm of a minor. CalledProcessError if kubeadm does not take it."""
    release = build.version(minor)
    with tempfile.TemporaryDirectory(dir=build.cache()) as directory:
        root = Path(directory)
        _furnish(root, case, minor)
        if case.external_ca:
            _init(root, case.text(release, gate=""), case)
            (root / case.certificates[1:] / "ca.key").unlink()
            shutil.rmtree(root / "etc/kubernetes/manifests")
        _init(root, case.text(release), case)
        return {
            "kubeadm": release,
            "users": _ids(root / "etc/passwd"),
            "groups": _ids(root / "etc/group"),
            "owners": {f"/{path.relative_to(root)}": _owner(path) for path in _written(root, case)},
            "manifests": {
                path.name: path.read_text().split("\n")
                for path in sorted((root / "etc/kubernetes/manifests").iterdir())
            },
        }


def _furnish(root: Path, case: Case, minor: str) -> None:
    for place in ("/bin", "/etc/ssl/certs", "/patches", "/tmp", *DEBIAN):  # noqa: S108 (of the host)
        (root / place[1:]).mkdir(parents=True)
    os.link(build.kubeadm(minor), root / "bin/kubeadm")
    for name, text in case.patches:
        (root / "patches" / name).write_text(text)
    users = (entry.split(":") for entry in _USERS.split())
    groups = (entry.split(":") for entry in _GROUPS.split())
    files = {
        "passwd": "".join(f"{name}:x:{uid}:{gid}::/:/usr/sbin/nologin\n" for name, uid, gid in users) + case.users,
        "group": "".join(f"{name}:x:{gid}:\n" for name, gid in groups) + case.groups,
        "login.defs": _LIMITS + case.limits,
    }
    for name, text in files.items():
        (root / "etc" / name).write_text(text)


def _init(root: Path, configuration: str, case: Case) -> None:
    (root / "config.yaml").write_text(configuration)
    skipped = ",".join((*_OTHER_PHASES, *case.skipped))
    subprocess.run(
        [
            *("unshare", "--net", "--uts", "--", "sh", "-c", 'umask 022 && hostname cp-1 && exec chroot "$@"', "sh"),
            *(str(root), "/bin/kubeadm", "init", "--config=/config.yaml", f"--skip-phases={skipped}"),
        ],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        stdout=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )


def _ids(file: Path) -> dict[str, int]:
    """Ids of kubeadm's own users or groups."""
    entries = (line.split(":") for line in file.read_text().splitlines())
    return {name: int(number) for name, _, number, *_ in sorted(entries) if name.startswith("kubeadm-")}


def _written(root: Path, case: Case) -> list[Path]:
    """Every file that is there after a run, and the data directory."""
    places = {root / place[1:] for place in ("/etc/kubernetes", case.certificates)}
    found = {path for place in places for path in place.rglob("*") if path.is_file()}
    return sorted(found | {path for path in (root / case.data[1:],) if path.is_dir()})


def _owner(path: Path) -> str:
    status = path.stat()
    return f"{status.st_uid}:{status.st_gid} {status.st_mode & 0o7777:04o}"


def load(minor: str) -> dict[str, Any]:
    """The recordings of a minor, by the name of their case."""
    found: dict[str, Any] = json.loads((RECORDINGS / f"{minor}.json").read_text())
    return found


def main() -> int:
    """Record or check; exit code 1 for differences found by --check."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--check", action="store_true", help="compare with the recordings and write nothing")
    parser.add_argument("minors", nargs="*", metavar="MINOR", default=build.MINORS)
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("only root can change the owners of files")
    drift: list[str] = []
    for minor in options.minors:
        file = RECORDINGS / f"{minor}.json"
        fresh = json.dumps({case.name: record(case, minor) for case in CASES}, indent=1) + "\n"
        if options.check:
            drift += difflib.unified_diff(
                file.read_text().split("\n"), fresh.split("\n"), str(file), minor, lineterm=""
            )
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(fresh)
    print(*drift, sep="\n", end="\n" if drift else "")
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main())
