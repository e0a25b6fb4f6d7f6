# SPDX-License-Identifier: Apache-2.0
"""What is left to do: only what holds for the tree, with commands that fit it."""

from __future__ import annotations

import pytest

from explain.seen import example, nodes, seen
from kgen.explain.after import page, tasks
from kgen.explain.view import View


def commands(view: View) -> str:
    """Every command."""
    return "\n".join(command for task in tasks(view) for command in task.commands)


def titles(view: View) -> set[str]:
    """What there is to do."""
    return {task.title for task in tasks(view)}


@pytest.mark.parametrize(
    ("title", "cluster"),
    [
        ("Encrypt Secrets at rest", "apiServer: {extraArgs: [{name: encryption-provider-config, value: /e/c.yaml}]}\n"),
        ("Keep an audit log", "apiServer: {extraArgs: [{name: audit-log-path, value: /var/log/audit.log}]}\n"),
        ("Decide whether it stays one control-plane node", "controlPlaneEndpoint: k8s.example.com\n"),
        ("Spread CoreDNS", "dns: {disabled: true}\n"),
    ],
)
def test_only_what_holds(title: str, cluster: str) -> None:
    """A task is gone where the configuration has done it."""
    assert title in titles(seen())
    assert title not in titles(seen(cluster))


def test_files_to_bring() -> None:
    """Files that flags name and that the tree does not have; not those that programs write."""
    body = page(example("hardened")).body
    assert "/etc/kubernetes/audit/policy.yaml" in body and "/etc/kubernetes/encryption/config.yaml" in body
    assert "audit.log" not in body
    assert "/etc/etcd/pki/client.key" in page(example("external-etcd")).body
    assert not [title for title in titles(seen()) if "put files in place" in title]


def test_network_plugin() -> None:
    """It needs the pod network, and more where there is no kube-proxy."""
    assert "10.244.0.0/16" in page(example("ha")).body
    assert "Services work too" in page(seen("proxy: {disabled: true}\n")).body
    assert "Services work too" not in page(seen()).body


def test_kubelets_serving_certificates() -> None:
    """Only with serverTLSBootstrap is there something to approve."""
    assert "kubectl certificate approve" in commands(example("hardened"))
    assert "kubectl certificate approve" not in commands(seen())


def test_the_door() -> None:
    """Each token by its id; the CA keys in the API only if they are there."""
    view = seen(init="bootstrapTokens: [{token: abcdef.0123456789abcdef, ttl: 0s}]\n", upload=True)
    assert "kubeadm token delete abcdef\n" in commands(view)
    assert "delete secret kubeadm-certs" in commands(view)
    assert "never ends by itself" in page(view).body
    assert "delete secret kubeadm-certs" not in commands(seen())
    assert "never ends by itself" not in page(seen()).body


def test_back_up_etcd() -> None:
    """With the paths of this cluster, on each node; an external one is backed up where it runs."""
    view = seen("certificatesDir: /srv/pki\netcd: {local: {dataDir: /srv/etcd}}\n")
    assert "--cacert=/srv/pki/etcd/ca.crt" in commands(view)
    assert "--cert=/srv/pki/etcd/healthcheck-client.crt --key=/srv/pki/etcd/healthcheck-client.key" in commands(view)
    assert "snapshot save /srv/etcd/snapshot.db" in commands(view)
    assert "etcd-cp-2 " in commands(nodes("cp-1", "cp-2"))
    assert "etcdctl" not in commands(example("external-etcd"))
    assert "back it up where it runs" in page(example("external-etcd")).body


def test_several_nodes() -> None:
    """With further nodes nobody has to ask whether there will be any."""
    found = titles(nodes("cp-1", "cp-2", "cp-3"))
    assert not [title for title in found if "Join workers" in title or "Spread" in title]


def test_super_admin() -> None:
    """Only where the file is."""
    assert "shred -u /etc/kubernetes/super-admin.conf" in commands(seen())
    assert "super-admin" not in page(seen(without=["super-admin.conf"])).body


def test_nothing() -> None:
    """A tree without anything leaves nothing to do."""
    assert not tasks(seen(without=list(seen().items)))
