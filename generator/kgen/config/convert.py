# SPDX-License-Identifier: Apache-2.0
"""Older kubeadm documents as v1beta4 ones (kubeadm app/apis/kubeadm/v1beta3/conversion.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgen.config.catalogue import Schema
from kgen.config.scalars import parse_duration

GROUP = "kubeadm.k8s.io"
CURRENT = f"{GROUP}/v1beta4"
OLDER = tuple(f"{GROUP}/{version}" for version in ("v1alpha3", "v1beta1", "v1beta2", "v1beta3"))
"""What kgen brings to the current version, oldest first."""


def without_nulls(value: Any) -> Any:
    """The value without its null fields: to Go's decoder a null field is one that is not there."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def known(document: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """The fields that Go's decoder takes: those of the schema that are not null. Of maps it takes every key."""
    return dict(_known(document, schema, schema.get("$defs", {})))


def _known(value: Any, node: Schema, defs: Schema) -> Any:
    node = defs[node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else node
    if isinstance(value, list):
        return [_known(item, node.get("items", {}), defs) for item in value]
    if not isinstance(value, dict):
        return value
    if "properties" in node:
        taken = {name: item for name, item in value.items() if item is not None and name in node["properties"]}
        return {name: _known(item, node["properties"][name], defs) for name, item in taken.items()}
    return {key: _known(item, node.get("additionalProperties", {}), defs) for key, item in value.items()}


_STRUCTS = ("bootstrapTokens", "extraArgs", "extraEnvs", "extraVolumes", "kubeletExtraArgs", "taints")
"""Lists of structs; all other lists in kubeadm's documents are of strings."""
_MAPS = {"featureGates": False, "extraArgs": "", "kubeletExtraArgs": ""}
"""Maps, and the value that a null in them has for Go."""


def _with_zeros(value: Any, name: str = "") -> Any:
    """The value with Go's zero values for nulls in lists and maps, which count there."""
    if isinstance(value, dict):
        zero = _MAPS.get(name)
        return {key: zero if item is None else _with_zeros(item, key) for key, item in value.items()}
    if isinstance(value, list):
        zero = {} if name in _STRUCTS else ""
        return [zero if item is None else _with_zeros(item) for item in value]
    return value


def to_current(documents: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """kubeadm documents by kind, each in v1beta4 shape; documents in other versions are converted.

    The two documents go together because v1beta3's apiServer.timeoutForControlPlane moves from the
    ClusterConfiguration to the InitConfiguration's timeouts.
    """
    converted = {kind: _convert(kind, value) for kind, value in documents.items()}
    timeout = None
    if documents.get("ClusterConfiguration", {}).get("apiVersion") == f"{GROUP}/v1beta3":
        timeout = converted["ClusterConfiguration"].get("apiServer", {}).pop("timeoutForControlPlane", None)
    if timeout and parse_duration(timeout) not in (0, parse_duration("4m")):
        init = converted.setdefault("InitConfiguration", {"apiVersion": CURRENT, "kind": "InitConfiguration"})
        init.setdefault("timeouts", {})["controlPlaneComponentHealthCheck"] = timeout
    return converted


def _convert(kind: str, document: dict[str, Any]) -> dict[str, Any]:
    value = without_nulls(_with_zeros(document))
    if value["apiVersion"] == f"{GROUP}/v1beta3":
        timeout = value.get("discovery", {}).pop("timeout", None) if kind == "JoinConfiguration" else None
        if timeout:
            value["timeouts"] = {"discovery": timeout}
        for holder in _argument_holders(kind, value):
            for field in ("extraArgs", "kubeletExtraArgs"):
                if isinstance(holder.get(field), dict):
                    holder[field] = [{"name": name, "value": text} for name, text in sorted(holder[field].items())]
    value["apiVersion"] = CURRENT
    return dict(value)


def _argument_holders(kind: str, value: dict[str, Any]) -> list[dict[str, Any]]:
    if kind == "ClusterConfiguration":
        components = [value.get(name, {}) for name in ("apiServer", "controllerManager", "scheduler")]
        return [*components, value.get("etcd", {}).get("local", {})]
    return [value.get("nodeRegistration", {})]
