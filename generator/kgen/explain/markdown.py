# SPDX-License-Identifier: Apache-2.0
"""Markdown of which values cannot break out: every text goes through `text`, `code` or `fence`.

What these return is `Md`; anything else is not yet Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SAFE = re.compile(r"[^\w ,./:;()'=?!%@-]|_", re.ASCII)
_RUN = re.compile(r"`+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Md(str):
    """Text that is Markdown already."""

    __slots__ = ()


def text(value: object) -> Md:
    """The value as running text; every character that could mean something to Markdown or HTML is an entity."""
    if isinstance(value, Md):
        return value
    flat = _CONTROL.sub(" ", str(value))
    return Md(_SAFE.sub(lambda found: f"&#{ord(found[0])};" if found[0].isascii() else found[0], flat))


def code(value: object) -> Md:
    """The value in code type, within a line or in a table."""
    flat = _CONTROL.sub(" ", str(value)) or " "
    mark = "`" * (1 + max((len(run) for run in _RUN.findall(flat)), default=0))
    if len(mark) == 1 and "|" not in flat:
        return Md(f"`{flat}`") if flat.strip() else Md("")
    # A bar would end the cell of a table even in code, so HTML it is.
    return Md(f"<code>{text(flat)}</code>")


def plain(value: object) -> Md:
    """The value for a line of a fenced code block: on one line and unable to end the block."""
    return Md(_CONTROL.sub(" ", str(value)).replace("`", "'"))


def fence(content: str, language: str = "", options: str = "") -> Md:
    """A block of code with exactly this content."""
    mark = "`" * max(3, 1 + max((len(run) for run in _RUN.findall(content)), default=0))
    body = content.removesuffix("\n")
    return Md(f"{mark}{' '.join(filter(None, (language, options)))}\n{body}\n{mark}\n")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Md:
    """A table; cells that are not Markdown yet are text. Empty if there are no rows."""
    lines = ["| " + " | ".join(text(cell) or " " for cell in row) + " |" for row in rows]
    if not lines:
        return Md("")
    rule = "| " + " | ".join("---" for _ in head) + " |"
    return Md("\n".join(["| " + " | ".join(head) + " |", rule, *lines]) + "\n")


def link(label: str, target: str) -> Md:
    """A link; the label is Markdown already, or text."""
    return Md(f"[{text(label)}]({target})")


def sentence(value: str) -> Md:
    """Words of ours with `code` in them: the code stays code, the rest is text."""
    parts = value.split("`")
    return Md("".join(code(part) if index % 2 else text(part) for index, part in enumerate(parts)))
