# SPDX-License-Identifier: Apache-2.0
"""Puts a finished tree in the place of an earlier one, in one step.

Beside a target `out` there may be, always for the owner alone:

    .out.kgen-<16 hex digits>   a tree in the making, or after the swap the earlier one, to be removed
    .out.kgen-old               the earlier tree, for a moment, where the system cannot exchange two names

Under the lock of the directory that holds them, whatever is there was left by a killed run: `recover`
moves an earlier tree back if its place is empty, and removes the rest. An archive is treated alike.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from kgen.errors import TargetError
from kgen.sinks.disk import remove, sync, told

_AT_FDCWD = -100
_NOREPLACE = 1  # RENAME_NOREPLACE of linux/fs.h
_EXCHANGE = 2  # RENAME_EXCHANGE
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)

_libc = ctypes.CDLL(None, use_errno=True)
_renameat2 = getattr(_libc, "renameat2", None)


def real(path: str | os.PathLike[str]) -> Path:
    """The place itself, links resolved. TargetError for a link to nowhere or to itself, for `/` and below a file."""
    text = os.fspath(path)
    with told(f"cannot use {text}"):
        try:
            place = Path(text).resolve()
        except (RuntimeError, ValueError) as error:  # a loop of links before Python 3.13, a NUL character
            raise TargetError(f"{text!r} is not a path that can be used") from error
        if not text or not place.name:
            raise TargetError(f"{text!r} cannot be a target; give the name of a directory or an archive")
        if Path(text).is_symlink() and not place.exists():
            raise TargetError(f"{text} is a symbolic link to nothing")
        above = next(parent for parent in place.parents if parent.exists())
        if not above.is_dir():
            raise TargetError(f"cannot use {text}: {above} is a file")
    return place


def aside(target: Path) -> Path | None:
    """The earlier tree that a killed run left beside its place, if it is this user's own."""
    place = _aside(target)
    own = place.is_dir() and not place.is_symlink() and place.lstat().st_uid == os.geteuid()
    return place if own else None


def recover(target: Path) -> None:
    """Undo what killed runs left beside the target. Only under the lock of the parent directory."""
    name = re.compile(re.escape(f".{target.name}.kgen-") + "[0-9a-f]{16}")
    for entry in list(target.parent.iterdir()):
        if name.fullmatch(entry.name) and entry.lstat().st_uid == os.geteuid():
            remove(entry)
    _discard(target)


def replace(target: Path, named: str | os.PathLike[str], make: Callable[[Path], None]) -> None:
    """Put at the target what `make` makes at the place it is given: all of it, or on any failure nothing."""
    fresh = target.with_name(f".{target.name}.kgen-{secrets.token_hex(8)}")
    failure = f"cannot write {named} nor remove {fresh}"
    try:
        make(fresh)
        _swap(fresh, target)
        failure = f"{named} is written, but the earlier one cannot be removed from {fresh}"
        sync(target.parent)
    finally:
        with told(failure):
            _discard_for_sure(target, fresh)


def _discard_for_sure(target: Path, fresh: Path) -> None:
    """An interrupt comes second."""
    try:
        _discard(target, fresh)
    except KeyboardInterrupt:
        _discard(target, fresh)
        raise


def _discard(target: Path, fresh: Path | None = None) -> None:
    """Remove what is not needed after the swap, or after a failure before or in it."""
    left = aside(target)
    if left and not os.path.lexists(target):
        left.rename(target)
    elif left:
        remove(left)
    if fresh:
        remove(fresh)


def _swap(fresh: Path, target: Path) -> None:
    """Put `fresh` at the target. What was there is gone, or for `_discard` to remove."""
    if not os.path.lexists(target):
        if not _rename(fresh, target, _NOREPLACE):
            fresh.rename(target)
    elif fresh.is_file():
        fresh.replace(target)
    elif not _rename(fresh, target, _EXCHANGE):
        target.rename(_aside(target))
        fresh.rename(target)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.kgen-old")


def _rename(source: Path, target: Path, flags: int) -> bool:
    """renameat2(2); False where the system or the file system has no such thing."""
    if _renameat2 is None:
        return False
    if _renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), os.fspath(target))
