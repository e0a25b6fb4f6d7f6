# SPDX-License-Identifier: Apache-2.0
"""Boxes in columns with arrows between them, as inline SVG: one block of HTML without blank lines, for Markdown.

Its colours are those of the page's theme (Material's variables), or the system's. Nothing runs, nothing is loaded.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kgen.explain.markdown import Md
from kgen.explain.page import relative

Weight = Literal["strong", "plain", "outside"]

_WIDEST = (30, 30, 30, 30, 22, 22, 18)
"""Characters in a line of a box, by the number of columns; what is longer is wrapped."""
_CHARACTER = 7.3
_LINE = 16
_PADDING = 8
_ROW_GAP = 12
_COLUMN_GAP = 36
_TOP = 34
_FONT = "var(--md-code-font-family, ui-monospace, monospace)"
_STYLE = (
    ".kgen-diagram{overflow-x:auto;margin:1em 0}"
    ".kgen-diagram:focus-visible{outline:2px solid var(--md-accent-fg-color,Highlight)}"
    f".kgen-diagram svg{{display:block;height:auto;font:12px {_FONT};color-scheme:light dark}}"
    # A little smaller before it is to be scrolled, but not on a phone, where it is to be scrolled anyway.
    ".kgen-diagram svg{min-width:calc(var(--kgen-width)*.8);max-width:var(--kgen-width)}"
    "@media(max-width:45em){.kgen-diagram svg{min-width:var(--kgen-width)}}"
    ".kgen-diagram text{fill:var(--md-default-fg-color,CanvasText)}"
    ".kgen-diagram .kgen-first{font-weight:700}"
    ".kgen-diagram rect{fill:var(--md-default-bg-color,Canvas);stroke:var(--md-default-fg-color--light,GrayText)}"
    ".kgen-diagram .kgen-strong rect{fill:var(--md-primary-fg-color,#4051b5);fill-opacity:.16;stroke-width:2}"
    ".kgen-diagram .kgen-outside rect{stroke-dasharray:4 3}"
    ".kgen-diagram path{fill:none;stroke:var(--md-default-fg-color--light,GrayText);stroke-width:1.5}"
    ".kgen-diagram marker path{fill:var(--md-default-fg-color--light,GrayText);stroke:none}"
    ".kgen-diagram a:hover rect,.kgen-diagram a:focus-visible rect"
    "{stroke:var(--md-accent-fg-color,Highlight);stroke-width:3}"
    ".kgen-diagram a:focus-visible{outline:none}"
    ".kgen-diagram a .kgen-first{text-decoration:underline}"
)


@dataclass(frozen=True, slots=True)
class Box:
    """A thing in the diagram."""

    key: str
    """What arrows call it."""
    lines: tuple[str, ...]
    """The first one is its name."""
    page: str = ""
    """The page that it leads to, from the root of the site's sources; empty for none."""
    weight: Weight = "plain"
    """`outside`: not part of what was rendered."""


@dataclass(frozen=True, slots=True)
class Column:
    """Boxes one below the other; a key that comes again is passed over."""

    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Diagram:
    """Columns from left to right, and arrows between boxes by their keys; arrows to nowhere are passed over."""

    name: str
    """Unique on the page: letters, digits, dashes."""
    title: str
    description: str
    columns: tuple[Column, ...]
    arrows: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Placed:
    box: Box
    lines: tuple[str, ...]
    first: int
    """How many of the lines are the name"""
    column: int
    x: float
    y: float
    width: float
    height: float


def svg(diagram: Diagram, page: str) -> Md:
    """The diagram for a page, whose path its links start from; empty without a box."""
    columns = [column for column in map(_unique, diagram.columns) if column.boxes]
    if not columns:
        return Md("")
    arrows = list(dict.fromkeys(diagram.arrows))
    placed = _place(columns, arrows)
    width = max(each.x + each.width for each in placed.values()) + 2
    height = max(each.y + each.height for each in placed.values()) + 6
    name = html.escape(diagram.name)
    parts = [
        f'<div class="kgen-diagram" tabindex="0" role="region" aria-label="{_text(diagram.title)}">',
        f'<svg xmlns="http://www.w3.org/2000/svg" role="group" width="100%"'
        f' style="--kgen-width:{width:.0f}px"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">{_text(diagram.title)}</title>',
        f'<desc id="{name}-desc">{_text(diagram.description)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<defs><marker id="{name}-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        ' orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
        *_titles(columns, placed),
        *(
            _arrow(placed[source], placed[target], name)
            for source, target in arrows
            if source in placed and target in placed
        ),
        *(_box(each, page) for each in placed.values()),
        "</svg>",
        "</div>",
    ]
    return Md("\n".join(parts) + "\n")


def href(page: str, target: str) -> str:
    """The address of a page in HTML, where Markdown's links to `.md` are not rewritten: the built page's."""
    path, mark, anchor = relative(page, target).partition("#")
    return html.escape(path.removesuffix(".md") + ".html" + mark + anchor)


def _unique(column: Column) -> Column:
    boxes = {box.key: box for box in reversed(column.boxes)}
    return Column(column.title, tuple(dict.fromkeys(boxes[box.key] for box in column.boxes)))


