# SPDX-License-Identifier: Apache-2.0
"""Writes a tree into a directory: aside first, then all of it at once.

A new tree is made in a directory beside the target, which nobody else can enter; everything in it is
on the disk before it takes the target's place in one step. A run that is killed leaves the old tree or
the new one, and the next run clears what it left beside them. Files that are not from kgen (`.git`,
notes) go along into the new tree.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kgen.errors import TargetError
from kgen.sinks.disk import create, create_directory, keep, locked, sync, told
from kgen.sinks.earlier import Earlier, read
from kgen.sinks.interface import unchanged
from kgen.sinks.layout import PRIVATE_DIRECTORY, directory_modes, file_mode, parents, require_safe
from kgen.sinks.swap import real, recover, replace
from kgen.tree import INDEX, Tree


@dataclass(frozen=True, slots=True)
class DirectorySink:
    """A directory of the file system."""

    path: str
    epoch: int | None = None
    """Time that every file gets, in seconds since 1970; None for the time of writing."""

    def read(self) -> Earlier | None:
        """The tree in the directory; TargetError if the place holds anything else."""
        earlier = read(self.path)
        if earlier and earlier.is_archive:
            raise TargetError(f"{self.path} is a file; choose another place for a directory")
        return earlier

    def write(self, tree: Tree, earlier: Earlier | None) -> None:
        """See write_directory."""
        write_directory(tree, self.path, earlier, self.epoch)


def write_directory(
    tree: Tree, path: str | os.PathLike[str], earlier: Earlier | None, epoch: int | None = None
) -> None:
    """Write the tree in the place of `earlier`, which read() found there. Writes nothing if it is the same already.

    Hand-made edits are overwritten: whoever calls has asked `refuse_losses` before. Raises TargetError if the
    place is not as it was read, or cannot be written; then everything is as before.
    """
    require_safe(tree)
    target = real(path)
    with told(f"cannot write {path}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target.parent) as alone:
            if alone:
                recover(target)
            if read(path) != earlier:
                raise TargetError(f"{path} has changed since it was read; run again")
            if earlier is None or not unchanged(tree, earlier):
                _require_replaceable(target, path)
                replace(target, path, lambda fresh: _fill(tree, fresh, target, earlier, epoch))


def _require_replaceable(target: Path, named: str | os.PathLike[str]) -> None:
    if target.is_mount():
        raise TargetError(f"{named} is a mount point, which cannot be replaced; choose a directory below it")
    if Path.cwd().is_relative_to(target):
        raise TargetError(f"{named} is the directory you are in, which cannot be replaced; run from outside of it")


def _fill(tree: Tree, fresh: Path, target: Path, earlier: Earlier | None, epoch: int | None) -> None:
    modes = {".": PRIVATE_DIRECTORY} | directory_modes(tree)
    for path in modes:
        create_directory(fresh / path)
    written = [INDEX]
    for artifact in sorted(tree, key=lambda artifact: artifact.path):
        create(fresh / artifact.path, artifact.content, file_mode(artifact))
        written.append(artifact.path)
    kept = _keep_foreign(earlier, target, fresh, set(written)) if earlier else []
    create(fresh / INDEX, tree.index(), 0o644)
    for path in written:
        if epoch is not None:
            os.utime(fresh / path, (epoch, epoch))
        sync(fresh / path)
    for path in sorted({*modes, *kept}, reverse=True):
        _finish_directory(fresh / path, target / path, modes.get(path), epoch)


def _keep_foreign(earlier: Earlier, target: Path, fresh: Path, taken: set[str]) -> list[str]:
    """Take along what is not from kgen; returns the directories that had to be made for it."""
    made: list[str] = []
    for path in earlier.foreign:
        if path in taken:
            continue
        for parent in parents(path):
            if not (fresh / parent).exists():
                create_directory(fresh / parent)
                made.append(parent)
        if not path.endswith("/"):
            keep(target / path, fresh / path)
    return made


def _finish_directory(directory: Path, before: Path, mode: int | None, epoch: int | None) -> None:
    """Give a directory its mode and time once it is full; someone else's keeps its own."""
    if mode is None:
        status = before.stat()
        directory.chmod(status.st_mode & 0o7777)
        os.utime(directory, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif mode != PRIVATE_DIRECTORY:
        directory.chmod(mode)
    if mode is not None and epoch is not None:
        os.utime(directory, (epoch, epoch))
    sync(directory)
