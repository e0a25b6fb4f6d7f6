# SPDX-License-Identifier: Apache-2.0
"""Differences between objects, without what is secret in them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import yaml


def object_diff(before: Mapping[str, Any], after: Mapping[str, Any], sensitive: bool) -> str:
    """A unified diff; of a sensitive object the names of the fields that differ."""
    if sensitive:
        names = sorted({f"{key}.{name}" for key in ("data", "stringData") for name in _differing(before, after, key)})
        return f"(secret; these differ: {', '.join(names) or 'others than its data'})\n"
    old, new = (yaml.safe_dump(item).splitlines() for item in (before, after))
    lines = difflib.unified_diff(old, new, "in the cluster", "in the tree", lineterm="", n=2)
    return "".join(f"{line}\n" for line in lines)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> set[str]:
    old, new = before.get(key) or {}, after.get(key) or {}
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}
