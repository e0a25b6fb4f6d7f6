# SPDX-License-Identifier: Apache-2.0
"""What the schemas teach: titles, descriptions, defaults and examples from tools/gotypes/descriptions.json."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kgen import releases
from kgen.config import catalogue, defaults, documents, schema

ROOT = Path(__file__).parents[2]
TEXTS: dict[str, dict[str, Any]] = json.loads((ROOT / "tools/gotypes/descriptions.json").read_text(encoding="utf-8"))
KEYWORDS = ("title", "description", "default", "examples")
V1BETA4 = "kubeadm.k8s.io/v1beta4"
KUBELET = ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")
KUBE_PROXY = ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration")
ENV = [{"name": "HOST", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}]

KINDS = [
    pytest.param(minor, version, kind, id=f"{minor} {version.split('/')[1]} {kind}")
    for minor in catalogue.minors()
    for version, kind in sorted(schema.kinds(minor) - {schema.RENDER})
]

TIMEOUTS = {
    f"timeouts.{name}": value
    for name, value in (
        ("controlPlaneComponentHealthCheck", "4m0s"),
        ("discovery", "5m0s"),
        ("etcdAPICall", "2m0s"),
        ("kubeletHealthCheck", "4m0s"),
        ("kubernetesAPICall", "1m0s"),
        ("tlsBootstrap", "5m0s"),
        ("upgradeManifests", "5m0s"),
    )
}
PRINTED: dict[str, dict[str, Any]] = {
    "JoinConfiguration": {
        "caCertPath": "/etc/kubernetes/pki/ca.crt",
        "nodeRegistration.imagePullPolicy": "IfNotPresent",
        "nodeRegistration.imagePullSerial": True,
        **TIMEOUTS,
    },
    "ResetConfiguration": {"certificatesDir": "/etc/kubernetes/pki", **TIMEOUTS},
    "UpgradeConfiguration": {
        "apply.certificateRenewal": True,
        "apply.etcdUpgrade": True,
        "apply.imagePullPolicy": "IfNotPresent",
        "apply.imagePullSerial": True,
        "node.certificateRenewal": True,
        "node.etcdUpgrade": True,
        "node.imagePullPolicy": "IfNotPresent",
        "node.imagePullSerial": True,
        "plan.etcdUpgrade": True,
        **TIMEOUTS,
    },
}
"""What `kubeadm config print join-defaults`, `reset-defaults` and `upgrade-defaults` print of 1.34 to 1.37."""


def nodes(minor: str, version: str, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every type and field of a kind by its name in descriptions.json, e.g. `Networking` or `Networking.podSubnet`."""
    root = schema.load(minor, version, kind)
    for name, node in {kind: root, **root.get("$defs", {})}.items():
        yield name, node
        yield from ((f"{name}.{field}", value) for field, value in node["properties"].items())


