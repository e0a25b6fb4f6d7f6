# SPDX-License-Identifier: Apache-2.0
"""Writes a tree as a tar archive, the same bytes for the same tree: sorted, one time, owned by root."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kgen.errors import TargetError
from kgen.sinks.disk import create, locked, sync, told
from kgen.sinks.earlier import Earlier, read
from kgen.sinks.layout import directory_modes, file_mode, require_safe
from kgen.sinks.swap import real, recover, replace
from kgen.tree import INDEX, Tree

_COMPRESSED = (".tar.gz", ".tgz")
SUFFIXES = (".tar", *_COMPRESSED)
"""How the name of an archive ends."""


@dataclass(frozen=True, slots=True)
class TarSink:
    """An archive in a file; compressed where its name ends in .tar.gz or .tgz."""

    path: str
    epoch: int = 0
    """Time of everything in the archive, in seconds since 1970."""

    def read(self) -> Earlier | None:
        """The tree in the archive; TargetError if the place holds anything else."""
        with told(f"cannot read {self.path}"):
            if Path(self.path).is_dir():
                raise TargetError(f"{self.path} is a directory; choose another place for an archive")
        return read(self.path)

    def write(self, tree: Tree, earlier: Earlier | None) -> None:
        """See write_archive."""
        write_archive(tree, self.path, earlier, self.epoch)


@dataclass(frozen=True, slots=True)
class StreamSink:
    """An archive, not compressed, on a stream such as standard output; there is never an earlier tree."""

    stream: BinaryIO
    epoch: int = 0

    def read(self) -> Earlier | None:
        """None: what was written is gone."""
        return None

    def write(self, tree: Tree, earlier: Earlier | None) -> None:  # noqa: ARG002 (there is none)
        """Write the archive; TargetError if the stream is a terminal, or its reader has gone."""
        if self.stream.isatty():
            raise TargetError("standard output is a terminal; pipe the archive into a program or a file")
        with told("cannot write to standard output"):
            self.stream.write(archive(tree, self.epoch))
            self.stream.flush()


def archive(tree: Tree, epoch: int = 0, *, compress: bool = False) -> bytes:
    """The tree as a POSIX tar archive, its index included; BugError if its paths are not safe."""
    require_safe(tree)
    members: dict[str, tuple[int, bytes | None]] = {path: (mode, None) for path, mode in directory_modes(tree).items()}
    members |= {artifact.path: (file_mode(artifact), artifact.content) for artifact in tree}
    members[INDEX] = (0o644, tree.index())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, (mode, content) in sorted(members.items()):
            tar.addfile(_member(path, mode, content, epoch), io.BytesIO(content or b""))
    if not compress:
        return packed.getvalue()
    return gzip.compress(packed.getvalue(), mtime=0)


def _member(path: str, mode: int, content: bytes | None, epoch: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    member.size = len(content or b"")
    member.mode, member.mtime = mode, epoch
    member.uname = member.gname = "root"
    return member


def write_archive(tree: Tree, path: str | os.PathLike[str], earlier: Earlier | None, epoch: int = 0) -> None:
    """Write an archive, for the owner alone, in the place of `earlier`, which read() found there.

    Writes nothing if it is the same already. Whoever calls has asked `refuse_losses` before. Raises TargetError
    if the place is not as it was read, or cannot be written; then everything is as before.
    """
    target = real(path)
    content = archive(tree, epoch, compress=target.name.endswith(_COMPRESSED))
    with told(f"cannot write {path}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target.parent) as alone:
            if alone:
                recover(target)
            if target.is_dir() or read(path) != earlier:
                raise TargetError(f"{path} has changed since it was read; run again")
            if earlier is None or target.read_bytes() != content:
                replace(target, path, lambda fresh: _fill(fresh, content))


def _fill(fresh: Path, content: bytes) -> None:
    create(fresh, content, 0o600)
    sync(fresh)
