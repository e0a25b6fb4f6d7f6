# SPDX-License-Identifier: Apache-2.0
"""What holds for every map and every list, of every tree."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from explain.seen import EXAMPLES, dead_links, example, nodes, see, seen
from kgen import releases
from kgen.explain.lists import lists
from kgen.explain.maps import maps
from kgen.explain.page import Asset, Page
from kgen.explain.view import View
from phases.plans import plan

pytestmark = pytest.mark.slow

HOSTILE = '"><script>alert(1)</script>|`x`\n\n# Not a heading\n[x](javascript:y)'
_DIAGRAM = re.compile(r'<div class="kgen-diagram".*?</div>', re.S)
"""A block of HTML, in which Markdown means nothing."""
_FENCE = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)


def everything(view: View) -> list[Page | Asset]:
    """All pages."""
    return [*maps(view), *lists(view)]


def prose(view: View) -> list[tuple[Page, str]]:
    """The pages without their blocks of code."""
    return [(page, _FENCE.sub("", page.body)) for page in everything(view) if isinstance(page, Page)]


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize("name", EXAMPLES)
def test_pages(name: str, minor: str) -> None:
    """Every page has its heading, its links lead somewhere, its diagrams are well-formed, and it is not heavy."""
    view = example(name, minor)
    pages = everything(view)
    assert not dead_links(pages, view)
    assert len({page.path for page in pages}) == len(pages)
    for page, body in prose(view):
        assert body.startswith("# ") and body.count("\n# ") == 0
        for block in _DIAGRAM.findall(body):
            ET.fromstring(block)  # noqa: S314 (our own)
            assert "\n\n" not in block and len(block) < 16_000
        assert len(page.body) < 60_000


def test_nothing_secret() -> None:
    """None of the values that were taken out of the tree is on any page."""
    view = seen("apiServer: {extraEnvs: [{name: X, value: correct-horse-battery}]}\n", upload=True)
    assert view.secrets
    for page in everything(view):
        content = page.content.decode() if isinstance(page, Asset) else page.body
        assert not [secret for secret in view.secrets if secret in content]


@pytest.mark.parametrize("missing", sorted(seen().items))
def test_without_any_artifact(missing: str) -> None:
    """A tree that lacks one thing has all pages, and no link to what is not there."""
    view = seen(without=[missing])
    assert not dead_links(everything(view), view)


def test_parts_of_a_tree() -> None:
    """Nothing, files alone, objects alone, and several nodes."""
    paths = list(seen().items)
    for without in (paths, [path for path in paths if "/" in path], [path for path in paths if "pki" in path]):
        view = seen(without=without)
        assert not dead_links(everything(view), view)
    view = nodes("cp-1", "cp-2", "cp-3")
    assert not dead_links(everything(view), view)


def spoiled(value: Any) -> Any:
    """The data with every text made hostile, but for what makes it be read at all."""
    if isinstance(value, Mapping):
        kept = ("kind", "apiVersion")
        return {key: item if key in kept else spoiled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spoiled(item) for item in value]
    return value + HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize("prefix", ["manifests/", "kubelet/config", "addons/", "rbac/", "cluster/", "admin.conf"])
def test_values_cannot_break_out(prefix: str) -> None:
    """Whatever a tree holds, it is text on the pages: no tag, no heading, no link, no cell."""
    tree = plan("networking: {podSubnet: 10.244.0.0/16}\n", upload=True)
    edits = {
        artifact.path: yaml.safe_dump(spoiled(yaml.safe_load(artifact.content))).encode()
        for artifact in tree
        if artifact.path.startswith(prefix)
    }
    view = see(tree, edits=edits)
    index = replace(view.index, cluster_name=HOSTILE)
    assert_harmless(replace(view, index=index))


def test_names_cannot_break_out() -> None:
    """Nor what the index says: names of nodes, addresses, targets, owners, phases, topics, kinds."""
    view = seen()
    listed = tuple(replace(node, name=f"cp-1{HOSTILE}", address=HOSTILE) for node in view.index.nodes)
    items = {}
    for path, item in view.items.items():
        entry: Any = item.entry
        changed = {"phase": entry.phase + HOSTILE}
        if item.target:
            changed |= {"node": f"cp-1{HOSTILE}", "target": entry.target + HOSTILE, "owner": HOSTILE}
        else:
            changed |= {"name": entry.name + HOSTILE, "kind": entry.kind + HOSTILE, "namespace": HOSTILE}
        items[path] = replace(item, entry=replace(entry, **changed))
    assert_harmless(replace(view, index=replace(view.index, nodes=listed), items=items))


def test_commands_are_safe_to_copy() -> None:
    """A value in a command is one word of it, whatever it holds."""
    view = seen()
    hostile = "cp-1; touch x"
    items = {
        path: replace(item, entry=replace(item.entry, node=hostile)) if item.target else item  # type: ignore[call-arg]
        for path, item in view.items.items()
    }
    listed = tuple(replace(node, name=hostile) for node in view.index.nodes)
    view = replace(view, items=items, index=replace(view.index, nodes=listed))
    for page in everything(view):
        if isinstance(page, Page):
            for block in re.findall(r"^ *```sh$(.*?)^ *```$", page.body, re.M | re.S):
                for line in block.splitlines():
                    assert "touch x" not in line.partition(" # ")[0] or "touch x'" in line, line


def assert_harmless(view: View) -> None:
    """No value of the view is anything but text on any page."""
    for page, body in prose(view):
        assert "<script" not in body, page.path
        assert not re.search(r"^ *# Not", body, re.M), page.path
        assert "](javascript" not in _DIAGRAM.sub("", body), page.path
        for line in body.splitlines():
            assert "```" not in line or line.strip().startswith("```"), page.path
    for page in everything(view):
        if isinstance(page, Page):
            assert not re.search(r"^ *# Not", page.body, re.M), page.path
