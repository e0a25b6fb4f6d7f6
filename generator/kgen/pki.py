# SPDX-License-Identifier: Apache-2.0
"""X.509 as kubeadm makes and reads it: bytes in, bytes out. The only importer of cryptography.x509.

Two nouns: a `Profile` says what a certificate is for, a `Certificate` is one that exists. What is written is what
Go's x509.CreateCertificate writes for kubeadm's templates (util/pkiutil/pki_helpers.go: NewSelfSignedCACert,
NewSignedCert): with the same key, serial and times the same DER, as far as the signature scheme is deterministic.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kgen.errors import MaterialError
from kgen.keys import PrivateKey, PublicKey
from kgen.pem import blocks, key_name

T = TypeVar("T")
E = TypeVar("E", bound=x509.ExtensionType)
Usage = Literal["server", "client"]
SubjectKeyIdMethod = Literal["sha1", "sha256-160"]
"""RFC 5280 4.2.1.2 method 1, or RFC 7093 section 2 method 1. Which one kubeadm uses depends on the Go it is built
for (GODEBUG x509sha256skid)."""

_USAGES: dict[Usage, x509.ObjectIdentifier] = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
}
_HASHES: dict[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    # What Go takes to sign with a key on this curve (crypto/x509/x509.go, signingParamsForKey).
    "secp224r1": hashes.SHA256(),
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
_PRINTABLE = re.compile(r"[A-Za-z0-9'()+,\-./ :=?]*")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a certificate says, apart from key, signer, serial and times."""

    common_name: str
    organizations: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    """In the order in which they are written; kubeadm sorts them."""
    ip_addresses: tuple[str, ...] = ()
    """In the order in which they are written; kubeadm keeps the order of the configuration."""
    usages: tuple[Usage, ...] = ()
    ca: bool = False

    @property
    def subject(self) -> str:
        """For people: `O=system:masters, CN=kubernetes-super-admin`, in the order of the DER."""
        return _subject(self.organizations, self.common_name)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that exists, decoded."""

    pem: bytes = field(repr=False)
    """This certificate alone, as Go encodes it."""
    common_name: str
    organizations: tuple[str, ...]
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    usages: tuple[Usage, ...]
    """Of the usages kgen knows, those it is good for; both for a certificate that does not limit its usage."""
    not_before: datetime
    not_after: datetime
    is_ca: bool
    key: str
    """`RSA-2048`, `ECDSA-P256`, …"""
    spki_hash: str
    """`sha256:` and the hexadecimal hash of the DER SubjectPublicKeyInfo: kubeadm's discovery hash."""
    _x509: x509.Certificate = field(repr=False, compare=False)

    @property
    def subject(self) -> str:
        """For people: `O=system:masters, CN=kubernetes-super-admin`."""
        return _subject(self.organizations, self.common_name)

    def has_key(self, key: PrivateKey) -> bool:
        """Whether this is the private key of the certificate."""
        return self._x509.public_key() == key.public_key()

    def chains_to(self, authority: Certificate, intermediates: tuple[Certificate, ...] = ()) -> bool:
        """Whether a chain of signatures leads to the authority, through CAs among the intermediates.

        As Go's Verify with that one root: names, signatures, path lengths and that intermediates are CAs. Periods
        are the caller's business; name constraints are not looked at.
        """
        return _chains(self._x509, authority._x509, tuple(c._x509 for c in intermediates if c.is_ca), 0)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that can sign."""

    certificate: Certificate
    _key: PrivateKey = field(repr=False)

    def issue(
        self, profile: Profile, key: PrivateKey, *, serial: int, not_before: datetime, not_after: datetime
    ) -> bytes:
        """A leaf for the key, signed by this CA, as PEM.

        `not_before` and `not_after` are UTC; fractions of seconds are cut off, as in Go. Never has a SubjectKeyId.
        """
        issuer = self.certificate._x509
        builder = _builder(profile, key, serial, not_before, not_after).issuer_name(_quietly(lambda: issuer.subject))
        identifier = _extension(issuer, x509.SubjectKeyIdentifier)
        # Go leaves the AuthorityKeyId out where subject and issuer are the same bytes: a node called `etcd-ca`.
        if identifier and _quietly(issuer.subject.public_bytes) != _quietly(_name(profile).public_bytes):
            builder = builder.add_extension(x509.AuthorityKeyIdentifier(identifier.digest, None, None), critical=False)
        return _sign(_with_names(builder, profile), self._key)


def self_sign(
    profile: Profile,
    key: PrivateKey,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    ski: SubjectKeyIdMethod,
) -> bytes:
    """A self-signed CA certificate for the key, as PEM. Times as in `Authority.issue`."""
    builder = _builder(profile, key, serial, not_before, not_after).issuer_name(_name(profile))
    builder = builder.add_extension(_subject_key_id(key.public_key(), ski), critical=False)
    return _sign(_with_names(builder, profile), key)


def load_certificates(content: bytes, name: str) -> tuple[Certificate, ...]:
    """All certificates of a PEM file, first things first: kubeadm uses the first, the others are intermediates.

    As client-go's ParseCertsPEM: other blocks, and blocks with headers, are passed over. Raises MaterialError, which
    names the file, where there is no certificate or one that cannot be parsed.
    """
    ders = [der for label, headers, der in blocks(content) if label == "CERTIFICATE" and not headers]
    if not ders:
        raise MaterialError(f"{name}: holds no certificate in PEM")
    try:
        return _quietly(lambda: tuple(_decode(x509.load_der_x509_certificate(der)) for der in ders))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MaterialError(f"{name}: holds a certificate that cannot be parsed") from None


def _builder(
    profile: Profile, key: PrivateKey, serial: int, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    """What all certificates have, up to the identifiers. The order of extensions is Go's (buildCertExtensions)."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(profile))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=True,  # for ECDSA keys too
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=profile.ca,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if profile.usages:
        usages = x509.ExtendedKeyUsage([_USAGES[usage] for usage in profile.usages])
        builder = builder.add_extension(usages, critical=False)
    return builder.add_extension(x509.BasicConstraints(ca=profile.ca, path_length=None), critical=True)


