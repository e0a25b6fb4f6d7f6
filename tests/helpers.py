# SPDX-License-Identifier: Apache-2.0
"""What tests say about certificates, in words of the domain, and keys and YAML that cost little."""

from __future__ import annotations

import functools
import itertools
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from kgen.keys import Algorithm, PrivateKey, generate
from kgen.pki import Certificate, load_certificates

DATA = Path(__file__).parent / "data"


def read_yaml(text: str | bytes) -> Any:
    """One YAML document, read by the C library where there is one: ten times as fast, which thousands of tests feel."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)


def canned_key(algorithm: Algorithm = Algorithm.ECDSA_P256, number: int = 0) -> PrivateKey:
    """The same key for the same arguments, made once per process."""
    return _canned_key(algorithm, number)


@functools.cache
def _canned_key(algorithm: Algorithm, _number: int) -> PrivateKey:
    return generate(algorithm)


class CannedKeys:
    """A KeySource that hands out keys made once per process: by default the same one every time.

    With `distinct`, that many different ones in turn, beginning with canned_key(…, `first`).

    `started` says how many keys were asked for in advance, `taken` how many were taken.
    """

    def __init__(self, distinct: int = 1, first: int = 0) -> None:
        self._distinct = distinct
        self._first = first
        self.started: dict[Algorithm, int] = {}
        self.taken = 0

    def start(self, algorithm: Algorithm, count: int) -> None:
        """See kgen.keys.KeySource."""
        self.started[algorithm] = count

    def take(self, algorithm: Algorithm) -> PrivateKey:
        """See kgen.keys.KeySource."""
        key = canned_key(algorithm, self._first + self.taken % self._distinct)
        self.taken += 1
        return key


def counting_serials() -> Callable[[], int]:
    """Serial numbers 1, 2, 3, …"""
    return functools.partial(next, itertools.count(1))


def decode(pem: bytes) -> Certificate:
    """The first certificate of a file."""
    return load_certificates(pem, "test")[0]


def assert_is_ca(pem: bytes) -> None:
    """It may sign certificates and is good for nothing in particular."""
    certificate = decode(pem)
    assert certificate.is_ca
    assert certificate.dns_names == (certificate.common_name,)


def assert_serves(pem: bytes, *names: str) -> None:
    """It is a server's certificate, and a client that asks for any of the names accepts it."""
    certificate = decode(pem)
    assert "server" in certificate.usages
    assert not certificate.is_ca
    assert set(names) <= {*certificate.dns_names, *certificate.ip_addresses}


def assert_identifies(pem: bytes, user: str, *groups: str) -> None:
    """It is a client's certificate, which Kubernetes reads as this user in these groups."""
    certificate = decode(pem)
    assert "client" in certificate.usages
    assert not certificate.is_ca
    assert (certificate.common_name, certificate.organizations) == (user, groups)


def shake_hands(ca: bytes, server: tuple[bytes, bytes], client: tuple[bytes, bytes], name: str) -> None:
    """A TLS handshake in memory, in which both sides check the other's chain; ssl.SSLError if one of them refuses.

    `server` and `client` are certificate and key files; the client asks for `name`, a host name or an address.
    """
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    serving = _context(ssl.PROTOCOL_TLS_SERVER, ca, server)
    asking = _context(ssl.PROTOCOL_TLS_CLIENT, ca, client)
    sides = [
        asking.wrap_bio(to_client, to_server, server_hostname=name),
        serving.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        for side in list(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                pass
        if not sides:
            return
    raise AssertionError("the handshake does not come to an end")


def _context(protocol: ssl._SSLMethod, ca: bytes, own: tuple[bytes, bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ca.decode())
    with tempfile.NamedTemporaryFile() as file:
        file.write(own[0] + own[1])
        file.flush()
        context.load_cert_chain(file.name)
    return context
