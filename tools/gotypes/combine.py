# SPDX-License-Identifier: Apache-2.0
"""schema/<minor>/kubeadm.json: one schema for a document of any kind, by its apiVersion and kind.

An editor can take a single schema for a whole file; kubeadm's files hold several documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgen.cli.schema import published

Node = dict[str, Any]


def combined(minor: str, roots: Mapping[str, Node]) -> Node:
    """The schema that holds those of all kinds, which are given by `<apiVersion>/<Kind>`."""
    kinds: dict[str, list[str]] = {}
    defs: Node = {}
    cases = []
    for name in sorted(roots, reverse=True):  # v1beta4 before v1beta3, and before v1, which kubeadm does not read yet
        version, _, kind = name.rpartition("/")
        kinds.setdefault(version, []).append(kind)
        defs |= _definitions(version, kind, roots[name])
        cases.append(_case({"$ref": f"#/$defs/{_prefix(version)}{kind}"}, apiVersion=version, kind=kind))
    for version, names in kinds.items():
        cases.append(_case({"properties": {"kind": {"enum": sorted(names)}}}, apiVersion=version))
    return {
        "title": f"A document for kubeadm {minor}",
        "description": "Any of the documents that a file for kubeadm can hold, by its apiVersion and kind.",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"enum": list(kinds)},
            "kind": {"enum": sorted({kind for names in kinds.values() for kind in names})},
        },
        "allOf": cases,
        "$defs": defs,
    }


def _case(then: Node, **fields: str) -> Node:
    """A document with these fields is to be like `then`."""
    when = {name: {"const": value} for name, value in fields.items()}
    return {"if": {"properties": when, "required": list(when)}, "then": then}


def _prefix(version: str) -> str:
    """`kubeadm.v1beta4.` for kubeadm.k8s.io/v1beta4: versions of different groups have the same names."""
    group, _, name = version.partition("/")
    return f"{group.split('.')[0]}.{name}."


def _definitions(version: str, kind: str, root: Node) -> Node:
    prefix = _prefix(version)
    nodes = {kind: {key: value for key, value in root.items() if key[0] != "$"}, **root.get("$defs", {})}
    return {f"{prefix}{name}": _renamed(published(node), prefix) for name, node in nodes.items()}


def _renamed(node: Any, prefix: str) -> Any:
    if isinstance(node, list):
        return [_renamed(item, prefix) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _renamed(value, prefix) for key, value in node.items()}
    if isinstance(node.get("$ref"), str):
        out["$ref"] = f"#/$defs/{prefix}{node['$ref'].removeprefix('#/$defs/')}"
    return out
