# SPDX-License-Identifier: Apache-2.0
"""A document's value as nodes that can be moved about and still know where they stood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kgen.errors import Path


@dataclass(slots=True, eq=False)
class Node:
    """A value that can be moved. Maps and lists hold nodes."""

    value: Any
    old: Path | None = None
    """Where it stood in its document; None for what was made."""

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, *path: str | int) -> Node | None:
        """The node below at this path; None if there is none, or null."""
        node: Node | None = self
        for step in path:
            if node is None or not isinstance(node.value, dict):
                return None
            node = node.value.get(step)
        return None if node is None or node.value is None else node

    def items(self) -> list[Node]:
        """The nodes of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []


def located(value: Any, path: Path = ()) -> Node:
    """A document's value as nodes."""
    if isinstance(value, dict):
        return Node({key: located(item, (*path, key)) for key, item in value.items()}, path)
    if isinstance(value, list):
        return Node([located(item, (*path, index)) for index, item in enumerate(value)], path)
    return Node(value, path)


def places(root: Node) -> Iterator[tuple[Path, Path]]:
    """Pairs of a new path and the old one that it is made of."""
    yield from _places(root, ())


def _places(node: Node, path: Path) -> Iterator[tuple[Path, Path]]:
    if node.old is not None:
        yield path, node.old
    steps = node.value.items() if isinstance(node.value, dict) else enumerate(node.items())
    for step, below in steps:
        yield from _places(below, (*path, step))
