# SPDX-License-Identifier: Apache-2.0
"""The binding that gives admin.conf its rights.

It belongs to no phase: kubeadm makes it with super-admin.conf when a phase first uses admin.conf,
which may do nothing before (kubeadm app/phases/kubeconfig/kubeconfig.go EnsureAdminClusterRoleBinding).
"""

from __future__ import annotations

from kgen.phases.interface import Phase, api_object
from kgen.tree import Object


def binding(first: Phase) -> Object:
    """The binding, as part of the first phase that uses the API."""
    return api_object("rbac/clusterrolebinding-kubeadm-cluster-admins", phase=first.name)
