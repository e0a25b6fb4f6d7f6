# SPDX-License-Identifier: Apache-2.0
"""What the schemas say of a field of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgen.config import catalogue


def description(minor: str, document: Mapping[str, Any], place: str) -> str:
    """The first sentence of a field's description; empty for what the schemas of this minor do not know.

    `place` is a JSON pointer into the document, whose apiVersion and kind say which schema it is.
    """
    version, kind = str(document.get("apiVersion")), str(document.get("kind"))
    if (version, kind) not in catalogue.kinds(minor):
        return ""
    schema: Any = catalogue.load(minor, version, kind)
    definitions = schema.get("$defs", {})
    for step in place.split("/")[1:]:
        schema = _resolved(schema, definitions)
        if schema.get("items") is not None:
            schema = schema["items"]
        else:
            field = schema.get("properties", {}).get(step.replace("~1", "/").replace("~0", "~"))
            schema = field if field is not None else {}
    if place.rsplit("/", maxsplit=1)[-1].isdigit():
        return ""
    told = schema.get("description") or _resolved(schema, definitions).get("description", "")
    return str(told)


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    return definitions[schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema
