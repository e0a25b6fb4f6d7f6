# SPDX-License-Identifier: Apache-2.0
"""What is read out of certificates, keys and patches."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from conformance.normalise import Authorities, decode_certificate, decode_key, describe_patch, normalise_files
from conformance.small_tree import NODE_PATCH, PKI, START, ca, key_pem, keys, leaf


def authorities() -> Authorities:
    return Authorities.of({f"{PKI}/ca.crt": (ca(), 0o644)})


def with_identifier(digest: bytes) -> bytes:
    """A self-signed certificate with a given subject key identifier."""
    key = keys()[0]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(START).not_valid_after(START + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectKeyIdentifier(digest), critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def test_certificate() -> None:
    """Every field that the programs must agree on is there, times relative to the start."""
    assert decode_certificate(leaf("b", "a"), authorities(), key_pem(keys()[1])) == {
        "pem": "canonical",
        "version": "v3",
        "serial": "1 to 2^63-1",
        "subject": ["commonName=kube-apiserver (UTF8String)"],
        "issuer": ["commonName=kubernetes (UTF8String)"],
        "notBefore": -300,
        "notAfter": 365 * 24 * 3600,
        "publicKey": "ECDSA secp256r1",
        "signature": "ecdsa-with-SHA256",
        "signedBy": "ca",
        "extensions": [
            {"name": "basicConstraints", "critical": True, "value": {"ca": False, "pathLength": None}},
            {"name": "subjectAltName", "critical": False, "value": ["DNSName b", "DNSName a"]},
        ],
        "key": "fits",
    }


def test_extensions() -> None:
    """Usages are named; an authority key identifier is compared with the signer's."""
    key = keys()[1]
    signer = x509.load_pem_x509_certificate(ca())
    identifier = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    usage = x509.KeyUsage(True, False, True, False, False, True, False, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(signer.subject)
        .issuer_name(signer.subject)
        .public_key(key.public_key())
        .serial_number(1 << 70)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=1))
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(identifier.digest, None, None), critical=False)
    )
    pem = builder.sign(keys()[0], SHA256()).public_bytes(Encoding.PEM)
    decoded = decode_certificate(pem, authorities())
    assert decoded["serial"] == "out of range"
    assert [(each["name"], each["value"]) for each in decoded["extensions"]] == [
        ("keyUsage", ["digital_signature", "key_encipherment", "key_cert_sign"]),
        ("extendedKeyUsage", ["serverAuth"]),
        ("authorityKeyIdentifier", "the signer's"),
    ]


def key_bits() -> bytes:
    return keys()[0].public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@pytest.mark.parametrize(
    ("digest", "rule"),
    [
        (lambda: hashlib.sha1(key_bits(), usedforsecurity=False).digest(), "SHA-1 of the key"),
        (lambda: hashlib.sha256(key_bits()).digest()[:20], "SHA-256 of the key, 160 bits"),
        (lambda: hashlib.sha256(key_bits()).digest(), "other"),
    ],
)
def test_subject_key_identifier(digest, rule: str) -> None:  # type: ignore[no-untyped-def]
    """The rule that made a key identifier is told apart."""
    (extension,) = decode_certificate(with_identifier(digest()), authorities())["extensions"]
    assert extension["value"] == rule


def test_key() -> None:
    """Form and algorithm of a key are kept, and nothing else."""
    pem = key_pem(ec.generate_private_key(ec.SECP384R1()))
    assert decode_key(pem) == {"pem": "EC PRIVATE KEY", "layout": "canonical", "algorithm": "ECDSA secp384r1"}
    assert decode_key(pem + b"\n")["layout"] == "odd"


def test_authorities_of_another_directory() -> None:
    """The CAs are found wherever the certificates are, also in a directory called etcd."""
    found = Authorities.of({"/srv/etcd/ca.crt": (ca(), 0), "/srv/etcd/etcd/ca.crt": (leaf(), 0)})
    assert dict(found.certificates) == {"ca": ca(), "etcd/ca": leaf()}
    assert found.start == START


def test_public_key_of_another() -> None:
    """A public key that does not belong to the private key beside it is told."""
    public = keys()[1].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    files = {"/pki/sa.key": (key_pem(keys()[0]), 0o600), "/pki/sa.pub": (public, 0o600)}
    (found,) = (file for file in normalise_files(files) if file.target == "/pki/sa.pub")
    assert json.loads(found.text)["key"] == "does not fit"


def test_patch_in_kubeadms_words() -> None:
    """Labels and taints read as in kubeadm's log, taints with and without value."""
    assert describe_patch(NODE_PATCH) == (
        "labels: [node-role.kubernetes.io/control-plane]\ntaints [node-role.kubernetes.io/control-plane:NoSchedule]\n"
    )
    assert describe_patch(
        'metadata: {labels: {a: ""}}\nspec: {taints: [{key: k, value: v, effect: e}, {key: k}]}\n'
    ) == ("labels: [a]\ntaints [k=v:e k]\n")
