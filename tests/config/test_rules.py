# SPDX-License-Identifier: Apache-2.0
"""kubeadm's validation. Which values are refused, and at which path, is measured with the Go functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from kgen import releases
from kgen.config import rules
from kgen.errors import Path, Problem

TOKEN = "tokeni.thisisnotatoken1"
NEWEST, OLDEST = releases.load(releases.minors()[-1]), releases.load("1.34")


def an_init() -> dict[str, Any]:
    """A defaulted InitConfiguration without problems."""
    return {
        "nodeRegistration": {"name": "cp-1", "criSocket": "unix:///run/containerd/containerd.sock"},
        "localAPIEndpoint": {"advertiseAddress": "192.0.2.10", "bindPort": 6443},
        "bootstrapTokens": [
            {
                "token": TOKEN,
                "ttl": "24h0m0s",
                "usages": ["signing", "authentication"],
                "groups": ["system:bootstrappers:a"],
            }
        ],
    }


def a_cluster() -> dict[str, Any]:
    """A defaulted ClusterConfiguration without problems."""
    return {
        "networking": {"serviceSubnet": "10.96.0.0/12", "dnsDomain": "cluster.local"},
        "certificatesDir": "/etc/kubernetes/pki",
        "imageRepository": "registry.k8s.io",
        "encryptionAlgorithm": "RSA-2048",
        "etcd": {"local": {"dataDir": "/var/lib/etcd"}},
        "certificateValidityPeriod": "8760h0m0s",
        "caCertificateValidityPeriod": "87600h0m0s",
    }


def a_join() -> dict[str, Any]:
    """A defaulted JoinConfiguration without problems."""
    return {
        "nodeRegistration": {"name": "worker-1", "criSocket": "unix:///run/containerd/containerd.sock"},
        "caCertPath": "/etc/kubernetes/pki/ca.crt",
        "discovery": {
            "bootstrapToken": {"token": TOKEN, "apiServerEndpoint": "192.0.2.10:6443", "caCertHashes": ["sha256:0"]},
            "tlsBootstrapToken": TOKEN,
        },
        "controlPlane": {"localAPIEndpoint": {"advertiseAddress": "192.0.2.11", "bindPort": 6443}},
    }


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with another value at a dotted path; numbers are list indices."""
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = document
    for step in parents:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    place[last] = value
    return document


def found(problems: Iterable[Problem]) -> list[tuple[str, Path]]:
    """Code and path of each problem."""
    return [(problem.code, problem.path) for problem in problems]


