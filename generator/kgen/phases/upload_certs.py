# SPDX-License-Identifier: Apache-2.0
"""upload-certs: the shared certificates, encrypted, for further control-plane nodes (kubeadm app/phases/copycerts)."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.phases.bootstrap_token import secret
from kgen.phases.interface import Context, Phase, api_object
from kgen.phases.kubeconfig import encode
from kgen.provenance import Given
from kgen.tree import Artifact, Sensitivity

PHASE = "upload-certs"


def _artifacts(context: Context) -> Iterator[Artifact]:
    upload = context.secrets.upload
    if upload is None:
        return
    yield secret(upload.token, PHASE, "kubeadm.upload-certs")
    yield api_object(
        "cluster/kubeadm-certs",
        {
            "data": {
                name: Given(content and encode(content), ("InitConfiguration.certificateKey",))
                for name, content in upload.encrypted.items()
            },
            "owner": f"bootstrap-token-{upload.token.id}",
        },
        phase=PHASE,
        sensitivity=Sensitivity.CREDENTIAL,
    )
    yield api_object("rbac/role-kubeadm-kubeadm-certs", phase=PHASE)
    yield api_object("rbac/rolebinding-kubeadm-kubeadm-certs", phase=PHASE)


PHASES: tuple[Phase, ...] = (
    Phase(
        PHASE, "with --upload-certs: the Secret kubeadm-certs, its short-lived token, and who may read it", _artifacts
    ),
)
