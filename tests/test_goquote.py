# SPDX-License-Identifier: Apache-2.0
"""Texts as Go quotes them. What is expected was printed by Go."""

from __future__ import annotations

import pytest

from kgen.goquote import quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("--v=2 --a='b'", "\"--v=2 --a='b'\""),
        ('say "a" \\', r'"say \"a\" \\"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\0\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("é日😀", '"é日😀"'),
        ("\x85\xa0\xad\u2028\u3000\ufeff\ue000", r'"\u0085\u00a0\u00ad\u2028\u3000\ufeff\ue000"'),
        ("\U000772fd\U000e0001", r'"\U000772fd\U000e0001"'),
        ("\ufffd", '"\ufffd"'),
        ("\U00031518\U00031350", '"\U00031518\U00031350"'),  # of Unicode 15, which not every Python knows
        ("\U000323b0", r'"\U000323b0"'),
    ],
)
def test_quote(text: str, quoted: str) -> None:
    """Quotes, backslashes and what does not print are escaped."""
    assert quote(text) == quoted
