# SPDX-License-Identifier: Apache-2.0
"""What Go makes of a document: decoded into its type and encoded again.

`encode` walks a document along its schema. Beside the JSON Schema keywords, each node of a generated
schema says which Go type stands behind it (`x-go-type`), whether that is a pointer (`x-go-pointer`)
and whether an empty or zero value is left out (`x-go-omitempty`, `x-go-omitzero`); see tools/gotypes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from kgen.config.scalars import (
    canonical_quantity,
    canonical_time,
    format_duration,
    number_text,
    parse_duration,
)

__all__ = ["Schema", "encode", "format_duration", "parse_duration"]

Schema = Mapping[str, Any]


def encode(document: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The document as Go would marshal it after decoding it into the type that `schema` describes.

    Takes a document that fits its schema; fields that the schema does not know are dropped. Fields
    stand in Go's order, maps in the order of their keys. Nothing is defaulted beyond Go's own zero
    values. Raises ValueError for a scalar that Go could not decode.
    """
    return _struct(document, schema, schema.get("$defs", {}))


def _struct(value: Mapping[str, Any], node: Schema, defs: Schema) -> dict[str, Any]:
    out = {}
    for name, field in node["properties"].items():
        encoded, empty = _field(value.get(name), field, defs)
        if (empty and "x-go-omitempty" in field) or (encoded is None and "x-go-omitzero" in field):
            continue
        out[name] = encoded
    return out


def _field(value: Any, node: Schema, defs: Schema) -> tuple[Any, bool]:
    """The encoded value, and whether `omitempty` would drop it. None stands for a value that is not set."""
    if "x-go-pointer" in node:
        return (None, True) if value is None else (_value(value, node, defs)[0], False)
    return _value(value, node, defs)


def _value(value: Any, node: Schema, defs: Schema) -> tuple[Any, bool]:
    if "$ref" in node:
        return _struct(value or {}, defs[node["$ref"].removeprefix("#/$defs/")], defs), False
    go_type = node["x-go-type"]
    if go_type in ("slice", "map"):
        if value is None:
            return None, True
        if go_type == "slice":
            return [_field(item, node["items"], defs)[0] for item in value], not value
        items = node["additionalProperties"]
        return {str(key): _field(value[key], items, defs)[0] for key in sorted(value)}, not value
    if go_type in _PLAIN:
        zero, convert = _PLAIN[go_type]
        encoded = zero if value is None else convert(value)
        return encoded, encoded == zero
    return _SPECIAL[go_type](value), False


def _float64(value: float) -> float:
    """A float that prints without a fraction is an integer to every reader of the JSON."""
    text = number_text(float(value))
    return float(text) if "." in text or "e" in text else int(text)


def _float32(value: float) -> float:
    """The shortest number that Go's float32 cannot tell from the given one."""
    packed = struct.pack("f", value)
    exact = struct.unpack("f", packed)[0]
    shortest = (float(f"{exact:.{digits}g}") for digits in range(6, 10))
    return _float64(next(text for text in shortest if struct.pack("f", text) == packed))


def _duration(value: str | None) -> str:
    return format_duration(0 if value is None else parse_duration(value))


def _time_or_duration(value: str | int | None) -> str | int:
    """component-base's TimeOrMetaDuration: a number of nanoseconds stays one."""
    return _duration(value) if isinstance(value, str) else int(value or 0)


def _time(value: str | None) -> str | None:
    return None if value is None else canonical_time(value)


def _quantity(value: str | float | None) -> str:
    if value is None:
        return "0"
    return canonical_quantity(value if isinstance(value, str) else number_text(value))


def _int_or_string(value: str | int | None) -> str | int:
    return value if isinstance(value, str) else int(value or 0)


def _raw(value: Any) -> Any:
    """JSON that Go keeps as it stands, but for numbers: those have no fraction if it is zero."""
    if isinstance(value, dict):
        return {key: _raw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_raw(item) for item in value]
    return _float64(value) if isinstance(value, float) else value


def _bootstrap_token(value: str | None) -> str:
    return value or ""


_PLAIN: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "string": ("", str),
    "bool": (False, bool),
    "int32": (0, int),
    "int64": (0, int),
    "uint32": (0, int),
    "float32": (0, _float32),
    "float64": (0, _float64),
}
"""Go's built-in types: the zero value, and what the encoder makes of another."""

_SPECIAL: dict[str, Callable[[Any], Any]] = {
    "duration": _duration,
    "timeOrMetaDuration": _time_or_duration,
    "time": _time,
    "quantity": _quantity,
    "bootstrapToken": _bootstrap_token,
    "intOrString": _int_or_string,
    "raw": _raw,
}
"""Structs that encode themselves, hence never empty to `omitempty`; None is their zero value."""
