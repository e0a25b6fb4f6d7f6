# SPDX-License-Identifier: Apache-2.0
"""Who talks to whom, by the rendered flags, kubeconfigs and ConfigMaps. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgen.explain import facts
from kgen.explain.view import Item, View, dig

PROBING = "kubelet, probing"
_CLIENTS = {"admin": "administrators", "super-admin": "administrators, in need", "kubelet": "kubelet"}
_NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Connection:
    """One way in which a program talks to another."""

    client: str
    client_item: Item | None
    identity: str
    """What the client shows; empty for nothing."""
    server: str
    server_item: Item | None
    where: str
    """Address and port, or a path"""
    protocol: str
    server_checked: str
    """Against what the client checks the server"""
    client_checked: str
    """Against what the server checks the client"""


def connections(view: View) -> tuple[Connection, ...]:
    """All that the tree says of who talks to whom, by host, without repetition."""
    found: list[Connection] = []
    for node in facts.hosts(view):
        found += [*_to_api(view, node), *_from_api(view, node), *_etcd_peers(view, node), *_probes(view, node)]
        found += _runtime(view, node)
    found += _pods(view)
    unique = {(each.client, each.identity, each.server, each.where): each for each in reversed(found)}
    return tuple(reversed(unique.values()))


def _to_api(view: View, node: str) -> Iterator[Connection]:
    api = facts.program(view, "kube-apiserver", node)
    checks = api.flags.get("client-ca-file", _NOT_CHECKED) if api else ""
    for item in facts.kubeconfigs(view, node):
        name = item.topic.rpartition("/")[2]
        server = facts.server(item)
        if not server:
            continue
        ca = next((facts.holder(view, each, node) for each in facts.authorities(item)), None)
        identity = item.certificates[0].name if item.certificates else ""
        client = _CLIENTS.get(name) or f"kube-{name}"
        yield Connection(
            client, item, identity, "kube-apiserver", api.item if api else None, facts.host_port(server, 443),
            "HTTPS", ca.target if ca else "the CA in the kubeconfig", checks,
        )  # fmt: skip


def _from_api(view: View, node: str) -> Iterator[Connection]:
    api = facts.program(view, "kube-apiserver", node)
    if api is None:
        return
    etcd = facts.program(view, "etcd", node)
    shown = facts.at(view, node, api.flags.get("etcd-certfile", ""))
    for url in filter(None, api.flags.get("etcd-servers", "").split(",")):
        tls = url.startswith("https")
        demanded = etcd.flags.get("trusted-ca-file", "") if etcd and etcd.flags.get("client-cert-auth") else ""
        identity = shown.certificates[0].name if shown and shown.certificates else api.flags.get("etcd-certfile", "")
        yield Connection(
            "kube-apiserver", api.item, identity if tls else "", "etcd", etcd.item if etcd else None,
            facts.host_port(url, 2379), "gRPC over TLS" if tls else "gRPC without TLS",
            api.flags.get("etcd-cafile", "the host's CAs") if tls else _NOT_CHECKED,
            demanded or ("not in this tree" if etcd is None else _NOT_CHECKED),
        )  # fmt: skip
    config = facts.kubelet(view, node)
    port = str(config.data.get("port") or 10250) if config else "10250"
    client = facts.at(view, node, api.flags.get("kubelet-client-certificate", ""))
    if api.flags.get("kubelet-client-certificate"):
        yield Connection(
            "kube-apiserver", api.item, client.certificates[0].name if client and client.certificates else "",
            "kubelet", config, f"every node:{port}", "HTTPS",
            api.flags.get("kubelet-certificate-authority", _NOT_CHECKED),
            str(dig(config.data, "authentication", "x509", "clientCAFile") or _NOT_CHECKED) if config else "",
        )  # fmt: skip
    if api.flags.get("proxy-client-cert-file"):
        proxy = facts.at(view, node, api.flags["proxy-client-cert-file"])
        yield Connection(
            "kube-apiserver", api.item, proxy.certificates[0].name if proxy and proxy.certificates else "",
            "extension API servers", None, "by their APIService", "HTTPS", "caBundle of the APIService",
            api.flags.get("requestheader-client-ca-file", _NOT_CHECKED),
        )  # fmt: skip


def _etcd_peers(view: View, node: str) -> Iterator[Connection]:
    etcd = facts.program(view, "etcd", node)
    if etcd is None:
        return
    shown = facts.at(view, node, etcd.flags.get("peer-cert-file", ""))
    checks = etcd.flags.get("peer-trusted-ca-file", _NOT_CHECKED)
    for url in filter(None, etcd.flags.get("initial-advertise-peer-urls", "").split(",")):
        yield Connection(
            "other etcd members", None, shown.certificates[0].name if shown and shown.certificates else "",
            "etcd", etcd.item, facts.host_port(url, 2380), "TLS" if url.startswith("https") else "without TLS", checks,
            checks if etcd.flags.get("peer-client-cert-auth") == "true" else _NOT_CHECKED,
        )  # fmt: skip


def _probes(view: View, node: str) -> Iterator[Connection]:
    """The kubelet's probes of static pods; it checks no certificate (pkg/probe/http/http.go)."""
    for each in facts.programs(view):
        container = dig(each.item.data, "spec", "containers", 0)
        ports = {str(port.get("name")): port.get("containerPort") for port in facts.entries(dig(container, "ports"))}
        probe = dig(container, "livenessProbe", "httpGet")
        if each.node == node and isinstance(probe, dict):
            port = ports.get(str(probe.get("port")), probe.get("port"))
            host = str(probe.get("host", ""))
            yield Connection(
                PROBING, facts.kubelet(view, node), "", each.name, each.item,
                f"[{host}]:{port}" if ":" in host else f"{host}:{port}", str(probe.get("scheme", "HTTP")),
                _NOT_CHECKED, _NOT_CHECKED,
            )  # fmt: skip


