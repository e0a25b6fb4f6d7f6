# SPDX-License-Identifier: Apache-2.0
"""certs: the certificates and keys below certificatesDir (kubeadm app/phases/certs/certlist.go, certs.go)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kgen import paths
from kgen.cluster import Cluster, Node
from kgen.config import net
from kgen.needs import CertificateSpec
from kgen.phases import rootless
from kgen.phases.interface import Context, Phase, file
from kgen.pki import Profile, Usage
from kgen.tree import Artifact, Sensitivity

SERVICE_ACCOUNT_KEY = "sa"
CLUSTER_ADMINS = "kubeadm:cluster-admins"


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate of kubeadm."""

    phase: str
    """Name of the sub-phase."""
    name: str
    """Path below certificatesDir, without suffix."""
    authority: str | None
    """Name of the CA that signs it; None for a CA."""
    summary: str
    profile: Callable[[Cluster, Node], Profile]

    def spec(self, cluster: Cluster, node: Node) -> CertificateSpec:
        """What the keyring must provide."""
        return CertificateSpec(
            name=self.name,
            authority=self.authority,
            profile=self.profile(cluster, node),
            period=cluster.certificate_period if self.authority else cluster.ca_period,
            not_before="backdated",
            kind="pki",
        )


def _authority(common_name: str) -> Callable[[Cluster, Node], Profile]:
    profile = Profile(common_name, dns_names=(common_name,), ca=True)
    return lambda _cluster, _node: profile


def _client(common_name: str) -> Callable[[Cluster, Node], Profile]:
    profile = Profile(common_name, usages=("client",))
    return lambda _cluster, _node: profile


def _kubelet_client(cluster: Cluster, _node: Node) -> Profile:
    admin = cluster.release.has("apiserver-kubelet-client-is-cluster-admin")
    return Profile("kube-apiserver-kubelet-client", (CLUSTER_ADMINS,) if admin else (), usages=("client",))


def _api_server(cluster: Cluster, node: Node) -> Profile:
    names = [
        node.name,
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        f"kubernetes.default.svc.{cluster.dns_domain}",
    ]
    addresses = [str(net.nth_address(cluster.service_subnet, 1)), node.address]
    extra = list(cluster.component("apiServer").get("certSANs", []))
    endpoint = cluster.configuration.get("controlPlaneEndpoint")
    if endpoint:
        extra.insert(0, net.parse_host_port(endpoint)[0])
    return _server("kube-apiserver", names, addresses, extra, ("server",))


def _etcd(field: str) -> Callable[[Cluster, Node], Profile]:
    def profile(cluster: Cluster, node: Node) -> Profile:
        extra = cluster.local_etcd.get(field, [])
        addresses = [node.address, "127.0.0.1", "::1"]
        return _server(node.name, [node.name, "localhost"], addresses, extra, ("server", "client"))

    return profile


def _server(
    common_name: str, names: list[str], addresses: list[str], extra: list[str], usages: tuple[Usage, ...]
) -> Profile:
    """Names sorted, addresses in order, both without repetition (pkiutil RemoveDuplicateAltNames)."""
    addresses = addresses + [str(net.parse_ip(name)) for name in extra if net.is_ip(name)]
    names = names + [name for name in extra if not net.is_ip(name)]
    return Profile(
        common_name, dns_names=tuple(sorted(set(names))), ip_addresses=tuple(dict.fromkeys(addresses)), usages=usages
    )


ROWS: tuple[Row, ...] = (
    Row(
        "ca",
        "ca",
        None,
        "the cluster's CA, which signs the identities of servers, nodes and users",
        _authority("kubernetes"),
    ),
    Row("apiserver", "apiserver", "ca", "the API server's serving certificate", _api_server),
    Row(
        "apiserver-kubelet-client",
        "apiserver-kubelet-client",
        "ca",
        "the API server's identity towards kubelets",
        _kubelet_client,
    ),
    Row(
        "front-proxy-ca",
        "front-proxy-ca",
        None,
        "the CA of the front proxy, which vouches for aggregated API servers' callers",
        _authority("front-proxy-ca"),
    ),
    Row(
        "front-proxy-client",
        "front-proxy-client",
        "front-proxy-ca",
        "the API server's identity towards aggregated API servers",
        _client("front-proxy-client"),
    ),
    Row("etcd-ca", "etcd/ca", None, "the CA of etcd, apart from the cluster's", _authority("etcd-ca")),
    Row("etcd-server", "etcd/server", "etcd/ca", "etcd's serving certificate", _etcd("serverCertSANs")),
    Row("etcd-peer", "etcd/peer", "etcd/ca", "etcd's identity towards its peers", _etcd("peerCertSANs")),
    Row(
        "etcd-healthcheck-client",
        "etcd/healthcheck-client",
        "etcd/ca",
        "the identity with which etcd's health is asked",
        _client("kube-etcd-healthcheck-client"),
    ),
    Row(
        "apiserver-etcd-client",
        "apiserver-etcd-client",
        "etcd/ca",
        "the API server's identity towards etcd",
        _client("kube-apiserver-etcd-client"),
    ),
)


def rows(cluster: Cluster) -> tuple[Row, ...]:
    """The certificates of this cluster: without those of etcd where etcd is external."""
    if cluster.external_etcd is None:
        return ROWS
    return tuple(row for row in ROWS if "etcd/ca" not in (row.name, row.authority))


def _certificate(row: Row) -> Callable[[Context], Iterator[Artifact]]:
    def artifacts(context: Context) -> Iterator[Artifact]:
        if row not in rows(context.cluster):
            return
        keyring = context.secrets.keyring
        phase, topic = f"certs/{row.phase}", f"pki/{row.name}"
        target = paths.join(context.cluster.certificates_dir, row.name)
        yield file(
            context,
            f"pki/{row.name}.crt",
            f"{target}.crt",
            keyring.certificate(row.name),
            mode=0o644,
            phase=phase,
            topic=topic,
        )
        key = keyring.key(row.name)
        if key is not None:
            written = file(
                context,
                f"pki/{row.name}.key",
                f"{target}.key",
                key,
                phase=phase,
                topic=topic,
                sensitivity=Sensitivity.PRIVATE_KEY,
            )
            yield rootless.owned(context, written)

    return artifacts


def _service_account(context: Context) -> Iterator[Artifact]:
    keyring = context.secrets.keyring
    directory = context.cluster.certificates_dir
    private = file(
        context,
        "pki/sa.key",
        paths.join(directory, "sa.key"),
        keyring.key("sa") or b"",
        phase="certs/sa",
        topic="pki/sa",
        sensitivity=Sensitivity.PRIVATE_KEY,
    )
    public = file(
        context,
        "pki/sa.pub",
        paths.join(directory, "sa.pub"),
        keyring.public_key("sa"),
        phase="certs/sa",
        topic="pki/sa",
    )
    yield rootless.owned(context, private)
    yield rootless.owned(context, public)


PHASES: tuple[Phase, ...] = (
    *(Phase(f"certs/{row.phase}", row.summary, _certificate(row)) for row in ROWS),
    Phase("certs/sa", "the key pair that signs service account tokens", _service_account),
)
