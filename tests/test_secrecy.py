# SPDX-License-Identifier: Apache-2.0
"""What is secret, and what looks like it. The secrets here are made up."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kgen import secrecy

HEX = "c0ffee00" * 8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://me:hidden@host:1", "https://********@host:1"),
        ("'https://me:hid@den@host:1' is not", "'https://********@host:1' is not"),
        ("https://me:hid/den@host", "https://********@host"),
        ("http://me:hid'den@host", "http://********@host"),
        ("me:hidden@host:1", "********@host:1"),
        ("https://a:1,https://me:hidden@b:1", "https://********@b:1"),
        ("abcdef.0123456789abcdef", "********"),
        ("'abcdef.0123456789abcdef_'", "'********_'"),
        (f"certificateKey:{HEX}", "certificateKey:********"),
        (HEX[:40], "********"),
        ("--a-secret=hidden, more", "--a-secret=********, more"),
        ("extraEnvs[0].value:hidden", "extraEnvs[0].value:********"),
        ("Authorization: Bearer hidden", "Authorization: Bearer ********"),
        ("eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9abcdefg0", "********"),
    ],
)
def test_told(text: str, told: str) -> None:
    """What looks like a secret is masked, and the text around it is not."""
    assert secrecy.told(text) == told


@pytest.mark.parametrize(
    "text",
    [
        f"sha256:{HEX}",
        f"SHA256:{HEX}",
        f"registry.example.com:5000/coredns:v1.11@sha256:{HEX}",
        f"coredns:v1@sha512:{HEX}",
        "mailto:admin@example.com",
        "admin@example.com",
        "node01.mycompanydomains.net:6443",
        "a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4-123456789.us-east-1.elb.amazonaws.com",
        "/etc/kubernetes/policies/PodSecurity-v1/admission.yaml",
        "StructuredAuthenticationConfigurationV2=true,UnauthenticatedHTTP2DOSMitigation=true",
        "[2001:db8::1]:6443",
        "https://etcd-1:2379,https://etcd-2:2379",
        "node-role.kubernetes.io/control-plane:NoSchedule",
        "kubeadm.k8s.io/v1beta4, ClusterConfiguration",
    ],
)
def test_harmless(text: str) -> None:
    """Images, addresses, paths, gates and the like are told as they are."""
    assert secrecy.told(text) == text


@pytest.mark.parametrize("part", ["a", "a:", "a@", "://", "A1a/", "token=", "0", "a.b", "a:@", "a:a@sha256:"])
def test_long_texts(part: str) -> None:
    """A message may quote the longest configuration; that takes no time to speak of."""
    text = part * (1_000_000 // len(part))
    began = time.process_time()
    secrecy.told(text)
    assert time.process_time() - began < 3


def cluster(**argument: str) -> dict[str, Any]:
    """A ClusterConfiguration with an argument."""
    return {"kind": "ClusterConfiguration", "apiServer": {"extraArgs": [argument]}}


def variable(name: str, value: str) -> dict[str, Any]:
    """A ClusterConfiguration with a variable."""
    return {"kind": "ClusterConfiguration", "etcd": {"local": {"extraEnvs": [{"name": name, "value": value}]}}}


@pytest.mark.parametrize(
    ("document", "hidden"),
    [
        (cluster(name="a-password", value="1234"), ["1234"]),
        (cluster(name="an-api-key", value="hidden"), ["hidden"]),
        (cluster(name="a-secret=hidden", value=""), ["a-secret=hidden", ""]),
        (cluster(name="a-token", value="/a/path"), []),
        (cluster(name="auth-token", value="simple"), []),
        (variable("A", "hidden"), ["hidden"]),
        (variable("HTTPS_PROXY", "http://proxy:3128"), []),
        (variable("HTTPS_PROXY", "me:hidden@proxy:3128"), ["me:hidden@proxy:3128"]),
        ({"kind": "KubeletConfiguration", "staticPodURL": "https://a/b?c=hidden"}, ["https://a/b?c=hidden"]),
        ({"kind": "KubeletConfiguration", "staticPodURL": "https://a/b"}, []),
        ({"kind": "KubeletConfiguration", "staticPodURLHeader": {"A": ["hidden"]}}, [["hidden"]]),
    ],
)
def test_places(document: dict[str, Any], hidden: list[Any]) -> None:
    """A document's secrets are found by what they are."""
    assert [value for _, value in secrecy.places(document)] == hidden


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("- https://me:a@b@host\n", True),
        ("- https://host\n- a@b\n", False),
        ("- name: HTTPS_PROXY\n  value: me:hidden@proxy\n", True),
        ("- name: HTTPS_PROXY\n  value: proxy:3128\n", False),
    ],
)
def test_has_user(text: str, has: bool) -> None:
    """User and password of a URL, and of a proxy without a scheme."""
    assert secrecy.has_user(text) is has
