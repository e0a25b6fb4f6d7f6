# SPDX-License-Identifier: Apache-2.0
"""addon: CoreDNS and kube-proxy."""

from __future__ import annotations

import pytest
import yaml

from phases.plans import document, objects, plan


@pytest.mark.parametrize(
    ("subnet", "address"),
    [
        ("10.96.0.0/12", "10.96.0.10"),
        ("172.20.0.0/16,2001:db8::/112", "172.20.0.10"),
        ("2001:db8::/112", "2001:db8::a"),
    ],
)
def test_address_of_the_dns(subnet: str, address: str) -> None:
    """The DNS has the tenth address of the first service range, and the kubelets are told the same."""
    family = "2001:db8:1::10" if subnet.startswith("2001") else "192.0.2.10"
    tree = plan(f"networking: {{serviceSubnet: '{subnet}'}}\n", address=family)
    assert document(tree, "addons/coredns/service.yaml")["spec"]["clusterIP"] == address
    kubelet = yaml.safe_load(document(tree, "cluster/kubelet-config.yaml")["data"]["kubelet"])
    assert kubelet["clusterDNS"] == [address]


def test_domain() -> None:
    """CoreDNS answers for the cluster's domain."""
    corefile = document(plan("networking: {dnsDomain: corp.example}\n"), "addons/coredns/configmap.yaml")["data"][
        "Corefile"
    ]
    assert "kubernetes corp.example in-addr.arpa ip6.arpa" in corefile


@pytest.mark.parametrize(("field", "phase"), [("dns", "addon/coredns"), ("proxy", "addon/kube-proxy")])
def test_disabled(field: str, phase: str) -> None:
    """A disabled addon is not there."""
    tree = plan(f"{field}: {{disabled: true}}\n")
    assert objects(tree, phase) == []
    assert objects(plan(), phase)


def test_images() -> None:
    """Only the default repository keeps CoreDNS one level deeper."""
    text = "imageRepository: registry.example.com/k8s\n"
    for cluster, image in (
        ("", "registry.k8s.io/coredns/coredns:"),
        (text, "registry.example.com/k8s/coredns:"),
        (text + "dns: {imageRepository: other.example.com, imageTag: v9}\n", "other.example.com/coredns:v9"),
    ):
        pod = document(plan(cluster), "addons/coredns/deployment.yaml")["spec"]["template"]["spec"]
        assert pod["containers"][0]["image"].startswith(image)


def test_proxy_variables() -> None:
    """kube-proxy gets the variables of the host's proxy behind its own; CoreDNS does not."""
    tree = plan(host="{proxy: {HTTPS_PROXY: 'http://p'}}")
    pod = document(tree, "addons/kube-proxy/daemonset.yaml")["spec"]["template"]["spec"]
    assert [each["name"] for each in pod["containers"][0]["env"]] == ["NODE_NAME", "HTTPS_PROXY"]
    assert b"HTTPS_PROXY" not in tree["addons/coredns/deployment.yaml"].content


def test_configuration_of_kube_proxy() -> None:
    """The user's configuration, with the range of the pods, and a kubeconfig that leads to the endpoint."""
    text = "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"
    tree = plan("networking: {podSubnet: 10.244.0.0/16}\ncontrolPlaneEndpoint: a.example\n", documents=text)
    data = document(tree, "addons/kube-proxy/configmap.yaml")["data"]
    config = yaml.safe_load(data["config.conf"])
    assert (config["mode"], config["clusterCIDR"]) == ("nftables", "10.244.0.0/16")
    assert yaml.safe_load(data["kubeconfig.conf"])["clusters"][0]["cluster"]["server"] == "https://a.example:6443"
