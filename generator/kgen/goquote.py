# SPDX-License-Identifier: Apache-2.0
"""A text in double quotes as Go's `%q` writes it (strconv.Quote).

What Go prints as it is, goquote.txt says (tools/goquote makes it): Python's own idea depends on its version's Unicode.
"""

from __future__ import annotations

import bisect
import functools
import re
from pathlib import Path

_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_ASCII = 0x80
_FOUR_DIGITS = 0x10000


def quote(text: str) -> str:
    """The text between quotes; what Go does not print is escaped."""
    return '"' + re.sub(r"[^ !#-\[\]-~]", lambda found: _escaped(found[0]), text) + '"'


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if _prints(ord(char)):
        return char
    code = ord(char)
    if code < _ASCII:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _FOUR_DIGITS else f"\\U{code:08x}"


def _prints(code: int) -> bool:
    starts, ends = _ranges()
    index = bisect.bisect_right(starts, code) - 1
    return index >= 0 and code <= ends[index]


@functools.cache
def _ranges() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last characters of the ranges, in order."""
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="ascii").splitlines()
    pairs = [line.split("-") for line in lines if not line.startswith("#")]
    return tuple(int(first, 16) for first, _ in pairs), tuple(int(last, 16) for _, last in pairs)
