# SPDX-License-Identifier: Apache-2.0
"""RootlessControlPlane against the recorded kubeadm, which ran in earnest: every minor, every case."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

import kgen
from conformance import build, rootless
from conformance.rootless import Case
from helpers import CannedKeys
from kgen.cluster import Host
from kgen.testing import FIXED_TIME
from kgen.tree import Tree

CASES = {case.name: case for case in rootless.CASES}
EVERYWHERE = pytest.mark.parametrize(("minor", "name"), [(minor, name) for minor in build.MINORS for name in CASES])


def render(case: Case, recorded: dict[str, Any], minor: str) -> Tree:
    """kgen's tree for a case; a host with ids of its own is described, any other one left to the defaults."""
    text = case.text(recorded["kubeadm"])
    if not case.external_ca:
        return plan(case, text, recorded, minor)
    first = plan(case, case.text(recorded["kubeadm"], gate=""), recorded, minor)
    files = {file.path.removeprefix("pki/"): file.content for file in first.files if file.path != "pki/ca.key"}
    return plan(case, text, recorded, minor, kgen.Material(files, "given"))


def plan(case: Case, text: str, recorded: dict[str, Any], minor: str, *materials: kgen.Material) -> Tree:
    """The tree of a configuration, without the phases that are not recorded."""
    host = {"users": recorded["users"], "groups": recorded["groups"]} if case.users else {}
    told = json.dumps({"apiVersion": "kgen/v1", "kind": "RenderConfiguration", "host": host})
    cluster = kgen.load(
        [("case.yaml", text.encode()), ("host.yaml", told.encode())],
        flags=kgen.Flags(skip_phases=case.skipped),
        kubeadm=minor,
        read_directory=lambda _: {name: patch.encode() for name, patch in case.patches},
        only=rootless.PHASES,
    )
    return kgen.plan(cluster, kgen.gather(cluster, materials, keys=CannedKeys(), start=FIXED_TIME, random=os.urandom))


def numeric(owner: str, recorded: dict[str, Any]) -> str:
    """`user:group` in the ids of the recorded host."""
    user, group = owner.split(":")
    return f"{({'root': 0} | recorded['users'])[user]}:{({'root': 0} | recorded['groups'])[group]}"


@EVERYWHERE
def test_manifests(minor: str, name: str) -> None:
    """The static pods are those that kubeadm writes, to the byte."""
    recorded = rootless.load(minor)[name]
    tree = render(CASES[name], recorded, minor)
    manifests = {
        file.path.removeprefix("manifests/"): file.content.decode().split("\n")
        for file in tree.files
        if file.path.startswith("manifests/")
    }
    assert manifests == recorded["manifests"]


@EVERYWHERE
def test_owners(minor: str, name: str) -> None:
    """Every file has the owner and the mode that kubeadm leaves it with; only the data directory is no file."""
    recorded = rootless.load(minor)[name]
    case = CASES[name]
    tree = render(case, recorded, minor)
    owners = {file.target: f"{numeric(file.owner, recorded)} {file.mode:04o}" for file in tree.files}
    assert owners == {path: owner for path, owner in recorded["owners"].items() if path != case.data}


@pytest.mark.parametrize("minor", build.MINORS)
def test_ids_of_a_bare_host(minor: str) -> None:
    """The defaults are what kubeadm takes on a bare Debian host."""
    recorded = rootless.load(minor)["bare"]
    assert (recorded["users"], recorded["groups"]) == (Host().users, Host().groups)


@pytest.mark.parametrize("minor", build.MINORS)
def test_recordings_are_of_the_pinned_kubeadm(minor: str) -> None:
    """A new release, or a new case, is recorded anew."""
    recorded = rootless.load(minor)
    assert list(recorded) == list(CASES)
    assert {each["kubeadm"] for each in recorded.values()} == {build.version(minor)}
