# SPDX-License-Identifier: Apache-2.0
"""The command line as a page, out of the commands themselves; the phases and the exit codes beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

import click

from kgen.errors import EXIT_CODES
from kgen.explain.markdown import Md, code, fence, link, sentence, table, text
from kgen.explain.page import Page
from kgen.phases import PHASES

PAGE = "reference/cli.md"
EXIT_CODES_PAGE = "reference/exit-codes.md"
PHASES_PAGE = "reference/phases.md"
_BRACKETS = re.compile(r"\s+\[([^\]]*)\]$")
"""What the help texts say of a default"""
_VERBATIM = "\b"
"""click's sign that a paragraph keeps its lines"""


def pages() -> Iterator[Page]:
    """The commands, the phases that they know, and how they end."""
    from kgen.cli import cli as root  # noqa: PLC0415 (the command line is above this; a page about it is the exception)

    parts = [
        Md(f"# The command line\n\n{sentence(root.help or '')}\n"),
        Md(f"How a command ends: {link('exit codes', 'exit-codes.md')}. `--help` prints what is told here.\n"),
        *map(_command, commands(root)),
    ]
    yield Page(PAGE, "Command line", "\n".join(parts))
    yield Page(PHASES_PAGE, "Phases", _phases())
    yield Page(EXIT_CODES_PAGE, "Exit codes", _exit_codes())


def commands(command: click.Command, name: str = "kgen", above: click.Context | None = None) -> Iterator[click.Context]:
    """The command itself and all below it, as contexts; hidden ones left out.

    A command keeps what the first context says of --help, so contexts have to be those that click itself would make.
    """
    context = click.Context(command, info_name=name, parent=above, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            if below is not None and not below.hidden:
                yield from commands(below, each, context)


def anchor(name: str, option: str = "") -> str:
    """The place of a command, or of an option of it, on the page."""
    return f"{name.replace(' ', '-')}{option}"


def _command(context: click.Context) -> Md:
    command, name = context.command, context.command_path
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [Md(f"## {code(name)} {{#{anchor(name)}}}\n"), fence(" ".join(usage.split()), "text")]
    if context.parent:
        parts.append(_help(command.help or ""))
    if isinstance(command, click.Group):
        rows = [
            (link(code(f"{name} {each}"), f"#{anchor(f'{name} {each}')}"), sentence(_first(command, context, each)))
            for each in command.list_commands(context)
        ]
        parts.append(table(("Command", "What it does"), rows))
    options = [each for each in command.get_params(context) if isinstance(each, click.Option) and not each.hidden]
    rows_ = [(_names(context, each), *_said(each)) for each in options]
    parts.append(table(("Option", "What it does", "Default"), rows_))
    return Md("\n".join(part for part in parts if part))


def _first(group: click.Group, context: click.Context, name: str) -> str:
    command = group.get_command(context, name)
    return command.get_short_help_str(limit=200) if command else ""


def _help(told: str) -> Md:
    """The paragraphs of a help text; one that keeps its lines is a block."""
    parts = []
    for paragraph in told.split("\n\n"):
        if paragraph.lstrip().startswith(_VERBATIM):
            parts.append(fence(dedent(paragraph.partition(_VERBATIM)[2].strip("\n")), "text"))
        else:
            parts.append(Md(f"{sentence(' '.join(paragraph.split()))}\n"))
    return Md("\n".join(parts))


def _names(context: click.Context, option: click.Option) -> Md:
    """All names of an option with what it takes; an anchor in front."""
    longest = max(option.opts, key=len)
    names = ", ".join((*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag or option.count else f" {option.make_metavar(context)}"
    return Md(f'<span id="{text(anchor(context.command_path, longest))}"></span>{code(f"{names}{takes}")}')


def _said(option: click.Option) -> tuple[Md, Md]:
    """What the help says, and the default apart from it."""
    told = option.help or ""
    found = _BRACKETS.search(told)
    default = found[1] if found else str(option.default) if option.show_default and option.default is not None else ""
    return sentence(_BRACKETS.sub("", told)), text(default)


def _phases() -> str:
    rows = [(code(phase.name), sentence(phase.summary)) for phase in PHASES]
    head = (
        "# Phases\n\nThe phases of `kubeadm init` in their order, and what each makes. These are the names that "
        "`--skip-phases` and `--only` take; a name without its part after the slash stands for all its sub-phases. "
        "`kgen phases` prints them.\n\n"
    )
    return head + table(("Phase", "Makes"), rows)


def _exit_codes() -> str:
    rows = [(code(str(number)), sentence(meaning)) for number, meaning in EXIT_CODES.items()]
    head = "# Exit codes\n\nWhat kgen ends with; the reason is on standard error, as sentences.\n\n"
    return head + table(("Code", "Meaning"), rows)
