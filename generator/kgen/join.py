# SPDX-License-Identifier: Apache-2.0
"""The commands with which further nodes join a cluster (kubeadm app/cmd/util/join.go)."""

from __future__ import annotations

from dataclasses import dataclass

from kgen.cluster import Cluster
from kgen.secrets import Secrets

WITHHELD = "<value withheld>"


@dataclass(frozen=True, slots=True)
class Commands:
    """How nodes join with one bootstrap token."""

    worker: str
    control_plane: str
    """Empty if the control plane has no endpoint that further nodes could share."""


def commands(cluster: Cluster, secrets: Secrets, hide_token: bool, hide_certificate_key: bool) -> tuple[Commands, ...]:
    """The commands, for each bootstrap token."""
    server = cluster.endpoint_url(cluster.first).removeprefix("https://")
    pin = secrets.keyring.decoded("ca").spki_hash
    key = secrets.upload.certificate_key if secrets.upload else cluster.init.get("certificateKey", "")
    suffix = f" --certificate-key {WITHHELD if hide_certificate_key else key}" if key else ""
    result = []
    for token in secrets.tokens:
        text = WITHHELD if hide_token else token.text
        worker = f"kubeadm join {server} --token {text} \\\n\t--discovery-token-ca-cert-hash {pin}"
        shared = bool(cluster.configuration.get("controlPlaneEndpoint"))
        result.append(Commands(worker, f"{worker} \\\n\t--control-plane{suffix}" if shared else ""))
    return tuple(result)
