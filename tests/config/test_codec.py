# SPDX-License-Identifier: Apache-2.0
"""kgen.config.codec against what Go says: the expected values were printed by `gotypes roundtrip` (tools/gotypes)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kgen.config.catalogue import kinds, load, minors, objects
from kgen.config.codec import encode

KUBEADM, KUBELET = "kubeadm.k8s.io/v1beta4", "kubelet.config.k8s.io/v1beta1"
KUBE_PROXY = "kubeproxy.config.k8s.io/v1alpha1"


def encoded(version: str, kind: str, document: dict[str, Any], minor: str = "1.37") -> dict[str, Any]:
    """The document with its apiVersion and kind through encode, and the two taken off again."""
    out = encode({"apiVersion": version, "kind": kind, **document}, load(minor, version, kind))
    assert (out.pop("apiVersion"), out.pop("kind")) == (version, kind)
    return out


@pytest.mark.parametrize("minor", minors())
@pytest.mark.parametrize(
    ("version", "kind", "document", "expected"),
    [
        pytest.param(
            KUBEADM,
            "ClusterConfiguration",
            {
                "certificateValidityPeriod": "90s",
                "apiServer": {"extraArgs": [{"name": "a"}], "certSANs": []},
                "featureGates": {},
            },
            {
                "etcd": {},
                "networking": {},
                "apiServer": {"extraArgs": [{"name": "a", "value": ""}]},
                "controllerManager": {},
                "scheduler": {},
                "dns": {},
                "proxy": {},
                "certificateValidityPeriod": "1m30s",
            },
            id="empty structs stay, empty lists and maps go",
        ),
        pytest.param(
            KUBEADM,
            "InitConfiguration",
            {
                "bootstrapTokens": [{"token": None, "ttl": "1.5h", "expires": "2030-01-31T12:00:00.9+02:00"}],
                "nodeRegistration": {"taints": []},
                "timeouts": {"discovery": "0"},
            },
            {
                "bootstrapTokens": [{"token": None, "ttl": "1h30m0s", "expires": "2030-01-31T10:00:00Z"}],
                "nodeRegistration": {"taints": []},
                "localAPIEndpoint": {},
                "timeouts": {"discovery": "0s"},
            },
            id="durations, times, a nil pointer and an empty list without omitempty",
        ),
        pytest.param(
            KUBEADM,
            "InitConfiguration",
            {
                "patches": {},
                "nodeRegistration": {"taints": [{"key": "a", "timeAdded": None}], "imagePullSerial": False},
            },
            {
                "nodeRegistration": {"taints": [{"key": "a", "effect": ""}], "imagePullSerial": False},
                "localAPIEndpoint": {},
                "patches": {},
            },
            id="pointers to zero values stay",
        ),
        pytest.param(
            KUBEADM,
            "InitConfiguration",
            {"nodeRegistration": None},
            {"nodeRegistration": {"taints": None}, "localAPIEndpoint": {}},
            id="null is as good as absent",
        ),
        pytest.param(
            KUBEADM,
            "ClusterConfiguration",
            {
                "scheduler": {
                    "extraEnvs": [
                        {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                        {"name": "B", "valueFrom": {"secretKeyRef": {"key": "k", "name": "n"}}},
                    ]
                }
            },
            {
                "etcd": {},
                "networking": {},
                "apiServer": {},
                "controllerManager": {},
                "scheduler": {
                    "extraEnvs": [
                        {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}}},
                        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "n", "key": "k"}}},
                    ]
                },
                "dns": {},
                "proxy": {},
            },
            id="environment variables with a source",
        ),
    ],
)
def test_kubeadm_kinds(minor: str, version: str, kind: str, document: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every minor encodes these the same way."""
    assert encoded(version, kind, document, minor) == expected


@pytest.mark.parametrize("minor", ["1.34", "1.37"])
def test_kubelet(minor: str) -> None:
    """A KubeletConfiguration with next to nothing in it names all durations and its nested structs."""
    document = {
        "syncFrequency": "60s",
        "reservedMemory": [{"limits": {"memory": "1024Mi", "b": 1.5}}],
        "memoryThrottlingFactor": 1.0,
        "evictionHard": {},
        "logging": {"flushFrequency": 5000000000},
    }
    out = encoded(KUBELET, "KubeletConfiguration", document, minor)
    plain = {key: value for key, value in out.items() if value != "0s"}
    assert json.dumps(plain) == json.dumps(
        {
            "syncFrequency": "1m0s",
            "authentication": {"x509": {}, "webhook": {"cacheTTL": "0s"}, "anonymous": {}},
            "authorization": {"webhook": {"cacheAuthorizedTTL": "0s", "cacheUnauthorizedTTL": "0s"}},
            "memorySwap": {},
            "logging": {
                "flushFrequency": 5000000000,
                "verbosity": 0,
                "options": {"text": {"infoBufferSize": "0"}, "json": {"infoBufferSize": "0"}},
            },
            "crashLoopBackOff": {},
            "reservedMemory": [{"numaNode": 0, "limits": {"b": "1500m", "memory": "1Gi"}}],
            "memoryThrottlingFactor": 1,
            "containerRuntimeEndpoint": "",
        }
    )
    assert sorted(out.keys() - plain.keys()) == [
        "cpuManagerReconcilePeriod",
        "evictionPressureTransitionPeriod",
        "fileCheckFrequency",
        "httpCheckFrequency",
        "imageMaximumGCAge",
        "imageMinimumGCAge",
        "nodeStatusReportFrequency",
        "nodeStatusUpdateFrequency",
        "runtimeRequestTimeout",
        "shutdownGracePeriod",
        "shutdownGracePeriodCriticalPods",
        "streamingConnectionIdleTimeout",
        "volumeStatsAggPeriod",
    ]


