# SPDX-License-Identifier: Apache-2.0
"""YAML as Kubernetes writes it; every expected text is what Go wrote (tools/goyaml)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kgen import gyaml

RESOLVED = [
    ("2027-01-01", '"2027-01-01"\n'),
    ("2027-01-01T00:00:00Z", '"2027-01-01T00:00:00Z"\n'),
    ("2027-1-1 1:2:3", '"2027-1-1 1:2:3"\n'),
    ("2027-02-30", "2027-02-30\n"),
    ("2027-13-01", "2027-13-01\n"),
    ("0000-02-29", '"0000-02-29"\n'),
    ("12:30", '"12:30"\n'),
    ("1:30:00", '"1:30:00"\n'),
    ("190:20:30.5", '"190:20:30.5"\n'),
    ("1:99", "1:99\n"),
    ("0x1F", '"0x1F"\n'),
    ("0X1f", '"0X1f"\n'),
    ("0o17", '"0o17"\n'),
    ("0O17", '"0O17"\n'),
    ("0b101", '"0b101"\n'),
    ("0b12", "0b12\n"),
    ("08", '"08"\n'),
    ("1_000", '"1_000"\n'),
    ("_1", "_1\n"),
    ("+1", '"+1"\n'),
    ("-1", '"-1"\n'),
    ("+", "+\n"),
    ("-", "'-'\n"),
    ("0b-1", '"0b-1"\n'),
    ("0b", "0b\n"),
    ("0x", "0x\n"),
    ("1e400", "1e400\n"),
    (".5", '".5"\n'),
    ("5.", '"5."\n'),
    (".5_0", '".5_0"\n'),
    ("._5", "._5\n"),
    ("1e3", '"1e3"\n'),
    ("1.", '"1."\n'),
    ("..", "..\n"),
    (".", ".\n"),
    ("-.5", '"-.5"\n'),
    ("+.inf", '"+.inf"\n'),
    (".nan", '".nan"\n'),
    (".NaN", '".NaN"\n'),
    (".Nan", ".Nan\n"),
    ("18446744073709551615", '"18446744073709551615"\n'),
    ("18446744073709551616", '"18446744073709551616"\n'),
    ("-9223372036854775809", '"-9223372036854775809"\n'),
    ("1.2.3", "1.2.3\n"),
    ("1,2", "1,2\n"),
    ("- a", "'- a'\n"),
    ("-a", "-a\n"),
    ("-", "'-'\n"),
    ("--", "--\n"),
    ("---", "'---'\n"),
    ("--- a", "'--- a'\n"),
    ("...", "'...'\n"),
    ("....", "'....'\n"),
]
"""Texts that look like another type, or nearly do: quoted only if Go would read them as one."""

SYNTAX = [
    ("=", "=\n"),
    ("<<", "<<\n"),
    ("a: b", "'a: b'\n"),
    ("a:", "'a:'\n"),
    ("a:b", "a:b\n"),
    (": a", "': a'\n"),
    (":a", ":a\n"),
    ("#a", "'#a'\n"),
    ("a #b", "'a #b'\n"),
    ("a#b", "a#b\n"),
    ("? a", "'? a'\n"),
    ("?a", "?a\n"),
    ("?", "'?'\n"),
    ("*a", "'*a'\n"),
    ("&a", "'&a'\n"),
    ("!a", "'!a'\n"),
    ("%a", "'%a'\n"),
    ("@a", "'@a'\n"),
    ("`a", "'`a'\n"),
    ("|", "'|'\n"),
    ("|a", "'|a'\n"),
    (">", "'>'\n"),
    ("'a", "'''a'\n"),
    ('"a', "'\"a'\n"),
    ("it's", "it's\n"),
    ('a"b', 'a"b\n'),
    ("[a", "'[a'\n"),
    ("{a", "'{a'\n"),
    ("a]", "a]\n"),
    ("a, b", "a, b\n"),
    (",a", "',a'\n"),
    (" a", "' a'\n"),
    ("a ", "'a '\n"),
    ("a\\b", "a\\b\n"),
]
"""Texts that YAML's own signs would spoil are in single quotes."""

