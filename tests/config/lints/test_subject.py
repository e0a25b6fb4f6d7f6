# SPDX-License-Identifier: Apache-2.0
"""What a program gets of an argument's value."""

from __future__ import annotations

import pytest

from kgen.config.lints.subject import words


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ("", [""]),
        ("a=b,c=d", ["a=b,c=d"]),
        ("a  b ", ["a", "b"]),
        (" a", ["", "a"]),
        ("a --v=4", ["a", "--v=4"]),
        ('k="":NoSchedule', ["k=:NoSchedule"]),
        ("'a b'c", ["a bc"]),
        ('"a \\"b\\" c"', ['a "b" c']),
        ('it\'s "here"', ['its "here"']),
        (r"a\ b", ["a b"]),
        (r"a\\b", [r"a\b"]),
        ("a\\", ["a"]),
        ('"a', ["a"]),
        ("a\tb\nc", ["atbnc"]),
        ("\u00e9\u00a0", ["\u00e9u00a0"]),
    ],
)
def test_words(value: str, got: list[str]) -> None:
    """A kubelet's value goes through Go's %q, systemd's environment file, and its splitting into words."""
    assert words(value) == got
