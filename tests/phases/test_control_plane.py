# SPDX-License-Identifier: Apache-2.0
"""control-plane: what the components are told and what is mounted into them."""

from __future__ import annotations

import pytest

import kgen
from phases.plans import container, flags, mounts, plan

COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
DEBIAN = {
    "etc-ca-certificates": "/etc/ca-certificates",
    "usr-local-share-ca-certificates": "/usr/local/share/ca-certificates",
    "usr-share-ca-certificates": "/usr/share/ca-certificates",
}
ALWAYS = {"ca-certs": "/etc/ssl/certs", "k8s-certs": "/etc/kubernetes/pki"}


def external(ca: str, certificate: str, key: str) -> str:
    """An external etcd with these files"""
    return (
        "etcd: {external: {endpoints: ['https://a:2379', 'https://b:2379'], "
        f"caFile: {ca}, certFile: {certificate}, keyFile: {key}}}}}\n"
    )


def test_directories_of_the_host() -> None:
    """The optional CA directories are mounted if the host has them; by default it is a Debian."""
    assert mounts(plan(), "kube-apiserver") == ALWAYS | DEBIAN
    assert mounts(plan(host="{caDirectories: []}"), "kube-apiserver") == ALWAYS
    assert mounts(plan(host="{caDirectories: [/etc/pki/ca-trust]}"), "kube-apiserver") == ALWAYS | {
        "etc-pki-ca-trust": "/etc/pki/ca-trust"
    }


@pytest.mark.parametrize(
    ("files", "directories"),
    [
        (("/etc/etcd/ca.crt", "/etc/etcd/c.crt", "/etc/etcd/c.key"), ["/etc/etcd"]),
        (("/b/ca.crt", "/a/c.crt", "/a/c.key"), ["/a", "/b"]),
        (("/a/b/ca.crt", "/a/c.crt", "/a/b/c.key"), ["/a"]),
        (("/a/ca.crt", "/ab/c.crt", "/ab/c.key"), ["/a"]),
        (("/etc/kubernetes/pki/etcd/ca.crt", "/etc/ssl/certs/c.crt", "/etc/pki/ca-trust/c.key"), []),
        (("/ca.crt", "/a/c.crt", "/a/c.key"), ["/"]),
    ],
)
def test_files_of_an_external_etcd(files: tuple[str, str, str], directories: list[str]) -> None:
    """Their directories are mounted, once each, unless they are inside of others, compared as texts like kubeadm."""
    found = mounts(plan(external(*files)), "kube-apiserver")
    assert [path for name, path in sorted(found.items()) if name.startswith("etcd-certs-")] == directories


def test_external_etcd() -> None:
    """The API server is told the endpoints and the files."""
    found = flags(plan(external("/e/ca.crt", "/e/c.crt", "/e/c.key")), "kube-apiserver")
    assert found["etcd-servers"] == "https://a:2379,https://b:2379"
    assert (found["etcd-cafile"], found["etcd-certfile"], found["etcd-keyfile"]) == (
        "/e/ca.crt",
        "/e/c.crt",
        "/e/c.key",
    )


def test_plain_external_etcd() -> None:
    """Without files there are no flags for them."""
    found = flags(plan("etcd: {external: {endpoints: ['http://a:2379']}}\n"), "kube-apiserver")
    assert [name for name in found if name.startswith("etcd-")] == ["etcd-servers"]


def test_etcd_elsewhere_on_the_node() -> None:
    """If a local etcd advertises other URLs, the API server goes there."""
    tree = plan("etcd: {local: {extraArgs: [{name: advertise-client-urls, value: 'https://192.0.2.10:9'}]}}\n")
    assert flags(tree, "kube-apiserver")["etcd-servers"] == "https://192.0.2.10:9"


def test_authorization() -> None:
    """kubeadm's authorization mode stands back for an authorization configuration."""
    extra = "apiServer: {extraArgs: [{name: authorization-config, value: /a.yaml}]}\n"
    assert "authorization-mode" not in flags(plan(extra), "kube-apiserver")
    assert flags(plan(), "kube-apiserver")["authorization-mode"] == "Node,RBAC"


