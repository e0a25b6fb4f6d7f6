# SPDX-License-Identifier: Apache-2.0
"""kgen config: what kubeadm makes of a configuration, and older configurations made readable again."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgen.cli import world
from kgen.errors import UsageError

if TYPE_CHECKING:
    from kgen.errors import Problem
    from kgen.releases import Release

_IMAGES = {"kind": "Images", "apiVersion": "output.kubeadm.k8s.io/v1alpha3"}


def _kubeadm(which: str) -> Callable[..., Any]:
    return click.option("--kubeadm", "minor", metavar="MINOR", help=f"Which kubeadm to be, e.g. 1.36.  [{which}]")


_no_strict = click.option(
    "--no-strict", is_flag=True, help="Take unknown and repeated fields as warnings, as kubeadm init does."
)


@click.group("config")
def command() -> None:
    """Show what kubeadm makes of a configuration, or bring an old one up to date.

    FILES are files with kubeadm's own documents, - for standard input.
    """


@command.command("defaults")
@click.argument("action", type=click.Choice(["init", "join", "reset", "upgrade"]), default="init")
@_kubeadm("the newest")
@click.option(
    "--component-configs",
    multiple=True,
    metavar="KINDS",
    help="After init's defaults, also KubeletConfiguration, KubeProxyConfiguration; comma-separated.",
)
@click.option(
    "--node-name",
    metavar="NAME",
    help="The node in join's defaults, where kubeadm has the name of the host it runs on.  [node]",
)
def defaults(action: str, minor: str | None, component_configs: Sequence[str], node_name: str | None) -> None:
    """Print a configuration of defaults alone: `kubeadm config print init-defaults` and its like.

    The token in it is a placeholder; do not keep it.
    """
    from kgen.config import printed_defaults as printed  # noqa: PLC0415 (slow, and --help needs none of it)

    release = _release(minor)
    kinds = [kind for value in component_configs for kind in _comma_separated(value)]
    if component_configs and action != "init":
        raise UsageError(f"--component-configs goes with init, not with {action}")
    if not set(kinds) <= set(printed.COMPONENTS):
        raise UsageError(f"--component-configs takes {' and '.join(sorted(printed.COMPONENTS))}")
    if node_name is not None and action != "join":
        raise UsageError(f"--node-name goes with join, not with {action}")
    if action == "init":
        text = printed.init(release, kinds)
    elif action == "join":
        text = printed.join(release, node_name or "node")
    else:
        text = printed.reset(release) if action == "reset" else printed.upgrade(release)
    click.echo(text, nl=False)


def _comma_separated(value: str) -> list[str]:
    """A list as kubeadm's flags take it: the first line of CSV that is not empty (spf13/pflag string_slice.go)."""
    if not value:
        return []
    try:
        return next(filter(None, csv.reader(io.StringIO(value, newline=""), strict=True)), [value])
    except csv.Error:
        return [value]


@command.command("effective")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--show-secrets", is_flag=True, help="Print tokens, keys and other secret values as well.")
@_kubeadm("that of the Kubernetes version")
@_no_strict
def effective(files: Sequence[str], show_secrets: bool, minor: str | None, no_strict: bool) -> None:
    """Print the configuration with every default filled in, and where each value comes from.

    \b
    # user FILE:LINE    as it stands there
    # derived: …        made of other values
    # default           kubeadm's own; `not set` where it leaves the choice to the component

    The result is a configuration that kubeadm reads as it reads FILE. A RenderConfiguration is not in it: kgen
    needs that beside it.
    """
    from kgen.config import annotated  # noqa: PLC0415
    from kgen.config.load import load  # noqa: PLC0415

    cluster = load(world.sources(files), kubeadm=minor, strict=not no_strict, read_directory=lambda _: {})
    _warn(cluster.warnings)
    click.echo(annotated.annotate(cluster, show_secrets), nl=False)


@command.command("images")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="As kubeadm's.  [text]")
@_kubeadm("that of the Kubernetes version")
@_no_strict
def images(files: Sequence[str], output: str, minor: str | None, no_strict: bool) -> None:
    """List the images of a control-plane node, as `kubeadm config images list` does, but without a network."""
    from kgen.config import images as image  # noqa: PLC0415

    cluster = image.load(world.sources(files), kubeadm=minor, strict=not no_strict)
    _warn(cluster.warnings)
    names = image.control_plane(cluster)
    click.echo(json.dumps({**_IMAGES, "images": names}, indent=4) if output == "json" else "\n".join(names))


@command.command("migrate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o", "--output", metavar="FILE", help="Where to write the result; may be one of the old files.  [stdout]"
)
@_kubeadm("that of the Kubernetes version, or the newest")
def migrate(files: Sequence[str], output: str | None, minor: str | None) -> None:
    """Turn configurations of v1alpha3, v1beta1, v1beta2 and v1beta3 into one of v1beta4.

    All FILES become one. Comments, order and layout stay where they can: comments that get lost are named, and so is a
    document that has to be written anew. Documents of v1beta4 and of components stay as they are. No defaults are
    filled in.

    What v1beta4 has no place for is left out, and each such thing is named on standard error. So is a Kubernetes
    version that no kubeadm with v1beta4 installs; the kubeadm's own takes its place. The result is checked as by
    kgen validate; if something in it is wrong, nothing is written, and the exit code is 3.
    """
    from kgen.cli import printing  # noqa: PLC0415 (slow, and --help needs none of it)
    from kgen.config import migrate as migration  # noqa: PLC0415

    if minor:
        _release(minor)
    sources = world.sources(files)
    done = migration.migrate(sources, minor)
    printing.show(done.problems, sources, sys.stderr)
    if output is None or output == "-":
        click.echo(done.text, nl=False)
    else:
        _write(Path(output), done.text)


def _write(path: Path, text: str) -> None:
    """Replace a file at once, or make one that only the owner can read: a configuration may hold tokens."""
    from kgen.sinks import disk  # noqa: PLC0415

    with disk.told(f"cannot write {path}"):
        path = path.resolve()
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")  # a pipe, a terminal
            return
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
        beside = path.with_name(f".{path.name}.{os.getpid()}.kgen")
        try:
            disk.create(beside, text.encode(), mode)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _release(minor: str | None) -> Release:
    from kgen import releases  # noqa: PLC0415

    known = releases.minors()
    if minor and minor not in known:
        raise UsageError(f"there is no kubeadm {minor}; one of {', '.join(known)}")
    return releases.load(minor or known[-1])


def _warn(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(f"warning: {problem}", err=True)
