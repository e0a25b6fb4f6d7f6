# SPDX-License-Identifier: Apache-2.0
"""Where secrets are; never the secrets."""

from __future__ import annotations

import pytest

from explain.seen import EXAMPLES, edited, example, see, seen
from kgen import releases
from kgen.explain.page import artifact_page
from kgen.explain.secret_places import page
from kgen.explain.view import View
from phases.plans import plan


def line(view: View, path: str) -> str:
    """What the page says of an artifact."""
    return next(each for each in page(view).body.splitlines() if f"{artifact_page(path)})" in each)


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_secret(name: str, minor: str) -> None:
    """Whatever the index calls sensitive is on the page, and everything about it is said."""
    view = example(name, minor)
    for path, item in view.items.items():
        if item.entry.sensitive:
            assert "This tree does not say" not in line(view, path), path


def test_what_bearers_may_do() -> None:
    """By the rights of the identity, or by what the key signs."""
    view = seen(upload=True)
    assert "Sign any identity" in line(view, "pki/ca.key")
    assert "cluster-admin" in line(view, "admin.conf")
    assert "whatever RBAC says" in line(view, "super-admin.conf")
    assert "Node authorizer" in line(view, "kubelet.conf")
    assert "system:kubelet-api-admin" in line(view, "pki/apiserver-kubelet-client.key")
    assert "have every CA key" in line(view, "cluster/kubeadm-certs.yaml")


def test_who_reads() -> None:
    """The programs whose flags name the file."""
    assert "`kube-controller-manager`" in line(seen(), "pki/ca.key")
    assert "`kubelet`" in line(seen(), "kubelet.conf")


def test_values_in_other_places() -> None:
    """A secret in an environment variable is told of, and not shown."""
    tree = plan("apiServer: {extraEnvs: [{name: PASSWORD, value: correct-horse-battery}]}\n")
    body = page(see(tree)).body
    assert "## Others" in body and "- [`manifests/kube-apiserver.yaml`]" in body
    assert "correct-horse" not in body


def test_secrets_are_never_shown() -> None:
    """None of the values that were taken out is on the page."""
    view = seen(upload=True)
    assert view.secrets
    assert not [secret for secret in view.secrets if secret in page(view).body]


def test_etcd_holds_secrets() -> None:
    """Where Secrets are in plain text, and where the tree cannot know."""
    assert "in plain text" in page(seen()).body
    assert "/var/lib/etcd" not in page(example("external-etcd")).body
    assert "/etc/kubernetes/encryption/config.yaml" in page(example("hardened")).body


def test_certificate_without_a_file() -> None:
    """A kubeconfig whose client certificate cannot be read gives nobody's rights."""
    view = edited("scheduler.conf", "client-certificate-data: ", "client-certificate-data: x")
    assert "This tree does not say" in line(view, "scheduler.conf")


def test_nothing() -> None:
    """A tree without secrets."""
    assert "There are none in this tree" in page(seen(without=list(seen().items))).body
