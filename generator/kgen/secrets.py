# SPDX-License-Identifier: Apache-2.0
"""What is secret in a cluster and random at its birth: keys, bootstrap tokens, the certificate key.

`gather` stands between two pure steps: the phases say what certificates are needed, the earlier tree
and the user's directory offer what there is, and what is left is made. Randomness, keys and the time
are arguments. Tokens and uploaded certificates of an earlier tree are kept while they are still good,
so that rendering twice changes nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import yaml
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kgen.cluster import Cluster
from kgen.config.scalars import parse_duration
from kgen.errors import MaterialError
from kgen.keyring import Keyring, Note

TOKEN_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"  # noqa: S105 (characters, not a secret)
EXTERNAL_ETCD = {
    "external-etcd-ca.crt": "caFile",
    "external-etcd.crt": "certFile",
    "external-etcd.key": "keyFile",
}
"""Name in the Secret kubeadm-certs -> field of etcd.external that says where the file is."""
PROXY_TOKEN_LIFETIME = timedelta(hours=2)
PROXY_TOKEN_DESCRIPTION = "Proxy for managing TTL for the kubeadm-certs secret"  # noqa: S105 (kubeadm's text in the object)


@dataclass(frozen=True, slots=True)
class Token:
    """A bootstrap token."""

    id: str
    secret: str = field(repr=False)
    description: str
    expires: datetime | None
    usages: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def text(self) -> str:
        """`id.secret`, as `kubeadm join --token` takes it"""
        return f"{self.id}.{self.secret}"


@dataclass(frozen=True, slots=True)
class Upload:
    """What upload-certs puts into the cluster."""

    certificate_key: str = field(repr=False)
    """64 hexadecimal digits"""
    token: Token
    """Its Secret owns kubeadm-certs: when it expires, both go."""
    encrypted: Mapping[str, bytes | None] = field(repr=False)
    """By key of the Secret kubeadm-certs; None for a file that is not at hand, which kubeadm writes as null."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Every secret of a cluster."""

    keyring: Keyring
    tokens: tuple[Token, ...]
    upload: Upload | None

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was made, kept and re-issued, and why."""
        return self.keyring.notes


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier tree holds that is worth keeping."""

    tokens: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Content of each Secret of a bootstrap token, by name"""
    certificates: bytes | None = field(default=None, repr=False)
    """Content of the Secret kubeadm-certs"""


def tokens(cluster: Cluster, earlier: Earlier, start: datetime, random: Callable[[int], bytes]) -> tuple[Token, ...]:
    """The bootstrap tokens: the configuration's; one it leaves open is an earlier one that still holds, else new."""
    known = [secret for content in earlier.tokens.values() if (secret := _read_token(content))]
    wanted: Sequence[Mapping[str, Any]] = cluster.init["bootstrapTokens"]
    named = {token["token"].partition(".")[0] for token in wanted if token.get("token")}
    spare = [token for token in known if token.id not in named and token.description != PROXY_TOKEN_DESCRIPTION]
    result = []
    for token in wanted:
        lifetime = timedelta(microseconds=parse_duration(token["ttl"]) // 1000)
        if token.get("token"):
            identifier, _, value = token["token"].partition(".")
            before = next((other for other in known if other.text == token["token"]), None)
        else:
            before = next((other for other in spare if not other.expires or other.expires > start), None)
            if before:
                spare.remove(before)
            identifier, value = (before.id, before.secret) if before else _new_token(random)
        result.append(
            Token(
                id=identifier,
                secret=value,
                description=token.get("description", ""),
                expires=_expiry(before, lifetime, start),
                usages=tuple(token["usages"]),
                groups=tuple(token["groups"]),
            )
        )
    return tuple(result)


def _expiry(before: Token | None, lifetime: timedelta, start: datetime) -> datetime | None:
    """kubeadm's expiry, or the earlier one while it lies ahead and not beyond what is asked for."""
    if lifetime <= timedelta():
        return None
    latest = start + lifetime
    if before and before.expires and start < before.expires <= latest:
        return before.expires
    return latest


def _new_token(random: Callable[[int], bytes]) -> tuple[str, str]:
    text = _characters(random, 22)
    return text[:6], text[6:]


def _characters(random: Callable[[int], bytes], count: int) -> str:
    """Evenly distributed characters of a token: bytes that would make some more likely are drawn again."""
    limit = 256 - 256 % len(TOKEN_ALPHABET)
    text = ""
    while len(text) < count:
        text += "".join(TOKEN_ALPHABET[b % len(TOKEN_ALPHABET)] for b in random(count) if b < limit)
    return text[:count]


def _read_token(content: bytes) -> Token | None:
    data = _read_secret(content)
    try:
        expiration = data.get("expiration", b"").decode()
        expires = datetime.fromisoformat(expiration) if expiration else None
        if expires and expires.tzinfo is None:
            return None
        return Token(
            id=data["token-id"].decode(),
            secret=data["token-secret"].decode(),
            description=data.get("description", b"").decode(),
            expires=expires,
            usages=(),
            groups=(),
        )
    except (KeyError, ValueError, AttributeError):  # AttributeError: a field is null
        return None


def _read_secret(content: bytes) -> dict[str, Any]:
    """The data of a Secret; empty if it is none any more, for then there is nothing to keep."""
    try:
        data = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["data"]  # noqa: S506 (a safe loader)
        return {name: None if text is None else base64.b64decode(text, validate=True) for name, text in data.items()}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError, ValueError, binascii.Error):
        return {}


