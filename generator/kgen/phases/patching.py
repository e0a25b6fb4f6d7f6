# SPDX-License-Identifier: Apache-2.0
"""The user's patches, applied where kubeadm applies them (kubeadm app/util/patches)."""

from __future__ import annotations

from typing import Any

from kgen.cluster import Cluster
from kgen.config import schema
from kgen.config.codec import encode
from kgen.patches import apply

_TYPED = {"Pod", "Deployment", "DaemonSet"}


def patched(cluster: Cluster, target: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document with the patches for this target.

    kubeadm reads a patched API object back into its Go type, which drops what the type does not know
    and writes its zero values; the kubelet's configuration stays as the patches leave it.
    """
    patches = [patch for patch in cluster.patches if patch.target == target]
    if not patches:
        return document
    result = apply(target, document, patches)
    if document["kind"] not in _TYPED:
        return result
    return encode(result, schema.load(cluster.release.minor, document["apiVersion"], document["kind"]))
