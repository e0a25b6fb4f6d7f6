# SPDX-License-Identifier: Apache-2.0
"""The list of ports by host, and firewall rules made of it. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from kgen.explain import facts
from kgen.explain.listeners import Listener, Reach, of_node, of_worker
from kgen.explain.markdown import Md, code, fence, plain, sentence, table, text
from kgen.explain.page import Page
from kgen.explain.view import View

PATH = "lists/ports.md"
_WHO: dict[Reach, str] = {
    "anyone": "every node, every pod, everybody who uses it",
    "control plane": "the control-plane nodes",
    "balancer": "whoever watches it: load balancers, monitoring",
    "host": "the host itself only",
}


def page(view: View) -> Page:
    """The page of the list."""
    parts: list[str] = [
        "# Ports\n",
        sentence(
            "What listens on each host, by the rendered flags and configurations, and who has to reach it. What a host "
            "runs besides, and what the network plugin (CNI) opens, is not in this tree."
        ),
        "\n",
    ]
    for node in facts.hosts(view):
        listeners = of_node(view, node)
        if listeners:
            parts += [f"## {text(node)}\n", *_host(view, listeners)]
    worker = of_worker(view)
    if worker:
        parts += [
            "## A worker that joins\n",
            sentence("By the ConfigMaps `kubelet-config` and `kube-proxy`, which every node gets."),
            "\n",
            *_host(view, worker),
        ]
    parts.append(_notes(view))
    return Page(PATH, "Ports", "\n".join(filter(None, parts)) + "\n")


def _host(view: View, listeners: tuple[Listener, ...]) -> Iterator[str]:
    yield _table(listeners)
    yield '??? example "nftables"\n'
    yield _indented(fence(nftables(view, listeners), "text"))
    yield '??? example "firewalld"\n'
    yield _indented(fence(firewalld(view, listeners), "sh"))


def _indented(block: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in block.splitlines(keepends=True))


def _table(listeners: tuple[Listener, ...]) -> Md:
    return table(
        ("Port", "Who listens", "On", "For", "Who must reach it"),
        (
            (
                Md(f"{code(each.port)} {'+'.join(each.protocols).upper()}"),
                _listener(each),
                "every address" if each.everywhere else Md("<br>".join(code(address) for address in each.addresses)),
                each.what,
                _WHO[each.reach],
            )
            for each in listeners
        ),
    )


def _listener(listener: Listener) -> Md:
    name = facts.to(PATH, listener.item, listener.program) if listener.item else text(listener.program)
    return Md(f"{name}<br>{code(listener.why)}" if listener.why else f"{name}<br>by default")


def nftables(view: View, listeners: Iterable[Listener]) -> str:
    """A ruleset for a host, for `nft -f`: it drops what is not named."""
    ours = _addresses(node.address for node in view.index.nodes if node.role != "worker")
    pods = _addresses(view.cluster.pod_subnet.split(","))
    lines = [
        "table inet kgen {",
        "  chain input {",
        "    type filter hook input priority filter; policy drop;",
        "    ct state established,related accept",
        '    iifname "lo" accept',
        "    meta l4proto { icmp, ipv6-icmp } accept",
        "    tcp dport 22 accept",
        *(f"    {_family(each)} saddr {each} accept  # pods" for each in pods),
        "    # here what the network plugin (CNI) needs",
    ]
    for each in filter(_numbered, listeners):
        for protocol in each.protocols:
            rule = f"{protocol} dport {each.port} accept  # {plain(each.program)}"
            if each.reach == "anyone":
                lines.append(f"    {rule}")
            elif each.reach == "balancer":
                lines.append(f"    # ip saddr <address of the watcher> {rule}")
            elif each.reach == "control plane":
                lines += [f"    {_family(address)} saddr {address} {rule}" for address in ours]
    return "\n".join([*lines, "  }", "}"]) + "\n"


def firewalld(view: View, listeners: Iterable[Listener]) -> str:
    """The same as commands for firewalld."""
    ours = _addresses(node.address for node in view.index.nodes if node.role != "worker")
    lines = [
        f"firewall-cmd --permanent --zone=trusted --add-source={each}"
        for each in _addresses(view.cluster.pod_subnet.split(","))
    ]
    for each in filter(_numbered, listeners):
        for protocol in each.protocols:
            if each.reach == "anyone":
                lines.append(f"firewall-cmd --permanent --add-port={each.port}/{protocol}")
            elif each.reach == "control plane":
                lines += [
                    f'firewall-cmd --permanent --add-rich-rule=\'rule family="{_long_family(address)}"'
                    f' source address="{address}" port port="{each.port}" protocol="{protocol}" accept\''
                    for address in ours
                ]
    return "\n".join([*lines, "firewall-cmd --reload"]) + "\n"


def _addresses(values: Iterable[str]) -> list[str]:
    """What of these are addresses or networks; anything else has no place in a rule."""
    found = []
    for value in values:
        try:
            network = ipaddress.ip_network(value.strip())
        except ValueError:
            continue
        found.append(str(network.network_address) if network.num_addresses == 1 else str(network))
    return found


def _numbered(listener: Listener) -> bool:
    """Whether the port is one that can stand in a rule, whatever a flag said."""
    return re.fullmatch(r"\d{1,5}(-\d{1,5})?", listener.port) is not None


def _family(address: str) -> str:
    return "ip6" if ":" in address else "ip"


def _long_family(address: str) -> str:
    return "ipv6" if ":" in address else "ipv4"


def _notes(view: View) -> str:
    notes = [
        "The rules let in the control-plane nodes that this tree knows. Add further ones before they join, to every "
        "control-plane node: for etcd (2379, 2380) and the kubelet (10250).",
        "`metrics-server` and the like run in pods and ask each kubelet; the rules let in the pods' network where it "
        "is known. A plugin that hides it behind the nodes' addresses needs the kubelet's port open to all nodes.",
        "The network plugin brings ports of its own, between all nodes; many carry pods in UDP (VXLAN: 4789 or 8472). "
        "Its documentation says which.",
    ]
    mode = facts.proxy_configuration(view).get("mode")
    if mode in ("iptables", "nftables", ""):
        notes.append(
            "kube-proxy redirects NodePorts before the input chain sees them, so such a chain neither opens nor closes "
            "them; `nodePortAddresses` of the KubeProxyConfiguration says on which addresses they are."
        )
    if not view.cluster.pod_subnet:
        notes.append("The configuration names no pod network, so no rule is about pods.")
    return "## What else to know\n\n" + "\n".join(f"- {sentence(note)}" for note in notes)