def _runtime(view: View, node: str) -> Iterator[Connection]:
    config = facts.kubelet(view, node)
    socket = str(config.data.get("containerRuntimeEndpoint") or "") if config else ""
    if socket:
        yield Connection(
            "kubelet", config, "", "container runtime", None, socket, "CRI, gRPC", "by the socket's owner", "root only"
        )


def _pods(view: View) -> Iterator[Connection]:
    api = next((each for each in facts.programs(view) if each.name == "kube-apiserver"), None)
    root = next(
        (each.flags.get("root-ca-file", "") for each in facts.programs(view) if each.name.endswith("manager")), ""
    )
    checks = "its token, with " + api.flags.get("service-account-key-file", "?") if api else ""
    proxy = facts.find(view, "DaemonSet", "kube-proxy", "kube-system")
    config = facts.inner(facts.find(view, "ConfigMap", "kube-proxy", "kube-system"), "kubeconfig.conf")
    target = str(dig(config, "clusters", 0, "cluster", "server") or "")
    if proxy and target:
        yield Connection(
            "kube-proxy", proxy, _account(proxy), "kube-apiserver", api.item if api else None,
            facts.host_port(target, 443), "HTTPS", root or "the ServiceAccount's ca.crt", checks,
        )  # fmt: skip
    dns = facts.find(view, "Deployment", "coredns", "kube-system")
    address = view.cluster.api_service_address
    if dns and address:
        yield Connection(
            "CoreDNS", dns, _account(dns), "kube-apiserver", api.item if api else None,
            facts.host_port(f"https://[{address}]" if ":" in address else f"https://{address}", 443),
            "HTTPS, Service kubernetes", root or "the ServiceAccount's ca.crt", checks,
        )  # fmt: skip
    service = facts.find(view, "Service", "kube-dns", "kube-system")
    if service:
        where = str(dig(service.data, "spec", "clusterIP") or "")
        yield Connection(
            "every pod", None, "", "CoreDNS", dns, f"[{where}]:53" if ":" in where else f"{where}:53",
            "DNS, UDP and TCP", _NOT_CHECKED, _NOT_CHECKED,
        )  # fmt: skip
    info = facts.find(view, "ConfigMap", "cluster-info", "kube-public")
    joined = str(dig(facts.inner(info, "kubeconfig"), "clusters", 0, "cluster", "server") or "")
    token = next((item for item in view.objects if item.topic == "cluster/bootstrap-token"), None)
    if info and joined:
        where = facts.host_port(joined, 443)
        server = ("kube-apiserver", api.item if api else None, where, "HTTPS")
        yield Connection("a node that joins, first", info, "system:anonymous", *server, "the hash of the CA", "nothing")
        if token:
            yield Connection(
                "a node that joins, then", token, "a bootstrap token", *server, "the CA in cluster-info",
                "the Secrets bootstrap-token-*",
            )  # fmt: skip


def _account(item: Item) -> str:
    name = dig(item.data, "spec", "template", "spec", "serviceAccountName") or "default"
    return f"system:serviceaccount:{item.namespace}:{name}"
