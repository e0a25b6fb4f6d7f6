# SPDX-License-Identifier: Apache-2.0
"""Ports by host, by the rendered flags and configurations, and rules made of them."""

from __future__ import annotations

import ipaddress
import re

import pytest

from explain.seen import EXAMPLES, example, seen
from kgen.explain.listeners import Listener, of_node, of_worker
from kgen.explain.ports import firewalld, nftables, page
from kgen.explain.view import View


def ports(view: View, node: str = "cp-1") -> dict[tuple[str, str], Listener]:
    """What listens, by program and port."""
    return {(each.program, each.port): each for each in of_node(view, node)}


def test_control_plane() -> None:
    """The ports of a control-plane node as kubeadm sets it up; those on loopback are the host's alone."""
    found = ports(seen())
    reach = {f"{program} {port}": each.reach for (program, port), each in found.items()}
    assert reach == {
        "etcd 2379": "control plane",
        "etcd 2380": "control plane",
        "etcd 2381": "host",
        "kube-apiserver 6443": "anyone",
        "kube-controller-manager 10257": "host",
        "kube-scheduler 10259": "host",
        "kubelet 10250": "control plane",
        "kubelet 10248": "host",
        "kube-proxy 10256": "balancer",
        "kube-proxy 10249": "host",
        "Services of type NodePort 30000-32767": "anyone",
    }


def test_flags_decide() -> None:
    """Ports and addresses that were set differently."""
    cluster = (
        "apiServer: {extraArgs: [{name: service-node-port-range, value: 31000+100}]}\n"
        "scheduler: {extraArgs: [{name: bind-address, value: 0.0.0.0}, {name: secure-port, value: '20259'}]}\n"
        "controllerManager: {extraArgs: [{name: secure-port, value: '0'}]}\n"
    )
    found = ports(seen(cluster))
    assert found["kube-scheduler", "20259"].reach == "balancer"
    assert ("Services of type NodePort", "31000-31100") in found
    assert not [port for program, port in found if program == "kube-controller-manager"]


def test_kubelet_configuration() -> None:
    """The kubelet's ports are those of its configuration."""
    kubelet = "\n---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    found = ports(seen(documents=kubelet + "port: 11250\nreadOnlyPort: 10255\nhealthzPort: 0\n"))
    assert found["kubelet", "11250"].why == "port"
    assert found["kubelet", "10255"].reach == "balancer"


def test_kube_proxy() -> None:
    """kube-proxy's addresses, with its own port where the configuration names none."""
    proxy = "\n---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    found = ports(seen(documents=proxy + "metricsBindAddress: 0.0.0.0\nhealthzBindAddress: 127.0.0.1:1\n"))
    assert found["kube-proxy", "10249"].reach == "balancer"
    assert found["kube-proxy", "1"].reach == "host"


def test_no_kube_proxy() -> None:
    """Without kube-proxy nobody opens NodePorts."""
    found = ports(seen("proxy: {disabled: true}\n"))
    assert not [program for program, _ in found if program in ("kube-proxy", "Services of type NodePort")]


def test_worker() -> None:
    """A worker has a kubelet and kube-proxy, and nothing of the control plane."""
    programs = {each.program for each in of_worker(seen())}
    assert programs == {"kubelet", "kube-proxy", "Services of type NodePort"}
    assert of_worker(seen(without=["cluster/kubelet-config.yaml", "addons/kube-proxy/daemonset.yaml"])) == ()


@pytest.mark.parametrize("name", EXAMPLES)
def test_rules_open_what_has_to_be_reached(name: str) -> None:
    """Both firewalls open each port that others need, and none that is the host's alone."""
    view = example(name)
    listeners = of_node(view, "cp-1")
    for rules in (nftables(view, listeners), firewalld(view, listeners)):
        lines = [line for line in rules.splitlines() if not line.strip().startswith("#")]
        for each in listeners:
            opened = any(re.search(rf'(dport |port=|port port=")"?{each.port}\b', line) for line in lines)
            assert opened == (each.reach in ("anyone", "control plane")), each


def test_rules_name_families() -> None:
    """Every address in a rule has the family that it says."""
    view = example("ipv6-dual-stack")
    rules = nftables(view, of_node(view, "cp-1"))
    found = re.findall(r"(ip6?) saddr ([0-9a-f:./]+) ", rules)
    assert len(found) > 3
    assert all((family == "ip6") == (ipaddress.ip_network(address).version == 6) for family, address in found)


def test_nothing_but_ports_reaches_a_rule() -> None:
    """What a flag says in the place of a port is shown, but makes no rule."""
    extra = "apiServer: {extraArgs: [{name: service-node-port-range, value: '1; flush ruleset'}]}\n"
    view = seen(extra)
    assert "flush" not in nftables(view, of_node(view, "cp-1"))
    assert "flush" not in firewalld(view, of_node(view, "cp-1"))
    assert "flush ruleset" in page(view).body


def test_empty() -> None:
    """A tree without programs has a page without rules."""
    assert "nftables" not in page(seen(without=list(seen().items))).body