def _with_names(builder: x509.CertificateBuilder, profile: Profile) -> x509.CertificateBuilder:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in profile.dns_names]
    names += [x509.IPAddress(_ip(address)) for address in profile.ip_addresses]
    return builder.add_extension(x509.SubjectAlternativeName(names), critical=False) if names else builder


def _sign(builder: x509.CertificateBuilder, key: PrivateKey) -> bytes:
    algorithm = hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else _HASHES[key.curve.name]
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM)


def _name(profile: Profile) -> x509.Name:
    """O before CN (crypto/x509/pkix, ToRDNSequence). Go has no limit of 64 bytes: long node names are fine."""

    def attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
        kind = _ASN1Type.PrintableString if _PRINTABLE.fullmatch(value) else _ASN1Type.UTF8String
        return x509.NameAttribute(oid, value, kind, _validate=False)

    def name() -> x509.Name:
        rdns = [[attribute(NameOID.COMMON_NAME, profile.common_name)]]
        if profile.organizations:
            rdns.insert(0, [attribute(NameOID.ORGANIZATION_NAME, value) for value in profile.organizations])
        return x509.Name([x509.RelativeDistinguishedName(rdn) for rdn in rdns])

    return _quietly(name)


def _subject_key_id(key: PublicKey, method: SubjectKeyIdMethod) -> x509.SubjectKeyIdentifier:
    if method == "sha1":
        return x509.SubjectKeyIdentifier.from_public_key(key)
    bits = (
        key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        if isinstance(key, rsa.RSAPublicKey)
        else key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return x509.SubjectKeyIdentifier(hashlib.sha256(bits).digest()[:20])


def _decode(certificate: x509.Certificate) -> Certificate:
    names = _extension(certificate, x509.SubjectAlternativeName)
    constraints = _extension(certificate, x509.BasicConstraints)
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    allowed = set(extended) if extended else {ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    any_usage = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in allowed
    key = certificate.public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(
        pem=certificate.public_bytes(Encoding.PEM),
        common_name="".join(_attributes(certificate, NameOID.COMMON_NAME)[-1:]),
        organizations=_attributes(certificate, NameOID.ORGANIZATION_NAME),
        dns_names=tuple(names.get_values_for_type(x509.DNSName)) if names else (),
        ip_addresses=tuple(str(_ip(str(ip))) for ip in names.get_values_for_type(x509.IPAddress)) if names else (),
        usages=tuple(usage for usage, oid in _USAGES.items() if any_usage or oid in allowed),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_ca=constraints is not None and constraints.ca,
        key=key_name(key) if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else type(key).__name__,
        spki_hash="sha256:" + hashlib.sha256(spki).hexdigest(),
        _x509=certificate,
    )


def _chains(leaf: x509.Certificate, root: x509.Certificate, between: tuple[x509.Certificate, ...], depth: int) -> bool:
    if _issued(leaf, root, depth):
        return True
    return any(
        _issued(leaf, middle, depth) and _chains(middle, root, tuple(c for c in between if c is not middle), depth + 1)
        for middle in between
    )


def _issued(leaf: x509.Certificate, issuer: x509.Certificate, below: int) -> bool:
    """Whether the issuer may and did sign the leaf, with `below` intermediates between it and the end."""
    constraints = _extension(issuer, x509.BasicConstraints)
    if constraints and constraints.path_length is not None and below > constraints.path_length:
        return False
    try:
        _quietly(lambda: leaf.verify_directly_issued_by(issuer))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _attributes(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid))


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Go writes an IPv4 address in four bytes, however it was given."""
    ip = ipaddress.ip_address(address)
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip


def _subject(organizations: tuple[str, ...], common_name: str) -> str:
    return ", ".join([*(f"O={organization}" for organization in organizations), f"CN={common_name}"])


def _quietly(function: Callable[[], T]) -> T:
    """cryptography warns about names longer than 64 bytes, which kubeadm makes for long node names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function()
