# SPDX-License-Identifier: Apache-2.0
"""YAML with the very bytes that Kubernetes writes, and Go's reading of a plain scalar.

kubeadm writes every object as `JSONToYAML(json.Marshal(object))`: the YAML serializer of apimachinery
(pkg/runtime/serializer/json/json.go, doEncode) for files, ConfigMap contents and the objects of a dry run alike
(cmd/kubeadm/app/util/marshal.go, cmd/kubeadm/app/util/apiclient/dryrun.go). JSONToYAML is sigs.k8s.io/yaml 1.6.0
on go.yaml.in/yaml/v2 2.4.2 to 2.4.4 (sorter.go, resolve.go, encode.go, emitterc.go), the same in 1.34 to 1.37.
tools/goyaml compares both directions with the real thing.
"""

from __future__ import annotations

import calendar
import contextlib
import functools
import math
import re
import struct
from decimal import Decimal
from typing import Literal

Kind = Literal["str", "int", "float", "bool", "null", "timestamp"]
Scalar = str | int | float | bool | None

_WIDTH = 80
_SIMPLE_KEY_BYTES = 128
_FLOAT32_MAX = 3.4028234663852886e38
_BREAKS = "\n\u2028\u2029"

# --- reading a plain scalar (resolve.go) ---------------------------------------------------------------------------

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


def _integer(plain: str) -> int | None:
    """The 64-bit integer that Go's strconv finds (base by prefix, a leading 0 is octal), or None."""
    if _SIGNED_BINARY.match(plain):
        value = int(plain[2:], 2)
    elif _INT.match(plain):
        digits = plain.lstrip("+-")
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


# --- order of keys (sorter.go) -------------------------------------------------------------------------------------


