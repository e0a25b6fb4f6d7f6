# SPDX-License-Identifier: Apache-2.0
"""What each kubelet goes by: the KubeletConfiguration, and over it the kubeletExtraArgs of its node.

An argument takes the place of the field of the same meaning (cmd/kubelet/app/server.go kubeletConfigFlagPrecedence).
So a lint looks at one value, wherever it was written, and its finding points there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kgen.config import catalogue
from kgen.config.lints import facts
from kgen.config.lints.arguments import facts_for
from kgen.config.lints.certificates import length
from kgen.config.lints.lint import Finding
from kgen.config.lints.ranges import at
from kgen.config.lints.subject import Argument, Subject
from kgen.config.lints.values import TRUE, wanted
from kgen.config.rules.fields import Field
from kgen.errors import Path

_KIND = "KubeletConfiguration"
_API_VERSION = "kubelet.config.k8s.io/v1beta1"

_FIELDS: dict[str, Path] = {
    "anonymous-auth": ("authentication", "anonymous", "enabled"),
    "authentication-token-webhook": ("authentication", "webhook", "enabled"),
    "authorization-mode": ("authorization", "mode"),
    "client-ca-file": ("authentication", "x509", "clientCAFile"),
    "event-qps": ("eventRecordQPS",),
    "image-gc-high-threshold": ("imageGCHighThresholdPercent",),
    "image-gc-low-threshold": ("imageGCLowThresholdPercent",),
    "logging-format": ("logging", "format"),
    "minimum-image-ttl-duration": ("imageMinimumGCAge",),
    "pod-manifest-path": ("staticPodPath",),
    "registry-qps": ("registryPullQPS",),
    "reserved-cpus": ("reservedSystemCPUs",),
    "rotate-server-certificates": ("serverTLSBootstrap",),
}
"""Flag to the field of the same meaning, where its name does not say it (cmd/kubelet/app/options/options.go)"""

_FILES = {
    "bootstrap-kubeconfig": "/etc/kubernetes/bootstrap-kubelet.conf",
    "config": "/var/lib/kubelet/config.yaml",
    "kubeconfig": "/etc/kubernetes/kubelet.conf",
}
"""Argument to the file that the drop-in of kubeadm's package gives, before kubeadm's own arguments"""

_LESS_THAN = ("evictionHard", "evictionSoft")
"""Maps with < between name and amount (component-base/cli/flag LangleSeparatedMapStringString)"""


@dataclass(frozen=True, slots=True)
class Kubelet:
    """The kubelet of one node."""

    subject: Subject
    node: Field
    """Its nodeRegistration"""
    settings: Field
    """Its KubeletConfiguration, with the arguments in it"""
    whole: bool
    """Whether all of its settings are known: what is not in them is the default."""
    places: Mapping[Path, Argument] = field(default_factory=dict)
    """Which argument a setting comes from"""

    def __getitem__(self, name: str) -> Field:
        return self.settings[name]

    def at(self, path: Path) -> Field:
        """The setting at a path."""
        return at(self.settings, path)

    def argument(self, setting: Field) -> Argument | None:
        """The argument that a setting comes from; None if it is from the KubeletConfiguration."""
        paths = (setting.path[:end] for end in range(len(setting.path), 0, -1))
        return next((self.places[path] for path in paths if path in self.places), None)

    def number(self, name: str, default: int) -> int | None:
        """A whole number; None if it is not known."""
        value = self[name].value
        return value if isinstance(value, int) else default if self.whole else None

    def period(self, name: str, default: int = 0) -> int | None:
        """Nanoseconds, of which zero in the KubeletConfiguration is the default; None if they are not known."""
        given = length(self[name])
        return given if given or self.argument(self[name]) else default if self.whole else None

    def gate(self, name: str) -> bool | None:
        """Whether a feature gate is on; None if it is not known."""
        gates = self["featureGates"]
        if isinstance(gates[name].value, bool):
            return bool(gates[name].value)
        known = facts_for(self.subject, "kubelet")
        if (
            known is None
            or name not in known.gates
            or not self.whole
            or gates["AllAlpha"].given
            or gates["AllBeta"].given
        ):
            return None
        return known.gates[name].default

    @property
    def in_control_plane(self) -> bool:
        """Whether static pods of kubeadm run on it"""
        return self.node.kind == "InitConfiguration" or self.subject.join["controlPlane"].given

    @property
    def in_cluster(self) -> bool:
        """Whether the ClusterConfiguration at hand is that of its cluster"""
        return self.node.kind == "InitConfiguration" or "ClusterConfiguration" in self.subject.given


@functools.lru_cache(maxsize=1)
def of(subject: Subject) -> tuple[Kubelet, ...]:
    """The kubelet of each node.

    Of a node that joins with no KubeletConfiguration beside it only the arguments are known, and likewise of one that
    reads more files, or another one. In that case other nodes still go by the KubeletConfiguration. A patch may change
    it, so that what is not written in it is not known.
    """
    patched = subject.may_be_patched("kubeletconfiguration")
    found = []
    for node in subject.nodes:
        given = [Argument("kubelet", item) for item in node["kubeletExtraArgs"]]
        told = {argument.name: argument.value for argument in given}
        known = node.kind == "InitConfiguration" or _KIND in subject.given
        if known and told.get("config") not in (None, _FILES["config"]):
            found.append(Kubelet(subject, node, subject.kubelet, whole=not patched))
            known = False
        known = known and "config-dir" not in told
        settings = subject.kubelet.value if known else {}
        values = {name: dict(value) if isinstance(value, dict) else value for name, value in settings.items()}
        places: dict[Path, Argument] = {}
        for argument in given:
            path = _field_of(argument.name, subject)
            if path:
                _lay(argument, path, values, places)
        found.append(Kubelet(subject, node, Field(_KIND, values), known and not patched, places))
    return tuple(found)


def on_each(check: Callable[[Kubelet], Iterator[Finding]]) -> Callable[[Subject], Iterator[Finding]]:
    """A check of every kubelet. What it finds in an argument's value it says of the argument; nothing is said twice."""

    @functools.wraps(check)
    def checked(subject: Subject) -> Iterator[Finding]:
        seen: set[tuple[str, Path, str]] = set()
        for kubelet in of(subject):
            for finding in check(kubelet):
                argument = kubelet.argument(finding.field)
                told = replace(finding, field=argument.field["value"], key=False) if argument else finding
                place = (told.field.kind, told.field.path, told.what)
                if place not in seen:
                    yield told
                seen.add(place)

    return checked


