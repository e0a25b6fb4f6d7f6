# SPDX-License-Identifier: Apache-2.0
"""Scalars as Go reads and writes them (go.yaml.in/yaml/v2 resolve.go, strconv, encoding/json)."""

from __future__ import annotations

import calendar
import contextlib
import math
import re
import struct
from decimal import Decimal
from typing import Literal

Kind = Literal["str", "int", "float", "bool", "null", "timestamp"]
Scalar = str | int | float | bool | None


UNREADABLE = re.compile(r"[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""JSON carries these as they are, and then the YAML reader refuses them (NEL it would turn into a space)."""
_INT64_DIGITS = 20
_FLOAT32_MAX = 3.4028234663852886e38

_WORDS: dict[str, tuple[Kind, Scalar]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), ("bool", True)),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), ("bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", float("nan"))),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("float", float("inf"))),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("float", float("-inf"))),
}
_INT = re.compile(r"[-+]?(?:0[bB][01]+|0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_SIGNED_BINARY = re.compile(r"0b[-+][01]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_CLOCK = r"(?P<{0}h>[0-9]{{1,2}}):(?P<{0}m>[0-9]{{1,2}}):(?P<{0}s>[0-9]{{1,2}})(?:[.,][0-9]+)?"
_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    rf"(?:[Tt]{_CLOCK.format('t')}(?:Z|[-+](?P<zh>[0-9]{{2}}):(?P<zm>[0-9]{{2}}))| +{_CLOCK.format('s')})?\Z"
)


def resolve(text: str) -> tuple[Kind, Scalar]:
    """What Go reads a plain (unquoted, untagged) scalar as: its kind and its value.

    A timestamp's value is its text, since Go hands it on as a string. go.yaml.in/yaml/v2 resolve.go.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        if _DOT_FLOAT.match(text) and (number := float(text.replace("_", ""))) != float("inf"):
            return "float", number
    elif text[0] in "+-0123456789":
        if _is_timestamp(text):
            return "timestamp", text
        plain = text.replace("_", "")
        if (integer := _integer(plain)) is not None:
            return "int", integer
        if _FLOAT.match(plain) and abs(number := float(plain)) != float("inf"):
            return "float", number
    return "str", text


def is_text(text: str) -> bool:
    """Whether this text, written plain, is read as a text again, by older readers too (22:30 would be base 60)."""
    return resolve(text)[0] == "str" and not _BASE60.match(text)


def _integer(plain: str) -> int | None:
    """The 64-bit integer that Go's strconv finds (base by prefix, a leading 0 is octal), or None."""
    if _SIGNED_BINARY.match(plain):
        value = int(plain[2:], 2)
    elif _INT.match(plain):
        digits = plain.lstrip("+-")
        if len(digits) > _INT64_DIGITS and digits[0] != "0":
            return None
        value = int(digits, 8 if re.match(r"0[0-7]", digits) else 0)
        if plain[0] == "-":
            value = -value
    else:
        return None
    unsigned = plain[0] not in "+-" and not _SIGNED_BINARY.match(plain)
    return value if -(2**63) <= value < (2**64 if unsigned else 2**63) else None


def _is_timestamp(text: str) -> bool:
    if not (found := _TIMESTAMP.match(text)):
        return False
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    # The calendar module knows no year 0; year 4 has the same days.
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year or 4, month)[1]:
        return False
    for hour, minute, second in (("th", "tm", "ts"), ("sh", "sm", "ss")):
        if found[hour] and (int(found[hour]) > 23 or int(found[minute]) > 59 or int(found[second]) > 59):
            return False
    return not found["zh"] or (int(found["zh"]) <= 24 and int(found["zm"]) <= 60)


def json_number(value: float) -> int | float:
    """A float as it comes out of JSON: an integer if it is whole and has at most 64 bits.

    encoding/json writes a whole number as its shortest digits and then zeros, without a point, and readers take that
    for an integer. Raises ValueError for an infinite number or NaN.
    """
    if not math.isfinite(value):
        raise ValueError(f"JSON has no number {value}")
    digits = Decimal(repr(value))
    return int(digits) if value.is_integer() and -(2**63) <= digits < 2**64 else value


def format_float(value: float) -> str:
    """A finite float as Go's strconv.FormatFloat(value, 'g', -1, 64) writes it: `0.5`, `1e-06`, `1.5e+06`."""
    return _general(repr(value))


def format_float32(value: float) -> str:
    """A float as Go names a key by it: FormatFloat(value, 'g', -1, 32), infinities and NaN as YAML has them."""
    with contextlib.suppress(OverflowError):
        (value,) = struct.unpack("f", struct.pack("f", value))
    if not math.isfinite(value) or abs(value) > _FLOAT32_MAX:
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    texts = (f"{value:.{digits}e}" for digits in range(9))
    return _general(next(text for text in texts if struct.pack("f", float(text)) == struct.pack("f", value)))


def _general(text: str) -> str:
    mantissa, _, exponent = f"{Decimal(text).normalize():e}".partition("e")
    power = int(exponent)
    return f"{mantissa}e{power:+03d}" if power < -4 or power >= 6 else f"{Decimal(text).normalize():f}"