def upload(
    cluster: Cluster,
    keyring: Keyring,
    earlier: Earlier,
    start: datetime,
    random: Callable[[int], bytes],
    host_files: Mapping[str, bytes],
) -> Upload:
    """The shared certificates, encrypted (kubeadm app/phases/copycerts/copycerts.go, app/util/crypto/crypto.go).

    AES-256-GCM, a random nonce of 12 bytes before the ciphertext, each file by itself. Raises
    MaterialError if a CA is external: then there is no key to share.
    """
    plain = _shared_files(cluster, keyring, host_files)
    key = cluster.init.get("certificateKey") or random(32).hex()
    cipher = AESGCM(bytes.fromhex(key))
    kept = _kept_upload(plain, cipher, earlier, start)
    if kept:
        return Upload(key, *kept)
    encrypted: dict[str, bytes | None] = {}
    for name, content in plain.items():
        nonce = random(12)
        encrypted[name] = None if content is None else nonce + cipher.encrypt(nonce, content, None)
    identifier, secret = _new_token(random)
    token = Token(identifier, secret, PROXY_TOKEN_DESCRIPTION, start + PROXY_TOKEN_LIFETIME, (), ())
    return Upload(key, token, encrypted)


def _shared_files(cluster: Cluster, keyring: Keyring, host_files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    files: dict[str, bytes | None] = {"sa.pub": keyring.public_key("sa"), "sa.key": keyring.key("sa")}
    external = cluster.external_etcd
    for name in ["ca", "front-proxy-ca"] + ([] if external is not None else ["etcd/ca"]):
        key = keyring.key(name)
        if key is None:
            raise MaterialError(f"pki/{name}.key is not there, so it cannot be shared; leave out --upload-certs")
        files[f"{name.replace('/', '-')}.crt"] = keyring.certificate(name)
        files[f"{name.replace('/', '-')}.key"] = key
    if external is not None:
        for name, field_name in EXTERNAL_ETCD.items():
            files[name] = host_files.get(external.get(field_name, ""))
    return files


def _kept_upload(
    plain: Mapping[str, bytes | None], cipher: AESGCM, earlier: Earlier, start: datetime
) -> tuple[Token, dict[str, bytes | None]] | None:
    """The earlier upload, if this key opens it, it holds these files and its token still lives."""
    encrypted = _read_secret(earlier.certificates or b"")
    try:
        opened = {name: box and cipher.decrypt(box[:12], box[12:], None) for name, box in encrypted.items()}
    except (InvalidTag, ValueError):
        return None
    known = [token for content in earlier.tokens.values() if (token := _read_token(content))]
    owner = next((token for token in known if token.description == PROXY_TOKEN_DESCRIPTION), None)
    if not owner or not owner.expires or owner.expires <= start or opened != dict(plain):
        return None
    return owner, encrypted
