# SPDX-License-Identifier: Apache-2.0
"""Runs the fenced blocks of a Markdown page in order and compares what the page shows with what happens.

A block that is titled with a file name (```` ```yaml title="cluster.yaml" ````) is written to that file. In a
```` ```console ```` block each line that starts with `$ ` is run, and the lines below it, up to the next one, are
its output, both streams together. `…` in a line stands for any text, a line of `…` alone for any lines. All other
blocks are passed over. The commands find kgen and the programs in TOOLS, nothing else.

No module of tests/site/, as `site` is a module of Python's own.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import kgen

SOURCE = Path(kgen.__file__).parents[1]
TOOLS = (
    *("base64", "cat", "chmod", "cp", "cut", "echo", "head", "ls", "mkdir", "mv", "rm", "sha256sum", "sort", "stat"),
    *("tail", "tr", "wc", "diff", "find", "grep", "gzip", "openssl", "sed", "sh", "tar"),
)
_FENCE = re.compile(r"^( *)(`{3,})([\w-]*)(.*)\n((?:.*\n)*?)\1\2 *$", re.MULTILINE)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: `line` is that of its opening fence, `title` the file it is, if any."""

    line: int
    language: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a console block, and the output that the page shows for it."""

    line: int
    command: str
    shown: str


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, those inside of admonitions and lists too."""
    for match in _FENCE.finditer(page):
        indent, _, language, rest, body = match.groups()
        title = _TITLE.search(rest)
        text = "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
        yield Block(page.count("\n", 0, match.start()) + 1, language, title[1] if title else "", text)


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block. A command goes on in the next line after a backslash."""
    lines = block.text.splitlines()
    at = 0
    while at < len(lines):
        start = at
        assert lines[at].startswith("$ "), f"line {block.line + 1 + at}: output without a command"
        while lines[at].endswith("\\"):
            at += 1
        at += 1
        command = "\n".join(lines[start:at]).removeprefix("$ ")
        first = at
        while at < len(lines) and not lines[at].startswith("$ "):
            at += 1
        yield Command(block.line + 1 + start, command, "\n".join(lines[first:at]))


def matches(shown: str, real: str) -> bool:
    """Whether the output is what is shown, `…` standing for anything. Blanks at line ends do not count."""
    pattern = ""
    for line in _tidy(shown).splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("…")) + r"\n"
    return re.fullmatch(pattern, _tidy(real)) is not None


def run(page: str, directory: Path) -> Iterator[tuple[Command, str]]:
    """Write the files and run the commands of a page there; each command with its real output."""
    tools = _tools(directory.parent / f"{directory.name}-bin")
    environment = {"PATH": str(tools), "HOME": str(directory), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    for block in blocks(page):
        if block.title:
            file = directory / block.title
            assert file.resolve().is_relative_to(directory.resolve()), block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
        elif block.language == "console":
            for command in commands(block):
                yield command, _output(command.command, directory, environment)


def differences(page: str, directory: Path) -> list[str]:
    """What a page shows wrongly, one text for each command."""
    return [
        f"line {command.line}: $ {command.command}\n{real}"
        for command, real in run(page, directory)
        if not matches(command.shown, real)
    ]


def _output(command: str, directory: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    return done.stdout.decode()


def _tools(place: Path) -> Path:
    place.mkdir()
    for name in TOOLS:
        found = shutil.which(name, path=os.defpath)
        assert found, f"{name} is not installed"
        (place / name).symlink_to(found)
    python = shlex.quote(sys.executable)
    (place / "kgen").write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(SOURCE))} exec {python} -m kgen "$@"\n')
    (place / "kgen").chmod(0o755)
    return place


def _tidy(text: str) -> str:
    return "".join(line.expandtabs(8).rstrip() + "\n" for line in text.splitlines())
