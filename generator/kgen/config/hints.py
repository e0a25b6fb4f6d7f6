# SPDX-License-Identifier: Apache-2.0
"""What would be right: the second half of each structural problem, in a kubeadm user's words.

Nothing here repeats a value that could be a secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from kgen import releases
from kgen.config import flags
from kgen.config.catalogue import Schema, fields, kinds, minors
from kgen.config.scalars import parse_duration
from kgen.errors import Path, format_path

_PROXY = "write it in a document of apiVersion kubeproxy.config.k8s.io/v1alpha1, kind KubeProxyConfiguration"
_KUBELET = "write it in a document of apiVersion kubelet.config.k8s.io/v1beta1, kind KubeletConfiguration"
_READ_ONLY = "write readOnly, with the opposite value"
_REMOVED = "remove it; kubeadm has no such setting any more"
_GATES = "write feature-gates in {}.extraArgs"

MOVED: dict[str, dict[str, str]] = {
    "ClusterConfiguration": {
        "api": "write localAPIEndpoint in the InitConfiguration",
        "apiServer.extraVolumes[].writable": _READ_ONLY,
        "apiServer.featureGates": _GATES.format("apiServer"),
        "apiServer.timeoutForControlPlane": "write timeouts.controlPlaneComponentHealthCheck in the InitConfiguration",
        "apiServerCertSANs": "write apiServer.certSANs",
        "apiServerExtraArgs": "write apiServer.extraArgs",
        "apiServerExtraVolumes": "write apiServer.extraVolumes",
        "auditPolicy": "write the audit arguments in apiServer.extraArgs",
        "authorizationModes": "write authorization-mode in apiServer.extraArgs",
        "ciImageRepository": _REMOVED,
        "cloudProvider": "write cloud-provider: external in nodeRegistration.kubeletExtraArgs of the InitConfiguration",
        "controllerManager.extraVolumes[].writable": _READ_ONLY,
        "controllerManager.featureGates": _GATES.format("controllerManager"),
        "controllerManagerExtraArgs": "write controllerManager.extraArgs",
        "controllerManagerExtraVolumes": "write controllerManager.extraVolumes",
        "dns.type": "remove it; CoreDNS is the only DNS server that kubeadm installs",
        "etcd.local.image": "write imageRepository and imageTag",
        "kubeProxy": _PROXY,
        "kubeletConfiguration": _KUBELET,
        "privilegedPods": _REMOVED,
        "scheduler.extraVolumes[].writable": _READ_ONLY,
        "scheduler.featureGates": _GATES.format("scheduler"),
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

_CLUSTER, _INIT = "ClusterConfiguration", "InitConfiguration"
_OTHER_NAMES: Mapping[str, tuple[str, Path]] = {
    **{flag.replace("-", ""): place for flag, place in flags.PATHS.items()},
    "clustercidr": (_CLUSTER, ("networking", "podSubnet")),
    "clusterdomain": (_CLUSTER, ("networking", "dnsDomain")),
    "hostnameoverride": (_INIT, ("nodeRegistration", "name")),
    "podcidr": (_CLUSTER, ("networking", "podSubnet")),
    "serviceclusteriprange": (_CLUSTER, ("networking", "serviceSubnet")),
}
"""Names that flags of kubeadm and fields and flags of components have for the same: kind and path of the field.

