# SPDX-License-Identifier: Apache-2.0
"""Problems as text: a line that a script can read, then the line of the file with a marker under what is wrong.

    config.yaml:5:14: networking.podSubnet: '10.244.0.0' is not a subnet …; CIDRs, …
      5 |   podSubnet: 10.244.0.0
        |              ^~~~~~~~~~
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import click

from kgen.cli.masking import Masks, extent
from kgen.errors import Place, Problem

WIDTH = 110
"""Columns of a line of the file that are shown."""
LONGEST = 2000
"""Characters of a problem's own line: it may quote what was given."""
_TAB = 4
_MASK = "********"

Sources = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class _Cell:
    """One character as it is shown, and the character of the line that it stands for."""

    text: str
    width: int
    index: int


def show(problems: Iterable[Problem], sources: Sources, stream: IO[str]) -> None:
    """Write the problems to a stream, with colours if it is a terminal and nobody asked for none (no-color.org)."""
    colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for line in lines(problems, sources, colour):
        click.echo(line, file=stream, color=colour)


def lines(problems: Iterable[Problem], sources: Sources, colour: bool = False) -> Iterator[str]:
    """The lines about these problems, whose places are in these files."""
    texts = _Texts(dict(sources))
    for problem in problems:
        yield _first(problem, colour)
        yield from _excerpt(problem, texts, colour)


def one_line(problem: Problem) -> str:
    """`file:line:column: path: what; instead`, with `warning: ` before it if it is no more than that."""
    text = "".join(map(_shown, str(problem)))
    text = text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    return f"warning: {text}" if problem.level == "warning" else text


def _first(problem: Problem, colour: bool) -> str:
    return click.style(one_line(problem), bold=True) if colour else one_line(problem)


class _Texts:
    """The lines of files, and what is masked in them; read when first asked for."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._lines: dict[str, list[str]] = {}
        self._masks: dict[str, Masks] = {}

    def line(self, place: Place) -> list[_Cell]:
        """The line at a place as cells; none if there is no such line."""
        name, number = place.source, place.mark.line
        if name not in self._sources:
            return []
        if name not in self._lines:
            text = self._sources[name].decode(errors="replace").removeprefix("\ufeff")
            self._lines[name] = [line.removesuffix("\r") for line in text.split("\n")]
            self._masks[name] = Masks(self._sources[name], name, self._lines[name])
        if number > len(self._lines[name]):
            return []
        return list(_cells(self._lines[name][number - 1], self._masks[name].spans(number)))

    def end(self, place: Place) -> int:
        """The character after what begins at a place of a line that has been read, from 0."""
        return max(extent(self._lines[place.source][place.mark.line - 1], place.mark.column - 1), place.mark.column)


def _cells(line: str, masked: Sequence[tuple[int, int]]) -> Iterator[_Cell]:
    column, index = 0, 0
    spans = iter(masked)
    start, end = next(spans, (len(line), len(line)))
    while index < len(line):
        if index == start:
            yield from (_Cell(star, 1, index) for star in _MASK)
            column, index = column + len(_MASK), end
            start, end = next(spans, (len(line), len(line)))
            continue
        char = line[index]
        text = " " * (_TAB - column % _TAB) if char == "\t" else _shown(char)
        width = len(text) if char == "\t" else _width(text)
        yield _Cell(text, width, index)
        column, index = column + width, index + 1


def _shown(char: str) -> str:
    """The character; a mark for one that would do something to the terminal or to the order of the text."""
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _excerpt(problem: Problem, texts: _Texts, colour: bool) -> Iterator[str]:
    if problem.mark is None:
        return
    main = Place(problem.source, problem.mark)
    places = {(place.source, place.mark.line): (place, "~") for place in problem.others}
    places[main.source, main.mark.line] = (main, "^")
    ordered = sorted(places.values(), key=lambda each: (each[0].source != main.source, each[0].mark.line))
    margin = max(len(str(place.mark.line)) for place, _ in ordered) + 2
    for place, head in ordered:
        cells = texts.line(place)
        if not cells:
            continue
        if place.source != main.source:
            yield f"{'':{margin}} in {place.source}"
        shown, marker = _window(cells, place.mark.column - 1, texts.end(place), head)
        marker = click.style(marker, fg="yellow" if problem.level == "warning" else "red") if colour else marker
        yield f"{place.mark.line:{margin}} | {shown}".rstrip()
        yield f"{'':{margin}} | {marker}"


def _window(cells: Sequence[_Cell], start: int, end: int, head: str) -> tuple[str, str]:
    """What is shown of a line, and the marker below it; of a long line only what is near the marker."""
    begin = max((cell.index for cell in cells if cell.index <= start), default=0)
    first = next((at for at, cell in enumerate(cells) if cell.index == begin), 0)
    if start > cells[-1].index:
        first = len(cells)
    left = first
    while left > 0 and sum(cell.width for cell in cells[left - 1 : first]) <= WIDTH // 2:
        left -= 1
    if sum(cell.width for cell in cells[:first]) <= WIDTH // 2:
        left = 0
    right, width = left, 0
    while right < len(cells) and width + cells[right].width <= WIDTH:
        width += cells[right].width
        right += 1
    before, after = "…" if left else "", "…" if right < len(cells) else ""
    blanks = len(before) + sum(cell.width for cell in cells[left:first])
    length = sum(cell.width for cell in cells[first:right] if cell.index < end)
    text = before + "".join(cell.text for cell in cells[left:right]) + after
    return text, " " * blanks + head + "~" * (length - 1)
