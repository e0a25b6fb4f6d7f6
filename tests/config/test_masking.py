# SPDX-License-Identifier: Apache-2.0
"""No line that is shown tells a secret. The secrets here are made up, and look like none but where form matters."""

from __future__ import annotations

import itertools
import random

import pytest

from hostile import mangled
from kgen.cli.printing import lines
from kgen.config.masking import Masks
from kgen.config.validate import check
from kgen.errors import Mark, Problem

INIT = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
CLUSTER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"


def shown(text: str) -> str:
    """Every line of a file as it would be shown."""
    source = [("f", text.encode())]
    count = text.count("\n") + 1
    problems = [Problem("x", "", source="f", mark=Mark(line, 1)) for line in range(1, count + 1)]
    excerpts = [line for line in lines(problems, source) if line.startswith(" ")]
    return "\n".join(line.partition(" |")[2].removeprefix(" ") for line in excerpts[::2])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"{INIT}certificateKey: hidden\n", "certificateKey: ********"),
        (f"{INIT}bootstrapTokens:\n- token: hidden # why\n  ttl: 1h\n", "- token: ********\n  ttl: 1h"),
        (f"{INIT}bootstrapTokens: [{{token: hidden, ttl: 1h}}]\n", "bootstrapTokens: [{token: ********, ttl: 1h}]"),
        (f"{INIT}certificateKey:\n  hidden\n", "  ********"),
        (f"{INIT}certificateKey: >\n  hidden\n\n  hidden\nfoo: 1\n", "foo: 1"),
        (f"{INIT}certificateKey: 'hidden\n  hidden'\nfoo: 1\n", "foo: 1"),
        (f"{CLUSTER}apiServer:\n  extraEnvs:\n  - name: A\n    value: hidden\n", "  - name: A\n    value: ********"),
        (f"{CLUSTER}apiServer: {{extraEnvs: [{{value: hidden, name: A}}]}}\n", "[{value: ********, name: A}]"),
        (
            f"{CLUSTER}apiServer:\n  extraArgs:\n  - value: hidden\n    name: my-token\n",
            "  - value: ********\n    name: my",
        ),
        (f"{CLUSTER}apiServer:\n  extraArgs:\n  - name: v\n    value: plain\n", "    value: plain"),
        (
            f"{CLUSTER}apiServer:\n  extraArgs:\n    oidc-client-secret: hidden\n    v: plain\n",
            "********\n    v: plain",
        ),
        (
            f"{CLUSTER}apiServer:\n  extraArgs:\n  - name: db-password\n    value: [hidden, hidden]\n",
            "value: [********, ********]",
        ),
        (f"{CLUSTER}etcd: {{external: {{endpoints: ['https://me:hidden@a:1']}}}}\n", "'https://********@a:1'"),
        (f"{INIT}nodeRegistration: {{taints: [{{key: plain, value: plain}}]}}\n", "{key: plain, value: plain}"),
        (
            "kind: KubeletConfiguration\nstaticPodURLHeader:\n  A: [hidden]\n",
            "staticPodURLHeader:\n  A: [********]",
        ),
        ("apiVersion: v1\nkind: Secret\ndata:\n  any: hidden\n  list: [hidden]\n", "  any: ********"),
        (f"{CLUSTER}apiServer: {{extraEnvs: [{{name: A, valu: hidden}}]}}\n", "{name: A, valu: ********}"),
        (f"{CLUSTER}apiServer: {{extraEnvs: {{A: hidden}}}}\n", "{extraEnvs: {A: ********}}"),
        (f"{INIT}certificateKey: {{a: hidden}}\n", "certificateKey: ********"),
        (f"{INIT}certificateKey: hidden\ncertificateKey: hidden\n", "certificateKey: ********\ncertificateKey: ****"),
        (f"{CLUSTER}apiServer: {{extraEnvs: [{{valu: hidden}}]}}\napiServer: {{}}\n", "apiServer: ********\napi"),
        (f"{CLUSTER}apiServer:\n  extraEnvs: [{{valu: hidden}}]\napiServer: {{}}\n", "apiServer:\n  ********\napi"),
        (f"{INIT}foo: &hidden hidden\ncertificateKey: *hidden\n", "foo: &********\ncertificateKey: ********"),
        (f"{CLUSTER}dns: {{imageTag: a, imageTag: b}}\n", "dns: {imageTag: a, imageTag: b}"),
        ('{"token": "hidden", "ttl": "1h"}', '{"token": ********, "ttl": "1h"}'),
    ],
)
def test_by_structure(text: str, masked: str) -> None:
    """Where a document can be read, its structure says what is secret, and what is not stays to be seen."""
    assert masked in shown(text)
    assert "hidden" not in shown(text)


