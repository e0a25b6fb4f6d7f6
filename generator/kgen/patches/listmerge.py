# SPDX-License-Identifier: Apache-2.0
"""The order of merged lists: items of the patch as the patch has them, the others as they stood before.

All comparisons are Go's: values of different JSON types are never equal, not even 1 and true.
"""

from __future__ import annotations

from typing import Any


def is_text(value: Any) -> bool:
    """Whether a value is a string."""
    return isinstance(value, str)


def kind(*lists: list[Any]) -> type:
    """The one Python type of all items; ValueError if they differ, are lists or nulls, or there are none."""
    kinds = {type(item) for items in lists for item in items}
    if len(kinds) != 1 or kinds & {list, type(None)}:
        raise ValueError("the items of the list and of the patch are not all of one kind")
    return kinds.pop()


def same(left: Any, right: Any) -> bool:
    """Whether two scalars are equal in type and value."""
    return type(left) is type(right) and bool(left == right)


def contains(items: list[Any], value: Any) -> bool:
    """Whether a scalar is in a list of scalars."""
    return any(same(item, value) for item in items)


def key_of(item: Any, merge_key: str) -> Any:
    """The merge key of an item; ValueError if it has none."""
    if not isinstance(item, dict) or merge_key not in item:
        raise ValueError(f"an item of the list has no {merge_key}, by which the list is merged")
    return item[merge_key]


def has_key(item: dict[str, Any], merge_key: str, value: Any) -> bool:
    """Whether an item has this value of the merge key."""
    return merge_key in item and same(item[merge_key], value)


def without_duplicates(items: list[Any]) -> list[Any]:
    """Each scalar once; the last item takes the place of a removed one (deduplicateScalars)."""
    items = list(items)
    first = 0
    while first < len(items) - 1:
        second = first + 1
        while second < len(items):
            if same(items[first], items[second]):
                last = items.pop()
                if second < len(items):
                    items[second] = last
            else:
                second += 1
        first += 1
    return items


def check_order(patch: list[Any], order: list[Any], merge_key: str) -> None:
    """Raise ValueError unless the items of the patch stand in `order`, in the same sequence."""
    if not patch or not order:
        return
    left = [item for item in patch if not _is_deletion(item)] if merge_key else list(patch)
    place = 0
    while left and place < len(order):
        if isinstance(left[0], dict) and "$patch" in left[0]:
            left.pop(0)
            continue
        if same(_identity(left[0], merge_key), _identity(order[place], merge_key)):
            left.pop(0)
        place += 1
    if left:
        raise ValueError("$setElementOrder has not all items of the patch, or has them in another order")


def _is_deletion(item: Any) -> bool:
    return isinstance(item, dict) and item.get("$patch") == "delete"


def _identity(item: Any, merge_key: str) -> Any:
    return key_of(item, merge_key) if merge_key else item


def remembered(before: list[Any], patch: list[Any], merge_key: str) -> list[Any]:
    """The list before the merge as Go remembers it when $setElementOrder is given.

    Go deletes and appends in the array that the old list looks at, so the old list then has the new
    items in the places of the deleted ones, and the order of the result goes by that.
    """
    items, length = list(before), len(before)
    for item in patch:
        if _is_deletion(item):
            kept = [old for old in items[:length] if not has_key(old, merge_key, item[merge_key])]
            for place, old in enumerate(kept):
                items[place] = old
            length = len(kept)
    if any(item.get("$patch") == "replace" for item in patch):
        return items
    for item in patch:
        found = any(has_key(old, merge_key, item[merge_key]) for old in items[:length])
        if "$patch" not in item and not found and length < len(items):
            items[length] = item
            length += 1
    return items


def arrange(merged: list[Any], order: list[Any], before: list[Any], merge_key: str, item_kind: type) -> list[Any]:
    """Items in `order` sorted by it, the others sorted as `before`, then both interleaved (normalizeElementOrder)."""
    in_order = [item for item in merged if _position(order, item, merge_key) >= 0]
    others = [item for item in merged if _position(order, item, merge_key) < 0]
    by = merge_key if item_kind is dict else ""
    if item_kind is dict:
        for item in [*in_order, *order, *others, *before]:
            key_of(item, merge_key)
    return _interleave(_sorted(others, before, by), _sorted(in_order, order, by), before, by)


def _position(items: list[Any], item: Any, merge_key: str) -> int:
    value = _identity(item, merge_key)
    for position, other in enumerate(items):
        if same(other.get(merge_key) if merge_key and isinstance(other, dict) else other, value):
            return position
    return -1


def _sorted(items: list[Any], order: list[Any], merge_key: str) -> list[Any]:
    """Insertion sort, because Go's comparison lets an item that is not in `order` pass every other one.

    Deletions that an earlier patch has left go to the end.
    """
    result: list[Any] = []
    for item in items:
        if _is_deletion(item):
            continue
        position, place = _position(order, item, merge_key), len(result)
        while place > 0:
            before = _position(order, result[place - 1], merge_key)
            if position >= 0 and before >= 0 and position >= before:
                break
            place -= 1
        result.insert(place, item)
    return [*result, *filter(_is_deletion, items)]


def _interleave(others: list[Any], patched: list[Any], before: list[Any], merge_key: str) -> list[Any]:
    """Put each other item in front of the first patched one that stood behind it (mergeSortedSlice)."""
    result: list[Any] = []
    left, right = list(others), list(patched)
    while left and right:
        one, two = _position(before, left[0], merge_key), _position(before, right[0], merge_key)
        result.append((left if 0 <= one < two else right).pop(0))
    return [*result, *left, *right]
