# SPDX-License-Identifier: Apache-2.0
"""Reads back a tree that was written before: a directory, a `.tar` or a `.tar.gz`.

Nothing that is read is trusted: what is no tree of kgen, or has paths or links that lead out of it, is
refused with a TargetError.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kgen.errors import TargetError
from kgen.sinks.disk import told
from kgen.sinks.index import Entry, FileEntry, Index, ObjectEntry, parse
from kgen.sinks.layout import fault, file_mode, parents
from kgen.sinks.swap import aside, real
from kgen.tree import INDEX, Artifact, File, Object, Sensitivity, Tree, sha256

_GZIP = b"\x1f\x8b"
_PEM_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A tree as it lies there now, which may not be as it was written."""

    index: Index
    index_bytes: bytes
    contents: Mapping[str, bytes]
    """Content of each listed file that is there, by path in the tree."""
    modes: Mapping[str, int]
    """Mode of each of these, as found."""
    foreign: tuple[str, ...]
    """What is there and not listed: files, links and, with a final slash, empty directories. Sorted."""
    is_archive: bool = False

    @property
    def edited(self) -> frozenset[str]:
        """Listed files whose content is no longer what kgen wrote."""
        entries = self.index.entries
        return frozenset(path for path, content in self.contents.items() if sha256(content) != entries[path].sha256)

    @property
    def missing(self) -> frozenset[str]:
        """Listed files that are no longer there."""
        return frozenset(self.index.entries.keys() - self.contents.keys())

    def artifacts(self) -> tuple[Artifact, ...]:
        """The listed artifacts that are there, with the content they have now, in the order of the index."""
        files = [_file(entry, self.contents[entry.path]) for entry in self.index.files if entry.path in self.contents]
        objects = [
            _object(entry, self.contents[entry.path]) for entry in self.index.objects if entry.path in self.contents
        ]
        return (*files, *objects)

    @classmethod
    def of(cls, tree: Tree) -> Earlier:
        """What would be read back if this tree were written and left alone."""
        index = tree.index()
        return cls(
            index=parse(index),
            index_bytes=index,
            contents={artifact.path: artifact.content for artifact in tree},
            modes={artifact.path: file_mode(artifact) for artifact in tree},
            foreign=(),
        )


def _file(entry: FileEntry, content: bytes) -> File:
    return File(
        path=entry.path,
        node=entry.node,
        target=entry.target,
        content=content,
        mode=entry.mode,
        phase=entry.phase,
        topic=entry.topic,
        owner=entry.owner,
        sensitivity=_sensitivity(entry, content),
        places=entry.places,
    )


def _object(entry: ObjectEntry, content: bytes) -> Object:
    return Object(
        path=entry.path,
        api_version=entry.api_version,
        kind=entry.kind,
        namespace=entry.namespace,
        name=entry.name,
        verb=entry.verb,
        content=content,
        phase=entry.phase,
        topic=entry.topic,
        sensitivity=_sensitivity(entry, content),
        places=entry.places,
    )


def _sensitivity(entry: Entry, content: bytes) -> Sensitivity:
    """The index says whether, the content says which."""
    if not entry.sensitive:
        return Sensitivity.NONE
    return Sensitivity.PRIVATE_KEY if _PEM_KEY.match(content) else Sensitivity.CREDENTIAL


def read(path: str | os.PathLike[str]) -> Earlier | None:
    """The tree at this place; None if there is nothing, or an empty directory.

    Raises TargetError if something else is there or it cannot be read. If a killed run left the tree
    beside its place (see swap.py), it is read from there.
    """
    place = real(path)
    with told(f"cannot read {path}"):
        if not place.exists():
            left = aside(place)
            return _read_directory(left, path) if left else None
        if place.is_dir():
            return _read_directory(place, path)
        if not place.is_file():
            raise TargetError(f"{path} is neither a directory nor a file; name another place")
        return _read_archive(place, path)


def _read_directory(place: Path, named: str | os.PathLike[str]) -> Earlier | None:
    found = dict(_walk(place, ""))
    if not found:
        return None
    if not stat.S_ISREG(found.get(INDEX, 0)):
        raise TargetError(f"{named} is not empty and has no {INDEX} file, so kgen did not write it; name another place")
    index_bytes = (place / INDEX).read_bytes()
    index = _parse(index_bytes, f"{named}/{INDEX}")
    for path in index.entries:
        for step in (*parents(path), path):
            if not _as_expected(found.get(step, 0), step == path):
                raise TargetError(f"{named}/{step} is not a plain {'file' if step == path else 'directory'} any more")
    listed = [path for path in index.entries if path in found]
    return Earlier(
        index=index,
        index_bytes=index_bytes,
        contents={path: (place / path).read_bytes() for path in listed},
        modes={path: stat.S_IMODE(found[path]) for path in listed},
        foreign=tuple(sorted(_foreign(found, index))),
    )


def _as_expected(mode: int, is_file: bool) -> bool:
    """Whether what is there, if anything, is a file or a directory as the index has it; never a link."""
    return not mode or (stat.S_ISREG(mode) if is_file else stat.S_ISDIR(mode))


def _walk(place: Path, prefix: str) -> Iterator[tuple[str, int]]:
    """Everything below a directory as path and st_mode, links not followed, parents before children."""
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            mode = entry.stat(follow_symlinks=False).st_mode
            yield prefix + entry.name, mode
            if stat.S_ISDIR(mode):
                yield from _walk(place / entry.name, f"{prefix}{entry.name}/")


def _foreign(found: Mapping[str, int], index: Index) -> Iterator[str]:
    entries = index.entries
    filled = {path.rpartition("/")[0] for path in found}
    for path, mode in found.items():
        if stat.S_ISDIR(mode):
            if path not in filled:
                yield path + "/"
        elif path not in entries and path != INDEX:
            yield path


def _read_archive(place: Path, named: str | os.PathLike[str]) -> Earlier:
    try:
        with place.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
        with tarfile.open(place, "r:gz" if packed else "r:") as archive:
            found = _members(archive, named)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise TargetError(f"{named} is not a tar archive that can be read; name another place") from error
    if INDEX not in found:
        raise TargetError(f"{named} has no {INDEX}, so kgen did not write it; name another place")
    index_bytes = found.pop(INDEX)[1]
    index = _parse(index_bytes, f"{INDEX} in {named}")
    entries = index.entries
    for path in entries:
        if path not in found:  # an archive that was cut off must not pass for one whose keys are to be made anew
            raise TargetError(f"{named} is not complete, {path} is not in it; name another place")
    return Earlier(
        index=index,
        index_bytes=index_bytes,
        contents={path: found[path][1] for path in entries},
        modes={path: found[path][0] for path in entries},
        foreign=tuple(sorted(found.keys() - entries.keys())),
        is_archive=True,
    )


def _members(archive: tarfile.TarFile, named: str | os.PathLike[str]) -> dict[str, tuple[int, bytes]]:
    """The files in an archive with mode and content. `./` before a name, as tar itself writes it, is dropped."""
    found: dict[str, tuple[int, bytes]] = {}
    for member in archive:
        if member.isdir():
            continue
        path = member.name.removeprefix("./")
        file = archive.extractfile(member) if member.isreg() else None
        if file is None or (path != INDEX and fault(path)) or path in found:
            raise TargetError(f"{named} holds {member.name!r}, which is a link, leads out of it or is there twice")
        found[path] = (member.mode & 0o7777, file.read())
    return found


def _parse(content: bytes, named: str) -> Index:
    try:
        return parse(content)
    except ValueError as error:
        raise TargetError(f"{named} is not the index of a tree that this kgen can read: {error}") from error
