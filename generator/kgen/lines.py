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
_VARIABLE = re.compile(r"(\w+)=")


def lines(content: bytes, places: Collection[str]) -> Mapping[int, tuple[str, ...]]:
    """Those of the places that each line is in, the innermost first. Lines that are in none are left out."""
    found: dict[int, list[str]] = {}
    for place, taken in layout(content, places).items():
        if place in places:
            for line in taken:
                found.setdefault(line, []).append(place)
    return {line: tuple(sorted(found[line], key=depth, reverse=True)) for line in sorted(found)}


def layout(content: bytes, places: Iterable[str]) -> Mapping[str, range]:
    """Every place in the text, in its order, and the lines that it takes, those of its key or dash included.

    Texts in the document are looked into where one of `places` leads there.
    """
    text = content.decode(errors="replace")
    within = {place.partition("#")[0] for place in places if "#" in place}
    found = dict(_document(text, within, 1)) or dict(_variables(text, places))
    inner = {place: found.get(place.partition("#")[0]) for place in places if "#" in place and place not in found}
    return found | {place: taken for place, taken in inner.items() if taken}


def depth(place: str) -> int:
    """How far inside a place is."""
    return place.count("/")


def _document(text: str, within: Collection[str], first: int) -> Iterator[tuple[str, range]]:
    """The places of a YAML document whose first line is `first`; nothing for other texts."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return
    if isinstance(root, yaml.MappingNode):
        yield from _node(root, "", within, first, first + root.start_mark.line)


def _node(node: yaml.Node, place: str, within: Collection[str], first: int, start: int) -> Iterator[tuple[str, range]]:
    inner: list[tuple[str, range]] = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner += _node(value, f"{place}/{escape(key.value)}", within, first, first + key.start_mark.line)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            inner += _node(item, f"{place}/{index}", within, first, first + item.start_mark.line)
    elif isinstance(node, yaml.ScalarNode) and place in within and node.style == "|":
        inner += _text(node.value, place, first + node.start_mark.line + 1)
    yield place, range(start, max([_last(node, first), *(taken[-1] for _, taken in inner)]) + 1)
    yield from inner


def _last(node: yaml.Node, first: int) -> int:
    """The last line of a scalar; of what holds others the first, for they know theirs."""
    if not isinstance(node, yaml.ScalarNode):
        return first + int(node.start_mark.line)
    end = node.end_mark
    return first + int(end.line) - (end.column == 0)


def _text(text: str, place: str, first: int) -> Iterator[tuple[str, range]]:
    """The places of a document that a literal text holds, or else its lines."""
    found = [(f"{place}#{inner}", taken) for inner, taken in _document(text, (), first)]
    lines = [
        (f"{place}#/{index}", range(first + index, first + index + 1))
        for index in range(len(text.removesuffix("\n").split("\n")))
    ]
    yield from found or lines


def _variables(text: str, places: Iterable[str]) -> Iterator[tuple[str, range]]:
    """A file of variables, whose places are in the line of their variable."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _VARIABLE.match(line):
            name = f"/{match[1]}"
            yield name, range(number, number + 1)
            yield from ((place, range(number, number + 1)) for place in places if place.startswith(f"{name}/"))
