# SPDX-License-Identifier: Apache-2.0
"""Where the values of the effective configuration come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import pytest

import kgen
from kgen.cluster import Cluster
from kgen.config import convert, effective
from kgen.config.flags import Flags
from kgen.config.origins import NOT_SET, Origin, Place, by_name, find, origins, walk
from kgen.errors import Mark, Path

INIT, CLUSTER = "InitConfiguration", "ClusterConfiguration"
KUBELET, PROXY, RENDER = "KubeletConfiguration", "KubeProxyConfiguration", "RenderConfiguration"
API_VERSIONS = {
    INIT: "kubeadm.k8s.io/v1beta4",
    CLUSTER: "kubeadm.k8s.io/v1beta4",
    KUBELET: "kubelet.config.k8s.io/v1beta1",
    PROXY: "kubeproxy.config.k8s.io/v1alpha1",
    RENDER: "kgen/v1",
}
NODE = "localAPIEndpoint: {advertiseAddress: 192.0.2.10}\nnodeRegistration: {name: cp-1}\n"
VERSION = "kubernetesVersion: v1.37.2\n"
CORPUS = File(__file__).parents[1] / "corpus"
FILES = sorted((CORPUS / "init").glob("*.yaml"))


def load(minor: str = "1.37", flags: Flags | None = None, **documents: str) -> Cluster:
    """A cluster of documents in a file each, named by its kind; a document begins on line 3 of its file."""
    given = {INIT: NODE, CLUSTER: VERSION, **documents} if documents or not flags else {}
    sources = [
        (kind, f"apiVersion: {API_VERSIONS[kind]}\nkind: {kind}\n{text}".encode()) for kind, text in given.items()
    ]
    return kgen.load(sources, flags=flags, kubeadm=minor)


def origin(kind: str, *path: str | int, minor: str = "1.37", flags: Flags | None = None, **documents: str) -> Origin:
    """The origin of one value."""
    return find(origins(load(minor, flags, **documents)), kind, path)


def test_user() -> None:
    """A value that the user gives is at its key, in its file."""
    assert origin(CLUSTER, "kubernetesVersion") == Origin("user", CLUSTER, Mark(3, 1))
    networking = f"{VERSION}networking:\n  podSubnet: 10.244.0.0/16\n"
    assert origin(CLUSTER, "networking", "podSubnet", ClusterConfiguration=networking).mark == Mark(5, 3)
    assert origin(CLUSTER, "networking", ClusterConfiguration=networking).mark == Mark(4, 1)


def test_user_in_another_spelling() -> None:
    """A value that Go writes differently is the user's all the same."""
    text = f"{NODE}timeouts: {{discovery: 90s}}\n"
    assert origin(INIT, "timeouts", "discovery", InitConfiguration=text) == Origin("user", INIT, Mark(5, 12))


def test_items_have_their_own_places() -> None:
    """Each item of a list, and each field in it."""
    text = f"{VERSION}apiServer:\n  extraArgs:\n  - name: v\n    value: '2'\n  - name: profiling\n    value: 'false'\n"
    known = origins(load(ClusterConfiguration=text))
    marks = [find(known, CLUSTER, ("apiServer", "extraArgs", 1, *rest)).mark for rest in ((), ("name",), ("value",))]
    assert marks == [Mark(8, 5), Mark(8, 5), Mark(9, 5)]


def test_defaults_and_what_is_not_set() -> None:
    """kubeadm's default is told from a field that is left to the component, and from one that is nowhere."""
    assert origin(CLUSTER, "clusterName") == Origin("default")
    assert origin(KUBELET, "staticPodPath") == Origin("default")
    assert origin(KUBELET, "syncFrequency") == Origin("default", why=NOT_SET)
    assert origin(CLUSTER, "networking", "podSubnet") == Origin("default", why=NOT_SET)
    assert origin(PROXY, "clusterCIDR") == Origin("default", why=NOT_SET)
    assert origin(PROXY, "mode") == Origin("default")
    old = origin(PROXY, "mode", minor="1.36", ClusterConfiguration="kubernetesVersion: v1.36.3\n")
    assert old == Origin("default", why=NOT_SET)