def test_plain_documents_have_no_problems() -> None:
    """The documents that the other tests change are fine in every minor."""
    for minor in releases.minors():
        assert not list(rules.init(an_init(), a_cluster(), releases.load(minor)))
    assert not list(rules.join(a_join()))


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("nodeRegistration.name", "", ("node-name", ("nodeRegistration",))),
        ("nodeRegistration.name", "nuc_1", ("node-name", ("nodeRegistration", "name"))),
        ("nodeRegistration.criSocket", "tcp://a", ("cri-socket", ("nodeRegistration", "criSocket"))),
        ("nodeRegistration.criSocket", "", ("cri-socket", ("nodeRegistration", "criSocket"))),
        (
            "nodeRegistration.kubeletExtraArgs",
            [{"value": "a"}],
            ("argument-name", ("nodeRegistration", "kubeletExtraArgs", 0)),
        ),
        ("nodeRegistration.imagePullPolicy", "always", ("pull-policy", ("nodeRegistration", "imagePullPolicy"))),
        (
            "nodeRegistration.ignorePreflightErrors",
            ["Swap", "ALL"],
            ("ignore-preflight-errors", ("nodeRegistration", "ignorePreflightErrors")),
        ),
        ("localAPIEndpoint.advertiseAddress", None, ("advertise-address", ("localAPIEndpoint", "advertiseAddress"))),
        ("localAPIEndpoint.advertiseAddress", "cp-1", ("advertise-address", ("localAPIEndpoint", "advertiseAddress"))),
        (
            "localAPIEndpoint.advertiseAddress",
            "0.0.0.0",
            ("advertise-address", ("localAPIEndpoint", "advertiseAddress")),
        ),
        (
            "localAPIEndpoint.advertiseAddress",
            "127.0.0.1",
            ("advertise-address", ("localAPIEndpoint", "advertiseAddress")),
        ),
        ("localAPIEndpoint.bindPort", 65536, ("port", ("localAPIEndpoint", "bindPort"))),
        ("certificateKey", "ab" * 31, ("certificate-key", ("certificateKey",))),
        ("certificateKey", "x" * 64, ("certificate-key", ("certificateKey",))),
        ("bootstrapTokens.0.token", "", ("token", ("bootstrapTokens", 0, "token"))),
        ("bootstrapTokens.0.usages", ["authentication", "sign"], ("token-usage", ("bootstrapTokens", 0, "usages", 1))),
        ("bootstrapTokens.0.usages", ["signing"], ("token-group", ("bootstrapTokens", 0, "groups"))),
        ("bootstrapTokens.0.groups", ["system:masters"], ("token-group", ("bootstrapTokens", 0, "groups", 0))),
        ("bootstrapTokens.0.groups", ["system:bootstrappers:a-"], ("token-group", ("bootstrapTokens", 0, "groups", 0))),
        ("bootstrapTokens.0.expires", "2030-01-01T00:00:00Z", ("token-expiry", ("bootstrapTokens", 0))),
    ],
)
def test_init_configuration(path: str, value: object, problem: tuple[str, Path]) -> None:
    """One bad value of an InitConfiguration gives one problem at its place."""
    assert found(rules.init(changed(an_init(), path, value), a_cluster(), NEWEST)) == [problem]


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("dns.imageRepository", "a b", ("image-repository", ("dns", "imageRepository"))),
        ("imageRepository", "https://registry.example.com/k8s", ("image-repository", ("imageRepository",))),
        ("imageRepository", "registry.example.com/k8s/", ("image-repository", ("imageRepository",))),
        ("imageRepository", "Registry/K8s", ("image-repository", ("imageRepository",))),
        ("networking.dnsDomain", "Cluster.local", ("dns-domain", ("networking", "dnsDomain"))),
        ("networking.serviceSubnet", "10.96.0.0/12, fd00::/108", ("subnet", ("networking", "serviceSubnet"))),
        ("networking.serviceSubnet", "10.96.0.0/29", ("subnet-size", ("networking", "serviceSubnet"))),
        ("networking.serviceSubnet", "10.0.0.0/11", ("subnet-size", ("networking", "serviceSubnet"))),
        ("networking.serviceSubnet", "fd00::/107", ("subnet-size", ("networking", "serviceSubnet"))),
        ("networking.serviceSubnet", "10.96.0.0/16,10.97.0.0/16", ("dual-stack", ("networking", "serviceSubnet"))),
        ("networking.podSubnet", "10.244.0.0/25", ("node-mask", ("networking", "podSubnet"))),
        ("networking.podSubnet", "fd00::/47", ("node-mask", ("networking", "podSubnet"))),
        ("networking.podSubnet", "fd00::/80", ("node-mask", ("networking", "podSubnet"))),
        (
            "apiServer.certSANs",
            ["a.example.com", "*.b.example.com", "::1", "node1,"],
            ("alternative-name", ("apiServer", "certSANs", 3)),
        ),
        ("scheduler.extraArgs", [{"name": "v"}, {"name": ""}], ("argument-name", ("scheduler", "extraArgs", 1))),
        ("certificatesDir", "pki", ("absolute-path", ("certificatesDir",))),
        ("featureGates.SidecarContainers", True, ("feature-gate", ("featureGates", "SidecarContainers"))),
        ("controlPlaneEndpoint", "https://api.example.com:6443", ("endpoint", ("controlPlaneEndpoint",))),
        ("controlPlaneEndpoint", "api.example.com:0", ("endpoint", ("controlPlaneEndpoint",))),
        ("encryptionAlgorithm", "ECDSA", ("encryption-algorithm", ("encryptionAlgorithm",))),
        ("etcd.local.dataDir", "etcd", ("absolute-path", ("etcd", "local", "dataDir"))),
        ("etcd.local.peerCertSANs", ["A.example.com"], ("alternative-name", ("etcd", "local", "peerCertSANs", 0))),
        ("etcd.external", {"endpoints": ["https://a"]}, ("etcd", ("etcd",))),
        ("etcd", {}, ("etcd", ("etcd",))),
    ],
)
def test_cluster_configuration(path: str, value: object, problem: tuple[str, Path]) -> None:
    """One bad value of a ClusterConfiguration gives one problem at its place."""
    assert found(rules.init(an_init(), changed(a_cluster(), path, value), NEWEST)) == [problem]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("networking.podSubnet", "fd00::/48,10.244.0.0/16"),
        ("networking.podSubnet", "10.244.0.0/24"),
        ("networking.serviceSubnet", "010.96.0.0/16"),
        ("imageRepository", "localhost:5000/a/b__c"),
        ("imageRepository", "[fd00::1]:5000/a"),
        ("controlPlaneEndpoint", "fd00::1"),
        ("etcd", {"external": {"endpoints": ["etcd1:2379"], "httpEndpoints": ["http://a:2381"]}}),
    ],
)
def test_unusual_values_that_kubeadm_takes(path: str, value: object) -> None:
    """What kubeadm accepts is accepted, odd or not."""
    assert not list(rules.init(an_init(), changed(a_cluster(), path, value), NEWEST))


