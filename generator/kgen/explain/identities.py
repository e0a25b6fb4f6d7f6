# SPDX-License-Identifier: Apache-2.0
"""What an identity may do, by the bindings of the tree and by those that the API server makes for itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgen.explain.grants import grants
from kgen.explain.view import Item, View

_BUILT_IN = {
    "group system:masters": "everything; the API server asks no authorizer (a fixed group, not a binding)",
    "group system:nodes": "what a kubelet needs for its own node and pods (the Node authorizer; not a binding)",
    "user system:kube-controller-manager": "what the controllers need (ClusterRole system:kube-controller-manager)",
    "user system:kube-scheduler": "read pods and nodes, bind pods to nodes (ClusterRole system:kube-scheduler)",
}
"""plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go and apiserver/pkg/authorization/authorizerfactory."""


@dataclass(frozen=True, slots=True)
class Right:
    """Something that an identity may do."""

    subject: str
    """`user kubernetes-admin`, `group kubeadm:cluster-admins`"""
    what: str
    path: str
    """The binding's place in the tree; empty if the API server has it of itself."""
    source: str
    """Where it comes from if not from the tree."""


def rights(view: View, user: str, groups: Sequence[str]) -> tuple[Right, ...]:
    """What a user in these groups may do."""
    return tuple(_rights(view, [("User", user), *(("Group", group) for group in groups)]))


def _rights(view: View, subjects: Sequence[tuple[str, str]]) -> Iterator[Right]:
    for kind, name in subjects:
        subject = f"{kind.lower()} {name}"
        if subject in _BUILT_IN:
            yield Right(subject, _BUILT_IN[subject], "", "built into the API server")
        for grant in grants(view):
            if grant.binding and (grant.subject.kind, grant.subject.name) == (kind, name):
                yield Right(subject, _role(grant.binding), grant.binding.path, "")


def _role(item: Item) -> str:
    role = item.data.get("roleRef")
    name = f"{role.get('kind')} {role.get('name')}" if isinstance(role, dict) else "an unnamed role"
    return f"{name} in {item.namespace}" if item.namespace else f"{name} in the whole cluster"
