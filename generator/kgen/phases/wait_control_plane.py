# SPDX-License-Identifier: Apache-2.0
"""wait-control-plane: with the first use of admin.conf comes the binding that gives it its rights.

kubeadm app/phases/kubeconfig/kubeconfig.go EnsureAdminClusterRoleBinding: created with
super-admin.conf, since admin.conf may do nothing before it is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgen.phases.interface import Context, Phase, api_object
from kgen.tree import Artifact

PHASE = "wait-control-plane"


def _artifacts(_: Context) -> Iterator[Artifact]:
    yield api_object("rbac/clusterrolebinding-kubeadm-cluster-admins", phase=PHASE)


PHASES: tuple[Phase, ...] = (
    Phase(PHASE, "the binding that makes admin.conf's group cluster administrators; waits on a real host", _artifacts),
)
