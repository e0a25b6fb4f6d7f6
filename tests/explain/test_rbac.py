# SPDX-License-Identifier: Apache-2.0
"""Who may do what where."""

from __future__ import annotations

import pytest

from explain.seen import EXAMPLES, edited, example, see, seen
from kgen import releases
from kgen.explain.grants import Identity, built_in, granted, grants, identities
from kgen.explain.rbac import page, rule
from kgen.explain.view import View
from phases.plans import plan


def identity(view: View, path: str) -> Identity:
    """Who a credential makes its bearer."""
    return next(each for each in identities(view) if each.item.path == path)


def roles(view: View, path: str) -> set[str]:
    """The roles that a credential gives, beside those of everybody."""
    found = granted(view, identity(view, path))
    return {grant.role for grant in found if grant.subject.name != "system:authenticated"}


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_role_is_known(name: str, minor: str) -> None:
    """What kubeadm binds is either in the tree or a role of the API server whose rules are known."""
    unknown = [grant.role for grant in grants(example(name, minor)) if not grant.rules]
    assert not unknown


def test_bearers() -> None:
    """What each credential of the tree may do."""
    view = seen()
    assert roles(view, "admin.conf") == {"cluster-admin"}
    assert roles(view, "super-admin.conf") == {"cluster-admin"}
    assert roles(view, "scheduler.conf") == {"system:kube-scheduler", "system:volume-scheduler"}
    assert roles(view, "pki/apiserver-kubelet-client.crt") == {"system:kubelet-api-admin"}
    assert roles(view, "addons/kube-proxy/serviceaccount.yaml") == {"system:node-proxier"}


def test_minor_decides() -> None:
    """Older kubeadms put the API server's kubelet client among the administrators; the page says what each does."""
    old = next(m for m in releases.minors() if releases.load(m).has("apiserver-kubelet-client-is-cluster-admin"))
    assert roles(example("minimal", old), "pki/apiserver-kubelet-client.crt") == {"cluster-admin"}
    assert roles(example("minimal", "1.37"), "pki/apiserver-kubelet-client.crt") == {"system:kubelet-api-admin"}
    assert built_in("system:kube-scheduler", "1.34") != built_in("system:kube-scheduler", "1.37")


def test_tokens() -> None:
    """A bootstrap token's groups are those in its Secret; a token for signing only is nobody."""
    view = seen(init="bootstrapTokens: [{token: abcdef.0123456789abcdef, groups: ['system:bootstrappers:mine']}]\n")
    (token,) = (each for each in identities(view) if each.user.startswith("system:bootstrap:"))
    assert token.user == "system:bootstrap:abcdef"
    assert "system:bootstrappers:mine" in token.groups
    tree = plan(init="bootstrapTokens: [{token: abcdef.0123456789abcdef}]\n")
    path = "cluster/bootstrap-token-abcdef.yaml"
    signing = tree[path].content.replace(b"  usage-bootstrap-authentication: dHJ1ZQ==\n", b"")
    view = see(tree, edits={path: signing})
    assert not [each for each in identities(view) if each.user.startswith("system:bootstrap:")]


def test_certificates_of_other_cas() -> None:
    """A client of etcd or of an extension API server is nobody to the API server."""
    paths = {each.item.path for each in identities(seen())}
    assert "pki/etcd/healthcheck-client.crt" not in paths and "pki/front-proxy-client.crt" not in paths


def test_unknown_role() -> None:
    """A role that is neither in the tree nor known is not made up."""
    view = edited("rbac/clusterrolebinding-kubeadm-cluster-admins.yaml", "name: cluster-admin\n", "name: mine\n")
    assert "what the role says, which is not in this tree" in page(view).body


def test_rules_in_words() -> None:
    """Verbs, resources, names and groups of a rule."""
    assert rule({"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"]}) == (
        "get: `configmaps` named `a`"
    )
    assert rule({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}) == "everything: every resource"
    assert rule({"verbs": ["get"], "nonResourceURLs": ["/livez"]}) == "get: `/livez`"
    assert "apps" in rule({"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]})


def test_authorizers() -> None:
    """What authorizes beside RBAC is said only where the flags say so."""
    assert "Node authorizer" in page(seen()).body
    view = seen("apiServer: {extraArgs: [{name: authorization-mode, value: AlwaysAllow}]}\n")
    assert "Node authorizer" not in page(view).body and "no binding counts" in page(view).body