def _int64(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def _less(a: str, b: str) -> bool:
    """Go's natural order: non-letters before letters, runs of digits by their value."""
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    if at is None:
        return len(a) < len(b)
    x, y = a[at], b[at]
    if x.isalpha() or y.isalpha():
        return x < y if x.isalpha() and y.isalpha() else y.isalpha()
    start = at
    while start and a[start - 1].isdecimal():
        start -= 1
    # Zeros count only inside a number: 100 < 1000, but 0 < 00.
    head = 1 if "0" in (x, y) and a[start:at].strip("0") else 0
    (a_number, a_end), (b_number, b_end) = _number(a, at, head), _number(b, at, head)
    if a_number != b_number:
        return a_number < b_number
    return a_end < b_end if a_end != b_end else x < y


def _number(text: str, start: int, value: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdecimal():
        value = _int64(value * 10 + ord(text[end]) - ord("0"))
        end += 1
    return value, end


_sort_key = functools.cmp_to_key(lambda a, b: -1 if _less(a, b) else int(_less(b, a)))

# --- writing (encode.go, emitterc.go) ------------------------------------------------------------------------------

_SURELY_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9/_.=-]*\Z")
UNREADABLE = re.compile(r"[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""JSON carries these as they are, and then the YAML reader refuses them (NEL it would turn into a space)."""
_SPECIAL = re.compile(rf"[^{_BREAKS}\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]| [{_BREAKS}]")
_NOT_PLAIN = re.compile(
    rf"""\A(?:---|\.\.\.|[#,\[\]{{}}&*!|>'"%@` ]|[-?:](?:\ |\Z))|:(?:\ |\Z)|\ \#|\ \Z|[{_BREAKS}]""", re.VERBOSE
)
_ESCAPED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_LETTERS = {
    **dict(zip("\0\a\b\t\n\v\f\r\x1b\"\\", "0abtnvfre\"\\", strict=True)),
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}


def dump(value: object) -> str:
    """The YAML that Go's sigs.k8s.io/yaml writes for this JSON value, to the byte.

    Takes dicts with string keys, lists, strings, integers, floats, booleans and None. Raises ValueError for what
    Go cannot write either: infinite numbers and characters such as U+007F; TypeError for other types.
    """
    out: list[str] = []
    if isinstance(value, dict) and value:
        _mapping(out, value, 0)
    elif isinstance(value, list) and value:
        _sequence(out, value, 0)
    else:
        out.append(_ended(_scalar(value, 0, 2)))
    return "".join(out)


def _mapping(out: list[str], mapping: dict[str, object], indent: int) -> None:
    pad = " " * indent
    for count, key in enumerate(sorted(mapping, key=_sort_key)):
        if count:
            out.append(pad)
        if len(key.encode()) <= _SIMPLE_KEY_BYTES and not any(char in key for char in _BREAKS + "\r"):
            text = _string(key, 0, None)
            out.append(f"{text}:")
            _value(out, mapping[key], indent, indent + len(text) + 1, below=True)
        else:
            out.append(_ended("? " + _string(key, indent + 2, indent + 2)) + pad + ":")
            _value(out, mapping[key], indent, indent + 1, below=False)


def _sequence(out: list[str], items: list[object], indent: int) -> None:
    pad = " " * indent
    for count, item in enumerate(items):
        out.append(pad + "-" if count else "-")
        _value(out, item, indent, indent + 1, below=False)


def _value(out: list[str], value: object, indent: int, column: int, *, below: bool) -> None:
    """Write a value after a `key:` (collections go below it, lists not indented) or after a `-` (on the same line)."""
    if isinstance(value, dict) and value:
        out.append("\n" + " " * (indent + 2) if below else " ")
        _mapping(out, value, indent + 2)
    elif isinstance(value, list) and value:
        out.append("\n" + " " * indent if below else " ")
        _sequence(out, value, indent if below else indent + 2)
    else:
        out.append(_ended(" " + _scalar(value, column + 1, indent + 2)))


def _ended(text: str) -> str:
    return text if text[-1] in _BREAKS else text + "\n"


def _scalar(value: object, column: int, indent: int) -> str:
    """The text of anything that is written in one piece, starting at `column`, going on at `indent`."""
    match value:
        case str():
            return _string(value, column, indent)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if -(2**63) <= value < 2**64:
            return str(value)
        case int() | float():
            return _number_text(float(value))
        case dict():
            return "{}"
        case list():
            return "[]"
    raise TypeError(f"cannot write a {type(value).__name__} as YAML")


def _number_text(value: float) -> str:
    number = json_number(value)
    return str(number) if isinstance(number, int) and number < 2**64 else format_float(value)


def json_number(value: float) -> int | float:
    """A float as it comes out of JSON: an integer if it is a whole number of 64 bits, of its shortest digits then zeros.

    encoding/json writes whole numbers without a point, and readers take digits for an integer. Raises ValueError for
    an infinite number or NaN.
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
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"
    texts = (f"{value:.{digits}e}" for digits in range(9))
    return _general(next(text for text in texts if struct.pack("f", float(text)) == struct.pack("f", value)))


def _general(text: str) -> str:
    mantissa, _, exponent = f"{Decimal(text).normalize():e}".partition("e")
    power = int(exponent)
    return f"{mantissa}e{power:+03d}" if power < -4 or power >= 6 else f"{Decimal(text).normalize():f}"


def _string(text: str, column: int, indent: int | None) -> str:
    """A string in the style Go chooses; `indent` is None where it must stay on one line."""
    if _SURELY_PLAIN.match(text) and text not in _WORDS:
        return text
    if UNREADABLE.search(text):
        raise ValueError("a string has a character that Kubernetes cannot write as YAML")
    special = bool(_SPECIAL.search(text))
    if "\n" in text:
        if not special and text[-1] != " " and indent is not None:
            return _literal(text, indent)
    elif resolve(text)[0] == "str" and not _BASE60.match(text) and not special:
        if not _NOT_PLAIN.search(text):
            return _fold(text, column, indent)
        if not re.search(f"[{_BREAKS}] ", text):
            return "'" + _fold(text.replace("'", "''"), column + 1, indent) + "'"
    return _double_quoted(text, column, indent)


def _fold(text: str, column: int, indent: int | None) -> str:
    """Plain or single-quoted text: past column 80 a single blank becomes a new line."""
    if indent is None or (column + len(text) <= _WIDTH and not any(char in text for char in _BREAKS)):
        return text
    pad = " " * indent
    done = ""
    for line in re.split(f"(?<=[{_BREAKS}])(?=[^{_BREAKS}])", text):
        if done:
            done, column = done + pad, indent
        words = re.split("(?<=[^ ]) (?=[^ ])", line)
        for count, word in enumerate(words):
            if count:
                wrap = column > _WIDTH
                done, column = (done + "\n" + pad, indent) if wrap else (done + " ", column + 1)
            done, column = done + word, column + len(word)
    return done


def _double_quoted(text: str, column: int, indent: int | None) -> str:
    # A string that starts with a BOM has every character escaped: is_bom looks at its start only.
    escaped = "".join(map(_escape, text)) if text[:1] == "\ufeff" else _ESCAPED.sub(lambda m: _escape(m[0]), text)
    if indent is None or column + len(escaped) < _WIDTH:
        return f'"{escaped}"'
    pad = "\n" + " " * indent
    words = re.split("(?<=[^ ]) (?=.)", escaped)
    done, column = '"', column + 1
    for count, word in enumerate(words):
        if count and column > _WIDTH:
            lead = pad + "\\" if word[:1] == " " else pad
            done, column = done + lead, len(lead) - 1
        elif count:
            done, column = done + " ", column + 1
        done, column = done + word, column + len(word)
    return done + '"'


def _escape(char: str) -> str:
    if char in _LETTERS:
        return "\\" + _LETTERS[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in _BREAKS + " " else ""
    ending = text[-2:]
    if ending[-1] not in _BREAKS:
        hint += "-"
    elif ending[0] in _BREAKS:
        hint += "+"
    body = re.sub(f"(?:^|(?<=[{_BREAKS}]))(?=[^{_BREAKS}])", " " * indent, text)
    return f"|{hint}\n{body}"
