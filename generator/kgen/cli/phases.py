# SPDX-License-Identifier: Apache-2.0
"""kgen phases"""

from __future__ import annotations

import click

from kgen.phases import PHASES


@click.command("phases")
def command() -> None:
    """List the phases of `kubeadm init` in their order, and what each makes.

    These are the names that --skip-phases and --only take; a name without its part after the slash
    stands for all its sub-phases.
    """
    width = max(len(phase.name) for phase in PHASES)
    for phase in PHASES:
        click.echo(f"{phase.name:{width}}  {phase.summary}")
