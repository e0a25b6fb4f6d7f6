# SPDX-License-Identifier: Apache-2.0
"""What kgen warns about, as a page."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.config.lints import CODE, TABLE, Lint
from kgen.explain.markdown import Md, code, fence, sentence, table, text
from kgen.explain.page import Page

PAGE = "reference/lints.md"


def page() -> Page:
    """All lints: a table to look through, then why each matters and what to do."""
    return Page(PAGE, "Lints", "\n".join(_body()))


def anchor(lint: str) -> str:
    """The place of a lint on the page, by its id."""
    return lint


def _body() -> Iterator[Md]:
    yield Md(
        "# Lints\n\nWhat kubeadm accepts and is nevertheless wrong, or about to be. A lint never refuses anything "
        "by itself: that is your choice. A lint that is off by default tells of a choice that many make on purpose.\n"
    )
    example = "apiVersion: kgen/v1\nkind: RenderConfiguration\nlints:\n  token-ttl: 'off'\n  subnet-overlap: error\n"
    yield Md(
        f"Levels are `off`, `warning` and `error`. In a file, for everyone who uses it:\n\n{fence(example, 'yaml')}\n"
        "On the command line, for one run: `--lint off`, `--lint error` or `--lint subnet-overlap=error`. "
        f"A finding names its lint at its end, as `[{CODE}subnet-overlap]`.\n"
    )
    rows = [(Md(f"[{code(lint.id)}](#{anchor(lint.id)})"), text(lint.level), sentence(lint.title)) for lint in TABLE]
    yield table(("Lint", "By default", "What it finds"), rows)
    yield from map(_lint, TABLE)


def _lint(lint: Lint) -> Md:
    return Md(
        f"## {code(lint.id)} {{#{anchor(lint.id)}}}\n\n"
        f"Finds {sentence(lint.title)}. By default {text(lint.level)}.\n\n"
        f"{sentence(lint.why)}\n\n"
        f"Instead: {sentence(lint.fix)}.\n\n"
        f"Switch: `--lint {lint.id}={'warning' if lint.level == 'off' else 'off'}`\n"
    )
