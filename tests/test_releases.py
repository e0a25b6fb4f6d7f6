# SPDX-License-Identifier: Apache-2.0
"""What differs between minors is data: no code asks which minor it is, and the data say what kubeadm does."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import kgen
from conformance import build
from conformance.recordings import Recording
from conformance.recordings import load as recordings
from helpers import read_yaml
from kgen import releases
from kgen.errors import BugError
from kgen.releases import BEHAVIOURS, EtcdFlags, Release

PACKAGE = Path(kgen.__file__).parent
MINORS = releases.minors()
recorded = cache(recordings)

ALLOWED = {
    "(int(match[1]), int(match[2]), int(match[3]), not match[4]) < (1, minor, 0, True)": (
        "a pre-release comes before its minor, whichever that is"
    ),
    "'1.36'": "the last kubeadm that read v1beta3, for the message that refuses it",
}
"""Code that looks like asking for a minor, and why it may."""

_VERSION = re.compile(r"v?1\.[3-9]\d(\.\d+)?")
_NAMES = {"minor", "minor_number", "MINOR", "Minor"}


def _questions(tree: ast.AST) -> Iterator[str]:
    """Expressions that compare with a minor, or name one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VERSION.fullmatch(node.value):
            yield ast.unparse(node)
        elif isinstance(node, ast.Compare):
            numbers = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and type(n.value) is int]
            names = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            member = all(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
            if any(30 <= number < 50 for number in numbers) or (names & _NAMES and not member):
                yield ast.unparse(node)
        elif isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant):
            if type(node.value.value) is int and 30 <= node.value.value < 50:
                yield ast.unparse(node)
        elif isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            yield from (str(key) for key in keys if type(key) is int and 30 <= key < 50)


def _code() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name != "releases":
            yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text())


def test_no_code_asks_for_the_minor() -> None:
    """No version and no comparison with a minor outside of releases/."""
    found = {question: name for name, tree in _code() for question in _questions(tree)}
    assert {question: name for question, name in found.items() if question not in ALLOWED} == {}
    assert found.keys() == ALLOWED.keys(), "an exception that nothing needs any more"


@pytest.mark.parametrize(
    "code",
    [
        "release.minor == x",
        "if minor >= 36: pass",
        "version.minor_number < 37",
        "x == '1.36'",
        "release.kubeadm.startswith('v1.37')",
        "x = {36: 1}",
        "x in ('1.34', '1.35')",
        "match x:\n    case 36: pass",
        "match x:\n    case '1.36': pass",
        "y[1] > 35",
    ],
)
def test_questions_are_seen(code: str) -> None:
    """The test above would see what it looks for."""
    assert list(_questions(ast.parse(code)))


def test_behaviours() -> None:
    """Each behaviour is asked for in the code, tells some minors from others, and is known."""
    asked = {
        node.args[0].value
        for _, tree in _code()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "has"
        and isinstance(node.args[0], ast.Constant)
    }
    assert asked == BEHAVIOURS.keys()
    shown = [releases.load(minor).behaviours for minor in MINORS]
    assert frozenset().union(*shown) == BEHAVIOURS.keys()
    assert frozenset.intersection(*shown) == frozenset()
    with pytest.raises(KeyError):
        releases.load(MINORS[0]).has("fly")


def test_behaviours_are_explained() -> None:
    """Each has a clause that says what it means."""
    assert [name for name, text in BEHAVIOURS.items() if len(text) < 20 or text.endswith(".")] == []


def test_every_minor() -> None:
    """A release, its schemas and its recordings belong together."""
    assert tuple(build.MINORS) == MINORS
    for minor in MINORS:
        assert releases.load(minor).kubeadm == build.version(minor)
    with pytest.raises(KeyError):
        releases.load("1.1")


def _first(minor: str, name: str) -> Recording:
    return recorded(minor)[name]


def _yaml(recording: Recording, target: str) -> Any:
    return read_yaml(recording[target].text)


def _object(recording: Recording, kind: str, name: str) -> Any:
    found = next(each for each in recording.objects if (each.kind, each.name) == (kind, name))
    return read_yaml(found.text)


def _image(pod: Any) -> str:
    image: str = pod["spec"]["containers"][0]["image"]
    return image


@pytest.fixture(params=MINORS)
def release(request: pytest.FixtureRequest) -> Release:
    """Each minor's facts"""
    return releases.load(request.param)