In lower case, without dashes. In a component's document some of these would be taken, and do something else: kubeadm
takes a component's ranges and domain from the ClusterConfiguration.
"""

_UNCLEAR = frozenset({"address", "bindAddress", "port"})
"""Fields of the components' documents that kubeadm's users mean something else by"""

_OF_PROGRAMS = frozenset({"apiServer", "controllerManager", "etcd", "localAPIEndpoint", "scheduler"})
"""Fields whose contents are about one program, and never about the kubelet or kube-proxy"""


def unknown(kind: str, api_version: str, path: Path, siblings: Schema, minor: str) -> str:
    """What to write for a field that its schema does not know; empty if nothing comes near it."""
    name, place = str(path[-1]), _place(path)
    for sibling in siblings:
        if sibling.lower() == name.lower():
            return f"did you mean {sibling}? Capitals matter"
    return (
        MOVED.get(kind, {}).get(place)
        or _other_version(kind, api_version, place, minor)
        or _argument(path, siblings)
        or _other_name(kind, name)
        or _other_place(kind, api_version, name, minor)
        or near(name, siblings)
        or _other_kind(kind, api_version, path, minor)
    )


def _argument(path: Path, siblings: Schema) -> str:
    """For an argument that is written as a field of an item, `- profiling: "false"`."""
    if len(path) < 3 or path[-3] not in ("extraArgs", "kubeletExtraArgs"):
        return ""
    return near(str(path[-1]), siblings) or f"write {{name: {path[-1]}, value: …}}"


def _other_name(kind: str, name: str) -> str:
    other, path = _OTHER_NAMES.get(re.sub("[-_]", "", name).lower(), ("", ()))
    if kind not in _TOGETHER or not path or name.lower() == str(path[-1]).lower():
        return ""
    return f"write {format_path(path)}" + (f" in the {other}" if other != kind else "")


def _place(path: Path) -> str:
    return re.sub(r"\[\d+\]", "[]", format_path(path))


def _other_version(kind: str, api_version: str, place: str, minor: str) -> str:
    group = api_version.split("/", maxsplit=1)[0]
    for version, other in sorted(kinds(minor)):
        if other == kind and version.startswith(f"{group}/") and place in fields(minor, version, other):
            experimental = version.partition("/")[2] in releases.load(minor).experimental_versions
            return f"only apiVersion {version} has it" + (", which is experimental" if experimental else "")
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


def _other_kind(kind: str, api_version: str, path: Path, minor: str) -> str:
    """Documents of one file are often mixed up; those of other commands are never meant."""
    name = str(path[-1])
    in_component = name not in _UNCLEAR and (len(path) == 1 or path[0] not in _OF_PROGRAMS)
    for version, other in sorted(kinds(minor)):
        if other == kind or other not in _TOGETHER.get(kind, ()):
            continue
        if version != api_version and not (in_component and ".config." in version):
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
        hours = f"{int(days[1]) * _DAYS[days[2]]}h"
        return "durations have no unit above hours", f"write {hours}" if _is_duration(hours) else instead
    if value.startswith("$") or "{{" in value or "${" in value:
        return what, "the file is not a template; replace the placeholder"
    return what, instead


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def out_of_range(node: Schema, path: Path) -> tuple[str, str]:
    """What is wrong with a number that its Go type cannot hold, and what it can."""
    smallest, largest = (1, 65535) if str(path[-1]).lower().endswith("port") else (node["minimum"], node["maximum"])
    return "this number is out of range", f"write one from {smallest} to {largest}"


def bad_value(subject: str, node: Schema) -> tuple[str, str]:
    """What is wrong with a value or name that kgen's own schema does not allow, and what it does."""
    if node.get("uniqueItems"):
        return "an item stands here twice", ""
    words = re.fullmatch(r"\^\(([a-z|]+)\)\$", node.get("pattern", ""))
    if allowed := words[1].split("|") if words else node.get("enum"):
        return f"this {subject} is not allowed here", f"write one of {', '.join(allowed)}"
    examples = node.get("examples", ())
    return f"this {subject} does not have the right form", f"write it as in {examples[0]}" if examples else ""


def near_kind(kind: str, known: Iterable[str]) -> str:
    """The kind that is meant by one that there is not; empty if none is so close. All end alike, which says nothing."""
    stems = {each.removesuffix("Configuration").lower(): each for each in known}
    closest = difflib.get_close_matches(re.sub("[Cc]onfig(uration)?$", "", kind).lower(), stems, 1, 0.7)
    return stems[closest[0]] if closest else ""


def near_phase(name: str, known: Collection[str]) -> str:
    """A hint at the phase that may be meant; at no group in the place of one phase, which would skip more."""
    candidates = [each for each in known if ("/" in each) == ("/" in name) and not each.endswith("/all")]
    return f"did you mean {_RENAMED[name]}?" if name in _RENAMED else near(name.lower(), candidates, 0.8)


_RENAMED = {"control-plane-join/etcd": "etcd-join"}
"""Phase that there was to the one that does the same now (cmd/phases/join/controlplanejoin.go)"""