def test_kube_proxy() -> None:
    """A KubeProxyConfiguration lists null for what is not set, and its float32 without noise."""
    document = {
        "clientConnection": {"qps": 0.1},
        "logging": {"flushFrequency": "5000ms"},
        "oomScoreAdj": 0,
    }
    out = encoded(KUBE_PROXY, "KubeProxyConfiguration", document)
    assert out["clientConnection"] == {
        "kubeconfig": "",
        "acceptContentTypes": "",
        "contentType": "",
        "qps": 0.1,
        "burst": 0,
    }
    assert out["logging"]["flushFrequency"] == "5s"
    assert out["conntrack"] == {
        "maxPerCore": None,
        "min": None,
        "tcpEstablishedTimeout": None,
        "tcpCloseWaitTimeout": None,
        "tcpBeLiberal": False,
        "udpTimeout": "0s",
        "udpStreamTimeout": "0s",
    }
    assert (out["nodePortAddresses"], out["oomScoreAdj"], out["mode"]) == (None, 0, "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [(16777217, "16777216"), (1e20, "100000000000000000000"), (0.3, "0.3"), (-2.5e-10, "-2.5e-10"), (1e21, "1e+21")],
)
def test_float32(given: float, expected: str) -> None:
    """A float32 keeps what it can hold; without a fraction it is an integer, unless Go prints an exponent."""
    out = encoded(KUBE_PROXY, "KubeProxyConfiguration", {"clientConnection": {"qps": given}})
    assert json.dumps(out["clientConnection"]["qps"]) == expected


def test_unknown_fields_are_dropped() -> None:
    """kubeadm init only warns about unknown fields; they leave no trace."""
    document = {"nonsense": 1, "nodeRegistration": {"more": 1, "taints": [{"key": "a", "odd": 1, "effect": "b"}]}}
    out = encoded(KUBEADM, "InitConfiguration", document)
    assert out == {"nodeRegistration": {"taints": [{"key": "a", "effect": "b"}]}, "localAPIEndpoint": {}}


def test_patched_objects_are_no_configuration() -> None:
    """Every minor has the types that kubeadm reads patched objects into; no file of configuration may hold one."""
    expected = {("v1", "Pod"), ("apps/v1", "Deployment"), ("apps/v1", "DaemonSet")}
    for minor in minors():
        assert set(objects(minor)) == expected
        assert not kinds(minor) & expected


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ({"port": "http"}, {"port": "http"}),
        ({"port": 80}, {"port": 80}),
        ({"port": 80.0}, {"port": 80}),
        ({"port": None}, {"port": 0}),
        ({}, {"port": 0}),
    ],
)
def test_int_or_string(probe: dict[str, Any], expected: dict[str, Any]) -> None:
    """A number stays a number, a name a name; without a pointer, none is 0."""
    container = {"name": "a", "livenessProbe": {"tcpSocket": probe}}
    out = encoded("v1", "Pod", {"spec": {"containers": [container]}})
    assert out["spec"]["containers"] == [{**container, "livenessProbe": {"tcpSocket": expected}, "resources": {}}]


@pytest.mark.parametrize("minor", minors())
def test_object_metadata(minor: str) -> None:
    """creationTimestamp goes if it is zero, deletionTimestamp and times by value do not; raw JSON stays."""
    fields = {"f:a": {}, "b": [1.0, 1.5, None, "x"]}
    metadata = {
        "creationTimestamp": "0001-01-01T00:00:00Z",
        "deletionTimestamp": "0001-01-01T00:00:00Z",
        "managedFields": [{"time": None, "fieldsV1": fields}, {"fieldsV1": None}],
    }
    out = encoded("v1", "Pod", {"metadata": metadata, "status": {"conditions": [{}]}}, minor)
    assert out["metadata"] == {
        "deletionTimestamp": None,
        "managedFields": [{"fieldsV1": {"f:a": {}, "b": [1, 1.5, None, "x"]}}, {}],
    }
    assert type(out["metadata"]["managedFields"][0]["fieldsV1"]["b"][0]) is int
    condition = {"type": "", "status": "", "lastProbeTime": None, "lastTransitionTime": None}
    assert out["status"] == {"conditions": [condition]}
    assert out["spec"] == {"containers": None}


def test_encoding_is_stable_and_leaves_its_input_alone() -> None:
    """Encoding what was encoded changes nothing, for every kind of every minor."""
    for minor in minors():
        for version, kind in (kinds(minor) | objects(minor).keys()) - {("kgen/v1", "RenderConfiguration")}:
            schema = load(minor, version, kind)
            document = {"apiVersion": version, "kind": kind}
            once = encode(document, schema)
            assert document == {"apiVersion": version, "kind": kind}
            assert encode(once, schema) == once
