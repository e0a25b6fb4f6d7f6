# SPDX-License-Identifier: Apache-2.0
"""Who has which role, and who the credentials are: the bindings of the tree and of the API server itself. Pure.

The latter are data, roles.yaml, which tools/roles/record.py makes from the source of each minor.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kgen.explain import facts
from kgen.explain.view import Item, View, dig


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a binding is for."""

    kind: str
    """`User`, `Group` or `ServiceAccount`"""
    name: str
    """Of a ServiceAccount `namespace/name`."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A subject, a role, and where it counts."""

    subject: Subject
    binding: Item | None
    """None if the API server makes it itself."""
    role: str
    role_item: Item | None
    rules: tuple[Mapping[str, Any], ...] | None
    """None if nothing says what the role allows."""
    namespace: str
    """Empty for the whole cluster."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom a credential of the tree makes known to the API server."""

    user: str
    groups: tuple[str, ...]
    item: Item


@functools.cache
def _data() -> Any:
    text = (Path(__file__).parent / "roles.yaml").read_text()
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)


def built_in(role: str, minor: str) -> tuple[Mapping[str, Any], ...] | None:
    """The rules of a ClusterRole that the API server of this minor makes itself; None if it is none of those known."""
    variants = _data()["roles"].get(role, ())
    return next((tuple(variant["rules"]) for variant in variants if minor in variant["minors"]), None)


def grants(view: View) -> tuple[Grant, ...]:
    """The bindings of the tree, then those of the API server for kubeadm's identities."""
    return (*_rendered(view), *_built_in(view))


def identities(view: View) -> tuple[Identity, ...]:
    """Users of client certificates, ServiceAccounts and bootstrap tokens of the tree."""
    found: list[Identity] = []
    for item in view.files:
        if item.certificates and "clientAuth" in item.certificates[0].extended_key_usages and _for_api(view, item):
            certificate = item.certificates[0]
            groups = (*certificate.organizations, "system:authenticated")
            found.append(Identity(certificate.common_name, groups, item))
    for item in view.objects:
        if item.kind == "ServiceAccount":
            name = f"system:serviceaccount:{item.namespace}:{item.name}"
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{item.namespace}", "system:authenticated")
            found.append(Identity(name, groups, item))
        elif item.topic == "cluster/bootstrap-token" and _decoded(item, "usage-bootstrap-authentication") == "true":
            extra = [group for group in _decoded(item, "auth-extra-groups").split(",") if group]
            groups = ("system:bootstrappers", *extra, "system:authenticated")
            found.append(Identity(f"system:bootstrap:{_decoded(item, 'token-id')}", groups, item))
    return tuple(found)


def granted(view: View, identity: Identity) -> tuple[Grant, ...]:
    """What an identity may do, by its name and its groups."""
    names = {("User", identity.user), *(("Group", group) for group in identity.groups)}
    parts = identity.user.split(":")
    if identity.item.kind == "ServiceAccount":
        names.add(("ServiceAccount", "/".join(parts[2:])))
    return tuple(grant for grant in grants(view) if (grant.subject.kind, grant.subject.name) in names)


def _rendered(view: View) -> Iterator[Grant]:
    for item in view.objects:
        if item.kind not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        kind = str(dig(item.data, "roleRef", "kind") or "")
        name = str(dig(item.data, "roleRef", "name") or "")
        role = facts.find(view, kind, name, item.namespace if kind == "Role" else "")
        rules = tuple(facts.entries(role.data.get("rules"))) if role else None
        if rules is None and kind == "ClusterRole":
            rules = built_in(name, view.cluster.minor)
        for subject in facts.entries(item.data.get("subjects")):
            yield Grant(_subject(subject), item, name, role, rules, item.namespace)


def _subject(data: Mapping[str, Any]) -> Subject:
    kind, name = str(data.get("kind", "")), str(data.get("name", ""))
    return Subject(kind, f"{data.get('namespace', '')}/{name}" if kind == "ServiceAccount" else name)


def _built_in(view: View) -> Iterator[Grant]:
    for binding in _data()["bindings"]:
        rules = built_in(binding["role"], view.cluster.minor)
        yield Grant(Subject(binding["kind"], binding["name"]), None, binding["role"], None, rules, "")


def _for_api(view: View, item: Item) -> bool:
    """Whether a client's certificate is for the API server or a kubelet: signed by the CA that these check against."""
    wanted = {api.flags.get("client-ca-file") for api in facts.programs(view) if api.name == "kube-apiserver"}
    ca = facts.issuer(view, item.certificates[0], item.node)
    return item.form == "kubeconfig" or (ca is not None and ca.target in wanted)


def _decoded(item: Item, key: str) -> str:
    try:
        return base64.b64decode(str(dig(item.data, "data", key) or "")).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
