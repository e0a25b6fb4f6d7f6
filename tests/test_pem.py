# SPDX-License-Identifier: Apache-2.0
"""Keys are read and written as client-go does."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from helpers import canned_key
from kgen.errors import MaterialError
from kgen.keys import Algorithm, PrivateKey
from kgen.pem import encode_private_key, encode_public_key, load_private_key, load_public_keys

EC_PARAMETERS = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
PASSPHRASE = BestAvailableEncryption(b"open sesame")


def encode(key: object, form: PrivateFormat, encryption: KeySerializationEncryption | None = None) -> bytes:
    """A key in a form that kgen does not write."""
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


@pytest.mark.parametrize(
    ("key", "label"),
    [(canned_key(Algorithm.RSA_2048), b"RSA PRIVATE KEY"), (canned_key(Algorithm.ECDSA_P384), b"EC PRIVATE KEY")],
)
def test_forms(key: PrivateKey, label: bytes) -> None:
    """Keys are written in the traditional form, and read in that and in PKCS#8."""
    assert encode_private_key(key).startswith(b"-----BEGIN " + label + b"-----\n")
    assert encode_public_key(key).startswith(b"-----BEGIN PUBLIC KEY-----\n")
    for content in (encode_private_key(key), encode(key, PrivateFormat.PKCS8)):
        assert load_private_key(content, "ca.key").private_numbers() == key.private_numbers()
    assert load_public_keys(encode_public_key(key), "sa.pub") == (key.public_key(),)


def test_openssl_parameters() -> None:
    """The block that `openssl ecparam -genkey` writes first is passed over."""
    content = EC_PARAMETERS + encode_private_key(canned_key())
    assert load_private_key(content, "ca.key").public_key() == canned_key().public_key()


def test_many_public_keys() -> None:
    """sa.pub may hold the keys of a rotation."""
    keys = canned_key(), canned_key(Algorithm.RSA_2048)
    content = b"".join(map(encode_public_key, keys))
    assert load_public_keys(content, "sa.pub") == tuple(key.public_key() for key in keys)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no RSA or ECDSA private key"),
        (b"garbage", "holds no RSA or ECDSA private key"),
        (encode_public_key(canned_key()), "only PUBLIC KEY"),
        (b"-----BEGIN RSA " + b"PRIVATE KEY-----\nAAAA\n-----END RSA " + b"PRIVATE KEY-----\n", "only RSA PRIVATE KEY"),
        (encode(canned_key(), PrivateFormat.PKCS8, PASSPHRASE), "encrypted"),
        (encode(canned_key(Algorithm.RSA_2048), PrivateFormat.TraditionalOpenSSL, PASSPHRASE), "encrypted"),
        (encode(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8), "neither an RSA key nor an ECDSA key"),
        (encode(ec.generate_private_key(ec.SECP256K1()), PrivateFormat.PKCS8), "neither an RSA key nor an ECDSA key"),
    ],
)
def test_unusable_private_key(content: bytes, says: str) -> None:
    """A key that kubeadm could not use is refused with the file's name, and nothing of its content."""
    with pytest.raises(MaterialError) as caught:
        load_private_key(content, "pki/ca.key")
    assert str(caught.value).startswith("pki/ca.key: ")
    assert says in str(caught.value)
    assert not any(line and line.decode() in str(caught.value) for line in content.splitlines()[1:-1])


def test_no_public_key() -> None:
    """A file without a public key is refused by name."""
    with pytest.raises(MaterialError, match=r"^sa\.pub: holds no RSA or ECDSA public key"):
        load_public_keys(b"garbage", "sa.pub")
