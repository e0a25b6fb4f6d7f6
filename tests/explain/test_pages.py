# SPDX-License-Identifier: Apache-2.0
"""The site as a whole: every artifact has its page, every page its place, every link its end, and no secret gets in."""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from explain.rendering import MINIMAL, rendered
from explain.test_markdown import built
from explain.test_redact import CANARY, PLACES
from kgen.explain import written
from kgen.explain.page import artifact_page
from kgen.explain.pages import Site, site
from kgen.explain.sources import findings
from kgen.explain.view import view
from kgen.sinks.earlier import Earlier

HOSTILE = '"><script>alert(1)</script>[x](javascript:alert(1)) `|*{: onclick=alert(1) }'


def _site(tree: Earlier, text: str | None = None) -> Site:
    seen = view(tree)
    given = {"cluster.yaml": text.encode()} if text else None
    return site(seen, given, findings(given, seen.cluster.minor) if given else None, written.sections())


def _paths(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from _paths(entry)


@pytest.mark.parametrize("text", [MINIMAL, None], ids=["with its configuration", "from elsewhere"])
def test_every_page_has_a_place(text: str | None) -> None:
    """The navigation leads to each page once: those of the artifacts, the others, and the hand-written ones."""
    tree = rendered()
    made = _site(tree, text)
    pages = {page.path for page in made.pages}
    by_hand = {path for paths in written.sections().values() for path in paths}
    places = Counter(_paths(made.nav))
    assert pages >= {artifact_page(entry.path) for entry in tree.index.entries.values()}
    assert len(pages) == len(made.pages)
    assert set(places) == pages | by_hand
    assert max(places.values()) == 1
    assert all(page.body.startswith("# ") for page in made.pages)


@pytest.mark.parametrize("text", [MINIMAL, None], ids=["with its configuration", "from elsewhere"])
def test_links(text: str | None) -> None:
    """Each link within the site leads to a page or a file of it."""
    made = _site(rendered(), text)
    known = {page.path for page in made.pages} | {asset.path for asset in made.assets}
    known |= {path for paths in written.sections().values() for path in paths}
    dead = []
    for page in made.pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub(r"```.*?```", "", page.body, flags=re.DOTALL)):
            if (
                "://" not in target
                and posixpath.normpath(posixpath.join(posixpath.dirname(page.path), target)) not in known
            ):
                dead.append((page.path, target))
    assert dead == []


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_no_secret(text: str) -> None:
    """A secret of the configuration is on no page, in no asset, in no title: neither plain nor in base64."""
    made = _site(rendered(text), text)
    everything = "\n".join(f"{page.path}\n{page.title}\n{page.body}" for page in made.pages)
    everything += "\n".join(asset.content.decode() for asset in made.assets) + json.dumps(made.nav)
    for form in (CANARY, base64.b64encode(CANARY.encode()).decode(), CANARY.encode().hex()):
        assert form not in everything


def test_secret_in_a_strange_place() -> None:
    """What is a secret somewhere in the tree is hidden wherever else it stands, as in a name or an annotation."""
    text = PLACES["token"].replace(
        "kind: ClusterConfiguration\n", f"kind: ClusterConfiguration\nclusterName: {CANARY}\n"
    )
    made = _site(rendered(text), text)
    assert not [page.path for page in made.pages if CANARY in page.body]


def test_hostile_values() -> None:
    """Names and values from somewhere else are text, on every page that shows them."""
    text = (
        MINIMAL
        + f"clusterName: {json.dumps(HOSTILE)}\napiServer: {{extraArgs: [{{name: v, value: {json.dumps(HOSTILE)}}}]}}\n"
    )
    made = _site(rendered(text), text)
    shown = [page for page in made.pages if "alert" in page.body]
    assert len(shown) > 5
    for page in shown:
        html = built(page.body)
        assert "<script" not in html
        assert not re.search(r'href="?javascript:', html)
        assert not re.search(r"<\w+[^>]*\sonclick=", html)


def test_hostile_index() -> None:
    """An index from somewhere else can name what it likes: it is text, and no file is read for it."""
    tree = rendered()
    entry = replace(tree.index.files[0], path=f"x/{HOSTILE}/a.crt", topic="../../README", phase=HOSTILE, node=HOSTILE)
    index = replace(tree.index, cluster_name=HOSTILE, files=(entry,), objects=(), entries={entry.path: entry})
    made = _site(replace(tree, index=index, contents={entry.path: tree.contents[tree.index.files[0].path]}))
    page = next(page for page in made.pages if page.path == artifact_page(entry.path))
    assert re.fullmatch(r"[\w./-]+", page.path)
    assert "kgen has no explanation for" in page.body
    assert "<script" not in built(page.body)
    assert "<script" not in built(made.pages[0].body)
