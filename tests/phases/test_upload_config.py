# SPDX-License-Identifier: Apache-2.0
"""upload-config: the configurations that joining nodes read."""

from __future__ import annotations

import hashlib

import pytest
import yaml

from phases.plans import document, plan

HASH = "kubeadm.kubernetes.io/component-config.hash"


def test_what_is_uploaded() -> None:
    """The ClusterConfiguration with its defaults, without what belongs to one node."""
    tree = plan("networking: {podSubnet: 10.244.0.0/16}\n", init=f"certificateKey: {'ab' * 32}\n")
    data = document(tree, "cluster/kubeadm-config.yaml")["data"]
    assert data.keys() == {"ClusterConfiguration"}
    uploaded = yaml.safe_load(data["ClusterConfiguration"])
    assert uploaded["networking"] == {
        "dnsDomain": "cluster.local",
        "podSubnet": "10.244.0.0/16",
        "serviceSubnet": "10.96.0.0/12",
    }
    assert "ab" * 32 not in str(data)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("cluster/kubelet-config.yaml", ("kubelet",)),
        ("addons/kube-proxy/configmap.yaml", ("config.conf", "kubeconfig.conf")),
    ],
)
def test_signature(path: str, keys: tuple[str, ...]) -> None:
    """kubeadm's own component configurations bear the hash of their data, by which it knows them again."""
    config_map = document(plan(), path)
    text = "".join(config_map["data"][key] for key in keys)
    assert config_map["metadata"]["annotations"][HASH] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_no_signature() -> None:
    """A configuration of the user's is none of kubeadm's, so that an upgrade leaves it alone."""
    kubelet = "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 42\n"
    tree = plan(documents=kubelet)
    config_map = document(tree, "cluster/kubelet-config.yaml")
    assert HASH not in config_map["metadata"].get("annotations", {})
    assert yaml.safe_load(config_map["data"]["kubelet"])["maxPods"] == 42
    assert HASH in document(tree, "addons/kube-proxy/configmap.yaml")["metadata"]["annotations"]
