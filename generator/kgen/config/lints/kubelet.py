# SPDX-License-Identifier: Apache-2.0
"""Lints: values of a KubeletConfiguration with which the kubelet does not start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from kgen.config import hints
from kgen.config.lints import values
from kgen.config.lints.certificates import length
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Argument, Subject
from kgen.config.rules.fields import Field
from kgen.config.scalars import canonical_quantity

_ONE_OF = {
    ("hairpinMode",): ("none", "hairpin-veth", "promiscuous-bridge"),
    ("memorySwap", "swapBehavior"): ("NoSwap", "LimitedSwap"),
    ("topologyManagerPolicy",): ("none", "best-effort", "restricted", "single-numa-node"),
    ("topologyManagerScope",): ("container", "pod"),
}
"""Field to what it can be, or empty for the default (pkg/kubelet/apis/config/validation/validation.go)"""

_RESERVED = ("cpu", "memory", "ephemeral-storage", "pid")
"""What can be reserved (cmd/kubelet/app/server.go parseResourceList)"""

_SIGNALS = (
    "memory.available",
    "nodefs.available",
    "nodefs.inodesFree",
    "imagefs.available",
    "imagefs.inodesFree",
    "containerfs.available",
    "containerfs.inodesFree",
    "allocatableMemory.available",
    "pid.available",
)
"""What pods can be evicted for (pkg/kubelet/eviction/helpers.go)"""

_NAMES = {
    "systemReserved": _RESERVED,
    "kubeReserved": _RESERVED,
    "evictionHard": _SIGNALS,
    "evictionSoft": _SIGNALS,
    "evictionSoftGracePeriod": _SIGNALS,
    "evictionMinimumReclaim": _SIGNALS,
}
"""Field that is a map to the names that can be in it"""

_THRESHOLDS = ("evictionHard", "evictionSoft")
_ALL = 100
_NO_THRESHOLD = ("0%", "100%")
"""Thresholds that count as none (parseThresholdStatement)"""


def refused(subject: Subject) -> Iterator[Finding]:
    """A value that the kubelet refuses."""
    kubelet = subject.kubelet
    for path, choices in _ONE_OF.items():
        field = kubelet
        for step in path:
            field = field[step]
        if field.text not in ("", *choices):
            yield Finding(field, f"{field.text!r} is no {path[-1]}", f"one of {', '.join(choices)}")
    suites = kubelet["tlsCipherSuites"]
    for kind, field in (("tlsVersion", kubelet["tlsMinVersion"]), *(("ciphers", suite) for suite in suites)):
        if wanted := values.wanted(kind, field.text):
            yield Finding(field, f"{field.text!r} is none of Go's", wanted)
    for name in _NAMES:
        yield from _map(kubelet, name)
    yield from _in_arguments(subject)


def _in_arguments(subject: Subject) -> Iterator[Finding]:
    """The same in the kubelet's arguments. A map there takes the place of that in the KubeletConfiguration.

    One that is given several times adds up (cmd/kubelet/app/options/options.go; component-base/cli/flag
    MapStringString, LangleSeparatedMapStringString).
    """
    for node in subject.nodes:
        given: dict[str, list[Field]] = {}
        for item in node["kubeletExtraArgs"]:
            given.setdefault(item["name"].text, []).append(Argument("kubelet", item).received)
        maps: dict[str, dict[str, str]] = {}
        holders: dict[tuple[str, str], Field] = {}
        for name in _NAMES:
            sign = "<" if name in _THRESHOLDS else "="
            for value in given.get(_flag(name), ()):
                pairs = [pair.partition(sign) for pair in value.text.split(",") if pair]
                if not all(equals for _, equals, _ in pairs):
                    yield Finding(value, f"an item has no {sign}", f"name{sign}amount, with commas between")
                told = {key.strip(): amount.strip() for key, equals, amount in pairs if equals}
                maps.setdefault(name, {}).update(told)
                holders |= {(name, key): value for key in told}
        own = dict(subject.kubelet.value)
        joins = node.kind == "JoinConfiguration"
        if joins and "KubeletConfiguration" not in subject.given:  # that of the cluster may have any period
            own["evictionSoftGracePeriod"] = dict.fromkeys(maps.get("evictionSoft", ()), "0s")
        kubelet = Field(subject.kubelet.kind, own | maps)
        for name in maps:
            for each in _map(kubelet, name):
                yield replace(each, field=holders[name, str(each.field.path[-1])], key=False)
        for (*_, name), choices in _ONE_OF.items():
            for choice in given.get(_flag(name), ())[-1:]:
                if choice.text not in ("", *choices):
                    yield Finding(choice, f"{choice.text!r} is no {name}", f"one of {', '.join(choices)}")


def _flag(name: str) -> str:
    """The flag of the same meaning as a field."""
    return re.sub("[A-Z]", lambda match: f"-{match[0].lower()}", name)


def _map(kubelet: Field, name: str) -> Iterator[Finding]:
    holder, known, periods = kubelet[name], _NAMES[name], kubelet["evictionSoftGracePeriod"]
    for key in holder.value if isinstance(holder.value, dict) else ():
        field = holder[key]
        if key not in known:
            instead = hints.near(key, known, 0.8) or f"one of {', '.join(known)}"
            yield Finding(field, f"{name} has no {key!r}", instead, key=True)
        elif wanted := _wanted(name, field):
            yield Finding(field, f"{field.text!r} does not fit", wanted)
        elif name == "evictionSoft" and field.text not in _NO_THRESHOLD and not periods[key].given:
            yield Finding(field, f"evictionSoftGracePeriod has no {key!r}", "a period there as well", key=True)


def _wanted(name: str, field: Field) -> str:
    """What the value has to be; empty if it is that."""
    if name == "evictionSoftGracePeriod":
        period = length(field)
        return "" if period is not None and period >= 0 else "a number with its unit, e.g. 90s"
    threshold = name in _THRESHOLDS
    if _NAMES[name] is _SIGNALS and field.text.endswith("%"):
        return "" if _is_share(field.text.rstrip("%"), threshold=threshold) else "a share, e.g. 10%"
    if values.wanted("quantity", field.text):
        return "a number with a suffix, e.g. 500m, 1Gi"
    amount = canonical_quantity(field.text)
    wrong = amount.startswith("-") or (threshold and amount.lstrip("+") == "0")
    return "more than nothing" if wrong else ""


def _is_share(text: str, *, threshold: bool) -> bool:
    """Whether a text is a percentage, of a threshold at most 100, of what is reclaimed more than 0."""
    if values.wanted("float32", text):
        return False
    try:
        percent = float(text)
    except ValueError:  # a number in a form that Go alone reads
        return True
    return not (percent < 0 or percent > _ALL) if threshold else percent > 0


LINTS: tuple[Lint, ...] = (
    Lint(
        "kubelet-value",
        "warning",
        "a value in the KubeletConfiguration, or in an argument of the same meaning, that the kubelet refuses",
        "The kubelet exits at once, on every node.",
        "one that it takes",
        refused,
    ),
)
