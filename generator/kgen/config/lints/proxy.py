# SPDX-License-Identifier: Apache-2.0
"""Lints: values of a KubeProxyConfiguration with which kube-proxy does not start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgen.config import net
from kgen.config.lints.certificates import length
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.ranges import PORT, Range, numbers, periods, texts
from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field
from kgen.config.scalars import parse_duration
from kgen.errors import Path

_ONE_OF: dict[Path, tuple[str, ...]] = {
    ("detectLocalMode",): ("ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"),
    ("logging", "format"): ("text", "json"),
}
"""Field to what it can be, or empty for the default (pkg/proxy/apis/config/validation/validation.go)"""

_NUMBERS: dict[Path, Range] = {
    ("clientConnection", "burst"): (0, None),
    ("conntrack", "maxPerCore"): (0, None),
    ("conntrack", "min"): (0, None),
    ("iptables", "masqueradeBit"): (0, 31),
    ("oomScoreAdj",): (-1000, 1000),
}
"""Field to its least and greatest value"""

_PERIODS: dict[Path, tuple[str, str]] = {
    ("configSyncPeriod",): ("0s", ""),
    ("conntrack", "tcpCloseWaitTimeout"): ("0s", ""),
    ("conntrack", "tcpEstablishedTimeout"): ("0s", ""),
    ("conntrack", "udpStreamTimeout"): ("0s", ""),
    ("conntrack", "udpTimeout"): ("0s", ""),
}
"""The same of durations"""

_OF_MODE: dict[str, tuple[dict[Path, Range], dict[Path, tuple[str, str]]]] = {
    "ipvs": ({}, {("ipvs", name): ("0s", "") for name in ("tcpTimeout", "tcpFinTimeout", "udpTimeout")}),
    "nftables": ({("nftables", "masqueradeBit"): (0, 31)}, {}),
}
"""Mode to the numbers and durations that count in it alone"""

_LEAST_SYNC = {"ipvs": "0s", "iptables": "1s", "nftables": "1s"}
_SYNC = "30s"
"""The default of minSyncPeriod, by mode, and that of syncPeriod (pkg/proxy/apis/config/v1alpha1/defaults.go)"""

_INTERFACES = {"BridgeInterface": "bridgeInterface", "InterfaceNamePrefix": "interfaceNamePrefix"}
"""Way to know local pods to the field below detectLocal that it needs"""

_WORDS = ("primary", "localhost", "all")
"""What nodePortAddresses can have beside ranges"""


def refused(subject: Subject) -> Iterator[Finding]:
    """A value that kube-proxy refuses."""
    proxy = subject.kube_proxy
    mode = proxy["mode"].text or subject.release.kube_proxy_mode
    more_numbers, more_periods = _OF_MODE.get(mode, ({}, {}))
    yield from (finding for finding in texts(proxy, _ONE_OF) if finding.field.text)
    yield from numbers(proxy, _NUMBERS | more_numbers)
    yield from periods(proxy, _PERIODS | more_periods)
    yield from _sync(proxy[mode if mode in _LEAST_SYNC else "iptables"])
    local = proxy["detectLocalMode"]
    needed = _INTERFACES.get(local.text)
    if needed and not proxy["detectLocal"][needed].text:
        yield Finding(local, f"{local.text} needs detectLocal.{needed}", "a name there")
    for name in ("healthzBindAddress", "metricsBindAddress"):
        if proxy[name].text and not _is_bind_address(proxy[name].text):
            what = f"{proxy[name].text!r} is no IP address, alone or with a port"
            yield Finding(proxy[name], what, "such as 0.0.0.0:10249 or [::]:10249")
    if mode == "ipvs":
        yield from (_no_range(item) for item in proxy["ipvs"]["excludeCIDRs"] if not _is_range(item.text))
    yield from _node_ports(subject)


def _sync(section: Field) -> Iterator[Finding]:
    """How often kube-proxy writes its rules, in the section of its mode."""
    often, seldom = section["minSyncPeriod"], section["syncPeriod"]
    for field in (often, seldom):
        if (length(field) or 0) < 0:
            yield Finding(field, f"{field.text} is less than nothing", "a duration such as 30s")
            return
    least = length(often) or parse_duration(_LEAST_SYNC[str(section.path[-1])])
    if least > (length(seldom) or parse_duration(_SYNC)):
        what = f"minSyncPeriod is more than syncPeriod, which is {seldom.text or _SYNC}"
        yield Finding(often if length(often) else seldom, what, "a syncPeriod that is not below minSyncPeriod")


def _is_bind_address(text: str) -> bool:
    """Whether it is an IP address, or one with a port (pkg/proxy/util AppendPortIfNeeded, then validateHostPort)."""
    if net.is_ip(text):
        return True
    try:
        host, port = net.split_host_port(text)
    except ValueError:
        return False
    return net.is_ip(host) and re.fullmatch(r"\+?[0-9]{1,9}", port, re.ASCII) is not None and 1 <= int(port) <= PORT


def _node_ports(subject: Subject) -> Iterator[Finding]:
    addresses = subject.kube_proxy["nodePortAddresses"]
    several = subject.release.has("kube-proxy-node-port-words")
    words = _WORDS if several else _WORDS[:1]
    number = len(addresses.texts)
    seen: set[str] = set()
    for item in addresses:
        if item.text not in words:
            if not _is_range(item.text):
                yield _no_range(item, *words)
        elif several and item.text in seen:
            yield Finding(item, f"{item.text} is there twice", "once")
        elif not several and number > 1:
            yield Finding(item, f"{item.text} stands alone", "it by itself, or ranges alone")
        seen.add(item.text)


def _no_range(item: Field, *words: str) -> Finding:
    wanted = " or ".join(("a range such as 10.0.0.0/24", "one address such as 10.0.0.5/32", *words))
    return Finding(item, f"{item.text!r} is no range of addresses", wanted)


def _is_range(text: str) -> bool:
    try:
        net.parse_cidr(text)
    except ValueError:
        return False
    return True


LINTS: tuple[Lint, ...] = (
    Lint(
        "proxy-value",
        "warning",
        "a value in the KubeProxyConfiguration that kube-proxy refuses",
        "kube-proxy ends as soon as it starts, on every node, and no service is reached.",
        "one that it takes",
        refused,
    ),
)
