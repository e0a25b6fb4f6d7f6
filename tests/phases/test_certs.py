# SPDX-License-Identifier: Apache-2.0
"""certs: whose names are in which certificate, and where they go on the host."""

from __future__ import annotations

import kgen
from helpers import assert_identifies, assert_is_ca, assert_serves, decode
from kgen.pki import Certificate
from kgen.tree import Sensitivity, Tree
from phases.plans import plan


def api_server(tree: Tree) -> Certificate:
    """The API server's certificate"""
    return decode(tree["pki/apiserver.crt"].content)


def test_authorities() -> None:
    """Three CAs, each for itself, for ten years."""
    tree = plan()
    for name in ("ca", "etcd/ca", "front-proxy-ca"):
        content = tree[f"pki/{name}.crt"].content
        assert_is_ca(content)
        assert (decode(content).not_after - decode(content).not_before).days == 3650


def test_clients() -> None:
    """Who the clients are; the cluster administrators' group is the API server's only where there is no binding."""
    tree, older = plan(), plan(version="v1.34.4")
    assert_identifies(tree["pki/apiserver-kubelet-client.crt"].content, "kube-apiserver-kubelet-client")
    assert_identifies(
        older["pki/apiserver-kubelet-client.crt"].content, "kube-apiserver-kubelet-client", "kubeadm:cluster-admins"
    )
    assert_identifies(tree["pki/front-proxy-client.crt"].content, "front-proxy-client")
    assert_identifies(tree["pki/apiserver-etcd-client.crt"].content, "kube-apiserver-etcd-client")
    assert_identifies(tree["pki/etcd/healthcheck-client.crt"].content, "kube-etcd-healthcheck-client")


def test_names_of_the_api_server() -> None:
    """Names are sorted; addresses stand in the order service, node, endpoint, certSANs; nothing stands twice."""
    tree = plan(
        "controlPlaneEndpoint: api.example.com:6443\n"
        "networking: {dnsDomain: corp.example, serviceSubnet: 172.20.0.0/16}\n"
        "apiServer: {certSANs: [198.51.100.1, b.example.com, 192.0.2.10, B.example.com, '*.example.com']}\n"
    )
    certificate = api_server(tree)
    assert certificate.dns_names == (
        "*.example.com",
        "api.example.com",
        "b.example.com",
        "cp-1",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.corp.example",
    )
    assert certificate.ip_addresses == ("172.20.0.1", "192.0.2.10", "198.51.100.1")


def test_endpoint_address() -> None:
    """An endpoint that is an address comes before the certSANs."""
    tree = plan("controlPlaneEndpoint: '[2001:db8::5]:6443'\napiServer: {certSANs: [198.51.100.1]}\n")
    assert api_server(tree).ip_addresses == ("10.96.0.1", "192.0.2.10", "2001:db8::5", "198.51.100.1")


def test_names_of_etcd() -> None:
    """etcd's server and its peer have names of their own, and always the loopback addresses of both families."""
    tree = plan("etcd: {local: {serverCertSANs: [s.example.com], peerCertSANs: [198.51.100.2]}}\n")
    assert_serves(tree["pki/etcd/server.crt"].content, "cp-1", "localhost", "s.example.com", "127.0.0.1", "::1")
    peer = decode(tree["pki/etcd/peer.crt"].content)
    assert peer.dns_names == ("cp-1", "localhost")
    assert peer.ip_addresses == ("192.0.2.10", "127.0.0.1", "::1", "198.51.100.2")


def test_places() -> None:
    """pki/ in the tree is certificatesDir on the host."""
    tree = plan("certificatesDir: /srv/pki/\n")
    targets = {file.path: file.target for file in tree.files if file.path.startswith("pki/")}
    assert targets["pki/etcd/ca.key"] == "/srv/pki/etcd/ca.key"
    assert targets["pki/sa.pub"] == "/srv/pki/sa.pub"


def test_modes() -> None:
    """Keys are secret and for root alone; certificates are for all."""
    for file in plan().files:
        if file.path.startswith("pki/"):
            key = file.path.endswith(".key")
            assert (file.sensitivity is Sensitivity.PRIVATE_KEY) is key, file.path
            assert file.mode == (0o644 if file.path.endswith(".crt") else 0o600), file.path


def test_external_etcd() -> None:
    """No certificate of etcd is made for one that runs elsewhere."""
    tree = plan("etcd: {external: {endpoints: ['http://192.0.2.21:2379']}}\n")
    assert [file.path for file in tree.files if "etcd" in file.path] == []


def test_external_authority() -> None:
    """Of a CA whose key is elsewhere there is only the certificate."""
    whole = plan()
    files = {file.path.removeprefix("pki/"): file.content for file in whole.files if not file.path.endswith("ca.key")}
    tree = plan(materials=(kgen.Material(files, "given"),))
    assert {file.path for file in whole.files} - {file.path for file in tree.files} == {
        "pki/ca.key",
        "pki/etcd/ca.key",
        "pki/front-proxy-ca.key",
    }
