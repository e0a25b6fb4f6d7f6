# SPDX-License-Identifier: Apache-2.0
"""What lints find in a file for a node that joins."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kgen.config import lints, validate
from kgen.errors import format_path

SOME = lints.Choice(switches={**dict.fromkeys(lints.IDS, "warning"), "deprecated-argument": "off"})
VERSION = "kubeadm.k8s.io/v1beta4"
ENDPOINT = "api.example.com:6443"


def join(api_version: str = VERSION, **fields: Any) -> str:
    """A JoinConfiguration, by default one in which nothing is found."""
    token = {"token": "abcdef.0123456789abcdef", "apiServerEndpoint": ENDPOINT, "caCertHashes": [f"sha256:{'0' * 64}"]}
    discovery = {"bootstrapToken": {**token, **fields.pop("bootstrapToken", {})}}
    document = {"apiVersion": api_version, "kind": "JoinConfiguration", "discovery": discovery, **fields}
    return json.dumps(document) + "\n"


def findings(text: str, kubeadm: str = "1.37") -> list[str]:
    """The lints that find something, and where; that a flag of the kubelet is deprecated is left out."""
    found = validate.check([("join.yaml", text.encode())], kubeadm=kubeadm, lint=SOME)
    assert found.accepted
    return [f"{problem.code.removeprefix(lints.CODE)} {format_path(problem.path)}" for problem in found.problems]


def arguments(**values: str) -> dict[str, Any]:
    """A nodeRegistration with these kubeletExtraArgs."""
    return {"kubeletExtraArgs": [{"name": name.replace("_", "-"), "value": value} for name, value in values.items()]}


ARGUMENT = "nodeRegistration.kubeletExtraArgs[0]"
CONTROL_PLANE: dict[str, Any] = {"controlPlane": {}}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, []),
        (CONTROL_PLANE, []),
        ({"nodeRegistration": {"taints": []}}, []),
        ({"nodeRegistration": {"taints": []}, **CONTROL_PLANE}, ["no-taints nodeRegistration.taints"]),
        (
            {"nodeRegistration": {"taints": [{"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"}]}},
            ["legacy-taint nodeRegistration.taints[0].key"],
        ),
        ({"nodeRegistration": {"criSocket": "/var/run/dockershim.sock"}}, ["cri-socket nodeRegistration.criSocket"]),
        ({"caCertPath": "/etc/${CLUSTER}/ca.crt"}, ["placeholder caCertPath"]),
        ({"nodeRegistration": arguments(network_plugin="cni")}, [f"unknown-argument {ARGUMENT}.name"]),
        ({"nodeRegistration": arguments(max_pods="many")}, [f"argument-value {ARGUMENT}.value"]),
        (
            {"nodeRegistration": arguments(node_labels="node-role.kubernetes.io/worker=")},
            [f"restricted-label {ARGUMENT}.value"],
        ),
        ({"nodeRegistration": arguments(eviction_soft="memory.available<10%")}, []),
        ({"nodeRegistration": arguments(eviction_soft="memory.free<10%")}, [f"kubelet-value {ARGUMENT}.value"]),
        ({"nodeRegistration": arguments(image_gc_high_threshold="80")}, []),
        ({"nodeRegistration": arguments(image_gc_high_threshold="101")}, [f"kubelet-value {ARGUMENT}.value"]),
        (
            {"nodeRegistration": arguments(image_gc_high_threshold="70", image_gc_low_threshold="70")},
            ["kubelet-value nodeRegistration.kubeletExtraArgs[1].value"],
        ),
        ({"nodeRegistration": arguments(enforce_node_allocatable="kube-reserved", cpu_manager_policy="static")}, []),
        ({"nodeRegistration": arguments(cluster_dns="10.1.0.10", client_ca_file="/any", healthz_port="10300")}, []),
        ({"nodeRegistration": arguments(anonymous_auth="true")}, [f"kubelet-authentication {ARGUMENT}.value"]),
        ({"nodeRegistration": arguments(pod_manifest_path="/etc/pods")}, []),
        (
            {"nodeRegistration": arguments(pod_manifest_path="/etc/pods"), **CONTROL_PLANE},
            [f"kubelet-static-pods {ARGUMENT}.value"],
        ),
        ({"nodeRegistration": arguments(config="/etc/k.yaml")}, [f"argument-place {ARGUMENT}"]),
        ({"skipPhases": ["control-plane-join", "check-etcd"]}, []),
        ({"skipPhases": ["preflight", "addon/coredns"]}, ["unknown-phase skipPhases[1]"]),
        ({"skipPhases": ["control-plane-join/etcd"]}, ["unknown-phase skipPhases[0]"]),
        ({"bootstrapToken": {"caCertHashes": ["SHA256:" + "aF" * 32]}}, []),
        (
            {"bootstrapToken": {"caCertHashes": ["0" * 64, f"sha256:{'0' * 63}", "sha256:" + "g" * 64, "sha1:00"]}},
            [f"ca-cert-hash discovery.bootstrapToken.caCertHashes[{index}]" for index in range(4)],
        ),
        ({"nodeRegistration": arguments(hostname_override="any")}, []),
        (
            {"nodeRegistration": {**arguments(hostname_override="other"), "name": "node"}},
            [f"argument-place {ARGUMENT}"],
        ),
        ({"nodeRegistration": arguments(cluster_domain="any")}, []),
        ({"nodeRegistration": {"taints": [{"key": "a"}]}}, ["taint nodeRegistration.taints[0]"]),
        (
            {"bootstrapToken": {"unsafeSkipCAVerification": True}},
            ["unverified-ca discovery.bootstrapToken.unsafeSkipCAVerification"],
        ),
        (
            {"bootstrapToken": {"apiServerEndpoint": "127.0.0.1:6443"}},
            ["endpoint-loopback discovery.bootstrapToken.apiServerEndpoint"],
        ),
        ({"bootstrapToken": {"apiServerEndpoint": "127.0.0.1:6445"}}, []),
        (
            {"bootstrapToken": {"apiServerEndpoint": "10.0.0.300:6443"}},
            ["endpoint-address discovery.bootstrapToken.apiServerEndpoint"],
        ),
        ({"nodeRegistration": {"criSocket": "/run/crio/crio.sock"}}, ["cri-socket nodeRegistration.criSocket"]),
        (
            {"bootstrapToken": {"apiServerEndpoint": "k8s:6443"}},
            ["endpoint-short-name discovery.bootstrapToken.apiServerEndpoint"],
        ),
    ],
    ids=str,
)
def test_alone(fields: dict[str, Any], found: list[str]) -> None:
    """A file with nothing but a JoinConfiguration."""
    assert findings(join(**fields)) == found


def test_place_in_the_old_form() -> None:
    """In a v1beta3 document arguments are a map, and a finding points into it."""
    text = join("kubeadm.k8s.io/v1beta3", nodeRegistration={"kubeletExtraArgs": {"network-plugin": "cni"}})
    assert findings(text, "1.36") == [
        "old-api-version apiVersion",
        "unknown-argument nodeRegistration.kubeletExtraArgs.network-plugin",
    ]


@pytest.mark.parametrize(
    ("phases", "wrong"),
    [
        ([], []),
        (["certs", "certs/all", "certs/ca", "kubelet-finalize", "upload-config/kubelet"], [1]),
        (["addon/kubeproxy", "Certs", "etcd/all", "control-plane-join"], [0, 1, 2, 3]),
    ],
)
def test_phases_of_init(phases: list[str], wrong: list[int]) -> None:
    """Before rendering, which refuses them, a misspelt phase of the first node is found, and which one it is."""
    init = {"apiVersion": VERSION, "kind": "InitConfiguration", "skipPhases": phases}
    found = [each for each in findings(json.dumps(init) + "\n") if each.startswith("unknown-phase")]
    assert found == [f"unknown-phase skipPhases[{index}]" for index in wrong]


@pytest.mark.parametrize(
    ("kubeadm", "phase", "said"),
    [
        ("1.37", "control-plane-join/etcd", "did you mean etcd-join?"),
        ("1.36", "control-plane-join/etcd", "did you mean etcd-join?"),
        ("1.37", "control-plane-join/mark-control-plan", "did you mean control-plane-join/mark-control-plane?"),
        ("1.37", "control-plane-join/e", "kubeadm init --help and kubeadm join --help list them"),
        ("1.37", "control-plane-join/al", "kubeadm init --help and kubeadm join --help list them"),
        ("1.37", "preflight/a", "kubeadm init --help and kubeadm join --help list them"),
        ("1.37", "Preflight", "did you mean preflight?"),
        ("1.37", "control-plane-prepare/all", "control-plane-prepare, which skips all of its phases"),
    ],
)
def test_hints_at_phases(kubeadm: str, phase: str, said: str) -> None:
    """What is hinted at skips no more than what was written."""
    found = validate.check([("join.yaml", join(skipPhases=[phase]).encode())], kubeadm=kubeadm)
    assert [problem.instead for problem in found.problems] == [said]


def test_phases_of_the_minor() -> None:
    """A phase that a later kubeadm no longer has can be left out before."""
    assert not findings(join(skipPhases=["control-plane-join/etcd"]), "1.35")


def test_beside_the_first_node() -> None:
    """Each node's arguments are for themselves: what the other one has does not count."""
    init = {"apiVersion": VERSION, "kind": "InitConfiguration", "nodeRegistration": arguments(max_pods="10")}
    text = f"{json.dumps(init)}\n---\n{join(nodeRegistration=arguments(max_pods='20'))}"
    assert not findings(text)


