# SPDX-License-Identifier: Apache-2.0
"""Certificates are what kubeadm's Go makes of the same input, and they work."""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from helpers import DATA, assert_identifies, assert_is_ca, assert_serves, canned_key, decode, shake_hands
from kgen.errors import MaterialError
from kgen.keys import Algorithm, PrivateKey
from kgen.pem import encode_private_key
from kgen.pki import (
    Authority,
    Certificate,
    Profile,
    _subject_key_id,
    load_certificates,
    self_sign,
)

START = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
END = START + timedelta(days=365)
CA = Profile("kubernetes", dns_names=("kubernetes",), ca=True)
SERVER = Profile(
    "kube-apiserver",
    dns_names=("cp-1", "kubernetes"),
    ip_addresses=("10.96.0.1", "2001:db8::1"),
    usages=("server",),
)
CLIENT = Profile("kubernetes-admin", organizations=("kubeadm:cluster-admins",), usages=("client",))
RECORDED_CA = decode((DATA / "pki" / "kubeadm-1.37.2-RSA-2048.pem").read_bytes()).pem
RECORDINGS = [
    ("kubeadm-1.34.4-RSA-2048", Algorithm.RSA_2048, "sha1"),
    ("kubeadm-1.37.2-RSA-2048", Algorithm.RSA_2048, "sha256-160"),
    ("kubeadm-1.37.2-ECDSA-P384", Algorithm.ECDSA_P384, "sha256-160"),
]


def ca_of(key: PrivateKey, profile: Profile = CA, ski: str = "sha256-160", **times: datetime) -> Authority:
    """A CA that holds the key."""
    times = {"not_before": START, "not_after": END} | times
    return Authority(decode(self_sign(profile, key, serial=1, ski=ski, **times)), key)


def issue(ca: Authority, profile: Profile, key: PrivateKey, **changes: object) -> bytes:
    """A leaf of the CA."""
    arguments = {"serial": 2, "not_before": START, "not_after": END} | changes
    return ca.issue(profile, key, **arguments)


def x(pem: bytes) -> x509.Certificate:
    """The certificate as another library object, to look at what pki does not show."""
    return x509.load_pem_x509_certificate(pem)


