# SPDX-License-Identifier: Apache-2.0
"""Where the places of an artifact are in its text. Pure.

Lines count from 1. Certificates and keys have no lines that say anything: their places are at none, and so are those
that are not in the content at all, as the mode of a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import yaml

from kgen.provenance import escape

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PEM = re.compile(r"^-----BEGIN ", re.MULTILINE)
_VARIABLE = re.compile(r"(\w+)=")


def lines(content: bytes, places: Collection[str]) -> Mapping[int, tuple[str, ...]]:
    """Those of the places that each line is in, the innermost first. Lines that are in none are left out."""
    found: dict[int, list[str]] = {}
    for place, taken in layout(content, places).items():
        if place in places:
            for line in taken:
                found.setdefault(line, []).insert(0, place)
    return {line: tuple(found[line]) for line in sorted(found)}


def layout(content: bytes, places: Iterable[str]) -> Mapping[str, range]:
    """Every place in the text and the lines that it takes, those of its key or dash included; outer places first.

    Texts in the document are looked into where one of `places` leads there.
    """
    text = content.decode(errors="replace")
    within = {place.partition("#")[0] for place in places if "#" in place}
    found = dict(_document(text, within, 1)) or dict(_variables(text, places))
    inner = {place: found.get(place.partition("#")[0]) for place in places if "#" in place and place not in found}
    return found | {place: taken for place, taken in inner.items() if taken}


def _document(text: str, within: Collection[str], first: int) -> list[tuple[str, range]]:
    """The places of a YAML document whose first line is `first`; none for other texts, nor for senseless ones."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        if isinstance(root, yaml.MappingNode):
            return _Reader(within, first).places(root, "", first + root.start_mark.line)
    except (yaml.YAMLError, RecursionError):
        pass
    return []


class _Reader:
    def __init__(self, within: Collection[str], first: int) -> None:
        self._within = within
        self._first = first
        self._seen: set[int] = set()
        """Nodes that aliases may lead to again"""

    def places(self, node: yaml.Node, place: str, start: int) -> list[tuple[str, range]]:
        """The place of a node that begins at a line, then those in it."""
        if id(node) in self._seen:
            return []
        self._seen.add(id(node))
        inner: list[tuple[str, range]] = []
        last = self._first + node.start_mark.line
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner += self.places(value, f"{place}/{escape(str(key.value))}", self._first + key.start_mark.line)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                inner += self.places(item, f"{place}/{index}", self._first + item.start_mark.line)
        else:
            last = self._first + node.end_mark.line - (node.end_mark.column == 0)
            if isinstance(node, yaml.ScalarNode) and node.style == "|" and place in self._within:
                inner += _text(node.value, place, self._first + node.start_mark.line + 1)
        return [(place, range(start, max([last, *(taken[-1] for _, taken in inner)]) + 1)), *inner]


def _text(text: str, place: str, first: int) -> list[tuple[str, range]]:
    """The places of a document that a literal text holds, or else its lines."""
    found = [(f"{place}#{inner}", taken) for inner, taken in _document(text, (), first)]
    count = len(text.removesuffix("\n").split("\n"))
    return found or [(f"{place}#/{index}", range(first + index, first + index + 1)) for index in range(count)]


def _variables(text: str, places: Iterable[str]) -> Iterator[tuple[str, range]]:
    """A file of variables, whose places are in the line of their variable; base64 in PEM may look like one."""
    if _PEM.search(text):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if match := _VARIABLE.match(line):
            name = f"/{match[1]}"
            yield name, range(number, number + 1)
            yield from ((place, range(number, number + 1)) for place in places if place.startswith(f"{name}/"))
