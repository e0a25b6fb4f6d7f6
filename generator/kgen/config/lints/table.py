# SPDX-License-Identifier: Apache-2.0
"""All lints: what each finds, why that matters and what to do. A lint that is off by default tells of a choice that
many make on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from kgen.config.lints import (
    arguments,
    certificates,
    components,
    document,
    endpoint,
    gates,
    mounts,
    networking,
    node,
    replaced,
    tokens,
)
from kgen.config.lints.subject import Finding, Subject

Switch = Literal["off", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Lint:
    """One lint."""

    id: str
    level: Switch
    """By default"""
    title: str
    why: str
    """What happens if nothing is done."""
    fix: str
    """What to do, where a finding does not say it better."""
    check: Callable[[Subject], Iterator[Finding]]


TABLE: tuple[Lint, ...] = (
    # The documents
    Lint(
        "old-api-version",
        "warning",
        "a kubeadm API version that is deprecated",
        "The next kubeadm may not read it; 1.37 no longer reads v1beta3.",
        "kubeadm config migrate",
        document.old_version,
    ),
    Lint(
        "placeholder",
        "warning",
        "text such as $NAME, ${NAME} or {{ name }}",
        "kubeadm substitutes nothing; the text reaches the cluster as it stands.",
        "fill in the value before kubeadm or kgen reads the file",
        document.template,
    ),
    Lint(
        "without-addon",
        "off",
        "CoreDNS or kube-proxy left out",
        "Pods cannot resolve names, or reach services, until something else takes over.",
        "install a replacement",
        document.without_addon,
    ),
    # Addresses
    Lint(
        "subnet-overlap",
        "warning",
        "pods and services share addresses",
        "A pod can get a service's address; traffic to one of them is lost.",
        "ranges without common addresses",
        networking.subnet_overlap,
    ),
    Lint(
        "node-in-subnet",
        "warning",
        "a node or the endpoint has an address of the pod or service range",
        "Traffic to the machine is taken for traffic to a pod or service.",
        "ranges that no machine has addresses of",
        networking.node_in_subnet,
    ),
    Lint(
        "address-families",
        "warning",
        "node, pods and services have no address family in common",
        "The API server refuses to start, or services have no pods they could reach.",
        "ranges of the same family for pods and services",
        networking.address_families,
    ),
    Lint(
        "half-dual-stack",
        "warning",
        "only pods or only services are dual-stack",
        "Services of the second family are missing, or have no pods behind them.",
        "an IPv4 and an IPv6 range for both, or one range for both",
        networking.half_dual_stack,
    ),
    Lint(
        "dual-stack-node-ip",
        "off",
        "a dual-stack cluster whose node is not told its addresses",
        "Without a cloud provider the kubelet reports one address, so pods on the host network have one family.",
        "node-ip with an address of each family in nodeRegistration.kubeletExtraArgs",
        networking.dual_stack_node_ip,
    ),
    # The endpoint
    Lint(
        "endpoint-loopback",
        "warning",
        "controlPlaneEndpoint is localhost",
        "Every machine that joins looks for the API server on itself.",
        "a name or address that all machines reach the control plane by",
        endpoint.loopback,
    ),
    Lint(
        "endpoint-short-name",
        "off",
        "controlPlaneEndpoint is a name without a dot",
        "It resolves only where a search domain or /etc/hosts makes it.",
        "a fully qualified name",
        endpoint.short_name,
    ),
    Lint(
        "endpoint-is-node",
        "off",
        "controlPlaneEndpoint is the address of the first node",
        "Without this node no client reaches the control plane, and the endpoint is hard to change later.",
        "a name, or the address of a load balancer",
        endpoint.node_itself,
    ),
    Lint(
        "endpoint-port",
        "off",
        "controlPlaneEndpoint has another port than the API server",
        "Something has to forward from one port to the other.",
        "a load balancer that does, or the same port",
        endpoint.other_port,
    ),
    # Arguments
    Lint(
        "argument-spelling",
        "warning",
        "an argument's name with dashes in front, with = or with underscores",
        "The command line cannot be read, or kubeadm's own flag stays beside it.",
        "the flag's name alone",
        arguments.spelling,
    ),
    Lint(
        "unknown-argument",
        "warning",
        "an argument that the program does not have in this version",
        "The program prints its usage and exits; kubeadm waits for it until it gives up.",
        "remove it",
        arguments.unknown,
    ),
    Lint(
        "deprecated-argument",
        "warning",
        "an argument that is deprecated in this version",
        "A later version does not start with it.",
        "the program's help says what takes its place",
        arguments.deprecated,
    ),
    Lint(
        "argument-value",
        "warning",
        "a value that does not fit the type of its flag",
        "The program exits at once.",
        "a value of the flag's type",
        arguments.wrong_value,
    ),
    Lint(
        "repeated-argument",
        "warning",
        "a flag with a single value that is given several times",
        "Only the last one counts.",
        "one of them",
        arguments.repeated,
    ),
    Lint(
        "argument-place",
        "warning",
        "an argument that contradicts the field of the same meaning",
        "Only this flag changes; certificates, probes, kubeconfigs and other programs go by the field.",
        "the field",
        replaced.place,
    ),
    Lint(
        "lost-default",
        "warning",
        "a list that replaces kubeadm's and lacks what it needs",
        "Nodes get more rights than they should, or cannot join.",
        "kubeadm's items as well",
        replaced.lost_default,
    ),
    Lint(
        "exclusive-arguments",
        "warning",
        "arguments of the API server that exclude each other",
        "The API server exits at once.",
        "one of them",
        replaced.exclusive,
    ),
    Lint(
        "admission-plugin",
        "warning",
        "an admission plugin that the API server does not have in this version",
        "The API server exits at once.",
        "remove it from the list",
        replaced.admission_plugins,
    ),
    Lint(
        "anonymous-auth",
        "warning",
        "an API server without anonymous requests",
        "The kubelet's probes have no credentials; it restarts the API server again and again.",
        "authentication-config, with anonymous requests for /livez, /readyz and /healthz alone",
        replaced.anonymous_auth,
    ),
    Lint(
        "bind-address",
        "warning",
        "an API server that does not listen on its own advertise address",
        "Probes fail and nobody reaches it.",
        "the advertise address, or none",
        replaced.bind_address,
    ),
    # Volumes
    Lint(
        "unmounted-path",
        "warning",
        "an argument that names a file which no volume brings into the container",
        "The program does not find the file and exits.",
        "an extra volume",
        mounts.unmounted,
    ),
    Lint(
        "lost-audit-log",
        "warning",
        "an audit log that is on no volume, or on one that is read-only",
        "The log is gone with the container, or the API server does not start.",
        "a directory of the host in apiServer.extraVolumes",
        mounts.lost_log,
    ),
    Lint(
        "volume-path-type",
        "warning",
        "an extra volume with an unknown pathType",
        "The kubelet refuses the pod.",
        "one of Kubernetes' own",
        mounts.path_type,
    ),
    Lint(
        "volume-name",
        "warning",
        "an extra volume that replaces another one of the same name",
        "The other one is missing in the container.",
        "another name",
        mounts.repeated_name,
    ),
    Lint(
        "volume-mount-path",
        "warning",
        "two volumes at the same place in a container",
        "The kubelet refuses the pod.",
        "one of them",
        mounts.repeated_path,
    ),
    Lint(
        "volume-writable",
        "warning",
        "an extra volume that lets a container change the cluster's keys",
        "Whoever takes over the container takes over the cluster for good.",
        "readOnly: true",
        mounts.writable,
    ),
    # Feature gates
    Lint(
        "unknown-gate",
        "warning",
        "a feature gate that the program does not have in this version",
        "The program exits at once.",
        "remove it",
        gates.unknown,
    ),
    Lint(
        "locked-gate",
        "warning",
        "a feature gate that cannot be set to this any more",
        "The program exits at once.",
        "remove it",
        gates.locked,
    ),
    Lint(
        "settled-gate",
        "warning",
        "a feature gate that is generally available or deprecated",
        "A later version no longer knows it and does not start.",
        "remove it before the next upgrade",
        gates.settled,
    ),
    Lint(
        "kubeadm-gate",
        "warning",
        "a feature gate of kubeadm that is settled or goes away",
        "A later kubeadm refuses the configuration.",
        "remove it before the next upgrade",
        gates.of_kubeadm,
    ),
    # Certificates and tokens
    Lint(
        "short-certificates",
        "warning",
        "certificates that expire within a day",
        "The cluster stops before anybody renews them.",
        "at least some weeks",
        certificates.short_lived,
    ),
    Lint(
        "short-ca",
        "warning",
        "a CA that expires before renewed certificates do",
        "Renewing certificates does not help when their CA is gone.",
        "a CA that lives at least twice as long as the certificates",
        certificates.ca_without_renewal,
    ),
    Lint(
        "token-ttl",
        "warning",
        "a bootstrap token that lives less than ten minutes",
        "It has expired before nodes can join.",
        "a longer ttl",
        tokens.short_ttl,
    ),
    Lint(
        "token-no-expiry",
        "warning",
        "a bootstrap token that never expires",
        "Whoever finds it can join nodes for as long as the cluster lives.",
        "a ttl such as 24h",
        tokens.no_expiry,
    ),
    Lint(
        "token-usages",
        "warning",
        "no bootstrap token that kubeadm join can use",
        "It takes one token both to trust cluster-info (signing) and to authenticate (authentication).",
        "usages: [signing, authentication]",
        tokens.no_join,
    ),
    Lint(
        "token-groups",
        "warning",
        "no bootstrap token in the group that kubeadm gives rights to",
        "The certificate requests of joining nodes are not approved.",
        "the group as well",
        tokens.other_groups,
    ),
    Lint(
        "unused-certificate-key",
        "warning",
        "a certificateKey without --upload-certs",
        "Further control-plane nodes find nothing to decrypt.",
        "--upload-certs, or no key",
        tokens.unused_certificate_key,
    ),
    # The node
    Lint(
        "legacy-taint",
        "warning",
        "the taint node-role.kubernetes.io/master",
        "kubeadm's add-ons and most others do not tolerate it, and it replaces the taint that they do.",
        "node-role.kubernetes.io/control-plane",
        node.legacy_taint,
    ),
    Lint(
        "no-taints",
        "off",
        "a control-plane node without taints",
        "Ordinary pods run beside etcd and the API server.",
        "leave taints out for kubeadm's own",
        node.no_taints,
    ),
    Lint(
        "restricted-label",
        "warning",
        "a node label that a kubelet may not set",
        "The kubelet exits at once.",
        "a label outside kubernetes.io, or kubectl label once the node is there",
        node.restricted_label,
    ),
    Lint(
        "repeated-label",
        "warning",
        "a node label with two values",
        "Only the last one counts.",
        "one of them",
        node.repeated_label,
    ),
    Lint(
        "cri-socket",
        "warning",
        "a socket of no container runtime that Kubernetes can use",
        "The kubelet finds no container runtime.",
        "unix:///run/containerd/containerd.sock, or that of another runtime",
        node.cri_socket,
    ),
    # The kubelet
    Lint(
        "kubelet-static-pods",
        "warning",
        "a kubelet that does not run kubeadm's static pods",
        "The control plane never starts.",
        "leave staticPodPath out",
        components.static_pods,
    ),
    Lint(
        "kubelet-cluster-dns",
        "warning",
        "a clusterDNS that is no address of a service",
        "Pods cannot resolve names.",
        "leave clusterDNS out",
        components.cluster_dns,
    ),
    Lint(
        "kubelet-cluster-domain",
        "warning",
        "a clusterDomain that is not networking.dnsDomain",
        "Pods cannot resolve short names of services.",
        "leave clusterDomain out",
        components.cluster_domain,
    ),
    Lint(
        "kubelet-authentication",
        "warning",
        "a kubelet with other authentication or authorization than kubeadm's",
        "Its API, which can run commands in every container, is open or cannot be used.",
        "leave it out",
        components.authentication,
    ),
    Lint(
        "kubelet-healthz",
        "warning",
        "a kubelet that shows its health elsewhere than kubeadm recommends",
        "kubeadm does not wait for it, or it answers other machines without authentication.",
        "leave it out",
        components.healthz,
    ),
    Lint(
        "kubelet-read-only-port",
        "warning",
        "a kubelet with a port without authentication",
        "Whoever reaches it reads all pods of the node.",
        "leave readOnlyPort out",
        components.read_only_port,
    ),
    Lint(
        "kubelet-cgroup-driver",
        "warning",
        "the cgroup driver cgroupfs",
        "Under pressure the node becomes unstable if systemd manages cgroups as well.",
        "leave cgroupDriver out for systemd, and set the container runtime to it",
        components.cgroup_driver,
    ),
    # kube-proxy
    Lint(
        "proxy-ipvs",
        "warning",
        "kube-proxy's mode ipvs",
        "It is deprecated and will be removed.",
        "mode: nftables, or iptables on old kernels",
        components.proxy_ipvs,
    ),
    Lint(
        "proxy-cluster-cidr",
        "warning",
        "a clusterCIDR that is not networking.podSubnet",
        "kube-proxy takes pods for strangers, or strangers for pods.",
        "leave clusterCIDR out",
        components.proxy_cluster_cidr,
    ),
    Lint(
        "proxy-bind-address",
        "warning",
        "a kube-proxy that binds to one address",
        "All nodes share this configuration, and only one has the address.",
        "leave bindAddress out",
        components.proxy_bind_address,
    ),
    Lint(
        "proxy-kubeconfig",
        "warning",
        "a kube-proxy with another kubeconfig than kubeadm's",
        "There is no such file in its container.",
        "leave clientConnection.kubeconfig out",
        components.proxy_kubeconfig,
    ),
)
