# SPDX-License-Identifier: Apache-2.0
"""The resolved cluster: what everything below `load` reads. Frozen; nothing here asks the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from kgen.config import net
from kgen.config.defaults import IMAGE_REPOSITORY
from kgen.config.flags import Flags
from kgen.config.reading import Document
from kgen.config.scalars import parse_duration
from kgen.config.version import Version
from kgen.errors import Problem
from kgen.patches import Patch
from kgen.provenance import derived, reading
from kgen.releases import Release

TIME = "RenderConfiguration.time"
"""Path of the moment of rendering."""

CI_IMAGE_REPOSITORY = "gcr.io/k8s-staging-ci-images"
"""Where the images of CI builds are (constants.go DefaultCIImageRepository)."""


@dataclass(frozen=True, slots=True)
class Host:
    """What kubeadm would find on the host and kgen is told: the `host` of a RenderConfiguration."""

    ca_directories: tuple[str, ...] = (
        "/etc/ca-certificates",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
    )
    """The optional CA directories that exist there; by default those of Debian 12 with ca-certificates."""
    resolv_conf: str = ""
    """What systemd-resolved's presence makes of the kubelet's resolvConf; empty without it."""
    proxy: Mapping[str, str] = field(default_factory=dict)
    """Environment variables whose names end in _proxy."""
    hostname: str = ""
    """The host name as the OS has it; empty: the node's name."""
    users: Mapping[str, int] = field(
        default_factory=lambda: {"kubeadm-etcd": 100, "kubeadm-kas": 101, "kubeadm-kcm": 102, "kubeadm-ks": 103}
    )
    """Ids of the users of a control plane without root; by default what kubeadm takes on Debian 12's base-passwd:
    the lowest from 100 that are free."""
    groups: Mapping[str, int] = field(
        default_factory=lambda: {
            "kubeadm-etcd": 101,
            "kubeadm-kas": 102,
            "kubeadm-kcm": 103,
            "kubeadm-ks": 104,
            "kubeadm-sa-key-readers": 105,
        }
    )
    """Ids of their groups; Debian's own group `users` has 100."""


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of the cluster."""

    role: Literal["init", "control-plane", "worker"]
    endpoint: Mapping[str, Any]
    """localAPIEndpoint with all defaults."""
    registration: Mapping[str, Any]
    """nodeRegistration with all defaults."""
    host: Host

    @property
    def name(self) -> str:
        """Its name in the cluster"""
        return str(self.registration["name"])

    @property
    def address(self) -> str:
        """The API server's advertise address, in Go's spelling"""
        return str(self.endpoint["advertiseAddress"])

    @property
    def bind_port(self) -> int:
        """The API server's port"""
        return int(self.endpoint["bindPort"])

    @property
    def ipv6(self) -> bool:
        """Whether the node's address is an IPv6 one; loopback addresses follow its family."""
        return net.is_ipv6(net.parse_ip(self.address))

    @property
    def localhost(self) -> str:
        """The loopback address of the family of the node's address."""
        return derived(
            "loopback", "the loopback address of the node's family", lambda: "::1" if self.ipv6 else "127.0.0.1"
        )

    @property
    def local_url(self) -> str:
        """URL of the node's own API server (util/endpoint.go GetLocalAPIEndpoint)."""
        return f"https://{net.host_port(self.address, self.bind_port)}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as kubeadm would see it after reading, defaulting and validating its configuration."""

    release: Release
    version: Version
    init: Mapping[str, Any]
    """InitConfiguration, v1beta4, with all defaults."""
    configuration: Mapping[str, Any]
    """ClusterConfiguration, v1beta4, with all defaults."""
    kubelet: Mapping[str, Any]
    """KubeletConfiguration, with kubeadm's values where the user gave none."""
    kube_proxy: Mapping[str, Any]
    """KubeProxyConfiguration, with kubeadm's values where the user gave none."""
    user_supplied: frozenset[str]
    """Kinds of the component configurations that the user gave; these are not signed with a hash."""
    nodes: tuple[Node, ...]
    patches: tuple[Patch, ...]
    skipped: frozenset[str]
    """Phases not to render, by kubeadm's names, sub-phases written out."""
    skip_phases: frozenset[str]
    """Those of them that kubeadm itself is told to skip; the others are rendered another time."""
    upload_certs: bool
    time: datetime | None
    """The moment of rendering, where the configuration fixes it."""
    kubeadm: str | None = None
    """The kubeadm minor to be, where that was asked for beside the configuration."""
    warnings: tuple[Problem, ...] = ()
    """Findings that do not stop a render."""
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False)
    """What the user gave, by kind and as given, with places: config/origins finds there where values come from."""
    flags: Flags = field(default_factory=Flags, repr=False)
    """Those that were given; beside documents only the few that kubeadm takes with a file."""

    @property
    def first(self) -> Node:
        """The node on which `kubeadm init` runs."""
        return self.nodes[0]

    @property
    def name(self) -> str:
        """clusterName"""
        return str(self.configuration["clusterName"])

    @property
    def certificates_dir(self) -> str:
        """certificatesDir as written"""
        return str(self.configuration["certificatesDir"])

    @property
    def dns_domain(self) -> str:
        """networking.dnsDomain"""
        return str(self.configuration["networking"]["dnsDomain"])

    @property
    def service_subnet(self) -> str:
        """networking.serviceSubnet as written; two ranges if dual-stack"""
        return str(self.configuration["networking"]["serviceSubnet"])

    @property
    def api_service_address(self) -> str:
        """Address of the Service `kubernetes`"""
        return derived(
            "api-service-address",
            "the first address of the service range",
            lambda: str(net.nth_address(self.service_subnet, 1)),
        )

    @property
    def dns_address(self) -> str:
        """Address of the Service of the cluster DNS"""
        return derived(
            "dns-address",
            "the tenth address of the service range",
            lambda: str(net.nth_address(self.service_subnet, 10)),
        )

    @property
    def pod_subnet(self) -> str:
        """networking.podSubnet as written, or empty"""
        return str(self.configuration["networking"].get("podSubnet", ""))

    @property
    def external_etcd(self) -> Mapping[str, Any] | None:
        """etcd.external, or None if etcd runs on the control-plane nodes"""
        external: Mapping[str, Any] | None = self.configuration["etcd"].get("external")
        return external

    @property
    def local_etcd(self) -> Mapping[str, Any]:
        """etcd.local, empty if etcd is external"""
        local: Mapping[str, Any] = self.configuration["etcd"].get("local", {})
        return local

    def component(self, name: str) -> Mapping[str, Any]:
        """A control-plane component's settings: `apiServer`, `controllerManager` or `scheduler`."""
        component: Mapping[str, Any] = self.configuration.get(name, {})
        return component

    def gate(self, name: str) -> bool:
        """Whether a feature gate of kubeadm is on."""
        return self.release.gate(name, self.configuration.get("featureGates", {}))

    @property
    def algorithm(self) -> str:
        """Key algorithm (apis/kubeadm/types.go EncryptionAlgorithmType); a deprecated gate, if set, decides."""
        if self.release.has("public-keys-ecdsa-gate"):
            gates = self.configuration.get("featureGates", {})
            if "PublicKeysECDSA" in gates:
                return "ECDSA-P256" if gates["PublicKeysECDSA"] else "RSA-2048"
        return str(self.configuration["encryptionAlgorithm"])

    @property
    def certificate_period(self) -> timedelta:
        """How long leaf certificates are valid"""
        return self._period("certificateValidityPeriod")

    @property
    def ca_period(self) -> timedelta:
        """How long CA certificates are valid"""
        return self._period("caCertificateValidityPeriod")

    def _period(self, name: str) -> timedelta:
        return timedelta(microseconds=parse_duration(self.configuration[name]) // 1000)

    @property
    def health_check_seconds(self) -> float:
        """timeouts.controlPlaneComponentHealthCheck in seconds"""
        return parse_duration(self.init["timeouts"]["controlPlaneComponentHealthCheck"]) / 1e9

    def endpoint_url(self, node: Node) -> str:
        """URL of the control plane: controlPlaneEndpoint, else the node itself (util/endpoint.go)."""
        endpoint = self.configuration.get("controlPlaneEndpoint")
        if not endpoint:
            return node.local_url
        host, port = net.parse_host_port(endpoint)
        return f"https://{net.host_port(host, port or node.bind_port)}"

    def image(self, name: str) -> str:
        """Image of a program from the Kubernetes repository (images/images.go GetKubernetesImage)."""
        reading("ClusterConfiguration.kubernetesVersion")
        repository = self.configuration["imageRepository"]
        if self.version.ci and repository == IMAGE_REPOSITORY:
            repository = CI_IMAGE_REPOSITORY
        tag = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in self.version.text)
        return f"{repository}/{name}:{tag}"

    @property
    def dns_image(self) -> str:
        """Image of CoreDNS; only the default repository keeps it one level deeper."""
        dns = self.configuration.get("dns", {})
        repository = dns.get("imageRepository") or self.configuration["imageRepository"]
        if repository == IMAGE_REPOSITORY:
            repository += "/coredns"
        return f"{repository}/coredns:{dns.get('imageTag') or self._fact('coredns', self.release.coredns)}"

    @property
    def etcd_tag(self) -> str:
        """Tag of the etcd image, from which its version is read"""
        if tag := self.local_etcd.get("imageTag"):
            return str(tag)
        reading("ClusterConfiguration.kubernetesVersion")
        return self._fact("etcd", self.release.etcd_version(self.version.minor_number))

    @property
    def etcd_image(self) -> str:
        """Image of the local etcd"""
        repository = self.local_etcd.get("imageRepository") or self.configuration["imageRepository"]
        return f"{repository}/etcd:{self.etcd_tag}"

    @property
    def pause_image(self) -> str:
        """Image of the sandbox container"""
        return f"{self.configuration['imageRepository']}/pause:{self._fact('pause', self.release.pause)}"

    @staticmethod
    def _fact(name: str, value: str) -> str:
        reading(f"release.{name}")
        return value
