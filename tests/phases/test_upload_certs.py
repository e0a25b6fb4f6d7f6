# SPDX-License-Identifier: Apache-2.0
"""upload-certs: the Secret kubeadm-certs."""

from __future__ import annotations

from kgen.tree import Sensitivity
from phases.plans import document, objects, plan, secret

EXTERNAL = (
    "etcd: {external: {endpoints: ['https://a:2379'], caFile: /e/ca.crt, certFile: /e/c.crt, keyFile: /e/c.key}}\n"
)


def test_not_asked_for() -> None:
    """Without --upload-certs there is nothing."""
    assert objects(plan(), "upload-certs") == []


def test_objects() -> None:
    """A token that only lives, the Secret that dies with it, and who may read that."""
    tree = plan(upload=True)
    token, certificates, role, binding = objects(tree, "upload-certs")
    assert [each.kind for each in (token, certificates, role, binding)] == ["Secret", "Secret", "Role", "RoleBinding"]
    assert {token.sensitivity, certificates.sensitivity} == {Sensitivity.CREDENTIAL}
    assert secret(tree, token.path).keys() == {"token-id", "token-secret", "description", "expiration"}
    owner = document(tree, certificates.path)["metadata"]["ownerReferences"][0]
    assert owner["name"] == token.name


def test_files_that_are_not_at_hand() -> None:
    """A file of an external etcd that kgen does not have is null, as where kubeadm does not find it."""
    tree = plan(EXTERNAL, upload=True, host_files={"/e/ca.crt": b"ca"})
    data = document(tree, "cluster/kubeadm-certs.yaml")["data"]
    assert data["external-etcd.key"] is None
    assert data["external-etcd-ca.crt"]
    assert "etcd-ca.key" not in data
