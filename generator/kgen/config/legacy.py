# SPDX-License-Identifier: Apache-2.0
"""Documents of v1alpha3, v1beta1, v1beta2 and v1beta3 in the shape of v1beta4, each value remembering its old place.

Facts: kubeadm app/apis/kubeadm/<version>/types.go and conversion.go, of Kubernetes 1.13 for v1alpha3 (the last to
have both it and v1beta1), 1.15 for v1beta1, 1.22 for v1beta2, 1.36 for v1beta3. Nothing is defaulted. What
these kubeadms do is on record, see tests/config/record.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kgen.config.convert import CURRENT, OLDER
from kgen.config.nodes import Node, located
from kgen.config.origins import walk
from kgen.errors import Path, Problem
from kgen.releases import Release

KINDS = ("InitConfiguration", "ClusterConfiguration", "JoinConfiguration", "ClusterStatus")
"""Their kinds; v1beta3 has no ClusterStatus any more."""

_COMPONENTS = ("apiServer", "controllerManager", "scheduler")
_IMAGE = re.compile(r"(.+)/([^:]+):(.+)")
_BECAME_THE_RULE = (
    "ControlPlaneKubeletLocalMode",
    "CoreDNS",
    "EtcdLearnerMode",
    "IPv6DualStack",
    "NodeLocalCRISocket",
    "UnversionedKubeletConfigMap",
    "WaitForAllControlPlaneComponents",
)
"""Feature gates of some kubeadm that are gone because kubeadm always does so; what the others brought is gone too."""


@dataclass(slots=True)
class Legacy:
    """An old document on its way to v1beta4."""

    kind: str
    root: Node
    problems: list[Problem] = field(default_factory=list)
    """What cannot be carried over, at its old path; warnings."""
    timeout: Node | None = None
    """apiServer.timeoutForControlPlane of a ClusterConfiguration: it belongs to the other documents now."""

    def lost(self, node: Node, what: str, instead: str = "") -> None:
        """Note something that is not carried over, or not with its old effect."""
        self.problems.append(Problem("not-carried-over", what, instead, self.kind, node.old or (), level="warning"))

    def take(self, *path: str) -> Node | None:
        """Take a value out, with the maps that are empty without it; None for nothing or null."""
        holders = [self.root]
        for step in path[:-1]:
            below = holders[-1].at(step)
            if below is None:
                return None
            holders.append(below)
        if not isinstance(holders[-1].value, dict):
            return None
        taken: Node | None = holders[-1].value.pop(path[-1], None)
        for holder, step in zip(holders[-2::-1], path[-2::-1], strict=True):
            if taken is not None and holder.value[step].value == {}:
                del holder.value[step]
        return taken if taken is not None and taken.value is not None else None

    def put(self, node: Node, *path: str) -> None:
        """Put a value in, in maps that are made as needed."""
        holder = self.root
        for step in path[:-1]:
            below = holder.at(step)
            if below is None or not isinstance(below.value, dict):
                below = Node({})
                holder.value[step] = below
            holder = below
        holder.value[path[-1]] = node

    def move(self, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        """Move a value, if there is one."""
        node = self.take(*old)
        if node is not None:
            self.put(node, *new)


def convert(kind: str, api_version: str, value: Any, release: Release) -> Legacy:
    """A document of one of OLDER in the shape of v1beta4, to be read by the kubeadm of a release.

    Not for a ClusterStatus, which has no successor.
    """
    legacy = Legacy(kind, located(value))
    age = OLDER.index(api_version)
    for oldest, kinds, step in _STEPS:
        if age <= oldest and kind in kinds:
            step(legacy)
    if kind == "ClusterConfiguration":
        _feature_gates(legacy, release)
    legacy.root.value["apiVersion"].value = CURRENT
    _in_order(legacy.root, {path: number for number, (path, _) in enumerate(walk(value))})
    return legacy


def _in_order(node: Node, numbers: Mapping[Path, int]) -> int:
    """Sort the keys of all maps by what stood first in the document; made ones last. Returns the node's own number."""
    order = [numbers.get(node.old, len(numbers))] if node.old is not None else []
    if isinstance(node.value, dict):
        found = {key: _in_order(below, numbers) for key, below in node.value.items()}
        node.value = {key: node.value[key] for key in sorted(node.value, key=found.__getitem__)}
        order += found.values()
    else:
        order += [_in_order(below, numbers) for below in node.items()]
    return min(order, default=len(numbers))


