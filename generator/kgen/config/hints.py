# SPDX-License-Identifier: Apache-2.0
"""What would be right: the second half of each structural problem, in a kubeadm user's words.

Nothing here repeats a value that could be a secret.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kgen.config.catalogue import Schema, fields, kinds, minors
from kgen.errors import Path, format_path

_PROXY = "write it in a document of apiVersion kubeproxy.config.k8s.io/v1alpha1, kind KubeProxyConfiguration"
_KUBELET = "write it in a document of apiVersion kubelet.config.k8s.io/v1beta1, kind KubeletConfiguration"
_READ_ONLY = "write readOnly, with the opposite value"
_REMOVED = "remove it; kubeadm has no such setting any more"

MOVED: dict[str, dict[str, str]] = {
    "ClusterConfiguration": {
        "api": "write localAPIEndpoint in the InitConfiguration",
        "apiServer.extraVolumes[].writable": _READ_ONLY,
        "apiServer.timeoutForControlPlane": "write timeouts.controlPlaneComponentHealthCheck in the InitConfiguration",
        "apiServerCertSANs": "write apiServer.certSANs",
        "apiServerExtraArgs": "write apiServer.extraArgs",
        "apiServerExtraVolumes": "write apiServer.extraVolumes",
        "auditPolicy": "write the audit arguments in apiServer.extraArgs",
        "authorizationModes": "write authorization-mode in apiServer.extraArgs",
        "ciImageRepository": _REMOVED,
        "cloudProvider": "write cloud-provider in nodeRegistration.kubeletExtraArgs of the InitConfiguration",
        "controllerManager.extraVolumes[].writable": _READ_ONLY,
        "controllerManagerExtraArgs": "write controllerManager.extraArgs",
        "controllerManagerExtraVolumes": "write controllerManager.extraVolumes",
        "dns.type": "remove it; CoreDNS is the only DNS server that kubeadm installs",
        "etcd.local.image": "write imageRepository and imageTag",
        "kubeProxy": _PROXY,
        "kubeletConfiguration": _KUBELET,
        "privilegedPods": _REMOVED,
        "scheduler.extraVolumes[].writable": _READ_ONLY,
        "schedulerExtraArgs": "write scheduler.extraArgs",
        "schedulerExtraVolumes": "write scheduler.extraVolumes",
        "unifiedControlPlaneImage": _REMOVED,
        "useHyperKubeImage": _REMOVED,
    },
    "InitConfiguration": {
        "api": "write localAPIEndpoint",
        "apiEndpoint": "write localAPIEndpoint",
        "nodeName": "write nodeRegistration.name",
        "token": "write bootstrapTokens",
        "tokenGroups": "write bootstrapTokens[].groups",
        "tokenTTL": "write bootstrapTokens[].ttl",
        "tokenUsages": "write bootstrapTokens[].usages",
    },
    "JoinConfiguration": {
        "advertiseAddress": "write controlPlane.localAPIEndpoint.advertiseAddress",
        "apiEndpoint": "write controlPlane.localAPIEndpoint",
        "discovery.timeout": "write timeouts.discovery at the top level",
        "discoveryFile": "write discovery.file.kubeConfigPath",
        "discoveryTimeout": "write timeouts.discovery",
        "discoveryToken": "write discovery.bootstrapToken.token",
        "discoveryTokenAPIServers": "write discovery.bootstrapToken.apiServerEndpoint",
        "discoveryTokenCACertHashes": "write discovery.bootstrapToken.caCertHashes",
        "discoveryTokenUnsafeSkipCAVerification": "write discovery.bootstrapToken.unsafeSkipCAVerification",
        "nodeName": "write nodeRegistration.name",
        "token": "write discovery.bootstrapToken.token",
    },
    "KubeProxyConfiguration": {
        "conntrack.max": "write conntrack.min or conntrack.maxPerCore",
        "resourceContainer": "remove it; kube-proxy has no such setting any more",
        "udpIdleTimeout": "remove it; kube-proxy has no such setting any more",
    },
}
"""Fields of older versions and of old guides, by kind and place: what to write today."""


def unknown(kind: str, api_version: str, path: Path, siblings: Schema, minor: str) -> str:
    """What to write for a field that its schema does not know; empty if nothing comes near it."""
    name, place = str(path[-1]), _place(path)
    for sibling in siblings:
        if sibling.lower() == name.lower():
            return f"did you mean {sibling}? Capitals matter"
    return (
        MOVED.get(kind, {}).get(place)
        or _other_version(kind, api_version, place, minor)
        or _other_place(kind, api_version, name, minor)
        or near(name, siblings)
        or _other_kind(kind, api_version, name, minor)
    )


def _place(path: Path) -> str:
    return re.sub(r"\[\d+\]", "[]", format_path(path))


def _other_version(kind: str, api_version: str, place: str, minor: str) -> str:
    group = api_version.split("/", maxsplit=1)[0]
    for version, other in sorted(kinds(minor)):
        if other == kind and version.startswith(f"{group}/") and place in fields(minor, version, other):
            return f"only apiVersion {version} has it"
    having = [
        other for other in minors() if (api_version, kind) in kinds(other) and place in fields(other, api_version, kind)
    ]
    return f"only kubeadm {', '.join(having)} has it" if having else ""


def _other_place(kind: str, api_version: str, name: str, minor: str) -> str:
    places = _named(name, fields(minor, api_version, kind))
    return f"did you mean {' or '.join(places)}?" if 0 < len(places) <= 3 else ""


def near(name: str, known: Iterable[str], cutoff: float = 0.7) -> str:
    """A hint at the known name that may be meant; empty if none is so close (difflib's ratio, from 0 to 1)."""
    closest = difflib.get_close_matches(name, known, 1, cutoff)
    return f"did you mean {closest[0]}?" if closest else ""


def _other_kind(kind: str, api_version: str, name: str, minor: str) -> str:
    """Documents of one file are often mixed up; those of other commands are never meant."""
    for version, other in sorted(kinds(minor)):
        if (
            other == kind
            or other not in _TOGETHER.get(kind, ())
            or (version != api_version and ".config." not in version)
        ):
            continue
        places = _named(name, fields(minor, version, other))
        if places == [name]:
            return f"it belongs into the {other}"
        if 0 < len(places) <= 3:
            return f"it belongs into the {other}, as {' or '.join(places)}"
    return ""


_TOGETHER = dict.fromkeys(
    ("InitConfiguration", "ClusterConfiguration"),
    ("InitConfiguration", "ClusterConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"),
)


def _named(name: str, places: Sequence[str]) -> list[str]:
    return [place for place in places if place.rsplit(".", maxsplit=1)[-1] == name]


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
        return "write one string with a comma between the ranges"
    if wanted == "boolean" and isinstance(value, str):
        return "remove the quotes" if value.lower() in ("true", "false") else "write true or false"
    if wanted in ("integer", "number") and isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
        return "remove the quotes"
    if wanted == "array":
        return _as_list(value, node, str(path[-1]))
    return _as_map(value, node, str(path[-1])) if wanted == "object" else ""


def _as_list(value: Any, node: Schema, name: str) -> str:
    if value == {}:
        return f"write {name}: []"
    if isinstance(value, dict) and node.get("items", {}).get("$ref") == "#/$defs/Arg":
        return f"write {name}: {flow_arguments(value)}"
    return 'write one item a line, each with "- " in front'


def _as_map(value: Any, node: Schema, name: str) -> str:
    if "properties" in node:
        fields_below = f"write {name}: {{}} or its fields below it, indented"
        return "remove the dash in front of its fields" if isinstance(value, list) else fields_below
    items = node.get("additionalProperties", {})
    if items.get("x-go-type") == "bool":
        return f"write {name}: {{Name: true}}"
    if isinstance(value, list) and name.endswith(("extraArgs", "ExtraArgs")):
        return f"write {name}: {{name: value}}, or apiVersion kubeadm.k8s.io/v1beta4, which has lists"
    return f'write {name}: {{name: "value"}}'


_SECRET_ARGUMENT = re.compile(r"(token|secret|password)$", re.IGNORECASE)


def flow_arguments(arguments: Mapping[Any, Any]) -> str:
    """Arguments in the old map form as the list of today, in YAML that fits into one line."""
    items = []
    for name, value in arguments.items():
        hidden = _SECRET_ARGUMENT.search(str(name)) or isinstance(value, dict)
        shown = "…" if hidden else json.dumps(_argument(value), ensure_ascii=False)
        items.append(f"{{name: {_plain(str(name))}, value: {shown}}}")
    return f"[{', '.join(items)}]"


def _argument(value: Any) -> str:
    """The text of an argument; flags have commas between the items of a list."""
    if isinstance(value, list):
        return ",".join("…" if isinstance(item, dict | list) else _argument(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _plain(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][\w.-]*", name, re.ASCII) else json.dumps(name, ensure_ascii=False)


_FORMATS = {
    "go-duration": ("this is no duration", "write numbers with units out of h, m, s, ms, e.g. 1h30m"),
    "date-time": ("this is no time", "write it as in 2030-01-31T12:00:00Z"),
    "go-quantity": ("this is no quantity", "write a number with a suffix, e.g. 500m, 1Gi"),
    "go-bootstrap-token": ("this is no token", "write six characters, a dot and sixteen more, all of a-z and 0-9"),
}
_DAYS = {"d": 24, "w": 7 * 24, "y": 365 * 24}


def bad_format(value: str, name: str) -> tuple[str, str]:
    """What is wrong with a text that does not have its form, and what to write instead."""
    what, instead = _FORMATS[name]
    days = re.fullmatch(r"([0-9]{1,6})([dwy])", value)
    if name == "go-duration" and days:
        return "durations have no unit above hours", f"write {int(days[1]) * _DAYS[days[2]]}h"
    if value.startswith("$") or "{{" in value or "${" in value:
        return what, "the file is not a template; replace the placeholder"
    return what, instead


def out_of_range(node: Schema) -> tuple[str, str]:
    """What is wrong with a number that its Go type cannot hold, and what it can."""
    return "this number is out of range", f"write one from {node['minimum']} to {node['maximum']}"


def bad_value(subject: str, node: Schema) -> tuple[str, str]:
    """What is wrong with a value or name that kgen's own schema does not allow, and what it does."""
    if node.get("uniqueItems"):
        return "an item stands here twice", ""
    words = re.fullmatch(r"\^\(([a-z|]+)\)\$", node.get("pattern", ""))
    if allowed := words[1].split("|") if words else node.get("enum"):
        return f"this {subject} is not allowed here", f"write one of {', '.join(allowed)}"
    examples = node.get("examples", ())
    return f"this {subject} does not have the right form", f"write it as in {examples[0]}" if examples else ""


def near_phase(name: str, known: Collection[str]) -> str:
    """A hint at the phase that may be meant; at no group in the place of one phase, which would skip more."""
    candidates = [each for each in known if ("/" in each) == ("/" in name) and not each.endswith("/all")]
    return f"did you mean {_RENAMED[name]}?" if name in _RENAMED else near(name.lower(), candidates, 0.8)


_RENAMED = {"control-plane-join/etcd": "etcd-join"}
"""Phase that there was to the one that does the same now (cmd/phases/join/controlplanejoin.go)"""
