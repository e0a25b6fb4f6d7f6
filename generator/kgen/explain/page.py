# SPDX-License-Identifier: Apache-2.0
"""A page of the site, and where pages are."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """A page, as Markdown."""

    path: str
    """Below the root of the site's sources, POSIX: `maps/trust.md`."""
    title: str
    """In the navigation; plain text."""
    body: str
    """Markdown that begins with the heading."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of another kind, to download."""

    path: str
    content: bytes


def artifact_page(path: str) -> str:
    """The page of the artifact at this place in the tree."""
    return "artifacts/" + re.sub(r"[^A-Za-z0-9._/-]", lambda found: f"_{ord(found[0]):x}_", path) + ".md"


CONTENT = "content"
"""The id of the block that shows an artifact's content: its lines have anchors of this name."""


def artifact_line(path: str, line: int) -> str:
    """The place of a line of an artifact's content on its page."""
    return f"{artifact_page(path)}#{line_anchor(CONTENT, line)}"


def line_anchor(block: str, line: int) -> str:
    """The anchor that pymdownx.highlight gives a line of the block with this id (anchor_linenums)."""
    return f"__codelineno-{block}-{line}"


def numbered(block: str, language: str = "yaml") -> str:
    """What to write after the fence of a block of code with an id, whose lines have numbers and anchors."""
    return f'{{ .{language} #{block} linenums="1" }}'


def relative(page: str, target: str) -> str:
    """The link from one page to another, or to a place `page.md#anchor` in it."""
    path, mark, anchor = target.partition("#")
    return posixpath.relpath(path, posixpath.dirname(page) or ".") + mark + anchor
