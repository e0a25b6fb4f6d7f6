# SPDX-License-Identifier: Apache-2.0
"""Who talks to whom, by the rendered flags."""

from __future__ import annotations

from explain.seen import example, seen
from kgen.explain.connections import Connection, connections
from kgen.explain.traffic import page
from kgen.explain.view import View

EXTERNAL = (
    "etcd: {external: {endpoints: ['https://192.0.2.21:2379', 'https://192.0.2.22:2379'], caFile: /e/ca.crt, "
    "certFile: /e/c.crt, keyFile: /e/c.key}}\n"
)


def between(view: View, client: str, server: str) -> list[Connection]:
    """How one talks to the other."""
    return [each for each in connections(view) if (each.client, each.server) == (client, server)]


def test_kubeconfigs() -> None:
    """A kubeconfig says as whom and where to; both sides check against the cluster's CA."""
    (found,) = between(example("ha"), "kube-scheduler", "kube-apiserver")
    assert found.identity == "CN=system:kube-scheduler"
    assert found.where == "192.0.2.11:6443"
    assert (found.server_checked, found.client_checked) == ("/etc/kubernetes/pki/ca.crt",) * 2


def test_administrators_use_the_shared_endpoint() -> None:
    """admin.conf names the endpoint of the whole control plane."""
    (found,) = between(example("ha"), "administrators", "kube-apiserver")
    assert found.where == "k8s.example.com:6443"


def test_etcd() -> None:
    """The API server shows its own certificate to etcd."""
    (found,) = between(seen(), "kube-apiserver", "etcd")
    assert (found.identity, found.where) == ("CN=kube-apiserver-etcd-client", "127.0.0.1:2379")
    assert found.client_checked == "/etc/kubernetes/pki/etcd/ca.crt"


def test_external_etcd() -> None:
    """Each member, with the certificate by its path; what it checks is not known."""
    found = between(seen(EXTERNAL), "kube-apiserver", "etcd")
    assert [each.where for each in found] == ["192.0.2.21:2379", "192.0.2.22:2379"]
    assert {each.identity for each in found} == {"/e/c.crt"}
    assert {each.client_checked for each in found} == {"not in this tree"}


def test_plain_etcd() -> None:
    """Without TLS nobody shows or checks anything."""
    (found,) = between(seen("etcd: {external: {endpoints: ['http://192.0.2.21:2379']}}\n"), "kube-apiserver", "etcd")
    assert (found.identity, found.protocol, found.server_checked) == ("", "gRPC without TLS", "not checked")


def test_kubelet() -> None:
    """The API server calls kubelets, whose certificates it does not check unless told so."""
    (found,) = between(seen(), "kube-apiserver", "kubelet")
    assert (found.where, found.server_checked) == ("every node:10250", "not checked")
    extra = "apiServer: {extraArgs: [{name: kubelet-certificate-authority, value: /etc/kubernetes/pki/ca.crt}]}\n"
    (found,) = between(seen(extra), "kube-apiserver", "kubelet")
    assert found.server_checked == "/etc/kubernetes/pki/ca.crt"


def test_pods() -> None:
    """Addons talk as their ServiceAccounts: kube-proxy to the endpoint, CoreDNS to the Service."""
    view = example("ipv6-dual-stack")
    (proxy,) = between(view, "kube-proxy", "kube-apiserver")
    (dns,) = between(view, "CoreDNS", "kube-apiserver")
    assert proxy.identity == "system:serviceaccount:kube-system:kube-proxy"
    assert dns.where == "[2001:db8:43::1]:443"


def test_nothing_is_invented() -> None:
    """Without addons, tokens and kubeconfigs there is nobody who would use them."""
    view = example("minimal")
    without = [path for path in view.items if path.startswith(("addons/", "cluster/")) or path.endswith(".conf")]
    body = page(seen(without=without)).body
    assert not [word for word in ("CoreDNS", "kube-proxy", "joins", "administrators") if word in body]


def test_empty() -> None:
    """A tree without anything has a page that says so."""
    assert "This tree does not say" in page(seen(without=list(seen().items))).body
