# SPDX-License-Identifier: Apache-2.0
"""The trust map: every certificate of the tree, from its CA to who checks it."""

from __future__ import annotations

import pytest

from explain.seen import EXAMPLES, dead_links, example, seen
from kgen import releases
from kgen.explain.chains import Chain, chains
from kgen.explain.trust import page
from kgen.explain.view import View


def chain(view: View, path: str) -> Chain:
    """The only chain of a certificate."""
    (found,) = (each for each in chains(view) if each.item.path == path)
    return found


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_certificate_is_used(name: str, minor: str) -> None:
    """In what kubeadm writes, each certificate has a CA, somebody who presents it and somebody who checks it."""
    view = example(name, minor)
    leaves = {path for path, item in view.items.items() if item.certificates and not item.certificates[0].is_ca}
    assert {each.item.path for each in chains(view)} == leaves
    for each in chains(view):
        assert each.issuer is not None or "external" in name
        assert each.presents.how and each.checks.who
    assert not dead_links([page(view)], view)


@pytest.mark.parametrize(
    ("path", "ca", "presents", "checks"),
    [
        ("pki/apiserver.crt", "pki/ca.crt", "--tls-cert-file", "clients of the API"),
        ("pki/apiserver-kubelet-client.crt", "pki/ca.crt", "--kubelet-client-certificate", "kubelet"),
        ("pki/front-proxy-client.crt", "pki/front-proxy-ca.crt", "--proxy-client-cert-file", "extension API servers"),
        ("pki/etcd/peer.crt", "pki/etcd/ca.crt", "--peer-cert-file", "etcd"),
        ("pki/etcd/healthcheck-client.crt", "pki/etcd/ca.crt", "--cert", "etcd"),
        ("scheduler.conf", "pki/ca.crt", "--kubeconfig", "kube-apiserver"),
    ],
)
def test_ways(path: str, ca: str, presents: str, checks: str) -> None:
    """From the CA that signed it to the one who checks it."""
    found = chain(example("minimal"), path)
    assert found.issuer is not None
    assert (found.issuer.path, found.presents.how, found.checks.who) == (ca, presents, checks)


def test_external_etcd() -> None:
    """What checks the API server's certificate for an external etcd is not in the tree, and is not invented."""
    etcd = (
        "etcd: {external: {endpoints: ['https://192.0.2.21:2379'], caFile: /e/ca.crt, certFile: /e/c.crt, "
        "keyFile: /e/c.key}}\n"
    )
    view = seen(etcd)
    assert not [each for each in chains(view) if "etcd" in each.item.path]
    assert "healthcheck" not in page(view).body
    assert "| `/e/c.crt` | cp-1 |" in page(view).body


def test_a_flag_of_the_user() -> None:
    """A certificate that no flag names any more is said to be used by nothing in the tree."""
    extra = "apiServer: {extraArgs: [{name: tls-cert-file, value: /mine/tls.crt}]}\n"
    found = chain(seen(extra), "pki/apiserver.crt")
    assert found.presents.who == "nothing in this tree"


def test_ca_key_is_elsewhere() -> None:
    """An external CA's key is not in the tree."""
    assert "whoever has it signs" in page(seen(without=["pki/ca.key"])).body


def test_ca_is_elsewhere() -> None:
    """A certificate whose CA is not in the tree names its issuer."""
    view = seen(without=["pki/ca.crt"])
    assert chain(view, "pki/apiserver.crt").issuer is None
    assert "not in this tree" in page(view).body


def test_client_certificates_that_etcd_does_not_ask_for() -> None:
    """Nobody checks a client's certificate if etcd does not demand one."""
    extra = "etcd: {local: {extraArgs: [{name: client-cert-auth, value: 'false'}]}}\n"
    assert chain(seen(extra), "pki/apiserver-etcd-client.crt").checks.how == ""


def test_kubelets_are_checked_if_a_flag_says_so() -> None:
    """The page says that kubelets' certificates are not checked only where that is so."""
    extra = "apiServer: {extraArgs: [{name: kubelet-certificate-authority, value: /etc/kubernetes/pki/ca.crt}]}\n"
    assert "does not check the certificates of kubelets" in page(seen()).body
    assert "does not check the certificates of kubelets" not in page(seen(extra)).body


def test_nothing() -> None:
    """A tree without certificates has a page that says so."""
    assert "There is no certificate" in page(seen(without=list(seen().items))).body
