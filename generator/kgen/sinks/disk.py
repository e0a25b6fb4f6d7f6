# SPDX-License-Identifier: Apache-2.0
"""The few steps that writing is made of. Every one leaves keys unreadable for others at every moment."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from kgen.errors import TargetError

PATIENCE = 10.0
"""Seconds to wait for another kgen that writes beside the same place."""

_REASONS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.ENAMETOOLONG: "the path is too long",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EEXIST: "something else came into being there",
    errno.ENOTEMPTY: "something else came into being there",
    errno.ELOOP: "a symbolic link leads to itself",
    errno.EBUSY: "it is in use or a mount point; choose a directory below it",
    errno.EXDEV: "a mount point is in it or it is on a layered file system; choose another place",
    errno.EPIPE: "the reader has gone",
}


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Turn an OSError of the body into a TargetError: `what: reason (file)`."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
        at = f" ({os.fsdecode(error.filename)})" if error.filename else ""
        raise TargetError(f"{what}: {reason}{at}") from error


def create(path: Path, content: bytes, mode: int) -> None:
    """A new file with this mode from its first moment on, whatever the umask; never one that exists, never a link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)


def create_directory(path: Path) -> None:
    """A new directory for the owner alone, whatever the umask."""
    path.mkdir(0o700)
    path.chmod(0o700)


def sync(path: Path) -> None:
    """Have the content of a file, or the names in a directory, on the disk before this returns."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def keep(source: Path, target: Path) -> None:
    """Have someone else's file at a second place too: the same file where that can be, else a like one."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        # Other owners' files (fs.protected_hardlinks) and file systems without hard links. Not EXDEV: beside its
        # own tree a file is on another file system only if something is mounted in the tree, which must stay.
        if error.errno not in (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS):
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    mode = source.lstat().st_mode
    if stat.S_ISLNK(mode):
        target.symlink_to(source.readlink())
    elif stat.S_ISREG(mode):
        create(target, source.read_bytes(), 0o600)
        sync(target)
    else:
        raise TargetError(f"{source} is neither a file nor a link and cannot be kept; move it away")
    shutil.copystat(source, target, follow_symlinks=False)


def remove(path: Path) -> None:
    """Remove a file or a directory with all that is in it, also where its directories forbid that."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    _open_up(path)
    for directory, names, _ in os.walk(path):
        for name in names:
            _open_up(Path(directory, name))
    shutil.rmtree(path)


def _open_up(directory: Path) -> None:
    """Let the owner into a directory and change it; a link to one is left alone."""
    mode = directory.lstat().st_mode
    if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
        directory.chmod(0o700)


@contextlib.contextmanager
def locked(directory: Path, patience: float = PATIENCE) -> Iterator[bool]:
    """Let no other kgen write beside the same place meanwhile. TargetError if one does for too long.

    Yields whether the file system can lock a directory at all (NFS cannot): without, two runs still cannot
    mix their trees, but nobody can tell the remains of a killed run from the work of a living one.
    """
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield _lock(fd, directory, time.monotonic() + patience)
    finally:
        os.close(fd)


def _lock(fd: int, directory: Path, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TargetError(f"another kgen is writing in {directory}; wait for it and run again") from None
            time.sleep(0.05)
        except OSError:
            return False
        else:
            return True