@pytest.mark.parametrize(
    ("kind", "path", "text"),
    [
        (INIT, ("localAPIEndpoint", "bindPort"), NODE.replace("10}", "10, bindPort: 0}")),
        (INIT, ("bootstrapTokens", 0, "usages"), f"{NODE}bootstrapTokens: [{{usages: []}}]\n"),
        (INIT, ("bootstrapTokens", 0, "usages", 0), f"{NODE}bootstrapTokens: [{{usages: []}}]\n"),
        (CLUSTER, ("clusterName",), f"{VERSION}clusterName: ''\n"),
        (CLUSTER, ("networking", "dnsDomain"), f"{VERSION}networking: {{dnsDomain: null}}\n"),
    ],
)
def test_an_empty_value_is_the_default(kind: str, path: Path, text: str) -> None:
    """What the user leaves empty and kubeadm fills in is kubeadm's."""
    assert origin(kind, *path, **{kind: text}) == Origin("default")


def test_an_empty_list_that_counts() -> None:
    """`taints: []` means no taints, so it is the user's."""
    text = NODE.replace("cp-1}", "cp-1, taints: []}")
    assert origin(INIT, "nodeRegistration", "taints", InitConfiguration=text).kind == "user"
    assert origin(INIT, "nodeRegistration", "taints", 0, "key") == Origin("default")


UPPER = NODE.replace("cp-1", "CP-1")
ENDPOINTS = "etcd: {external: {endpoints: ['http://192.0.2.21:2379', 'http://192.0.2.22:2379']}}\n"
SOCKET = NODE.replace("cp-1", "cp-1, criSocket: /run/crio/crio.sock")


@pytest.mark.parametrize(
    ("kind", "path", "given", "why", "line"),
    [
        (INIT, ("localAPIEndpoint", "advertiseAddress"), {INIT: NODE.replace("192.0.2.10", "192.00.2.010")}, "Go", 3),
        (INIT, ("nodeRegistration", "criSocket"), {INIT: SOCKET}, "unix://", 4),
        (INIT, ("nodeRegistration", "name"), {INIT: UPPER}, "lower case", 4),
        (CLUSTER, ("apiServer", "certSANs", 1), {CLUSTER: "apiServer:\n  certSANs: [a, B]\n"}, "lower case", 4),
        (CLUSTER, ("controlPlaneEndpoint",), {CLUSTER: "controlPlaneEndpoint: k8s.example.com\n"}, "port", 3),
        (CLUSTER, ("dns", "disabled"), {INIT: f"{NODE}skipPhases: [addon]\n", CLUSTER: "dns: {disabled: false}\n"}, "skipped", 3),  # noqa: E501 (a row)
        (CLUSTER, ("kubernetesVersion",), {CLUSTER: "kubernetesVersion: 1.37.2\n"}, "with a v in front", 3),
        (CLUSTER, ("kubernetesVersion",), {CLUSTER: "kubernetesVersion: release/v1.37.2\n"}, "kubeadm writes it", 3),
        (CLUSTER, ("kubernetesVersion",), {CLUSTER: "kubernetesVersion: stable-1.37\n"}, "without a network", 3),
        (KUBELET, ("rotateCertificates",), {KUBELET: "rotateCertificates: false\n"}, "always", 3),
    ],
)  # fmt: skip
def test_changed_values(kind: str, path: Path, given: dict[str, str], why: str, line: int) -> None:
    """A value of the user's that kubeadm changes is derived, says how, and keeps its place."""
    found = origin(kind, *path, **given)
    assert found.kind == "derived"
    assert why in found.why
    assert (found.source, found.mark and found.mark.line) == (kind, line)


