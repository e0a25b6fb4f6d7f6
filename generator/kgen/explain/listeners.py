# SPDX-License-Identifier: Apache-2.0
"""Which program listens where on a host, by the rendered flags and configurations. Pure.

Defaults: pkg/cluster/ports/ports.go, pkg/kubeapiserver/options/{serving,options}.go,
pkg/kubelet/apis/config/v1beta1/defaults.go, pkg/proxy/apis/config/v1alpha1/defaults.go.
"""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from kgen.explain import facts
from kgen.explain.facts import Program
from kgen.explain.view import Item, View

Reach = Literal["anyone", "control plane", "balancer", "host"]
"""Who has to reach it: `host` means nobody else can."""

_EVERY = ("0.0.0.0", "::", "")
_NODE_PORTS = "30000-32767"


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that a program opens on the host's network."""

    program: str
    addresses: tuple[str, ...]
    """As given; `0.0.0.0` or `::` for every one of the host."""
    port: str
    """A number, or a range `30000-32767`."""
    protocols: tuple[str, ...]
    """`tcp`, `udp`"""
    what: str
    reach: Reach
    why: str
    """The flag or field that says so; empty for a default."""
    item: Item | None

    @property
    def everywhere(self) -> bool:
        """Whether it listens on every address of the host."""
        return any(address in _EVERY for address in self.addresses)


def of_node(view: View, node: str) -> tuple[Listener, ...]:
    """What listens on a host whose files the tree has, and what the DaemonSets of the tree open there."""
    found: list[Listener] = []
    for each in facts.programs(view):
        if each.node == node:
            found += _of_program(each)
    config = facts.kubelet(view, node)
    if config:
        found += _kubelet(config.data, kubelet_flags(view, node), config)
    return (*found, *_proxy(view), *_node_ports(view))


def of_worker(view: View) -> tuple[Listener, ...]:
    """What a node opens that joins: the kubelet of the ConfigMap kubelet-config, and kube-proxy."""
    shared = facts.find(view, "ConfigMap", "kubelet-config", "kube-system")
    config = facts.inner(shared, "kubelet")
    kubelets = tuple(_kubelet(config, {}, shared)) if shared and config else ()
    return (*kubelets, *_proxy(view), *_node_ports(view))


def kubelet_flags(view: View, node: str) -> dict[str, str]:
    """The flags in kubeadm-flags.env, without dashes."""
    item = next((item for item in view.files if item.topic == "kubelet/kubeadm-flags" and item.node == node), None)
    _, _, value = item.text.partition("=") if item else ("", "", "")
    try:
        words = [word for quoted in shlex.split(value) for word in quoted.split()]
    except ValueError:
        return {}
    return {name: given for name, _, given in (word.lstrip("-").partition("=") for word in words)}


def _of_program(program: Program) -> Iterator[Listener]:
    flags, item = program.flags, program.item
    if program.name == "kube-apiserver":
        why = "--secure-port" if "secure-port" in flags else ""
        address = flags.get("bind-address", "0.0.0.0")
        port = flags.get("secure-port", "6443")
        yield Listener(program.name, (address,), port, ("tcp",), "the API, over TLS", "anyone", why, item)
    elif program.name == "etcd":
        yield from _urls(program, "listen-client-urls", "clients of etcd", "control plane")
        yield from _urls(program, "listen-peer-urls", "other members of etcd", "control plane")
        yield from _urls(program, "listen-metrics-urls", "health and metrics of etcd", "control plane")
    elif program.name in ("kube-controller-manager", "kube-scheduler"):
        default = "10257" if program.name == "kube-controller-manager" else "10259"
        port = flags.get("secure-port", default)
        address = flags.get("bind-address", "0.0.0.0")
        why = "--secure-port" if "secure-port" in flags else "--bind-address" if "bind-address" in flags else ""
        if port != "0":
            yield _narrowed(
                Listener(
                    program.name, (address,), port, ("tcp",), "health and metrics, over TLS", "balancer", why, item
                )
            )


