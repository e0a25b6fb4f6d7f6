# SPDX-License-Identifier: Apache-2.0
"""The hand-written pages: site/pages/<section>/*.md, in the order in which the section's index.md links to them."""

from __future__ import annotations

import re
from pathlib import Path

from kgen.resources import directory

_SECTIONS = {"Guides": "guides", "Concepts": "concepts"}
_LINK = re.compile(r"\]\(([\w-]+\.md)(?:#[\w-]+)?\)")


def root() -> Path:
    """The directory of the hand-written pages."""
    return directory("site") / "pages"


def sections() -> dict[str, list[str]]:
    """Title of a section -> its pages below the root, index.md first."""
    return {title: _pages(name) for title, name in _SECTIONS.items()}


def _pages(name: str) -> list[str]:
    index = root() / name / "index.md"
    if not index.is_file():
        return []
    present = {file.name for file in index.parent.glob("*.md")}
    linked = [found for found in _LINK.findall(index.read_text(encoding="utf-8")) if found in present]
    order = dict.fromkeys(["index.md", *linked, *sorted(present)])
    return [f"{name}/{file}" for file in order]
