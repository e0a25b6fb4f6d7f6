# SPDX-License-Identifier: Apache-2.0
"""What is left of a document when Go has decoded it into its type."""

from __future__ import annotations

from typing import Any

import pytest

import kgen
from kgen.config import catalogue, convert, documents
from kgen.config.validate import check

KUBELET = ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")
KUBEADM = """apiVersion: kubeadm.k8s.io/{version}
kind: InitConfiguration
nodeRegistration:
  name: cp-1
  taints: [{{key: a, effect: NoSchedule, Value: b}}]
localAPIEndpoint: {{advertiseAddress: 192.0.2.10}}
---
apiVersion: kubeadm.k8s.io/{version}
kind: ClusterConfiguration
dns: {{disabled: true}}
"""
PROXY = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nportRange: "{}"\n'


def _cluster(version: str) -> Any:
    return kgen.load([("f.yaml", KUBEADM.format(version=version).encode())], kubeadm="1.36", strict=False)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"evictionHard": {"a": None}}, {"evictionHard": {"a": None}}),
        ({"staticPodURLHeader": {"a": None, "b": [None]}}, {"staticPodURLHeader": {"a": None, "b": [None]}}),
        ({"evictionHard": None, "port": None}, {}),
        ({"authentication": {"x509": {"clientCAFile": None}}}, {"authentication": {"x509": {}}}),
        ({"evictionhard": {"a": "b"}, "logging": {"Format": "json"}}, {"logging": {}}),
        ({"registerWithTaints": [{"key": "a", "value": None, "x": 1}]}, {"registerWithTaints": [{"key": "a"}]}),
    ],
)
def test_known(given: dict[str, Any], left: dict[str, Any]) -> None:
    """Unknown and null fields go, also in lists; what a map holds stays, null or not."""
    assert convert.known(given, catalogue.load("1.37", *KUBELET)) == left


def test_unknown_fields_have_no_effect() -> None:
    """Without strictness, a field that a taint does not have never reaches the node."""
    assert _cluster("v1beta4").init["nodeRegistration"]["taints"] == [{"key": "a", "effect": "NoSchedule"}]


@pytest.mark.parametrize(("version", "disabled"), [("v1beta3", None), ("v1beta4", True)])
def test_fields_of_another_version(version: str, disabled: bool | None) -> None:
    """A field of v1beta4 is unknown in v1beta3."""
    assert _cluster(version).configuration["dns"].get("disabled") is disabled


def test_timeout_of_another_version() -> None:
    """v1beta3's apiServer.timeoutForControlPlane is unknown in v1beta4: it moves nowhere, whoever asks."""
    cluster = {"kind": "ClusterConfiguration", "apiServer": {"timeoutForControlPlane": "10m"}}
    moved = convert.to_current({"ClusterConfiguration": {"apiVersion": "kubeadm.k8s.io/v1beta3", **cluster}})
    assert moved["InitConfiguration"]["timeouts"] == {"controlPlaneComponentHealthCheck": "10m"}
    current = {"apiVersion": "kubeadm.k8s.io/v1beta4", **cluster}
    assert convert.to_current({"ClusterConfiguration": current}) == {"ClusterConfiguration": current}


@pytest.mark.parametrize("text", ["a\\Lb", "\\P"])
def test_separators_in_kube_proxy(text: str) -> None:
    """kubeadm cannot read the ConfigMap that it makes of a line separator."""
    found = check([("f.yaml", PROXY.format(text).encode())], kubeadm="1.37")
    assert [(problem.code, problem.path) for problem in found.problems if problem.level == "error"] == [
        ("yaml", ("portRange",))
    ]


def test_merge_as_text() -> None:
    """The key `<<` in quotes is not merged, and refused, for Go writes it without them."""
    read, problems = documents.parse(b'kind: A\nevictionHard: {"<<": a}\n', "f.yaml")
    assert (read, [problem.code for problem in problems]) == ([], ["yaml"])


def test_what_is_warned_of_stays() -> None:
    """A key that begins with an invisible character is warned of, and is rendered all the same."""
    text = KUBEADM.format(version="v1beta4") + (
        'clusterName: "\\u00a0x"\n---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n'
        'featureGates: {"\\uFEFF": true}\n'
    )
    cluster = kgen.load([("f.yaml", text.encode())], kubeadm="1.36", strict=False)
    assert [problem.code for problem in cluster.warnings if "invisible" in problem.what] == ["yaml"]
    assert cluster.kubelet["featureGates"] == {"\ufeff": True}
    assert cluster.configuration["clusterName"] == "\xa0x"
