# SPDX-License-Identifier: Apache-2.0
"""The effective configuration as YAML with comments."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import kgen
from kgen.cluster import Cluster
from kgen.config import effective
from kgen.config.annotated import annotate

FILES = sorted((Path(__file__).parents[1] / "corpus/init").glob("*.yaml"))
INIT = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration: {name: cp-1}
"""


def load(text: str, source: str = "c.yaml") -> Cluster:
    """The cluster of a text, as kubeadm 1.36."""
    text = text.replace("@VERSION@", "v1.36.3").replace("@OLDER@", "v1.35.0")
    return kgen.load([(source, text.encode())], kubeadm="1.36", strict=False, read_directory=lambda _: {})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_is_the_same_configuration(file: Path) -> None:
    """What is printed says the same when it is read again."""
    cluster = load(file.read_text())
    assert effective.documents(load(annotate(cluster, show_secrets=True))) == effective.documents(cluster)


def test_texts_of_several_lines() -> None:
    """A comment cannot follow a text of several lines, so it stands above it."""
    words = " ".join(["word"] * 40)
    given = f'bootstrapTokens:\n- description: "one\\ntwo\\n"\n- description: {words}\n'
    lines = annotate(load(INIT + given)).split("\n")
    assert lines[lines.index("# user c.yaml:6") :][:3] == ["# user c.yaml:6", "- description: |", "    one"]
    assert lines[lines.index("# user c.yaml:7") + 1].startswith("- description: word word")


def test_other_secrets() -> None:
    """Variables, secret arguments, headers and URLs with a user are withheld as well; the rest is still there."""
    cluster = load(
        f"""{INIT}---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
apiServer:
  extraEnvs: [{{name: A, value: canary-variable}}, {{name: HTTP_PROXY, value: "http://proxy"}}]
  extraArgs: [{{name: a-token, value: canary-argument}}]
etcd: {{external: {{endpoints: ["https://me:canary@user@etcd", "https://etcd"]}}}}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
staticPodURL: https://me:canary-user@pods
staticPodURLHeader: {{Authorization: [canary-header, canary-header], Cookie: [canary-cookie]}}
"""
    )
    text = annotate(cluster)
    assert "canary" not in text
    withheld = "user c.yaml:11; user and password withheld, --show-secrets prints them"
    assert f"\n    - https://********@etcd  # {withheld}\n    - https://etcd" in text
    assert "\n  # Cookie: user " in text
    documents = [each for each in yaml.safe_load_all(text) if each["kind"] == "ClusterConfiguration"]
    assert documents[0]["apiServer"]["extraEnvs"] == [{"name": "A"}, {"name": "HTTP_PROXY", "value": "http://proxy"}]
    assert annotate(cluster, show_secrets=True).count("canary") == 8


def test_secrets() -> None:
    """Tokens and the certificate key are comments unless they are asked for; a random token is one always."""
    token, key = f"canary.{'0' * 16}", "00" * 32
    cluster = load(f"{INIT}certificateKey: '{key}'\nbootstrapTokens: [{{token: {token}}}, {{}}]\n")
    text = annotate(cluster)
    assert token not in text
    assert key not in text
    assert "# certificateKey: user c.yaml:5; withheld, --show-secrets prints it\n" in text
    assert "\n  # token: user c.yaml:6; withheld, --show-secrets prints it\n" in text
    assert "\n  # token: derived: random, made when rendered\n" in text
    shown = annotate(cluster, show_secrets=True)
    assert f"\n  token: {token}  # user c.yaml:6\n" in shown
    assert f'certificateKey: "{key}"  # user c.yaml:5\n' in shown
    assert "\n  # token: derived: random, made when rendered\n" in shown


def test_file_names_stay_in_their_comment() -> None:
    """A line end in a file's name does not end the comment."""
    text = annotate(load(INIT, "a\nkind: b"))
    assert "name: cp-1  # user a?kind: b:4\n" in text


def test_documents_that_nobody_gave() -> None:
    """They say so; a component's, once it is in a file, is no longer kubeadm's to change."""
    first, second, third, _ = annotate(load(INIT)).split("---\n")
    assert not first.startswith("#")
    assert second.startswith("# kubeadm fills this document in; nobody gave one\n")
    assert "kubeadm upgrade leaves it alone\n" in third
