# SPDX-License-Identifier: Apache-2.0
"""Lints: values of a KubeletConfiguration with which the kubelet does not start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgen import paths
from kgen.config import hints
from kgen.config.lints import kubelets, values
from kgen.config.lints.certificates import length
from kgen.config.lints.kubelets import Kubelet
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.meaning import same
from kgen.config.lints.ranges import PORT, Range, at, numbers, periods, texts
from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field
from kgen.config.scalars import canonical_quantity, parse_duration, parse_int
from kgen.errors import Path

_ONE_OF: dict[Path, tuple[str, ...]] = {
    ("authorization", "mode"): ("AlwaysAllow", "Webhook"),
    ("configMapAndSecretChangeDetectionStrategy",): ("Watch", "Cache", "Get"),
    ("cpuManagerPolicy",): ("none", "static"),
    ("hairpinMode",): ("none", "hairpin-veth", "promiscuous-bridge"),
    ("imagePullCredentialsVerificationPolicy",): (
        "NeverVerify",
        "NeverVerifyPreloadedImages",
        "NeverVerifyAllowlistedImages",
        "AlwaysVerify",
    ),
    ("logging", "format"): ("text", "json"),
    ("memoryManagerPolicy",): ("None", "Static"),
    ("memoryReservationPolicy",): ("None", "TieredReservation"),
    ("memorySwap", "swapBehavior"): ("NoSwap", "LimitedSwap"),
    ("topologyManagerPolicy",): ("none", "best-effort", "restricted", "single-numa-node"),
    ("topologyManagerScope",): ("container", "pod"),
}
"""Field to what it can be; as a field, not as an argument, it can be empty for the default.

