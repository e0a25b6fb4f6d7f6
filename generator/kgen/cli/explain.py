# SPDX-License-Identifier: Apache-2.0
"""kgen explain"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from kgen.cli import excerpts
from kgen.cli.printing import shown
from kgen.config.origins import NOT_SET
from kgen.errors import TargetError, UsageError
from kgen.explanation import Spot, argument, closure, dependents, is_intact, lookup, opened, spots, spots_at
from kgen.sinks.earlier import Earlier, read
from kgen.sinks.index import Entry, FileEntry
from kgen.tree import INDEX, Origin

_LINE = re.compile(r"(.+?):([0-9]{1,9})(?::[0-9]*)?")
_ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz)$")
_WIDTH = 100
"""Columns of a line of the tree that are shown."""
_NAMES = 60
"""Columns in which names are lined up."""
_NO_LINE = "no line depends on it"
_OPENS = "It opens what is below, which comes from:"
_OWN = "kubeadm's own: nothing you gave decided it"


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
    name, line = _split(target)
    above = _above(name)
    root = place or str(above or "out")
    tree = read(root)
    if tree is None:
        raise TargetError(f"there is no tree at {root}; name one with --tree")
    entry = _entry(tree, root, name)
    if entry and line is None and not is_intact(tree, entry):
        done = "edited" if entry.path in tree.contents else "removed"
        click.echo(
            f"warning: {root}/{entry.path} was {done} by hand; what is said is about what was rendered", err=True
        )
    answer = _Answer(tree, root)
    if entry:
        text, data = answer.file(entry) if line is None else answer.line(entry, line)
    else:
        _refuse_misspelt(tree, root, name)
        if not place and Path(name).is_file():
            raise UsageError(f"{name} is in no tree: no directory above it has a {INDEX}; name its tree with --tree")
        paths = argument(tree, target) or lookup(tree.index.origins, target, tree.index.entries)
        text, data = answer.paths(paths)
    click.echo(json.dumps(data, indent=2) if output == "json" else "\n".join(map(shown, text)))


def _split(target: str) -> tuple[str, int | None]:
    """A target without its line, and the line if it has one."""
    match = _LINE.fullmatch(target)
    return (match[1], int(match[2])) if match else (target, None)


def _above(name: str) -> Path | None:
    """The tree that a path on this machine, or else the current directory, is in: a directory, or an archive."""
    path = Path(name)
    archive = next((each for each in (path, *path.parents) if _ARCHIVE.search(each.name) and each.is_file()), None)
    if archive:
        return archive
    above = (path, *path.parents, *path.absolute().parents, *Path("here").absolute().parents)
    return next((directory for directory in above if (directory / INDEX).is_file()), None)


def _refuse_misspelt(tree: Earlier, root: str, name: str) -> None:
    """Raise UsageError for the tree itself, and for a file of it with something behind it that is no line."""
    if Path(name).resolve() == Path(root).resolve():
        raise UsageError(f"{name} is the tree; name a file in it, a line of one, or a path of the configuration")
    file, _, line = name.rpartition(":")
    if _entry(tree, root, file):
        raise UsageError(f"{line!r} is no number of a line; write e.g. {file}:1")


def _entry(tree: Earlier, root: str, name: str) -> Entry | None:
    """The artifact of this name: a path in the tree, on this machine, or on the node."""
    entries = tree.index.entries
    path, directory = Path(name).resolve(), Path(root).resolve()
    inside = path.relative_to(directory).as_posix() if path.is_relative_to(directory) else ""
    on_node = (file for file in tree.index.files if file.target == name)
    return entries.get(name) or entries.get(inside) or next(on_node, None)


class _Answer:
    """What is said, for people as lines and for programs as JSON."""

    def __init__(self, tree: Earlier, root: str) -> None:
        self._tree = tree
        self._prefix = "" if root == "." else f"{root.rstrip('/')}/"
        self._origins = tree.index.origins
        self._shown: dict[str, list[str]] = {}
        """Lines by path of the artifact"""

    def line(self, entry: Entry, number: int) -> tuple[list[str], dict[str, Any]]:
        """Where a line comes from."""
        what, found = spots_at(self._tree, entry, number)
        below = [] if found or not what else opened(self._tree, entry, what)
        paths = list(dict.fromkeys(path for spot in found or below for path in spot.paths))
        where = f"{self._prefix}{entry.path}:{number}"
        text = [f"{where}: {_place(entry, what)}" if what else where, f"    {self._content(entry, number)}", ""]
        text += [_OPENS, ""] if below else []
        text += self._listed(entry, found) if found and not any(spot.lines for spot in found) else []
        text += self._chains(paths) if paths else [_OWN]
        data = {"path": entry.path, "line": number, "place": what, "from": paths}
        return text, data | self._data(found or below, paths)

    def file(self, entry: Entry) -> tuple[list[str], dict[str, Any]]:
        """Where each place of a file comes from."""
        found = spots(self._tree, entry)
        paths = sorted({path for spot in found for path in spot.paths})
        text = [f"{self._prefix}{entry.path}, made in phase {entry.phase}", ""]
        text += self._listed(entry, found) if found else []
        text += self._chains(paths) if paths else [_OWN]
        return text, {"path": entry.path} | self._data(found, paths)

    def _listed(self, entry: Entry, found: Iterable[Spot]) -> list[str]:
        """A row for each place, then an empty one."""
        rows = [(f"{spot.lines[0] if spot.lines else '-':>4}  {_place(entry, spot.place)}", spot) for spot in found]
        width = min(max((len(row) for row, _ in rows), default=0), _NAMES)
        return [*(f"{row:{width}}  {', '.join(spot.paths)}" for row, spot in rows), ""]

    def paths(self, paths: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
        """What depends on these paths."""
        found = list(dependents(self._tree, paths))
        text = [*self._chains(paths), ""]
        text += dict.fromkeys(line for spot in found for line in self._dependents(spot, paths))
        text += [] if found else [_NO_LINE]
        return text, {"paths": list(paths)} | self._data(found, paths)

    def _dependents(self, spot: Spot, paths: Sequence[str]) -> Iterator[str]:
        """A row for each line of a place."""
        via = [self._origin(path).why if path.startswith("derived.") else f"through {path}" for path in spot.paths]
        how = "" if set(paths).intersection(spot.paths) else f"  ({', '.join(via)})"
        where = f"{self._prefix}{spot.entry.path}"
        if spot.lines and not excerpts.withheld(spot.entry):
            for line in spot.lines:
                yield f"{where}:{line}: {self._content(spot.entry, line)}{how}"
        else:
            where += f":{spot.lines[0]}" if spot.lines else ""
            yield f"{where}: {_place(spot.entry, spot.place)}{how}"

    def _data(self, found: Iterable[Spot], paths: Sequence[str]) -> dict[str, Any]:
        spots = [
            {
                "path": spot.entry.path,
                "place": spot.place,
                "line": spot.lines[0] if spot.lines else None,
                "lastLine": spot.lines[-1] if spot.lines else None,
                "from": list(spot.paths),
            }
            for spot in found
        ]
        named = [*paths, *(path for spot in found for path in spot.paths)]
        origins = {path: origin.entry() for path, origin in closure(self._origins, named).items()}
        return {"places": spots, "origins": origins}

    def _chains(self, paths: Iterable[str]) -> list[str]:
        """A line about each path, those that it is derived from below it; those that nobody set at the end."""
        rows = list(self._rows(sorted(paths, key=lambda path: self._origin(path).why == NOT_SET), "", set()))
        width = min(max(len(name) for name, _ in rows), _NAMES)
        return [f"{name:{width}}  {said}" for name, said in rows]

    def _rows(self, paths: Iterable[str], indent: str, above: set[str]) -> Iterator[tuple[str, str]]:
        for path in paths:
            origin = self._origin(path)
            yield f"{indent}{path}", _said(origin)
            if path not in above:
                yield from self._rows(origin.inputs, f"{indent}  ", above | {path})

    def _content(self, entry: Entry, number: int) -> str:
        """A line of an artifact, as far as it may be shown."""
        if entry.path not in self._shown:
            self._shown[entry.path] = excerpts.shown(entry, self._tree.contents[entry.path])
        line = self._shown[entry.path][number - 1].strip()
        return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"

    def _origin(self, path: str) -> Origin:
        return self._origins.get(path) or Origin("default", why="the tree does not say")


def _said(origin: Origin) -> str:
    where = origin.source + (f":{origin.line}:{origin.column}" if origin.line else "")
    if origin.kind == "default":
        return "not set" if origin.why == NOT_SET else f"default: {origin.why}" if origin.why else "default"
    if origin.kind == "derived":
        return f"{origin.why}, from {where}" if where else origin.why
    chosen = ", chosen by" if origin.inputs else ""
    return {"release": f"a fact of {where}{chosen}", "patch": f"the patch {where}"}.get(origin.kind, where)


def _place(entry: Entry, place: str) -> str:
    """A place as people write it: `spec.containers[0].image`; what is no place in the content in words."""
    if place == "path":
        return "that it is there, by this name"
    if isinstance(entry, FileEntry) and place in ("target", "mode", "owner"):
        value = f"{entry.mode:04o}" if place == "mode" else getattr(entry, place)
        return f"its {'place on the node' if place == 'target' else place}, {value}"
    text = ""
    for step in re.split(r"(?=[/#])", place):
        name = step[1:].replace("~1", "/").replace("~0", "~")
        text += ": " if step == "#" else f"[{name}]" if name.isdecimal() else f".{name}" if step else ""
    return text.replace(": .", ": ").removeprefix(".") or "all of it"