def test_addresses_of_the_clusters_own() -> None:
    """Neither the node nor the endpoint has an address of a range, where the file says which ranges there are."""
    node = {"localAPIEndpoint": {"advertiseAddress": "10.244.0.5"}}
    text = join(controlPlane=node, bootstrapToken={"apiServerEndpoint": "10.96.0.1:6443"})
    cluster = {"apiVersion": VERSION, "kind": "ClusterConfiguration", "networking": {"podSubnet": "10.244.0.0/16"}}
    assert findings(f"{text}---\n{json.dumps(cluster)}\n") == [
        "node-in-subnet discovery.bootstrapToken.apiServerEndpoint",
        "node-in-subnet controlPlane.localAPIEndpoint.advertiseAddress",
    ]
    assert not findings(text)


@pytest.mark.parametrize(
    ("api_version", "kind", "fields"),
    [
        (
            "kubelet.config.k8s.io/v1beta1",
            "KubeletConfiguration",
            {"readOnlyPort": 10255, "clusterDomain": "${DOMAIN}"},
        ),
        ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration", {"mode": "ipvs"}),
        (VERSION, "UpgradeConfiguration", {"apply": {"kubernetesVersion": "${VERSION}"}}),
    ],
)
def test_a_document_that_is_not_looked_at(api_version: str, kind: str, fields: dict[str, Any]) -> None:
    """kubeadm join reads no configuration of a component, and before 1.36 no kubeadm looks at an upgrade's."""
    other = json.dumps({"apiVersion": api_version, "kind": kind, **fields})
    found = validate.check([("join.yaml", f"{join()}---\n{other}\n".encode())], kubeadm="1.35", lint=SOME)
    assert [problem.code for problem in found.problems] == ["not-looked-at"]


def test_a_refused_file() -> None:
    """Before kubeadm takes the file, nothing is said but what it refuses."""
    text = join(nodeRegistration={"criSocket": "dockershim.sock"}, bootstrapToken={"token": "wrong"})
    found = validate.check([("join.yaml", text.encode())])
    assert {problem.level for problem in found.problems} == {"error"}
