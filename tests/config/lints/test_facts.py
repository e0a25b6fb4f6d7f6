# SPDX-License-Identifier: Apache-2.0
"""The recorded flags and gates, against what kubeadm itself writes: it knows the programs that it starts."""

from __future__ import annotations

import json

import pytest
import yaml

import kgen
from kgen import releases
from kgen.config import lints
from kgen.config.lints import facts, values
from kgen.config.lints.arguments import facts_for
from kgen.config.lints.mounts import own_mounts
from kgen.resources import directory
from phases import plans

COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
EXTERNAL = "etcd: {external: {endpoints: ['https://a:1'], caFile: %s, certFile: /a/c.crt, keyFile: /b/c.key}}\n"
"""An external etcd with its CA at a path"""
FLEX = "controllerManager: {extraArgs: [{name: flex-volume-plugin-dir, value: /opt/flex}]}\n"


def planned(minor: str, cluster: str = "") -> tuple[kgen.Tree, lints.Subject]:
    """A tree, and its configuration as lints see it."""
    version = releases.load(minor).kubeadm
    text = plans.INIT + plans.CLUSTER.replace("v1.37.2", version) + cluster
    return plans.plan(cluster, version=version), lints.of_cluster(kgen.load([("a.yaml", text.encode())]))


@pytest.mark.parametrize("minor", releases.minors())
def test_kubeadms_own_flags(minor: str) -> None:
    """Every flag that kubeadm writes into a static pod is known, and so is the type of its value."""
    tree, looked_at = planned(minor)
    for component in (*COMPONENTS, "etcd"):
        known = facts_for(looked_at, component)
        assert known
        for name, value in plans.flags(tree, component).items():
            assert not values.wanted(known.flags[name].type, value), name


@pytest.mark.parametrize("minor", releases.minors())
def test_the_kubelets_flags(minor: str) -> None:
    """Every flag that kubeadm writes for the kubelet is known."""
    tree, looked_at = planned(minor)
    known = facts_for(looked_at, "kubelet")
    text = tree["kubelet/kubeadm-flags.env"].content.decode().partition("=")[2].strip().strip('"')
    assert known
    assert {flag.removeprefix("--").partition("=")[0] for flag in text.split()} <= known.flags.keys()


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize(
    "cluster",
    [
        "",
        "certificatesDir: /srv/pki\n",
        FLEX,
        *(EXTERNAL % f"{directory}ca.crt" for directory in ("/a/", "/", "/a/b/", "/a-b/", "/c/../a//")),
        *(EXTERNAL % f"{directory}/ca.crt" for directory in ("/etc/kubernetes/pki/etcd", "/etc/pki/ca-trust/etcd")),
        *(EXTERNAL % f"{directory}/ca.crt" for directory in ("/etc/ssl/certs", "/etc/kubernetes/pki-etcd")),
    ],
)
def test_own_mounts(minor: str, cluster: str) -> None:
    """What lints take for mounted is what the manifests mount."""
    tree, looked_at = planned(minor, cluster)
    for component in (*COMPONENTS, *(["etcd"] if "external" not in cluster else [])):
        pod = yaml.safe_load(tree[f"manifests/{component}.yaml"].content)
        mounts = {mount["name"]: mount["mountPath"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}
        assert own_mounts(looked_at, component) == mounts


def test_every_etcd_of_kubeadm() -> None:
    """There are facts for every etcd that a kubeadm starts."""
    tags = [tag for minor in releases.minors() for tag in releases.load(minor).etcd_by_minor.values()]
    assert {facts.etcd_minor(tag) for tag in tags} == set(facts.minors("etcd"))


def test_nothing_recorded() -> None:
    """Of what is not recorded nothing is known, and lints are silent."""
    assert facts.load("kube-apiserver", "1.20") is None
    assert facts.load("etcd", facts.etcd_minor("latest")) is None


def test_removed_and_new_names() -> None:
    """Of the minors that have a name, the first later one or else the last one is told."""
    assert facts.with_flag("kubelet", "pod-infra-container-image") == ("1.34",)
    assert facts.with_flag("kubelet", "config") == releases.minors()
    assert not facts.with_flag("kubelet", "no-such-flag")
    assert not facts.with_gate("kubelet", "NoSuchGate")
    assert facts.having("kubelet", ("1.34",), "1.35") == "kubelet 1.34 was the last to have it"
    assert facts.having("etcd", ("3.6", "3.7"), "3.5") == "etcd 3.6 has it"
    assert facts.having("kubelet", (), "1.35") == ""


def test_no_help_texts() -> None:
    """The files hold facts alone: no sentence of another project."""
    for file in (directory("schema") / "flags").glob("*/*.json"):
        data = json.loads(file.read_text())
        assert data.keys() <= {"component", "version", "flags", "featureGates", "admissionPlugins", "controllers"}
        for flag in data["flags"].values():
            assert flag.keys() <= {"type", "default", "section", "deprecated", "hidden"}
        for gate in data.get("featureGates", {}).values():
            assert gate.keys() <= {"default", "stage", "locked"}


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("bool", ["true", "F", "1"], ["", "yes", "TrUe"]),
        ("int32", ["0", "-1", "0x10", "017", "0", "2147483647", "-2147483648", "1_000"], ["", "1.5", "2147483648"]),
        ("int64", ["0b11", "0o_7", "0_7", "+5"], ["1__0", "_1", "1_", "08", "0x", " 1"]),
        ("uint", ["0", "18446744073709551615"], ["-1", "+1", "18446744073709551616"]),
        ("float32", ["1", ".5", "1e3", "Inf", "1_000", "0x1p-2"], ["", "a", ".", "1e", "0x1", "1__0"]),
        ("duration", ["0", "1h30m", "-1s"], ["", "60", "1d"]),
        ("ip", ["", "::1", "192.0.2.1"], ["localhost", "192.0.2.0/24"]),
        ("mapStringBool", ["", "A=true,B=f", ",A= 0 "], ["A", "A=", "A=yes", "A=TrUe", "A=true,B"]),
        ("mapStringString", ["", "a=b,c=", "a", "memory.available<100Mi"], []),
        ("quantity", ["1Gi", "0"], ["much", " 1"]),
        ("string", ["", "anything"], []),
        ("Level", ["0", "10"], ["", "high", "1.5"]),
        ("portRange", ["", "30000-32767", "30000", "30000+100"], ["30000:32767", "5-4", "1-65536", "-5", "1-2-3"]),
        ("ciphers", ["", "TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA"], ["ECDHE-RSA-AES128", "TLS_A,"]),
        ("tlsVersion", ["", "VersionTLS13"], ["TLS1.3", "1.2"]),
        ("a type of tomorrow", ["anything"], []),
    ],
)
def test_values(kind: str, right: list[str], wrong: list[str]) -> None:
    """A value fits exactly when Go's parser for the flag's type takes it."""
    assert not [text for text in right if values.wanted(kind, text)]
    assert [text for text in wrong if not values.wanted(kind, text)] == []
