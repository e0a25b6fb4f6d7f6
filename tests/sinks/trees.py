# SPDX-License-Identifier: Apache-2.0
"""Small trees, and what tests say about directories that should hold them."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path

from kgen.sinks.earlier import Earlier, read
from kgen.tree import File, Node, Object, Sensitivity, Tree

SECRETS = ("ca.key", "admin.conf", "token.yaml")
"""Names of the files in these trees that nobody else may read."""


def file(path: str, content: bytes, mode: int = 0o644, sensitivity: Sensitivity = Sensitivity.NONE) -> File:
    """A file of the node cp-1."""
    return File(path, "cp-1", f"/etc/kubernetes/{path}", content, mode, "certs/ca", "pki/ca", sensitivity=sensitivity)


def make_tree(text: bytes = b"one", *more: File) -> Tree:
    """Two secrets, a plain file with `text`, a secret object, and more."""
    token = Object(
        path="cluster/token.yaml",
        api_version="v1",
        kind="Secret",
        namespace="kube-system",
        name="token",
        verb="create",
        content=b"kind: Secret\n",
        phase="bootstrap-token",
        topic="cluster/bootstrap-token",
        sensitivity=Sensitivity.CREDENTIAL,
    )
    files = (
        file("pki/ca.key", b"not a key", 0o600, Sensitivity.PRIVATE_KEY),
        file("admin.conf", b"not a kubeconfig", 0o600, Sensitivity.CREDENTIAL),
        file("manifests/etcd.yaml", text),
    )
    return Tree("v1.37.2", "kubernetes", (Node("cp-1", "init", "10.0.0.1", "."),), (*files, *more, token))


def without(tree: Tree, path: str) -> Tree:
    """The same tree without this artifact."""
    return dataclasses.replace(tree, artifacts=tuple(a for a in tree if a.path != path))


def holds(place: Path, tree: Tree) -> bool:
    """Whether exactly this tree is there, contents, modes and index; other people's files apart."""
    earlier = read(place)
    return earlier is not None and dataclasses.replace(earlier, foreign=(), is_archive=False) == Earlier.of(tree)


def listing(place: Path) -> dict[str, str]:
    """Everything below a directory as path and mode, as `ls -l` writes it."""
    return {str(p.relative_to(place)): stat.filemode(p.lstat().st_mode) for p in sorted(place.rglob("*"))}


def names(place: Path) -> list[str]:
    """What is directly in a directory, hidden or not."""
    return sorted(path.name for path in place.iterdir())


def loose_secrets(place: Path) -> list[str]:
    """Secrets below a directory that others could read, were it not for the directories above."""
    found = (Path(top, name) for top, _, names in os.walk(place) for name in names if name in SECRETS)
    return [str(path) for path in found if path.lstat().st_mode & 0o077]
