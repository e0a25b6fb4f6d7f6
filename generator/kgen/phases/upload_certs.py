# SPDX-License-Identifier: Apache-2.0
"""upload-certs: the shared certificates, encrypted, for further control-plane nodes (kubeadm app/phases/copycerts)."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.cluster import TIME
from kgen.phases import certs
from kgen.phases.bootstrap_token import secret
from kgen.phases.interface import Context, Phase, api_object
from kgen.phases.kubeconfig import encode
from kgen.provenance import Given, Paths, derived, given
from kgen.secrets import EXTERNAL_ETCD
from kgen.tree import Artifact, Sensitivity

PHASE = "upload-certs"


def _artifacts(context: Context) -> Iterator[Artifact]:
    upload = context.secrets.upload
    if upload is None:
        return
    token = given(lambda: derived("upload-token", "random, made when rendered", lambda: upload.token.id))
    reasons = {"token-id": token.paths, "token-secret": token.paths, "expiration": (TIME,)}
    yield secret(upload.token, PHASE, reasons)
    yield api_object(
        "cluster/kubeadm-certs",
        {
            "data": {
                name: Given(content and encode(content), (*_reasons(context, name), "InitConfiguration.certificateKey"))
                for name, content in upload.encrypted.items()
            },
            "owner": Given(f"bootstrap-token-{upload.token.id}", token.paths),
        },
        phase=PHASE,
        sensitivity=Sensitivity.CREDENTIAL,
    )
    yield api_object("rbac/role-kubeadm-kubeadm-certs", phase=PHASE)
    yield api_object("rbac/rolebinding-kubeadm-kubeadm-certs", phase=PHASE)


def _reasons(context: Context, name: str) -> Paths:
    """What the file that is shared by this name depends on."""
    if name in EXTERNAL_ETCD:
        return (f"ClusterConfiguration.etcd.external.{EXTERNAL_ETCD[name]}",)
    own = name.rpartition(".")[0].replace("etcd-", "etcd/")
    return certs.authority_paths(context, own) if name.endswith(".crt") else certs.key_paths(context, own)


PHASES: tuple[Phase, ...] = (
    Phase(
        PHASE,
        "with --upload-certs: the Secret kubeadm-certs, its short-lived token, and who may read it",
        _artifacts,
        uses_api=True,
    ),
)