@pytest.mark.parametrize(
    ("external", "problems"),
    [
        ({"endpoints": ["https://a"], "certFile": "/c"}, [("etcd-client-certificate", ("etcd", "external"))]),
        (
            {"endpoints": ["https://a"], "certFile": "/c", "keyFile": "/k"},
            [("etcd-client-certificate", ("etcd", "external"))],
        ),
        ({"endpoints": ["http://a"], "caFile": "/ca"}, [("etcd-endpoints", ("etcd", "external", "endpoints", 0))]),
        ({"endpoints": ["/a"]}, [("etcd-endpoints", ("etcd", "external", "endpoints", 0))]),
        ({"endpoints": ["192.0.2.1:2379"]}, [("etcd-endpoints", ("etcd", "external", "endpoints", 0))]),
        (
            {"endpoints": ["http://a"], "httpEndpoints": ["b"]},
            [("etcd-endpoints", ("etcd", "external", "httpEndpoints", 0))],
        ),
        ({"endpoints": ["http://a"], "caFile": ""}, []),
        ({"endpoints": ["https://a"], "caFile": "ca"}, [("absolute-path", ("etcd", "external", "caFile"))]),
    ],
)
def test_external_etcd(external: dict[str, Any], problems: list[tuple[str, Path]]) -> None:
    """Certificates come in a set, and with any of them every endpoint has to be https."""
    assert found(rules.init(an_init(), changed(a_cluster(), "etcd", {"external": external}), NEWEST)) == problems


def test_defaulted_http_endpoints_are_not_reported_again() -> None:
    """One bad endpoint is one problem, although kubeadm copies it to httpEndpoints."""
    external = {"endpoints": ["/a"], "httpEndpoints": ["/a"]}
    assert len(list(rules.init(an_init(), changed(a_cluster(), "etcd", {"external": external}), NEWEST))) == 1


