# SPDX-License-Identifier: Apache-2.0
"""Lints: will the other machines reach the control plane by its endpoint?"""

from __future__ import annotations

from collections.abc import Iterator

from kgen.config import net
from kgen.config.lints.subject import Finding, Subject


def _parts(subject: Subject) -> tuple[str, str]:
    """Host and port of the controlPlaneEndpoint, both empty without one."""
    try:
        return net.parse_host_port(subject.configuration["controlPlaneEndpoint"].text)
    except ValueError:
        return "", ""


def loopback(subject: Subject) -> Iterator[Finding]:
    """The endpoint means another machine on every machine."""
    host, _ = _parts(subject)
    local = host == "localhost" or host.endswith(".localhost")
    if local or (net.is_ip(host) and (net.parse_ip(host).is_loopback or net.parse_ip(host).is_unspecified)):
        yield Finding(subject.configuration["controlPlaneEndpoint"], f"{host} is a different machine on every machine")


def short_name(subject: Subject) -> Iterator[Finding]:
    """The endpoint is a name that a name server alone cannot resolve."""
    host, _ = _parts(subject)
    if host and not net.is_ip(host) and "." not in host and host != "localhost":
        yield Finding(
            subject.configuration["controlPlaneEndpoint"], f"{host} has no dot: it needs a search domain or /etc/hosts"
        )


def node_itself(subject: Subject) -> Iterator[Finding]:
    """The endpoint is the first node's own address."""
    host, _ = _parts(subject)
    if net.is_ip(host) and net.parse_ip(host) == subject.address:
        yield Finding(subject.configuration["controlPlaneEndpoint"], f"{host} is this node alone")


def other_port(subject: Subject) -> Iterator[Finding]:
    """The endpoint has another port than the API server."""
    _, port = _parts(subject)
    bind_port = subject.init["localAPIEndpoint"]["bindPort"].value
    if port and port != str(bind_port):
        what = f"the endpoint has port {port}, the API server listens on {bind_port}"
        yield Finding(subject.configuration["controlPlaneEndpoint"], what)
