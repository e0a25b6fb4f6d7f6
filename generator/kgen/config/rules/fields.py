# SPDX-License-Identifier: Apache-2.0
"""A value of a configuration document together with its place, so that a rule can point at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kgen.errors import Level, Path, Problem


@dataclass(frozen=True, slots=True)
class Field:
    """What stands at a path of a document.

    Reading never fails: a missing value, or one of a type that the schema has already refused,
    reads as absent.
    """

    kind: str
    value: Any
    path: Path = ()

    def __getitem__(self, key: str) -> Field:
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Field(self.kind, value, (*self.path, key))

    def __iter__(self) -> Iterator[Field]:
        """The items of a list."""
        items = self.value if isinstance(self.value, list) else []
        return (Field(self.kind, item, (*self.path, index)) for index, item in enumerate(items))

    @property
    def given(self) -> bool:
        """Whether there is a value at all; an empty one counts."""
        return self.value is not None

    @property
    def text(self) -> str:
        """The string, empty if there is none."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def texts(self) -> list[str]:
        """The strings of a list."""
        return [item.text for item in self]

    def problem(self, code: str, what: str, instead: str = "", level: Level = "error", *, key: bool = False) -> Problem:
        """A problem at this place, of its key or of its value."""
        return Problem(code, what, instead, self.kind, self.path, level, key=key)