def test_minors_differ() -> None:
    """1.34 takes an external etcd without endpoints and knows gates that later minors have dropped."""
    cluster = changed(changed(a_cluster(), "etcd", {"external": {}}), "featureGates.PublicKeysECDSA", True)
    assert not list(rules.init(an_init(), cluster, OLDEST))
    assert [code for code, _ in found(rules.init(an_init(), cluster, NEWEST))] == ["feature-gate", "etcd-endpoints"]


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        ([], True),
        ([{"name": "allocate-node-cidrs", "value": "false"}], False),
        ([{"name": "node-cidr-mask-size-ipv4", "value": "26"}], False),
        (
            [{"name": "node-cidr-mask-size-ipv4", "value": "26"}, {"name": "node-cidr-mask-size-ipv4", "value": "24"}],
            True,
        ),
        ([{"name": "node-cidr-mask-size-ipv4", "value": "x"}], True),
        ([{"name": "node-cidr-mask-size", "value": "26"}], True),
    ],
)
def test_node_masks_come_from_the_controller_manager(arguments: list[dict[str, str]], refused: bool) -> None:
    """The last argument of a name counts, the one without a family is not read."""
    cluster = changed(
        changed(a_cluster(), "networking.podSubnet", "10.244.0.0/25"), "controllerManager.extraArgs", arguments
    )
    assert bool(list(rules.init(an_init(), cluster, NEWEST))) is refused


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("certificateValidityPeriod", "8761h0m0s", "validity"),
        ("caCertificateValidityPeriod", "87601h0m0s", "validity"),
        ("caCertificateValidityPeriod", "1h0m0s", "validity"),
        ("networking.podSubnet", "fec0::/56", "site-local-subnet"),
    ],
)
def test_warnings(path: str, value: str, code: str) -> None:
    """What kubeadm only warns about is a warning."""
    (problem,) = rules.init(an_init(), changed(a_cluster(), path, value), NEWEST)
    assert (problem.code, problem.level) == (code, "warning")


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("discovery", {}, ("discovery", ("discovery",))),
        ("discovery.file", {"kubeConfigPath": "/etc/a.conf"}, ("discovery", ("discovery",))),
        (
            "discovery",
            {"file": {"kubeConfigPath": "http://a"}},
            ("discovery-file", ("discovery", "file", "kubeConfigPath")),
        ),
        ("discovery", {"file": {}}, ("discovery-file", ("discovery", "file", "kubeConfigPath"))),
        (
            "discovery",
            {"file": {"kubeConfigPath": "/a"}, "tlsBootstrapToken": "a"},
            ("token", ("discovery", "tlsBootstrapToken")),
        ),
        ("discovery.tlsBootstrapToken", "a.b", ("token", ("discovery", "tlsBootstrapToken"))),
        (
            "discovery.bootstrapToken.apiServerEndpoint",
            "192.0.2.10",
            ("endpoint", ("discovery", "bootstrapToken", "apiServerEndpoint")),
        ),
        (
            "discovery.bootstrapToken.caCertHashes",
            [],
            ("ca-certificate-hash", ("discovery", "bootstrapToken", "caCertHashes")),
        ),
        ("caCertPath", "/ca.pem", ("ca-certificate-path", ("caCertPath",))),
        ("controlPlane.certificateKey", "a", ("certificate-key", ("controlPlane", "certificateKey"))),
        (
            "controlPlane",
            {"localAPIEndpoint": {"bindPort": 6443}},
            ("advertise-address", ("controlPlane", "localAPIEndpoint", "advertiseAddress")),
        ),
    ],
)
def test_join_configuration(path: str, value: object, problem: tuple[str, Path]) -> None:
    """One bad value of a JoinConfiguration gives one problem at its place."""
    assert found(rules.join(changed(a_join(), path, value))) == [problem]


def test_a_bad_token_is_reported_once() -> None:
    """The token that kubeadm copies to tlsBootstrapToken is not reported at both places."""
    join = changed(changed(a_join(), "discovery.bootstrapToken.token", "a"), "discovery.tlsBootstrapToken", "a")
    assert found(rules.join(join)) == [("token", ("discovery", "bootstrapToken", "token"))]


