# SPDX-License-Identifier: Apache-2.0
"""kubelet-start: what the kubelet reads."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from kgen.tree import Tree
from phases.plans import document, plan

RESOLVED = "/run/systemd/resolve/resolv.conf"
KUBELET = "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"


def kubelet_flags(tree: Tree) -> list[str]:
    """The flags in kubeadm-flags.env"""
    name, _, value = tree["kubelet/kubeadm-flags.env"].content.decode().partition("=")
    assert name == "KUBELET_KUBEADM_ARGS"
    return shlex.split(shlex.split(value)[0])


def config(tree: Tree) -> Any:
    """The kubelet's own configuration"""
    return document(tree, "kubelet/config.yaml")


@pytest.mark.parametrize(
    ("host", "arguments", "expected"),
    [
        ("", "", []),
        ("{hostname: CP-1}", "", []),
        ("{hostname: other}", "", ["--hostname-override=cp-1"]),
        ("", "{name: hostname-override, value: x}", ["--hostname-override=x"]),
        ("{hostname: other}", "{name: v, value: '2'}", ["--hostname-override=cp-1", "--v=2"]),
    ],
)
def test_flags(host: str, arguments: str, expected: list[str]) -> None:
    """The kubelet is told its name if the host has another one; then come the user's flags."""
    node = f"cp-1, kubeletExtraArgs: [{arguments}]" if arguments else "cp-1"
    assert kubelet_flags(plan(node=node, host=host)) == expected


def test_socket() -> None:
    """The socket stands in instance-config.yaml and in the kubelet's configuration, not in the cluster's."""
    tree = plan(node="cp-1, criSocket: 'unix:///run/crio.sock'")
    assert document(tree, "kubelet/instance-config.yaml") == {"containerRuntimeEndpoint": "unix:///run/crio.sock"}
    assert config(tree)["containerRuntimeEndpoint"] == "unix:///run/crio.sock"
    uploaded = document(tree, "cluster/kubelet-config.yaml")["data"]["kubelet"]
    assert "crio" not in uploaded


def test_socket_by_flag() -> None:
    """Without the gate the socket is a flag, and the Node is annotated with it."""
    tree = plan("featureGates: {NodeLocalCRISocket: false}\n", version="v1.34.4")
    assert "--container-runtime-endpoint=unix:///var/run/containerd/containerd.sock" in kubelet_flags(tree)
    assert "kubelet/instance-config.yaml" not in {file.path for file in tree.files}
    assert "cluster/node-cp-1-cri-socket.yaml" in {each.path for each in tree.objects}


def test_resolv_conf() -> None:
    """Where systemd-resolved runs the kubelet reads its file, unless the configuration names one."""
    host = f"{{resolvConf: {RESOLVED}}}"
    assert "resolvConf" not in config(plan())
    assert config(plan(host=host))["resolvConf"] == RESOLVED
    assert config(plan(host=host, documents=KUBELET + "resolvConf: /etc/mine\n"))["resolvConf"] == "/etc/mine"


@pytest.mark.parametrize(("version", "expected"), [("v1.36.3", True), ("v1.37.2", False)])
def test_resolv_conf_of_the_cluster(version: str, expected: bool) -> None:
    """Up to 1.36 the first host's file also reaches the configuration of all kubelets."""
    tree = plan(host=f"{{resolvConf: {RESOLVED}}}", version=version)
    assert (RESOLVED in document(tree, "cluster/kubelet-config.yaml")["data"]["kubelet"]) is expected


def test_units() -> None:
    """The systemd unit and its drop-in, without which nothing reads the rest, lie where packages put them."""
    targets = {file.path: file.target for file in plan().files if file.phase == "kubelet-start"}
    assert targets == {
        "kubelet/kubeadm-flags.env": "/var/lib/kubelet/kubeadm-flags.env",
        "kubelet/instance-config.yaml": "/var/lib/kubelet/instance-config.yaml",
        "kubelet/config.yaml": "/var/lib/kubelet/config.yaml",
        "kubelet/kubelet.service": "/usr/lib/systemd/system/kubelet.service",
        "kubelet/10-kubeadm.conf": "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
    }


def test_drop_in_reads_what_is_written() -> None:
    """The drop-in names the very files that are rendered."""
    tree = plan()
    text = tree["kubelet/10-kubeadm.conf"].content.decode()
    for file in ("kubelet/config.yaml", "kubelet/kubeadm-flags.env", "kubelet.conf"):
        target = next(each.target for each in tree.files if each.path == file)
        assert target in text