def _v1alpha3_cluster(legacy: Legacy) -> None:
    for component in _COMPONENTS:
        for name in ("ExtraArgs", "ExtraVolumes"):
            legacy.move((component + name,), (component, name[0].lower() + name[1:]))
        volumes = legacy.root.at(component, "extraVolumes")
        for volume in volumes.items() if volumes else []:
            _writable(volume)
    legacy.move(("apiServerCertSANs",), ("apiServer", "certSANs"))
    audit = legacy.take("auditPolicy")
    policy = audit.at("path") if audit else None
    if audit and policy and policy.value:
        legacy.lost(
            audit,
            "kubeadm sets up no audit log any more",
            "audit-policy-file and audit-log-path in apiServer.extraArgs, and extraVolumes for both",
        )
    image = legacy.take("unifiedControlPlaneImage")
    if image and image.value:
        legacy.lost(image, "there is no hyperkube image any more", "imageRepository, if it is not the default one")
    _etcd_image(legacy)


def _writable(volume: Node) -> None:
    """`writable` is the opposite of `readOnly`, and so are their defaults."""
    if not isinstance(volume.value, dict):
        return
    writable = volume.value.pop("writable", None)
    if writable is None or not writable.value:
        volume.value["readOnly"] = Node(True, writable.old if writable else None)


def _etcd_image(legacy: Legacy) -> None:
    image = legacy.root.at("etcd", "local", "image")
    found = _IMAGE.fullmatch(str(image.value)) if image else None
    if image and found and found[2] == "etcd":
        legacy.put(Node(found[1], image.old), "etcd", "local", "imageRepository")
        legacy.put(Node(found[3], image.old), "etcd", "local", "imageTag")
    elif image and image.value:
        what = "only an image REPOSITORY/etcd:TAG can be divided into imageRepository and imageTag"
        legacy.lost(image, what, "give both")
    legacy.take("etcd", "local", "image")


def _v1alpha3_init(legacy: Legacy) -> None:
    legacy.move(("apiEndpoint",), ("localAPIEndpoint",))


def _v1alpha3_join(legacy: Legacy) -> None:
    for name in ("clusterName", "featureGates"):
        node = legacy.take(name)
        if node and node.value:
            legacy.lost(node, "a joining node takes it from the cluster's ClusterConfiguration")
    shared = _some(legacy.take("token"))
    tls = _some(legacy.take("tlsBootstrapToken")) or shared
    token = _some(legacy.take("discoveryToken")) or shared
    servers = legacy.take("discoveryTokenAPIServers")
    by_file = legacy.root.at("discoveryFile")
    if by_file and by_file.value:
        legacy.move(("discoveryFile",), ("discovery", "file", "kubeConfigPath"))
    else:
        legacy.take("discoveryFile")
        if token:
            legacy.put(token, "discovery", "bootstrapToken", "token")
        if servers and servers.items():
            legacy.put(servers.items()[0], "discovery", "bootstrapToken", "apiServerEndpoint")
            for further in servers.items()[1:]:
                legacy.lost(further, "a node joins through one API server", "the address of a load balancer")
        for name in ("CACertHashes", "UnsafeSkipCAVerification"):
            field_name = "caCertHashes" if name == "CACertHashes" else "unsafeSkipCAVerification"
            legacy.move((f"discoveryToken{name}",), ("discovery", "bootstrapToken", field_name))
    if tls and not (tls is token and legacy.root.at("discovery", "bootstrapToken")):
        legacy.put(tls, "discovery", "tlsBootstrapToken")
    for name in ("discoveryTokenCACertHashes", "discoveryTokenUnsafeSkipCAVerification"):
        legacy.take(name)
    legacy.move(("discoveryTimeout",), ("discovery", "timeout"))
    _v1alpha3_join_control_plane(legacy)


