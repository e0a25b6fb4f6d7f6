# SPDX-License-Identifier: Apache-2.0
"""RootlessControlPlane: what kgen adds to kubeadm's doing, which tests/conformance/test_rootless.py compares."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

import kgen
from helpers import CannedKeys
from kgen.sinks.directory import write_directory
from kgen.sinks.earlier import read
from kgen.sinks.interface import unchanged
from kgen.testing import FIXED_TIME
from kgen.tree import File, Tree

CONFIGURATION = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration: {name: cp-1}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: 1.37.2
"""
GATE = CONFIGURATION + "featureGates: {RootlessControlPlane: true}\n"
USERS = {"kubeadm-etcd": 301, "kubeadm-kas": 302, "kubeadm-kcm": 303, "kubeadm-ks": 304}
GROUPS = {"kubeadm-etcd": 401, "kubeadm-kas": 402, "kubeadm-kcm": 403, "kubeadm-ks": 404, "kubeadm-sa-key-readers": 405}


def load(text: str, host: Mapping[str, object], skip: Sequence[str] = (), only: Sequence[str] = ()) -> kgen.Cluster:
    told = json.dumps({"apiVersion": "kgen/v1", "kind": "RenderConfiguration", "host": host})
    sources = [("config.yaml", text.encode()), ("host.yaml", told.encode())]
    return kgen.load(sources, flags=kgen.Flags(skip_phases=skip), only=only)


def render(
    text: str = GATE, host: Mapping[str, object] | None = None, skip: Sequence[str] = (), only: Sequence[str] = ()
) -> Tree:
    cluster = load(text, host or {}, skip, only)
    return kgen.plan(cluster, kgen.gather(cluster, keys=CannedKeys(), start=FIXED_TIME, random=os.urandom))


def owners(tree: Tree) -> dict[str, tuple[str, int]]:
    return {file.path: (file.owner, file.mode) for file in tree.files}


def test_without_the_gate() -> None:
    """Everything is root's, whatever ids the host has."""
    tree = render(CONFIGURATION, {"users": USERS, "groups": GROUPS})
    assert {file.owner for file in tree.files} == {"root:root"}
    assert not [file.path for file in tree.files if b"runAsUser" in file.content]


def test_ids_of_the_host() -> None:
    """The pods run with the ids that the host has for the names that own the files."""
    tree = render(host={"users": USERS, "groups": GROUPS})
    pods = [yaml.safe_load(file.content)["spec"] for file in tree.files if file.path.startswith("manifests/")]
    assert [pod["securityContext"]["runAsUser"] for pod in pods] == list(USERS.values())
    assert [pod["securityContext"]["runAsGroup"] for pod in pods] == [401, 402, 403, 404]
    assert [pod["securityContext"].get("supplementalGroups") for pod in pods] == [None, [405], [405], None]


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ({"users": {"kubeadm-etcd": 301}}, ("host", "users")),
        ({"users": {**USERS, "etcd": 305}}, ("host", "users", "etcd")),
        ({"users": {**USERS, "kubeadm-ks": 0}}, ("host", "users", "kubeadm-ks")),
        ({"groups": {**GROUPS, "kubeadm-kas": "402"}}, ("host", "groups", "kubeadm-kas")),
    ],
)
def test_ids_that_cannot_be(host: Mapping[str, object], path: tuple[str, ...]) -> None:
    """All ids are given or none, for kubeadm's names alone, and root is none of them."""
    with pytest.raises(kgen.ConfigurationError) as refused:
        load(GATE, host)
    assert [problem.path for problem in refused.value.problems] == [path]


@pytest.mark.parametrize(
    ("skip", "owner"),
    [
        (["control-plane/apiserver"], ("root:kubeadm-sa-key-readers", 0o640)),
        (["control-plane/controller-manager"], ("root:kubeadm-sa-key-readers", 0o640)),
        (["control-plane"], ("root:root", 0o600)),
    ],
)
def test_skipped_pods(skip: list[str], owner: tuple[str, int]) -> None:
    """A file gets another owner with the pod that reads it: kubeadm does both in one phase."""
    assert owners(render(skip=skip))["pki/sa.key"] == owner


def test_a_part_alone() -> None:
    """Rendering a part says the same about owners as rendering all: the pods come another time."""
    part = owners(render(only=["certs"]))
    assert part == {path: owner for path, owner in owners(render()).items() if path.startswith("pki/")}


def test_keys_stay_private_in_the_tree(tmp_path: Path) -> None:
    """A group may read sa.key on the node, but none in the tree; which is still found to be the same."""
    tree = render()
    write_directory(tree, tmp_path / "out", None)
    assert stat.S_IMODE((tmp_path / "out/pki/sa.key").stat().st_mode) == 0o600
    earlier = read(tmp_path / "out")
    assert earlier is not None
    assert unchanged(tree, earlier)
    files = [artifact for artifact in earlier.artifacts() if isinstance(artifact, File)]
    assert {file.path: (file.owner, file.mode) for file in files} == owners(tree)