def test_pod_subnet() -> None:
    """The controller manager gives nodes their ranges if there is a range for pods."""
    names = {"allocate-node-cidrs", "cluster-cidr", "service-cluster-ip-range"}
    assert not names & flags(plan(), "kube-controller-manager").keys()
    with_pods = flags(plan("networking: {podSubnet: 10.244.0.0/16}\n"), "kube-controller-manager")
    assert names <= with_pods.keys()


def test_external_ca() -> None:
    """Without the CA's key the controller manager signs nothing, and is told so by empty flags."""
    files = {file.path.removeprefix("pki/"): file.content for file in plan().files}
    del files["ca.key"]
    found = flags(plan(materials=(kgen.Material(files, "given"),)), "kube-controller-manager")
    assert (found["cluster-signing-cert-file"], found["cluster-signing-key-file"]) == ("", "")
    assert found["client-ca-file"] == "/etc/kubernetes/pki/ca.crt"


@pytest.mark.parametrize(("address", "host"), [("0.0.0.0", None), ("::", None), ("192.0.2.10", "192.0.2.10")])
@pytest.mark.parametrize(
    ("field", "component"), [("controllerManager", "kube-controller-manager"), ("scheduler", "kube-scheduler")]
)
def test_probes_follow_the_bind_address(field: str, component: str, address: str, host: str | None) -> None:
    """A component that listens elsewhere is probed there; one that listens everywhere, at the pod's address."""
    tree = plan(f"{field}: {{extraArgs: [{{name: bind-address, value: '{address}'}}]}}\n")
    for probe in ("livenessProbe", "startupProbe"):
        assert container(tree, component)[probe]["httpGet"].get("host") == host


def test_health_check_timeout() -> None:
    """The API server may take as long to start as timeouts say, in steps of ten seconds."""
    for text, failures in (("4m0s", 24), ("61s", 7), ("1s", 1)):
        tree = plan(init=f"timeouts: {{controlPlaneComponentHealthCheck: {text}}}\n")
        assert container(tree, "kube-apiserver")["startupProbe"]["failureThreshold"] == failures


def test_volumes_of_the_user() -> None:
    """A volume of the user's replaces one of kubeadm's with the same name; kubeadm takes one without a name, too."""
    extra = "{name: ca-certs, hostPath: /certs, mountPath: /certs, readOnly: true, pathType: Directory}, {hostPath: /x}"
    found = mounts(plan(f"apiServer: {{extraVolumes: [{extra}]}}\n"), "kube-apiserver")
    assert found == ALWAYS | DEBIAN | {"ca-certs": "/certs", "": "/x"}


def test_environment() -> None:
    """Variables of a proxy, then the user's, sorted, each once; kubeadm takes one without a name, too."""
    extra = "extraEnvs: [{name: B, value: '1'}, {name: no_proxy, value: mine}, {value: x}]"
    tree = plan(f"scheduler: {{{extra}}}\n", host="{proxy: {HTTPS_PROXY: 'http://p', no_proxy: theirs}}")
    assert container(tree, "kube-scheduler")["env"] == [
        {"name": "", "value": "x"},
        {"name": "B", "value": "1"},
        {"name": "HTTPS_PROXY", "value": "http://p"},
        {"name": "no_proxy", "value": "mine"},
    ]
    assert [each["name"] for each in container(tree, "kube-apiserver")["env"]] == ["HTTPS_PROXY", "no_proxy"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_images(component: str) -> None:
    """Images come from the repository and the version of the configuration."""
    tree = plan("imageRepository: registry.example.com/k8s\n", version="v1.36.3")
    assert container(tree, component)["image"] == f"registry.example.com/k8s/{component}:v1.36.3"


def test_flexvolumes() -> None:
    """Where the controller manager mounts flexvolume plugins, the directory follows its flag."""
    name = "flexvolume-dir"
    assert name not in mounts(plan(), "kube-controller-manager")
    extra = "controllerManager: {extraArgs: [{name: flex-volume-plugin-dir, value: /flex}]}\n"
    assert mounts(plan(extra, version="v1.34.4"), "kube-controller-manager")[name] == "/flex"
