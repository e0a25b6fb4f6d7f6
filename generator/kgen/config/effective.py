# SPDX-License-Identifier: Apache-2.0
"""The four configuration documents of a cluster as kubeadm uses them, with every default, and as Go writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgen.cluster import Cluster
from kgen.config import schema
from kgen.config.codec import encode


def documents(cluster: Cluster) -> Mapping[str, dict[str, Any]]:
    """By kind: InitConfiguration, ClusterConfiguration, KubeletConfiguration, KubeProxyConfiguration.

    kubernetesVersion is as upload-config has it: `ci/…` for a CI build, else the resolved version. The kubelet's
    resolvConf is the host's where the configuration leaves it open (componentconfigs/kubelet.go Mutate).
    """
    kubelet = dict(cluster.kubelet)
    if cluster.first.host.resolv_conf and kubelet.get("resolvConf") is None:
        kubelet["resolvConf"] = cluster.first.host.resolv_conf
    configuration = {**cluster.configuration, "kubernetesVersion": cluster.version.ci or cluster.version.text}
    found = (cluster.init, configuration, kubelet, cluster.kube_proxy)
    return {document["kind"]: as_go_writes(document, cluster.release.minor) for document in found}


def as_go_writes(document: Mapping[str, Any], minor: str) -> dict[str, Any]:
    """A document in current shape, decoded and encoded by the Go types of a kubeadm minor."""
    return encode(document, schema.load(minor, document["apiVersion"], document["kind"]))
