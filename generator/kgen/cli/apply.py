# SPDX-License-Identifier: Apache-2.0
"""kgen apply: hands everything over to kgen_apply, a program of its own that knows the tree and not the renderer."""

from __future__ import annotations

import importlib

import click

from kgen.errors import UsageError

_PROGRAM = "kgen_apply.cli"


def handed_over(arguments: tuple[str, ...], name: str) -> int:
    """Run kgen_apply's command of this name; UsageError if it is not installed. Returns its exit code."""
    try:
        program = importlib.import_module(_PROGRAM)
    except ModuleNotFoundError as error:
        raise UsageError(f"kgen {name} needs {error.name}, which is not installed; pip install kgen has it") from None
    words = [*arguments] if name == "apply" else [name, *arguments]
    code: int = program.run(words, "kgen apply" if name == "apply" else "kgen")
    return code


@click.command("apply", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Put a rendered tree on its hosts and into its cluster; see kgen apply --help."""
    return handed_over(arguments, "apply")
