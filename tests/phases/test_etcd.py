# SPDX-License-Identifier: Apache-2.0
"""etcd: the static pod of a local etcd."""

from __future__ import annotations

import pytest

from phases.plans import container, document, flags, mounts, plan


def local(text: str) -> str:
    """A local etcd with these settings"""
    return f"etcd: {{local: {{{text}}}}}\n"


def test_flags() -> None:
    """etcd listens on the loopback and the node's address, and knows itself by the node's name."""
    found = flags(plan(address="2001:db8::10"), "etcd")
    assert found["listen-client-urls"] == "https://[::1]:2379,https://[2001:db8::10]:2379"
    assert found["initial-cluster"] == "cp-1=https://[2001:db8::10]:2380"
    assert found["name"] == "cp-1"


@pytest.mark.parametrize(("minor", "version", "lines"), [("1.35", "v1.35.4", 3), ("1.37", "v1.37.2", 1)])
def test_what_goes_by_the_tag(minor: str, version: str, lines: int) -> None:
    """The image, and the flags in the minors that have others for older etcds."""
    tree = plan(local("imageTag: 3.6.8-0"), kubeadm=minor, version=version)
    places = tree["manifests/etcd.yaml"].places
    found = [place for place, paths in places.items() if "ClusterConfiguration.etcd.local.imageTag" in paths]
    assert len(found) == lines
    assert "/spec/containers/0/image" in found


def test_directories() -> None:
    """Data and certificates are mounted from where the configuration says."""
    tree = plan("certificatesDir: /srv/pki\n" + local("dataDir: /data/etcd"))
    assert mounts(tree, "etcd") == {"etcd-certs": "/srv/pki/etcd", "etcd-data": "/data/etcd"}
    assert flags(tree, "etcd")["trusted-ca-file"] == "/srv/pki/etcd/ca.crt"
    assert flags(tree, "etcd")["data-dir"] == "/data/etcd"


def test_client_address() -> None:
    """The annotation tells kubeadm where etcd is, whatever the user's flags say."""
    metadata = document(plan(), "manifests/etcd.yaml")["metadata"]
    assert metadata["annotations"] == {"kubeadm.kubernetes.io/etcd.advertise-client-urls": "https://192.0.2.10:2379"}


@pytest.mark.parametrize(
    ("urls", "host", "scheme", "port"),
    [
        ("", "127.0.0.1", "HTTP", 2381),
        ("http://192.0.2.10:9999,http://ignored:1", "192.0.2.10", "HTTP", 9999),
        ("HTTPS://ETCD.example.com:99999", "ETCD.example.com", "HTTPS", 2381),
        ("http://x:0", "x", "HTTP", 2381),
        pytest.param(f"http://x:{'9' * 4301}", "x", "HTTP", 2381, id="a port of more digits than Python reads"),
        ("http://x:port", "127.0.0.1", "HTTP", 2381),
        ("http://[::1]:2381", "::1", "HTTP", 2381),
        ("http://[::", "127.0.0.1", "HTTP", 2381),
        ("http://user@Host:1", "Host", "HTTP", 1),
        ("https://:80", "127.0.0.1", "HTTPS", 80),
        ("192.0.2.1:2381", "127.0.0.1", "HTTP", 2381),
        ("etcd:2381", "127.0.0.1", "HTTP", 2381),
    ],
)
def test_probes(urls: str, host: str, scheme: str, port: int) -> None:
    """Probes go to the first metrics URL, as far as it can be read; each value here is a real kubeadm's."""
    extra = f"extraArgs: [{{name: listen-metrics-urls, value: '{urls}'}}]" if urls else ""
    etcd = container(plan(local(extra)), "etcd")
    probe = etcd["livenessProbe"]["httpGet"]
    assert (probe["host"], probe["scheme"]) == (host, scheme)
    assert [each["containerPort"] for each in etcd["ports"]] == [port]


def test_external() -> None:
    """There is no pod for an etcd that runs elsewhere."""
    tree = plan("etcd: {external: {endpoints: ['http://192.0.2.21:2379']}}\n")
    assert "manifests/etcd.yaml" not in {file.path for file in tree.files}


def test_environment() -> None:
    """etcd gets its own variables, and never those of a proxy."""
    tree = plan(local("extraEnvs: [{name: B, value: '2'}, {name: A, value: '1'}]"), host="{proxy: {HTTP_PROXY: 'x'}}")
    assert container(tree, "etcd")["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
