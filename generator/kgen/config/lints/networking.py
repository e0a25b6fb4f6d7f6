# SPDX-License-Identifier: Apache-2.0
"""Lints: do the address ranges of a cluster go together?"""

from __future__ import annotations

from collections.abc import Iterator

from kgen.config import net
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field


def _ranges(field: Field) -> list[net.Network]:
    try:
        return net.parse_cidrs(field.text) if field.text else []
    except ValueError:
        return []


def _pods(subject: Subject) -> Field:
    return subject.configuration["networking"]["podSubnet"]


def _services(subject: Subject) -> Field:
    return subject.configuration["networking"]["serviceSubnet"]


def _family(value: net.Address | net.Network) -> str:
    return "IPv6" if net.is_ipv6(value) else "IPv4"


def subnet_overlap(subject: Subject) -> Iterator[Finding]:
    """Pods and services share addresses."""
    for pods in _ranges(_pods(subject)):
        for services in _ranges(_services(subject)):
            if pods.version == services.version and pods.overlaps(services):
                yield Finding(_pods(subject), f"the pod range {pods} and the service range {services} overlap")


def node_in_subnet(subject: Subject) -> Iterator[Finding]:
    """A node's or the endpoint's address lies in a range of the cluster's own."""
    endpoint = subject.configuration["controlPlaneEndpoint"]
    places = [(subject.init["localAPIEndpoint"]["advertiseAddress"], subject.address)]
    try:
        host = net.parse_host_port(endpoint.text)[0]
        places.append((endpoint, net.parse_ip(host)))
    except ValueError:
        pass
    for place, address in places:
        for name, field in (("pod", _pods(subject)), ("service", _services(subject))):
            for found in _ranges(field):
                if address is not None and address.version == found.version and address in found:
                    yield Finding(place, f"{address} is an address of the {name} range {found}")


def address_families(subject: Subject) -> Iterator[Finding]:
    """The first service range and the API server's address, or services and pods, have no family in common.

    For the former the API server refuses to start (kube-apiserver app/options/validation.go
    validatePublicIPServiceClusterIPRangeIPFamilies); arguments that decide otherwise are respected.
    """
    services, pods = _ranges(_services(subject)), _ranges(_pods(subject))
    overridden = {"advertise-address", "endpoint-reconciler-type", "service-cluster-ip-range"}
    if subject.address and services and not overridden & {a.name for a in subject.arguments("kube-apiserver")}:
        theirs, ours = _family(services[0]), _family(subject.address)
        if theirs != ours:
            what = f"the first service range is {theirs}, the API server's address {ours}"
            yield Finding(_services(subject), what, f"an {ours} range first, or an {theirs} advertiseAddress")
    if pods and services and not {_family(each) for each in pods} & {_family(each) for each in services}:
        what = f"services are {_family(services[0])} and pods {_family(pods[0])}: no service can have a pod behind it"
        yield Finding(_pods(subject), what)


def half_dual_stack(subject: Subject) -> Iterator[Finding]:
    """Only one of the two ranges is dual-stack."""
    services, pods = _ranges(_services(subject)), _ranges(_pods(subject))
    if pods and {len(pods), len(services)} == {1, 2}:
        name, other, field = ("services", "pods", _pods(subject))
        if len(pods) > len(services):
            name, other, field = ("pods", "services", _services(subject))
        yield Finding(field, f"{name} have ranges of both address families, {other} of one")


def dual_stack_node_ip(subject: Subject) -> Iterator[Finding]:
    """A dual-stack cluster whose node is told no second address."""
    if len(_ranges(_pods(subject))) < 2:
        return
    for arguments in (node["kubeletExtraArgs"] for node in subject.nodes):
        if all(argument["name"].text != "node-ip" for argument in arguments):
            what = "the node is told no addresses, and without a cloud provider takes one of one family"
            yield Finding(arguments, what)


LINTS: tuple[Lint, ...] = (
    Lint(
        "subnet-overlap",
        "warning",
        "pods and services share addresses",
        "A pod can get a service's address; traffic to one of them is lost.",
        "ranges without common addresses",
        subnet_overlap,
    ),
    Lint(
        "node-in-subnet",
        "warning",
        "a node or the endpoint has an address of the pod or service range",
        "Traffic to the machine is taken for traffic to a pod or service.",
        "ranges that no machine has addresses of",
        node_in_subnet,
    ),
    Lint(
        "address-families",
        "warning",
        "node, pods and services have no address family in common",
        "The API server refuses to start, or services have no pods they could reach.",
        "ranges of the same family for pods and services",
        address_families,
    ),
    Lint(
        "half-dual-stack",
        "warning",
        "only pods or only services are dual-stack",
        "Services of the second family are missing, or have no pods behind them.",
        "an IPv4 and an IPv6 range for both, or one range for both",
        half_dual_stack,
    ),
    Lint(
        "dual-stack-node-ip",
        "off",
        "a dual-stack cluster whose node is not told its addresses",
        "Without a cloud provider the kubelet reports one address, so pods on the host network have one family.",
        "node-ip with an address of each family in nodeRegistration.kubeletExtraArgs",
        dual_stack_node_ip,
    ),
)