def _urls(program: Program, flag: str, what: str, reach: Reach) -> Iterator[Listener]:
    ports: dict[str, list[str]] = {}
    for url in program.flags.get(flag, "").split(","):
        try:
            parts = urlsplit(url)
            if parts.port:
                ports.setdefault(str(parts.port), []).append(parts.hostname or "")
        except ValueError:
            continue
    for port, addresses in ports.items():
        yield _narrowed(Listener("etcd", tuple(addresses), port, ("tcp",), what, reach, f"--{flag}", program.item))


def _kubelet(config: Mapping[str, Any], flags: Mapping[str, str], item: Item | None) -> Iterator[Listener]:
    def value(field: str, flag: str, default: str) -> tuple[str, str]:
        if flag in flags:
            return flags[flag], f"--{flag}"
        return (str(config[field]), field) if config.get(field) else (default, "")

    address, _ = value("address", "address", "0.0.0.0")
    port, why = value("port", "port", "10250")
    yield _narrowed(
        Listener("kubelet", (address,), port, ("tcp",), "logs, exec, metrics, over TLS", "control plane", why, item)
    )
    health, why = value("healthzPort", "healthz-port", "10248")
    if health != "0":
        where, _ = value("healthzBindAddress", "healthz-bind-address", "127.0.0.1")
        yield _narrowed(Listener("kubelet", (where,), health, ("tcp",), "health", "balancer", why, item))
    open_port, why = value("readOnlyPort", "read-only-port", "0")
    if open_port != "0":
        yield _narrowed(
            Listener("kubelet", (address,), open_port, ("tcp",), "read-only, no TLS", "balancer", why, item)
        )


def _proxy(view: View) -> Iterator[Listener]:
    if not facts.find(view, "DaemonSet", "kube-proxy", "kube-system"):
        return
    item, config = facts.find(view, "ConfigMap", "kube-proxy", "kube-system"), facts.proxy_configuration(view)
    if not config:
        return
    v6 = ":" in str(config.get("bindAddress") or "0.0.0.0")
    for field, what, default, port in (
        ("healthzBindAddress", "health, for load balancers", "::" if v6 else "0.0.0.0", "10256"),
        ("metricsBindAddress", "metrics", "::1" if v6 else "127.0.0.1", "10249"),
    ):
        given = str(config.get(field) or "")
        address, number = _split(given, port) if given else (default, port)
        yield _narrowed(
            Listener("kube-proxy", (address,), number, ("tcp",), what, "balancer", field if given else "", item)
        )


def _node_ports(view: View) -> Iterator[Listener]:
    if not facts.find(view, "DaemonSet", "kube-proxy", "kube-system"):
        return
    api = next((each for each in facts.programs(view) if each.name == "kube-apiserver"), None)
    if api:
        given = api.flags.get("service-node-port-range", "")
        why = "--service-node-port-range" if given else ""
        yield Listener(
            "Services of type NodePort", ("0.0.0.0",), _range(given or _NODE_PORTS), ("tcp", "udp"), "Services",
            "anyone", why, api.item,
        )  # fmt: skip


def _range(value: str) -> str:
    """`a-b` of a range that may be `a+count` (apimachinery util/net PortRange)."""
    first, plus, count = value.partition("+")
    return f"{first}-{int(first) + int(count)}" if plus and first.isdecimal() and count.isdecimal() else value


def _split(value: str, port: str) -> tuple[str, str]:
    """Address and port of a field that may lack the port (pkg/proxy/util AppendPortIfNeeded)."""
    try:
        return str(ipaddress.ip_address(value.strip("[]"))), port
    except ValueError:
        address, _, given = value.rpartition(":")
        return address.strip("[]"), given or port


def _narrowed(listener: Listener) -> Listener:
    """The same, for the host alone if it listens on loopback addresses only."""
    if listener.addresses and all(map(_loopback, listener.addresses)):
        return Listener(
            listener.program, listener.addresses, listener.port, listener.protocols, listener.what, "host",
            listener.why, listener.item,
        )  # fmt: skip
    return listener


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