pkg/kubelet/apis/config/validation/validation.go, cmd/kubelet/app/auth.go BuildAuthz, pkg/kubelet/kubelet.go,
pkg/kubelet/cm cpumanager and memorymanager NewManager
"""

_NUMBERS: dict[Path, Range] = {
    ("containerLogMaxFiles",): (2, None),
    ("containerLogMaxWorkers",): (1, None),
    ("eventBurst",): (0, None),
    ("eventRecordQPS",): (0, None),
    ("healthzPort",): (0, PORT),
    ("imageGCHighThresholdPercent",): (0, 100),
    ("imageGCLowThresholdPercent",): (0, 100),
    ("iptablesDropBit",): (0, 31),
    ("iptablesMasqueradeBit",): (0, 31),
    ("kubeAPIBurst",): (0, None),
    ("kubeAPIQPS",): (0, None),
    ("maxOpenFiles",): (0, None),
    ("maxParallelImagePulls",): (1, None),
    ("maxPods",): (0, None),
    ("nodeLeaseDurationSeconds",): (0, None),
    ("nodeStatusMaxImages",): (-1, None),
    ("oomScoreAdj",): (-1000, 1000),
    ("podsPerCore",): (0, None),
    ("port",): (0, PORT),
    ("readOnlyPort",): (0, PORT),
    ("registryBurst",): (0, None),
    ("registryPullQPS",): (0, None),
    ("tracing", "samplingRatePerMillion"): (0, 1_000_000),
    ("userNamespaces", "idsPerPod"): (65536, 2**32 - 1),
}
"""Field to its least and greatest value (validation.go, validation_linux.go; tracing/api/v1/config.go)"""

_PERIODS: dict[Path, tuple[str, str]] = {
    ("containerLogMonitorInterval",): ("3s", ""),
    ("cpuCFSQuotaPeriod",): ("1ms", "1s"),
    ("crashLoopBackOff", "maxContainerRestartPeriod"): ("1s", "300s"),
    ("imageMaximumGCAge",): ("0s", ""),
}
"""The same of durations"""

_GATES: dict[Path, str] = {
    ("cpuCFSQuotaPeriod",): "CustomCPUCFSQuotaPeriod",
    ("crashLoopBackOff", "maxContainerRestartPeriod"): "KubeletCrashLoopBackOffMax",
    ("defaultPodSysctls",): "DefaultPodSysctls",
    ("enableSystemLogQuery",): "NodeLogQuery",
    ("imageMaximumGCAge",): "ImageMaximumGCAge",
    ("imagePullCredentialsVerificationPolicy",): "KubeletEnsureSecretPulledImages",
    ("memoryReservationPolicy",): "MemoryQoS",
    ("preloadedImagesVerificationAllowlist",): "KubeletEnsureSecretPulledImages",
    ("serverTLSBootstrap",): "RotateKubeletServerCertificate",
    ("shutdownGracePeriod",): "GracefulNodeShutdown",
    ("shutdownGracePeriodByPodPriority",): "GracefulNodeShutdownBasedOnPodPriority",
    ("shutdownGracePeriodCriticalPods",): "GracefulNodeShutdown",
}
"""Field to the feature gate without which it must be left out (validation.go)"""

_LEFT_OUT = {"cpuCFSQuotaPeriod": "100ms", "memoryReservationPolicy": "None"}
"""The value with which such a field is as good as left out, beside zero and empty"""

_ENFORCED = {
    "none": "",
    "pods": "",
    "system-reserved": "systemReservedCgroup",
    "system-reserved-compressible": "systemReservedCgroup",
    "kube-reserved": "kubeReservedCgroup",
    "kube-reserved-compressible": "kubeReservedCgroup",
}
"""What enforceNodeAllocatable can have to the field that it needs (validation.go)"""

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
    """A value that the kubelet refuses, as a field or as an argument."""
    for argument in subject.arguments("kubelet"):
        for name in _NAMES:
            sign = kubelets.sign_of(name)
            if argument.name == _flag(name) and not all(s for _, s, _ in kubelets.pairs(argument.value, name)):
                wanted = f"name{sign}amount, with commas between"
                yield Finding(argument.field["value"], f"an item has no {sign}", wanted)
    yield from _refused(subject)


@kubelets.on_each
def _refused(kubelet: Kubelet) -> Iterator[Finding]:
    """The values that it goes by, one by one and together."""
    settings = kubelet.settings
    for finding in texts(settings, _ONE_OF):
        if finding.field.text or kubelet.argument(finding.field):
            yield finding
    yield from numbers(settings, _NUMBERS)
    yield from periods(settings, _PERIODS)
    suites = settings["tlsCipherSuites"]
    for kind, field in (("tlsVersion", settings["tlsMinVersion"]), *(("ciphers", suite) for suite in suites)):
        wanted = values.wanted(kind, field.text)
        if wanted and not kubelet.argument(field):  # of an argument, argument-value says so
            yield Finding(field, f"{field.text!r} is none of Go's", wanted)
    size = settings["containerLogMaxSize"]
    if size.text and values.wanted("quantity", size.text):
        yield Finding(size, f"{size.text!r} is no size", "a number with a suffix, e.g. 10Mi")
    for name in _NAMES:
        yield from _map(kubelet, name)
    yield from _gated(kubelet)
    yield from _together(kubelet)
    yield from _enforced(kubelet)
    yield from _cpus(kubelet)


def _flag(name: str) -> str:
    """The flag of the same meaning as a field that is a map."""
    return re.sub("[A-Z]", lambda match: f"-{match[0].lower()}", name)


def _gated(kubelet: Kubelet) -> Iterator[Finding]:
    """A field that its feature gate, which is off, takes away."""
    for path, gate in _GATES.items():
        field, name = kubelet.at(path), str(path[-1])
        left_out = not field.value or same(parse_duration, field.text, _LEFT_OUT.get(name, "0"))
        if not left_out and kubelet.gate(gate) is False:
            what = f"the feature gate {gate}, which is off, takes {name} away"
            yield Finding(field, what, "leave it out", key=True)


def _together(kubelet: Kubelet) -> Iterator[Finding]:
    """Values that do not go together (validation.go)."""
    low, high = kubelet["imageGCLowThresholdPercent"], kubelet["imageGCHighThresholdPercent"]
    least = kubelet.number("imageGCLowThresholdPercent", 80)
    greatest = kubelet.number("imageGCHighThresholdPercent", 85)
    if least is not None and greatest is not None and least >= greatest:
        what = f"imageGCLowThresholdPercent, {least}, is not below imageGCHighThresholdPercent, {greatest}"
        ours = low.given and (kubelet.argument(low) or not kubelet.argument(high))
        yield Finding(low if ours else high, what, "a low threshold that is below the high one")
    pulls = kubelet["maxParallelImagePulls"]
    if kubelet["serializeImagePulls"].value is True and isinstance(pulls.value, int) and pulls.value > 1:
        what = f"images cannot be pulled one by one and {pulls.value} at a time"
        yield Finding(kubelet["serializeImagePulls"], what, "serializeImagePulls: false")
    yield from _ages(kubelet)
    yield from _shutdown(kubelet)
    if kubelet["systemCgroups"].text and kubelet.whole and not kubelet["cgroupRoot"].text:
        yield Finding(kubelet["systemCgroups"], "systemCgroups needs cgroupRoot", "cgroupRoot: /")
    if kubelet["enableSystemLogQuery"].value is True and kubelet["enableSystemLogHandler"].value is False:
        yield Finding(kubelet["enableSystemLogHandler"], "enableSystemLogQuery needs the handler", "true")
    if kubelet["runOnce"].value is True:
        yield Finding(kubelet["runOnce"], "the kubelet can no longer run once", "leave it out")
    logs = kubelet["podLogsDir"]
    if logs.text and not (logs.text.startswith("/") and logs.text == paths.clean(logs.text) and logs.text.isascii()):
        yield Finding(logs, f"{logs.text!r} is no absolute path in ASCII, at its shortest", "such as /var/log/pods")
    ids = at(kubelet.settings, ("userNamespaces", "idsPerPod"))
    if isinstance(ids.value, int) and ids.value % 65536:
        yield Finding(ids, f"{ids.value} is no multiple of 65536", "65536, or several times that")
    allowed = kubelet["preloadedImagesVerificationAllowlist"]
    policy = kubelet["imagePullCredentialsVerificationPolicy"].text
    if allowed.value and policy != "NeverVerifyAllowlistedImages" and kubelet.gate(_GATES[allowed.path]):
        what = "the list counts with the policy NeverVerifyAllowlistedImages alone"
        yield Finding(allowed, what, "imagePullCredentialsVerificationPolicy: NeverVerifyAllowlistedImages", key=True)


def _ages(kubelet: Kubelet) -> Iterator[Finding]:
    least, most = kubelet.period("imageMinimumGCAge", parse_duration("2m")), length(kubelet["imageMaximumGCAge"])
    if least is not None and most and 0 < most <= least:
        yield Finding(kubelet["imageMaximumGCAge"], "it is not more than imageMinimumGCAge", "a longer time")


def _shutdown(kubelet: Kubelet) -> Iterator[Finding]:
    """Times to shut down in, which have to be none or at least a second."""
    whole, critical = kubelet["shutdownGracePeriod"], kubelet["shutdownGracePeriodCriticalPods"]
    if not (whole.given or critical.given) or kubelet.gate("GracefulNodeShutdown") is not True:
        return
    for field in (whole, critical):
        period = length(field)
        if period and period < parse_duration("1s"):
            yield Finding(field, f"{field.text} is less than a second", "at least 1s, or 0s")
    if (length(critical) or 0) > (length(whole) or 0):
        yield Finding(critical, "it is a part of shutdownGracePeriod, and longer than that", "a shorter time")
    by_priority = kubelet["shutdownGracePeriodByPodPriority"]
    if by_priority.value and any((length(field) or 0) > 0 for field in (whole, critical)):
        yield Finding(by_priority, "it and shutdownGracePeriod exclude each other", "one of them", key=True)


def _enforced(kubelet: Kubelet) -> Iterator[Finding]:
    """What enforceNodeAllocatable has and what that needs (validation.go)."""
    enforced = kubelet["enforceNodeAllocatable"]
    given = enforced.texts
    for index, item in enumerate(enforced):
        needed = _ENFORCED.get(item.text)
        if needed is None:
            near = hints.near(item.text, _ENFORCED, 0.8) or f"one of {', '.join(_ENFORCED)}"
            yield Finding(item, f"enforceNodeAllocatable has no {item.text!r}", near)
        elif item.text in given[:index]:
            yield Finding(item, f"{item.text} is there twice", "once")
        elif item.text == "none" and len(given) > 1:
            yield Finding(item, "none stands alone", "none by itself, or without it")
        elif item.text.removesuffix("-compressible") in given and item.text.endswith("-compressible"):
            yield Finding(item, f"it and {item.text.removesuffix('-compressible')} exclude each other", "one of them")
        elif needed and kubelet.whole and not kubelet[needed].text:
            yield Finding(item, f"{item.text} needs {needed}", "that as well, or leave it out of the list")
    if not given and kubelet.whole and not kubelet.argument(enforced):  # Go leaves an empty list out
        given = ["pods"]
    if kubelet["cgroupsPerQOS"].value is False and any(item in _ENFORCED and item != "none" for item in given):
        wanted = "true, or enforceNodeAllocatable: [none]"
        yield Finding(kubelet["cgroupsPerQOS"], "enforceNodeAllocatable, by default [pods], needs it", wanted)


def _cpus(kubelet: Kubelet) -> Iterator[Finding]:
    """CPUs that are set aside, and a policy that cannot do without (cmd/kubelet/app/server.go, cm/cpumanager)."""
    reserved = kubelet["reservedSystemCPUs"]
    if reserved.text and not _is_cpu_set(reserved.text):
        yield Finding(reserved, f"{reserved.text!r} is no list of CPUs", "such as 0-1,4")
    for name in ("systemReservedCgroup", "kubeReservedCgroup"):
        if reserved.text and kubelet[name].text:
            yield Finding(kubelet[name], f"{name} and reservedSystemCPUs exclude each other", "one of them")
    policy = kubelet["cpuManagerPolicy"]
    amounts = [kubelet[name]["cpu"].text for name in ("systemReserved", "kubeReserved")]
    none = not reserved.text and all(not amount or _is_zero(amount) for amount in amounts)
    if policy.text == "static" and kubelet.whole and none:
        yield Finding(policy, "static needs a CPU that is reserved", "cpu in systemReserved or kubeReserved as well")


def _is_zero(amount: str) -> bool:
    return not values.wanted("quantity", amount) and canonical_quantity(amount).lstrip("+-") == "0"


def _is_cpu_set(text: str) -> bool:
    """Whether k8s.io/utils/cpuset Parse reads it."""
    for item in text.split(","):
        first, dash, last = item.partition("-")
        try:
            if parse_int(first) > parse_int(last if dash else first):
                return False
        except ValueError:
            return False
    return True


def _map(kubelet: Kubelet, name: str) -> Iterator[Finding]:
    holder, known, times = kubelet[name], _NAMES[name], kubelet["evictionSoftGracePeriod"]
    for key in holder.value if isinstance(holder.value, dict) else ():
        field = holder[key]
        if key not in known:
            instead = hints.near(key, known, 0.8) or f"one of {', '.join(known)}"
            yield Finding(field, f"{name} has no {key!r}", instead, key=True)
        elif wanted := _wanted(name, field):
            yield Finding(field, f"{field.text!r} does not fit", wanted)
        elif name == "evictionSoft" and field.text not in _NO_THRESHOLD and kubelet.whole and not times[key].given:
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
