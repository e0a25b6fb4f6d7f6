# SPDX-License-Identifier: Apache-2.0
"""bootstrap-token: what a node needs to join.

kubeadm app/phases/bootstraptoken, app/apis/bootstraptoken/v1/utils.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kgen import gyaml, render
from kgen.cluster import TIME
from kgen.phases.interface import Context, Phase, api_object
from kgen.phases.kubeconfig import authority, encode
from kgen.provenance import Given, Paths, embedded, given
from kgen.secrets import Token
from kgen.tree import Artifact, Object, Sensitivity

PHASE = "bootstrap-token"

_BINDINGS = (
    "clusterrole-kubeadm-get-nodes",
    "clusterrolebinding-kubeadm-get-nodes",
    "clusterrolebinding-kubeadm-kubelet-bootstrap",
    "clusterrolebinding-kubeadm-node-autoapprove-bootstrap",
    "clusterrolebinding-kubeadm-node-autoapprove-certificate-rotation",
)


def secret(token: Token, phase: str, reasons: Mapping[str, Paths]) -> Object:
    """The Secret that makes a token known to the API server. `reasons`: what its entries depend on, by their names."""
    data = {"token-id": token.id, "token-secret": token.secret}
    if token.description:
        data["description"] = token.description
    if token.expires:
        data["expiration"] = token.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    data |= {f"usage-bootstrap-{usage}": "true" for usage in token.usages}
    if token.groups:
        data["auth-extra-groups"] = ",".join(token.groups)
    name = f"bootstrap-token-{token.id}"
    reason = reasons["token-id"]
    return api_object(
        "cluster/bootstrap-token",
        {
            "name": Given(name, reason),
            "data": {key: Given(encode(value.encode()), reasons.get(key, ())) for key, value in data.items()},
        },
        phase=phase,
        path=f"cluster/{name}.yaml",
        sensitivity=Sensitivity.CREDENTIAL,
        places={"path": reason},
    )


def _reasons(token: Mapping[str, Any], path: str) -> Mapping[str, Paths]:
    """What the entries of the Secret of a token of the configuration depend on."""
    value = (f"{path}.token",)
    return {
        "token-id": value,
        "token-secret": value,
        "description": (f"{path}.description",),
        "expiration": (f"{path}.ttl", TIME),
        "auth-extra-groups": given(lambda: list(token["groups"])).paths,
        **{f"usage-bootstrap-{usage}": (f"{path}.usages[{index}]",) for index, usage in enumerate(token["usages"])},
    }


def _artifacts(context: Context) -> Iterator[Artifact]:
    cluster, secrets = context.cluster, context.secrets
    last = {token.id: index for index, token in enumerate(secrets.tokens)}  # kubeadm lets the last of an id win
    for index in last.values():
        reasons = _reasons(cluster.init["bootstrapTokens"][index], f"InitConfiguration.bootstrapTokens[{index}]")
        yield secret(secrets.tokens[index], PHASE, reasons)
    for name in _BINDINGS:
        yield api_object(f"rbac/{name}", phase=PHASE)
    if cluster.release.has("apiserver-kubelet-client-binding"):
        yield api_object("rbac/clusterrolebinding-kubeadm-apiserver-kubelet-client", phase=PHASE)
    server = given(lambda: cluster.endpoint_url(context.node))
    kubeconfig = render.sourced("kubeconfig/cluster-info", {"ca": authority(context), "server": server})
    yield api_object(
        "cluster/cluster-info",
        {"kubeconfig": gyaml.dump(kubeconfig.value)},
        phase=PHASE,
        places=embedded("/data/kubeconfig", kubeconfig.places),
    )
    yield api_object("rbac/role-kubeadm-bootstrap-signer-clusterinfo", phase=PHASE)
    yield api_object("rbac/rolebinding-kubeadm-bootstrap-signer-clusterinfo", phase=PHASE)


PHASES: tuple[Phase, ...] = (
    Phase(
        PHASE, "the bootstrap tokens, what they allow, and the public ConfigMap cluster-info", _artifacts, uses_api=True
    ),
)
