# SPDX-License-Identifier: Apache-2.0
"""Addresses, subnets and endpoints as kubeadm reads them.

kubeadm parses addresses with the forgiving parser of k8s.io/utils/net: leading zeros are allowed
("010.0.0.1" is 10.0.0.1), zones ("fe80::1%eth0") are not. An IPv4 address in IPv6 clothes
(::ffff:10.0.0.1) is IPv4, as everywhere in Go. Nothing here asks a machine or a name server.
"""

from __future__ import annotations

import functools
import ipaddress
import re

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LEADING_ZEROS = re.compile(r"(?<![0-9A-Fa-f])0+(?=[0-9A-Fa-f])")


def parse_ip(text: str) -> Address:
    """The address of a text; ValueError if it is none (k8s.io/utils/net ParseIPSloppy)."""
    return _plain(_raw(text))


def _raw(text: str) -> Address:
    if "%" in text or not text.isascii():
        raise ValueError(f"{text!r} is not an IP address")
    return ipaddress.ip_address(_LEADING_ZEROS.sub("", text))


def _plain(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_ip(text: str) -> bool:
    """Whether a text is an IP address to kubeadm."""
    try:
        parse_ip(text)
    except ValueError:
        return False
    return True


def parse_cidr(text: str) -> Network:
    """The network of `address/length`, host bits cleared; ValueError if it is none (ParseCIDRSloppy)."""
    address, slash, length = text.partition("/")
    if not slash or not re.fullmatch(r"[0-9]+", length):
        raise ValueError(f"{text!r} is not a CIDR")
    raw = _raw(address)
    return ipaddress.ip_network((raw, int(length)), strict=False)


@functools.lru_cache(maxsize=8)
def parse_cidrs(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list such as `networking.podSubnet`; ValueError if one is none."""
    return tuple(parse_cidr(part) for part in text.split(","))


def is_ipv6(value: Address | Network) -> bool:
    """Whether an address or a network is of the IPv6 family to Go: IPv4-mapped ones are not."""
    address = value if isinstance(value, Address) else value.network_address
    return _plain(address).version == 6


def nth_address(subnets: str, n: int) -> Address:
    """The address n places after the first one of the first CIDR of a comma-separated list.

    ValueError if the list cannot be read or the subnet has no such address. kubeadm takes 1 of
    `networking.serviceSubnet` for the API server and 10 for the DNS service
    (constants.GetAPIServerVirtualIP, GetDNSIP).
    """
    subnet = parse_cidrs(subnets)[0]
    if n >= subnet.num_addresses:
        raise ValueError(f"subnet {subnet} has no address number {n}")
    return _plain(subnet[n])


def is_usable_bind_address(address: Address) -> bool:
    """Whether kubeadm takes an address for the API server: loopback or global unicast.

    util/config/common.go VerifyAPIServerBindAddress with Go's net.IP.IsGlobalUnicast, which counts
    private addresses as global and refuses unspecified, link-local, multicast and 255.255.255.255.
    """
    if address.is_loopback:
        return True
    broadcast = address == ipaddress.IPv4Address("255.255.255.255")
    return not (address.is_unspecified or address.is_multicast or address.is_link_local or broadcast)


def host_port(host: str, port: int | str) -> str:
    """`host:port`, an IPv6 host in brackets (net.JoinHostPort)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_host_port(text: str) -> tuple[str, str]:
    """Host and port of `host:port` or `[host]:port`, both unchecked; ValueError if the form is another one.

    The rules are those of net.SplitHostPort: the port may be empty, its colon may not be missing.
    """
    bracketed = re.fullmatch(r"\[([^\[\]]*)\]:([^:\[\]]*)", text, re.DOTALL)
    plain = re.fullmatch(r"([^:\[\]]*):([^:\[\]]*)", text, re.DOTALL)
    match = bracketed or plain
    if not match:
        raise ValueError(f"{text!r} is not host:port")
    return match[1], match[2]


def parse_port(text: str) -> int:
    """A port from 1 to 65535; ValueError otherwise (util/endpoint.go ParsePort)."""
    if not re.fullmatch(r"[0-9]+", text) or not 1 <= int(text) <= 65535:
        raise ValueError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def parse_host_port(text: str) -> tuple[str, str]:
    """Host and port of an endpoint whose port may be missing, then the port is empty.

    The host comes back as written: an IP address (IPv6 with brackets only if a port follows) or a
    DNS name. ValueError otherwise (util/endpoint.go ParseHostPort).
    """
    try:
        host, port = split_host_port(text)
    except ValueError:
        host, port = text, ""
    if port:
        parse_port(port)
    if not is_ip(host) and not is_dns_subdomain(host):
        raise ValueError(f"{host!r} is neither an IP address nor a DNS name")
    return host, port


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_WILDCARD = re.compile(rf"\*\.{_LABEL}(\.{_LABEL})*")
MAX_SUBDOMAIN = 253


def is_dns_subdomain(text: str) -> bool:
    """Whether a text is a DNS-1123 subdomain (apimachinery util/validation IsDNS1123Subdomain).

    Only the whole is limited, to 253 characters; a label may be longer than the 63 of a real DNS name.
    """
    return len(text) <= MAX_SUBDOMAIN and bool(_SUBDOMAIN.fullmatch(text))


def is_wildcard_dns_subdomain(text: str) -> bool:
    """Whether a text is `*.` and a DNS-1123 subdomain (IsWildcardDNS1123Subdomain)."""
    return len(text) <= MAX_SUBDOMAIN and bool(_WILDCARD.fullmatch(text))
