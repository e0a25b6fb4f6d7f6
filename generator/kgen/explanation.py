# SPDX-License-Identifier: Apache-2.0
"""Answers from the index of a tree: where a place comes from, and what depends on a path. Pure."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgen.errors import UsageError
from kgen.lines import layout
from kgen.provenance import Paths
from kgen.sinks.earlier import Earlier
from kgen.sinks.index import Entry
from kgen.tree import Origin, sha256

_BY_NAME = re.compile(r"(?P<owner>.+Args)(?:\.(?P<name>[^\[\]]+)|\[(?P<other>[^\[\]]*[^\[\]\d][^\[\]]*)\])")
_STEP = re.compile(r"[.\[]")

Origins = Mapping[str, Origin]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in an artifact, and what it depends on."""

    entry: Entry
    place: str
    lines: range | None
    """None for what has no line: a field of a certificate, a mode."""
    paths: Paths
    """What it depends on; of dependents, what of it leads to what was asked for."""


def spots(earlier: Earlier, entry: Entry) -> list[Spot]:
    """The places of an artifact that depend on something, in the order of its text."""
    known = layout(earlier.contents[entry.path], entry.places) if is_intact(earlier, entry) else {}
    order = {place: number for number, place in enumerate(known)}
    found = [Spot(entry, place, known.get(place), paths) for place, paths in entry.places.items()]
    return sorted(found, key=lambda spot: order.get(spot.place, -1))


def is_intact(earlier: Earlier, entry: Entry) -> bool:
    """Whether an artifact is there as it was rendered; only then the places are known that its lines are in."""
    content = earlier.contents.get(entry.path)
    return content is not None and sha256(content) == entry.sha256


def spots_at(earlier: Earlier, entry: Entry, line: int) -> tuple[str, list[Spot]]:
    """What stands at a line, and the places that it is in, the innermost first.

    In a text whose lines mean nothing, as a certificate, every line stands for all places, none of which has lines.
    UsageError if there is no such line, or if the text is not the one that was rendered.
    """
    if not is_intact(earlier, entry):
        done = "edited by hand" if entry.path in earlier.contents else "removed by hand"
        raise UsageError(
            f"{entry.path} was {done}, so nothing is known of its lines; leave the line out, or render it again"
        )
    content = earlier.contents[entry.path]
    last = content.removesuffix(b"\n").count(b"\n") + 1 if content else 0
    if not 1 <= line <= last:
        raise UsageError(f"{entry.path} has {last} lines, not {line}")
    known = layout(content, entry.places)
    if not known:
        return "", spots(earlier, entry)
    here = [place for place, taken in known.items() if line in taken]
    inner = [Spot(entry, place, known[place], entry.places[place]) for place in here if place in entry.places]
    begins = [place for place in here if known[place][0] == line]
    what = next((place for place in begins if place in entry.places), (begins or here or [""])[-1])
    return what, sorted(inner, key=lambda spot: len(spot.place), reverse=True)


def opened(earlier: Earlier, entry: Entry, place: str) -> list[Spot]:
    """The places in a place that depend on something, if all that it holds does; `spec` of a manifest is no such."""
    known = layout(earlier.contents[entry.path], entry.places)
    inside = [other for other in known if _is_in(other, place)]
    found = [other for other in inside if other in entry.places]
    ends = [other for other in inside if not any(_is_in(each, other) for each in inside)]
    if not all(any(end == other or _is_in(end, other) for other in found) for end in ends):
        return []
    return [Spot(entry, other, known[other], entry.places[other]) for other in found]


def _is_in(place: str, other: str) -> bool:
    return place.startswith((f"{other}/", f"{other}#"))


def dependents(earlier: Earlier, paths: Sequence[str]) -> Iterator[Spot]:
    """Every place in the tree that depends on one of these paths, directly or through what is derived from them."""
    affected = set(paths)
    grown = True
    while grown:
        more = {path for path, origin in earlier.index.origins.items() if affected.intersection(origin.inputs)}
        grown = not more <= affected
        affected |= more
    for entry in earlier.index.entries.values():
        if affected.isdisjoint(itertools.chain(*entry.places.values())):
            continue
        for spot in spots(earlier, entry):
            if hit := tuple(path for path in spot.paths if path in affected):
                yield Spot(entry, spot.place, spot.lines, hit)


def closure(origins: Origins, paths: Sequence[str]) -> Origins:
    """These paths and all that they are derived from."""
    found: dict[str, Origin] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop(0)
        if path in origins and path not in found:
            found[path] = origins[path]
            waiting += origins[path].inputs
    return found


def lookup(origins: Origins, query: str, files: Iterable[str]) -> list[str]:
    """The paths that a person means: a path with or without the kind, of one value or of all that is below.

    UsageError if it may be in several documents, or if nothing in the tree depends on such a path; `files` are what
    else there is that may be meant.
    """
    if whole := [path for path in origins if _is_below(path, query)]:
        return whole
    kinds: dict[str, list[str]] = {}
    for path in origins:
        kind, _, rest = path.partition(".")
        if _is_below(rest, query):
            kinds.setdefault(kind, []).append(path)
    if len(kinds) > 1:
        raise UsageError(f"{query} is in several documents: {', '.join(f'{kind}.{query}' for kind in sorted(kinds))}")
    if not kinds:
        near = _near(origins, query, files)
        raise UsageError(
            f"{query} is no file of the tree, and nothing in it depends on a path of this name"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
        )
    return next(iter(kinds.values()))


def argument(earlier: Earlier, query: str) -> list[str]:
    """The paths of a component's arguments that are asked for by name: `apiServer.extraArgs.v`, as v1beta3 has it."""
    asked = _BY_NAME.fullmatch(query)
    if not asked:
        return []
    owner, flag = asked["owner"], f"{asked['name'] or asked['other']}="
    found: dict[str, None] = {}
    for entry in earlier.index.entries.values():
        if not entry.topic.startswith("manifests/"):
            continue
        lines = earlier.contents.get(entry.path, b"").decode(errors="replace").split("\n")
        for spot in spots(earlier, entry):
            if spot.lines and lines[spot.lines[0] - 1].lstrip("-'\" ").startswith(flag):
                items = [path.rpartition("[")[0] for path in spot.paths]
                if any(owner in (item, item.partition(".")[2]) for item in items):
                    found |= dict.fromkeys(spot.paths)
    return list(found)


def _is_below(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))


def _outer(path: str) -> list[str]:
    """A path, then what it is in: `apiServer.certSANs[0]`, `apiServer.certSANs`, `apiServer`."""
    return [path, *(path[: step.start()] for step in reversed(list(_STEP.finditer(path))) if step.start())]


def _near(origins: Origins, query: str, files: Iterable[str]) -> list[str]:
    """Paths, what holds them included, and files that end with the name, or are written much like it."""
    paths = (path.partition(".")[2] for path in origins if path[:1].isupper())
    known = [*files, *(outer for path in paths for outer in _outer(path))]
    ends = [path for path in dict.fromkeys(known) if path.lower().endswith((f".{query.lower()}", f"/{query.lower()}"))]
    return ends[:3] or difflib.get_close_matches(query, [*known, *origins], n=1)
