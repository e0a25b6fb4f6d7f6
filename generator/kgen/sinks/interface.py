# SPDX-License-Identifier: Apache-2.0
"""What every sink offers, and what writing a tree over an earlier one would change. Pure.

earlier = sink.read()
found = changes(tree, earlier, reissued)
if not force:
    refuse_losses(found)
if not dry_run:
    sink.write(tree, earlier)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from kgen.errors import TargetError
from kgen.sinks.earlier import Earlier
from kgen.sinks.layout import file_mode, parents
from kgen.tree import INDEX, Artifact, Tree

Status = Literal["new", "same", "changed", "re-issued", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file of the tree."""

    path: str
    status: Status
    reason: str = ""
    """Why, where the status alone does not say it."""
    loses: str = ""
    """What a person made that would be lost, as a clause: `was edited by hand`. Empty if nothing is."""


class Sink(Protocol):
    """A place that a tree can be written to."""

    def read(self) -> Earlier | None:
        """The tree that is there; None if there is none; TargetError if something else is."""

    def write(self, tree: Tree, earlier: Earlier | None) -> None:
        """Put the tree there, in the place of `earlier`, as read before; TargetError if that cannot be done."""


def changes(tree: Tree, earlier: Earlier | None, reissued: Mapping[str, str]) -> list[Change]:
    """What writing the tree over an earlier one changes: each path of either once, sorted by path.

    `reissued` says why a key or certificate is not the earlier one, by path. Raises TargetError where a
    file is to go and a directory of someone else is in the way, or the reverse.
    """
    if earlier is None:
        return [Change(path, "new") for path in sorted([INDEX, *(artifact.path for artifact in tree)])]
    _require_room(tree, earlier)
    wanted = {artifact.path for artifact in tree}
    loses = dict.fromkeys(earlier.edited, "was edited by hand")
    found = [_index_change(tree, earlier), *(_change(artifact, earlier, reissued, loses) for artifact in tree)]
    for path in earlier.contents.keys() - wanted:
        kept_nowhere = (
            "is a private key that nothing else holds" if b" PRIVATE KEY-----" in earlier.contents[path] else ""
        )
        found.append(Change(path, "removed", loses=loses.get(path, kept_nowhere)))
    if earlier.is_archive:
        found += [Change(path, "removed", loses="is not from kgen") for path in earlier.foreign if path not in wanted]
    return sorted(found, key=lambda change: change.path)


def refuse_losses(found: Iterable[Change]) -> None:
    """Raise a TargetError that names every key, and every file of a person's making, that would be lost."""
    lost = [f"  {change.path} {change.loses}" for change in found if change.loses]
    if lost:
        raise TargetError(
            "these files would be overwritten or removed:\n"
            + "\n".join(lost)
            + "\nmove them away, or use --force to lose them"
        )


def unchanged(tree: Tree, earlier: Earlier) -> bool:
    """Whether the earlier tree is this very tree already, down to the modes of its files."""
    return all(change.status == "same" for change in changes(tree, earlier, {}))


def _index_change(tree: Tree, earlier: Earlier) -> Change:
    if tree.index() == earlier.index_bytes:
        return Change(INDEX, "same")
    return Change(INDEX, "changed", loses="" if earlier.index.canonical else "was edited by hand")


def _change(artifact: Artifact, earlier: Earlier, reissued: Mapping[str, str], loses: Mapping[str, str]) -> Change:
    path = artifact.path
    if path in earlier.foreign:
        return Change(path, "changed", reissued.get(path, ""), "is not from kgen")
    if path not in earlier.index.entries:
        return Change(path, "new", reissued.get(path, ""))
    before = earlier.contents.get(path)
    if before is None:
        return Change(path, "re-issued" if path in reissued else "new", reissued.get(path, "was deleted"))
    if before != artifact.content:
        status: Status = "re-issued" if path in reissued else "changed"
        return Change(path, status, reissued.get(path, ""), loses.get(path, ""))
    mode = file_mode(artifact)
    if earlier.modes[path] != mode:
        return Change(path, "changed", f"its mode is {earlier.modes[path]:04o} instead of {mode:04o}")
    return Change(path, "same")


def _require_room(tree: Tree, earlier: Earlier) -> None:
    """Force may overwrite a file, but never a directory full of things that kgen does not know."""
    files = set(earlier.foreign)
    directories = {parent for path in earlier.foreign for parent in parents(path)}
    for artifact in tree:
        if artifact.path in directories:
            raise TargetError(
                f"{artifact.path} is to be a file, but is a directory that is not from kgen; move it away"
            )
        for parent in parents(artifact.path):
            if parent in files:
                raise TargetError(f"{parent} is to be a directory, but is a file that is not from kgen; move it away")
