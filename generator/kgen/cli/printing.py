# SPDX-License-Identifier: Apache-2.0
"""Problems as text: a line that a script can read, then the line of the file with a marker under what is wrong.

As in

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

from kgen.config.masking import Masks, extent
from kgen.errors import Place, Problem
from kgen.secrecy import MASK

WIDTH = 110
"""Columns of a line of the file that are shown."""
EXCERPTS = 200
"""Problems that are shown with their line of the file; nobody reads more."""
LONGEST = 2000
"""Characters of a problem's own line: it may quote what was given."""
_NEAR = 250
"""Characters around a place that are looked at: far more than are shown."""
_TAB = 4

Sources = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class _Cell:
    """One character as it is shown, and the character that it stands for."""

    text: str
    width: int
    index: int


@dataclass(frozen=True, slots=True)
class _Line:
    """What is near a place of a line."""

    cells: Sequence[_Cell]
    start: int
    """The character at the place"""
    end: int
    """The one after what begins there"""
    begun: bool
    """Whether the line begins with the first cell"""
    ended: bool


def show(problems: Iterable[Problem], sources: Sources, stream: IO[str]) -> None:
    """Write the problems to a stream, with colours if it is a terminal and nobody asked for none (no-color.org)."""
    colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for line in lines(problems, sources, colour):
        click.echo(line, file=stream, color=colour)


def lines(problems: Iterable[Problem], sources: Sources, colour: bool = False) -> Iterator[str]:
    """The lines about these problems, whose places are in these files."""
    texts = _Texts(dict(sources))
    for number, problem in enumerate(problems):
        yield _first(problem, colour)
        if number < EXCERPTS:
            yield from _excerpt(problem, texts, colour)


def one_line(problem: Problem) -> str:
    """`file:line:column: path: what; instead`, with `warning: ` before it if it is no more than that."""
    text = str(problem)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    text = shown(text)
    return f"warning: {text}" if problem.level == "warning" else text


def _first(problem: Problem, colour: bool) -> str:
    return click.style(one_line(problem), bold=True) if colour else one_line(problem)


class _Texts:
    """The lines of files, and what is masked in them; read when first asked for."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._lines: dict[str, list[str]] = {}
        self._masks: dict[str, Masks] = {}

    def line(self, place: Place) -> _Line | None:
        """The line at a place; None if there is no such line."""
        name, number = place.source, place.mark.line
        if name not in self._sources:
            return None
        if name not in self._lines:
            text = self._sources[name].decode(errors="replace").removeprefix("\ufeff")
            self._lines[name] = [line.removesuffix("\r") for line in text.split("\n")]
            self._masks[name] = Masks(self._sources[name], name, self._lines[name])
        if number > len(self._lines[name]):
            return None
        line = self._lines[name][number - 1]
        at = min(place.mark.column - 1, len(line))
        begin, end = max(at - _NEAR, 0), at + _NEAR
        piece, start = line[begin:end], at - begin
        cells = list(_cells(piece, self._masks[name].spans(number, begin, piece)))
        return _Line(cells, start, max(extent(piece, start), start + 1), begin == 0, end >= len(line))


def _cells(line: str, masked: Sequence[tuple[int, int]]) -> Iterator[_Cell]:
    column, index = 0, 0
    spans = iter(masked)
    start, end = next(spans, (len(line), len(line)))
    while index < len(line):
        if index == start:
            yield from (_Cell(star, 1, index) for star in MASK)
            column, index = column + len(MASK), end
            start, end = next(spans, (len(line), len(line)))
            continue
        char = line[index]
        text = " " * (_TAB - column % _TAB) if char == "\t" else _shown(char)
        width = len(text) if char == "\t" else _width(text)
        yield _Cell(text, width, index)
        column, index = column + width, index + 1


def shown(text: str) -> str:
    """A text without what would do something to a terminal."""
    return "".join(map(_shown, text))


def _shown(char: str) -> str:
    """The character; a mark for one that would do something to the terminal or to the order of the text."""
    return "\ufffd" if not " " <= char <= "~" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char


def _width(char: str) -> int:
    if " " <= char <= "~":
        return 1
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
        line = texts.line(place)
        if line is None:
            continue
        if place.source != main.source:
            yield f"{'':{margin}} in {place.source}"
        shown, marker = _window(line, head)
        marker = click.style(marker, fg="yellow" if problem.level == "warning" else "red") if colour else marker
        yield f"{place.mark.line:{margin}} | {shown}".rstrip()
        yield f"{'':{margin}} | {marker}"


def _window(line: _Line, head: str) -> tuple[str, str]:
    """What is shown of a line, and the marker below it; of a long line only what is near the marker."""
    cells = line.cells
    marked = [at for at, cell in enumerate(cells) if line.start <= cell.index < line.end]
    first = marked[0] if marked else _last_before(cells, line.start)
    left = first
    while left > 0 and sum(cell.width for cell in cells[left - 1 : first]) <= WIDTH // 2:
        left -= 1
    right, width = left, 0
    while right < len(cells) and width + cells[right].width <= WIDTH:
        width += cells[right].width
        right += 1
    before = "" if left == 0 and line.begun else "…"
    after = "" if right == len(cells) and line.ended else "…"
    blanks = len(before) + sum(cell.width for cell in cells[left:first])
    length = sum(cells[at].width for at in marked if at < right)
    return before + "".join(cell.text for cell in cells[left:right]) + after, " " * blanks + head + "~" * (length - 1)


def _last_before(cells: Sequence[_Cell], start: int) -> int:
    """Where the marker goes if what it should mark is not shown: to the mask that hides it, or behind the line."""
    if not cells or start > cells[-1].index:
        return len(cells)
    hidden = max(cell.index for cell in cells if cell.index <= start)
    return next(at for at, cell in enumerate(cells) if cell.index == hidden)
