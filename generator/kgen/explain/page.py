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


def relative(page: str, target: str) -> str:
    """The link from one page to another, or to a place `page.md#anchor` in it."""
    path, mark, anchor = target.partition("#")
    return posixpath.relpath(path, posixpath.dirname(page) or ".") + mark + anchor
