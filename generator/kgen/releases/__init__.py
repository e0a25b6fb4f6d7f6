# SPDX-License-Identifier: Apache-2.0
"""What differs between kubeadm minors, as data: one YAML file a minor, and their loader.

Code asks a release for a value or whether it has a behaviour by name; no code asks which minor it is.
A new minor is a new file here, new schemas and new recordings.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

from kgen.errors import BugError

BEHAVIOURS: Mapping[str, str] = MappingProxyType(
    {
        "apiserver-kubelet-client-binding": "a binding lets the API server's client certificate use the kubelet API",
        "apiserver-kubelet-client-is-cluster-admin": "the API server's kubelet client is in kubeadm:cluster-admins",
        "control-plane-join-etcd-phase": "kubeadm join has a phase control-plane-join/etcd",
        "cri-socket-annotation-gate": "without NodeLocalCRISocket the node is annotated with its CRI socket",
        "external-etcd-endpoints-required": "an external etcd without endpoints is refused",
        "external-etcd-http-endpoints": "etcd.external.httpEndpoints exists and defaults to the endpoints",
        "flexvolume-mount": "the controller manager mounts the flexvolume plugin directory",
        "kube-proxy-ipvs-deprecated": "kube-proxy warns about its mode ipvs",
        "kube-proxy-node-port-words": "nodePortAddresses can be localhost and all, and words can stand beside ranges",
        "kubelet-local-mode-gate": "gate ControlPlaneKubeletLocalMode decides where kubelet.conf points",
        "node-local-cri-socket-gate": "gate NodeLocalCRISocket decides whether instance-config.yaml is written",
        "pod-infra-container-image-flag": "the kubelet is told the pause image by a flag",
        "public-keys-ecdsa-gate": "gate PublicKeysECDSA, if set, overrides encryptionAlgorithm",
        "resolv-conf-in-kubelet-config-map": "the resolvConf found on the host also reaches kubelet-config",
        "validate-upgrade-configuration": "kubeadm config validate looks at an UpgradeConfiguration",
    }
)
"""Every behaviour a release file may switch on, and what it means."""


@dataclass(frozen=True, slots=True)
class FeatureGate:
    """A feature gate of kubeadm itself (features/features.go)."""

    default: bool
    stage: str


@dataclass(frozen=True, slots=True)
class EtcdFlags:
    """Flags that etcd gets from a version on; `since` empty: always."""

    since: str
    flags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Release:
    """The facts of one kubeadm minor."""

    minor: str
    """e.g. `1.37`"""
    kubeadm: str
    """The kubeadm that these facts are read from and checked against, e.g. `v1.37.2`."""
    subject_key_identifier: Literal["sha1", "sha256-160"]
    """How that kubeadm's Go names a CA key; the SHA-256 is cut to 160 bits."""
    config_versions: tuple[str, ...]
    experimental_versions: tuple[str, ...]
    """Versions that kubeadm reads only with --allow-experimental-api"""
    coredns: str
    pause: str
    etcd_default: str
    etcd_by_minor: Mapping[int, str]
    etcd_flags: tuple[EtcdFlags, ...]
    kube_proxy_mode: str
    """What kubeadm writes for a mode that is left open."""
    kube_proxy_modes: Mapping[str, tuple[str, ...]]
    """By operating system, the modes that kube-proxy has (pkg/proxy/apis/config/validation/validation.go)."""
    gates: Mapping[str, FeatureGate]
    patch_targets: tuple[str, ...]
    behaviours: frozenset[str]

    def has(self, behaviour: str) -> bool:
        """Whether this kubeadm behaves so; KeyError for a name that BEHAVIOURS does not know."""
        BEHAVIOURS[behaviour]
        return behaviour in self.behaviours

    def gate(self, name: str, chosen: Mapping[str, bool]) -> bool:
        """The value of a feature gate: what the user chose, else its default; off if this kubeadm lacks it."""
        known = self.gates.get(name)
        return chosen.get(name, known.default) if known else False

    def etcd_version(self, kubernetes_minor: int) -> str:
        """etcd for a Kubernetes minor, the nearest known one outside the table (constants.go EtcdSupportedVersion)."""
        table = self.etcd_by_minor
        return table[min(max(kubernetes_minor, min(table)), max(table))]

    def etcd_version_flags(self, tag: str) -> Mapping[str, str]:
        """The flags for this etcd image tag; one that is no version gets the oldest form (phases/etcd/local.go)."""
        version = _version(tag)
        for entry in self.etcd_flags:
            since = _version(entry.since)
            if not since or (version and version >= since):
                return entry.flags
        raise BugError(f"release {self.minor} has no etcd flags for every version")


_SEMANTIC = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[-.0-9A-Za-z]+)?(\+[-.0-9A-Za-z]+)?")


def _version(text: str) -> tuple[int, int, int, bool] | None:
    """A semantic version in order: a pre-release comes before its release (apimachinery util/version)."""
    match = _SEMANTIC.fullmatch(text)
    return (int(match[1]), int(match[2]), int(match[3]), not match[4]) if match else None


def minors() -> tuple[str, ...]:
    """All minors that kgen can be, oldest first."""
    return tuple(sorted((path.stem for path in Path(__file__).parent.glob("*.yaml")), key=_minor_number))


def _minor_number(minor: str) -> int:
    return int(minor.split(".")[1])


@functools.cache
def load(minor: str) -> Release:
    """The facts of a minor, e.g. `1.37`; KeyError if there is no file for it."""
    path = Path(__file__).parent / f"{minor}.yaml"
    if minor not in minors():
        raise KeyError(minor)
    data: dict[str, Any] = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
    etcd = data["etcd"]
    return Release(
        minor=minor,
        kubeadm=data["kubeadm"],
        subject_key_identifier=data["goSubjectKeyIdentifier"],
        config_versions=tuple(data["configVersions"]),
        experimental_versions=tuple(data.get("experimentalVersions", ())),
        coredns=data["coredns"],
        pause=data["pause"],
        etcd_default=etcd["default"],
        etcd_by_minor=MappingProxyType(etcd["byMinor"]),
        etcd_flags=tuple(EtcdFlags(e.get("since", ""), MappingProxyType(e["flags"])) for e in etcd["flags"]),
        kube_proxy_mode=data["kubeProxyMode"],
        kube_proxy_modes=MappingProxyType({system: tuple(modes) for system, modes in data["kubeProxyModes"].items()}),
        gates=MappingProxyType({name: FeatureGate(**gate) for name, gate in data["featureGates"].items()}),
        patch_targets=tuple(data["patchTargets"]),
        behaviours=frozenset(data["behaviours"]),
    )
