# SPDX-License-Identifier: Apache-2.0
"""Which paths may stand in a tree, and with which modes they lie on disk. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kgen.errors import BugError
from kgen.tree import INDEX, Artifact, Sensitivity, Tree

OPEN_DIRECTORY = 0o755
PRIVATE_DIRECTORY = 0o700


def fault(path: str) -> str:
    """Why this cannot be the path of a file in a tree; empty if it can."""
    if path == INDEX:
        return "is the index itself"
    if not path.isprintable() or "\\" in path:
        return "holds a backslash or a character that cannot be printed"
    if path.startswith("/"):
        return "is absolute"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "has an empty, . or .. step"
    return ""


def clash(paths: Iterable[str]) -> str:
    """Why these cannot stand in one tree together, as a clause that names the path; empty if they can."""
    seen: set[str] = set()
    for path in paths:
        if why := fault(path):
            return f"the path {path!r} {why}"
        if path in seen:
            return f"the path {path!r} is there twice"
        seen.add(path)
    for path in sorted(seen):
        for parent in parents(path):
            if parent in seen or parent == INDEX:
                return f"the path {path!r} goes through the file {parent!r}"
    return ""


def parents(path: str) -> list[str]:
    """The directories above a path, outermost first, without the root: a/b/c has a and a/b."""
    return [path[:i] for i, character in enumerate(path) if character == "/"]


def require_safe(tree: Tree) -> None:
    """Raise BugError if an artifact or a node of the tree could be written outside its directory."""
    if why := clash(artifact.path for artifact in tree):
        raise BugError(f"the rendered tree cannot be written: {why}")
    for node in tree.nodes:
        if "/" in node.name or fault(node.name) or (node.directory != "." and fault(node.directory)):
            raise BugError(f"the rendered tree cannot be written: the node {node.name!r} has no safe directory")


def file_mode(artifact: Artifact) -> int:
    """Mode of the file in the tree. What is sensitive is for the owner alone, whatever it will be on the node."""
    return artifact.mode & (0o777 if artifact.sensitivity is Sensitivity.NONE else 0o700)


def directory_modes(tree: Tree) -> dict[str, int]:
    """Every directory below the root of a tree, parents first, with its mode: private where it holds secrets."""
    private = {a.path.rpartition("/")[0] for a in tree if a.sensitivity is not Sensitivity.NONE}
    found = {parent for artifact in tree for parent in parents(artifact.path)}
    return {path: PRIVATE_DIRECTORY if path in private else OPEN_DIRECTORY for path in sorted(found)}
