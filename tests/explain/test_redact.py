# SPDX-License-Identifier: Apache-2.0
"""What may be seen of an artifact."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
import yaml

from explain.rendering import MINIMAL, rendered, seen
from kgen.explain.redact import MARK, shown
from kgen.explain.view import view
from kgen.sinks.earlier import Earlier
from kgen.tree import sha256

CANARY = "canary0123456789"
TOKEN = f"InitConfiguration\nbootstrapTokens: [{{token: abcdef.{CANARY}}}]"
PLACES = {
    "token": MINIMAL.replace("InitConfiguration", TOKEN),
    "environment": MINIMAL + f"apiServer: {{extraEnvs: [{{name: A, value: {CANARY}}}]}}\n",
    "environment of etcd": MINIMAL + f"etcd: {{local: {{extraEnvs: [{{name: A, value: {CANARY}}}]}}}}\n",
    "proxy": MINIMAL + f"scheduler: {{extraEnvs: [{{name: HTTPS_PROXY, value: 'http://a:{CANARY}@proxy:1'}}]}}\n",
    "proxy of the host": MINIMAL
    + f"---\napiVersion: kgen/v1\nkind: RenderConfiguration\nhost: {{proxy: {{HTTPS_PROXY: 'http://a:{CANARY}@p:1'}}}}\n",
    "proxy without a scheme": MINIMAL
    + f"scheduler: {{extraEnvs: [{{name: https_proxy, value: 'a:{CANARY}@proxy:1'}}]}}\n",
    "proxy with an @ in the password": MINIMAL
    + f"scheduler: {{extraEnvs: [{{name: HTTPS_PROXY, value: 'http://a:b@{CANARY}@proxy:1'}}]}}\n",
    "argument in its name": MINIMAL + f"scheduler: {{extraArgs: [{{name: a-secret={CANARY}, value: ''}}]}}\n",
    "argument": MINIMAL + f"apiServer: {{extraArgs: [{{name: a-password, value: {CANARY}}}]}}\n",
    "argument of etcd": MINIMAL
    + f"etcd: {{local: {{extraArgs: [{{name: initial-cluster-token, value: {CANARY}}}]}}}}\n",
    "URL": MINIMAL + f"apiServer: {{extraArgs: [{{name: audit-webhook, value: 'https://u:{CANARY}@h/'}}]}}\n",
    "argument of the kubelet": MINIMAL.replace(
        "name: cp-1", f"name: cp-1, kubeletExtraArgs: [{{name: a-token, value: {CANARY}}}]"
    ),
    "header of the kubelet": MINIMAL
    + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    + f"staticPodURLHeader: {{Authorization: ['{CANARY}']}}\n",
    "URL of the kubelet": MINIMAL
    + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    + f"staticPodURL: https://host/pods?key={CANARY}\n",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_no_secret_of_a_configuration(text: str) -> None:
    """What a configuration holds of secrets is in the tree, and nowhere in what may be seen of it."""
    tree = rendered(text)
    plain, encoded = CANARY, base64.b64encode(CANARY.encode()).decode()
    assert any(plain in each.decode() or encoded in each.decode() for each in tree.contents.values())
    for item in view(tree).items.values():
        assert plain not in item.text, item.path
        assert encoded not in item.text, item.path
        assert plain not in repr(item.data), item.path


def test_no_key_of_the_tree() -> None:
    """No private key, no token, no embedded key: not even the line in which the private part begins."""
    tree = rendered()
    keys = [content for path, content in tree.contents.items() if path.endswith(".key")]
    lines = {key.splitlines()[1] for key in keys}
    embedded = [
        yaml.safe_load(content)["users"][0]["user"]["client-key-data"]
        for path, content in tree.contents.items()
        if path.endswith(".conf") and content.startswith(b"apiVersion")
    ]
    assert (len(keys), len(embedded)) == (11, 5)
    for item in view(tree).items.values():
        assert not any(line.decode() in item.text for line in lines)
        assert not any(data in item.text for data in embedded)


def test_index_cannot_make_it_visible() -> None:
    """A tree from elsewhere that says that nothing in it is sensitive shows no more."""
    tree = rendered()
    index = tree.index
    entries = tuple(
        replace(each, sensitive=False, topic="kubelet/config", path=f"x{i}.txt") for i, each in enumerate(index.files)
    )
    contents = {new.path: tree.contents[old.path] for new, old in zip(entries, index.files, strict=True)}
    lying = replace(
        tree, index=replace(index, files=entries, objects=(), entries={e.path: e for e in entries}), contents=contents
    )
    texts = [item.text for item in view(lying).items.values()]
    assert not any("PRIVATE KEY" in text for text in texts)
    assert sum(MARK in text for text in texts) == 5
    assert not any("LS0tLS1CRUdJTiBFQyBQUklWQVRF" in text for text in texts)


@pytest.mark.parametrize(
    ("content", "hidden"),
    [
        (b"a: [", "It should be YAML or PEM and is not, so it is not shown."),
        (b"\xff\xfe", "It should be YAML or PEM and is not, so it is not shown."),
        (b"-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE " + b"KEY-----\nMHc", "A private key is never shown."),
    ],
)
def test_what_cannot_be_read(content: bytes, hidden: str) -> None:
    """What is broken is not shown at all."""
    entry = rendered().index.entries["admin.conf"]
    assert shown(replace(entry, sensitive=False), content).hidden == hidden


def test_sensitive_of_no_known_form() -> None:
    """The index can hide more."""
    entry = rendered().index.entries["kubelet/10-kubeadm.conf"]
    assert shown(entry, b"A=b\n").text == "A=b\n"
    assert shown(replace(entry, sensitive=True), b"A=b\n").text == ""


def test_text_around_stays() -> None:
    """Nothing but the secret is changed, whichever way it is written."""
    entry = rendered().index.objects[0]
    before = 'kind: Secret\ndata:\n  a: YWJj # why\n  b: |\n    x\n    y\n\n  c: "d"\nmetadata: {name: n}\n'
    after = f"kind: Secret\ndata:\n  a: {MARK} # why\n  b: {MARK}\n\n  c: {MARK}\nmetadata: {{name: n}}\n"
    assert shown(entry, before.encode()).text == after


def test_nested_text() -> None:
    """A secret in a text of a ConfigMap goes, the lines around it stay."""
    entry = rendered().index.objects[0]
    before = (
        "data:\n  kubeconfig: |\n    kind: Config\n    users:\n    - name: a\n      user:\n        token: abc\n"
        "    x: y\nkind: ConfigMap\n"
    )
    assert shown(entry, before.encode()).text == before.replace("token: abc", f"token: {MARK}")


def test_edited() -> None:
    """A file that is no longer what kgen wrote is marked."""
    tree = rendered()
    path = "manifests/etcd.yaml"
    changed = replace(tree, contents={**tree.contents, path: tree.contents[path] + b"# x\n"})
    assert [item.path for item in view(changed).items.values() if item.edited] == [path]
    assert sha256(changed.contents[path]) != tree.index.entries[path].sha256


def test_missing_files() -> None:
    """A tree of which files are gone is shown as far as it is there."""
    tree = rendered()
    assert isinstance(tree, Earlier)
    few = replace(tree, contents={path: tree.contents[path] for path in ("pki/ca.crt", "manifests/etcd.yaml")})
    assert list(view(few).items) == ["pki/ca.crt", "manifests/etcd.yaml"]
    assert view(few).cluster.endpoint == ""
    assert seen().cluster.endpoint == "192.0.2.10:6443"