def test_reset_and_upgrade_configuration() -> None:
    """Their few rules, each at its place."""
    reset = {"criSocket": "unix:///a", "certificatesDir": "/a", "unmountFlags": ["MNT_FORCE", "MNT_LAZY"]}
    assert found(rules.reset(reset)) == [("unmount-flag", ("unmountFlags", 1))]
    upgrade = {
        "apply": {"patches": {}},
        "node": {"imagePullPolicy": "x"},
        "plan": {"ignorePreflightErrors": ["all", "a"]},
    }
    assert found(rules.upgrade(upgrade)) == [
        ("absolute-path", ("apply", "patches", "directory")),
        ("pull-policy", ("node", "imagePullPolicy")),
        ("ignore-preflight-errors", ("plan", "ignorePreflightErrors")),
    ]


def test_no_secret_is_quoted() -> None:
    """Neither a token, nor a certificate key, nor a password in an etcd URL reaches a message."""
    init = changed(changed(an_init(), "bootstrapTokens.0.token", "hush-token"), "certificateKey", "hush-key")
    cluster = changed(a_cluster(), "etcd", {"external": {"endpoints": ["https://u:hush-password@[x"]}})
    problems = list(rules.init(init, cluster, NEWEST))
    assert len(problems) == 3
    assert "hush" not in str(problems)


@pytest.mark.parametrize(
    ("path", "value", "suggestion"),
    [
        ("controlPlaneEndpoint", "https://API.example.com:6443/", "api.example.com:6443"),
        ("controlPlaneEndpoint", "[2001:db8::100]", "2001:db8::100"),
        ("controlPlaneEndpoint", "2001:db8::1:16443", "[2001:db8::1]:16443"),
        ("imageRepository", "https://registry.example.com/K8s/\n", "registry.example.com/k8s"),
        ("networking.podSubnet", "10.244.0.0/16, fd00::/56", "10.244.0.0/16,fd00::/56"),
        ("apiServer.certSANs", ["api.example.com:6443"], "api.example.com"),
        ("networking.serviceSubnet", "fd00::/64", "fd00::/108"),
    ],
)
def test_suggestions(path: str, value: object, suggestion: str) -> None:
    """Where the right value can be guessed it is named."""
    (problem,) = rules.init(an_init(), changed(a_cluster(), path, value), NEWEST)
    assert suggestion in problem.instead


@pytest.mark.parametrize(
    ("endpoint", "suggestion"),
    [
        ("API.example.com", "api.example.com:6443"),
        ("https://api.example.com:8443/x", "api.example.com:8443"),
        ("2001:db8::1", "[2001:db8::1]:6443"),
        ("2001:db8::1:6443", "[2001:db8::1]:6443"),
        ("2001:db8::1:443", "[2001:db8::1]:443"),
        ("2001:db8::1:64430", "[2001:db8::1]:64430"),
        ("2001:db8::1:64", "[2001:db8::1:64]:6443"),
        ("2001:db8:0:0:0:0:1:6443", "[2001:db8:0:0:0:0:1:6443]:6443"),
        ("[2001:db8::100]", "[2001:db8::100]:6443"),
        ("2001:db8::1:99999", "e.g. api.example.com:6443"),
        ("a b", "e.g. api.example.com:6443"),
    ],
)
def test_suggested_endpoints(endpoint: str, suggestion: str) -> None:
    """A node that joins needs host:port; what stands behind an IPv6 address and looks like a port is taken for one."""
    (problem,) = rules.join(changed(a_join(), "discovery.bootstrapToken.apiServerEndpoint", endpoint))
    assert problem.instead == suggestion


def test_values_of_the_wrong_type_do_not_crash_a_rule() -> None:
    """The schema reports them; rules only have to survive them, so that all problems come at once."""
    for value in (1, True, "x", [], [[]], {}, {"x": 1}, [None]):
        for key in an_init():
            list(rules.init(changed(an_init(), key, value), a_cluster(), NEWEST))
        for key in (*a_cluster(), "apiServer", "featureGates", "controlPlaneEndpoint"):
            list(rules.init(an_init(), changed(a_cluster(), key, value), NEWEST))
        for key in a_join():
            list(rules.join(changed(a_join(), key, value)))