def to_leave_out(check: Callable[[Kubelet], Iterator[Finding]]) -> Callable[[Kubelet], Iterator[Finding]]:
    """A check whose findings, where an argument is the cause, all say to leave that out."""

    @functools.wraps(check)
    def checked(kubelet: Kubelet) -> Iterator[Finding]:
        for finding in check(kubelet):
            argument = kubelet.argument(finding.field)
            yield replace(finding, instead=f"leave {argument.name} out") if argument else finding

    return checked


def other_files(subject: Subject) -> Iterator[Finding]:
    """A kubelet that reads another file than the one that kubeadm writes."""
    for argument in subject.arguments("kubelet"):
        ours = _FILES.get(argument.name)
        if ours and argument.value != ours:
            what = f"kubeadm writes {ours}, and this kubelet reads another file"
            yield Finding(argument.field, what, f"leave {argument.name} out")


def pairs(text: str, name: str) -> list[tuple[str, str, str]]:
    """The items of an argument that is a map, each with name, sign and amount; without a sign that is empty."""
    return [pair.partition(sign_of(name)) for pair in text.split(",") if pair]


def sign_of(name: str) -> str:
    """What stands between name and amount in the argument for a map."""
    return "<" if name in _LESS_THAN else "="


def _field_of(flag: str, subject: Subject) -> Path:
    own = _own_names(subject.release.minor).get(flag.replace("-", ""))
    return _FIELDS.get(flag) or ((own,) if own else ())


@functools.cache
def _own_names(minor: str) -> dict[str, str]:
    """The fields whose flag is their own name, with dashes: by that name without them."""
    return {name.lower(): name for name in catalogue.fields(minor, _API_VERSION, _KIND) if name.isalnum()}


@functools.cache
def _type_of(flag: str) -> str:
    minors = facts.with_flag("kubelet", flag)
    known = facts.load("kubelet", minors[0]) if minors else None
    return known.flags[flag].type if known else ""


def _lay(argument: Argument, path: Path, values: dict[str, Any], places: dict[Path, Argument]) -> None:
    """Put an argument in the place of a field, as its flag reads it. What cannot be read, argument-value finds.

    Lists and maps take the place of what the KubeletConfiguration has, and add up when they are given again (pflag,
    component-base/cli/flag); feature gates are added to those of the KubeletConfiguration.
    """
    kind, text = _type_of(argument.name), argument.value
    *parents, name = (str(step) for step in path)
    holder = values
    for parent in parents:
        holder[parent] = dict(holder.get(parent) or {})
        holder = holder[parent]
    again = path in places
    match kind:
        case "bool" | "int32" | "int64":
            if wanted(kind, text):
                return
            holder[name] = text in TRUE if kind == "bool" else _number(text)
        case "string" | "duration" | "ip":
            holder[name] = text
        case "stringSlice":
            items: list[str] = holder[name] if again else []
            places |= {(*path, index): argument for index, _ in enumerate(argument.items, len(items))}
            holder[name] = items
            items += argument.items
        case "mapStringString":
            told = {key.strip(): amount.strip() for key, equals, amount in pairs(text, name) if equals}
            holder[name] = holder[name] if again else {}
            holder[name].update(told)
            places |= {(*path, key): argument for key in told}
        case "mapStringBool":
            gates = {key.strip(): state.strip() in TRUE for key, _, state in pairs(text, name)}
            holder[name] = holder.get(name) or {}
            holder[name].update(gates)
            places |= {(*path, gate): argument for gate in gates}
            return
        case _:
            return
    places[path] = argument


def _number(text: str) -> int:
    return int(re.sub(r"^([+-]?)0(?=[0-7_])", r"\g<1>0o", text), 0)
