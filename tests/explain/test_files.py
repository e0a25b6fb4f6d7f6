# SPDX-License-Identifier: Apache-2.0
"""The three ways to find an artifact."""

from __future__ import annotations

import pytest

from explain.seen import EXAMPLES, edited, example, nodes, seen
from kgen.explain.annotate import content
from kgen.explain.effects import Effects
from kgen.explain.files import FILES, OBJECTS, PHASE_LIST, pages
from kgen.explain.page import artifact_page, relative
from kgen.explain.view import View
from kgen.phases import PHASES


def bodies(view: View) -> dict[str, str]:
    """The three pages, by path."""
    return {page.path: page.body for page in pages(view)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_artifact(name: str) -> None:
    """Each file is found by its host, each object by its kind, and both by their phase, once."""
    view = example(name)
    found = bodies(view)
    for path, item in view.items.items():
        for page in (FILES if item.target else OBJECTS, PHASE_LIST):
            assert found[page].count(f"]({relative(page, artifact_page(path))})") == 1


def test_where_to() -> None:
    """Path, mode and owner on the host, and what it is."""
    line = next(line for line in bodies(seen())[FILES].splitlines() if "pki/ca.key`" in line)
    assert "`/etc/kubernetes/pki/ca.key`" in line and "`0600` | `root:root`" in line and "private key" in line


def test_several_hosts() -> None:
    """Each host has its own table."""
    body = bodies(nodes("cp-1", "cp-2"))[FILES]
    assert body.index("## cp-1") < body.index("## cp-2")


def test_phases_in_kubeadms_order() -> None:
    """Phases come as kubeadm runs them."""
    headings = [line[3:] for line in bodies(seen())[PHASE_LIST].splitlines() if line.startswith("## ")]
    order = [phase.name for phase in PHASES if phase.name in headings]
    assert headings == order and len(order) > 15


def test_edited_and_missing() -> None:
    """What somebody changed or took away is said to be so."""
    view = edited("manifests/etcd.yaml", "10000", "20000")
    assert "edited by hand" in bodies(view)[FILES]
    body = bodies(seen(without=["pki/ca.key"]))[FILES]
    assert "## Missing" in body and "- `pki/ca.key`" in body


DATA_DIR = "ClusterConfiguration.etcd.local.dataDir"


def test_lines_of_another_text() -> None:
    """What was edited by hand has no origins by line, neither on its page nor where a field is said to decide it."""
    written, other = seen(), edited("manifests/etcd.yaml", "10000", "20000")
    for view, known in ((written, True), (other, False)):
        item = view.items["manifests/etcd.yaml"]
        assert ("*From*" in content(view, item, lambda *_: None)) == known
        (listed,) = (each for each in Effects(view).listed("x.md", (DATA_DIR,)) if "etcd.yaml" in each)
        assert ("line" in listed.partition(": ")[2]) == known


def test_empty() -> None:
    """An empty tree has pages that say so."""
    found = bodies(seen(without=list(seen().items)))
    assert "no files" in found[FILES] and "no objects" in found[OBJECTS] and "is empty" in found[PHASE_LIST]
