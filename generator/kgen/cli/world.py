# SPDX-License-Identifier: Apache-2.0
"""What the command line reads from the machine it runs on: named files, the clock, SOURCE_DATE_EPOCH. Nothing else."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kgen.config.limits import MAX_BYTES
from kgen.errors import MaterialError, UsageError

if TYPE_CHECKING:
    from kgen.keys import Algorithm

Sources = Sequence[tuple[str, bytes]]

_ALGORITHM = re.compile(rb"^[^#\n]*\bencryptionAlgorithm[\"']?\s*:\s*[\"']?(RSA-[0-9]+|ECDSA-P[0-9]+)", re.MULTILINE)


def sources(names: Sequence[str]) -> Sources:
    """The configuration files as (name for messages, content); `-` is standard input."""
    if list(names).count("-") > 1:
        raise UsageError("- stands for standard input, which can be read only once")
    found = []
    for name in names:
        try:
            if name == "-":
                found.append(("<stdin>", _start(sys.stdin.buffer)))
            else:
                with Path(name).open("rb") as file:
                    found.append((name, _start(file)))
        except OSError as error:
            raise UsageError(f"{name}: {error.strerror}") from error
        except ValueError as error:  # a NUL in it
            raise UsageError(f"{name!r} is not a path that can be used") from error
    return found


def _start(file: BinaryIO) -> bytes:
    """A file up to what is too much of it, however much there is."""
    return file.read(MAX_BYTES + 1)


def likely_algorithm(texts: Sources) -> Algorithm:
    """The key algorithm, guessed before anything is parsed, so that keys can be on their way meanwhile."""
    from kgen.keys import Algorithm  # noqa: PLC0415 (a slow import, which only rendering needs)

    for _, text in texts:
        match = _ALGORITHM.search(text)
        if match and match[1].decode() in {algorithm.value for algorithm in Algorithm}:
            return Algorithm(match[1].decode())
    return Algorithm.RSA_2048


def now() -> datetime:
    """The present second."""
    return datetime.now(UTC).replace(microsecond=0)


def source_date_epoch() -> int | None:
    """SOURCE_DATE_EPOCH: the time of everything written. It does not date certificates."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    if not text.isdecimal():
        raise UsageError(f"SOURCE_DATE_EPOCH is {text!r}, not a number of seconds")
    return int(text)


def directory(path: str) -> Mapping[str, bytes]:
    """The files below a directory by relative path, in the order in which Go's filepath.Walk meets them."""
    root = Path(path)
    if not root.is_dir():
        raise UsageError(f"{path} is not a directory")
    try:
        return {file.relative_to(root).as_posix(): file.read_bytes() for file in _walk(root)}
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error


def _walk(root: Path) -> Iterable[Path]:
    for entry in sorted(root.iterdir(), key=lambda path: path.name):
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


def files(places: Mapping[str, Path]) -> dict[str, bytes]:
    """Those of the named files that are there; one that cannot be read is a MaterialError."""
    found = {}
    for name, path in places.items():
        try:
            found[name] = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise MaterialError(f"{path}: {error.strerror}") from error
    return found
