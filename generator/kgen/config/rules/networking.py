# SPDX-License-Identifier: Apache-2.0
"""Rules for subnets (apis/kubeadm/validation/validation.go ValidateNetworking)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from kgen.config import net
from kgen.config.rules.fields import Field
from kgen.config.rules.values import dns_subdomain
from kgen.config.scalars import parse_int
from kgen.errors import Problem

MINIMUM_SERVICE_ADDRESSES = 10
MINIMUM_POD_ADDRESSES = 14
MAXIMUM_SERVICE_BITS = 20
MAXIMUM_NODE_BITS = 16
"""How many bits the mask of a node's pods may be longer than that of all pods."""
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")


def networking(field: Field, controller_manager_args: Field) -> Iterator[Problem]:
    """The networking of a ClusterConfiguration; pod subnets are checked against the controller manager's node masks."""
    yield from dns_subdomain(field["dnsDomain"], "dns-domain")
    services, pods = field["serviceSubnet"], field["podSubnet"]
    if services.text:
        yield from _subnets(services, MINIMUM_SERVICE_ADDRESSES)
        yield from _service_sizes(services)
    if pods.text:
        yield from _subnets(pods, MINIMUM_POD_ADDRESSES)
        arguments = _last_values(controller_manager_args)
        if arguments.get("allocate-node-cidrs") != "false":
            yield from _node_masks(pods, arguments)


def _parsed(field: Field) -> tuple[net.Network, ...]:
    try:
        return net.parse_cidrs(field.text)
    except ValueError:
        return ()


def _subnets(field: Field, minimum: int) -> Iterator[Problem]:
    subnets = _parsed(field)
    if not subnets:
        yield _unreadable(field)
    if len(subnets) > 2 or (len(subnets) == 2 and net.is_ipv6(subnets[0]) == net.is_ipv6(subnets[1])):
        what = f"{field.text!r} has more subnets than one of each address family"
        yield field.problem("dual-stack", what, "one subnet, or an IPv4 and an IPv6 one")
    for subnet in subnets:
        size = _range_size(subnet)
        if size < minimum:
            large = subnet.prefixlen < 2
            what = f"{subnet} is too large" if large else f"{subnet} has only {size} addresses"
            instead = _example(field, net.is_ipv6(subnet)) if large else f"a subnet with at least {minimum} addresses"
            yield field.problem("subnet-size", what, instead)
        if isinstance(subnet, ipaddress.IPv6Network) and subnet.overlaps(_SITE_LOCAL):
            what = f"{subnet} has site-local addresses, which RFC 3879 deprecates"
            yield field.problem("site-local-subnet", what, "unique local addresses of fd00::/8", level="warning")


def _unreadable(field: Field) -> Problem:
    parts = [part.strip() for part in re.split(r"[,\s]+", field.text) if part]
    what, instead = f"{field.text!r} is not a subnet or a list of them", "CIDRs, separated by commas without blanks"
    for part in parts:
        if net.is_ip(part):
            return field.problem("subnet", what, f"{instead}: {part} lacks its prefix length")
    cleaned = ",".join(parts)
    try:
        net.parse_cidrs(cleaned)
    except ValueError:
        return field.problem("subnet", what, f"{instead}, {_example(field)}")
    return field.problem("subnet", what, cleaned)


def _example(field: Field, ipv6: bool = False) -> str:
    services = field.path[-1] == "serviceSubnet"
    if ipv6:
        return "e.g. fd00:10:96::/112" if services else "e.g. fd00:10:244::/56"
    return "e.g. 10.96.0.0/12" if services else "e.g. 10.244.0.0/16"


def _range_size(subnet: net.Network) -> int:
    """Addresses of a subnet as k8s.io/utils/net RangeSize counts: the very largest have none."""
    bits = subnet.max_prefixlen - subnet.prefixlen
    return 0 if bits >= subnet.max_prefixlen - 1 else 1 << bits


def _service_sizes(field: Field) -> Iterator[Problem]:
    for subnet in _parsed(field):
        shortest = subnet.max_prefixlen - MAXIMUM_SERVICE_BITS
        if subnet.prefixlen < shortest:
            what = f"{subnet} is too large: the API server manages at most 2^{MAXIMUM_SERVICE_BITS} service addresses"
            instead = f"{subnet.network_address}/{shortest} or smaller"
            yield field.problem("subnet-size", what, instead)


def _last_values(arguments: Field) -> dict[str, str]:
    """Name to value; of arguments with the same name the last one counts (apis/kubeadm/argument.go GetArgValue)."""
    return {item["name"].text: item["value"].text for item in arguments}


def _node_masks(field: Field, arguments: dict[str, str]) -> Iterator[Problem]:
    for subnet in _parsed(field):
        ipv6 = net.is_ipv6(subnet)
        flag = "node-cidr-mask-size-ipv6" if ipv6 else "node-cidr-mask-size-ipv4"
        value = arguments.get(flag) or ("64" if ipv6 else "24")
        try:
            mask = parse_int(value)
        except ValueError:
            what = f"the controller manager's {flag} is {value!r}, which is not a number"
            yield field.problem("node-mask", what, "a prefix length")
            continue
        what = f"{subnet} does not fit the /{mask} that every node gets for its pods"
        if subnet.prefixlen > mask:
            instead = f"a prefix length of at most {mask}, or a larger {flag} in controllerManager.extraArgs"
            yield field.problem("node-mask", what, instead)
        elif mask - subnet.prefixlen > MAXIMUM_NODE_BITS:
            instead = f"a prefix length of at least {mask - MAXIMUM_NODE_BITS}, or a smaller {flag} in "
            yield field.problem("node-mask", what, instead + "controllerManager.extraArgs")
