# SPDX-License-Identifier: Apache-2.0
"""Scalars of a YAML text: their values, as keys, and after JSON (go.yaml.in/yaml/v2 decode.go, sigs.k8s.io/yaml)."""

from __future__ import annotations

import base64
import binascii
import re

from kgen import gyaml

TAG = "tag:yaml.org,2002:"
_RESOLVED = {"bool", "int", "float", "null", "timestamp"}


class Refused(Exception):  # noqa: N818 - it says what happened to the text, and never leaves this package
    """A text that Go does not read: what is wrong, what would be right, and the character where."""

    def __init__(self, what: str, instead: str, index: int) -> None:
        super().__init__(what)
        self.what, self.instead, self.index = what, instead, index


def read(text: str, tag: str | None, plain: bool, start: int) -> gyaml.Scalar:
    """The value of a scalar with its tag, if any; `plain` is one without quotes. Raises Refused."""
    value: gyaml.Scalar = text
    if tag:
        value = _tagged(tag.removeprefix(TAG), text, start)
    elif plain:
        value = gyaml.resolve(text)[1]
    if isinstance(value, str) and (found := gyaml.UNREADABLE.search(value)):
        what = f"the text holds the character U+{ord(found[0]):04X}, which Kubernetes can read but not write"
        raise Refused(what, "remove it", start)
    return value


def _tagged(tag: str, text: str, start: int) -> gyaml.Scalar:
    """The value of a scalar with an explicit tag: `!!int "8443"` is a number, `!!str 1.37` a text."""
    if tag == "binary":
        try:
            data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
        except (binascii.Error, ValueError):
            raise Refused("`!!binary` is not followed by base64", "", start) from None
        # Go's JSON has U+FFFD for each byte that is not UTF-8.
        return re.sub("[\udc80-\udcff]", "\ufffd", data.decode(errors="surrogateescape"))
    if tag not in _RESOLVED:
        return text
    kind, value = gyaml.resolve(text)
    if kind == tag:
        return value
    if tag == "float" and kind == "int" and isinstance(value, int) and value < 2**63:
        return float(value)
    raise Refused(f"a value with the tag `!!{tag}` is not of that kind", "remove the tag", start)


def as_key(value: gyaml.Scalar, start: int) -> str:
    """A mapping key as the text that Go makes of it. Raises Refused for null and numbers that need 64 unsigned bits."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() if value < 2**63:
            return str(value)
        case float():
            return gyaml.format_float32(value)
        case "<<":  # go-yaml writes it without quotes, and then takes it for a merge
            raise Refused("the key `<<` is one that Kubernetes can read but not write", "remove it", start)
        case str():
            return value
    raise Refused("the key is null or a number of more than 64 bits", "put it in quotes", start)


def as_json(value: gyaml.Scalar, start: int) -> gyaml.Scalar:
    """A value after JSON: whole floats are integers, integers beyond int64 floats. Raises Refused for NaN and such."""
    if isinstance(value, float):
        try:
            value = gyaml.json_number(value)
        except ValueError:
            raise Refused(
                "JSON has no infinite numbers and no NaN", "put it in quotes if it is a text", start
            ) from None
    return float(value) if isinstance(value, int) and value >= 2**63 else value
