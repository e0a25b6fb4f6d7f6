# SPDX-License-Identifier: Apache-2.0
"""kgen.phases.patching: what becomes of patched documents. Expected values are those of kubeadm's dry runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

import kgen
from kgen.patches import PatchError
from kgen.phases.patching import patched

CONFIGURATION = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration: {name: cp-1}
patches: {directory: patches}
"""
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "etcd"},
    "spec": {"containers": [{"name": "etcd", "resources": {}}]},
    "status": {},
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "coredns"},
    "spec": {
        "selector": {"matchLabels": {"k8s-app": "kube-dns"}},
        "template": {"spec": {"containers": [{"name": "coredns"}]}},
    },
}
DAEMON_SET = {**DEPLOYMENT, "kind": "DaemonSet", "metadata": {"name": "kube-proxy"}}
KUBELET = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "syncFrequency": "1m0s"}
DOCUMENTS = {
    "etcd": POD,
    "corednsdeployment": DEPLOYMENT,
    "kubeproxydaemonset": DAEMON_SET,
    "kubeletconfiguration": KUBELET,
}


def patch(target: str, minor: str = "1.37", **files: Any) -> dict[str, Any]:
    """The document of a target with patches, by type of patch."""
    directory = {f"{target}+{name}.json": json.dumps(content).encode() for name, content in files.items()}
    cluster = kgen.load([("config.yaml", CONFIGURATION.encode())], kubeadm=minor, read_directory=lambda _: directory)
    return patched(cluster, target, DOCUMENTS[target])


def test_without_a_patch_for_the_target() -> None:
    """The document stays as it is."""
    directory = {"kube-apiserver.yaml": b"spec: {priority: 1}"}
    cluster = kgen.load([("config.yaml", CONFIGURATION.encode())], read_directory=lambda _: directory)
    assert patched(cluster, "etcd", POD) is POD


@pytest.mark.parametrize("minor", ["1.34", "1.35", "1.36", "1.37"])
def test_pod(minor: str) -> None:
    """Unknown fields are gone, zero values and Go's spelling of quantities are there, and no API defaults."""
    change = """
        metadata: {creationTimestamp: "2030-01-31T12:00:00+02:00", nonsense: 1}
        spec:
          containers:
          - name: extra
            nonsense: {a: b}
            ports: [{containerPort: 80}]
            env: [{name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]
            readinessProbe: {httpGet: {path: /}}
            resources: {limits: {cpu: 1500m, memory: 1024Ki}}
          volumes:
          - {name: a, configMap: {name: x}}
          - {name: b, scaleIO: {gateway: a, system: b, secretRef: null}}
          - {name: c, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}}
    """
    expected = """
        apiVersion: v1
        kind: Pod
        metadata: {name: etcd, creationTimestamp: "2030-01-31T10:00:00Z"}
        spec:
          containers:
          - name: extra
            ports: [{containerPort: 80}]
            env: [{name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "0"}}}]
            readinessProbe: {httpGet: {path: /, port: 0}}
            resources: {limits: {cpu: 1500m, memory: 1Mi}}
          - {name: etcd, resources: {}}
          volumes:
          - {name: a, configMap: {name: x}}
          - {name: b, scaleIO: {gateway: a, system: b, secretRef: null}}
          - name: c
            ephemeral: {volumeClaimTemplate: {metadata: {}, spec: {accessModes: [ReadWriteOnce], resources: {}}}}
        status: {}
    """
    assert patch("etcd", minor, strategic=yaml.safe_load(change)) == yaml.safe_load(expected)


def test_deployment() -> None:
    """An addon gets its zero values, too; what it is need not be said."""
    change = {"apiVersion": "", "kind": None, "spec": {"strategy": {"rollingUpdate": {"maxSurge": "5"}}}}
    assert patch("corednsdeployment", merge=change) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "coredns"},
        "spec": {
            "selector": {"matchLabels": {"k8s-app": "kube-dns"}},
            "template": {"metadata": {}, "spec": {"containers": [{"name": "coredns", "resources": {}}]}},
            "strategy": {"rollingUpdate": {"maxSurge": "5"}},
        },
        "status": {},
    }


