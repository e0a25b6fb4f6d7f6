# SPDX-License-Identifier: Apache-2.0
"""JSON merge patches (RFC 7396) as github.com/evanphx/json-patch v4 applies them.

It differs from the RFC in lists: nulls inside a list that is new to the document, or takes the
place of a scalar or another list, are removed from the objects in it.
"""

from __future__ import annotations

from typing import Any

Document = dict[str, Any] | list[Any]


def apply(document: Document, patch: Any) -> Document:
    """The patched document, which is changed; ValueError if the patch is neither object nor list."""
    if not isinstance(patch, dict | list):
        raise ValueError("a merge patch is an object with the fields to change")  # noqa: TRY004
    if isinstance(document, dict) and isinstance(patch, dict):
        _merge(document, patch)
        return document
    replacement: Document = without_nulls(patch)
    return replacement


def _merge(document: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        current = document.get(key)
        if value is None:
            document.pop(key, None)
        elif not isinstance(current, dict):
            document[key] = without_nulls(value)
        elif isinstance(value, dict):
            _merge(current, value)
        else:
            document[key] = value


def without_nulls(value: Any) -> Any:
    """The value without the nulls of its objects; nulls that are items of a list stay."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
