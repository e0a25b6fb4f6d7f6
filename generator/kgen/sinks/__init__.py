# SPDX-License-Identifier: Apache-2.0
"""Where rendered trees go: the only code of the generator that writes to disk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgen.sinks.interface import Change
    from kgen.tree import Tree


def write(tree: Tree, target: str, *, epoch: int | None = None, force: bool = False) -> list[Change]:
    """Write a tree to a directory, a `.tar`, a `.tar.gz` or, for `-`, as a tar to standard output.

    `epoch` is the time that everything written gets, in seconds since 1970. Returns what happened to each
    file. Raises TargetError if the place cannot be used, or if files there were edited by hand, unless `force`.
    """
    from kgen.sinks.choose import sink_for  # noqa: PLC0415 (kgen.sinks itself imports nothing)
    from kgen.sinks.interface import changes, refuse_losses  # noqa: PLC0415

    sink = sink_for(target, sys.stdout.buffer, epoch)
    earlier = sink.read()
    found = changes(tree, earlier, {})
    if not force:
        refuse_losses(found)
    sink.write(tree, earlier)
    return found
