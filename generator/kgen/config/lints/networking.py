# SPDX-License-Identifier: Apache-2.0
"""Lints: do the address ranges of a cluster go together?"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from kgen.config import net
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Argument, Subject
from kgen.config.lints.values import TRUE
from kgen.config.rules.fields import Field


def _ranges(field: Field) -> tuple[net.Network, ...]:
    try:
        return net.parse_cidrs(field.text) if field.text else ()
    except ValueError:
        return ()


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
    """A node's or the endpoint's address lies in a range of the cluster's own.

    What a node that joins is told counts only beside a ClusterConfiguration: else the ranges are not known.
    """
    places = [(subject.init["localAPIEndpoint"]["advertiseAddress"], subject.address)]
    endpoints = [subject.configuration["controlPlaneEndpoint"]]
    if "ClusterConfiguration" in subject.given:
        places.append((subject.join["controlPlane"]["localAPIEndpoint"]["advertiseAddress"], subject.join_address))
        endpoints.append(subject.join["discovery"]["bootstrapToken"]["apiServerEndpoint"])
    for endpoint in endpoints:
        with contextlib.suppress(ValueError):
            places.append((endpoint, net.parse_ip(net.parse_host_port(endpoint.text)[0])))
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


def node_ips(subject: Subject) -> Iterator[Finding]:
    """What is no address of a node, or too many (component-helpers node/util/ips.go, cmd/kubelet/app/server.go)."""
    for node in subject.nodes:
        given = [Argument("kubelet", item) for item in node["kubeletExtraArgs"] if item["name"].text == "node-ip"]
        for argument in given[-1:]:
            value, texts = argument.field["value"], [item.strip() for item in argument.value.split(",")]
            for text in texts:
                if text and not net.is_ip(text):
                    yield Finding(value, f"{text!r} is no IP address, and the kubelet passes over it")
            found = [net.parse_ip(text) for text in texts if net.is_ip(text)]
            if len(found) > len({_family(each) for each in found}):
                yield Finding(value, "the kubelet refuses two addresses of one family")
            elif len(found) > 1 and any(each.is_unspecified for each in found):
                yield Finding(value, "the kubelet refuses an unspecified address beside another one")


_MASK = "node-cidr-mask-size"
_DEFAULT_MASKS = {"IPv4": 24, "IPv6": 64}
_SMALLEST_SHARE = 16
"""Bits by which a node's share of an IPv6 range may be longer (pkg/controller/nodeipam/ipam/cidrset/cidr_set.go)"""


def _masks(subject: Subject) -> dict[str, tuple[Argument, int]]:
    """What the controller manager is told of a node's share of the pod range, by argument; 0 is as nothing."""
    found = {}
    for name in (_MASK, f"{_MASK}-ipv4", f"{_MASK}-ipv6"):
        argument = subject.argument(_MANAGER, name)
        if argument and re.fullmatch(r"[1-9][0-9]{0,2}", argument.value):
            found[name] = argument, int(argument.value)
    return found


def _shared_out(subject: Subject) -> tuple[net.Network, ...]:
    """The pod ranges if the controller manager gives each node a share of them, else none."""
    allocates, kind = (subject.argument(_MANAGER, name) for name in (_ALLOCATE, "cidr-allocator-type"))
    if (allocates and allocates.value not in TRUE) or (kind and kind.value != "RangeAllocator"):
        return ()
    known = _has_node_ipam(subject) and not subject.argument(_MANAGER, "cluster-cidr")
    return _ranges(_pods(subject)) if known else ()


def _has_node_ipam(subject: Subject) -> bool:
    """Whether the controller that gives nodes their shares is on."""
    controllers = subject.items(_MANAGER, "controllers") or ["*"]
    off = any(f"-{name}" in controllers for name in _NODE_IPAM)
    return not off and any(name in controllers for name in ("*", *_NODE_IPAM))


_NODE_IPAM = ("node-ipam-controller", "nodeipam")
_MANAGER = "kube-controller-manager"
_ALLOCATE = "allocate-node-cidrs"


