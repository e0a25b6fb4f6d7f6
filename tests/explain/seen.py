# SPDX-License-Identifier: Apache-2.0
"""Views of rendered trees, for tests of pages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import kgen
from helpers import CannedKeys
from kgen.explain.page import Asset, Page, artifact_page
from kgen.explain.view import View, view
from kgen.sinks.earlier import Earlier
from kgen.tree import Tree
from phases.plans import START, plan

ROOT = Path(__file__).parents[2]
EXAMPLES = ["external-etcd", "ha", "hardened", "ipv6-dual-stack", "minimal"]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HREF = re.compile(r'href="([^"]+)"')


def see(tree: Tree, without: Iterable[str] = ()) -> View:
    """The tree as the site sees it, perhaps without some of its artifacts."""
    earlier = Earlier.of(tree)
    contents = {path: content for path, content in earlier.contents.items() if path not in set(without)}
    return view(replace(earlier, contents=contents))


def seen(cluster: str = "", init: str = "", without: Iterable[str] = (), **more: Any) -> View:
    """A view of a small cluster; arguments as for `phases.plans.plan`."""
    return see(plan(cluster, init, **more), without)


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
    secrets = kgen.gather(cluster, (), keys=CannedKeys(distinct=20), start=START, random=lambda count: b"\x07" * count)
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
