# SPDX-License-Identifier: Apache-2.0
"""What a field of the configuration changed in the tree: every place that depends on it, by artifact. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kgen.explain.markdown import Md, code, link, text
from kgen.explain.page import artifact_line, artifact_page, relative
from kgen.explain.view import Item, View
from kgen.lines import layout

_WORDS: Mapping[str, str] = {
    "": "all of it",
    "path": "that it is there",
    "target": "its place on the host",
    "mode": "its mode",
    "owner": "its owner",
}
"""Places that are no place in a text, in words"""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in an artifact."""

    item: Item
    place: str
    lines: range | None
    """Of the text that is shown; None for what has no line there."""
    paths: tuple[str, ...]
    """What it depends on directly."""


class Effects:
    """Every place of a tree by what it depends on."""

    def __init__(self, view: View) -> None:
        self._origins = view.index.origins
        self._spots: dict[str, list[Spot]] = {}
        for item in view.items.values():
            for spot in _spots(item):
                for path in spot.paths:
                    self._spots.setdefault(path, []).append(spot)
        self._users: dict[str, list[str]] = {}
        for path, origin in self._origins.items():
            for source in origin.inputs:
                self._users.setdefault(source, []).append(path)

    def affected(self, paths: Iterable[str]) -> tuple[str, ...]:
        """These paths, and all that is derived from them."""
        found: dict[str, None] = {}
        waiting = list(paths)
        while waiting:
            path = waiting.pop(0)
            if path not in found:
                found[path] = None
                waiting += self._users.get(path, ())
        return tuple(found)

    def by_artifact(self, paths: Iterable[str]) -> dict[str, list[Spot]]:
        """The places that depend on one of these paths, directly or not, in order; by path of the artifact."""
        found: dict[str, dict[int, Spot]] = {}
        for path in self.affected(paths):
            for spot in self._spots.get(path, ()):
                found.setdefault(spot.item.path, {})[id(spot)] = spot
        return {path: sorted(each.values(), key=_order) for path, each in found.items()}

    def listed(self, page: str, paths: tuple[str, ...]) -> list[Md]:
        """A line of Markdown for each artifact that depends on one of these paths, with links from a page."""
        return [self._line(page, paths, spots) for spots in self.by_artifact(paths).values()]

    def _line(self, page: str, paths: tuple[str, ...], spots: list[Spot]) -> Md:
        item = spots[0].item
        places = list(_places(page, spots))
        reached = self.affected(paths)
        ways = dict.fromkeys(
            self._way(path)
            for spot in spots
            if not set(paths).intersection(spot.paths)
            for path in spot.paths
            if path in reached
        )
        via = f" ({'; '.join(ways)})" if ways else ""
        return Md(f"{link(code(item.path), relative(page, artifact_page(item.path)))}: {', '.join(places)}{via}")

    def _way(self, path: str) -> Md:
        """By what a place depends on a path that it does not depend on directly."""
        origin = self._origins.get(path)
        name = path.removeprefix("derived.")
        return Md(f"{code(name)}, {text(origin.why)}") if origin and name != path else Md(f"through {code(path)}")


def _spots(item: Item) -> Iterator[Spot]:
    has_lines = not item.edited and (item.data or item.form == "text")
    known = layout(item.text.encode(), item.places) if has_lines else {}
    for place, paths in item.entry.places.items():
        yield Spot(item, place, known.get(place), paths)


def _order(spot: Spot) -> tuple[int, str]:
    return (spot.lines[0] if spot.lines else 0, spot.place)


def _places(page: str, spots: list[Spot]) -> Iterator[Md]:
    """Places in words, then lines as links to them."""
    yield from dict.fromkeys(_words(spot.place) for spot in spots if not (spot.lines and spot.place))
    lines = dict.fromkeys((spot.lines[0], spot.lines[-1]) for spot in spots if spot.lines and spot.place)
    links = [
        link(
            str(first) if first == last else f"{first} to {last}",
            relative(page, artifact_line(spots[0].item.path, first)),
        )
        for first, last in lines
    ]
    if links:
        single = len(lines) == 1 and all(first == last for first, last in lines)
        yield Md(f"{'line' if single else 'lines'} {', '.join(links)}")


def _words(place: str) -> Md:
    if place in _WORDS:
        return Md(_WORDS[place])
    if place.startswith("/subjectAltName/"):
        return Md(f"the name {code(place.split('/', 3)[-1])}")
    return code(place.removeprefix("/"))