SPECIAL = [
    ("a\tb", '"a\\tb"\n'),
    ("a\r", '"a\\r"\n'),
    ("a\x00b", '"a\\0b"\n'),
    ("\x07\x08\x0b\x0c\x1b", '"\\a\\b\\v\\f\\e"\n'),
    ("\xe9", "\xe9\n"),
    ("\u4e2d\u6587", "\u4e2d\u6587\n"),
    ("\U0001f600", '"\\U0001F600"\n'),
    ("\xa0", "\xa0\n"),
    ("\ufeffab c", '"\\uFEFF\\x61\\x62\\x20\\x63"\n'),
    ("a\ufeff", '"a\\uFEFF"\n'),
    ("\ue000", "\ue000\n"),
    ("\ufffd", "\ufffd\n"),
    ("a\u2028b", "'a\u2028  b'\n"),
    ("\u2029", "'\u2029'\n"),
    ("a\u2028", "'a\u2028'\n"),
    ("\u2028 a", '"\\L a"\n'),
]
"""What cannot be printed is escaped in double quotes, and so is all of a text that begins with a BOM."""

BLOCKS = [
    ("a\n", "|\n  a\n"),
    ("a\n\n", "|+\n  a\n\n"),
    ("a\nb", "|-\n  a\n  b\n"),
    ("\na", "|2-\n\n  a\n"),
    ("\n", "|2+\n\n"),
    (" a\nb", "|2-\n   a\n  b\n"),
    ("a\n b", "|-\n  a\n   b\n"),
    ("a \nb", '"a \\nb"\n'),
    ("a\nb ", '"a\\nb "\n'),
    ("a\tb\nc", '"a\\tb\\nc"\n'),
    ("a\n\n\nb\n", "|\n  a\n\n\n  b\n"),
    ("a\r\nb", '"a\\r\\nb"\n'),
    ("a\nb\u2028c", "|-\n  a\n  b\u2028  c\n"),
]
"""Texts of several lines are block scalars, unless blanks at line ends or tabs forbid it."""

NUMBERS = [
    (0.5, "0.5\n"),
    (1.5, "1.5\n"),
    (0.0001, "0.0001\n"),
    (1e-05, "1e-05\n"),
    (1e-07, "1e-07\n"),
    (123456.5, "123456.5\n"),
    (1234567.5, "1.2345675e+06\n"),
    (100000.0, "100000\n"),
    (1e20, "1e+20\n"),
    (1e21, "1e+21\n"),
    (-0.0, "0\n"),
    (9.3e18, "9300000000000000000\n"),
    (1e19, "10000000000000000000\n"),
    (-1e18, "-1000000000000000000\n"),
    (-1e19, "-1e+19\n"),
    (0.3333333333333333, "0.3333333333333333\n"),
    (5e-324, "5e-324\n"),
    (9223372036854775808, "9223372036854775808\n"),
    (18446744073709551615, "18446744073709551615\n"),
    (18446744073709551616, "1.8446744073709552e+19\n"),
    (-9223372036854775808, "-9223372036854775808\n"),
    (-9223372036854775809, "-9.223372036854776e+18\n"),
    (6.455257713769374e18, "6455257713769374000\n"),
    (7.666666666666667e16, "76666666666666670\n"),
]
"""Whole numbers of 64 bits have no point, others are in Go's %g."""


@pytest.mark.parametrize(("text", "expected"), RESOLVED + SYNTAX + SPECIAL + BLOCKS)
def test_strings(text: str, expected: str) -> None:
    """A string is plain where that is safe, otherwise quoted or a block as Go would."""
    assert gyaml.dump(text) == expected


@pytest.mark.parametrize(("number", "expected"), NUMBERS)
def test_numbers(number: float, expected: str) -> None:
    """A number goes through JSON, which makes integers of whole floats."""
    assert gyaml.dump(number) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null\n"),
        (True, "true\n"),
        (False, "false\n"),
        ({}, "{}\n"),
        ([], "[]\n"),
        ([[]], "- []\n"),
        ([{}], "- {}\n"),
        ({"a": None}, "a: null\n"),
        ({"a": {}, "b": []}, "a: {}\nb: []\n"),
        ({"a": [1, {"x": 1, "y": [2]}, [3, [4]]]}, 'a:\n- 1\n- x: 1\n  "y":\n  - 2\n- - 3\n  - - 4\n'),
        (
            {"a": {"b": "l1\nl2\n", "c": ["l1\nl2", "  x\ny"]}},
            "a:\n  b: |\n    l1\n    l2\n  c:\n  - |-\n    l1\n    l2\n  - |2-\n      x\n    y\n",
        ),
    ],
)
def test_collections(value: Any, expected: str) -> None:
    """Lists stand in the column of their key, empty collections on one line."""
    assert gyaml.dump(value) == expected


