# SPDX-License-Identifier: Apache-2.0
"""Views of rendered trees, for tests of pages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import kgen
from helpers import CannedKeys
from kgen.explain.page import Asset, Page, artifact_page
from kgen.explain.view import View, view
from kgen.sinks.earlier import Earlier
from kgen.tree import Node, Tree
from phases.plans import START, plan

ROOT = Path(__file__).parents[2]
EXAMPLES = ["external-etcd", "ha", "hardened", "ipv6-dual-stack", "minimal"]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HREF = re.compile(r'href="([^"]+)"')


def see(tree: Tree, without: Iterable[str] = (), edits: Mapping[str, bytes] = MappingProxyType({})) -> View:
    """The tree as the site sees it, perhaps without some of its artifacts, perhaps with some edited by hand."""
    earlier = Earlier.of(tree)
    contents = {path: content for path, content in earlier.contents.items() if path not in set(without)}
    return view(replace(earlier, contents=contents | edits))


def seen(cluster: str = "", init: str = "", without: Iterable[str] = (), **more: Any) -> View:
    """A view of a small cluster; arguments as for `phases.plans.plan`."""
    return see(_plan(cluster, init, tuple(more.items())), without)


@functools.cache
def _plan(cluster: str, init: str, more: tuple[tuple[str, Any], ...]) -> Tree:
    return plan(cluster, init, **dict(more))


def edited(path: str, old: str, new: str) -> View:
    """A view of a small cluster in one of whose files somebody replaced something."""
    tree = _plan("", "", ())
    before = tree[path].content.decode()
    assert old in before
    return see(tree, edits={path: before.replace(old, new).encode()})


def nodes(*names: str) -> View:
    """A view of a cluster of several control-plane nodes, each with files like those of the first."""
    tree = _plan("controlPlaneEndpoint: k8s.example.com:6443\n", "", ())
    first = tree.nodes[0]
    more = tuple(
        Node(name, "control-plane", f"192.0.2.{number}", f"nodes/{name}") for number, name in enumerate(names[1:], 11)
    )
    files = tuple(
        replace(file, path=f"{node.directory}/{file.path}", node=node.name) for node in more for file in tree.files
    )
    return see(replace(tree, nodes=(first, *more), artifacts=(*tree.files, *files, *tree.objects)))


@functools.cache
def example(name: str, minor: str = "1.37") -> View:
    """A view of one of examples/, as kubeadm of a minor would render it."""
    return see(rendered(name, minor))


def rendered(name: str, minor: str) -> Tree:
    """One of examples/, rendered with keys that cost nothing."""
    text = (ROOT / "examples" / f"{name}.yaml").read_text()
    version = kgen.releases.load(minor).kubeadm
    text = re.sub(r"kubernetesVersion: \S+", f"kubernetesVersion: {version}", text)
    cluster = kgen.load([("cluster.yaml", text.encode())], kubeadm=minor)
    secrets = kgen.gather(cluster, (), keys=CannedKeys(distinct=3), start=START, random=lambda count: b"\x07" * count)
    return kgen.plan(cluster, secrets)


def dead_links(pages: Iterable[Page | Asset], shown: View) -> list[str]:
    """Links of pages to what is neither a page of an artifact nor one of these."""
    pages = list(pages)
    there = {page.path for page in pages} | {artifact_page(path) for path in shown.items}
    return [f"{page.path}: {target}" for page in pages for target in _targets(page) if target not in there]


def _targets(page: Page | Asset) -> Iterable[str]:
    if isinstance(page, Asset):
        return
    here = Path("/", page.path).parent
    for link in _LINK.findall(page.body):
        if "://" not in link and not link.startswith("#"):
            yield _resolved(here / link.partition("#")[0])
    for link in _HREF.findall(page.body):
        yield _resolved(here / link.partition("#")[0]).removesuffix(".html") + ".md"


def _resolved(path: Path) -> str:
    return str(path.resolve(strict=False)).lstrip("/")
