# SPDX-License-Identifier: Apache-2.0
"""What a certificate says, for people. Pure: bytes in, values out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kgen.pem import blocks, key_name

E = TypeVar("E", bound=x509.ExtensionType)

_KEY_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign"),
)
_EXTENDED = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth"}
_ATTRIBUTES = {"2.5.4.3": "CN", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The fields of a certificate (RFC 5280), each as text."""

    subject: tuple[tuple[str, str], ...]
    """Attributes in the order of the DER: (`O`, `system:masters`), (`CN`, …)."""
    issuer: tuple[tuple[str, str], ...]
    serial: str
    not_before: datetime
    not_after: datetime
    key: str
    """`RSA-2048`, `ECDSA-P256`, …"""
    signature: str
    """`sha256WithRSAEncryption` and the like, as OpenSSL names it."""
    key_usages: tuple[str, ...]
    """`digitalSignature`, … as RFC 5280 names them."""
    extended_key_usages: tuple[str, ...]
    """`serverAuth`, `clientAuth`, or an OID."""
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    is_ca: bool
    subject_key_identifier: str
    authority_key_identifier: str
    fingerprint: str
    """SHA-256 of the DER, hexadecimal with colons."""
    public_key_hash: str
    """`sha256:` and the hash of the SubjectPublicKeyInfo: what kubeadm join is given for a CA."""

    @property
    def common_name(self) -> str:
        """The last CN of the subject, or nothing."""
        return next((value for name, value in reversed(self.subject) if name == "CN"), "")

    @property
    def organizations(self) -> tuple[str, ...]:
        """Every O of the subject: groups, to Kubernetes."""
        return tuple(value for name, value in self.subject if name == "O")

    @property
    def name(self) -> str:
        """The subject in a line: `O=system:masters, CN=kubernetes-super-admin`."""
        return ", ".join(f"{name}={value}" for name, value in self.subject)


def decode(content: bytes) -> tuple[Decoded, ...]:
    """The certificates in a PEM text, in its order; none of what cannot be read."""
    found = []
    for label, _, der in blocks(content):
        if label == "CERTIFICATE":
            try:
                found.append(_decode(x509.load_der_x509_certificate(der)))
            except ValueError:
                continue
    return tuple(found)


def _decode(certificate: x509.Certificate) -> Decoded:
    key = certificate.public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    der = certificate.public_bytes(Encoding.DER)
    names = _value(certificate, x509.SubjectAlternativeName)
    constraints = _value(certificate, x509.BasicConstraints)
    own = _value(certificate, x509.SubjectKeyIdentifier)
    authority = _value(certificate, x509.AuthorityKeyIdentifier)
    return Decoded(
        subject=_attributes(certificate.subject),
        issuer=_attributes(certificate.issuer),
        serial=_hex(certificate.serial_number.to_bytes((certificate.serial_number.bit_length() + 7) // 8 or 1, "big")),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=key_name(key) if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else type(key).__name__,
        signature=certificate.signature_algorithm_oid._name,
        key_usages=_key_usages(_value(certificate, x509.KeyUsage)),
        extended_key_usages=tuple(
            _EXTENDED.get(oid.dotted_string, oid.dotted_string)
            for oid in _value(certificate, x509.ExtendedKeyUsage) or ()
        ),
        dns_names=tuple(names.get_values_for_type(x509.DNSName)) if names else (),
        ip_addresses=tuple(str(ip) for ip in names.get_values_for_type(x509.IPAddress)) if names else (),
        is_ca=constraints is not None and constraints.ca,
        subject_key_identifier=_hex(own.digest) if own else "",
        authority_key_identifier=_hex(authority.key_identifier or b"") if authority else "",
        fingerprint=_hex(hashlib.sha256(der).digest()),
        public_key_hash="sha256:" + hashlib.sha256(spki).hexdigest(),
    )


def _attributes(name: x509.Name) -> tuple[tuple[str, str], ...]:
    return tuple((_ATTRIBUTES.get(each.oid.dotted_string, each.oid.dotted_string), str(each.value)) for each in name)


def _value(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _key_usages(usage: x509.KeyUsage | None) -> tuple[str, ...]:
    if usage is None:
        return ()
    names = [name for name in _KEY_USAGES if getattr(usage, name)]
    return tuple(re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in names)


def _hex(value: bytes) -> str:
    return ":".join(f"{byte:02X}" for byte in value)
