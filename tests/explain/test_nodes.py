# SPDX-License-Identifier: Apache-2.0
"""The machines, and what runs on each."""

from __future__ import annotations

from explain.seen import example, nodes, seen
from kgen.explain.nodes import page


def test_machines() -> None:
    """Each node with role, address, runtime, labels and taints."""
    body = page(example("ha")).body
    assert "192.0.2.11" in body and "control plane, the first" in body
    assert "unix:///var/run/containerd/containerd.sock" in body
    assert "node-role.kubernetes.io/control-plane:NoSchedule" in body


def test_what_runs() -> None:
    """Static pods by node, then what the cluster places."""
    body = page(seen()).body
    for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        assert f"/{name}.yaml.md) | static pod | `cp-1` |" in body
    assert "Deployment of 2" in body and "whatever its taints" in body


def test_several() -> None:
    """Every node has its own programs; CoreDNS is no longer on a single one."""
    body = page(nodes("cp-1", "cp-2", "cp-3")).body
    assert "| static pod | `cp-3` |" in body
    assert "192.0.2.12" in body
    assert "All replicas of CoreDNS" not in body


def test_external_etcd() -> None:
    """External etcd runs on machines that are not in the tree."""
    body = page(example("external-etcd")).body
    assert "its machines are not in this tree" in body
    assert "etcd.yaml" not in body


def test_nothing_is_invented() -> None:
    """What the tree does not say of a node, the page does not either."""
    body = page(seen(without=list(seen().items))).body
    assert "not said" in body and "containerd" not in body
