# SPDX-License-Identifier: Apache-2.0
"""The option --lint, which render and validate share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from kgen.errors import UsageError

if TYPE_CHECKING:
    from kgen.config.lints import Choice, Switch

_LEVELS = ("off", "warning", "error")


def option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--lint`, whose values `choice` reads."""
    return click.option(
        "--lint",
        multiple=True,
        metavar="[ID=]LEVEL",
        help="off, warning or error: of all lints, or of one.  [kgen lints lists them]",
    )(function)


def choice(values: Sequence[str]) -> Choice:
    """What the values of --lint ask for; UsageError for a level or a lint that there is not."""
    from kgen.config.lints import IDS, Choice  # noqa: PLC0415 (--help needs no lints)

    default: Switch | None = None
    switches: dict[str, Switch] = {}
    for value in values:
        name, _, level = value.rpartition("=")
        if level not in _LEVELS:
            raise UsageError(f"--lint: {level!r} is none of {', '.join(_LEVELS)}")
        if name and name not in IDS:
            raise UsageError(f"--lint: there is no lint {name!r}; kgen lints lists them")
        if name:
            switches[name] = cast("Switch", level)
        else:
            default = cast("Switch", level)
    return Choice(default, switches)
