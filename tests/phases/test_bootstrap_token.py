# SPDX-License-Identifier: Apache-2.0
"""bootstrap-token: the tokens, and what a node without an identity may see."""

from __future__ import annotations

import base64

import pytest
import yaml

from kgen.tree import Sensitivity
from phases.plans import document, objects, plan, secret

TOKEN = "bootstrapTokens: [{token: abcdef.0123456789abcdef, description: d}]\n"


def test_secret() -> None:
    """What the API server knows about a token; the file is a credential."""
    tree = plan(init=TOKEN)
    assert secret(tree, "cluster/bootstrap-token-abcdef.yaml") == {
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
        "description": "d",
        "expiration": "2030-01-02T00:00:00Z",
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
    }
    assert tree["cluster/bootstrap-token-abcdef.yaml"].sensitivity is Sensitivity.CREDENTIAL


def test_no_end() -> None:
    """A token that lives for ever has no expiration."""
    tree = plan(init=TOKEN.replace("description: d", "ttl: 0s"))
    assert "expiration" not in secret(tree, "cluster/bootstrap-token-abcdef.yaml")


def test_order() -> None:
    """Tokens come in the order of the configuration, before what they allow."""
    names = [
        each.name
        for each in objects(plan(init=TOKEN.replace("[", "[{token: zzzzzz.0123456789abcdef}, ")), "bootstrap-token")
    ]
    assert names[:2] == ["bootstrap-token-zzzzzz", "bootstrap-token-abcdef"]


@pytest.mark.parametrize(("endpoint", "server"), [("", "192.0.2.10"), ("api.example.com", "api.example.com")])
def test_cluster_info(endpoint: str, server: str) -> None:
    """The public kubeconfig: server and CA, and nobody's identity."""
    tree = plan(f"controlPlaneEndpoint: {endpoint}\n" if endpoint else "")
    config = yaml.safe_load(document(tree, "cluster/cluster-info.yaml")["data"]["kubeconfig"])
    (cluster,) = config["clusters"]
    assert cluster["cluster"]["server"] == f"https://{server}:6443"
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == tree["pki/ca.crt"].content
    assert not config["users"]


def test_rights_of_the_api_server() -> None:
    """Where the API server's client is no administrator, a binding gives it the kubelets' API."""
    name = "kubeadm:apiserver-kubelet-client"
    assert name in {each.name for each in objects(plan(), "bootstrap-token")}
    assert name not in {each.name for each in plan(version="v1.34.4").objects}
