# SPDX-License-Identifier: Apache-2.0
"""The usual mistakes in YAML, each with a sentence that helps and the place to look at."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kgen.config import documents, yamltree
from kgen.errors import Mark

MISTAKES = [
    ("a:\n\tb: 1\n", "a tab is used", (2, 1)),
    ("a:\n  b: 1\n\tc: 2\n", "a tab is used", (3, 1)),
    ("a:\n  \tb: 1\n", "a tab is used", (2, 3)),
    ("a:\n- \tx: 1\n  y: 2\n", "a tab is used", (2, 3)),
    ("a: 1\n--\nb: 1\n", "`--` does not separate", (2, 1)),
    ("a:\n  b: 1\n--\nc: 1\n", "`--` does not separate", (3, 1)),
    ("a: 1\n—\nb: 1\n", "`—` does not separate", (2, 1)),
    ("a: b: c\n", "a second `: `", (1, 5)),
    ("a: b\n  c: d\n", "indented deeper", (2, 3)),
    ("a: 1\nfoo\nb: 1\n", "no `: `", (2, 1)),
    ("a: 1\nb:1\nc: 2\n", "no `: `", (2, 1)),
    ("a:\n  b:\n  -c\n  - d\n", "after the dash", (3, 3)),
    ("a:\n- b\n-c\n", "after the dash", (3, 1)),
    ("a:\n  b:\n  --c\n  - d\n", "no `: `", (3, 3)),
    ("x: 1\na:\n    b: 1\n  c: 2\n", "does not fit the block that begins on line 1", (4, 3)),
    ("x: 1\na:\n  - x\n - y\n", "does not fit the block that begins on line 1", (4, 2)),
    ("a:\n  - x\n  y: 1\n", "does not fit the block that begins on line 2", (3, 3)),
    ("b: 1\n- a\n", "does not fit the block", (2, 1)),
    ('a: "b\nc: 1\n', "never closed", (1, 4)),
    ("a: 'b\nc: 1\n", "never closed", (1, 4)),
    ("a: 'it's'\nb: 1\n", "after the closing quote", (1, 8)),
    ('a: "b" c\n', "after the closing quote", (1, 8)),
    ("a: &x &y 1\n", "does not belong to the value", (1, 7)),
    ("a: [1, 2\nb: 3\n", "begins with `[` here", (1, 4)),
    ("a: {b: 1\nc: 2\n", "begins with `{` here", (1, 4)),
    ("a: [::1]\n", "cannot begin with a colon", (1, 5)),
    ("b: ]\n", "closes or separates nothing", (1, 4)),
    ("a: *.example.com\n", "`*` begins an alias", (1, 4)),
    ("a: *example\n", "names no anchor", (1, 4)),
    ("a: &\n", "`&` begins an anchor", (1, 4)),
    ("a: @x\n", "cannot begin with `@`", (1, 4)),
    ("a: `x`\n", "a backquote", (1, 4)),
    ("a: {{ x }}\n", "where a key is expected", (1, 5)),
    ("a: {% if %}\n", "cannot begin with `%`", (1, 5)),
    ("a: |x\n b\n", "same line as `|`", (1, 5)),
    ("a: !x!y z\n", "`!` begins a tag", (1, 4)),
    ("a: - b\n", "same line as its key", (1, 4)),
    ("%YAML 1.1\n---\na: 1\n", "directive", (1, 1)),
]


@pytest.mark.parametrize("loader", [pytest.param(getattr(yaml, "CSafeLoader", None), id="C"), yaml.SafeLoader])
@pytest.mark.parametrize(("text", "what", "mark"), MISTAKES)
def test_mistakes(text: str, what: str, mark: tuple[int, int], loader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake is named in the user's words, where it was made, whichever parser finds it."""
    if loader is None:
        pytest.skip("PyYAML without libyaml")
    monkeypatch.setattr(yamltree, "_LOADER", loader)
    problem = documents.parse(text.encode(), "f.yaml")[1][0]
    assert what in problem.what
    assert problem.mark == Mark(*mark)
    assert problem.instead


def test_place_in_a_later_document() -> None:
    """Lines are those of the file, also where the sentence names one."""
    problem = documents.parse(b"a: 1\n---\nx: 1\na:\n    b: 1\n  c: 2\n", "f.yaml")[1][0]
    assert problem.mark == Mark(6, 3)
    assert "line 3" in problem.what


def test_no_value_is_shown() -> None:
    """A problem never repeats a value, which may be a secret."""
    problem = documents.parse(b"token: s3cr3t: s3cr3t\n", "f.yaml")[1][0]
    assert "s3cr3t" not in str(problem)
