# SPDX-License-Identifier: Apache-2.0
"""Every certificate on its way from the CA to who presents it and who checks it, by flags and kubeconfigs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgen.explain import facts
from kgen.explain.certificates import Decoded
from kgen.explain.facts import Program
from kgen.explain.view import Item, View, dig

NOBODY = "nothing in this tree"


@dataclass(frozen=True, slots=True)
class End:
    """One side of a handshake: a program and what makes it present or check a certificate."""

    who: str
    how: str
    """Flag or field; empty if it is not in this tree."""
    item: Item | None


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate on its way from the CA to who checks it."""

    node: str
    item: Item
    certificate: Decoded
    issuer: Item | None
    role: str
    """`server`, `client` or `both`"""
    presents: End
    checks: End


def chains(view: View) -> tuple[Chain, ...]:
    """Every certificate of the tree that is no CA, with who presents and who checks it."""
    return tuple(chain for node in facts.hosts(view) for chain in _of(view, node))


def _of(view: View, node: str) -> Iterator[Chain]:
    for item in view.files:
        if item.node != node or not item.certificates or item.certificates[0].is_ca:
            continue
        certificate = item.certificates[0]
        ca = facts.issuer(view, certificate, node)
        if item.form == "kubeconfig":
            yield Chain(node, item, certificate, ca, "client", _bearer(item), _api_checks(view, node))
            continue
        named = [use for use in uses(view, node) if facts.at(view, node, use[2]) is item]
        for role, presents, _, checks in named:
            yield Chain(node, item, certificate, ca, role, presents, checks)
        if not named:
            yield Chain(node, item, certificate, ca, *_unnamed(view, item))


def uses(view: View, node: str) -> Iterator[tuple[str, End, str, End]]:
    """Role, who presents, the path that it names, who checks; for each flag that names a certificate."""
    api, etcd = facts.program(view, "kube-apiserver", node), facts.program(view, "etcd", node)
    if api:
        yield from _use(api, "tls-cert-file", "server", _api_clients(view))
        yield from _use(api, "kubelet-client-certificate", "client", _kubelet_checks(view, node))
        yield from _use(api, "etcd-certfile", "client", _etcd_checks(etcd, "trusted-ca-file"))
        extension = End("extension API servers", "ConfigMap kube-system/extension-apiserver-authentication", None)
        yield from _use(api, "proxy-client-cert-file", "client", extension)
    if etcd:
        clients = _flag(api, "etcd-cafile", "clients of etcd") if api else End("clients of etcd", "", None)
        yield from _use(etcd, "cert-file", "server", clients)
        yield from _use(etcd, "peer-cert-file", "both", _etcd_checks(etcd, "peer-trusted-ca-file"))
    for each in facts.programs(view):
        if each.node == node and each.name in ("kube-controller-manager", "kube-scheduler"):
            yield from _use(each, "tls-cert-file", "server", End("who reads its metrics", "", None))
    config = facts.kubelet(view, node)
    if config and config.data.get("tlsCertFile"):
        checks = _flag(api, "kubelet-certificate-authority", "kube-apiserver") if api else End("", "", None)
        yield "server", End("kubelet", "tlsCertFile", config), str(config.data["tlsCertFile"]), checks


def _use(program: Program, flag: str, role: str, checks: End) -> Iterator[tuple[str, End, str, End]]:
    if program.flags.get(flag):
        yield role, End(program.name, f"--{flag}", program.item), program.flags[flag], checks


def _flag(program: Program, flag: str, otherwise: str) -> End:
    return End(program.name, f"--{flag}", program.item) if program.flags.get(flag) else End(otherwise, "", None)


def _etcd_checks(etcd: Program | None, flag: str) -> End:
    if etcd is None:
        return End("the external etcd", "", None)
    demands = etcd.flags.get("peer-client-cert-auth" if flag.startswith("peer") else "client-cert-auth") == "true"
    return _flag(etcd, flag, "etcd") if demands else End("etcd", "", etcd.item)


def _api_checks(view: View, node: str) -> End:
    api = facts.program(view, "kube-apiserver", node)
    return _flag(api, "client-ca-file", "kube-apiserver") if api else End("the API server", "", None)


def _kubelet_checks(view: View, node: str) -> End:
    config = facts.kubelet(view, node)
    if config and dig(config.data, "authentication", "x509", "clientCAFile"):
        return End("kubelet", "authentication.x509.clientCAFile", config)
    return End("kubelet", "", config)


def _api_clients(view: View) -> End:
    if any(item.form == "kubeconfig" and facts.authorities(item) for item in view.files):
        return End("clients of the API", "certificate-authority-data", None)
    return End("clients of the API", "", None)


_BEARERS = {
    "kubeconfig/admin": ("kubectl, kubeadm", "--kubeconfig"),
    "kubeconfig/super-admin": ("kubectl, kubeadm", "--kubeconfig"),
}


def _bearer(item: Item) -> End:
    """Who uses a kubeconfig: its program where one does, people otherwise."""
    name = item.topic.rpartition("/")[2]
    if item.topic in _BEARERS:
        return End(*_BEARERS[item.topic], item)
    program = name if name == "kubelet" else f"kube-{name}"
    return End(program, "--kubeconfig", item)


def _unnamed(view: View, item: Item) -> tuple[str, End, End]:
    if item.topic == "pki/etcd/healthcheck-client":
        etcd = facts.program(view, "etcd", item.node)
        return "client", End("kubeadm and etcdctl", "--cert", None), _etcd_checks(etcd, "trusted-ca-file")
    return "", End(NOBODY, "", None), End("", "", None)
