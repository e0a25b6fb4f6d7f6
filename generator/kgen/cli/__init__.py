# SPDX-License-Identifier: Apache-2.0
"""The command line. It parses, calls and prints; what is true of a cluster is decided below it.

It exits with the codes in errors.EXIT_CODES.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import NoReturn

import click

from kgen import __version__
from kgen.errors import ConfigurationError, KgenError

_COMMANDS = {
    "apply": ("kgen.cli.apply", "Put a tree on its hosts and into its cluster."),
    "config": ("kgen.cli.config", "Show what kubeadm makes of a configuration; migrate an old one."),
    "explain": ("kgen.cli.explain", "Tell where a line of the tree comes from, or what depends on a field."),
    "lints": ("kgen.cli.lints", "List what kgen warns about although kubeadm accepts it."),
    "phases": ("kgen.cli.phases", "List the phases of kubeadm init and what each makes."),
    "render": ("kgen.cli.render", "Render everything kubeadm init would write and create."),
    "reset": ("kgen.cli.reset", "Take hosts out of their cluster, as kubeadm reset does."),
    "schema": ("kgen.cli.schema", "Print JSON Schemas of the documents, with which editors help."),
    "site": ("kgen.cli.site", "Build a site that explains every file and object of a tree."),
    "validate": ("kgen.cli.validate", "Check configurations as kubeadm config validate does."),
}
"""Name -> module, and the line about it in the list of commands"""


class _Lazy(click.Group):
    """A command's module is imported when the command is used, so that --help stays quick."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's interface)
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(_COMMANDS.items())])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's interface)
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's interface)
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kgen", message="%(prog)s %(version)s")
def cli() -> None:
    """See a Kubernetes cluster before it exists: render offline what kubeadm would write."""


def main() -> NoReturn:
    """Run kgen and exit. A user sees sentences, never a traceback."""
    code = run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has gone; Python would complain about it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run kgen with these arguments, by default the program's own; returns the exit code."""
    try:
        code = cli.main(arguments, prog_name="kgen", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("kgen: interrupted; nothing was changed", err=True)
        return 130
    except BrokenPipeError:
        return 1
    except ConfigurationError as error:
        from kgen.cli import printing  # noqa: PLC0415 (slow, and only for this)

        printing.show(error.problems, error.sources, sys.stderr)
        return error.exit_code
    except KgenError as error:
        click.echo(f"kgen: {error}" if error.exit_code != 3 else str(error), err=True)
        return error.exit_code
    except Exception as error:
        click.echo(f"kgen: internal fault, please report: {type(error).__name__} at {_place(error)}", err=True)
        return 70
    return code if isinstance(code, int) else 0


def _place(error: Exception) -> str:
    """Where in kgen it happened. Not the message: it may hold a value from a configuration."""
    traceback = error.__traceback__
    place = "?"
    while traceback:
        module = traceback.tb_frame.f_globals.get("__name__", "")
        if module.startswith("kgen"):
            place = f"{module}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
