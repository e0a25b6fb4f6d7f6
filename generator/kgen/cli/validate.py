# SPDX-License-Identifier: Apache-2.0
"""kgen validate"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import click

from kgen import releases
from kgen.cli import linting, printing, world
from kgen.config.validate import Findings, check
from kgen.errors import ConfigurationError, UsageError


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--kubeadm", metavar="MINOR", help="Which kubeadm to be, e.g. 1.37.  [that of the Kubernetes version]")
@click.option(
    "--output",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="How problems are told on standard output.",
)
@click.option("--no-strict", is_flag=True, help="Take unknown and repeated fields as warnings, as kubeadm init does.")
@click.option("--allow-experimental-api", is_flag=True, help="Read API versions that are not released yet.")
@linting.option
@click.option("-q", "--quiet", is_flag=True, help="Print warnings and errors only.")
def command(
    files: Sequence[str],
    kubeadm: str | None,
    output: str,
    no_strict: bool,
    allow_experimental_api: bool,
    lint: Sequence[str],
    quiet: bool,
) -> None:
    """Check configurations as `kubeadm config validate` does, and find every problem at once.

    Each FILE is judged on its own, as kubeadm takes one; - is standard input. Nothing is looked up on this machine or
    on a network: a node's name and address may be missing. The exit code is 3 if a file is refused.
    """
    if kubeadm and kubeadm not in releases.minors():
        raise UsageError(f"--kubeadm: there is no {kubeadm}; one of {', '.join(releases.minors())}")
    sources = world.sources(files)
    wanted = linting.choice(lint)
    results = [
        (
            source[0],
            check([source], kubeadm=kubeadm, strict=not no_strict, experimental=allow_experimental_api, lint=wanted),
        )
        for source in sources
    ]
    if output == "text":
        for source, (name, found) in zip(sources, results, strict=True):
            printing.show(found.problems, [source], sys.stdout)
            if not quiet:
                click.echo(_summary(name, found))
    else:
        from kgen.cli import reports  # noqa: PLC0415 (only when asked for)

        click.echo(reports.as_json(results) if output == "json" else reports.as_sarif(results))
    if not all(found.accepted for _, found in results):
        raise click.exceptions.Exit(ConfigurationError.exit_code)


def _summary(name: str, found: Findings) -> str:
    """`config.yaml: ok, 1 warning (kubeadm v1.37.2: ClusterConfiguration)`"""
    counts = Counter(problem.level for problem in found.problems)
    verdict = ["ok" if found.accepted else "refused"]
    for level in ("error", "warning"):
        if count := counts[level]:
            verdict.append(f"{count} {level}{'s' if count > 1 else ''}")
    kinds = ", ".join(document.kind for document in found.documents) or "no documents"
    return f"{printing.shown(name)}: {', '.join(verdict)} (kubeadm {found.release.kubeadm}: {kinds})"
