# SPDX-License-Identifier: Apache-2.0
"""kgen render: the options, and what is printed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from kgen.cli import linting
from kgen.cli.rendering import Request, Result, render
from kgen.config.flags import PATHS, Flags

if TYPE_CHECKING:
    from kgen.sinks.interface import Change

_Decorator = Callable[..., Any]


def _gates(_ctx: click.Context, _param: click.Parameter, value: str | None) -> dict[str, bool] | None:
    """`Name=true,Other=false`"""
    if value is None:
        return None
    gates = {}
    for item in filter(None, value.split(",")):
        name, _, state = item.partition("=")
        if state.strip().lower() not in ("true", "false"):
            raise click.BadParameter(f"{item!r} is not Name=true or Name=false")
        gates[name.strip()] = state.strip().lower() == "true"
    return gates


def _list(_ctx: click.Context, _param: click.Parameter, values: Sequence[str]) -> list[str] | None:
    """Repeated or comma-separated, as kubeadm's lists"""
    return [item for value in values for item in value.split(",")] or None


def _duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    return "0s" if value == "0" else value


_KUBEADM: Sequence[_Decorator] = [
    click.option("--apiserver-advertise-address", metavar="IP", help="Address of the API server on this node."),
    click.option("--apiserver-bind-port", type=int, metavar="PORT", help="Port of the API server.  [6443]"),
    click.option(
        "--apiserver-cert-extra-sans",
        multiple=True,
        callback=_list,
        metavar="NAMES",
        help="Further names and addresses of the API server.",
    ),
    click.option("--certificate-key", metavar="HEX", help="Key of the Secret kubeadm-certs, 32 bytes in hexadecimal."),
    click.option(
        "--control-plane-endpoint", metavar="HOST[:PORT]", help="A stable name or address of the control plane."
    ),
    click.option("--cri-socket", metavar="URL", help="Socket of the container runtime.  [containerd's]"),
    click.option("--feature-gates", callback=_gates, metavar="NAME=BOOL,…", help="Feature gates of kubeadm itself."),
    click.option("--image-repository", metavar="NAME", help="Where the images are.  [registry.k8s.io]"),
    click.option("--kubernetes-version", metavar="VERSION", help="e.g. v1.37.2  [the newest that kgen knows]"),
    click.option("--node-name", metavar="NAME", help="Name of the node. Also beside a configuration file."),
    click.option("--patches", metavar="DIR", help="Directory of patches, their files named as kubeadm wants them."),
    click.option("--pod-network-cidr", metavar="CIDR", help="Address range of the pods."),
    click.option("--service-cidr", metavar="CIDR", help="Address range of the services.  [10.96.0.0/12]"),
    click.option("--service-dns-domain", metavar="NAME", help="Domain of the services.  [cluster.local]"),
    click.option("--token", metavar="ID.SECRET", help="Bootstrap token.  [a new one]"),
    click.option(
        "--token-ttl", callback=_duration, metavar="DURATION", help="How long the token lives, 0 for ever.  [24h]"
    ),
]
"""Flags that stand for configuration fields; kubeadm takes them only without a configuration file."""

_BESIDE: Sequence[_Decorator] = [
    click.option(
        "--cert-dir",
        metavar="DIR",
        help="Reuse certificates, keys and kubeconfigs found here. "
        "Without a configuration file an absolute DIR is certificatesDir as well.",
    ),
    click.option(
        "--rootfs",
        metavar="DIR",
        help="Look below DIR for what kubeadm would find on the host: certificatesDir, kubeconfigs, patches.",
    ),
    click.option(
        "--skip-phases",
        multiple=True,
        callback=_list,
        metavar="NAMES",
        help="Phases to leave out, e.g. addon/kube-proxy.",
    ),
    click.option(
        "--only",
        multiple=True,
        callback=_list,
        metavar="NAMES",
        help="Render these phases alone, e.g. certs/apiserver.",
    ),
    click.option("--upload-certs", is_flag=True, help="Render the Secret kubeadm-certs."),
    click.option("--skip-token-print", is_flag=True, help="Withhold the bootstrap token from the join command."),
    click.option(
        "--skip-certificate-key-print", is_flag=True, help="Withhold the certificate key from the join command."
    ),
    click.option(
        "--kubeadm", metavar="MINOR", help="Which kubeadm to render as, e.g. 1.37.  [that of the Kubernetes version]"
    ),
    click.option(
        "--no-strict", is_flag=True, help="Take unknown and repeated fields as warnings, as kubeadm init does."
    ),
    linting.option,
    click.option("--force", is_flag=True, help="Overwrite and remove files that were edited by hand."),
    click.option("--dry-run", is_flag=True, help="Show what would change, write nothing."),
    click.option("-q", "--quiet", is_flag=True, help="Print warnings and errors only."),
]


