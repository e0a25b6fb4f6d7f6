# SPDX-License-Identifier: Apache-2.0
"""certs: the certificates and keys below certificatesDir (kubeadm app/phases/certs/certlist.go, certs.go)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from kgen import paths
from kgen.cluster import TIME, Cluster, Node
from kgen.config import net
from kgen.keyring import Part
from kgen.needs import CertificateSpec
from kgen.phases import rootless
from kgen.phases.interface import Context, Phase, file
from kgen.pki import Profile, Usage
from kgen.provenance import Given, Paths, Places, Sourced, derived, escape, given, plain, reading
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
    profile: Callable[[Cluster, Node], Sourced]
    """A Profile, and what each name in it depends on"""

    def spec(self, cluster: Cluster, node: Node) -> CertificateSpec:
        """What the keyring must provide."""
        return CertificateSpec(
            name=self.name,
            authority=self.authority,
            profile=self.profile(cluster, node).value,
            period=self.period(cluster),
            not_before="backdated",
            kind="pki",
        )

    def period(self, cluster: Cluster) -> timedelta:
        """How long it is valid."""
        return cluster.certificate_period if self.authority else cluster.ca_period

    def places(self, context: Context) -> Places:
        """What each field of the certificate depends on."""
        cluster = context.cluster
        end = (*given(lambda: self.period(cluster)).paths, TIME)
        return {
            **self.profile(cluster, context.node).places,
            "/validity/notBefore": unless_reused(context, self.name, (TIME,), "validity"),
            "/validity/notAfter": unless_reused(context, self.name, end, "validity"),
            "/subjectPublicKeyInfo": key_paths(context, self.name),
        }


Name = str | Given[str]
_Profiler = Callable[[Cluster, Node], Sourced]


def _authority(common_name: str) -> _Profiler:
    profile = Sourced(Profile(common_name, dns_names=(common_name,), ca=True))
    return lambda _cluster, _node: profile


def _client(common_name: str) -> _Profiler:
    profile = Sourced(Profile(common_name, usages=("client",)))
    return lambda _cluster, _node: profile


def _kubelet_client(cluster: Cluster, _node: Node) -> Sourced:
    admin = given(lambda: cluster.release.has("apiserver-kubelet-client-is-cluster-admin"))
    organizations = (CLUSTER_ADMINS,) if admin else ()
    profile = Profile("kube-apiserver-kubelet-client", organizations, usages=("client",))
    return Sourced(profile, {"/subject/organizationName": admin.paths})


def _api_server(cluster: Cluster, node: Node) -> Sourced:
    names: list[Name] = [
        given(lambda: node.name),
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        given(lambda: f"kubernetes.default.svc.{cluster.dns_domain}"),
    ]
    addresses: list[Name] = [
        given(lambda: cluster.api_service_address),
        given(lambda: node.address),
    ]
    extra = _listed(cluster.component("apiServer").get("certSANs", []))
    if cluster.configuration.get("controlPlaneEndpoint"):
        extra.insert(0, given(lambda: net.parse_host_port(cluster.configuration["controlPlaneEndpoint"])[0]))
    return _server("kube-apiserver", names, addresses, extra, ("server",))


def _etcd(field: str) -> _Profiler:
    def profile(cluster: Cluster, node: Node) -> Sourced:
        extra = _listed(cluster.local_etcd.get(field, []))
        name = given(lambda: node.name)
        addresses: list[Name] = [given(lambda: node.address), "127.0.0.1", "::1"]
        return _server(name, [name, "localhost"], addresses, extra, ("server", "client"))

    return profile


def _listed(names: Sequence[str]) -> list[Given[str]]:
    """The items of a list of the configuration, each with its own path."""
    return [_item(names, index) for index in range(len(names))]


def _item(names: Sequence[str], index: int) -> Given[str]:
    return given(lambda: names[index])


def _server(
    common_name: Name,
    names: Sequence[Name],
    addresses: Sequence[Name],
    extra: Sequence[Given[str]],
    usages: tuple[Usage, ...],
) -> Sourced:
    """Names sorted, addresses in order, both without repetition (pkiutil RemoveDuplicateAltNames)."""
    numbers = [Given(str(net.parse_ip(name.value)), name.paths) for name in extra if net.is_ip(name.value)]
    texts = [name for name in extra if not net.is_ip(name.value)]
    places: dict[str, Paths] = {}
    if isinstance(common_name, Given):
        places["/subject/commonName"] = common_name.paths
    dns, ip = _merged([*names, *texts]), _merged([*addresses, *numbers])
    places |= {f"/subjectAltName/dns/{escape(name)}": dns[name] for name in sorted(dns) if dns[name]}
    places |= {f"/subjectAltName/ip/{escape(address)}": paths for address, paths in ip.items() if paths}
    profile = Profile(plain(common_name), dns_names=tuple(sorted(dns)), ip_addresses=tuple(ip), usages=usages)
    return Sourced(profile, places)


def _merged(names: Sequence[Name]) -> dict[str, Paths]:
    """Each name once, with all that it depends on."""
    found: dict[str, Paths] = {}
    for name in names:
        paths = name.paths if isinstance(name, Given) else ()
        found[plain(name)] = tuple(dict.fromkeys((*found.get(plain(name), ()), *paths)))
    return found


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
        target = _target(context, row.name)
        yield file(
            context,
            f"pki/{row.name}.crt",
            f"{target.value}.crt",
            keyring.certificate(row.name),
            mode=0o644,
            phase=phase,
            topic=topic,
            places={"target": target.paths, **row.places(context)},
        )
        key = keyring.key(row.name)
        if key is not None:
            written = file(
                context,
                f"pki/{row.name}.key",
                f"{target.value}.key",
                key,
                phase=phase,
                topic=topic,
                sensitivity=Sensitivity.PRIVATE_KEY,
                places={"target": target.paths, "": key_paths(context, row.name)},
            )
            yield rootless.owned(context, written)

    return artifacts


def _target(context: Context, name: str) -> Given[str]:
    return given(lambda: paths.join(context.cluster.certificates_dir, name))


def reused() -> Paths:
    """What a credential depends on that is reused: on being there, by whichever way, for the index does not tell."""
    why = "what was there already: given with --cert-dir or --rootfs, or kept from an earlier tree"
    return given(lambda: derived("reused", why, lambda: None)).paths


def unless_reused(context: Context, name: str, paths: Paths, *parts: Part) -> Paths:
    """The paths, unless one of these parts of a credential is not what they say because it is reused."""
    departs = any(context.secrets.keyring.departs(name, part) for part in parts)
    return reused() if departs else paths


def authority_paths(context: Context, name: str) -> Paths:
    """What the certificate of a CA depends on."""

    def parts() -> tuple[timedelta, str]:
        reading(TIME)
        return context.cluster.ca_period, context.cluster.algorithm

    made = given(lambda: derived("ca-certificate", "made when rendered", parts)).paths
    return unless_reused(context, name, made, "key", "validity")


def key_paths(context: Context, name: str) -> Paths:
    """What a key depends on."""
    return unless_reused(context, name, given(lambda: context.cluster.algorithm).paths, "key")


def _service_account(context: Context) -> Iterator[Artifact]:
    keyring = context.secrets.keyring
    target = _target(context, SERVICE_ACCOUNT_KEY)
    places = {"target": target.paths, "": key_paths(context, SERVICE_ACCOUNT_KEY)}
    private = file(
        context,
        "pki/sa.key",
        f"{target.value}.key",
        keyring.key("sa") or b"",
        phase="certs/sa",
        topic="pki/sa",
        sensitivity=Sensitivity.PRIVATE_KEY,
        places=places,
    )
    public = file(
        context,
        "pki/sa.pub",
        f"{target.value}.pub",
        keyring.public_key("sa"),
        phase="certs/sa",
        topic="pki/sa",
        places=places,
    )
    yield rootless.owned(context, private)
    yield rootless.owned(context, public)


PHASES: tuple[Phase, ...] = (
    *(Phase(f"certs/{row.phase}", row.summary, _certificate(row)) for row in ROWS),
    Phase("certs/sa", "the key pair that signs service account tokens", _service_account),
)
