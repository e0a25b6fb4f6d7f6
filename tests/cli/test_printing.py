# SPDX-License-Identifier: Apache-2.0
"""How problems look as text."""

from __future__ import annotations

import io

import pytest

from kgen.cli import printing
from kgen.errors import Mark, Place, Problem


def excerpt(line: str, column: int, at: int = 1) -> list[str]:
    """What is shown of a line below a problem's own one, without its margin."""
    text = ("\n" * (at - 1) + line).encode()
    problem = Problem("x", "wrong", path=("a",), source="f.yaml", mark=Mark(at, column))
    first, *rest = printing.lines([problem], [("f.yaml", text)])
    assert first == f"f.yaml:{at}:{column}: a: wrong"
    return [shown.partition("| ")[2] for shown in rest]


@pytest.mark.parametrize(
    ("line", "column", "marker"),
    [
        ("a: b", 4, "   ^"),
        ("a: hello  # why", 4, "   ^~~~~"),
        ("a: b#c", 4, "   ^~~"),
        ("key: b", 1, "^~~"),
        ("a: 'it''s' # x", 4, "   ^~~~~~~"),
        ('a: "x\\"y" # x', 4, "   ^~~~~~"),
        ('a: "open', 4, "   ^~~~~"),
        ("a: {b: c, d: e}", 8, "       ^"),
        ("a: {b: c, d: e}", 4, "   ^~~~~~~~~~~~"),
        ("a: {b: [c, d], d: e}", 8, "       ^~~~~~"),
        ("- [a, bc]", 7, "      ^~"),
        ("a: 10.0.0.0/8, x", 4, "   ^~~~~~~~~~~~~"),
        ("a: fd00::/8", 4, "   ^~~~~~~~"),
        ("a:", 3, "  ^"),
        ("a:", 9, "  ^"),
        ("", 1, "^"),
    ],
)
def test_marker(line: str, column: int, marker: str) -> None:
    """It stands below the value or key, from its first character to its last."""
    assert excerpt(line, column) == ([line, marker] if line else ["", marker])


def test_tabs() -> None:
    """A tab is as wide as it is shown, before the marker and below it."""
    assert excerpt("\ta:\tb\tc", 5) == ["    a:  b   c", "        ^~~~~"]


def test_wide_characters() -> None:
    """A Chinese character takes two columns, an accent of its own none."""
    assert excerpt("名: 集群 # x", 4) == ["名: 集群 # x", "    ^~~~"]
    assert excerpt("e\u0301: x", 5) == ["e\u0301: x", "   ^"]


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\r", "\u202e", "\u200b", "\u2028", "\x9b", "\ufeff"])
def test_nothing_reaches_the_terminal(char: str) -> None:
    """What would move a cursor, colour a screen or turn text around is shown as a replacement character."""
    assert excerpt(f"a: x{char}y", 4) == ["a: x\ufffdy", "   ^~~"]
    (first, *_) = printing.lines([Problem("x", f"what {char}", source=f"f{char}")], [])
    assert first == "f\ufffd: what \ufffd"


def test_long_line() -> None:
    """Of a long line only what is near the marker is shown, with marks where it goes on."""
    shown, marker = excerpt("a: " + "x" * 500 + " " + "y" * 20 + " " + "z" * 500, 505)
    assert shown.startswith("…xxx")
    assert shown.endswith("zzz…")
    assert len(shown) == printing.WIDTH + 2
    assert shown[marker.index("^") :].startswith("y" * 20)
    start, _ = excerpt("key: " + "x" * 500, 1)
    assert start.startswith("key: xxx")


def test_line_number() -> None:
    """The margin is as wide as the number."""
    problem = Problem("x", "wrong", source="f", mark=Mark(1234, 1))
    assert list(printing.lines([problem], [("f", b"\n" * 1233 + b"a: b\n")])) == [
        "f:1234:1: wrong",
        "  1234 | a: b",
        "       | ^",
    ]


def test_crlf_and_byte_order_mark() -> None:
    """They are no part of a line."""
    problem = Problem("x", "wrong", source="f", mark=Mark(1, 4))
    shown = list(printing.lines([problem], [("f", b"\xef\xbb\xbfa: b\r\nc: d\r\n")]))
    assert shown[1:] == ["  1 | a: b", "    |    ^"]


@pytest.mark.parametrize("mark", [None, Mark(9, 1)])
def test_no_such_line(mark: Mark | None) -> None:
    """A problem without a place, or with one in no file that is known, is told all the same."""
    problem = Problem("x", "wrong", "right", source="f", mark=mark)
    assert len(list(printing.lines([problem], [("f", b"a: b\n")]))) == 1
    assert len(list(printing.lines([problem], []))) == 1


def test_clash() -> None:
    """Two places are shown in the order of the text, the other one without a head to its marker."""
    problem = Problem("x", "twice", source="f", mark=Mark(3, 1), others=(Place("f", Mark(1, 1)),))
    assert list(printing.lines([problem], [("f", b"ab: 1\nc: 1\nab: 2\n")]))[1:] == [
        "  1 | ab: 1",
        "    | ~~",
        "  3 | ab: 2",
        "    | ^~",
    ]


def test_clash_on_one_line() -> None:
    """A line is shown once, with the marker at the problem's own place."""
    problem = Problem("x", "twice", source="f", mark=Mark(1, 8), others=(Place("f", Mark(1, 2)),))
    assert list(printing.lines([problem], [("f", b"{a: 1, a: 2}\n")]))[1:] == ["  1 | {a: 1, a: 2}", "    |        ^"]


def test_clash_between_files() -> None:
    """The other file is named."""
    problem = Problem("x", "twice", source="b", mark=Mark(1, 1), others=(Place("a", Mark(2, 1)),))
    assert list(printing.lines([problem], [("a", b"\nx: 1\n"), ("b", b"x: 2\n")]))[1:] == [
        "  1 | x: 2",
        "    | ^",
        "    in a",
        "  2 | x: 1",
        "    | ~",
    ]


def test_warning() -> None:
    """A warning says so at the very beginning."""
    assert printing.one_line(Problem("x", "odd", level="warning", source="f")) == "warning: f: odd"


def test_long_text() -> None:
    """A problem's own line has an end, whatever it quotes."""
    line = printing.one_line(Problem("x", "x" * 9000 + "y", source="f"))
    assert len(line) < printing.LONGEST + 10
    assert line.endswith("xy")


def test_not_every_problem_is_shown_with_its_line() -> None:
    """Beyond the first few hundred problems there is only their own line."""
    problems = [Problem("x", "wrong", source="f", mark=Mark(1, 1))] * (printing.EXCERPTS + 7)
    assert len(list(printing.lines(problems, [("f", b"a: b\n")]))) == 3 * printing.EXCERPTS + 7


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour(
    stream: io.StringIO, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is colour on a terminal, unless the environment asks for none."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    printing.show([Problem("x", "wrong", source="f", mark=Mark(1, 1))], [("f", b"a: b\n")], stream)
    assert ("\x1b[" in stream.getvalue()) is coloured
    assert "wrong" in stream.getvalue()