@pytest.mark.parametrize(
    ("kind", "path", "given", "inputs"),
    [
        (INIT, ("bootstrapTokens", 0, "token"), {}, []),
        (INIT, ("nodeRegistration", "name"), {INIT: NODE.splitlines()[0] + "\n", RENDER: "host: {hostname: HOST-1}\n"}, [(RENDER, ("host", "hostname"))]),  # noqa: E501 (a row)
        (CLUSTER, ("etcd", "external", "httpEndpoints", 1), {CLUSTER: ENDPOINTS}, [(CLUSTER, ("etcd", "external", "endpoints", 1))]),  # noqa: E501 (a row)
        (CLUSTER, ("controlPlaneEndpoint",), {CLUSTER: "controlPlaneEndpoint: k8s.example.com\n"}, [(INIT, ("localAPIEndpoint", "bindPort"))]),  # noqa: E501 (a row)
        (CLUSTER, ("kubernetesVersion",), {CLUSTER: "clusterName: a\n"}, []),
        (CLUSTER, ("dns", "disabled"), {INIT: f"{NODE}skipPhases: [addon/coredns]\n"}, [(INIT, ("skipPhases",))]),
        (CLUSTER, ("proxy", "disabled"), {INIT: f"{NODE}skipPhases: [addon]\n"}, [(INIT, ("skipPhases",))]),
        (KUBELET, ("authentication", "x509", "clientCAFile"), {}, [(CLUSTER, ("certificatesDir",))]),
        (KUBELET, ("clusterDNS", 0), {}, [(CLUSTER, ("networking", "serviceSubnet"))]),
        (KUBELET, ("clusterDomain",), {}, [(CLUSTER, ("networking", "dnsDomain"))]),
        (KUBELET, ("resolvConf",), {RENDER: "host: {resolvConf: /run/r}\n"}, [(RENDER, ("host", "resolvConf"))]),
        (PROXY, ("bindAddress",), {}, [(INIT, ("localAPIEndpoint", "advertiseAddress"))]),
        (PROXY, ("clusterCIDR",), {CLUSTER: "networking: {podSubnet: 10.244.0.0/16}\n"}, [(CLUSTER, ("networking", "podSubnet"))]),  # noqa: E501 (a row)
    ],
)  # fmt: skip
def test_made_values(kind: str, path: Path, given: dict[str, str], inputs: list[Place]) -> None:
    """A value that kubeadm makes names what it is made of."""
    found = origin(kind, *path, **given)
    assert found.kind == "derived"
    assert list(found.inputs) == inputs


@pytest.mark.parametrize(
    ("kind", "path", "text"),
    [
        (KUBELET, ("clusterDomain",), "clusterDomain: corp.example\n"),
        (KUBELET, ("clusterDNS", 0), "clusterDNS: [192.0.2.53]\n"),
        (KUBELET, ("rotateCertificates",), "rotateCertificates: true\n"),
        (PROXY, ("bindAddress",), "bindAddress: 127.0.0.1\n"),
        (CLUSTER, ("etcd", "external", "httpEndpoints", 0), ENDPOINTS.replace("{end", "{httpEndpoints: ['http://a:1'], end")),  # noqa: E501 (a row)
        (CLUSTER, ("proxy", "disabled"), "proxy: {disabled: true}\n"),
        (CLUSTER, ("kubernetesVersion",), "kubernetesVersion: ci/v1.37.0-alpha.1\n"),
    ],
)  # fmt: skip
def test_what_the_user_gives_is_not_derived(kind: str, path: Path, text: str) -> None:
    """The same fields, given by the user."""
    assert origin(kind, *path, **{kind: text}).kind == "user"


OLD = "apiServer:\n  timeoutForControlPlane: 10m\n  extraArgs:\n    v: '2'\n    profiling: 'false'\n"


def old(kind: str, text: str) -> tuple[str, bytes]:
    """A v1beta3 document."""
    return kind, f"apiVersion: kubeadm.k8s.io/v1beta3\nkind: {kind}\n{text}".encode()


def test_v1beta3() -> None:
    """Arguments out of a map keep the places of their keys."""
    known = origins(kgen.load([old(INIT, NODE), old(CLUSTER, OLD)], kubeadm="1.36"))
    assert find(known, CLUSTER, ("apiServer", "extraArgs", 0, "value")) == Origin("user", CLUSTER, Mark(7, 5))
    assert find(known, CLUSTER, ("apiServer", "extraArgs", 1)) == Origin("user", CLUSTER, Mark(6, 5))
    assert find(known, INIT, ("apiVersion",)).why == "converted from kubeadm.k8s.io/v1beta3"