@pytest.mark.parametrize(
    "line",
    [
        "  token: hidden",
        "  token: 'hid, hidden'",
        "- {token: hidden, ttl: x",
        '  "certificateKey" : "hidden"',
        "  password: hidden hidden",
        "  --client-secret=hidden",
        "  --token hidden",
        "    value: hidden",
        "  client-key-data: hidden",
        "  url: https://hidden@example.com/",
        "  url: http://a:hidden@[fd00::1]:80",
    ],
)
def test_unreadable(line: str) -> None:
    """Where nothing can be read, keys that announce a secret do, and values of whatever argument or variable."""
    text = f"{INIT}foo:\n{line}\n\tbar: [\n"
    assert not check([("f", text.encode())]).documents
    assert "hidden" not in shown(text)
    assert "********" in shown(text)


@pytest.mark.parametrize(
    "secret",
    [
        "abcdef.0123456789abcdef",
        "0123456789abcdef" * 4,
        "c2VjcmV0" * 4 + "Zm9vYmFyMTIz",
    ],
)
@pytest.mark.parametrize("frame", ["# {}", "foo: {}", "foo: [{}, {}]", "{}", "foo bar {} baz"])
def test_what_looks_like_a_secret(secret: str, frame: str) -> None:
    """Tokens, keys and base64 are masked wherever they stand."""
    assert secret not in shown(f"{INIT}\n{frame.replace('{}', secret)}\n")


@pytest.mark.parametrize(
    "plain",
    [
        "sha256:7c2e69131a36ae2a042a339b33381c6d0d43887e2de83720eff5359e26aec866",
        "registry.k8s.io/kube-apiserver",
        "unix:///var/run/containerd/containerd.sock",
        "10.96.0.0/12,2001:db8:42::/112",
        "system:bootstrappers:kubeadm:default-node-token",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ],
)
def test_what_does_not(plain: str) -> None:
    """Hashes, images, sockets, subnets and groups are shown."""
    assert f"foo: {plain}" in shown(f"{INIT}foo: {plain}\n")


def test_a_long_secret_reaches_into_what_is_shown() -> None:
    """A secret that begins far before what is shown of a line is masked in it."""
    text = f'{{"certificateKey": "{"hidden " * 200}", "foo": 1}}'
    (_, line, _) = lines([Problem("x", "", source="f", mark=Mark(1, 1000))], [("f", text.encode())])
    assert "hidden" not in line
    assert "****" in line


def test_spans_are_apart() -> None:
    """However many reasons there are to mask something, each part is masked once."""
    text = f"{INIT}certificateKey: {'0123456789abcdef' * 4}\n"
    split = text.split("\n")
    assert Masks(text.encode(), "f", split).spans(3, 0, split[2]) == [(16, 80)]


def test_mangled_files_keep_their_secrets() -> None:
    """Whatever is broken around it, a token is in nothing that is printed."""
    token = b"q7w2e9.r4t6y8u1i3o5p7a9"
    chance = random.Random(4)  # noqa: S311 (a test wants the same every time)
    for text in itertools.islice(mangled(5), 150):
        rows = text.split(b"\n")
        rows.insert(chance.randint(0, len(rows)), b"  token: " + token)
        sources = [("f", b"\n".join(rows))]
        printed = "\n".join(lines(check(sources).problems, sources))
        assert token.decode() not in printed
