# SPDX-License-Identifier: Apache-2.0
"""JSON patches (RFC 6902) as github.com/evanphx/json-patch v4 applies them.

It is more forgiving than the RFC: `replace` and `copy` of a missing field work (the latter yields
null), `test` takes a missing field for null, a negative index counts from the end, a missing
`value` is null, and what stands before the first `/` of a path is not looked at.
"""

from __future__ import annotations

import copy
import re
from typing import Any

Container = dict[str, Any] | list[Any]


def apply(document: Container, patch: Any) -> Container:
    """The patched document, which is changed; ValueError if the patch is no list of operations or one fails."""
    if patch is None:
        return document
    if not isinstance(patch, list) or not all(isinstance(operation, dict) for operation in patch):
        raise ValueError("a JSON patch is a list of operations, each with op and path")
    for number, operation in enumerate(patch, 1):
        try:
            document = _operate(document, operation)
        except ValueError as error:
            raise ValueError(f"operation {number}: {error}") from None
    return document


def _operate(document: Container, operation: dict[str, Any]) -> Container:
    name, value = operation.get("op"), copy.deepcopy(operation.get("value"))
    if name not in ("add", "remove", "replace", "move", "test", "copy"):
        raise ValueError("its op is none of add, remove, replace, move, test and copy")
    path = _text(operation, "path")
    if name == "add":
        _add(document, path, value)
    elif name == "remove":
        _remove(document, path)
    elif name == "replace":
        return _replace(document, path, value)
    elif name == "move":
        source = _text(operation, "from")
        moved = _get(document, source)
        _remove(document, source)
        _add(document, path, moved)
    elif name == "copy":
        _add(document, path, copy.deepcopy(_get(document, _text(operation, "from"))))
    elif not _same(_get(document, path) if path else document, value):
        raise ValueError(f"the test of {path} failed: the value there is another one")
    return document


def _text(operation: dict[str, Any], field: str) -> str:
    text = operation.get(field)
    if not isinstance(text, str):
        raise ValueError(f"it has no {field}, a JSON pointer such as /spec/containers/0")  # noqa: TRY004
    return text


def _find(document: Container, path: str) -> tuple[Container, str]:
    """What holds the place of a pointer, and the last key."""
    _, *keys = (re.sub("~[01]", lambda m: "~" if m[0] == "~0" else "/", key) for key in path.split("/"))
    if not keys:
        raise ValueError(f"{path!r} does not point into the document, a pointer begins with /")
    place: Any = document
    for key in keys[:-1]:
        place = _item(place, key, path)
        if not isinstance(place, dict | list):
            raise ValueError(f"{path} is not in the document")  # noqa: TRY004
    return place, keys[-1]


def _item(place: Container, key: str, path: str) -> Any:
    """A missing field of an object is null."""
    return place[_index(key, len(place), path)] if isinstance(place, list) else place.get(key)


def _index(key: str, size: int, path: str) -> int:
    if not re.fullmatch("[+-]?[0-9]+", key):
        raise ValueError(f"{path} does not point into the list: {key!r} is not an index")
    index = int(key)
    if not -size <= index < size:
        raise ValueError(f"{path} is beyond the end of the list")
    return index + size if index < 0 else index


def _get(document: Container, path: str) -> Any:
    place, key = _find(document, path)
    return _item(place, key, path)


def _add(document: Container, path: str, value: Any) -> None:
    place, key = _find(document, path)
    if isinstance(place, dict):
        place[key] = value
    elif key == "-":
        place.append(value)
    else:
        place.insert(_index(key, len(place) + 1, path), value)


def _remove(document: Container, path: str) -> None:
    place, key = _find(document, path)
    if isinstance(place, list):
        del place[_index(key, len(place), path)]
    elif key in place:
        del place[key]
    else:
        raise ValueError(f"{path} is not in the document")


def _replace(document: Container, path: str, value: Any) -> Container:
    if not path:
        if not isinstance(value, dict | list):
            raise ValueError("the whole document can only be replaced by an object")
        return value
    place, key = _find(document, path)
    if isinstance(place, dict):
        place[key] = value
    else:
        place[_index(key, len(place), path)] = value
    return document


def _same(left: Any, right: Any) -> bool:
    """Equality as JSON texts: true is not 1, 1 is not 1.5."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)
