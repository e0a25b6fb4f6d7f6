# SPDX-License-Identifier: Apache-2.0
"""Values stay values: no Markdown, no HTML comes out of them."""

from __future__ import annotations

import html
import re
from typing import Any

import markdown
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kgen.explain.markdown import Md, code, fence, link, plain, sentence, table, text
from kgen.resources import directory

HOSTILE = (
    *(
        "<script>alert(1)</script>",
        "[a](javascript:alert(1))",
        "![x](http://example.com/x.png)",
        "a|b",
        "`",
        "``",
        "x`y",
    ),
    *(
        "*a*",
        "__a__",
        "# a",
        "- a",
        "{: onclick=alert(1) }",
        "a{: .b }",
        "&lt;",
        "&#60;",
        "<!-- ",
        "a\n\n# b",
        "~~~",
        "```",
    ),
    *(
        "</code><img src=x onerror=alert(1)>",
        "`</code><b>`",
        "\\",
        "\\`",
        "[^1]",
        "<a@b.example>",
        "===",
        "  ",
        "é|日本",
    ),
)


def _builder() -> markdown.Markdown:
    settings: dict[str, Any] = yaml.safe_load((directory("site") / "mkdocs.yml").read_text())
    extensions = settings["markdown_extensions"]
    return markdown.Markdown(extensions=list(extensions), extension_configs=extensions)


BUILDER = _builder()


def built(source: str) -> str:
    """The HTML that the site's builder makes."""
    BUILDER.reset()
    return BUILDER.convert(source)


def shown(source: str) -> str:
    """What a reader sees of it."""
    return html.unescape(re.sub(r"<[^>]*>", "", built(source))).strip()


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("make", [text, code])
def test_in_a_line(value: str, make: Any) -> None:
    """A reader sees the value as it is, up to blanks, in a paragraph and in a cell."""
    expected = " ".join(value.split())
    found = shown(f"before {make(value)} after")
    assert " ".join(found.split()) == " ".join(f"before {expected} after".split())
    tags = set(re.findall(r"<(\w+)", built(table(("a", "b"), [(make(value), "end")]))))
    assert tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    cells = re.findall(r"<td>(.*?)</td>", built(table(("a", "b"), [(make(value), "end")])), re.DOTALL)
    assert len(cells) == 2


@given(st.text(max_size=60))
def test_any_text(value: str) -> None:
    """No text makes an element of its own."""
    for make in (text, code):
        assert set(re.findall(r"<(\w+)", built(f"x {make(value)} y"))) <= {"p", "code"}


@pytest.mark.parametrize("value", HOSTILE)
def test_block(value: str) -> None:
    """A block of code holds its content and nothing leaves it."""
    page = built(fence(value, "yaml") + "\nafter\n")
    assert page.rstrip().endswith("<p>after</p>")
    body = html.unescape(re.sub(r"<[^>]*>", "", page.rpartition("<p>")[0]))
    assert value.strip() in body


def test_within_a_block() -> None:
    """A value in a line of commands can neither end the block nor begin another line."""
    assert plain("a\n```\nb") == "a ''' b"


def test_what_is_markdown_stays() -> None:
    """Only what is Markdown already is left as it is."""
    assert text(Md("**a**")) == "**a**"
    assert text("**a**") == "&#42;&#42;a&#42;&#42;"
    assert link("a]b", "x.md") == "[a&#93;b](x.md)"
    assert sentence("the flag `--a<b>` of x*y") == "the flag `--a<b>` of x&#42;y"
    assert table(("a",), []) == ""
