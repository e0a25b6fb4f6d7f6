# SPDX-License-Identifier: Apache-2.0
"""A text in double quotes as Go's `%q` writes it (strconv.Quote)."""

from __future__ import annotations

import re

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
    """The text between quotes; what does not print, in the sense that Go and Python share, is escaped."""
    return '"' + re.sub(r"[^ !#-\[\]-~]", lambda found: _escaped(found[0]), text) + '"'


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < _ASCII:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _FOUR_DIGITS else f"\\U{code:08x}"
