# SPDX-License-Identifier: Apache-2.0
"""Two clusters, object by object: what differs beside what differs in any two clusters.

Left out are times, counters and ids that the API server gives, what a kubelet reports of its machine, and what was
made from keys: certificates, signatures, encrypted keys, generated parts of names. Every such thing stands in the
tables here; anything else that differs is a difference.
"""

from __future__ import annotations

import base64
import difflib
import re
from typing import Any

import yaml

from e2e.kubectl import Kubectl

_KINDS = (
    "configmaps,secrets,serviceaccounts,roles,rolebindings,deployments,daemonsets,services,pods,"
    "clusterroles,clusterrolebindings,nodes,priorityclasses,flowschemas,prioritylevelconfigurations,namespaces"
)
_VOLATILE = {
    *("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation", "observedGeneration"),
    *("lastHeartbeatTime", "lastTransitionTime", "lastUpdateTime", "lastProbeTime", "startedAt", "startTime"),
    *("containerID", "podIP", "podIPs", "nodeInfo", "podCIDR", "podCIDRs", "images", "restartCount", "lastState"),
    *("controller-revision-hash", "pod-template-hash", "pod-template-generation"),
    *("kubernetes.io/config.hash", "kubernetes.io/config.mirror", "kubernetes.io/config.seen"),
}
_STATUS_OF_ITS_OWN = {"Pod", "Namespace", "DaemonSet", "Deployment", "FlowSchema", "PriorityLevelConfiguration"}
"""Kinds whose status tells how far the cluster has come."""
_KEYED = {
    re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?"): "a certificate\n",
    re.compile(r"(?<=certificate-authority-data: )\S+"): "a certificate",
    re.compile(r"^[\w-]{20,}\.\.[\w-]{20,}$"): "a signature",
    re.compile(r"kube-api-access-\w{5}"): "kube-api-access-X",
    re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"): "a time",
}
_GENERATED_NAME = re.compile(r"(-[a-z0-9]{8,10}-[a-z0-9]{5}$)|((?<=kube-proxy)-[a-z0-9]{5}$)")
_PROXY = "Proxy for managing TTL"
"""Of the token that --upload-certs makes, whose end is the end of the Secret kubeadm-certs."""
_TOKEN_OF_ITS_OWN, _RANDOM = "bootstrap-token-X", "random"
Key = tuple[str, str, str]
Dump = dict[Key, str]


def dump(kubectl: Kubectl) -> Dump:
    """Every object of a cluster that is compared, as text, by kind, namespace and name."""
    return texts(kubectl.get(_KINDS, "-A")["items"])


def texts(items: list[dict[str, Any]]) -> Dump:
    """What is compared of these objects, which are changed in place."""
    found: Dump = {}
    for item in items:
        metadata, kind = item["metadata"], item["kind"]
        name = _GENERATED_NAME.sub("", metadata["name"])
        if kind in _STATUS_OF_ITS_OWN:
            item.pop("status", None)
        if kind == "Pod":
            metadata["name"] = name
            if metadata["ownerReferences"][0]["kind"] == "ReplicaSet":
                item["spec"].pop("nodeName", None)  # the scheduler's choice
            elif name == "kube-proxy":
                name += f" on {item['spec']['nodeName']}"
        if kind == "Secret":
            item["data"] = _data(name, item.get("data") or {})
            name = metadata["name"] = _TOKEN_OF_ITS_OWN if _RANDOM in item["data"].values() else name
        key = (kind, metadata.get("namespace", ""), name)
        while key in found:
            key = (*key[:2], key[2] + " again")
        for owner in metadata.get("ownerReferences", ()):
            if name == "kubeadm-certs":
                owner["name"] = _TOKEN_OF_ITS_OWN
        found[key] = yaml.safe_dump(_clean(item))
    return found


def differences(ours: Dump, theirs: Dump) -> list[str]:
    """What differs, a text each; empty if nothing does."""
    found = [f"only in ours: {' '.join(key)}" for key in ours.keys() - theirs.keys()]
    found += [f"only in theirs: {' '.join(key)}" for key in theirs.keys() - ours.keys()]
    for key in sorted(ours.keys() & theirs.keys()):
        if ours[key] != theirs[key]:
            lines = difflib.unified_diff(
                theirs[key].splitlines(), ours[key].splitlines(), "theirs", "ours", n=1, lineterm=""
            )
            found.append("\n".join([" ".join(key), *lines]))
    return found


def _data(name: str, data: dict[str, str]) -> dict[str, str]:
    """What of a Secret is compared: no encrypted keys, no time, no token that each program drew for itself."""
    if name == "kubeadm-certs":
        return dict.fromkeys(data, "encrypted")
    data = {**data, "expiration": "a time"} if "expiration" in data else data
    if _PROXY in base64.b64decode(data.get("description", "")).decode():
        return {**data, "token-id": _RANDOM, "token-secret": _RANDOM}
    return data


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, str):
        for pattern, word in _KEYED.items():
            value = pattern.sub(word, value)
    return value
