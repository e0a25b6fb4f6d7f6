# SPDX-License-Identifier: Apache-2.0
"""What a node's files mean to the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from apply.trees import render
from kgen_apply import layout
from kgen_apply.layout import Layout
from kgen_apply.tree import load


@pytest.fixture(scope="module")
def there(rendered: Path) -> Layout:
    """The layout of the first control-plane node."""
    tree = load(rendered)
    return layout.of(tree, tree.nodes[0])


def test_what_makes_the_kubelet_act_comes_last(there: Layout) -> None:
    """All that a static pod points to is there before it, and the kubelet's own configuration is the very last."""
    targets = [file.target for file in there.files]
    assert [target.rpartition("/")[2] for target in targets[-7:]] == [
        "etcd.yaml",
        "kube-apiserver.yaml",
        "kube-controller-manager.yaml",
        "kube-scheduler.yaml",
        "kubeadm-flags.env",
        "instance-config.yaml",
        "config.yaml",
    ]
    assert targets[0] == "/etc/kubernetes/pki/ca.crt"


def test_directories_are_made_as_kubeadm_makes_them(there: Layout) -> None:
    """Parents first; those of secrets for their owner alone."""
    assert there.directories["/etc/kubernetes"] == 0o755
    assert there.directories["/etc/kubernetes/pki/etcd"] == 0o755
    private = {path for path, mode in there.directories.items() if mode == 0o700}
    assert private == {"/etc/kubernetes/manifests", "/var/lib/kubelet", "/var/lib/etcd"}
    assert list(there.directories) == sorted(there.directories)


def test_ports_and_health_are_read_from_the_manifests(there: Layout) -> None:
    """Each component says itself where it listens and where it is asked how it is."""
    assert {pod.name: pod.ports for pod in there.pods} == {
        "etcd": (2379, 2380, 2381),
        "kube-apiserver": (6443,),
        "kube-controller-manager": (10257,),
        "kube-scheduler": (10259,),
    }
    assert there.health("kubelet") == "http://127.0.0.1:10248/healthz"
    assert there.health("etcd") == "http://127.0.0.1:2381/readyz"
    assert there.health("kube-controller-manager") == "https://127.0.0.1:10257/healthz"
    assert there.health("kube-apiserver") == "https://192.0.2.10:6443/livez"


def test_own_places_are_followed(tmp_path: Path) -> None:
    """certificatesDir, etcd's data directory and the kubelet's cert-dir are the configuration's."""
    path = render(
        tmp_path / "tree",
        cluster="certificatesDir: /srv/pki\netcd: {local: {dataDir: /srv/etcd}}",
        init="  kubeletExtraArgs: [{name: cert-dir, value: /srv/kubelet}]",
    )
    tree = load(path)
    there = layout.of(tree, tree.nodes[0])
    assert there.ca is not None
    assert (there.ca.target, there.etcd_data) == ("/srv/pki/ca.crt", "/srv/etcd")
    assert there.pem == "/srv/kubelet/kubelet-client-current.pem"
    assert there.directories["/srv/etcd"] == 0o700
    assert there.socket == "/var/run/containerd/containerd.sock"
