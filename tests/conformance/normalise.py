# SPDX-License-Identifier: Apache-2.0
"""Turn what kubeadm or kgen wrote into text that can be compared and kept.

Whatever is random (keys, serials, times) is replaced by what is fixed about it. The same functions
read a recording of kubeadm and a tree of kgen, so a difference between two texts is a difference
between the programs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Literal

import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

Content = tuple[bytes, int]
"""Bytes and mode of a file."""

_TextLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Kind = Literal["file", "certificate", "key", "kubeconfig"]

BACKDATED = timedelta(minutes=5)
"""A CA is valid from this long before kubeadm's start (util/pkiutil, NewSelfSignedCACert)."""


@dataclass(frozen=True, slots=True)
class NormalFile:
    """A file of the node, fit to be compared."""

    target: str
    mode: int
    kind: Kind
    text: str
    """The exact text of a plain file; the description of anything with a key or a certificate."""


@dataclass(frozen=True, slots=True)
class NormalObject:
    """An API object, fit to be compared."""

    verb: str
    """`create` or `patch`."""
    kind: str
    namespace: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Authorities:
    """The CAs of a cluster, by their base names: `ca`, `front-proxy-ca`, `etcd/ca`."""

    certificates: Mapping[str, bytes]
    start: datetime | None
    """When the program started, by the oldest of the CAs; None without a CA."""

    @classmethod
    def of(cls, files: Mapping[str, Content]) -> Authorities:
        """Find the CAs among the files of a node (target to content)."""
        places = [PurePosixPath(target) for target in files if target.endswith(".crt")]
        top = min((place.parent for place in places), key=lambda parent: len(parent.parts), default=PurePosixPath("/"))
        targets = {name: str(top / f"{name}.crt") for name in ("ca", "front-proxy-ca", "etcd/ca")}
        found = {name: files[target][0] for name, target in targets.items() if target in files}
        starts = [x509.load_pem_x509_certificate(pem).not_valid_before_utc + BACKDATED for pem in found.values()]
        return cls(found, min(starts, default=None))

    def signer(self, certificate: x509.Certificate) -> str:
        """Base name of the CA that signed it, `itself`, or `unknown`."""
        if _signed_by(certificate, certificate):
            return "itself"
        for name, pem in self.certificates.items():
            if _signed_by(certificate, x509.load_pem_x509_certificate(pem)):
                return name
        return "unknown"


def normalise_files(files: Mapping[str, Content]) -> tuple[NormalFile, ...]:
    """Every file of a node (target to content) as text, sorted by target."""
    authorities = Authorities.of(files)
    return tuple(_normalise_file(target, files, authorities) for target in sorted(files))


def normalise_object(thing: NormalObject, authorities: Authorities) -> NormalObject:
    """The object with the CA in cluster-info replaced by a marker, if it is the cluster's CA."""
    if (thing.namespace, thing.name) != ("kube-public", "cluster-info") or "ca" not in authorities.certificates:
        return thing
    given = base64.b64encode(authorities.certificates["ca"]).decode()
    return replace(thing, text=thing.text.replace(given, "<ca>"))


def describe_patch(text: str) -> str:
    """A patch of the Node in kubeadm's words: the lines of its log without their beginning.

    What kubeadm does not log is not left out but makes the whole patch stand as it is, so that it
    differs from any recording. Silent are the patch with the CRI socket, which becomes empty, and the
    time of a taint.
    Sources: phases/markcontrolplane, phases/patchnode, and Taint.ToString of k8s.io/api/core/v1.
    """
    body = yaml.safe_load(text)
    metadata = {name: value for name, value in body["metadata"].items() if name != "name"}
    match {**metadata, **body.get("spec", {})}:
        case {"annotations": {"kubeadm.alpha.kubernetes.io/cri-socket": str()} as annotations, **others}:
            return text if others or len(annotations) > 1 else ""
        case {"labels": labels, **others} if not others.keys() - {"taints"} and not any(labels.values()):
            taints = [_taint(**taint) for taint in others.get("taints", ())]
            lines = [f"labels: [{' '.join(labels)}]", *([f"taints [{' '.join(taints)}]"] if taints else ())]
            return "\n".join(lines) + "\n"
        case _:
            return text


