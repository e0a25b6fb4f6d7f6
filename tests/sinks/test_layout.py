# SPDX-License-Identifier: Apache-2.0
"""Paths and modes."""

from __future__ import annotations

import dataclasses

import pytest

from kgen.errors import BugError
from kgen.sinks.layout import clash, directory_modes, fault, file_mode, parents, require_safe
from kgen.tree import Node, Sensitivity
from sinks.trees import file, make_tree

HOSTILE = [
    "",
    "/etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a/..",
    ".",
    "./a",
    "a//b",
    "a/",
    "a\\b",
    "a\nb",
    "a\0b",
    "\ud800",
]


@pytest.mark.parametrize("path", [*HOSTILE, "kgen.json"])
def test_paths_that_lead_out(path: str) -> None:
    """A path that is not a plain relative one, or is the index itself, is refused."""
    assert fault(path)


@pytest.mark.parametrize("path", ["a", "a/b.c", "..a", "a..b/c...", "pki/kgen.json", "rbac/system:node.yaml", "ü/é"])
def test_paths_that_do_not(path: str) -> None:
    """Dots within names and other scripts are fine."""
    assert fault(path) == ""


def test_clash() -> None:
    """A path twice, or a file that would have to be a directory too, is named."""
    assert clash(["a/b", "a/c"]) == ""
    assert "'a/b' is there twice" in clash(["a/b", "a/b"])
    assert "'a/b/c' goes through the file 'a/b'" in clash(["a/b/c", "a/b"])
    assert "goes through the file 'kgen.json'" in clash(["kgen.json/x"])


def test_parents() -> None:
    """The directories above, outermost first."""
    assert parents("a/b/c") == ["a", "a/b"]
    assert parents("a") == []


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_artifact(path: str) -> None:
    """A tree with a path that leads out of it is a bug and is never written."""
    with pytest.raises(BugError):
        require_safe(make_tree(b"", file(path, b"")))


@pytest.mark.parametrize(
    ("name", "directory"), [("../x", "."), ("a/b", "."), ("..", "."), ("ok", "../x"), ("ok", "/x")]
)
def test_hostile_node(name: str, directory: str) -> None:
    """The same for the name and the directory of a node."""
    with pytest.raises(BugError):
        require_safe(dataclasses.replace(make_tree(), nodes=(Node(name, "worker", "10.0.0.2", directory),)))


def test_modes() -> None:
    """What is sensitive is for the owner alone, and so are the directories that hold it."""
    assert file_mode(file("a", b"", 0o644)) == 0o644
    assert file_mode(file("a", b"", 0o640, Sensitivity.PRIVATE_KEY)) == 0o600
    assert directory_modes(make_tree(b"", file("nodes/w/pki/x.key", b"", 0o600, Sensitivity.CREDENTIAL))) == {
        "cluster": 0o700,
        "manifests": 0o755,
        "nodes": 0o755,
        "nodes/w": 0o755,
        "nodes/w/pki": 0o700,
        "pki": 0o700,
    }
