# SPDX-License-Identifier: Apache-2.0
"""Certificates, keys and kubeconfigs that exist already: an earlier tree's, or a user's. Names and bytes, no disk."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from kgen.errors import MaterialError
from kgen.keys import PrivateKey
from kgen.pem import load_private_key, load_public_keys
from kgen.pki import Certificate, load_certificates


@dataclass(frozen=True, slots=True)
class Material:
    """Files that may be reused, by name: below pki/ (`sa.pub`, `etcd/server.crt`) or of a kubeconfig (`admin.conf`)."""

    files: Mapping[str, bytes] = field(repr=False)
    origin: Literal["given", "earlier"]
    """`given`: a user's, never replaced, who may want more than the configuration says. `earlier`: kgen's own tree."""
    where: str = ""
    """The directory, as messages name it."""
    kubeconfigs: str | None = None
    """That of the kubeconfigs, if it is another one."""

    def path(self, name: str) -> str:
        """A file's name for messages."""
        where = self.kubeconfigs if self.kubeconfigs is not None and name.endswith(".conf") else self.where
        return f"{where.rstrip('/')}/{name}" if where else name


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with its key, as found. What is missing is empty or None."""

    material: Material
    certificate: bytes = field(repr=False)
    """The file's bytes, bundle and all."""
    key: bytes | None = field(repr=False)
    chain: tuple[Certificate, ...]
    """The certificate, then its intermediates."""
    private_key: PrivateKey | None = field(repr=False)
    kubeconfig: Kubeconfig | None = None
    """Where it was found, if that is a kubeconfig."""
    public_key: bytes = b""
    """For a key pair without certificate: the public key file."""


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """What a kubeconfig says about its current context."""

    content: bytes = field(repr=False)
    server: str
    trusts: tuple[Certificate, ...]
    """The embedded certificate authority data; empty where it names a file instead."""


def read_pair(material: Material, name: str) -> Credential | None:
    """`<name>.crt` and `<name>.key`; None if neither is there. MaterialError if one of them cannot be read."""
    certificate = material.files.get(f"{name}.crt")
    key = material.files.get(f"{name}.key")
    if certificate is None and key is None:
        return None
    return Credential(
        material,
        certificate or b"",
        key,
        _chain(certificate, material.path(f"{name}.crt")),
        _key(material, key, f"{name}.key"),
    )


def read_kubeconfig(material: Material, name: str) -> Credential | None:
    """The client certificate and key of a kubeconfig's current context; None if the file is not there.

    Looks things up as kubeadm does (phases/kubeconfig/kubeconfig.go, validateKubeConfig). MaterialError if it is no
    kubeconfig, or if something embedded cannot be read.
    """
    content = material.files.get(name)
    if content is None:
        return None
    path = material.path(name)
    config = _parse(content, path)
    context = _entry(config, "context", config.get("current-context"))
    cluster = _entry(config, "cluster", context.get("cluster"))
    if not context or not cluster:
        raise MaterialError(f"{path}: has no current context that leads to a cluster")
    user = _entry(config, "user", context.get("user"))
    trusted = _data(cluster, "certificate-authority-data", path)
    certificate = _data(user, "client-certificate-data", path)
    key = _data(user, "client-key-data", path)
    if trusted is None and "certificate-authority" not in cluster:
        raise MaterialError(f"{path}: names no certificate authority")
    return Credential(
        material,
        certificate or b"",
        key,
        _chain(certificate, f"{path}: client-certificate-data"),
        _key(material, key, f"{name}: client-key-data"),
        Kubeconfig(content, str(cluster.get("server", "")), _chain(trusted, f"{path}: certificate-authority-data")),
    )


def read_key_pair(material: Material, name: str) -> Credential | None:
    """`<name>.key` and `<name>.pub`; None without the private key, which is all that kubeadm asks for.

    A missing public key is left empty. MaterialError if a file cannot be read, or if the public key file does not
    hold the public half: tokens signed with the one would be refused by the other.
    """
    key, public = material.files.get(f"{name}.key"), material.files.get(f"{name}.pub")
    if key is None:
        return None
    private = _key(material, key, f"{name}.key")
    if public is not None and private is not None:
        path = material.path(f"{name}.pub")
        if private.public_key() not in load_public_keys(public, path):
            raise MaterialError(f"{path}: does not hold the public key of {name}.key; without it, it would be derived")
    return Credential(material, b"", key, (), private, public_key=public or b"")


def _chain(content: bytes | None, path: str) -> tuple[Certificate, ...]:
    return () if content is None else load_certificates(content, path)


def _key(material: Material, content: bytes | None, name: str) -> PrivateKey | None:
    own = material.origin == "earlier"
    return None if content is None else load_private_key(content, material.path(name), own=own)


def _parse(content: bytes, path: str) -> dict[str, Any]:
    try:
        config = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError):  # ValueError: not UTF-8, or a date that does not exist
        raise MaterialError(f"{path}: is not YAML") from None
    if not isinstance(config, dict) or config.get("kind", "Config") != "Config":
        raise MaterialError(f"{path}: is not a kubeconfig")
    return config


def _entry(config: dict[str, Any], kind: str, name: object) -> dict[str, Any]:
    """The named entry of a section; empty if there is none."""
    entries = config.get(f"{kind}s")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and name and entry.get("name") == name and isinstance(entry.get(kind), dict):
            found: dict[str, Any] = entry[kind]
            return found
    return {}


def _data(entry: dict[str, Any], key: str, path: str) -> bytes | None:
    """A base64 field; None if it is absent or empty."""
    text = entry.get(key)
    if not text:
        return None
    try:
        return base64.b64decode("".join(str(text).split()), validate=True)
    except (binascii.Error, ValueError):
        raise MaterialError(f"{path}: {key} is not base64") from None
