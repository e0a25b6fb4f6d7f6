# SPDX-License-Identifier: Apache-2.0
"""The page about the command line has all of it; exit codes are those that errors end with."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from kgen import errors
from kgen.cli import cli as root
from kgen.explain.reference import cli
from kgen.phases import PHASES

PAGES = {page.path: page.body for page in cli.pages()}
COMMANDS = {context.command_path: context for context in cli.commands(root)}


def test_every_command_is_found() -> None:
    """Those that click lists, the ones of groups included."""
    assert {"kgen", "kgen render", "kgen config effective"} <= COMMANDS.keys()
    for name, context in COMMANDS.items():
        if isinstance(context.command, click.Group):
            below = context.command.list_commands(context)
            assert below and {f"{name} {each}" for each in below} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_of_a_command_is_told(name: str) -> None:
    """With each of its names, what it takes, and its default."""
    _, _, section = PAGES[cli.PAGE].partition(f"## `{name}` {{#{cli.anchor(name)}}}\n")
    section = section.partition("\n## ")[0]
    assert section
    for parameter in COMMANDS[name].command.get_params(COMMANDS[name]):
        if isinstance(parameter, click.Option):
            row = next(
                line for line in section.split("\n") if f'"{cli.anchor(name, max(parameter.opts, key=len))}"' in line
            )
            assert all(option in row for option in (*parameter.opts, *parameter.secondary_opts))
            if parameter.show_default is True and parameter.default is not None:
                assert row.endswith(f" {parameter.default} |")
            assert "[" not in row.split("|")[-2], "the default is in a cell of its own"
        else:
            usage = section.partition("```text\n")[2].partition("\n```")[0]
            assert parameter.make_metavar(COMMANDS[name]) in usage


def test_paragraphs_that_keep_their_lines_do() -> None:
    """Examples in help texts are blocks."""
    assert "```text\nkgen explain out/manifests/kube-apiserver.yaml:23   where" in PAGES[cli.PAGE]
    assert "\b" not in PAGES[cli.PAGE]


def test_every_phase_is_told() -> None:
    """By its name, once."""
    assert re.findall(r"^\| `([^`]+)`", PAGES[cli.PHASES_PAGE], re.M) == [phase.name for phase in PHASES]


def test_exit_codes_have_one_source() -> None:
    """Each error has one that is explained; the page tells all; the README tells the same of those it has."""
    kinds = [errors.UsageError, errors.ConfigurationError, errors.MaterialError, errors.TargetError, errors.BugError]
    assert {kind.exit_code for kind in kinds} <= errors.EXIT_CODES.keys()
    rows = dict(re.findall(r"^\| `?(\d+)`? \| (.*) \|$", PAGES[cli.EXIT_CODES_PAGE], re.M))
    assert list(map(int, rows)) == list(errors.EXIT_CODES)
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    told = dict(re.findall(r"^\| (\d+) \| (.*) \|$", readme.partition("### Exit codes")[2], re.M))
    assert told and all(errors.EXIT_CODES[int(number)] == meaning for number, meaning in told.items())