def test_daemon_set() -> None:
    """A DaemonSet has an updateStrategy and a status that counts."""
    out = patch("kubeproxydaemonset", merge={"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 5}}}})
    assert out["spec"]["updateStrategy"] == {"rollingUpdate": {"maxUnavailable": 5}}
    assert out["status"] == {
        "currentNumberScheduled": 0,
        "desiredNumberScheduled": 0,
        "numberMisscheduled": 0,
        "numberReady": 0,
    }


def test_kubelet_configuration() -> None:
    """It is written as the patches leave it."""
    out = patch("kubeletconfiguration", merge={"nonsense": 1, "fileCheckFrequency": "90s", "syncFrequency": None})
    assert out == {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "nonsense": 1,
        "fileCheckFrequency": "90s",
    }


@pytest.mark.parametrize(
    ("target", "change", "problem"),
    [
        (
            "etcd",
            {"spec": {"priority": "3"}},
            "spec.priority: a whole number is needed here, this is a string; remove the quotes",
        ),
        (
            "etcd",
            {"spec": {"containers": [{"args": [5]}]}},
            "spec.containers[0].args[0]: a string is needed here, this is a number; put quotes around it",
        ),
        (
            "etcd",
            {"spec": {"priority": 2**31}},
            "spec.priority: this number is out of range; write one from -2147483648 to 2147483647",
        ),
        (
            "etcd",
            {"spec": {"overhead": {"cpu": "much"}}},
            "spec.overhead.cpu: this is no quantity; write a number with a suffix, e.g. 500m, 1Gi",
        ),
        ("etcd", {"kind": "Deployment"}, "kind: this cannot be changed; it has to stay Pod"),
        ("etcd", {"apiVersion": "v2"}, "apiVersion: this cannot be changed; it has to stay v1"),
        ("etcd", {"kind": None}, "apiVersion and kind cannot be taken away"),
        (
            "corednsdeployment",
            {"apiVersion": "apps/v1beta1"},
            "apiVersion: this cannot be changed; it has to stay apps/v1",
        ),
        ("corednsdeployment", {"kind": 5}, "kind: this cannot be changed; it has to stay Deployment"),
        (
            "corednsdeployment",
            {"spec": {"replicas": 1.5}},
            "spec.replicas: a whole number is needed here, this is a number with a fraction",
        ),
        ("corednsdeployment", {"metadata": None}, "metadata.name: the API server takes no object without a name"),
        (
            "kubeproxydaemonset",
            {"spec": {"template": {"spec": {"containers": []}}}},
            "spec.template.spec.containers: at least one container is needed here",
        ),
    ],
)
def test_what_does_not_fit(target: str, change: dict[str, Any], problem: str) -> None:
    """kubeadm fails on these; the message names the file, the target and the place."""
    with pytest.raises(PatchError) as error:
        patch(target, merge=change)
    assert str(error.value) == f"patches/{target}+merge.json: the patches for {target} do not fit: {problem}"


def test_all_problems_and_no_value() -> None:
    """Every place that does not fit has its line, each once, and shows nothing of the value."""
    with pytest.raises(PatchError) as error:
        patch(
            "etcd",
            merge={"spec": {"priority": "hunter2", "overhead": {"cpu": "hunter2"}}},
            json=[{"op": "add", "path": "/metadata/labels", "value": ["hunter2"]}],
        )
    places = [line.split(": ")[:3] for line in str(error.value).splitlines()]
    files, reason = "patches/etcd+json.json, patches/etcd+merge.json", "the patches for etcd do not fit"
    assert sorted(places) == [
        [files, reason, "metadata.labels"],
        [files, reason, "spec.overhead.cpu"],
        [files, reason, "spec.priority"],
    ]
    assert "hunter2" not in str(error.value)
