# SPDX-License-Identifier: Apache-2.0
"""What a lint is. Each module here ends with its own ones: what they find, why that matters and what to do.

A lint that is off by default tells of a choice that many make on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field

Switch = Literal["off", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a lint found, and where; `instead` empty: what the lint says in general."""

    field: Field
    what: str
    instead: str = ""
    key: bool = False
    """Whether it is about the name of the field, and not about its value."""


@dataclass(frozen=True, slots=True)
class Lint:
    """One lint."""

    id: str
    level: Switch
    """By default"""
    title: str
    why: str
    """What happens if nothing is done."""
    fix: str
    """What to do, where a finding does not say it better."""
    check: Callable[[Subject], Iterator[Finding]]