def spki(pem: bytes) -> bytes:
    """DER of the public key."""
    return x(pem).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def extension(pem: bytes, kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
    """An extension; None if it is not there."""
    try:
        return x(pem).extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


@dataclass(frozen=True)
class Recorded:
    """The CA, API server and super-admin certificates of a real dry run."""

    certificates: tuple[Certificate, ...]
    algorithm: Algorithm
    ski: str


@pytest.fixture(params=RECORDINGS, ids=[recording for recording, _, _ in RECORDINGS])
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """Each recording in tests/data/pki."""
    name, algorithm, ski = request.param
    return Recorded(load_certificates((DATA / "pki" / f"{name}.pem").read_bytes(), name), algorithm, ski)


def test_ca_is_kubeadms(recorded: Recorded) -> None:
    """What is signed differs from kubeadm's in the public key and its identifier alone."""
    real, key = recorded.certificates[0], canned_key(recorded.algorithm)
    profile = Profile(real.common_name, real.organizations, real.dns_names, ca=True)
    times = {"not_before": real.not_before, "not_after": real.not_after}
    made = self_sign(profile, key, serial=x(real.pem).serial_number, ski=recorded.ski, **times)
    swapped = x(made).tbs_certificate_bytes.replace(spki(made), spki(real.pem))
    digests = [extension(pem, x509.SubjectKeyIdentifier).digest for pem in (made, real.pem)]
    assert swapped.replace(*digests) == x(real.pem).tbs_certificate_bytes
    assert x(made).signature_algorithm_oid == x(real.pem).signature_algorithm_oid


@pytest.mark.parametrize("leaf", [1, 2])
def test_leaf_is_kubeadms(recorded: Recorded, leaf: int) -> None:
    """What is signed differs from kubeadm's in the public key alone."""
    real, key = recorded.certificates[leaf], canned_key(recorded.algorithm)
    profile = Profile(real.common_name, real.organizations, real.dns_names, real.ip_addresses, real.usages)
    times = {"not_before": real.not_before, "not_after": real.not_after}
    made = issue(Authority(recorded.certificates[0], key), profile, key, serial=x(real.pem).serial_number, **times)
    assert x(made).tbs_certificate_bytes.replace(spki(made), spki(real.pem)) == x(real.pem).tbs_certificate_bytes


def test_subject_key_identifier(recorded: Recorded) -> None:
    """The hash that is named for the release gives kubeadm's identifier for kubeadm's key."""
    real = recorded.certificates[0].pem
    assert _subject_key_id(x(real).public_key(), recorded.ski) == extension(real, x509.SubjectKeyIdentifier)


def test_decoded(recorded: Recorded) -> None:
    """A recorded certificate reads as what it is for."""
    ca, server, client = recorded.certificates
    assert_is_ca(ca.pem)
    assert ca.usages == ("server", "client"), "it does not limit its usage"
    assert_serves(server.pem, "cp-1", "kubernetes.default.svc.cluster.local", "10.96.0.1", "192.0.2.10")
    assert_identifies(client.pem, "kubernetes-super-admin", "system:masters")
    assert {c.key for c in (ca, server, client)} == {recorded.algorithm.value}
    assert server.chains_to(ca)


def test_discovery_hash() -> None:
    """The hash of the CA is the one that kubeadm printed in its join command for that CA."""
    assert decode(RECORDED_CA).spki_hash == "sha256:0dbe57b925bf465a7165cc5fd9308c8e7852fd469fdf709f9b113de60de01941"


@pytest.mark.parametrize("algorithm", Algorithm, ids=lambda algorithm: algorithm.value)
def test_handshake(algorithm: Algorithm) -> None:
    """With each algorithm, server and client find each other trustworthy by name, IPv4 and IPv6 address."""
    key = canned_key(algorithm)
    now = datetime.now(UTC)
    times = {"not_before": now - timedelta(minutes=5), "not_after": now + timedelta(days=1)}
    ca = ca_of(key, **times)
    server = (issue(ca, SERVER, key, **times), encode_private_key(key))
    client = (issue(ca, CLIENT, key, **times), encode_private_key(key))
    for name in ("cp-1", "10.96.0.1", "2001:db8::1"):
        shake_hands(ca.certificate.pem, server, client, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(ca.certificate.pem, server, client, "10.96.0.2")
    with pytest.raises(ssl.SSLError):
        shake_hands(ca.certificate.pem, client, client, "cp-1")


def test_string_types() -> None:
    """Go writes PrintableString where the characters allow it, and UTF8String elsewhere; `*` and `@` do not."""
    ca = ca_of(canned_key())
    printable = x(issue(ca, Profile("system:node:cp-1", usages=("client",)), canned_key())).subject.public_bytes()
    other = x(issue(ca, Profile("kgen@example", usages=("client",)), canned_key())).subject.public_bytes()
    assert b"\x13\x10system:node:cp-1" in printable
    assert b"\x0c\x0ckgen@example" in other


def test_long_node_name() -> None:
    """A common name longer than X.509's 64 bytes is written and read, as in Go, without a warning."""
    name = "system:node:" + "n" * 200
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        leaf = issue(ca_of(canned_key()), Profile(name, ("system:nodes",), usages=("client",)), canned_key())
        assert_identifies(leaf, name, "system:nodes")
        assert decode(leaf).chains_to(ca_of(canned_key()).certificate)


def test_leaf_named_like_its_ca() -> None:
    """Go leaves the AuthorityKeyId out where issuer and subject are the same: a node called etcd-ca."""
    ca = ca_of(canned_key(), Profile("etcd-ca", dns_names=("etcd-ca",), ca=True))
    same = issue(ca, Profile("etcd-ca", usages=("server", "client")), canned_key())
    other = issue(ca, Profile("cp-1", usages=("server", "client")), canned_key())
    assert extension(same, x509.AuthorityKeyIdentifier) is None
    assert extension(other, x509.AuthorityKeyIdentifier) is not None


def test_mapped_address() -> None:
    """An IPv4 address written as IPv6 becomes four bytes, as in Go."""
    leaf = issue(
        ca_of(canned_key()), Profile("a", ip_addresses=("::ffff:192.0.2.1",), usages=("server",)), canned_key()
    )
    assert_serves(leaf, "192.0.2.1")


def test_times() -> None:
    """Fractions of seconds are cut off, and the year 2050 is reached."""
    ca = ca_of(canned_key(), not_before=START.replace(microsecond=999999), not_after=START.replace(year=2051))
    assert (ca.certificate.not_before, ca.certificate.not_after) == (START, START.replace(year=2051))


def custom_ca(key: PrivateKey, *, path_length: int | None = None, issuer: Authority | None = None) -> x509.Certificate:
    """Someone else's CA: country in the subject, no SubjectKeyId."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x(issuer.certificate.pem).subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .sign(issuer._key if issuer else key, hashes.SHA256())
    )


def test_custom_ca() -> None:
    """A CA with other attributes and without SubjectKeyId signs; the issuer is its subject, byte for byte."""
    custom = custom_ca(canned_key())
    authority = Authority(decode(custom.public_bytes(Encoding.PEM)), canned_key())
    leaf = issue(authority, SERVER, canned_key())
    assert x(leaf).issuer.public_bytes() == custom.subject.public_bytes()
    assert extension(leaf, x509.AuthorityKeyIdentifier) is None
    assert decode(leaf).chains_to(authority.certificate)


@pytest.mark.parametrize(
    ("curve", "signature"), [(ec.SECP224R1(), "sha256"), (ec.SECP384R1(), "sha384"), (ec.SECP521R1(), "sha512")]
)
def test_signature_follows_the_key_of_the_ca(curve: ec.EllipticCurve, signature: str) -> None:
    """The hash goes by the CA's curve, whatever the leaf's key is."""
    leaf = issue(ca_of(ec.generate_private_key(curve)), SERVER, canned_key())
    assert x(leaf).signature_hash_algorithm.name == signature


class TestChains:
    """A chain leads to the CA through intermediates, as Go's Verify takes it."""

    root = ca_of(canned_key(Algorithm.ECDSA_P256, 1))

    def middle(self, **options: int | None) -> Authority:
        """An intermediate CA below the root."""
        key = canned_key(Algorithm.ECDSA_P256, 2)
        pem = custom_ca(key, issuer=self.root, **options).public_bytes(Encoding.PEM)
        return Authority(decode(pem), key)

    def test_through_an_intermediate(self) -> None:
        """The leaf of an intermediate chains if the intermediate is there."""
        middle = self.middle()
        leaf = decode(issue(middle, SERVER, canned_key()))
        assert leaf.chains_to(self.root.certificate, (middle.certificate,))
        assert not leaf.chains_to(self.root.certificate)
        assert leaf.chains_to(middle.certificate), "a CA that is not self-signed is an anchor too"

    def test_same_name_other_key(self) -> None:
        """Only the signature counts, not the name of the CA."""
        leaf = decode(issue(self.root, SERVER, canned_key()))
        assert not leaf.chains_to(ca_of(canned_key(Algorithm.ECDSA_P256, 2)).certificate)

    def test_leaf_as_intermediate(self) -> None:
        """A certificate that is no CA signs nothing."""
        key = canned_key(Algorithm.ECDSA_P256, 2)
        not_a_ca = decode(issue(self.root, SERVER, key))
        leaf = decode(issue(Authority(not_a_ca, key), CLIENT, canned_key()))
        assert not leaf.chains_to(self.root.certificate, (not_a_ca,))

    def test_path_length(self) -> None:
        """A path length of 0 allows leaves and nothing between."""
        flat = self.middle(path_length=0)
        assert decode(issue(flat, SERVER, canned_key())).chains_to(self.root.certificate, (flat.certificate,))
        key = canned_key(Algorithm.ECDSA_P256, 3)
        lower = decode(custom_ca(key, issuer=flat).public_bytes(Encoding.PEM))
        leaf = decode(issue(Authority(lower, key), CLIENT, canned_key()))
        assert not leaf.chains_to(self.root.certificate, (lower, flat.certificate))


def test_bundle() -> None:
    """A file may hold text, other blocks and many certificates; the first one comes first, as Go encodes it."""
    one, two = ca_of(canned_key()).certificate.pem, ca_of(canned_key(), ski="sha1").certificate.pem
    file = b"# our CA\n" + one.replace(b"\n", b"\r\n") + encode_private_key(canned_key()) + two
    assert [certificate.pem for certificate in load_certificates(file, "ca.crt")] == [one, two]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        RECORDED_CA.replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----\nA: header\n\n", 1),
        encode_private_key(canned_key()),
    ],
)
def test_no_certificate(content: bytes) -> None:
    """A file without a readable certificate is refused by name, and none of it is shown."""
    with pytest.raises(MaterialError, match=r"^pki/ca\.crt: ") as caught:
        load_certificates(content, "pki/ca.crt")
    assert "AAAA" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_secret_in_repr() -> None:
    """Neither a CA nor a certificate shows a key when printed."""
    ca = ca_of(canned_key())
    for secret in (encode_private_key(canned_key()), ca.certificate.pem):
        assert secret.splitlines()[1].decode() not in repr(ca)
