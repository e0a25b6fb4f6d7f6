# SPDX-License-Identifier: Apache-2.0
"""What would be right where a value has the wrong type: the same value in the shape that its field has.

Nothing here repeats a value that could be a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kgen.config.catalogue import Schema
from kgen.errors import Path

_GIVEN = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a map"}
_WANTED = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a map",
    "duration": "a duration",
    "timeOrMetaDuration": "a duration",
    "time": "a time",
    "bootstrapToken": "a token",
}


def wrong_type(value: Any, node: Schema, path: Path) -> tuple[str, str]:
    """What is wrong with a value of a type that its schema does not allow, and what to write instead."""
    types = [node["type"]] if isinstance(node["type"], str) else node["type"]
    go_type = node.get("x-go-type", "")
    wanted = _WANTED.get(go_type) or _WANTED[types[0]]
    given = "empty" if value is None else _GIVEN[type(value)]
    if isinstance(value, float) and not value.is_integer():
        given = "a number with a fraction"
    return f"{wanted} is needed here, this is {given}", _instead(value, node, types[0], go_type, path)


def _instead(value: Any, node: Schema, wanted: str, go_type: str, path: Path) -> str:
    if value is None:
        return "write a value or remove the line"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if "uration" in go_type and number:
        return 'write "0s"' if value == 0 else 'write the number with its unit, e.g. "30s" or "24h"'
    if wanted == "string" and isinstance(value, int | float):
        return "put quotes around it"
    if wanted == "string" and isinstance(value, list) and str(path[-1]).endswith("Subnet"):
        plain = all(isinstance(item, str) for item in value)
        return f'write "{",".join(value)}"' if value and plain else "write one string, with a comma between the ranges"
    if wanted == "boolean" and isinstance(value, str):
        return "remove the quotes" if value in ("true", "false") else "write true or false"
    if wanted in ("integer", "number") and isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
        return "remove the quotes"
    if wanted == "array":
        return _as_list(value, node, str(path[-1]))
    return _as_map(value, node, path) if wanted == "object" else ""


def _as_list(value: Any, node: Schema, name: str) -> str:
    items = node.get("items", {}).get("$ref", "")
    if value == {}:
        return f"write {name}: []"
    if isinstance(value, dict) and items in ("#/$defs/Arg", "#/$defs/EnvVar") and "name" not in value:
        arguments = value if items == "#/$defs/Arg" else {variable: {} for variable in value}
        return f"write {name}: {flow_arguments(arguments)}"
    if isinstance(value, dict) and items:
        return 'write its fields as one item: "- " in front of the first, two blanks in front of the others'
    return 'write one item a line, each with "- " in front'


def _as_map(value: Any, node: Schema, path: Path) -> str:
    name = path[-1]
    if "properties" in node:
        return _as_struct(value, node["properties"], path)
    if node.get("additionalProperties", {}).get("x-go-type") == "bool":
        gates = ", ".join(f"{gate}: {setting or 'true'}" for gate, setting in _gates(value))
        return f"write {name}: {{{gates or 'Name: true'}}}"
    if isinstance(value, list) and _holds_arguments(name):
        return f"write {name}: {_flow_map(value)}, or apiVersion kubeadm.k8s.io/v1beta4, which has lists"
    return f'write {name}: {{name: "value"}}'


def _as_struct(value: Any, properties: Schema, path: Path) -> str:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "remove the dash in front of its fields"
    if not isinstance(path[-1], int):
        return f"write {path[-1]}: {{}}" if value == [] else f"write {path[-1]}: {{}} or its fields below it, indented"
    if _holds_arguments(path[-2]) and (argument := _argument_in(value)):
        return f"write - {flow_arguments(dict([argument]))[1:-1]}"
    return f"write its fields instead, such as {' and '.join(list(properties)[:2])}"


def _holds_arguments(name: str | int) -> bool:
    return name in ("extraArgs", "kubeletExtraArgs")


def _gates(value: Any) -> list[tuple[str, str]]:
    """The gates and settings of `A=true,B=false`, or of a list of such; none if it is anything else."""
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    found = [re.fullmatch(r"\s*(\w+)(?:=(true|false))?\s*", item) if isinstance(item, str) else None for item in items]
    return [(match[1], match[2]) for match in found if match] if all(found) else []


def _argument_in(value: Any) -> tuple[str, str] | None:
    """Name and value of an argument as on a command line: `--name=value`, or `--name`, which is true."""
    if not isinstance(value, str) or (not value.startswith("-") and "=" not in value):
        return None
    match = re.fullmatch(r"-{0,2}([A-Za-z][\w.-]*)(?:[= ](.*))?", value, re.DOTALL)
    return (match[1], "true" if match[2] is None else match[2].strip()) if match else None


def _flow_map(value: list[Any]) -> str:
    """A list of arguments as a map in one line, an example if an argument is not plain or there twice."""
    found = [
        (str(item["name"]), _argument(item.get("value")))
        if isinstance(item, dict) and item.get("name") and not isinstance(item.get("value"), dict)
        else _argument_in(item)
        for item in value
    ]
    arguments = dict(each for each in found if each)
    if not arguments or len(arguments) < len(value):
        return '{name: "value"}'
    return f"{{{', '.join(f'{_plain(name)}: {_shown(name, text)}' for name, text in arguments.items())}}}"


_SECRET_ARGUMENT = re.compile(r"(token|secret|password)$", re.IGNORECASE)


def flow_arguments(arguments: Mapping[Any, Any]) -> str:
    """Arguments in the old map form as the list of today, in YAML that fits into one line."""
    items = []
    for name, value in arguments.items():
        items.append(f"{{name: {_plain(str(name))}, value: {_shown(str(name), value)}}}")
    return f"[{', '.join(items)}]"


def _shown(name: str, value: Any) -> str:
    """The value of an argument, unless it may be a secret."""
    hidden = _SECRET_ARGUMENT.search(name) or isinstance(value, dict)
    return "…" if hidden else json.dumps(_argument(value), ensure_ascii=False)


def _argument(value: Any) -> str:
    """The text of an argument; flags have commas between the items of a list."""
    if isinstance(value, list):
        return ",".join("…" if isinstance(item, dict | list) else _argument(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _plain(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][\w.-]*", name, re.ASCII) else json.dumps(name, ensure_ascii=False)
