# SPDX-License-Identifier: Apache-2.0
"""Strategic merge patches as k8s.io/apimachinery pkg/util/strategicpatch applies them.

Objects merge; lists merge by a key of their items where the Go type says so, and are replaced
otherwise. `types.json` has what the Go types say (made by tools/gopatch): for each type its fields
that hold more than a scalar; an object field with the type inside (empty for a map), a list field
as type of the items, strategy and merge key.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from kgen.patches import listmerge
from kgen.patches.mergepatch import without_nulls

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
DELETE_FROM_LIST = "$deleteFromPrimitiveList"
ELEMENT_ORDER = "$setElementOrder"

Object = dict[str, Any]


def apply(document: Object | list[Any], patch: Any, target: str) -> Object | list[Any]:
    """The patched document; both are changed. ValueError if the patch does not fit."""
    roots = {
        "kubeletconfiguration": "KubeletConfiguration",
        "corednsdeployment": "Deployment",
        "kubeproxydaemonset": "DaemonSet",
    }
    if not isinstance(document, dict):
        raise ValueError("an earlier patch has left a list")  # noqa: TRY004
    if patch is None:
        return document
    if not isinstance(patch, dict):
        raise ValueError("a strategic merge patch is an object with the fields to change")  # noqa: TRY004
    return merge(document, patch, roots.get(target, "Pod"))


def merge(original: Object, patch: Object, type_name: str) -> Object:
    """An object of a Go type with a patch merged in (mergeMap)."""
    if DIRECTIVE in patch:
        return _directed(patch)
    _retain_keys(original, patch)
    _merge_ordered(original, patch, type_name)
    for name in sorted(patch, key=lambda name: not name.startswith(DELETE_FROM_LIST)):
        value = patch[name]
        deletion = name.startswith(DELETE_FROM_LIST)
        key = _list_name(name, DELETE_FROM_LIST) if deletion else name
        current = original.get(key)
        if value is None:
            original.pop(key, None)
        elif type(current) is not type(value):
            if not deletion:
                _store(original, key, value)
        elif isinstance(value, dict) and isinstance(current, dict):
            inner, strategy, _ = field(type_name, key)
            original[key] = value if strategy == "replace" else merge(current, value, inner)
        elif isinstance(value, list) and isinstance(current, list):
            inner, strategy, merge_key = field(type_name, key)
            if deletion or strategy == "merge":
                value = _merge_list(current, value, inner, merge_key, deletion)
            original[key] = value
        else:
            original[key] = value
    return original


def _directed(patch: Object) -> Object:
    directive = patch.pop(DIRECTIVE)
    if directive not in ("replace", "delete"):
        raise ValueError(f"{DIRECTIVE} of an object is replace or delete")
    return patch if directive == "replace" else {}


@functools.cache
def _types() -> dict[str, dict[str, Any]]:
    types: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("types.json").read_bytes())
    return types


def field(type_name: str, key: str) -> tuple[str, str, str]:
    """The type inside a field that holds an object or list, strategy and merge key; ValueError if there is no such."""
    entry = _types().get(type_name, {}).get(key)
    if entry is None:
        raise ValueError(f"the field {key} cannot be merged, {type_name or 'a map'} has no such field")
    inner, strategy, merge_key = ([*entry, "", ""] if isinstance(entry, list) else [entry, "", ""])[:3]
    return inner, strategy, merge_key


def _list_name(name: str, prefix: str) -> str:
    directive, slash, key = name.partition("/")
    if directive != prefix or not slash:
        raise ValueError(f"{name} has not the form {prefix}/field")
    return key


def _store(original: Object, key: str, value: Any) -> None:
    if _is_directive(value := without_nulls(value)):
        original.pop(key, None)
    else:
        original[key] = _without_directives(value)


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and DIRECTIVE in value


def _without_directives(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_directives(item) for key, item in value.items() if not _is_directive(item)}
    if isinstance(value, list):
        return [_without_directives(item) for item in value if not _is_directive(item)]
    return value


def _retain_keys(original: Object, patch: Object) -> None:
    if RETAIN_KEYS not in patch:
        return
    keys = patch.pop(RETAIN_KEYS)
    if not isinstance(keys, list):
        raise ValueError(f"{RETAIN_KEYS} is not a list of fields")  # noqa: TRY004
    for name, value in patch.items():
        if value is not None and not name.startswith((DELETE_FROM_LIST, ELEMENT_ORDER)) and name not in keys:
            raise ValueError(f"{RETAIN_KEYS} does not name {name}, which the patch sets")
    for name in original.keys() - set(filter(listmerge.is_text, keys)):
        del original[name]


def _merge_ordered(original: Object, patch: Object, type_name: str) -> None:
    """Merge the lists whose order a directive gives, and take them out of the patch (mergePatchIntoOriginal)."""
    for name in [name for name in patch if name.startswith(ELEMENT_ORDER)]:
        order = patch.pop(name)
        key = _list_name(name, ELEMENT_ORDER)
        current, new = original.get(key, []), patch.get(key, [])
        if not (isinstance(order, list) and isinstance(current, list) and isinstance(new, list)):
            raise ValueError(f"{name} or {key} is not a list")  # noqa: TRY004
        inner, strategy, merge_key = field(type_name, key)
        listmerge.check_order(new, order, merge_key)
        kept = current
        if key in original and key in patch:
            merged = _merge_list(current, new, inner, merge_key, False) if strategy == "merge" else new
            kept = listmerge.remembered(current, new, merge_key) if strategy == "merge" and merge_key else current
        elif key in original or key in patch:
            merged = current if key in original else _without_directives(new)
        else:
            continue
        kind = listmerge.kind(current, new)
        original[key] = listmerge.arrange(merged, order, kept, merge_key, kind)
        patch.pop(key, None)


def _merge_list(original: list[Any], patch: list[Any], inner: str, merge_key: str, deletion: bool) -> list[Any]:
    """A list with a patch merged in; items of the patch keep their order (mergeSlice)."""
    if not original and not patch:
        return original
    kind = listmerge.kind(original, patch)
    if kind is not dict:
        if deletion:
            return [item for item in original if not listmerge.contains(patch, item)]
        merged = listmerge.without_duplicates([*original, *patch])
    else:
        if not merge_key:
            raise ValueError("lists of objects without a merge key cannot be merged")
        original, patch = _without_special(original, patch, merge_key)
        merged = _merge_items(original, patch, inner, merge_key)
    return listmerge.arrange(merged, patch, original, merge_key, kind)


def _without_special(original: list[Object], patch: list[Object], merge_key: str) -> tuple[list[Object], list[Object]]:
    """Carry out the $patch items of a list; the rest of the patch is left (mergeSliceWithSpecialElements)."""
    plain, replace = [], False
    for item in patch:
        directive = item.get(DIRECTIVE)
        if DIRECTIVE not in item:
            plain.append(item)
        elif directive == "delete":
            value = listmerge.key_of(item, merge_key)
            original = [old for old in original if not listmerge.has_key(old, merge_key, value)]
        elif directive == "replace":
            replace = True
        else:
            raise ValueError(f"{DIRECTIVE} of an item is delete or replace")
    return (plain, []) if replace else (original, plain)


def _merge_items(original: list[Object], patch: list[Object], inner: str, merge_key: str) -> list[Object]:
    merged = list(original)
    for item in patch:
        value = listmerge.key_of(item, merge_key)
        for place, old in enumerate(merged):
            if listmerge.has_key(old, merge_key, value):
                merged[place] = merge(old, item, inner)
                break
        else:
            merged.append(item)
    return merged
