# SPDX-License-Identifier: Apache-2.0
"""PEM files with keys, as kubeadm reads and writes them (client-go util/keyutil/key.go)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from kgen.errors import MaterialError
from kgen.keys import PrivateKey, PublicKey

CURVES = {"secp224r1": "ECDSA-P224", "secp256r1": "ECDSA-P256", "secp384r1": "ECDSA-P384", "secp521r1": "ECDSA-P521"}
"""The curves that Go knows, and their names in the manner of kubeadm's."""

_PEM = re.compile(
    rb"^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n(.*?)^-----END \1-----[ \t]*\r?$", re.MULTILINE | re.DOTALL
)


def load_private_key(content: bytes, name: str, *, own: bool = False) -> PrivateKey:
    """The first private key of a PEM file that can be read: PKCS#1, SEC1 or PKCS#8, never encrypted.

    As client-go's ParsePrivateKeyPEM and kubeadm's TryLoadKeyFromDisk. A key that kgen wrote itself (`own`) is not
    tested for being a sound RSA key, which takes longer than all the rest of a second render. Raises
    MaterialError, which names the file and nothing of its content.
    """
    labels = set()
    for label, headers, der in blocks(content):
        labels.add(label)
        if label == "ENCRYPTED PRIVATE KEY" or b"ENCRYPTED" in headers:
            raise MaterialError(f"{name}: the private key is encrypted; supply it without a passphrase")
        if label not in ("RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"):
            continue
        try:
            key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=own)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, rsa.RSAPrivateKey) or (
            isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES
        ):
            return key
        raise MaterialError(f"{name}: is neither an RSA key nor an ECDSA key on a NIST curve")
    found = f", only {', '.join(sorted(labels))}" if labels else ""
    raise MaterialError(f"{name}: holds no RSA or ECDSA private key in PEM that can be read{found}")


def load_public_keys(content: bytes, name: str) -> tuple[PublicKey, ...]:
    """The public keys of a PEM file, as client-go's ParsePublicKeysPEM; MaterialError if there is none."""
    keys: list[PublicKey] = []
    for _, _, der in blocks(content):
        try:
            key = load_der_public_key(der)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            keys.append(key)
    if not keys:
        raise MaterialError(f"{name}: holds no RSA or ECDSA public key in PEM")
    return tuple(keys)


def encode_private_key(key: PrivateKey) -> bytes:
    """PEM as client-go's MarshalPrivateKeyToPEM: `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def encode_public_key(key: PrivateKey) -> bytes:
    """The public half as PEM `PUBLIC KEY` (PKIX)."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_name(key: PrivateKey | PublicKey) -> str:
    """`RSA-2048`, `ECDSA-P256`: kubeadm's name where it has one."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    return CURVES.get(key.curve.name, f"ECDSA-{key.curve.name}")


def blocks(content: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Label, header lines and DER of each PEM block; what is not PEM is passed over, as Go's pem.Decode does."""
    for match in _PEM.finditer(content):
        lines = match[2].split(b"\n")
        headers = b"\n".join(line for line in lines if b":" in line)
        body = b"".join(b"".join(line.split()) for line in lines if b":" not in line)
        try:
            yield match[1].decode(), headers, base64.b64decode(body, validate=True)
        except binascii.Error:
            continue