@pytest.mark.parametrize("given", ["", "timeouts: {discovery: 1m}\n"])
def test_a_timeout_that_moves(given: str) -> None:
    """v1beta3's timeoutForControlPlane ends in the other document, and is the user's where it stood."""
    init = (INIT, f"apiVersion: kubeadm.k8s.io/v1beta4\nkind: {INIT}\n{NODE}{given}".encode())
    known = origins(kgen.load([init, old(CLUSTER, OLD)], kubeadm="1.36"))
    moved = find(known, INIT, ("timeouts", "controlPlaneComponentHealthCheck"))
    assert (moved.kind, moved.source, moved.mark) == ("derived", CLUSTER, Mark(4, 3))
    assert [find(known, kind, path) for kind, path in moved.inputs] == [Origin("user", CLUSTER, Mark(4, 3))]
    assert find(known, INIT, ("timeouts",)) == (Origin("user", INIT, Mark(5, 1)) if given else moved)


def test_flags() -> None:
    """Without a file, values come from flags; what kubeadm adds to them is a default."""
    fields = {"apiserver-advertise-address": "192.0.2.10", "node-name": "cp-1", "kubernetes-version": "v1.37.2"}
    flags = Flags({**fields, "service-cidr": "10.1.0.0/16"}, skip_phases=["addon/kube-proxy"])
    known = origins(load(flags=flags))
    assert find(known, CLUSTER, ("networking", "serviceSubnet")) == Origin("flag", "--service-cidr")
    assert find(known, INIT, ("nodeRegistration", "name")) == Origin("flag", "--node-name")
    assert find(known, INIT, ("bootstrapTokens", 0, "description")) == Origin("default")
    assert find(known, CLUSTER, ("kind",)) == Origin("default")
    skipped = find(known, CLUSTER, ("proxy", "disabled"))
    assert skipped == Origin("derived", "--skip-phases", why="its phase is skipped")


@pytest.mark.parametrize(("name", "kind"), [("other-1", "flag"), ("Other-1", "derived")])
def test_node_name_beside_a_file(name: str, kind: str) -> None:
    """--node-name goes before what the file says."""
    found = origin(INIT, "nodeRegistration", "name", flags=Flags({"node-name": name}), InitConfiguration=NODE)
    assert (found.kind, found.source, found.mark) == (kind, "--node-name", None)


def test_by_name() -> None:
    """The same origins by the names that rendered values have for what they were read from."""
    known = origins(load(ClusterConfiguration="apiServer: {certSANs: [a]}\n"))
    found = by_name(known)["ClusterConfiguration.apiServer.certSANs[0]"]
    assert found == find(known, CLUSTER, ("apiServer", "certSANs", 0))


def from_corpus(file: File) -> Cluster:
    """The cluster of a corpus file, with the patches that it names left out."""
    text = file.read_bytes().replace(b"@VERSION@", b"v1.36.3").replace(b"@OLDER@", b"v1.35.0")
    return kgen.load([(file.name, text)], kubeadm="1.36", strict=False, read_directory=lambda _: {})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_value_has_its_origin(file: File) -> None:
    """Nothing in the effective documents is without origin, nothing given is called a default, no input is unknown."""
    cluster = from_corpus(file)
    known = origins(cluster)
    values: Mapping[str, Any] = effective.documents(cluster)
    assert {(kind, path) for kind, value in values.items() for path, _ in walk(value)} <= known.keys()
    given = convert.to_current({k: cluster.documents[k].value for k in (INIT, CLUSTER) if k in cluster.documents})
    for kind, document in given.items():
        for path, value in walk(document):
            called = find(known, kind, path)
            assert called.kind != "default" or not value, path
            assert called.kind != "user" or called.mark, path
    assert all(place in known or place[0] == RENDER for found in known.values() for place in found.inputs)
