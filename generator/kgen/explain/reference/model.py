# SPDX-License-Identifier: Apache-2.0
"""The schemas as types with fields: what a page about a kind shows, and where on it a field is."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kgen.config.catalogue import RENDER, kinds, load, minors
from kgen.errors import Path
from kgen.resources import directory

TREE = ("kgen/v1", "Tree")
"""The index of a tree, which is no configuration."""

_WORDS: Mapping[str, str] = {
    "bool": "boolean",
    "bootstrapToken": "bootstrap token",
    "duration": "duration",
    "float32": "number",
    "float64": "number",
    "int32": "integer",
    "int64": "integer",
    "quantity": "quantity",
    "string": "string",
    "time": "time",
    "timeOrMetaDuration": "duration, or a number of seconds",
    "uint32": "integer, not negative",
}
"""Types of the Go structs in words"""
_JSON: Mapping[str, str] = {
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "object": "object",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type."""

    name: str
    """Of a map within the type with the names above it: `host.caDirectories`."""
    type: str
    """In words, `list of Taint`."""
    of: str
    """Name of the type that it has, or that the items of its list or map have; else empty."""
    title: str
    description: str
    default: str
    """As JSON; empty without one."""
    examples: tuple[str, ...]
    """As JSON."""
    required: bool


@dataclass(frozen=True, slots=True)
class Type:
    """A kind, or a type that a field of it has."""

    name: str
    title: str
    description: str
    base: str
    """The type whose fields it has as well; else empty."""
    words: str
    """What it is, where it has no fields; else empty."""
    fields: Mapping[str, Field]
    """By name, in the order of the schema."""


Types = Mapping[str, Type]
"""The types of a kind by name, the kind itself first."""


@functools.cache
def types(minor: str, api_version: str, kind: str) -> Types:
    """The types of a kind in a minor; KeyError if it has no such kind."""
    schema: Any
    if (api_version, kind) == TREE:
        schema = json.loads((directory("schema") / api_version / f"{kind}.json").read_text(encoding="utf-8"))
    else:
        schema = load(minor, api_version, kind)
    found = {kind: _type(kind, schema)}
    for name, each in schema.get("$defs", {}).items():
        found[name] = _type(name, each)
    return found


@functools.cache
def versions(kind: str) -> Mapping[str, tuple[str, ...]]:
    """The apiVersions of a kind, each with the minors that read it; that which most of them read first, then newer."""
    if kind == TREE[1]:
        return {TREE[0]: minors()}
    found: dict[str, list[str]] = {}
    for minor in minors():
        for version, its_kind in kinds(minor):
            if its_kind == kind:
                found.setdefault(version, []).append(minor)
    order = sorted(found, key=lambda version: (len(found[version]), found[version]), reverse=True)
    return {version: tuple(found[version]) for version in order}


@functools.cache
def all_kinds() -> tuple[str, ...]:
    """Every kind that any minor reads, and kgen's own: kubeadm's by their use, then the components', then kgen's."""
    first = ("InitConfiguration", "ClusterConfiguration", "JoinConfiguration", "ResetConfiguration")
    known = {kind for minor in minors() for _, kind in kinds(minor)} - {RENDER[1]}
    return (*(kind for kind in first if kind in known), *sorted(known - set(first), key=_group), RENDER[1], TREE[1])


def _group(kind: str) -> tuple[bool, str]:
    return kind.startswith("Kube"), kind


def page(kind: str) -> str:
    """The page about a kind."""
    return "reference/kgen-json.md" if kind == TREE[1] else f"reference/configuration/{kind}.md"


def anchor(type_name: str, field: str = "") -> str:
    """The place of a type, or of a field of it, on the page of its kind."""
    return f"{type_name}.{field}" if field else type_name


def find(kind: str, path: Path) -> tuple[str, Field] | None:
    """The type that a field at this path of a kind is in, and the field: that of the list for an item of one.

    None for a path that the newest minor does not know.
    """
    known = versions(kind)
    if not known:
        return None
    version = next(iter(known))
    return _find(types(known[version][-1], version, kind), kind, tuple(s for s in path if isinstance(s, str)))


def _find(known: Types, name: str, steps: tuple[str, ...]) -> tuple[str, Field] | None:
    """The longest name first: maps within a type are fields with dots; below a map of values its own field counts."""
    for end in range(len(steps), 0, -1):
        field = known[name].fields.get(".".join(steps[:end]))
        if field is not None:
            rest = steps[end:]
            return _find(known, field.of, rest) if rest and field.of in known else (name, field)
    return None


def target(kind: str, path: Path) -> str:
    """The page and place of a field; empty if `find` finds none."""
    found = find(kind, path)
    return f"{page(kind)}#{anchor(found[0], found[1].name)}" if found else ""


def _type(name: str, schema: Mapping[str, Any]) -> Type:
    fields = {field.name: field for field in _fields(schema, "")}
    base = schema.get("$ref", "").removeprefix("#/$defs/")
    words = "" if fields else _words(schema)[0]
    return Type(name, schema.get("title", name), schema.get("description", ""), base, words, fields)


def _fields(schema: Mapping[str, Any], above: str) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, node in schema.get("properties", {}).items():
        yield _field(f"{above}{name}", node, name in required)
        yield from _fields(node, f"{above}{name}.")


def _field(name: str, node: Mapping[str, Any], required: bool) -> Field:
    words, of = _words(node)
    default = _json(node["default"]) if "default" in node else ""
    examples = tuple(_json(example) for example in node.get("examples", ()))
    return Field(name, words, of, node.get("title", ""), node.get("description", ""), default, examples, required)


def _words(node: Mapping[str, Any]) -> tuple[str, str]:
    """What type a node has, in words, and the name of the type in them."""
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        return name, name
    if "const" in node:
        return f"always {_json(node['const'])}", ""
    if "enum" in node:
        return f"one of {', '.join(map(_json, node['enum']))}", ""
    if "items" in node:
        words, of = _words(node["items"])
        return f"list of {words.replace('one of', 'any of')}", of
    if isinstance(node.get("additionalProperties"), dict):
        words, of = _words(node["additionalProperties"])
        return f"map of names to {words}", of
    if node.get("x-go-type") in _WORDS:
        return _WORDS[node["x-go-type"]], ""
    kinds_ = node.get("type", "anything")
    return next((_JSON[each] for each in ([kinds_] if isinstance(kinds_, str) else kinds_) if each in _JSON), "any"), ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
