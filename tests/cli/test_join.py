# SPDX-License-Identifier: Apache-2.0
"""What further nodes need: the join commands, and the certificates that the cluster hands them."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from cli.running import CLUSTER, INIT, MINIMAL, Content, Kgen, content

HA = INIT + CLUSTER + "controlPlaneEndpoint: api.example.com\n"
JOIN = re.compile(
    r"^kubeadm join (?P<server>\S+) --token (?P<token>\S+|<value withheld>) \\\n"
    r"\t--discovery-token-ca-cert-hash (?P<pin>\S+)"
    r"(?P<control_plane> \\\n\t--control-plane(?: --certificate-key (?P<key>\S+|<value withheld>))?)?$",
    re.MULTILINE,
)


def commands(text: str) -> list[dict[str, str]]:
    """The join commands of a text."""
    return [{name: value for name, value in each.groupdict().items() if value} for each in JOIN.finditer(text)]


def tokens(files: Content) -> list[str]:
    """The bootstrap tokens of a tree, as they are written."""
    found = []
    for path, text in files.items():
        if path.startswith("cluster/bootstrap-token-"):
            data = {name: base64.b64decode(value).decode() for name, value in yaml.safe_load(text)["data"].items()}
            found.append(f"{data['token-id']}.{data['token-secret']}")
    return found


def decrypted(files: Content, key: str) -> Content:
    """kubeadm-certs opened with a certificate key: per file a nonce of twelve bytes and AES-256-GCM."""
    data = yaml.safe_load(files["cluster/kubeadm-certs.yaml"])["data"]
    boxes = {name: base64.b64decode(value) for name, value in data.items()}
    return {name: AESGCM(bytes.fromhex(key)).decrypt(box[:12], box[12:], None) for name, box in boxes.items()}


def test_worker(kgen: Kgen) -> None:
    """A worker's command: the API server, the token of the tree, and the hash of the CA's public key."""
    done = kgen.render(MINIMAL)
    files = content(kgen.directory / "out")
    ca = load_pem_x509_certificate(files["pki/ca.crt"]).public_key()
    spki = ca.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = f"sha256:{hashlib.sha256(spki).hexdigest()}"
    assert commands(done.out) == [{"server": "192.0.2.10:6443", "token": tokens(files)[0], "pin": pin}]


def test_control_plane(kgen: Kgen) -> None:
    """With an endpoint there is a command for control-plane nodes as well, first and with the certificate key."""
    done = kgen.render(HA, "--upload-certs")
    control_plane, worker = commands(done.out)
    assert control_plane["server"] == worker["server"] == "api.example.com:6443"
    assert control_plane["key"]
    assert "control_plane" not in worker


def test_uploaded_certificates(kgen: Kgen) -> None:
    """The printed certificate key opens kubeadm-certs, which holds the CAs and the service account keys."""
    done = kgen.render(HA, "--upload-certs")
    files = content(kgen.directory / "out")
    opened = decrypted(files, commands(done.out)[0]["key"])
    names = ("ca", "etcd/ca", "front-proxy-ca")
    expected = {f"{name}.{end}" for name in names for end in ("crt", "key")} | {"sa.key", "sa.pub"}
    assert opened == {name.replace("/", "-"): files[f"pki/{name}"] for name in expected}
    owner = yaml.safe_load(files["cluster/kubeadm-certs.yaml"])["metadata"]["ownerReferences"][0]["name"]
    assert f"cluster/{owner}.yaml" in files


def test_the_key_is_never_lost(kgen: Kgen) -> None:
    """A certificate key that was made is printed even where no join command holds it."""
    for arguments in ((), ("--skip-phases=show-join-command",)):
        done = kgen.render(MINIMAL, "--upload-certs", *arguments)
        key = re.search(r"^[0-9a-f]{64}$", done.out, re.MULTILINE)
        assert key
        assert "The certificate key, which is written nowhere:" in done.out
        assert decrypted(content(kgen.directory / "out"), key[0])
    done = kgen.render(MINIMAL, "--upload-certs", "--only=upload-certs")
    key = re.search(r"^[0-9a-f]{64}$", done.out, re.MULTILINE)
    assert key
    assert decrypted(content(kgen.directory / "out"), key[0])


def test_given_key(kgen: Kgen) -> None:
    """A configured certificate key is the one that is used."""
    key = "0123456789abcdef" * 4
    text = HA.replace("---", f"certificateKey: {key}\n---")
    done = kgen.render(text, "--upload-certs")
    assert commands(done.out)[0]["key"] == key
    assert f"The certificate key:\n\n{key}\n" in done.out
    assert decrypted(content(kgen.directory / "out"), key)
    assert kgen.render(text, "--upload-certs", "-q").err == ""


@pytest.mark.parametrize("hides", ["--quiet", "--skip-certificate-key-print"])
def test_withheld_key(kgen: Kgen, hides: str) -> None:
    """A key that was made and is not printed is lost: kubeadm says nothing, kgen warns, if it wrote anything."""
    done = kgen.render(HA, "--upload-certs", hides)
    assert done.code == 0
    assert done.err.startswith("warning: nobody can decrypt cluster/kubeadm-certs.yaml: ")
    assert hides in done.err
    assert kgen.render(HA, "--upload-certs", hides, "--dry-run").err == ""
    assert kgen.render(HA, hides).err == ""


def test_withheld(kgen: Kgen) -> None:
    """--skip-token-print and --skip-certificate-key-print keep each secret from the terminal."""
    done = kgen.render(HA, "--upload-certs", "--skip-token-print", "--skip-certificate-key-print")
    assert [each["token"] for each in commands(done.out)] == ["<value withheld>"] * 2
    assert commands(done.out)[0]["key"] == "<value withheld>"
    assert all(token not in done.out for token in tokens(content(kgen.directory / "out")))
    assert not re.search(r"\b[0-9a-f]{64}\b", done.out.replace("sha256:", "sha256_"))
    done = kgen.render(HA, "--upload-certs", "--skip-certificate-key-print")
    assert commands(done.out)[0]["key"] == "<value withheld>"
    assert commands(done.out)[0]["token"] in tokens(content(kgen.directory / "out"))


def test_every_token(kgen: Kgen) -> None:
    """Each bootstrap token has its own command, in the order of the configuration."""
    text = MINIMAL.replace(
        "---", "bootstrapTokens: [{token: bbbbbb.0123456789abcdef}, {token: aaaaaa.0123456789abcdef}]\n---"
    )
    done = kgen.render(text)
    assert [each["token"][:6] for each in commands(done.out)] == ["bbbbbb", "aaaaaa"]


def test_one_token_twice(kgen: Kgen) -> None:
    """Of two tokens with one id the last is what the cluster knows, as when kubeadm writes one over the other."""
    text = MINIMAL.replace(
        "---", "bootstrapTokens: [{token: aaaaaa.0123456789abcdef}, {token: aaaaaa.fedcba9876543210}]\n---"
    )
    assert kgen.render(text).code == 0
    assert tokens(content(kgen.directory / "out")) == ["aaaaaa.fedcba9876543210"]


def test_ipv6_endpoint(kgen: Kgen) -> None:
    """An IPv6 address has brackets in the command."""
    done = kgen.render(MINIMAL.replace("192.0.2.10", "'2001:db8::10'"))
    assert done.code == 0, done.err
    assert commands(done.out)[0]["server"] == "[2001:db8::10]:6443"
