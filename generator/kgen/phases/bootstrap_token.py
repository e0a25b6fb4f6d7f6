# SPDX-License-Identifier: Apache-2.0
"""bootstrap-token: what a node needs to join.

kubeadm app/phases/bootstraptoken, app/apis/bootstraptoken/v1/utils.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgen import gyaml, render
from kgen.phases.interface import Context, Phase, api_object
from kgen.phases.kubeconfig import encode
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


def secret(token: Token, phase: str) -> Object:
    """The Secret that makes a token known to the API server."""
    data = {"token-id": token.id, "token-secret": token.secret}
    if token.description:
        data["description"] = token.description
    if token.expires:
        data["expiration"] = token.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    data |= {f"usage-bootstrap-{usage}": "true" for usage in token.usages}
    if token.groups:
        data["auth-extra-groups"] = ",".join(token.groups)
    name = f"bootstrap-token-{token.id}"
    return api_object(
        "cluster/bootstrap-token",
        {"name": name, "data": {key: encode(value.encode()) for key, value in data.items()}},
        phase=phase,
        path=f"cluster/{name}.yaml",
        sensitivity=Sensitivity.CREDENTIAL,
    )


def _artifacts(context: Context) -> Iterator[Artifact]:
    cluster, secrets = context.cluster, context.secrets
    for token in {token.id: token for token in secrets.tokens}.values():  # kubeadm lets the last of an id win
        yield secret(token, PHASE)
    for name in _BINDINGS:
        yield api_object(f"rbac/{name}", phase=PHASE)
    if cluster.release.has("apiserver-kubelet-client-binding"):
        yield api_object("rbac/clusterrolebinding-kubeadm-apiserver-kubelet-client", phase=PHASE)
    kubeconfig = render.document(
        "kubeconfig/cluster-info",
        {"ca": encode(secrets.keyring.decoded("ca").pem), "server": cluster.endpoint_url(context.node)},
    )
    yield api_object("cluster/cluster-info", {"kubeconfig": gyaml.dump(kubeconfig)}, phase=PHASE)
    yield api_object("rbac/role-kubeadm-bootstrap-signer-clusterinfo", phase=PHASE)
    yield api_object("rbac/rolebinding-kubeadm-bootstrap-signer-clusterinfo", phase=PHASE)


PHASES: tuple[Phase, ...] = (
    Phase(
        PHASE, "the bootstrap tokens, what they allow, and the public ConfigMap cluster-info", _artifacts, uses_api=True
    ),
)
