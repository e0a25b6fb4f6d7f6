# SPDX-License-Identifier: Apache-2.0
"""Configurations for lints: one without findings, and changes to it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import yaml

from kgen import releases
from kgen.config import lints
from kgen.config.flags import Flags
from kgen.config.load import load
from kgen.errors import Problem

Documents = Mapping[str, Any]

_API_VERSIONS = {
    "InitConfiguration": "kubeadm.k8s.io/v1beta4",
    "ClusterConfiguration": "kubeadm.k8s.io/v1beta4",
    "KubeletConfiguration": "kubelet.config.k8s.io/v1beta1",
    "KubeProxyConfiguration": "kubeproxy.config.k8s.io/v1alpha1",
}


def plain(minor: str = "1.37") -> dict[str, Any]:
    """Documents, by kind, in which no lint finds anything."""
    return {
        "InitConfiguration": {
            "nodeRegistration": {"name": "cp-1"},
            "localAPIEndpoint": {"advertiseAddress": "192.0.2.10"},
        },
        "ClusterConfiguration": {
            "kubernetesVersion": releases.load(minor).kubeadm,
            "controlPlaneEndpoint": "api.example.com:6443",
            "networking": {"podSubnet": "10.244.0.0/16"},
        },
    }


def arguments(**values: str) -> list[dict[str, str]]:
    """extraArgs; underscores in names stand for dashes."""
    return [{"name": name.replace("_", "-"), "value": value} for name, value in values.items()]


def subject(changes: Documents, minor: str = "1.37", *, upload_certs: bool = False) -> lints.Subject:
    """The plain documents with changes merged into them, as they are seen after loading."""
    documents = plain(minor)
    _merge(documents, changes)
    texts = []
    for kind, value in documents.items():
        texts.append(yaml.safe_dump({"apiVersion": _API_VERSIONS[kind], "kind": kind, **value}))
    text = "---\n".join(texts).encode()
    return lints.of_cluster(load([("test.yaml", text)], kubeadm=minor, flags=Flags(upload_certs=upload_certs)))


def _merge(target: dict[str, Any], changes: Documents) -> None:
    for name, value in changes.items():
        if isinstance(value, Mapping) and isinstance(target.get(name), dict):
            _merge(target[name], value)
        else:
            target[name] = copy.deepcopy(value)


def found(lint: str, looked_at: lints.Subject) -> list[Problem]:
    """What one lint finds."""
    return [problem for problem in lints.run(looked_at) if problem.code == lints.CODE + lint]
