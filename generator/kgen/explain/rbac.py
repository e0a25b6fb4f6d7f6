# SPDX-License-Identifier: Apache-2.0
"""Who may do what where: the bindings of the tree, and those that every API server makes itself. Pure.

The latter are data, roles.yaml, which tools/roles/record.py makes from the source of each minor.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kgen.explain import facts
from kgen.explain.diagram import Box, Column, Diagram, svg
from kgen.explain.markdown import Md, code, sentence, table, text
from kgen.explain.page import Page, artifact_page
from kgen.explain.view import Item, View

PATH = "maps/rbac.md"
_DEFAULT_NODE_AUTHORIZER = "Node"


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
    rules = None
    for variant in _data()["roles"].get(role, ()):
        if _number(variant["since"]) <= _number(minor):
            rules = tuple(variant["rules"])
    return rules


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


def page(view: View) -> Page:
    """The page of the map."""
    found = grants(view)
    parts = [
        "# RBAC\n",
        sentence(
            "A binding gives a role to a user, a group or a ServiceAccount, in one namespace or everywhere. Rights "
            "only add up; nothing can take one away."
        ),
        "\n",
        svg(_diagram(found), PATH),
        "## Who may do what where\n",
        table(
            ("Subject", "May", "Where", "By"),
            (
                (
                    Md(f"{text(grant.subject.kind)}<br>{code(grant.subject.name)}"),
                    _rules(grant),
                    Md(f"in {code(grant.namespace)}") if grant.namespace else "everywhere",
                    _by(grant),
                )
                for grant in found
            ),
        ),
        *_identities(view),
        *_beside(view),
    ]
    return Page(PATH, "RBAC", "\n".join(filter(None, parts)) + "\n")


def _number(minor: str) -> int:
    return int(minor.split(".")[1])


def _rendered(view: View) -> Iterator[Grant]:
    for item in view.objects:
        if item.kind not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        kind = str(facts.dig(item.data, "roleRef", "kind") or "")
        name = str(facts.dig(item.data, "roleRef", "name") or "")
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
        return base64.b64decode(str(facts.dig(item.data, "data", key) or "")).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _rules(grant: Grant) -> Md:
    if grant.rules is None:
        return text("what the role says, which is not in this tree")
    return Md("<br>".join(rule(each) for each in grant.rules)) or text("nothing")


def rule(data: Mapping[str, Any]) -> Md:
    """A rule in a line: verbs, then what they are for."""
    verbs = ", ".join(_words(data.get("verbs")))
    if data.get("nonResourceURLs"):
        return Md(f"{text(_everything(verbs))}: {_codes(data['nonResourceURLs'], 'every path')}")
    groups = [group for group in _words(data.get("apiGroups")) if group not in ("", "*")]
    names = _words(data.get("resourceNames"))
    parts = [f"{text(_everything(verbs))}: {_codes(data.get('resources'), 'every resource')}"]
    if names:
        parts.append(f"named {_codes(names)}")
    if groups:
        parts.append(f"({text(', '.join(groups))})")
    return Md(" ".join(parts))


def _everything(verbs: str) -> str:
    return "everything" if verbs == "*" else verbs


def _codes(values: Any, every: str = "every name") -> Md:
    return Md(", ".join(text(every) if value == "*" else code(value) for value in _words(values)))


def _words(values: Any) -> list[str]:
    return [str(value) for value in values] if isinstance(values, Sequence) and not isinstance(values, str) else []


def _by(grant: Grant) -> Md:
    role = facts.to(PATH, grant.role_item, grant.role) if grant.role_item else code(grant.role)
    binding = facts.to(PATH, grant.binding, grant.binding.name) if grant.binding else text("the API server itself")
    return Md(f"{role}<br>bound by {binding}")


def _diagram(found: Iterable[Grant]) -> Diagram:
    subjects, roles, arrows = [], [], []
    rendered = [grant for grant in found if grant.binding]
    order = [grant.subject for grant in rendered]
    for grant in sorted(rendered, key=lambda grant: order.index(grant.subject)):
        who = f"subject {grant.subject.kind} {grant.subject.name}"
        what = f"role {grant.namespace} {grant.role}"
        subjects.append(Box(who, (grant.subject.name, grant.subject.kind), weight="strong"))
        place = f"in {grant.namespace}" if grant.namespace else "everywhere"
        item = grant.role_item or grant.binding
        note = () if grant.role_item else ("built in",)
        roles.append(Box(what, (grant.role, place, *note), artifact_page(item.path) if item else ""))
        arrows.append((who, what))
    return Diagram(
        name="rbac",
        title="Who has which role",
        description="An arrow from each subject to each role that a binding of this tree gives it. The table below "
        "says what the roles allow.",
        columns=(Column("Subject", tuple(subjects)), Column("Role", tuple(roles))),
        arrows=tuple(arrows),
    )


def _identities(view: View) -> Iterator[str]:
    found = identities(view)
    if not found:
        return
    yield "## Who the credentials of this tree are\n"
    yield sentence("The CN of a client certificate is the user, each O is a group; a token says it by its kind.") + "\n"
    yield table(
        ("Credential", "User", "Groups", "Roles"),
        (
            (
                facts.to(PATH, each.item),
                code(each.user),
                Md("<br>".join(code(group) for group in each.groups)),
                Md("<br>".join(_role(grant) for grant in granted(view, each))),
            )
            for each in found
        ),
    )


def _role(grant: Grant) -> Md:
    return Md(f"{code(grant.role)} in {code(grant.namespace)}" if grant.namespace else code(grant.role))


def _beside(view: View) -> Iterator[str]:
    notes = []
    for api in facts.programs(view):
        modes = api.flags.get("authorization-mode", "").split(",") if api.name == "kube-apiserver" else []
        if _DEFAULT_NODE_AUTHORIZER in modes:
            notes.append(
                "Kubelets (group `system:nodes`, user `system:node:<name>`) have their rights from the Node "
                "authorizer, not from RBAC: each may read what the pods on its own node need, and write its own node "
                "and pods."
            )
        if modes and modes != [""] and "RBAC" not in modes:
            notes.append(f"`--authorization-mode` of `{api.name}` has no `RBAC`: no binding counts.")
        if api.flags.get("authorization-config"):
            notes.append("`--authorization-config` names a file that is not in this tree; it decides who authorizes.")
        if api.flags.get("anonymous-auth") == "false":
            notes.append("`--anonymous-auth=false`: `system:anonymous` and `system:unauthenticated` are nobody.")
        if api.flags.get("oidc-issuer-url"):
            notes.append("`--oidc-issuer-url`: users and groups also come from an identity provider.")
    if any(each.flags.get("use-service-account-credentials") == "true" for each in facts.programs(view)):
        notes.append(
            "`--use-service-account-credentials`: each controller has a ServiceAccount of its own in `kube-system`, "
            "with a built-in role `system:controller:…`; `kube-controller-manager` itself may make tokens for them."
        )
    if notes:
        yield "## Beside RBAC\n"
        yield "\n".join(f"- {sentence(note)}" for note in dict.fromkeys(notes)) + "\n"
    yield "## Ask the cluster\n"
    yield "```sh\nkubectl auth can-i --list --as=system:kube-scheduler\nkubectl auth whoami\n```\n"
