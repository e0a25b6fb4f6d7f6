# SPDX-License-Identifier: Apache-2.0
"""A JSON value as Kubernetes' YAML (go.yaml.in/yaml/v2 encode.go, emitterc.go)."""

from __future__ import annotations

import re
from typing import Any

from kgen.gyaml import order, scalars

_WIDTH = 80
_SIMPLE_KEY_BYTES = 128
_BREAKS = "\n\u2028\u2029"
_SURELY_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9/_.=-]*\Z")
_SPECIAL = re.compile(rf"[^{_BREAKS}\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]| [{_BREAKS}]")
_NOT_PLAIN = re.compile(
    rf"""\A(?:---|\.\.\.|[#,\[\]{{}}&*!|>'"%@` ]|[-?:](?:\ |\Z))|:(?:\ |\Z)|\ \#|\ \Z|[{_BREAKS}]""", re.VERBOSE
)
_ESCAPED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_LETTERS = {
    **dict(zip('\0\a\b\t\n\v\f\r\x1b"\\', '0abtnvfre"\\', strict=True)),
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


def _mapping(out: list[str], mapping: dict[Any, Any], indent: int) -> None:
    pad = " " * indent
    for count, key in enumerate(sorted(mapping, key=order.key)):
        if not isinstance(key, str):
            raise TypeError(f"cannot write a {type(key).__name__} as a key")
        if count:
            out.append(pad)
        if len(key.encode()) <= _SIMPLE_KEY_BYTES and not any(char in key for char in _BREAKS + "\r"):
            text = _string(key, 0, None)
            out.append(f"{text}:")
            _value(out, mapping[key], indent, indent + len(text) + 1, below=True)
        else:
            out.append(_ended("? " + _string(key, indent + 2, indent + 2)) + pad + ":")
            _value(out, mapping[key], indent, indent + 1, below=False)


def _sequence(out: list[str], items: list[Any], indent: int) -> None:
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
    number = scalars.json_number(value)
    return str(number) if isinstance(number, int) and number < 2**64 else scalars.format_float(value)


def _string(text: str, column: int, indent: int | None) -> str:
    """A string in the style Go chooses; `indent` is None where it must stay on one line."""
    if _SURELY_PLAIN.match(text) and scalars.is_text(text):
        return text
    if scalars.UNREADABLE.search(text):
        raise ValueError("a string has a character that Kubernetes cannot write as YAML")
    special = bool(_SPECIAL.search(text))
    if "\n" in text:
        if not special and text[-1] != " " and indent is not None:
            return _literal(text, indent)
    elif scalars.is_text(text) and not special:
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
