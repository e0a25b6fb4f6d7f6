# SPDX-License-Identifier: Apache-2.0
"""The reference as a whole: its pages belong together."""

from __future__ import annotations

import posixpath
import re
import time

from kgen.explain.reference import reference

PAGES = {page.path: page for page in reference()}


def test_pages_are_pages() -> None:
    """Each has a title, a path of its own, and begins with its heading."""
    pages = list(reference())
    assert len(PAGES) == len(pages)
    for page in pages:
        assert page.title and page.body.startswith("# ")
        assert page.path.startswith("reference/") and page.path.endswith(".md")


def test_links_lead_to_pages_and_to_places_on_them() -> None:
    """Every relative link has its page, and every anchor is there."""
    anchors = {
        path: {*re.findall(r"\{#(\S+)\}$", page.body, re.M), *re.findall(r'<span id="([^"]+)">', page.body)}
        for path, page in PAGES.items()
    }
    for path, page in PAGES.items():
        for target in re.findall(r"\]\(([^)]+)\)", page.body):
            if not target.startswith("https://"):
                to, _, anchor = target.partition("#")
                other = posixpath.normpath(posixpath.join(posixpath.dirname(path), to)) if to else path
                assert other in PAGES, f"{path}: {target}"
                assert not anchor or anchor in anchors[other], f"{path}: {target}"


def test_every_page_is_in_the_overview() -> None:
    """Directly, or in the overview of the documents."""
    listed = PAGES["reference/index.md"].body + PAGES["reference/configuration/index.md"].body
    for path in PAGES.keys() - {"reference/index.md"}:
        name = posixpath.relpath(path, "reference")
        assert f"({name})" in listed or f"({name.removeprefix('configuration/')})" in listed, path


def test_it_is_quick_the_second_time() -> None:
    """`mkdocs serve` asks for it at each change of a tree."""
    start = time.perf_counter()
    assert list(reference()) == list(PAGES.values())
    assert time.perf_counter() - start < 0.1
