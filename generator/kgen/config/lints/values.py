# SPDX-License-Identifier: Apache-2.0
"""Which texts a flag of a type can be set to (Go's strconv and time, pflag, component-base/cli/flag)."""

from __future__ import annotations

import re
from collections.abc import Callable

from kgen.config import net
from kgen.config.scalars import canonical_quantity, parse_duration

_TRUE_OR_FALSE = ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")
_INTEGER = re.compile(r"([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[+-]?(inf|infinity|nan|(?=\.?[0-9])[0-9]*\.?[0-9]*(e[+-]?[0-9]+)?)", re.IGNORECASE)
_BITS = {"int": 64, "int32": 32, "int64": 64, "uint": 64, "uint32": 32, "uint64": 64}


def wanted(kind: str, text: str) -> str:
    """What a flag of this type wants, if the text is not that; empty if it is, or if nothing is known of the type."""
    if kind in _BITS:
        return "" if _is_integer(text, kind) else "a whole number"
    if kind in _TYPES:
        what, takes = _TYPES[kind]
        return "" if takes(text) else what
    return ""


def _is_integer(text: str, kind: str) -> bool:
    match = _INTEGER.fullmatch(text)
    if not match:
        return False
    digits = match[2].replace("_", "").lower()
    number = int(digits, 8) if re.fullmatch(r"0[0-7]+", digits) else int(digits, 0)
    if kind.startswith("u"):
        return not match[1] and number < 1 << _BITS[kind]
    return number < (1 << (_BITS[kind] - 1)) + (match[1] == "-")


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def takes(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return takes


def _are_pairs(text: str) -> bool:
    return all("=" in item for item in text.split(",") if item)


_BOOL = ("true or false", lambda text: text in _TRUE_OR_FALSE)
_NUMBER = ("a number", lambda text: _FLOAT.fullmatch(text) is not None)
_TYPES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "bool": _BOOL,
    "duration": ('a number with its unit, e.g. "30s" or "24h"', _parses(parse_duration)),
    "float32": _NUMBER,
    "float64": _NUMBER,
    "ip": ("an IP address", lambda text: not text.strip() or net.is_ip(text.strip())),
    "mapStringBool": ("name=true,other=false", _are_pairs),
    "mapStringString": ("name=value,other=value", _are_pairs),
    "quantity": ("a number with a suffix, e.g. 500m, 1Gi", _parses(canonical_quantity)),
}
"""Type to what it wants and whether a text is that"""
