# SPDX-License-Identifier: Apache-2.0
"""The feature gate RootlessControlPlane: static pods run as users of their own, who own what they must read.

kubeadm app/util/staticpod/utils_linux.go. Without the gate nothing here changes anything. kubeadm's dry run only
says that it would do all this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from kgen import paths
from kgen.cluster import Cluster
from kgen.phases.interface import Context
from kgen.provenance import Given, Sourced, changed, resolve
from kgen.tree import File

GATE = "RootlessControlPlane"
_REASON = f"ClusterConfiguration.featureGates.{GATE}"
KEY_READERS = "kubeadm-sa-key-readers"
"""The group that may read the key with which service account tokens are signed."""

_SERVICE_ACCOUNT_KEY = "sa.key"
_ADDED_CAPABILITY = "NET_BIND_SERVICE"  # the program file has it, so it does not start without


@dataclass(frozen=True, slots=True)
class Row:
    """What one component runs as and must read. Its user has a group of the same name."""

    phase: str
    user: str
    credentials: tuple[str, ...]
    """Files below certificatesDir that become its user's own."""
    kubeconfig: str = ""
    """Its kubeconfig in /etc/kubernetes, the user's own as well."""
    reads_service_account_key: bool = False
    privileged_port: bool = False
    """Whether its program may bind ports below 1024, and so gain what its parent does not have."""

    def targets(self, cluster: Cluster) -> set[str]:
        """Where the files of its user are on the node."""
        found = {paths.join(cluster.certificates_dir, name) for name in self.credentials}
        return found | {paths.join(paths.KUBERNETES, self.kubeconfig)} if self.kubeconfig else found


ROWS = {
    "etcd": Row("etcd/local", "kubeadm-etcd", ("etcd/server.key", "etcd/peer.key")),
    "kube-apiserver": Row(
        "control-plane/apiserver",
        "kubeadm-kas",
        (
            "sa.pub",
            "apiserver.key",
            "apiserver-kubelet-client.key",
            "front-proxy-client.key",
            "apiserver-etcd-client.key",
        ),
        reads_service_account_key=True,
        privileged_port=True,
    ),
    "kube-controller-manager": Row(
        "control-plane/controller-manager",
        "kubeadm-kcm",
        ("ca.key",),
        "controller-manager.conf",
        reads_service_account_key=True,
    ),
    "kube-scheduler": Row("control-plane/scheduler", "kubeadm-ks", (), "scheduler.conf"),
}
"""By static pod. Files that a cluster does not have, for its etcd or its CA is external, change nothing."""


def secured(context: Context, component: str, pod: Sourced) -> Sourced:
    """The static pod, with the gate on as its component's user; patches come after."""
    if not context.cluster.gate(GATE):
        return pod
    result = resolve(_secured(context, component, pod.value))
    return Sourced(result.value, {**changed(pod, result.value, (_REASON,)).places, **result.places})


def _secured(context: Context, component: str, pod: dict[str, Any]) -> dict[str, Any]:
    row = ROWS[component]
    security = dict(
        pod["spec"]["securityContext"],
        runAsUser=_id(context, "users", row.user),
        runAsGroup=_id(context, "groups", row.user),
    )
    if row.reads_service_account_key:
        security["supplementalGroups"] = [_id(context, "groups", KEY_READERS)]
    (container,) = pod["spec"]["containers"]
    restricted = {**container, "securityContext": _container_security(row)}
    return {**pod, "spec": {**pod["spec"], "containers": [restricted], "securityContext": security}}


def _id(context: Context, table: Literal["users", "groups"], name: str) -> Given[int]:
    host = context.node.host
    known = host.users if table == "users" else host.groups
    return Given(known[name], (_REASON, f"RenderConfiguration.host.{table}.{name}"))


def _container_security(row: Row) -> dict[str, Any]:
    if row.privileged_port:
        return {"capabilities": {"add": [_ADDED_CAPABILITY], "drop": ["ALL"]}}
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def owned(context: Context, file: File) -> File:
    """The file, with the gate on as the phases that write the static pods leave it: another owner, another mode."""
    cluster = context.cluster
    if not cluster.gate(GATE):
        return file
    rows = [row for row in ROWS.values() if row.phase not in cluster.skip_phases]
    if file.target == paths.join(cluster.certificates_dir, _SERVICE_ACCOUNT_KEY):
        readers = any(row.reads_service_account_key for row in rows)
        return _handed(file, f"root:{KEY_READERS}", 0o640) if readers else file
    for row in rows:
        if file.target in row.targets(cluster):
            return _handed(file, f"{row.user}:{row.user}", 0o600)
    return file


def _handed(file: File, owner: str, mode: int) -> File:
    reasons = dict.fromkeys(["owner", "mode"] if mode != file.mode else ["owner"], (_REASON,))
    return replace(file, owner=owner, mode=mode, places={**file.places, **reasons})
