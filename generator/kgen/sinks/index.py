# SPDX-License-Identifier: Apache-2.0
"""Reads `kgen.json` (schema/kgen/v1/Tree.json) into values. Pure: bytes in, Index out.

Fields that are not known are passed over, so that a later kgen/v1 may add some.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kgen.sinks.layout import clash, fault

API_VERSION = "kgen/v1"

_TREE: Mapping[str, type] = {
    "apiVersion": str,
    "kind": str,
    "kubernetesVersion": str,
    "clusterName": str,
    "nodes": list,
    "files": list,
    "objects": list,
}
_NODE: Mapping[str, type] = {"name": str, "role": str, "address": str, "directory": str}
_ARTIFACT: dict[str, type] = {
    "path": str,
    "sensitive": bool,
    "sha256": str,
    "phase": str,
    "topic": str,
    "from": list,
    "places": dict,
}
_FILE: dict[str, type] = _ARTIFACT | {"node": str, "target": str, "mode": str, "owner": str}
_OBJECT: dict[str, type] = _ARTIFACT | {"apiVersion": str, "kind": str, "namespace": str, "name": str, "verb": str}
_TYPES = {str: "a string", bool: "true or false", list: "a list", dict: "an object"}
_FORMS = {
    "mode": r"0[0-7]{3}",
    "sha256": r"[0-9a-f]{64}",
    "target": r"/.+",
    "role": r"init|control-plane|worker",
    "verb": r"create|patch",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index says about one artifact, file or object."""

    path: str
    sensitive: bool
    sha256: str
    phase: str
    topic: str
    places: Mapping[str, tuple[str, ...]]
    """What each place in it depends on"""


@dataclass(frozen=True, slots=True)
class FileEntry(Entry):
    """A file for a node."""

    node: str
    target: str
    mode: int
    owner: str


@dataclass(frozen=True, slots=True)
class ObjectEntry(Entry):
    """An object for the API server."""

    api_version: str
    kind: str
    namespace: str
    name: str
    verb: Literal["create", "patch"]


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """A machine of the cluster."""

    name: str
    role: str
    address: str
    directory: str


@dataclass(frozen=True, slots=True)
class Index:
    """The content of a `kgen.json`."""

    kubernetes_version: str
    cluster_name: str
    nodes: tuple[NodeEntry, ...]
    files: tuple[FileEntry, ...]
    objects: tuple[ObjectEntry, ...]
    entries: Mapping[str, Entry]
    """Files and objects by path."""
    canonical: bool
    """Whether its bytes are laid out as kgen lays them out; if not, someone else wrote them."""


def parse(content: bytes) -> Index:
    """The index in these bytes; ValueError, with a clause that says what is wrong, if there is none."""
    try:
        data = json.loads(content)
        canonical = (json.dumps(data, indent=2) + "\n").encode() == content
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    _check(data, _TREE, "the index")
    if (data["apiVersion"], data["kind"]) != (API_VERSION, "Tree"):
        raise ValueError(f"it is a {data['apiVersion']} {data['kind']}; this kgen reads a {API_VERSION} Tree")
    nodes = tuple(_node(node, f"nodes[{i}]") for i, node in enumerate(data["nodes"]))
    files = tuple(_file(file, f"files[{i}]") for i, file in enumerate(data["files"]))
    objects = tuple(_object(item, f"objects[{i}]") for i, item in enumerate(data["objects"]))
    if why := clash(entry.path for entry in (*files, *objects)):
        raise ValueError(why)
    return Index(
        kubernetes_version=data["kubernetesVersion"],
        cluster_name=data["clusterName"],
        nodes=nodes,
        files=files,
        objects=objects,
        entries={entry.path: entry for entry in (*files, *objects)},
        canonical=canonical,
    )


def _check(data: Any, fields: Mapping[str, type], where: str) -> None:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is not an object")  # noqa: TRY004 (what is wrong is the text, for the one caller)
    for name, kind in fields.items():
        if name not in data:
            raise ValueError(f"{where} has no {name}")
        if type(data[name]) is not kind:
            raise ValueError(f"{where}.{name} is not {_TYPES[kind]}")
        if name in _FORMS and not re.fullmatch(_FORMS[name], data[name]):
            raise ValueError(f"{where}.{name} is not of the form {_FORMS[name]}")


def _node(data: Any, where: str) -> NodeEntry:
    _check(data, _NODE, where)
    if "/" in data["name"] or fault(data["name"]):
        raise ValueError(f"{where}.name is not the name of a node")
    if data["directory"] != "." and (why := fault(data["directory"])):
        raise ValueError(f"{where}.directory {why}")
    return NodeEntry(data["name"], data["role"], data["address"], data["directory"])


def _common(data: Any, fields: Mapping[str, type], where: str) -> dict[str, Any]:
    _check(data, fields, where)
    for name, paths in (("from", data["from"]), *data["places"].items()):
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise ValueError(f"{where}: {name} is not a list of strings")
    return {
        "path": data["path"],
        "sensitive": data["sensitive"],
        "sha256": data["sha256"],
        "phase": data["phase"],
        "topic": data["topic"],
        "places": {pointer: tuple(paths) for pointer, paths in data["places"].items()},
    }


def _file(data: Any, where: str) -> FileEntry:
    common = _common(data, _FILE, where)
    return FileEntry(**common, node=data["node"], target=data["target"], mode=int(data["mode"], 8), owner=data["owner"])


def _object(data: Any, where: str) -> ObjectEntry:
    common = _common(data, _OBJECT, where)
    return ObjectEntry(
        **common,
        api_version=data["apiVersion"],
        kind=data["kind"],
        namespace=data["namespace"],
        name=data["name"],
        verb=data["verb"],
    )