@pytest.mark.parametrize(
    "keys",
    [
        ["-", "_", "9", "009", "10", "A", "a", "a b", "a-b", "a.b", "a10", "a1b", "a9", "aB", "\xe9"],
        ["a0", "a00", "a1", "a01", "a100", "a1000"],
        ["client", "client-ca", "client-cert"],
        ["v1", "v1beta2", "v1beta10"],
    ],
)
def test_order_of_keys(keys: list[str]) -> None:
    """Keys are in natural order: signs before letters, numbers by their value."""
    text = gyaml.dump(dict.fromkeys(reversed(keys), 1))
    assert [line.rsplit(":", 1)[0].strip("'\"") for line in text.splitlines()] == keys


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"k": "word " * 20 + "end"}, "k: " + ("word " * 16).strip() + "\n  " + "word " * 4 + "end\n"),
        ({"k": ["word: " * 16 + "end"]}, "k:\n- '" + ("word: " * 14).strip() + "\n  word: word: end'\n"),
        (
            {"k": {"l": "word\t " * 16 + "end"}},
            'k:\n  l: "' + ("word\\t " * 11).strip() + "\n    " + "word\\t " * 5 + 'end"\n',
        ),
        ({"k": "word  " * 20 + "end"}, "k: " + "word  " * 20 + "end\n"),
        ({"k": "x" * 90 + " y"}, "k: " + "x" * 90 + "\n  y\n"),
        ({"k": "é" * 79 + " é é é"}, "k: " + "é" * 79 + "\n  é é é\n"),
        ({"k": "it's " * 20 + "'"}, "k: " + ("it's " * 16).strip() + "\n  it's it's it's it's '\n"),
        (
            {"key " * 25 + "end": "word " * 20},
            "key " * 25 + "end: 'word\n  " + ("word " * 16).strip() + "\n  word word word '\n",
        ),
    ],
)
def test_long_lines(value: Any, expected: str) -> None:
    """Past column 80 a line breaks at the next single blank, never in a key."""
    assert gyaml.dump(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"k" * 128: 1}, "k" * 128 + ": 1\n"),
        ({"k" * 129: [1, {"a": 2, "b": 3}]}, "? " + "k" * 129 + "\n: - 1\n  - a: 2\n    b: 3\n"),
        ({"é" * 65: "x"}, "? " + "é" * 65 + "\n: x\n"),
        ({"a\nb": {"c": 1, "d": 2}}, "? |-\n  a\n  b\n: c: 1\n  d: 2\n"),
    ],
)
def test_keys_of_their_own_lines(value: Any, expected: str) -> None:
    """A key of more than 128 bytes or of several lines stands after a question mark."""
    assert gyaml.dump(value) == expected


@pytest.mark.parametrize(
    "value", ["a\x7f", "\x80", "a\x85b", "a\uffff", ["\ufffe"], {"\x9f": 1}, "\ud800", math.inf, -math.inf, math.nan]
)
def test_what_cannot_be_written(value: Any) -> None:
    """What Go refuses to write, or would change, is refused."""
    with pytest.raises(ValueError, match=r"cannot write|no number"):
        gyaml.dump(value)


@pytest.mark.parametrize("value", [{1: 2}, (1, 2), {"a": b"x"}])
def test_what_is_not_json(value: Any) -> None:
    """Only what JSON has can be written."""
    with pytest.raises(TypeError):
        gyaml.dump(value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.5, "1.5"),
        (0.1, "0.1"),
        (16777217.0, "1.6777216e+07"),
        (1e300, ".inf"),
        (-math.inf, "-.inf"),
        (math.nan, ".nan"),
        (1000.0, "1000"),
        (1e-5, "1e-05"),
        (0.0, "0"),
        (3.4028235677973366e38, ".inf"),
    ],
)
def test_float_keys(number: float, text: str) -> None:
    """A key that YAML reads as a float is named by its 32-bit text."""
    assert gyaml.format_float32(number) == text