def fields(node: Any, defs: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every field below a node by its place in a document; `$ref` is followed, but for what it says beside it."""
    target = defs[node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else node
    for name, value in target.get("properties", {}).items():
        yield f"{place}{name}", value
        yield from fields(value, defs, f"{place}{name}.")
    if "items" in target:
        yield from fields(target["items"], defs, f"{place[:-1]}[].")


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document by its place; a list of plain values counts as one, an empty one as none."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{place}.{name}" if place else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from leaves(item, f"{place}[]")
    elif value not in ("", []):
        yield place, value


@pytest.mark.parametrize(("minor", "version", "kind"), KINDS)
def test_every_field_is_explained(minor: str, version: str, kind: str) -> None:
    """Each field of each kind has a title and sentences about it, and so has the kind itself."""
    root = schema.load(minor, version, kind)
    places = {"": root, **dict(fields(root, root.get("$defs", {})))}
    assert [place for place, node in places.items() if not re.search(r"\S\.$", node.get("description", ""))] == []
    assert [place for place, node in places.items() if not re.search(r"[^.]$", node.get("title", ""))] == []


@pytest.mark.parametrize(("minor", "version", "kind"), KINDS)
def test_schemas_hold_the_texts(minor: str, version: str, kind: str) -> None:
    """A schema says what descriptions.json says now: the text for all, and that for its version or minor over it."""
    parts = (minor, *version.split("/"))
    for name, node in nodes(minor, version, kind):
        wanted = dict(TEXTS.get(name, {}))
        for part in parts:
            wanted.update(TEXTS.get(f"{part} {name}", {}))
        assert {key: node[key] for key in KEYWORDS if key in node} == wanted, name


def test_no_text_is_unused() -> None:
    """Each text belongs to a field or type of some schema, and one for a version or minor differs from that for all."""
    names = set()
    for param in KINDS:
        minor, version, kind = (str(value) for value in param.values)
        for name, _ in nodes(minor, version, kind):
            names |= {name, *(f"{part} {name}" for part in (minor, *version.split("/")))}
    assert TEXTS.keys() - names == set()
    special = {key: text for key, text in TEXTS.items() if " " in key}
    assert special
    assert [key for key, text in special.items() if text.items() <= TEXTS[key.split()[1]].items()] == []


def test_texts_are_complete() -> None:
    """A text has nothing but a title, a description, a default and examples."""
    assert {keyword for text in TEXTS.values() for keyword in text} == set(KEYWORDS)


@pytest.mark.parametrize(("minor", "version", "kind"), KINDS)
def test_examples_and_defaults_fit(minor: str, version: str, kind: str) -> None:
    """Every example and default is a value that the field's own schema takes, formats included."""
    root = schema.load(minor, version, kind)
    validator = schema.validator(minor, version, kind)
    for place, node in fields(root, root.get("$defs", {})):
        own: Draft202012Validator = validator.evolve(schema={**node, "$defs": root.get("$defs", {})})
        for value in [*node.get("examples", []), *([node["default"]] if "default" in node else [])]:
            assert [error.message for error in own.iter_errors(value)] == [], place


def test_examples_hold_no_secrets() -> None:
    """No example looks like a bootstrap token, a certificate key or a private key, which someone might then use."""
    text = json.dumps([each.get("examples") for each in TEXTS.values()])
    assert re.findall(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b|PRIVATE KEY", text) == []
    assert set(re.findall(r"[0-9a-f]{64}", text)) == {"0" * 64}


def filled(minor: str, kind: str) -> dict[str, Any]:
    """An almost empty document of a kind with all that kgen fills in."""
    release = releases.load(minor)
    init: dict[str, Any] = {}
    cluster: dict[str, Any] = {"apiServer": {"extraEnvs": ENV}}
    defaults.init_configuration(init)
    defaults.cluster_configuration(cluster, release)
    kubelet: dict[str, Any] = {}
    proxy: dict[str, Any] = {}
    defaults.kubelet(kubelet, cluster)
    defaults.kube_proxy(proxy, init, cluster, release)
    of = {"InitConfiguration": init, "ClusterConfiguration": cluster, KUBELET[1]: kubelet, KUBE_PROXY[1]: proxy}
    return of[kind]


DERIVED = {
    "ClusterConfiguration": {place for place, _ in leaves({"apiServer": {"extraEnvs": ENV}})},
    "InitConfiguration": set(),
    "KubeletConfiguration": {"clusterDNS", "clusterDomain", "authentication.x509.clientCAFile"},
    "KubeProxyConfiguration": {"bindAddress"},
}
"""What is given here, or follows from other fields, so that no fixed default can be named for it."""


@pytest.mark.parametrize("minor", catalogue.minors())
@pytest.mark.parametrize(
    ("version", "kind"), [(V1BETA4, "InitConfiguration"), (V1BETA4, "ClusterConfiguration"), KUBELET, KUBE_PROXY]
)
def test_defaults_are_those_filled_in(minor: str, version: str, kind: str) -> None:
    """A schema names as default exactly what is filled in for a field that is left out."""
    root = schema.load(minor, version, kind)
    document = filled(minor, kind)
    wanted = {place: value for place, value in leaves(document) if place not in DERIVED[kind]}
    named = {place: node["default"] for place, node in fields(root, root["$defs"]) if "default" in node}
    absent = re.compile(r"(etcd\.local|controllerManager|scheduler)\.extraEnvs\[\]\.")
    assert {place: value for place, value in named.items() if not absent.match(place)} == wanted


@pytest.mark.parametrize("minor", catalogue.minors())
@pytest.mark.parametrize("kind", PRINTED)
def test_defaults_are_those_printed(minor: str, kind: str) -> None:
    """For the kinds that kgen does not fill in, the defaults are those that kubeadm itself prints."""
    root = schema.load(minor, V1BETA4, kind)
    named = {place: node["default"] for place, node in fields(root, root["$defs"]) if "default" in node}
    named.pop("controlPlane.localAPIEndpoint.bindPort", None)  # only with a controlPlane, which print leaves out
    assert named == PRINTED[kind]


@pytest.mark.parametrize("minor", catalogue.minors())
def test_combined_schema(minor: str) -> None:
    """schema/<minor>/kubeadm.json takes what the schema of a document's own kind takes, and nothing of another."""
    combined = json.loads((ROOT / f"schema/{minor}/kubeadm.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(combined)
    validator = Draft202012Validator(combined)
    kinds = schema.kinds(minor)
    for version, kind in kinds:
        document: dict[str, Any] = {"apiVersion": version, "kind": kind}
        assert validator.is_valid(document)
        assert not validator.is_valid({**document, "podSubnet": "10.244.0.0/16"})
        for name, node in list(schema.load(minor, version, kind)["properties"].items())[:12]:
            if name not in document:
                assert validator.is_valid({**document, name: node.get("examples", [None])[0]}), (kind, name)
                assert not validator.is_valid({**document, name: [[]]}), (kind, name)
    for version in {version for version, _ in kinds}:
        for kind in {kind for _, kind in kinds}:
            assert validator.is_valid({"apiVersion": version, "kind": kind}) == ((version, kind) in kinds)
    assert not validator.is_valid({"apiVersion": V1BETA4})


def test_texts_cost_no_time() -> None:
    """Texts make the schemas three times as long; all the same one loads within 3 ms and checks within 5 ms."""
    text = f"apiVersion: {V1BETA4}\nkind: ClusterConfiguration\nnetworking: {{podSubnet: 10.244.0.0/16}}\n".encode()
    (document,), _ = documents.parse(text, "f.yaml")
    assert quickest(lambda: catalogue.load.__wrapped__("1.37", V1BETA4, "ClusterConfiguration")) < 0.003
    assert quickest(lambda: schema.check(document, "1.37")) < 0.005


def quickest(function: Any) -> float:
    """The seconds that the quickest of several calls took."""
    times = []
    for _ in range(10):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)
