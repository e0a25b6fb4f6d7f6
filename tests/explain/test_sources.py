# SPDX-License-Identifier: Apache-2.0
"""Which files of this machine a site may show: the configuration of the tree, and nothing that an index could name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from explain.rendering import MINIMAL, rendered
from kgen.explain.sources import find, findings
from kgen.sinks.index import Index
from kgen.tree import Origin


def _index(name: str) -> Index:
    origins = {"ClusterConfiguration.clusterName": Origin("user", name, 3, 1)}
    return replace(rendered().index, origins=origins)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with a configuration and other files in it, beside one that is not to be read."""
    root = tmp_path / "here"
    (root / "sub").mkdir(parents=True)
    (root / "cluster.yaml").write_text(MINIMAL)
    (root / "sub/cluster.yaml").write_text(MINIMAL)
    (root / "secret.yaml").write_text("kind: Secret\napiVersion: v1\ndata: {a: b}\n")
    (root / "notes.txt").write_text("my notes")
    (root / "large.yaml").write_text(MINIMAL + "#" * 1_000_000)
    (tmp_path / "cluster.yaml").write_text(MINIMAL)
    (root / "link.yaml").symlink_to(tmp_path / "cluster.yaml")
    return root


@pytest.mark.parametrize("name", ["cluster.yaml", "sub/cluster.yaml", "./cluster.yaml", "sub/../cluster.yaml"])
def test_found(root: Path, name: str) -> None:
    """A configuration below the directory is found under the name that it was given by."""
    assert find(_index(name), root) == {name: MINIMAL.encode()}


@pytest.mark.parametrize(
    "name",
    [
        "../cluster.yaml",
        "link.yaml",
        "secret.yaml",
        "notes.txt",
        "large.yaml",
        "sub",
        "none",
        "-",
        "/etc/passwd",
        "a\0b",
    ],
)
def test_not_found(root: Path, name: str) -> None:
    """What lies elsewhere, also by way of a link, and what is no configuration is not read."""
    assert find(_index(name), root) is None


def test_absolute(root: Path) -> None:
    """Nor is an absolute name, even of a file that would do."""
    assert find(_index(str(root / "cluster.yaml")), root) is None


def test_findings() -> None:
    """What kgen says of the configuration, by level."""
    found = findings({"cluster.yaml": (MINIMAL + "clusterNam: x\n").encode()}, "1.37")
    assert [message.partition(": ")[0] for message in found["error"]] == ["cluster.yaml:9:1"]
    assert found["warning"] == []
