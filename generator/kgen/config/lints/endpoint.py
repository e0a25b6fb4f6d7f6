# SPDX-License-Identifier: Apache-2.0
"""Lints: will the other machines reach the control plane by its endpoint?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgen.config import net
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field


def _parts(endpoint: Field) -> tuple[str, str]:
    """Host and port of an endpoint, both empty without one."""
    try:
        return net.parse_host_port(endpoint.text)
    except ValueError:
        return "", ""


def _shared(subject: Subject) -> tuple[Field, ...]:
    """The endpoints by which other machines than the first node reach the API server."""
    discovery = subject.join["discovery"]["bootstrapToken"]
    return subject.configuration["controlPlaneEndpoint"], discovery["apiServerEndpoint"]


def loopback(subject: Subject) -> Iterator[Finding]:
    """The endpoint means another machine on every machine. With a port of its own it is a proxy on each of them."""
    bind_port = str(subject.init["localAPIEndpoint"]["bindPort"].value)
    for endpoint in _shared(subject):
        host, port = _parts(endpoint)
        address = net.parse_ip(host) if net.is_ip(host) else None
        local = host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)
        if (local and port in ("", bind_port)) or (address is not None and address.is_unspecified):
            yield Finding(endpoint, f"{host} is a different machine on every machine")


def no_name(subject: Subject) -> Iterator[Finding]:
    """The endpoint is no address, and no name either: Go looks up none of digits alone (net isDomainName)."""
    for endpoint in _shared(subject):
        host, _ = _parts(endpoint)
        if re.fullmatch(r"[0-9.]+", host) and not net.is_ip(host):
            what = f"{host} is no IP address, and a name of digits alone is never looked up"
            yield Finding(endpoint, what)


def short_name(subject: Subject) -> Iterator[Finding]:
    """The endpoint is a name that a name server alone cannot resolve."""
    for endpoint in _shared(subject):
        host, _ = _parts(endpoint)
        if host and not net.is_ip(host) and "." not in host and host != "localhost":
            yield Finding(endpoint, f"{host} has no dot: it needs a search domain or /etc/hosts")


def node_itself(subject: Subject) -> Iterator[Finding]:
    """The endpoint is the first node's own address."""
    endpoint = subject.configuration["controlPlaneEndpoint"]
    host, _ = _parts(endpoint)
    if net.is_ip(host) and net.parse_ip(host) == subject.address:
        yield Finding(endpoint, f"{host} is this node alone")


def other_port(subject: Subject) -> Iterator[Finding]:
    """The endpoint has another port than the API server."""
    endpoint = subject.configuration["controlPlaneEndpoint"]
    _, port = _parts(endpoint)
    bind_port = subject.init["localAPIEndpoint"]["bindPort"].value
    if port and port != str(bind_port):
        yield Finding(endpoint, f"the endpoint has port {port}, the API server listens on {bind_port}")


LINTS: tuple[Lint, ...] = (
    Lint(
        "endpoint-loopback",
        "warning",
        "controlPlaneEndpoint is localhost, with the port of the API server",
        "Every machine that joins looks for the API server on itself.",
        "a name or address that all machines reach the control plane by, or the port of a proxy on each machine",
        loopback,
    ),
    Lint(
        "endpoint-address",
        "warning",
        "controlPlaneEndpoint is nothing but digits and dots, and still no IP address",
        "It is taken for a name that nothing can resolve, so that no client finds the API server.",
        "an IP address, its four numbers from 0 to 255, or a name",
        no_name,
    ),
    Lint(
        "endpoint-short-name",
        "off",
        "controlPlaneEndpoint is a name without a dot",
        "It resolves only where a search domain or /etc/hosts makes it.",
        "a fully qualified name",
        short_name,
    ),
    Lint(
        "endpoint-is-node",
        "off",
        "controlPlaneEndpoint is the address of the first node",
        "Without this node no client reaches the control plane, and the endpoint is hard to change later.",
        "a name, or the address of a load balancer",
        node_itself,
    ),
    Lint(
        "endpoint-port",
        "off",
        "controlPlaneEndpoint has another port than the API server",
        "Something has to forward from one port to the other.",
        "a load balancer that does, or the same port",
        other_port,
    ),
)