def _place(columns: Sequence[Column], arrows: Iterable[tuple[str, str]]) -> Mapping[str, _Placed]:
    """The fullest column is packed from the top; beside it each box is as near to those it is joined with as can be."""
    neighbours: dict[str, list[str]] = {}
    for source, target in arrows:
        neighbours.setdefault(source, []).append(target)
        neighbours.setdefault(target, []).append(source)
    widest = _WIDEST[min(len(columns), len(_WIDEST) - 1)]
    wrapped = {box.key: tuple(_wrapped(box.lines, widest)) for column in columns for box in column.boxes}
    widths = [
        max(max(map(_width, wrapped[box.key])) * _CHARACTER for box in column.boxes) + 2 * _PADDING
        for column in columns
    ]
    widths = [max(width, len(column.title) * _CHARACTER) for width, column in zip(widths, columns, strict=True)]
    heights = {key: len(lines) * _LINE + 2 * _PADDING - 3.0 for key, lines in wrapped.items()}
    totals = [sum(heights[box.key] + _ROW_GAP for box in column.boxes) for column in columns]
    fullest = totals.index(max(totals))
    placed: dict[str, _Placed] = {}
    order = [fullest, *range(fullest + 1, len(columns)), *range(fullest - 1, -1, -1)]
    for index in order:
        x = 2.0 + sum(widths[:index]) + _COLUMN_GAP * index
        middles = _middles(columns[index].boxes, neighbours, placed)
        boxes = (
            sorted(columns[index].boxes, key=lambda box: middles[box.key]) if index != fullest else columns[index].boxes
        )
        tops = _tops([middles[box.key] for box in boxes], [heights[box.key] for box in boxes], max(totals))
        for box, y in zip(boxes, tops, strict=True):
            first = len(list(_wrapped(box.lines[:1], widest)))
            placed[box.key] = _Placed(box, wrapped[box.key], first, index, x, _TOP + y, widths[index], heights[box.key])
    return {box.key: placed[box.key] for column in columns for box in column.boxes}


def _middles(
    boxes: Sequence[Box], neighbours: Mapping[str, Sequence[str]], placed: Mapping[str, _Placed]
) -> dict[str, float]:
    """Where each box would best be: amid what it is joined with, else above the next one, else at the end."""
    found: dict[str, float] = {}
    after = float("inf")
    for box in reversed(boxes):
        near = [placed[other].y + placed[other].height / 2 for other in neighbours.get(box.key, ()) if other in placed]
        after = found[box.key] = sum(near) / len(near) - _TOP if near else after
    return found


def _tops(middles: Sequence[float], heights: Sequence[float], total: float) -> list[float]:
    """Where boxes begin that want these middles and may not overlap, within the total where that is enough."""
    tops: list[float] = []
    free = 0.0
    for middle, height in zip(middles, heights, strict=True):
        tops.append(max(free, middle - height / 2) if middle < total else free)
        free = tops[-1] + height + _ROW_GAP
    limit = max(total, sum(heights) + _ROW_GAP * len(heights))
    for index in reversed(range(len(tops))):
        tops[index] = min(tops[index], limit - heights[index] - _ROW_GAP)
        limit = tops[index]
    return tops


def _wrapped(lines: Iterable[str], widest: int) -> Iterable[str]:
    """Long lines in pieces that end, if they can, behind a character at which a reader would break them."""
    for line in lines:
        rest = "".join(character if character.isprintable() else " " for character in line)
        while _width(rest) > widest:
            cut = widest if rest.isascii() else widest // 2
            breaks = [found.end() for found in re.finditer(r"[/,:=@. -]", rest[:cut])]
            cut = next((end for end in reversed(breaks) if end > cut // 3), cut)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def _titles(columns: Sequence[Column], placed: Mapping[str, _Placed]) -> Iterable[str]:
    for column in columns:
        x = placed[column.boxes[0].key].x
        yield f'<text x="{x:.0f}" y="18" class="kgen-first">{_text(column.title)}</text>'


def _arrow(source: _Placed, target: _Placed, name: str) -> str:
    start, end = source.y + source.height / 2, target.y + target.height / 2
    back = source.column >= target.column
    left = source.x if back and source.column > target.column else source.x + source.width
    right = target.x + target.width if back else target.x
    bend = (-1 if source.column > target.column else 1) * _COLUMN_GAP * 0.55
    second = right + bend if source.column == target.column else right - bend
    path = f"M{left:.0f} {start:.0f}C{left + bend:.0f} {start:.0f} {second:.0f} {end:.0f} {right:.0f} {end:.0f}"
    return f'<path d="{path}" marker-end="url(#{name}-arrow)"/>'


def _box(placed: _Placed, page: str) -> str:
    box = placed.box
    lines = "".join(
        f'<text x="{placed.x + _PADDING:.0f}" y="{placed.y + _PADDING + _LINE * index + 10:.0f}"'
        + (' class="kgen-first">' if index < placed.first else ">")
        + f"{_text(line)}</text>"
        for index, line in enumerate(placed.lines)
    )
    shape = (
        f'<g class="kgen-{box.weight}"><rect x="{placed.x:.0f}" y="{placed.y:.0f}" width="{placed.width:.0f}"'
        f' height="{placed.height:.0f}" rx="4"/>{lines}</g>'
    )
    return f'<a href="{href(page, box.page)}">{shape}</a>' if box.page else shape


def _text(value: str) -> str:
    flat = "".join(character if character.isprintable() else " " for character in value)
    return html.escape(flat).replace("\n", " ")
