# SPDX-License-Identifier: Apache-2.0
"""The Jinja environment: template -> object -> bytes.

A `.yaml.j2` template lays out an object; Python decides every value. Each expression is written as
JSON, so no value can break out of its place, and the parsed object is dumped by `gyaml`: a
template's own spacing never matters. Other templates are text and print their expressions as they are.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from kgen import resources

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


if TYPE_CHECKING:
    from jinja2 import Environment


def _json(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False)


@functools.cache
def _environment(quoted: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 (slow, and only rendering needs it)

    return Environment(  # noqa: S701 (YAML and unit files, not HTML; values are written as JSON)
        loader=FileSystemLoader(resources.directory("templates")),
        undefined=StrictUndefined,
        finalize=_json if quoted else None,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def document(topic: str, values: Mapping[str, Any]) -> Any:
    """The object that templates/<topic>.yaml.j2 lays out for these values."""
    return yaml.load(_environment(True).get_template(f"{topic}.yaml.j2").render(values), Loader=_Loader)  # noqa: S506 (a safe loader)


def text(topic: str, suffix: str, values: Mapping[str, Any]) -> str:
    """The text that templates/<topic><suffix>.j2 makes of these values."""
    return _environment(False).get_template(f"{topic}{suffix}.j2").render(values)
