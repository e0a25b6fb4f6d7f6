# SPDX-License-Identifier: Apache-2.0
"""The sentence for each flag, field, name or rule of an artifact: templates/<topic>.lines.yaml.

A pattern is a JSON pointer into the artifact in which `*` stands for one step. Beside these: `--name` is a flag of a
command; `/data/config.conf#/clusterCIDR` a place in a text within; `/data/Corefile#errors` a line of such a text by its
first word; `ExecStart` a setting of a unit file; `/subjectAltName/* @ path` a place that depends on that path of the
configuration or on one below it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from kgen.resources import directory

_SHARED = {"manifests/": "manifests/static-pod", "addons/": "addons/common"}
_ALWAYS = "object"


@functools.cache
def topics() -> frozenset[str]:
    """The topics that have an explanation."""
    root = directory("templates")
    return frozenset(file.relative_to(root).as_posix().removesuffix(".md.j2") for file in root.rglob("*.md.j2"))


def _read(file: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 (a safe loader)


@functools.cache
def patterns(topic: str) -> Mapping[str, str]:
    """Pattern -> sentence for a topic; its own first, then those that it shares. Empty for an unknown topic."""
    shared = [file for prefix, file in _SHARED.items() if topic.startswith(prefix)]
    found: dict[str, str] = {}
    for name in (topic, *shared, _ALWAYS) if topic in topics() else ():
        file = directory("templates") / f"{name}.lines.yaml"
        if file.is_file():
            for pattern, sentence in (_read(file) or {}).items():
                found.setdefault(pattern, sentence)
    return found


@functools.cache
def _compiled(topic: str) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    rows = []
    for pattern in patterns(topic):
        place, _, path = pattern.partition(" @ ")
        rows.append((re.compile(re.escape(place).replace(r"\*", r"[^/#]+")), path, pattern))
    return tuple(rows)


def matching(topic: str, place: str, paths: Iterable[str] = ()) -> str | None:
    """The pattern for a place, or a flag, that depends on these paths; None if there is none."""
    found = [
        (path, pattern)
        for place_pattern, path, pattern in _compiled(topic)
        if place_pattern.fullmatch(place) and (not path or any(_below(each, path) for each in paths))
    ]
    return max(found, key=lambda each: bool(each[0]))[1] if found else None


def sentence(topic: str, place: str, paths: Iterable[str] = ()) -> str:
    """The sentence for a place; empty if there is none."""
    pattern = matching(topic, place, tuple(paths))
    return patterns(topic)[pattern] if pattern else ""


def _below(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))
