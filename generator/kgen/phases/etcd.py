# SPDX-License-Identifier: Apache-2.0
"""etcd: the static pod of a local etcd (kubeadm app/phases/etcd/local.go)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from kgen import paths
from kgen.config import net
from kgen.phases import arguments
from kgen.phases.interface import Context, Phase
from kgen.phases.static_pod import environment, manifest, mount, variables, volume
from kgen.provenance import Given, given
from kgen.tree import Artifact

CLIENT_PORT, PEER_PORT, METRICS_PORT = 2379, 2380, 2381

EXTRA_ARGS = "ClusterConfiguration.etcd.local.extraArgs"

_AUTHORITY = re.compile(r"(?:.*@)?(\[[^\]]*\]|[^:]*)(?::([0-9]*))?")
"""Host, with the case that it has, and port of a URL."""


def _artifacts(context: Context) -> Iterator[Artifact]:
    cluster, node = context.cluster, context.node
    if cluster.external_etcd is not None:
        return
    extra = cluster.local_etcd.get("extraArgs", [])
    data = given(lambda: cluster.local_etcd["dataDir"])
    certificates = given(lambda: f"{cluster.certificates_dir}/etcd")
    probe = given(lambda: _probe(arguments.last(extra, "listen-metrics-urls", EXTRA_ARGS)))
    host = given(lambda: node.localhost) if probe.value.host is None else Given(probe.value.host, probe.paths)
    yield manifest(
        context,
        "etcd",
        "etcd/local",
        {
            "client_url": given(lambda: _url(node.address, CLIENT_PORT)),
            "command": ["etcd", *arguments.command(_flags(context), extra, EXTRA_ARGS)],
            "env": environment(variables(context, cluster.local_etcd, "ClusterConfiguration.etcd.local")),
            "image": given(lambda: cluster.etcd_image),
            "probe_host": host,
            "probe_port": Given(probe.value.port, probe.paths),
            "probe_scheme": Given(probe.value.scheme, probe.paths),
            "mounts": [mount("etcd-data", data, False), mount("etcd-certs", certificates, False)],
            "volumes": [
                volume("etcd-certs", certificates, "DirectoryOrCreate"),
                volume("etcd-data", data, "DirectoryOrCreate"),
            ],
        },
    )


def _url(host: str, port: int) -> str:
    return f"https://{net.host_port(host, port)}"


def _flags(context: Context) -> arguments.Flags:
    cluster, node = context.cluster, context.node

    def certificate(name: str) -> Given[str]:
        return given(lambda: paths.join(cluster.certificates_dir, "etcd", name))

    def client() -> str:
        return _url(node.address, CLIENT_PORT)

    def peer() -> str:
        return _url(node.address, PEER_PORT)

    release = cluster.release
    varies = len(release.etcd_flags) > 1
    by_version = given(lambda: release.etcd_version_flags(cluster.etcd_tag if varies else ""))
    return {
        "name": given(lambda: node.name),
        "listen-client-urls": given(lambda: f"{_url(node.localhost, CLIENT_PORT)},{client()}"),
        "advertise-client-urls": given(client),
        "listen-peer-urls": given(peer),
        "initial-advertise-peer-urls": given(peer),
        "initial-cluster": given(lambda: f"{node.name}={peer()}"),
        "data-dir": given(lambda: str(cluster.local_etcd["dataDir"])),
        "cert-file": certificate("server.crt"),
        "key-file": certificate("server.key"),
        "trusted-ca-file": certificate("ca.crt"),
        "client-cert-auth": "true",
        "peer-cert-file": certificate("peer.crt"),
        "peer-key-file": certificate("peer.key"),
        "peer-trusted-ca-file": certificate("ca.crt"),
        "peer-client-cert-auth": "true",
        "snapshot-count": "10000",
        "listen-metrics-urls": given(lambda: f"http://{net.host_port(node.localhost, METRICS_PORT)}"),
        **{name: Given(value, by_version.paths) for name, value in by_version.value.items()},
    }


@dataclass(frozen=True, slots=True)
class _Probe:
    host: str | None = None
    """None: the loopback address"""
    port: int = METRICS_PORT
    scheme: str = "HTTP"


def _probe(metrics_urls: str | None) -> _Probe:
    """Where the probes go: to the first metrics URL, as far as it says (GetEtcdProbeEndpoint)."""
    if metrics_urls is None:
        return _Probe()
    try:
        url = urlsplit(metrics_urls.split(",")[0])
    except ValueError:
        return _Probe()
    match = _AUTHORITY.fullmatch(url.netloc)
    if match is None:
        return _Probe()
    try:
        port = net.parse_port(match[2] or "")
    except ValueError:
        port = METRICS_PORT
    return _Probe(match[1].strip("[]") or None, port, "HTTPS" if url.scheme == "https" else "HTTP")


PHASES: tuple[Phase, ...] = (
    Phase("etcd/local", "the manifest of etcd as a static pod, unless etcd is external", _artifacts),
)