def _taint(key: str, value: str = "", effect: str = "", timeAdded: object = None) -> str:  # noqa: N803 (the field's name)
    pair = f"{key}={value}" if value else key
    return f"{pair}:{effect}" if effect or value else pair


def _normalise_file(target: str, files: Mapping[str, Content], authorities: Authorities) -> NormalFile:
    content, mode = files[target]
    description: Mapping[str, Any]
    match PurePosixPath(target).suffix:
        case ".crt":
            kind: Kind = "certificate"
            key = files.get(target.removesuffix(".crt") + ".key")
            description = decode_certificate(content, authorities, key and key[0])
        case ".key":
            kind, description = "key", decode_key(content)
        case ".pub":
            kind, description = "key", decode_public_key(content, files[target.removesuffix(".pub") + ".key"][0])
        case ".conf":
            kind, description = "kubeconfig", decode_kubeconfig(content, authorities)
        case _:
            return NormalFile(target, mode, "file", content.decode())
    return NormalFile(target, mode, kind, json.dumps(description, indent=1) + "\n")


def decode_certificate(pem: bytes, authorities: Authorities, key: bytes | None = None) -> dict[str, Any]:
    """All fields of a certificate that the two programs must agree on (RFC 5280).

    Times count in seconds from the program's start. `key` is its private key, where that is known.
    """
    certificate = x509.load_pem_x509_certificate(pem)
    start = authorities.start or certificate.not_valid_before_utc + BACKDATED
    description = {
        "pem": "canonical" if certificate.public_bytes(Encoding.PEM) == pem else "odd",
        "version": certificate.version.name,
        "serial": "1 to 2^63-1" if 0 < certificate.serial_number < 1 << 63 else "out of range",
        "subject": _name(certificate.subject),
        "issuer": _name(certificate.issuer),
        "notBefore": int((certificate.not_valid_before_utc - start).total_seconds()),
        "notAfter": int((certificate.not_valid_after_utc - start).total_seconds()),
        "publicKey": _algorithm(certificate.public_key()),
        "signature": certificate.signature_algorithm_oid._name,
        "signedBy": authorities.signer(certificate),
        "extensions": [_extension(each, certificate, authorities) for each in certificate.extensions],
    }
    if key is not None:
        private = load_pem_private_key(key, None, unsafe_skip_rsa_key_validation=True)
        description["key"] = "fits" if private.public_key() == certificate.public_key() else "does not fit"
    return description


def decode_key(pem: bytes) -> dict[str, Any]:
    """Form and algorithm of a private key; never the key itself."""
    key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    return {**_pem_form(pem), "algorithm": _algorithm(key.public_key())}


def decode_public_key(pem: bytes, private: bytes) -> dict[str, Any]:
    """Form and algorithm of a public key, and whether it belongs to the private one."""
    key = load_pem_public_key(pem)
    other = load_pem_private_key(private, None, unsafe_skip_rsa_key_validation=True).public_key()
    return {**_pem_form(pem), "algorithm": _algorithm(key), "key": "fits" if key == other else "does not fit"}


