# SPDX-License-Identifier: Apache-2.0
"""bootstrap-token: what a node needs to join.

kubeadm app/phases/bootstraptoken, app/apis/bootstraptoken/v1/utils.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgen import gyaml, render
from kgen.phases.interface import Context, Phase, api_object
from kgen.phases.kubeconfig import encode
from kgen.provenance import Given, embedded, given
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


def secret(token: Token, phase: str, origin: str) -> Object:
    """The Secret that makes a token known to the API server. `origin` is the path of what it is made from."""
    data = {
        "token-id": Given(token.id, (f"{origin}.token",)),
        "token-secret": Given(token.secret, (f"{origin}.token",)),
    }
    if token.description:
        data["description"] = Given(token.description, (f"{origin}.description",))
    if token.expires:
        data["expiration"] = Given(token.expires.strftime("%Y-%m-%dT%H:%M:%SZ"), (f"{origin}.ttl",))
    data |= {
        f"usage-bootstrap-{usage}": Given("true", (f"{origin}.usages[{index}]",))
        for index, usage in enumerate(token.usages)
    }
    if token.groups:
        data["auth-extra-groups"] = Given(",".join(token.groups), (f"{origin}.groups",))
    name = f"bootstrap-token-{token.id}"
    return api_object(
        "cluster/bootstrap-token",
        {
            "name": Given(name, (f"{origin}.token",)),
            "data": {key: Given(encode(value.value.encode()), value.paths) for key, value in data.items()},
        },
        phase=phase,
        path=f"cluster/{name}.yaml",
        sensitivity=Sensitivity.CREDENTIAL,
    )


def _artifacts(context: Context) -> Iterator[Artifact]:
    cluster, secrets = context.cluster, context.secrets
    last = {token.id: index for index, token in enumerate(secrets.tokens)}  # kubeadm lets the last of an id win
    for index in last.values():
        yield secret(secrets.tokens[index], PHASE, f"InitConfiguration.bootstrapTokens[{index}]")
    for name in _BINDINGS:
        yield api_object(f"rbac/{name}", phase=PHASE)
    if cluster.release.has("apiserver-kubelet-client-binding"):
        yield api_object("rbac/clusterrolebinding-kubeadm-apiserver-kubelet-client", phase=PHASE)
    server = given(lambda: cluster.endpoint_url(context.node))
    kubeconfig = render.sourced(
        "kubeconfig/cluster-info", {"ca": encode(secrets.keyring.decoded("ca").pem), "server": server}
    )
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
