# SPDX-License-Identifier: Apache-2.0
"""kgen lints"""

from __future__ import annotations

from collections.abc import Sequence

import click

from kgen.config.lints import IDS, TABLE, Lint
from kgen.errors import UsageError


@click.command("lints")
@click.argument("names", nargs=-1, metavar="[LINT]...")
def command(names: Sequence[str]) -> None:
    """List what kgen warns about although kubeadm accepts it: name, level, what is found.

    With LINT, tell why it matters and what to do. The level is what happens by itself; `lints` in a
    RenderConfiguration changes it.
    """
    unknown = [name for name in names if name not in IDS]
    if unknown:
        raise UsageError(f"there is no lint {', '.join(unknown)}; kgen lints lists them")
    width = max(len(lint.id) for lint in TABLE)
    for lint in TABLE:
        if not names:
            click.echo(f"{lint.id:{width}}  {lint.level:7}  {lint.title}")
    for name in names:
        _describe(IDS[name])


def _describe(lint: Lint) -> None:
    click.echo(f"{lint.id} ({lint.level}): {lint.title}")
    click.echo(f"  Why: {lint.why}")
    click.echo(f"  Instead: {lint.fix}.")
