# SPDX-License-Identifier: Apache-2.0
"""Who may do what where. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kgen.explain import facts
from kgen.explain.diagram import Box, Column, Diagram, svg
from kgen.explain.grants import Grant, granted, grants, identities
from kgen.explain.markdown import Md, code, sentence, table, text
from kgen.explain.page import Page, artifact_page
from kgen.explain.view import View

PATH = "maps/rbac.md"


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
        if "Node" in modes:
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
