# SPDX-License-Identifier: Apache-2.0
"""Doubles for tests, kgen's own and other people's: a sink in memory and a clock that stands still."""

from __future__ import annotations

import datetime

from kgen.sinks.earlier import Earlier
from kgen.tree import Tree

FIXED_TIME = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)


def fixed_clock() -> datetime.datetime:
    """The same moment, always."""
    return FIXED_TIME


class MemorySink:
    """Keeps the last tree that was written; reads back as that tree, left alone."""

    def __init__(self) -> None:
        self.tree: Tree | None = None

    def read(self) -> Earlier | None:
        """The tree that was written last; None before that."""
        return Earlier.of(self.tree) if self.tree else None

    def write(self, tree: Tree, earlier: Earlier | None) -> None:  # noqa: ARG002 (a sink is given it)
        """Keep this tree in the place of the one before."""
        self.tree = tree