def decode_kubeconfig(content: bytes, authorities: Authorities) -> dict[str, Any]:
    """A kubeconfig: its exact text with markers for CA, certificate and key, and these described."""
    text = content.decode()
    document = yaml.load(text, _TextLoader)  # noqa: S506 (makes nothing but texts; a cluster may be called `<<`)
    user = document["users"][0]["user"]
    cluster = document["clusters"][0]["cluster"]
    certificate, key = (base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key"))
    if base64.b64decode(cluster["certificate-authority-data"]) == authorities.certificates.get("ca"):
        text = text.replace(cluster["certificate-authority-data"], "<ca>")
    text = text.replace(user["client-certificate-data"], "<certificate>").replace(user["client-key-data"], "<key>")
    return {
        "text": text.splitlines(keepends=True),
        "certificate": decode_certificate(certificate, authorities, key),
        "key": decode_key(key),
    }


def _pem_form(pem: bytes) -> dict[str, Any]:
    """The label of a PEM block, and whether it is laid out as Go's encoder does: 64 columns, LF, nothing else."""
    lines = pem.decode().split("\n")
    label = lines[0].removeprefix("-----BEGIN ").removesuffix("-----")
    body = "".join(lines[1:-2])
    layout = [
        f"-----BEGIN {label}-----",
        *(body[i : i + 64] for i in range(0, len(body), 64)),
        f"-----END {label}-----",
    ]
    return {"pem": label, "layout": "canonical" if lines == [*layout, ""] else "odd"}


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _name(name: x509.Name) -> list[str]:
    """Relative distinguished names in order: `commonName=kubernetes (PrintableString)`."""
    return [" + ".join(f"{each.oid._name}={each.value!s} ({each._type.name})" for each in part) for part in name.rdns]


def _algorithm(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size} e={key.public_numbers().e}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ECDSA {key.curve.name}"
    return type(key).__name__


def _extension(
    extension: x509.Extension[x509.ExtensionType], certificate: x509.Certificate, authorities: Authorities
) -> dict[str, Any]:
    return {
        "name": extension.oid._name,
        "critical": extension.critical,
        "value": _extension_value(extension.value, certificate, authorities),
    }


def _extension_value(value: x509.ExtensionType, certificate: x509.Certificate, authorities: Authorities) -> Any:
    match value:
        case x509.KeyUsage():
            return [bit for bit in _USAGES if _has(value, bit)]
        case x509.ExtendedKeyUsage():
            return [usage._name for usage in value]
        case x509.BasicConstraints():
            return {"ca": value.ca, "pathLength": value.path_length}
        case x509.SubjectAlternativeName():
            return [f"{type(each).__name__} {each.value}" for each in value]
        case x509.SubjectKeyIdentifier():
            return _identifier_rule(value.digest, certificate)
        case x509.AuthorityKeyIdentifier():
            return _authority_rule(value, certificate, authorities)
        case _:
            return value.public_bytes().hex()


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


def _has(usage: x509.KeyUsage, bit: str) -> bool:
    return bool(getattr(usage, bit))


def _identifier_rule(digest: bytes, certificate: x509.Certificate) -> str:
    """Which rule makes this key identifier: RFC 5280 4.2.1.2 (1) or RFC 7093 2 (1)."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bits = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    if digest == bits:
        return "SHA-1 of the key"
    return "SHA-256 of the key, 160 bits" if digest == hashlib.sha256(_key_bits(key)).digest()[:20] else "other"


def _key_bits(info: bytes) -> bytes:
    """The BIT STRING of a SubjectPublicKeyInfo: the second element of the outer SEQUENCE (X.690)."""
    _, inner, _ = _element(info)
    _, _, rest = _element(inner)
    _, bits, _ = _element(rest)
    return bits[1:]


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content and what follows of the first DER element."""
    length, offset = data[1], 2
    if length & 0x80:
        offset += length & 0x7F
        length = int.from_bytes(data[2:offset], "big")
    return data[0], data[offset : offset + length], data[offset + length :]


def _authority_rule(value: x509.AuthorityKeyIdentifier, certificate: x509.Certificate, authorities: Authorities) -> str:
    if value.authority_cert_issuer or value.authority_cert_serial_number:
        return "with issuer and serial"
    pem = authorities.certificates.get(authorities.signer(certificate))
    if pem is None:
        return "of an unknown CA"
    identifier = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return "the signer's" if value.key_identifier == identifier.value.digest else "not the signer's"


def utc(text: str) -> datetime:
    """A time as recordings keep it, `2026-01-02T03:04:05Z`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
