# SPDX-License-Identifier: Apache-2.0
"""kubeconfig: who it identifies, and to which server it leads."""

from __future__ import annotations

import base64
from typing import Any

import pytest

import kgen
from helpers import assert_identifies, decode
from kgen.tree import Sensitivity, Tree
from phases.plans import document, plan

CONTROL_PLANE = ("admin", "super-admin")
LOCAL = ("controller-manager", "scheduler", "kubelet")


def parts(tree: Tree, name: str) -> tuple[Any, Any, Any]:
    """Cluster, user and context of a kubeconfig"""
    config = document(tree, f"{name}.conf")
    assert config["current-context"] == config["contexts"][0]["name"]
    return config["clusters"][0], config["users"][0], config["contexts"][0]


@pytest.mark.parametrize(
    ("name", "user", "groups"),
    [
        ("admin", "kubernetes-admin", ("kubeadm:cluster-admins",)),
        ("super-admin", "kubernetes-super-admin", ("system:masters",)),
        ("kubelet", "system:node:cp-1", ("system:nodes",)),
        ("controller-manager", "system:kube-controller-manager", ()),
        ("scheduler", "system:kube-scheduler", ()),
    ],
)
def test_identities(name: str, user: str, groups: tuple[str, ...]) -> None:
    """Each identifies one user, in the groups that give it its rights, and is a credential for root alone."""
    tree = plan("clusterName: prod\n")
    cluster, identity, context = parts(tree, name)
    certificate = base64.b64decode(identity["user"]["client-certificate-data"])
    assert_identifies(certificate, user, *groups)
    assert (cluster["name"], identity["name"], context["name"]) == ("prod", user, f"{user}@prod")
    ca = tree["pki/ca.crt"].content
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == ca
    assert decode(certificate).chains_to(decode(ca))
    file = next(file for file in tree.files if file.path == f"{name}.conf")
    assert (file.target, file.mode) == (f"/etc/kubernetes/{name}.conf", 0o600)
    assert file.sensitivity is Sensitivity.CREDENTIAL


def test_servers() -> None:
    """People go to the endpoint of the control plane; the node's own programs go to its own API server."""
    tree = plan("controlPlaneEndpoint: api.example.com\n", address="2001:db8::10")
    servers = {name: parts(tree, name)[0]["cluster"]["server"] for name in (*CONTROL_PLANE, *LOCAL)}
    assert {servers[name] for name in CONTROL_PLANE} == {"https://api.example.com:6443"}
    assert {servers[name] for name in LOCAL} == {"https://[2001:db8::10]:6443"}


def test_gate_of_the_kubelet() -> None:
    """Where a gate decides, the kubelet goes to the endpoint as well if it is off."""
    text = "controlPlaneEndpoint: api.example.com\nfeatureGates: {ControlPlaneKubeletLocalMode: false}\n"
    tree = plan(text, version="v1.34.4")
    assert parts(tree, "kubelet")[0]["cluster"]["server"] == "https://api.example.com:6443"
    assert parts(tree, "scheduler")[0]["cluster"]["server"] == "https://192.0.2.10:6443"


@pytest.mark.parametrize("external", [False, True], ids=["key", "external"])
def test_given(external: bool) -> None:
    """Given kubeconfigs are taken byte for byte, comments and all, whether the CA's key is at hand or not."""
    whole = plan()
    files = {file.path.removeprefix("pki/"): file.content for file in whole.files}
    if external:
        del files["ca.key"]
    files["admin.conf"] = b"# from the security team\n" + files["admin.conf"]
    tree = plan(materials=(kgen.Material(files, "given"),))
    assert tree["admin.conf"].content == files["admin.conf"]