def _options(function: _Decorator) -> _Decorator:
    for option in reversed([*_KUBEADM, *_BESIDE]):
        function = option(function)
    return function


@click.command("render")
@click.argument("files", nargs=-1, metavar="[CONFIG]...")
@click.option(
    "-o",
    "--output",
    default="out",
    show_default=True,
    metavar="PLACE",
    help="A directory, a .tar or .tar.gz, or - for a tar on standard output.",
)
@_options
def command(**options: Any) -> None:
    """Render everything `kubeadm init` would write on the host and create in the API.

    CONFIG are files with kubeadm's own documents, - for standard input. Without any, kubeadm's flags
    describe the cluster. Nothing is looked up on this machine or on a network.
    """
    result = render(request(options), sys.stdout.buffer)
    if result.cluster.warnings:
        from kgen.cli import printing  # noqa: PLC0415 (only when printed)

        printing.show(result.cluster.warnings, (), sys.stderr)
    for warning in _warnings(result, options):
        click.echo(f"warning: {warning}", err=True)
    if not options["quiet"]:
        _print(result, options, sys.stderr if options["output"] == "-" else sys.stdout)


def request(options: dict[str, Any]) -> Request:
    """What these options ask for."""
    fields = {name: options[name.replace("-", "_")] for name in PATHS}
    if options["files"] or not Path(options["cert_dir"] or "").is_absolute():
        fields["cert-dir"] = None
    return Request(
        files=options["files"],
        output=options["output"],
        flags=Flags(
            fields={name: value for name, value in fields.items() if value is not None},
            skip_phases=options["skip_phases"] or (),
            upload_certs=options["upload_certs"],
        ),
        cert_dir=options["cert_dir"],
        rootfs=options["rootfs"],
        only=options["only"] or (),
        kubeadm=options["kubeadm"],
        strict=not options["no_strict"],
        lint=options["lint"],
        force=options["force"],
        dry_run=options["dry_run"],
    )


def _warnings(result: Result, options: dict[str, Any]) -> Iterator[str]:
    """What to know about certificates and keys, quiet or not."""
    yield from (note.warning for note in result.secrets.notes if note.warning)
    if not _uploads(result) or result.cluster.init.get("certificateKey") or options["dry_run"]:
        return
    if options["skip_certificate_key_print"] or options["quiet"]:
        hidden = "--skip-certificate-key-print" if options["skip_certificate_key_print"] else "--quiet"
        yield (
            f"nobody can decrypt cluster/kubeadm-certs.yaml: its key was made for this render, and {hidden} "
            "withholds it; write certificateKey into the InitConfiguration"
        )


def _uploads(result: Result) -> bool:
    return result.secrets.upload is not None and "upload-certs" not in result.cluster.skipped


def _print(result: Result, options: dict[str, Any], stream: IO[str]) -> None:
    """The summary and what to do next."""

    def say(text: str = "") -> None:
        click.echo(text, file=stream)

    cluster = result.cluster
    for line in _changes(result.changes):
        say(line)
    counts = Counter(change.status for change in result.changes)
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    would = "would be written to" if options["dry_run"] else "in"
    place = "the archive" if options["output"] == "-" else options["output"]
    say(f"{cluster.version.text}, as kubeadm {cluster.release.kubeadm} would: {summary} {would} {place}")
    if options["dry_run"]:
        return
    upload = result.secrets.upload
    if upload and _uploads(result) and not options["skip_certificate_key_print"]:
        known = cluster.init.get("certificateKey")
        say(f"\nThe certificate key{'' if known else ', which is written nowhere'}:\n\n{upload.certificate_key}")
    if "show-join-command" in cluster.skipped:
        return
    from kgen import join  # noqa: PLC0415 (only when printed)

    for commands in join.commands(
        cluster, result.secrets, options["skip_token_print"], options["skip_certificate_key_print"]
    ):
        if commands.control_plane:
            say("\nFurther control-plane nodes join with:\n")
            say(commands.control_plane)
        say("\nWorkers join with:\n")
        say(commands.worker)


def _changes(found: Sequence[Change]) -> list[str]:
    """A line for each file that changes; a first render needs none."""
    if all(change.status == "new" for change in found):
        return []
    interesting = [change for change in found if change.status != "same"]
    return [
        f"{change.status:9} {change.path}" + (f"  ({change.reason})" if change.reason else "") for change in interesting
    ]
