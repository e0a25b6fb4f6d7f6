# SPDX-License-Identifier: Apache-2.0
"""kgen explain"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from kgen.cli.masking import Masks
from kgen.cli.printing import shown
from kgen.config.origins import NOT_SET
from kgen.errors import TargetError, UsageError
from kgen.explanation import Spot, closure, dependents, lookup, nearest, spots, spots_at
from kgen.sinks.earlier import Earlier, read
from kgen.sinks.index import Entry, FileEntry
from kgen.tree import INDEX, Origin

_LINE = re.compile(r"(.+?):([0-9]{1,9})(?::[0-9]*)?")
_WIDTH = 100
"""Columns of a line of the tree that are shown."""


@click.command("explain")
@click.argument("target")
@click.option("--tree", "place", metavar="PLACE", help="The tree, a directory or an archive.  [that of TARGET, or out]")
@click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Text, or for programs."
)
def command(target: str, place: str | None, output: str) -> None:
    """Tell where what was rendered comes from, and what depends on a field of the configuration.

    \b
    kgen explain out/manifests/kube-apiserver.yaml:23   where this line comes from
    kgen explain out/pki/apiserver.crt                  where each part of a file comes from
    kgen explain networking.podSubnet                   every line that depends on it

    It asks the tree alone, never the configuration.
    """
    root = place or str(_above(target) or "out")
    tree = read(root)
    if tree is None:
        raise TargetError(f"there is no tree at {root}; name one with --tree")
    name, line = _split(target)
    found = _entry(tree, root, name)
    if found and line:
        answer = _Answer(tree, root).line(found, line)
    elif found:
        answer = _Answer(tree, root).file(found)
    else:
        answer = _Answer(tree, root).paths(_paths(tree, target))
    text, data = answer
    click.echo(json.dumps(data, indent=2) if output == "json" else "\n".join(map(shown, text)))


def _split(target: str) -> tuple[str, int]:
    """A target without its line, and the line; 0 without one."""
    match = _LINE.fullmatch(target)
    return (match[1], int(match[2])) if match else (target, 0)


def _above(target: str) -> Path | None:
    """The directory of the tree that a file on this machine is in."""
    path = Path(_split(target)[0])
    return next((parent for parent in path.parents if (parent / INDEX).is_file()), None) if path.exists() else None
