# SPDX-License-Identifier: Apache-2.0
"""The configuration that a tree was rendered from, if it is at hand. The one module of the site that looks for files.

The index names the files. A tree from elsewhere could name any file of this machine, so only what lies in or below the
current directory counts, and only what is made of kubeadm's and kgen's documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kgen.config.reading import read
from kgen.config.validate import check
from kgen.sinks.index import Index

_LARGEST = 1_000_000
"""Bytes of a configuration that is shown"""


def names(index: Index) -> list[str]:
    """The files that the index names."""
    return sorted({origin.source for origin in index.origins.values() if origin.kind == "user" and origin.source})


def find(index: Index, root: Path) -> dict[str, bytes] | None:
    """These files, by that name; None if one of them is not at hand or is something else."""
    found: dict[str, bytes] = {}
    for name in names(index):
        content = _content(root, name)
        if content is None or not _is_configuration(name, content):
            return None
        found[name] = content
    return found or None


def findings(sources: Mapping[str, bytes], minor: str) -> dict[str, list[str]]:
    """What kgen says of the configuration, by level: errors and warnings as `kgen validate` prints them."""
    found: dict[str, list[str]] = {"error": [], "warning": []}
    for problem in check(tuple(sources.items()), kubeadm=minor).problems:
        found.setdefault(problem.level, []).append(str(problem))
    return found


def _content(root: Path, name: str) -> bytes | None:
    try:
        place = (root / name).resolve()
        inside = place.is_relative_to(root.resolve()) and not Path(name).is_absolute()
        return place.read_bytes() if inside and place.is_file() and place.stat().st_size <= _LARGEST else None
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL character
        return None


def _is_configuration(name: str, content: bytes) -> bool:
    reading = read([(name, content)], strict=True)
    return bool(reading.found) and not reading.failed
