# SPDX-License-Identifier: Apache-2.0
"""What happens to one object: a value, so that those who show it need no API client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kgen_apply.tree import Object


@dataclass(frozen=True, slots=True)
class ObjectStep:
    """What happens to one object."""

    object: Object
    change: Literal["new", "changed", "same", "expired", "unknown"]
    diff: str = ""
    conflicts: tuple[str, ...] = ()
    """`field: conflict with manager`, for each field that is another's."""
