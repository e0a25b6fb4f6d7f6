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
from kgen.tree import Origin

API_VERSION = "kgen/v1"

_TREE: Mapping[str, type] = {
    "apiVersion": str,
    "kind": str,
    "kubernetesVersion": str,
    "clusterName": str,
    "timeouts": dict,
    "nodes": list,
    "files": list,
    "objects": list,
    "origins": dict,
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
_ORIGIN: Mapping[str, type] = {"kind": str, "from": list}
_ORIGIN_OPTIONAL: Mapping[str, type] = {"source": str, "line": int, "column": int, "why": str}
_ORIGIN_KINDS = ("user", "flag", "default", "derived", "release", "patch")
_TYPES = {str: "a string", int: "a number", bool: "true or false", list: "a list", dict: "an object"}
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
    origins: Mapping[str, Origin]
    """Where the paths come from that places name"""
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
        origins={path: _origin(origin, f"origins[{path!r}]") for path, origin in data["origins"].items()},
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
        _check_strings(paths, f"{where}: {name}")
    return {
        "path": data["path"],
        "sensitive": data["sensitive"],
        "sha256": data["sha256"],
        "phase": data["phase"],
        "topic": data["topic"],
        "places": {pointer: tuple(paths) for pointer, paths in data["places"].items()},
    }


def _check_strings(value: Any, where: str) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{where} is not a list of strings")


def _origin(data: Any, where: str) -> Origin:
    _check(data, _ORIGIN, where)
    _check(data, {name: kind for name, kind in _ORIGIN_OPTIONAL.items() if name in data}, where)
    _check_strings(data["from"], f"{where}.from")
    if data["kind"] not in _ORIGIN_KINDS or data.get("line", 1) < 1 or data.get("column", 1) < 1:
        raise ValueError(f"{where} is no origin")
    said = {name: data[name] for name in _ORIGIN_OPTIONAL if name in data}
    return Origin(data["kind"], inputs=tuple(data["from"]), **said)


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
