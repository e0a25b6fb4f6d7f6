# SPDX-License-Identifier: Apache-2.0
"""Addresses and endpoints; the expected values are what Go's net and k8s.io/utils/net answer."""

from __future__ import annotations

import pytest

from kgen.config import net


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("010.000.0.01", "10.0.0.1"),
        ("2001:0db8::00001", "2001:db8::1"),
        ("::ffff:010.0.0.1", "10.0.0.1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::1.2.3.4", "::102:304"),
    ],
)
def test_leading_zeros_and_mapped_addresses_are_read(text: str, address: str) -> None:
    """Zeros in front are no octal and no error, and an IPv4-mapped address is IPv4."""
    assert str(net.parse_ip(text)) == address


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "256.1.1.1", "fe80::1%eth0", "10.0.0.1 ", "\uff11.2.3.4", "1::2::3", "10.0.0.0/8"]
)
def test_other_texts_are_no_addresses(text: str) -> None:
    """Zones, blanks, foreign digits and prefix lengths do not make an address."""
    assert not net.is_ip(text)


def test_a_cidr_loses_its_host_bits() -> None:
    """Host bits are cleared, zeros in front of the length are allowed."""
    assert str(net.parse_cidr("010.96.0.5/012")) == "10.96.0.0/12"


@pytest.mark.parametrize(
    "text", ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/-1", " 10.0.0.0/8", "fd00::/129", "/8", ""]
)
def test_other_texts_are_no_cidrs(text: str) -> None:
    """A length is needed, in digits, and no longer than the address."""
    with pytest.raises(ValueError):
        net.parse_cidr(text)


@pytest.mark.parametrize(
    ("subnets", "n", "address"),
    [
        ("10.96.0.0/12", 1, "10.96.0.1"),
        ("fd00::/108,10.96.0.0/12", 10, "fd00::a"),
        ("::ffff:10.0.0.0/120", 10, "10.0.0.10"),
    ],
)
def test_the_nth_address_counts_in_the_first_subnet(subnets: str, n: int, address: str) -> None:
    """Of a dual-stack list only the first subnet counts."""
    assert str(net.nth_address(subnets, n)) == address


def test_a_small_subnet_has_no_tenth_address() -> None:
    """The address has to be inside the subnet."""
    with pytest.raises(ValueError, match="no address number 10"):
        net.nth_address("10.0.0.0/29", 10)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("api.example.com", ("api.example.com", "")),
        ("api.example.com:", ("api.example.com", "")),
        ("api.example.com:06443", ("api.example.com", "06443")),
        ("fd00::1", ("fd00::1", "")),
        ("[fd00::1]:6443", ("fd00::1", "6443")),
        ("010.0.0.1:1", ("010.0.0.1", "1")),
    ],
)
def test_endpoints_are_split(text: str, result: tuple[str, str]) -> None:
    """The port may be missing, the host comes back as written."""
    assert net.parse_host_port(text) == result


@pytest.mark.parametrize(
    "text", ["", ":6443", "[fd00::1]", "a:0", "a:65536", "a:x", "A.example.com", "https://a:1", "[a:1", "a]:1"]
)
def test_other_texts_are_no_endpoints(text: str) -> None:
    """A bracketed address without a port is none to kubeadm."""
    with pytest.raises(ValueError):
        net.parse_host_port(text)


def test_brackets_stand_around_ipv6_only() -> None:
    """host_port is the one place that makes brackets."""
    assert net.host_port("fd00::1", 6443) == "[fd00::1]:6443"
    assert net.host_port("10.0.0.1", "80") == "10.0.0.1:80"


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("10.0.0.1", True),
        ("127.0.0.1", True),
        ("fd00::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("169.254.1.1", False),
        ("fe80::1", False),
        ("224.0.0.1", False),
        ("ff02::1", False),
        ("255.255.255.255", False),
    ],
)
def test_bind_addresses(address: str, usable: bool) -> None:
    """Private and loopback addresses are usable, link-local, multicast and unspecified ones are not."""
    assert net.is_usable_bind_address(net.parse_ip(address)) is usable


def test_dns_names_are_limited_as_a_whole() -> None:
    """A label may be longer than 63 characters, the name no longer than 253."""
    assert net.is_dns_subdomain("a" * 253)
    assert not net.is_dns_subdomain("a" * 254)
    assert not net.is_dns_subdomain("a.example.com\n")
    assert net.is_wildcard_dns_subdomain("*.example.com")
    assert not net.is_wildcard_dns_subdomain("*")