def test_images(release: Release) -> None:
    """The images are those in the recorded manifests and addons."""
    recording = _first(release.minor, "init/01-minimal")
    api_server = _yaml(recording, "/etc/kubernetes/manifests/kube-apiserver.yaml")
    assert _image(api_server) == f"registry.k8s.io/kube-apiserver:{release.kubeadm}"
    etcd = release.etcd_version(int(release.minor.partition(".")[2]))
    assert _image(_yaml(recording, "/etc/kubernetes/manifests/etcd.yaml")) == f"registry.k8s.io/etcd:{etcd}"
    coredns = _object(recording, "Deployment", "coredns")["spec"]["template"]
    assert _image(coredns) == f"registry.k8s.io/coredns/coredns:{release.coredns}"
    proxy = _object(recording, "DaemonSet", "kube-proxy")["spec"]["template"]
    assert _image(proxy) == f"registry.k8s.io/kube-proxy:{release.kubeadm}"


def test_pause(release: Release) -> None:
    """Where the kubelet is told the pause image, it is that of the release."""
    flags = _first(release.minor, "init/01-minimal")["/var/lib/kubelet/kubeadm-flags.env"].text
    told = re.findall(r"--pod-infra-container-image=registry\.k8s\.io/pause:(\S+?)[\" ]", flags)
    assert told == ([release.pause] if release.has("pod-infra-container-image-flag") else [])


def test_etcd_flags(release: Release) -> None:
    """etcd's flags that depend on its version are the recorded ones."""
    recording = _first(release.minor, "init/01-minimal")
    pod = _yaml(recording, "/etc/kubernetes/manifests/etcd.yaml")
    command = pod["spec"]["containers"][0]["command"]
    flags = release.etcd_version_flags(_image(pod).rpartition(":")[2])
    assert {f"--{name}={value}" for name, value in flags.items()} <= set(command)


def test_kube_proxy_mode(release: Release) -> None:
    """The mode that kubeadm writes into kube-proxy's configuration."""
    config_map = _object(_first(release.minor, "init/01-minimal"), "ConfigMap", "kube-proxy")
    assert read_yaml(config_map["data"]["config.conf"])["mode"] == release.kube_proxy_mode


def test_api_server_kubelet_client(release: Release) -> None:
    """Either the certificate is a cluster administrator's, or there is a binding for it; never both."""
    recording = _first(release.minor, "init/01-minimal")
    text = json.dumps([each.text for each in recording.files if each.target.endswith("apiserver-kubelet-client.crt")])
    assert ("kubeadm:cluster-admins" in text) is release.has("apiserver-kubelet-client-is-cluster-admin")
    names = {each.name for each in recording.objects}
    assert ("kubeadm:apiserver-kubelet-client" in names) is release.has("apiserver-kubelet-client-binding")
    assert release.has("apiserver-kubelet-client-binding") is not release.has(
        "apiserver-kubelet-client-is-cluster-admin"
    )


def test_etcd_version_of_other_minors(release: Release) -> None:
    """A Kubernetes minor outside of the table gets the nearest known etcd."""
    table = release.etcd_by_minor
    assert release.etcd_version(min(table) - 5) == table[min(table)]
    assert release.etcd_version(max(table) + 5) == table[max(table)]


@pytest.mark.parametrize(
    ("tag", "flags"),
    [
        ("3.6.0", {"new": "1"}),
        ("3.6.5-0", {"new": "1"}),
        ("v3.10.1-0", {"new": "1"}),
        ("3.6.0-0", {"old": "1"}),
        ("3.5.24-0", {"old": "1"}),
        ("latest", {"old": "1"}),
    ],
)
def test_etcd_version_decides(tag: str, flags: dict[str, str]) -> None:
    """The first entry whose version is reached counts, read as a semantic version, to which 3.6.0-0 is a pre-release.

    A tag that is no version gets the form that holds for all.
    """
    release = _with_etcd_flags(EtcdFlags("3.6.0", {"new": "1"}), EtcdFlags("", {"old": "1"}))
    assert release.etcd_version_flags(tag) == flags


def _with_etcd_flags(*entries: EtcdFlags) -> Release:
    return replace(releases.load(MINORS[0]), etcd_flags=entries)


def test_no_etcd_flags_for_a_version() -> None:
    """A table without a last resort is kgen's own fault."""
    with pytest.raises(BugError):
        _with_etcd_flags(EtcdFlags("9.9.9", {})).etcd_version_flags("3.6.0")


def test_gates(release: Release) -> None:
    """A gate is what the user says, else its default; one that this kubeadm lacks is off."""
    assert release.gate("RootlessControlPlane", {}) is False
    assert release.gate("RootlessControlPlane", {"RootlessControlPlane": True}) is True
    assert release.gate("NoSuchGate", {"NoSuchGate": True}) is False
