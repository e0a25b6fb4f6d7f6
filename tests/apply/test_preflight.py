# SPDX-License-Identifier: Apache-2.0
"""What stops before anything is written, by kubeadm's ids where kubeadm has one."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apply.trees import facts, render
from kgen_apply import layout
from kgen_apply.facts import Directory, Found
from kgen_apply.layout import Layout
from kgen_apply.preflight import check
from kgen_apply.tree import Tree, load

Fixture = tuple[Tree, Layout]


@pytest.fixture(scope="module")
def given(rendered: Path) -> Fixture:
    """A tree and the layout of its node."""
    tree = load(rendered)
    return tree, layout.of(tree, tree.nodes[0])


def _found(given: Fixture, ignored: tuple[str, ...] = (), **changes: Any) -> dict[str, str]:
    return {finding.id: finding.level for finding in check(*given, facts(given[1], **changes), ignored)}


@pytest.mark.parametrize("installed", [False, True])
def test_fit_host_has_no_findings(installed: bool, given: Fixture) -> None:
    """Neither a new one, nor one that has this cluster's files and listens on its ports."""
    ports = frozenset({6443, 2379, 10250}) if installed else frozenset({22})
    assert _found(given, installed=installed, listening=ports, data_full=installed) == {}


@pytest.mark.parametrize(
    ("changes", "finding", "level"),
    [
        ({"uid": 1000}, "IsPrivilegedUser", "error"),
        ({"commands": frozenset({"mount"})}, "FileExisting-sha256sum", "error"),
        ({"cpus": 1}, "NumCPU", "error"),
        ({"memory_kib": 1 << 20}, "Mem", "error"),
        ({"swap": True}, "Swap", "warning"),
        ({"swap": True, "cgroup_v2": False}, "Swap", "error"),
        ({"cgroup_v2": False}, "SystemVerification", "error"),
        ({"cgroup_v2": False, "kubelet": "v1.34.9"}, "SystemVerification", "warning"),
        ({"addresses": frozenset({"192.0.2.11"})}, "HostAddress", "error"),
        ({"hostname": "cp-2"}, "Hostname", "error"),
        ({"resolves": False}, "Hostname", "warning"),
        ({"clock_offset": 600.0}, "Clock", "error"),
        ({"kubelet": ""}, "KubeletVersion", "error"),
        ({"kubelet": "v1.38.0"}, "KubeletVersion", "error"),
        ({"kubelet": "v1.33.9"}, "KubeletVersion", "error"),
        ({"socket": False}, "CRI", "error"),
        ({"systemd": False}, "Service-kubelet", "warning"),
        ({"listening": frozenset({6443})}, "Port-6443", "error"),
        ({"listening": frozenset({10250})}, "Port-10250", "error"),
        ({"firewalld": True}, "Firewalld", "warning"),
        ({"sysctls": {"net/ipv4/ip_forward": "0"}}, "FileContent--proc-sys-net-ipv4-ip_forward", "error"),
        ({"data_full": True}, "DirAvailable--var-lib-etcd", "error"),
    ],
)
def test_unfit_hosts(changes: Mapping[str, Any], finding: str, level: str, given: Fixture) -> None:
    """Each by its id."""
    assert _found(given, **changes)[finding] == level


def test_kubelets_within_the_skew_are_fine(given: Fixture) -> None:
    """Three minors older, and not newer: kubeadm's rule."""
    assert "KubeletVersion" not in _found(given, kubelet="v1.34.0")


@pytest.mark.parametrize("days", [-365, 366])
def test_clock_off_by_a_year(days: int, given: Fixture) -> None:
    """By a clock that is a year behind nothing is valid yet; a year ahead it has expired."""
    now = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days)).timestamp()
    (finding,) = check(*given, facts(given[1], now=now, clock_offset=days * 86400.0))
    assert (finding.id, finding.level) == ("Clock", "error")
    assert "is not valid for another 36" in finding.text if days < 0 else "expired 1.0 days ago" in finding.text


def test_other_cluster_stops(given: Fixture) -> None:
    """Another CA in place: refused, and `all` does not pass over it; its own name does."""
    files = dict(facts(given[1]).files)
    files["/etc/kubernetes/pki/ca.crt"] = Found("file", 0o644, "root:root", "0" * 64)
    assert _found(given, files=files) == {"OtherCluster": "error"}
    assert _found(given, ("all",), files=files) == {"OtherCluster": "error"}
    assert _found(given, ("othercluster",), files=files) == {"OtherCluster": "warning"}


def test_manifests_without_the_ca_stop(given: Fixture) -> None:
    """Something else runs there as a static pod."""
    files = dict(facts(given[1]).files)
    files["/etc/kubernetes/manifests/etcd.yaml"] = Found("file", 0o600, "root:root", "0" * 64)
    assert _found(given, files=files)["FileAvailable--etc-kubernetes-manifests-etcd.yaml"] == "error"


def test_places_that_are_something_else_stop(given: Fixture) -> None:
    """A directory where a file should go, a file where a directory should be."""
    files = dict(facts(given[1]).files)
    files["/etc/kubernetes/admin.conf"] = Found("other")
    there = facts(given[1]).directories
    found = _found(given, files=files, directories={**there, "/var/lib/kubelet": Directory("other", 1 << 30, "1")})
    assert found["FileAvailable--etc-kubernetes-admin.conf"] == "error"
    assert found["DirAvailable--var-lib-kubelet"] == "error"


def test_full_disks_stop(given: Fixture) -> None:
    """Each file system has to hold what goes there, twice, and some more."""
    there = {path: replace(one, free_kib=10 * 1024) for path, one in facts(given[1]).directories.items()}
    assert _found(given, directories=there) == {"DiskSpace": "error"}


def test_users_of_a_rootless_control_plane(tmp_path: Path) -> None:
    """They have to exist, with the numbers that the static pods run as; what is missing is named with its number."""
    numbers = "kubeadm-etcd: 901, kubeadm-kas: 902, kubeadm-kcm: 903, kubeadm-ks: 904"
    host = f"host:\n  users: {{{numbers}}}\n  groups: {{{numbers}, kubeadm-sa-key-readers: 905}}"
    render_configuration = f"apiVersion: kgen/v1\nkind: RenderConfiguration\n{host}"
    cluster = f"featureGates: {{RootlessControlPlane: true}}\n---\n{render_configuration}"
    tree = load(render(tmp_path / "tree", cluster=cluster))
    there = layout.of(tree, tree.nodes[0])
    fit = facts(there)
    assert there.etcd_owner == "901:901"
    assert fit.owners["group:kubeadm-sa-key-readers"] == "905"
    assert check(tree, there, fit) == []
    owners = {**fit.owners, "user:kubeadm-etcd": "", "group:kubeadm-ks": "77"}
    assert {finding.text for finding in check(tree, there, facts(there, owners=owners))} == {
        "the user kubeadm-etcd, who is to own files, does not exist; add it with the number 901",
        "the group kubeadm-ks has the number 77; the static pods know it as 904",
    }


def test_errors_can_be_ignored_by_id(given: Fixture) -> None:
    """In any capitals, or all of them, as in kubeadm."""
    assert _found(given, ("numcpu",), cpus=1, uid=1) == {"NumCPU": "warning", "IsPrivilegedUser": "error"}
    assert _found(given, ("all",), cpus=1, uid=1) == {"NumCPU": "warning", "IsPrivilegedUser": "warning"}
