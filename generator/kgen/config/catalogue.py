# SPDX-License-Identifier: Apache-2.0
"""The schema files: which kinds a kubeadm minor reads or patches, and what fields they have."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kgen.resources import directory

Schema = Mapping[str, Any]

RENDER = ("kgen/v1", "RenderConfiguration")
"""kgen's own document, the same for every minor."""


@functools.cache
def minors() -> tuple[str, ...]:
    """Every kubeadm minor that there are schemas for, oldest first: `1.34`, …"""
    names = (path.name for path in directory("schema").glob("1.*"))
    return tuple(sorted(names, key=lambda name: int(name.removeprefix("1."))))


@functools.cache
def kinds(minor: str) -> frozenset[tuple[str, str]]:
    """Every (apiVersion, kind) that a document for this kubeadm minor can have, kgen's own included."""
    root = directory("schema") / minor
    files = root.glob("*/*/*.json")
    return frozenset((file.parent.relative_to(root).as_posix(), file.stem) for file in files) | {RENDER}


@functools.cache
def objects(minor: str) -> Mapping[tuple[str, str], Schema]:
    """The schemas of the API objects that kubeadm lets users patch, by (apiVersion, kind).

    Fields that a type does not know fit them: kubeadm drops those without a word.
    """
    schema = _read(directory("schema") / "objects" / f"{minor}.json")
    roots = (schema["$defs"][each["$ref"].removeprefix("#/$defs/")] for each in schema["oneOf"])
    return {
        (root["properties"]["apiVersion"]["const"], root["properties"]["kind"]["const"]): {
            **root,
            "$defs": schema["$defs"],
        }
        for root in roots
    }


@functools.cache
def load(minor: str, api_version: str, kind: str) -> Schema:
    """The JSON Schema of a configuration kind or a patched object. Raises KeyError if the minor has no such kind."""
    place = (api_version, kind)
    if place in kinds(minor):
        root = directory("schema")
        return _read((root if place == RENDER else root / minor) / api_version / f"{kind}.json")
    if place in objects(minor):
        return objects(minor)[place]
    raise KeyError(f"kubeadm {minor} has no {kind} in {api_version}")


def _read(file: Path) -> Schema:
    schema: Schema = json.loads(file.read_text(encoding="utf-8"))
    return schema


@functools.cache
def fields(minor: str, api_version: str, kind: str) -> tuple[str, ...]:
    """The place of every field of a kind, e.g. `apiServer.extraArgs[].name`, in the order of the schema."""
    schema = load(minor, api_version, kind)
    return tuple(_fields(schema, schema.get("$defs", {}), ""))


def _fields(node: Schema, defs: Schema, prefix: str) -> Iterator[str]:
    if "$ref" in node:
        node = defs[node["$ref"].removeprefix("#/$defs/")]
    if "items" in node:
        yield from _fields(node["items"], defs, f"{prefix}[]")
    for name, field in node.get("properties", {}).items():
        place = f"{prefix}.{name}" if prefix else name
        yield place
        yield from _fields(field, defs, place)
