# SPDX-License-Identifier: Apache-2.0
"""The Jinja environment: template -> object -> bytes.

A `.yaml.j2` template lays out an object; Python decides every value. An expression prints a slot,
which is filled with the value after the YAML is parsed: no value can break out of its place, none is
read as YAML, and `Given` values keep their provenance. The object is dumped by `gyaml`, so a
template's own spacing never matters. Other templates are text and print their expressions as they are.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from kgen import resources
from kgen.provenance import Sourced, resolve

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SLOT = "\ue000"


def _slot(context: Context, value: Any) -> str:
    """Keep the value for later and print a mark in its place, a quoted YAML string."""
    slots: list[Any] = context["_slots"]
    slots.append(value)
    return f'"{_SLOT}{len(slots) - 1}"'


@functools.cache
def _environment(slots: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context  # noqa: PLC0415 (slow, and only rendering needs it)

    return Environment(  # noqa: S701 (YAML and unit files, not HTML; values never pass through the text)
        loader=FileSystemLoader(resources.directory("templates")),
        undefined=StrictUndefined,
        finalize=pass_context(_slot) if slots else None,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def document(topic: str, values: Mapping[str, Any]) -> Any:
    """The object that templates/<topic>.yaml.j2 lays out for these values."""
    return sourced(topic, values).value


def sourced(topic: str, values: Mapping[str, Any]) -> Sourced:
    """The object that templates/<topic>.yaml.j2 lays out for these values, with the provenance of its parts."""
    slots: list[Any] = []
    text = _environment(True).get_template(f"{topic}.yaml.j2").render(values, _slots=slots)
    return resolve(_filled(yaml.load(text, Loader=_Loader), slots))  # noqa: S506 (a safe loader)


def _filled(value: Any, slots: list[Any]) -> Any:
    if isinstance(value, str) and value.startswith(_SLOT):
        return slots[int(value[1:])]
    if isinstance(value, dict):
        return {key: _filled(item, slots) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, slots) for item in value]
    return value


def text(topic: str, suffix: str, values: Mapping[str, Any]) -> str:
    """The text that templates/<topic><suffix>.j2 makes of these values."""
    return _environment(False).get_template(f"{topic}{suffix}.j2").render(values)
