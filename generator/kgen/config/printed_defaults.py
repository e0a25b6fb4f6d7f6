# SPDX-License-Identifier: Apache-2.0
"""What `kubeadm config print init-defaults`, `join-defaults`, `reset-defaults` and `upgrade-defaults` print.

kubeadm app/cmd/config.go, and DefaultedStaticInitConfiguration of app/util/config/initconfiguration.go for the
values that stand for a host's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgen import gyaml
from kgen.config import defaults
from kgen.config.convert import CURRENT
from kgen.config.effective import as_go_writes
from kgen.releases import Release

COMPONENTS = ("KubeProxyConfiguration", "KubeletConfiguration")
"""Kinds that init's defaults can be followed by."""

SEPARATOR = "---\n"

_TOKEN = "abcdef.0123456789abcdef"  # noqa: S105 (kubeadm's placeholder, which it prints)
_PULLING = {"imagePullPolicy": "IfNotPresent", "imagePullSerial": True}


def init(release: Release, components: Sequence[str] = ()) -> str:
    """InitConfiguration, ClusterConfiguration and the named component configurations, in the order of the names."""
    init, cluster = _kubeadm("InitConfiguration"), _kubeadm("ClusterConfiguration")
    init["bootstrapTokens"] = [{"token": _TOKEN}]
    init["localAPIEndpoint"] = {"advertiseAddress": "1.2.3.4"}
    init["nodeRegistration"] = {"name": "node"}
    cluster["kubernetesVersion"] = f"{release.minor}.0"
    defaults.init_configuration(init)
    defaults.cri_socket(init["nodeRegistration"])
    defaults.cluster_configuration(cluster, release)
    kubelet = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
    proxy = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}
    defaults.kubelet(kubelet, cluster)
    defaults.kube_proxy(proxy, init, cluster, release)
    found = {"KubeletConfiguration": kubelet, "KubeProxyConfiguration": proxy}
    return _print(release, init, cluster, *(found[name] for name in components))


def join(release: Release, node_name: str) -> str:
    """A JoinConfiguration with a bootstrap token; `node_name` is what the host's name would be."""
    join = _kubeadm("JoinConfiguration")
    token = {"token": _TOKEN, "apiServerEndpoint": "kube-apiserver:6443", "unsafeSkipCAVerification": True}
    join["discovery"] = {"bootstrapToken": token}
    defaults.join_configuration(join, node_name, "")
    return _print(release, join)


def reset(release: Release) -> str:
    """A ResetConfiguration."""
    reset = _kubeadm("ResetConfiguration")
    defaults.reset_configuration(reset)
    return _print(release, {**reset, "timeouts": _timeouts()})


def upgrade(release: Release) -> str:
    """An UpgradeConfiguration (apis/kubeadm/v1beta4/defaults.go SetDefaults_UpgradeConfiguration)."""
    upgrade = _kubeadm("UpgradeConfiguration")
    upgrade["apply"] = upgrade["node"] = {"certificateRenewal": True, "etcdUpgrade": True, **_PULLING}
    upgrade["plan"] = {"etcdUpgrade": True}
    return _print(release, {**upgrade, "timeouts": _timeouts()})


def _kubeadm(kind: str) -> dict[str, Any]:
    return {"apiVersion": CURRENT, "kind": kind}


def _timeouts() -> dict[str, Any]:
    """The same in all of kubeadm's kinds."""
    init: dict[str, Any] = {}
    defaults.init_configuration(init)
    timeouts: dict[str, Any] = init["timeouts"]
    return timeouts


def _print(release: Release, *documents: dict[str, Any]) -> str:
    return SEPARATOR.join(gyaml.dump(as_go_writes(document, release.minor)) for document in documents)
