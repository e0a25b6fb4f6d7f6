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
        (
            {"bootstrapToken": {"unsafeSkipCAVerification": True}},
            ["unverified-ca discovery.bootstrapToken.unsafeSkipCAVerification"],
        ),
        (
            {"bootstrapToken": {"apiServerEndpoint": "127.0.0.1:6443"}},
            ["endpoint-loopback discovery.bootstrapToken.apiServerEndpoint"],
        ),
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


def test_beside_the_first_node() -> None:
    """Each node's arguments are for themselves: what the other one has does not count."""
    init = {"apiVersion": VERSION, "kind": "InitConfiguration", "nodeRegistration": arguments(max_pods="10")}
    text = f"{json.dumps(init)}\n---\n{join(nodeRegistration=arguments(max_pods='20'))}"
    assert not findings(text)


def test_a_refused_file() -> None:
    """Before kubeadm takes the file, nothing is said but what it refuses."""
    text = join(nodeRegistration={"criSocket": "dockershim.sock"}, bootstrapToken={"token": "wrong"})
    found = validate.check([("join.yaml", text.encode())])
    assert {problem.level for problem in found.problems} == {"error"}
