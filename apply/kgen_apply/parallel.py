# SPDX-License-Identifier: Apache-2.0
"""The same thing on several hosts at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from kgen_apply.errors import ApplyError, HostError

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(items: Sequence[Item], call: Callable[[Item], Result], at_once: int = 20) -> list[Result]:
    """What the call returns for each, in order. All are tried; what failed is then raised as one error."""
    results: list[Result] = []
    errors: list[ApplyError] = []
    with ThreadPoolExecutor(max(1, min(at_once, len(items)))) as pool:
        for future in [pool.submit(call, item) for item in items]:
            try:
                results.append(future.result())
            except ApplyError as error:
                errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        kind = type(errors[0]) if len({type(error) for error in errors}) == 1 else HostError
        raise kind("\n".join(map(str, errors)))
    return results
