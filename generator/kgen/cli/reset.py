# SPDX-License-Identifier: Apache-2.0
"""kgen reset: hands everything over to kgen_apply."""

from __future__ import annotations

import click

from kgen.cli.apply import handed_over


@click.command("reset", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Take hosts out of their cluster, as kubeadm reset does; see kgen reset --help."""
    return handed_over(arguments, "reset")
