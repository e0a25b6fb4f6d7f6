# SPDX-License-Identifier: Apache-2.0
"""What a field can be, as tables: one of some texts, a number or a duration between two others."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from kgen.config.lints.certificates import length
from kgen.config.lints.lint import Finding
from kgen.config.rules.fields import Field
from kgen.config.scalars import parse_duration
from kgen.errors import Path

Range = tuple[int, int | None]
"""The least and the greatest number, None for no greatest one"""

PORT = 65535
_MS = parse_duration("1ms")


def at(holder: Field, path: Path) -> Field:
    """What stands at a path below a field."""
    return functools.reduce(lambda field, step: field[str(step)], path, holder)


def texts(holder: Field, table: Mapping[Path, tuple[str, ...]]) -> Iterator[Finding]:
    """Fields that are none of their texts, the empty ones among them."""
    for path, choices in table.items():
        field = at(holder, path)
        if field.given and field.text not in choices:
            yield Finding(field, f"{field.text!r} is no {path[-1]}", f"one of {', '.join(choices)}")


def numbers(holder: Field, table: Mapping[Path, Range]) -> Iterator[Finding]:
    """Numbers that are too small or too large."""
    for path, (least, greatest) in table.items():
        field = at(holder, path)
        if isinstance(field.value, int) and not least <= field.value <= (field.value if greatest is None else greatest):
            wanted = f"at least {least}" if greatest is None else f"{least} to {greatest}"
            yield Finding(field, f"{field.value} is no {path[-1]}", wanted)


def periods(holder: Field, table: Mapping[Path, tuple[str, str]]) -> Iterator[Finding]:
    """Durations that are too short or, if there is a longest one, too long; what is less than 1ms does not count."""
    for path, (least, greatest) in table.items():
        field = at(holder, path)
        period = length(field)
        if period is None:
            continue
        if period < parse_duration(least) or (greatest and period // _MS > parse_duration(greatest) // _MS):
            wanted = f"{least} to {greatest}" if greatest else f"at least {least}"
            yield Finding(field, f"{field.text} is no {path[-1]}", wanted)