def node_masks(subject: Subject) -> Iterator[Finding]:
    """Arguments for a node's share of the pod range that do not go with the range, or with each other.

    cmd/kube-controller-manager/app/core.go validateCIDRs, setNodeCIDRMaskSizes; pkg/controller/nodeipam
    NewNodeIpamController.
    kubeadm looks at the arguments of one family only (validation.go ValidatePodSubnetNodeMask).
    """
    yield from _without_range(subject)
    pods, masks = _shared_out(subject), _masks(subject)
    families = [_family(each) for each in pods]
    both = "IPv4" in families and "IPv6" in families
    for name, (argument, _) in masks.items():
        family = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(name.removeprefix(f"{_MASK}-"), "")
        if both and not family:
            what = f"{name} is not for a pod range of two address families"
            yield Finding(argument.field, what, f"{_MASK}-ipv4 and {_MASK}-ipv6")
        elif pods and not both and family and _MASK in masks:
            yield Finding(argument.field, f"{name} and {_MASK} exclude each other")
        elif pods and family and family not in families:
            yield Finding(argument.field, f"{name} is not for a pod range of {families[0]} alone", "remove it")
    if len(pods) == 1 and list(masks) == [_MASK]:
        argument, mask = masks[_MASK]
        if mask < pods[0].prefixlen:
            yield Finding(argument.field["value"], f"a node's /{mask} is larger than the pod range {pods[0]}")
        elif families == ["IPv6"] and mask - pods[0].prefixlen > _SMALLEST_SHARE:
            what = f"a node's /{mask} is too small a part of the pod range {pods[0]}"
            yield Finding(argument.field["value"], what, f"at most /{pods[0].prefixlen + _SMALLEST_SHARE}")


def _without_range(subject: Subject) -> Iterator[Finding]:
    allocates = subject.argument(_MANAGER, _ALLOCATE)
    told = _pods(subject).text or subject.argument(_MANAGER, "cluster-cidr") or subject.may_be_patched(_MANAGER)
    if allocates and allocates.value in TRUE and not told and _has_node_ipam(subject):
        what = "there is no pod range of which nodes could get a share"
        yield Finding(allocates.field, what, "a podSubnet in networking, or leave it out")


def room_for_nodes(subject: Subject) -> Iterator[Finding]:
    """A pod range that the first node takes whole."""
    masks = _masks(subject)
    for pods in _shared_out(subject):
        family = _family(pods)
        given = masks.get(f"{_MASK}-{family.lower()}") or masks.get(_MASK)
        mask = given[1] if given else _DEFAULT_MASKS[family]
        if mask == pods.prefixlen:
            what = f"the controller manager gives the first node all of the pod range {pods}, and further ones nothing"
            name = given[0].name if given else f"{_MASK}-{family.lower()}"
            yield Finding(_pods(subject), what, _more_room(pods, name, subject))


def _more_room(pods: net.Network, name: str, subject: Subject) -> str:
    """What makes room for more nodes. A wider range may take in addresses that are in use, so it comes second."""
    longer = min(pods.prefixlen + 8, _DEFAULT_MASKS[_family(pods)])
    if longer > pods.prefixlen:
        return f"a larger {name} in controllerManager.extraArgs, such as {longer}, or a larger range"
    wider = pods.supernet(prefixlen_diff=8)
    used = any(wider.version == each.version and wider.overlaps(each) for each in _ranges(_services(subject)))
    used |= subject.address is not None and subject.address in wider
    example = "" if used else f", such as {wider}"
    return f"a larger range{example}, or a larger {name} in controllerManager.extraArgs"


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
        "node-cidr-mask",
        "warning",
        "a node's share of the pod range that does not go with the range, or of no range",
        "The controller manager exits at once.",
        "one that fits, or none",
        node_masks,
    ),
    Lint(
        "one-node-pod-range",
        "warning",
        "a pod range with room for a single node",
        "Further nodes have no range, so that with most network plug-ins pods on them get no addresses.",
        "a larger range",
        room_for_nodes,
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
        "node-ip",
        "warning",
        "a node-ip that the kubelet refuses or passes over",
        "The kubelet exits, or takes another address than the one that is meant.",
        "an address of the node, or one of each family",
        node_ips,
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
