# SPDX-License-Identifier: Apache-2.0
"""The order of keys in Kubernetes' YAML (go.yaml.in/yaml/v2 sorter.go).

It is not transitive for some odd keys, such as `0644`, `0b101` and `1e400` together; Go's own output then varies.
"""

from __future__ import annotations

import functools


def less(a: str, b: str) -> bool:
    """Whether Go writes `a` before `b`: non-letters before letters, runs of digits by their value."""
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    if at is None:
        return len(a) < len(b)
    x, y = a[at], b[at]
    if x.isalpha() or y.isalpha():
        return x < y if x.isalpha() and y.isalpha() else y.isalpha()
    start = at
    while start and a[start - 1].isdecimal():
        start -= 1
    # Zeros count only inside a number: 100 < 1000, but 0 < 00.
    head = 1 if "0" in (x, y) and a[start:at].strip("0") else 0
    (a_number, a_end), (b_number, b_end) = _number(a, at, head), _number(b, at, head)
    if a_number != b_number:
        return a_number < b_number
    return a_end < b_end if a_end != b_end else x < y


def _number(text: str, start: int, value: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdecimal():
        value = value * 10 + ord(text[end]) - ord("0")
        end += 1
    return (value + 2**63) % 2**64 - 2**63, end


@functools.lru_cache(maxsize=4096)  # the same keys stand in object after object
def _compare(a: str, b: str) -> int:
    return -1 if less(a, b) else int(less(b, a))


key = functools.cmp_to_key(_compare)