def _some(node: Node | None) -> Node | None:
    """A text that is not empty: an empty token is none (SetDefaults_JoinConfiguration in v1alpha3/defaults.go)."""
    return node if node and node.value != "" else None


def _v1alpha3_join_control_plane(legacy: Legacy) -> None:
    wanted = legacy.take("controlPlane")
    endpoint = legacy.take("apiEndpoint")
    if wanted and wanted.value:
        legacy.put(Node({}, wanted.old), "controlPlane")
        if endpoint:
            legacy.put(endpoint, "controlPlane", "localAPIEndpoint")
    elif endpoint:
        legacy.lost(endpoint, "a node that is no control plane has no API endpoint")


def _v1beta2_cluster(legacy: Legacy) -> None:
    """What v1beta3 has no more."""
    kind = legacy.take("dns", "type")
    if kind and kind.value not in ("", "CoreDNS"):
        legacy.lost(kind, "kubeadm deploys no other DNS server than CoreDNS")
        for name in ("imageRepository", "imageTag"):
            image = legacy.take("dns", name)
            if image and image.value:
                legacy.lost(image, "it names an image of another DNS server than CoreDNS")
    hyperkube = legacy.take("useHyperKubeImage")
    if hyperkube and hyperkube.value:
        legacy.lost(hyperkube, "there is no hyperkube image any more")


def _v1beta3_cluster(legacy: Legacy) -> None:
    """What v1beta4 has no more."""
    for component in (*(legacy.root.at(name) for name in _COMPONENTS), legacy.root.at("etcd", "local")):
        _arguments(component, "extraArgs")
    legacy.timeout = legacy.take("apiServer", "timeoutForControlPlane")


def _v1beta3_node(legacy: Legacy) -> None:
    _arguments(legacy.root.at("nodeRegistration"), "kubeletExtraArgs")


def _v1beta3_join(legacy: Legacy) -> None:
    legacy.move(("discovery", "timeout"), ("timeouts", "discovery"))


def _arguments(holder: Node | None, name: str) -> None:
    """A map of arguments as a list, in the order that kubeadm gives it: by name."""
    arguments = holder.at(name) if holder else None
    if arguments and isinstance(arguments.value, dict):
        arguments.value = [
            Node({"name": Node(name, value.old), "value": value}, value.old)
            for name, value in sorted(arguments.value.items())
        ]


def _feature_gates(legacy: Legacy, release: Release) -> None:
    """Gates that this kubeadm does not know; of some there is a successor."""
    gates = legacy.root.at("featureGates")
    for name, gate in list(gates.value.items()) if gates and isinstance(gates.value, dict) else []:
        if name in release.gates:
            continue
        legacy.take("featureGates", name)
        if name == "PublicKeysECDSA":
            if gate.value and not legacy.root.at("encryptionAlgorithm"):
                legacy.put(Node("ECDSA-P256", gate.old), "encryptionAlgorithm")
        elif not _is_so_anyway(name, gate.value):
            legacy.lost(gate, f"kubeadm {release.minor} has no feature gate {name}")


def _is_so_anyway(gate: str, value: Any) -> bool:
    """Whether a gate that is gone asks for what kubeadm does now."""
    return bool(value) is (gate in _BECAME_THE_RULE)


_STEPS: tuple[tuple[int, tuple[str, ...], Callable[[Legacy], None]], ...] = (
    (0, ("ClusterConfiguration",), _v1alpha3_cluster),
    (0, ("InitConfiguration",), _v1alpha3_init),
    (0, ("JoinConfiguration",), _v1alpha3_join),
    (2, ("ClusterConfiguration",), _v1beta2_cluster),
    (3, ("ClusterConfiguration",), _v1beta3_cluster),
    (3, ("InitConfiguration", "JoinConfiguration"), _v1beta3_node),
    (3, ("JoinConfiguration",), _v1beta3_join),
)
"""The last version (index in OLDER) whose documents of these kinds need a step, in the order of the versions."""
