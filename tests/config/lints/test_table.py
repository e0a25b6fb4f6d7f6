# SPDX-License-Identifier: Apache-2.0
"""Every lint: a configuration in which it finds something, where, and one close to it in which it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from config.lints.subjects import Documents, arguments, found, plain, subject
from kgen import releases
from kgen.config import lints
from kgen.errors import format_path


@dataclass(frozen=True)
class Case:
    """A lint, changes that it finds something in at this place, and changes that are fine."""

    lint: str
    place: str
    bad: Documents
    good: Documents
    minor: str = "1.37"
    said: str = ""
    """Part of the message"""

    def __str__(self) -> str:
        return f"{self.lint}-{self.place}"


def init(**fields: Any) -> Documents:
    """Changes to the InitConfiguration."""
    return {"InitConfiguration": fields}


def node(**fields: Any) -> Documents:
    """Changes to the node's registration."""
    return init(nodeRegistration=fields)


def cluster(**fields: Any) -> Documents:
    """Changes to the ClusterConfiguration."""
    return {"ClusterConfiguration": fields}


def networking(**fields: str) -> Documents:
    """Changes to the networking."""
    return cluster(networking=fields)


def server(*volumes: Documents, **values: str) -> Documents:
    """Arguments and volumes of the API server."""
    return cluster(apiServer={"extraArgs": arguments(**values), "extraVolumes": list(volumes)})


def manager(**values: str) -> Documents:
    """Arguments of the controller manager."""
    return cluster(controllerManager={"extraArgs": arguments(**values)})


def sharing(ranges: Documents, **values: str) -> Documents:
    """Ranges of pods and services, and what the controller manager is told of how to share them out."""
    return cluster(networking=ranges, controllerManager={"extraArgs": arguments(**values)})


def modes(*given: str) -> Documents:
    """An authorization mode in each of several arguments."""
    return cluster(apiServer={"extraArgs": [{"name": "authorization-mode", "value": mode} for mode in given]})


def scheduler(**values: str) -> Documents:
    """Arguments of the scheduler."""
    return cluster(scheduler={"extraArgs": arguments(**values)})


def etcd(**fields: Any) -> Documents:
    """Changes to the local etcd."""
    return cluster(etcd={"local": fields})


def external_etcd(*servers: str) -> Documents:
    """An external etcd with two endpoints, and what the API server is told of it."""
    external = {"endpoints": ["https://e1:2379", "https://e2:2379"], "caFile": "", "certFile": "", "keyFile": ""}
    given = arguments(etcd_servers=",".join(servers))
    return cluster(etcd={"external": external}, apiServer={"extraArgs": given})


def etcd_elsewhere(directory: str, mounted: str) -> Documents:
    """An external etcd with its files in a directory, and an extra volume of the API server."""
    files = {name: f"{directory}/{name}" for name in ("caFile", "certFile", "keyFile")}
    external = {"endpoints": ["https://e1:2379"], **files}
    return cluster(etcd={"external": external}, apiServer={"extraVolumes": [volume("mine", mounted, readOnly=True)]})


def flags(**values: str) -> Documents:
    """Arguments of the kubelet."""
    return node(kubeletExtraArgs=arguments(**values))


def runtime(endpoint: str) -> Documents:
    """The socket of containerd, and what the kubelet is told of it."""
    told = arguments(container_runtime_endpoint=endpoint)
    return node(criSocket="unix:///run/containerd/containerd.sock", kubeletExtraArgs=told)


def at(address: str, **values: str) -> Documents:
    """The node's address, and arguments of the API server."""
    return {**init(localAPIEndpoint={"advertiseAddress": address}), **server(**values)}


FLAG = "nodeRegistration.kubeletExtraArgs[0].value"
ITEM = "nodeRegistration.kubeletExtraArgs[0]"


def kubelet(**fields: Any) -> Documents:
    """A KubeletConfiguration."""
    return {"KubeletConfiguration": fields}


def proxy(**fields: Any) -> Documents:
    """A KubeProxyConfiguration."""
    return {"KubeProxyConfiguration": fields}


def token(**fields: Any) -> Documents:
    """The only token."""
    return init(bootstrapTokens=[fields])


def tokens(*texts: str) -> Documents:
    """Several tokens."""
    return init(bootstrapTokens=[{"token": text} for text in texts])


def volume(name: str = "extra", path: str = "/etc/extra", **fields: Any) -> Documents:
    """An extra volume at the same place on the host and in the container."""
    return {"name": name, "hostPath": path, "mountPath": path, **fields}


OF_JOINING = {"ca-cert-hash", "unknown-phase", "unverified-ca"}
"""Lints of nothing but a JoinConfiguration, which test_join.py tests"""

ARGS = "apiServer.extraArgs"
DUAL_PODS, DUAL_SERVICES = "10.244.0.0/16,2001:db8:1::/56", "10.96.0.0/16,2001:db8:2::/112"
DUAL = {"podSubnet": DUAL_PODS, "serviceSubnet": DUAL_SERVICES}
IPV6 = {"podSubnet": "2001:db8:1::/56", "serviceSubnet": "fd00:10:96:0::/112"}
NARROW = {"podSubnet": "10.244.0.0/24"}
AUDIT = volume("audit", "/etc/kubernetes/audit", readOnly=True)
AUDITED = {"audit_policy_file": "/etc/kubernetes/pki/policy.yaml"}
KUBELET_ARGUMENT = "nodeRegistration.kubeletExtraArgs[0].value"
ETCD_ARGUMENT = "etcd.local.extraArgs[0].value"
PUBLIC_GROUP = "system:bootstrappers:kubeadm:default-node-token"

CASES = (
    Case(
        "old-api-version",
        "apiVersion",
        cluster(apiVersion="kubeadm.k8s.io/v1beta3"),
        cluster(apiVersion="kubeadm.k8s.io/v1beta4"),
        minor="1.36",
    ),
    Case(
        "old-repository",
        "dns.imageRepository",
        cluster(dns={"imageRepository": "k8s.gcr.io/coredns"}),
        cluster(dns={"imageRepository": "mirror.example.com/k8s.gcr.io"}),
    ),
    Case("placeholder", "clusterName", cluster(clusterName="${CLUSTER}"), cluster(clusterName="costs-$5")),
    Case("placeholder", f"{ARGS}[0].value", server(oidc_client_id="$CLIENT"), server(oidc_client_id="$(CLIENT)")),
    Case("placeholder", f"{ARGS}[0].value", server(oidc_client_id="{{ id }}"), server(oidc_client_id="^a{2}$")),
    Case("without-addon", "dns.disabled", cluster(dns={"disabled": True}), cluster(dns={"disabled": False})),
    Case("without-addon", "skipPhases", init(skipPhases=["addon/kube-proxy"]), init(skipPhases=["mark-control-plane"])),
    Case(
        "subnet-overlap",
        "networking.podSubnet",
        networking(podSubnet="10.100.0.0/16"),
        networking(podSubnet="10.112.0.0/16"),
        said="10.100.0.0/16",
    ),
    Case(
        "node-in-subnet",
        "localAPIEndpoint.advertiseAddress",
        networking(podSubnet="192.0.0.0/16"),
        networking(podSubnet="192.1.0.0/16"),
    ),
    Case(
        "node-in-subnet",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="10.96.0.7:6443"),
        cluster(controlPlaneEndpoint="10.95.0.7:6443"),
        said="service",
    ),
    Case(
        "address-families",
        "networking.serviceSubnet",
        networking(podSubnet=DUAL_PODS, serviceSubnet="2001:db8:2::/112,10.96.0.0/16"),
        networking(podSubnet=DUAL_PODS, serviceSubnet=DUAL_SERVICES),
    ),
    Case(
        "address-families",
        "networking.podSubnet",
        networking(podSubnet="2001:db8:1::/56"),
        networking(podSubnet=DUAL_PODS),
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0]",
        sharing(DUAL, node_cidr_mask_size="24"),
        sharing(DUAL, node_cidr_mask_size_ipv4="25"),
        said="not for a pod range of two address families; node-cidr-mask-size-ipv4 and node-cidr-mask-size-ipv6",
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0]",
        manager(node_cidr_mask_size_ipv6="64"),
        manager(node_cidr_mask_size_ipv4="25"),
        said="not for a pod range of IPv4 alone",
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0]",
        manager(node_cidr_mask_size_ipv4="25", node_cidr_mask_size="25"),
        manager(node_cidr_mask_size_ipv4="", node_cidr_mask_size="25"),
        said="exclude each other",
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0].value",
        manager(node_cidr_mask_size="15"),
        manager(node_cidr_mask_size="15", allocate_node_cidrs="false"),
        said="larger than the pod range 10.244.0.0/16",
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0].value",
        sharing(IPV6, node_cidr_mask_size="80"),
        sharing(IPV6, node_cidr_mask_size="72"),
        said="at most /72",
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0]",
        sharing({"podSubnet": ""}, allocate_node_cidrs="true"),
        sharing({"podSubnet": ""}, allocate_node_cidrs="true", cluster_cidr="10.1.0.0/16"),
        said="there is no pod range",
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0]",
        sharing({"podSubnet": ""}, allocate_node_cidrs="true"),
        sharing({"podSubnet": ""}, allocate_node_cidrs="true", controllers="*,-nodeipam"),
    ),
    Case(
        "node-cidr-mask",
        "controllerManager.extraArgs[0]",
        sharing({"podSubnet": ""}, allocate_node_cidrs="T"),
        sharing({"podSubnet": ""}, allocate_node_cidrs="false"),
    ),
    Case(
        "node-ip",
        KUBELET_ARGUMENT,
        flags(node_ip="192.0.2.10,192.0.2.11"),
        flags(node_ip="192.0.2.10,2001:db8::10"),
        said="two addresses of one family",
    ),
    Case(
        "node-ip",
        KUBELET_ARGUMENT,
        flags(node_ip="192.0.2.300"),
        flags(node_ip="192.0.2.10"),
        said="'192.0.2.300' is no IP address, and the kubelet passes over it",
    ),
    Case("node-ip", KUBELET_ARGUMENT, flags(node_ip="192.0.2.10/24"), flags(node_ip="'192.0.2.10, 2001:db8::10'")),
    Case("node-ip", KUBELET_ARGUMENT, flags(node_ip="0.0.0.0,2001:db8::10"), flags(node_ip="::")),
    Case(
        "node-ip",
        "nodeRegistration.kubeletExtraArgs[1].value",
        node(kubeletExtraArgs=[*arguments(node_ip="192.0.2.10"), *arguments(node_ip="eth0")]),
        node(kubeletExtraArgs=[*arguments(node_ip="eth0"), *arguments(node_ip="192.0.2.10")]),
    ),
    Case(
        "one-node-pod-range",
        "networking.podSubnet",
        networking(podSubnet="10.244.0.0/24"),
        networking(podSubnet="10.244.0.0/23"),
        said="such as 10.244.0.0/16",
    ),
    Case(
        "one-node-pod-range",
        "networking.podSubnet",
        networking(podSubnet="10.244.0.0/16,2001:db8:1::/64", serviceSubnet=DUAL_SERVICES),
        sharing(NARROW, controllers="*,-nodeipam"),
        said="2001:db8:1::/64",
    ),
    Case(
        "one-node-pod-range",
        "networking.podSubnet",
        manager(node_cidr_mask_size="16"),
        sharing(NARROW, node_cidr_mask_size="26"),
    ),
    Case(
        "half-dual-stack",
        "networking.podSubnet",
        networking(serviceSubnet=DUAL_SERVICES),
        networking(podSubnet=DUAL_PODS, serviceSubnet=DUAL_SERVICES),
    ),
    Case("half-dual-stack", "networking.serviceSubnet", networking(podSubnet=DUAL_PODS), networking()),
    Case(
        "dual-stack-node-ip",
        "nodeRegistration.kubeletExtraArgs",
        networking(podSubnet=DUAL_PODS, serviceSubnet=DUAL_SERVICES),
        {
            **networking(podSubnet=DUAL_PODS, serviceSubnet=DUAL_SERVICES),
            **flags(node_ip="192.0.2.10,2001:db8::10"),
        },
    ),
    Case(
        "endpoint-loopback",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="localhost:6443"),
        cluster(controlPlaneEndpoint="localhost.example.com:6443"),
    ),
    Case(
        "endpoint-loopback",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="127.0.0.1"),
        cluster(controlPlaneEndpoint="127.0.0.1:6445"),
    ),
    Case(
        "endpoint-address",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="10.0.0.256:6443"),
        cluster(controlPlaneEndpoint="10.0.0.255:6443"),
        said="10.0.0.256 is no IP address",
    ),
    Case(
        "endpoint-address",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="1.2.3"),
        cluster(controlPlaneEndpoint="api.3"),
    ),
    Case(
        "endpoint-loopback",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="[::1]:6443"),
        cluster(controlPlaneEndpoint="[2001:db8::1]:6443"),
    ),
    Case(
        "endpoint-short-name",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="k8s:6443"),
        cluster(controlPlaneEndpoint="k8s.lan:6443"),
    ),
    Case(
        "endpoint-is-node",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="192.0.2.10:6443"),
        cluster(controlPlaneEndpoint="192.0.2.1:6443"),
    ),
    Case(
        "endpoint-port",
        "controlPlaneEndpoint",
        cluster(controlPlaneEndpoint="api.example.com:443"),
        cluster(controlPlaneEndpoint="api.example.com"),
    ),
    Case(
        "argument-spelling",
        f"{ARGS}[0].name",
        cluster(apiServer={"extraArgs": [{"name": "--profiling", "value": "false"}]}),
        server(profiling="false"),
        said="; write profiling",
    ),
    Case(
        "argument-spelling",
        f"{ARGS}[0].name",
        cluster(apiServer={"extraArgs": [{"name": "anonymous_auth", "value": "true"}]}),
        server(anonymous_auth="true"),
        said="; write anonymous-auth",
    ),
    Case(
        "argument-spelling",
        f"{ARGS}[0].name",
        cluster(apiServer={"extraArgs": [{"name": "profiling=false", "value": ""}]}),
        server(profiling="false"),
    ),
    Case(
        "unknown-argument",
        f"{ARGS}[0].name",
        server(enable_admission_plugin="NodeRestriction"),
        server(enable_admission_plugins="NodeRestriction"),
        said="did you mean enable-admission-plugins?",
    ),
    Case(
        "unknown-argument",
        f"{ARGS}[0].name",
        server(cloud_provider="external"),
        manager(cloud_provider="external"),
        said="kube-controller-manager and kubelet",
    ),
    Case(
        "unknown-argument",
        "nodeRegistration.kubeletExtraArgs[0].name",
        flags(pod_infra_container_image="registry.k8s.io/pause:3.10"),
        flags(v="2"),
        said="kubelet 1.34 was the last to have it",
    ),
    Case(
        "unknown-argument",
        "etcd.local.extraArgs[0].name",
        etcd(extraArgs=arguments(experimental_compaction_batch_limit="1")),
        etcd(extraArgs=arguments(compaction_batch_limit="1")),
        said="compaction-batch-limit is its name now",
    ),
    Case(
        "unknown-argument",
        "etcd.local.extraArgs[0].name",
        etcd(extraArgs=arguments(compaction_batch_limit="1"), imageTag="3.5.24-0"),
        etcd(extraArgs=arguments(compaction_batch_limit="1"), imageTag="latest"),
        said="etcd 3.5 has no flag 'compaction-batch-limit'; etcd 3.6 has it",
    ),
    Case(
        "deprecated-argument",
        "nodeRegistration.kubeletExtraArgs[0].name",
        flags(max_pods="50"),
        flags(node_ip="192.0.2.10"),
        said="KubeletConfiguration",
    ),
    Case("deprecated-argument", f"{ARGS}[0].name", server(apiserver_count="1"), scheduler(kubeconfig="/a")),
    Case("argument-value", f"{ARGS}[0].value", server(profiling="no"), server(profiling="F")),
    Case("argument-value", f"{ARGS}[0].value", server(audit_log_maxage="30d"), server(audit_log_maxage="30")),
    Case("argument-value", f"{ARGS}[0].value", server(request_timeout="60"), server(request_timeout="60s")),
    Case(
        "argument-value",
        f"{ARGS}[1].value",
        server(runtime_config="a", profiling="x"),
        server(runtime_config="a/v1,b/v1=,api/all=true"),
    ),
    Case(
        "argument-value",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(feature_gates="AllBeta"),
        flags(eviction_hard="memory.available<100Mi", manifest_url_header="Accept:text/plain"),
    ),
    Case(
        "argument-value",
        f"{ARGS}[0].value",
        server(feature_gates="kube:AllAlpha=no"),
        server(feature_gates="kube:AllAlpha=f"),
    ),
    Case(
        "argument-value",
        f"{ARGS}[0].value",
        server(service_node_port_range="30000:32767"),
        server(service_node_port_range="30000-32767"),
    ),
    Case("argument-value", f"{ARGS}[0].value", server(tls_min_version="1.3"), server(tls_min_version="VersionTLS13")),
    Case(
        "argument-value",
        "scheduler.extraArgs[0].value",
        scheduler(tls_cipher_suites="HIGH"),
        scheduler(tls_cipher_suites="TLS_AES_128_GCM_SHA256"),
    ),
    Case(
        "argument-value",
        f"{ARGS}[0].value",
        server(v="debug"),
        cluster(
            etcd={"local": {"extraArgs": arguments(tls_min_version="TLS1.3")}},
            apiServer={"extraArgs": arguments(v="4")},
        ),
    ),
    Case(
        "argument-value",
        KUBELET_ARGUMENT,
        flags(cloud_provider="aws"),
        flags(cloud_provider="external"),
        said="external, or leave it out",
    ),
    Case(
        "argument-value",
        "controllerManager.extraArgs[0].value",
        manager(cloud_provider="openstack"),
        manager(cloud_provider=""),
        minor="1.34",
    ),
    Case("argument-value", f"{ARGS}[0].value", server(authorization_mode="Node, RBAC"), modes("Node", "RBAC")),
    Case("argument-value", f"{ARGS}[0].value", modes("Node,Rbac"), server(authorization_mode="")),
    Case(
        "argument-value",
        f"{ARGS}[0].value",
        modes("Node,RBAC,RBAC"),
        {**modes("Node,RBAC,ABAC"), **flags(authorization_mode="AlwaysAllow")},
    ),
    Case(
        "argument-value",
        f"{ARGS}[0].value",
        server(authorization_mode="Node;RBAC"),
        server(authorization_mode='"Node",RBAC'),
    ),
    Case("argument-value", f"{ARGS}[0].value", server(logging_format="JSON"), server(logging_format="json")),
    Case(
        "argument-value",
        f"{ARGS}[0].value",
        server(runtime_config="batch/v2=yes"),
        server(runtime_config="batch/v2=T, batch/v1=0"),
    ),
    Case("argument-value", f"{ARGS}[0].value", server(runtime_config="api/all=1"), server(runtime_config="a/b=1")),
    Case("argument-value", f"{ARGS}[0].value", server(runtime_config="api/all"), server(runtime_config="a/b")),
    Case(
        "argument-value",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(listen_metrics_urls="0.0.0.0:2381")),
        etcd(extraArgs=arguments(listen_metrics_urls="http://0.0.0.0:2381, https://[::1]:2382")),
        said="URLs such as https://192.0.2.1:2379",
    ),
    Case(
        "argument-value",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(listen_metrics_urls="http://0.0.0.0::2381")),
        etcd(extraArgs=arguments(listen_metrics_urls="")),
    ),
    Case(
        "argument-value",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(listen_peer_urls="https://etcd.example.com:2380")),
        etcd(extraArgs=arguments(initial_advertise_peer_urls="https://etcd.example.com:2380")),
    ),
    Case(
        "argument-value",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(advertise_client_urls="https://192.0.2.10:2379/")),
        etcd(extraArgs=arguments(listen_client_urls="https://localhost:2379,unix://etcd")),
    ),
    Case(
        "argument-value",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(advertise_client_urls="https://192.0.2.10")),
        etcd(extraArgs=arguments(advertise_client_urls="https://user@192.0.2.10:2379")),
    ),
    Case(
        "argument-value",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(advertise_client_urls="tcp://192.0.2.10:2379")),
        etcd(extraArgs=arguments(advertise_client_urls="https://192.0.2.10:2379")),
    ),
    Case(
        "argument-value",
        "controllerManager.extraArgs[0].value",
        manager(controllers="*, bootstrapsigner,tokencleaner"),
        manager(controllers="*,bootstrapsigner,token-cleaner-controller"),
        said="no controller ' bootstrapsigner'; bootstrapsigner, without blanks",
    ),
    Case(
        "argument-value",
        "controllerManager.extraArgs[0].value",
        manager(controllers="*,-nodeipamm"),
        manager(controllers="*,-nodeipam"),
        said="did you mean nodeipam?",
    ),
    Case(
        "argument-value",
        "controllerManager.extraArgs[0].value",
        manager(controllers="*,service-lb-controller"),
        manager(controllers="*,resourcepoolstatusrequest-controller"),
        said="remove it",
    ),
    Case(
        "argument-value",
        KUBELET_ARGUMENT,
        flags(node_labels="a=b, c=d"),
        flags(node_labels='"a=b, c=d"'),
        said="systemd splits the value at a blank",
    ),
    Case(
        "argument-value",
        KUBELET_ARGUMENT,
        flags(node_ip=" 192.0.2.10"),
        flags(node_ip="192.0.2.10 ", node_labels="a=b --v=4 --max-pods 50"),
    ),
    Case("argument-value", KUBELET_ARGUMENT, flags(v="4 --max-pods=50 60"), flags(v="4 --max-pods=50")),
    Case("argument-value", KUBELET_ARGUMENT, flags(max_pods='"many"'), flags(max_pods='"50"')),
    Case(
        "repeated-argument",
        "nodeRegistration.kubeletExtraArgs[0]",
        node(kubeletExtraArgs=arguments(max_pods="1") * 2),
        node(kubeletExtraArgs=[*arguments(reserved_memory="0:memory=1Gi"), *arguments(reserved_memory="1:memory=1Gi")]),
    ),
    Case(
        "repeated-argument",
        f"{ARGS}[0]",
        cluster(apiServer={"extraArgs": [*arguments(v="2"), *arguments(v="4")]}),
        server(v="2"),
    ),
    Case("argument-place", f"{ARGS}[0]", server(secure_port="443"), server(secure_port="6443")),
    Case(
        "argument-place",
        "controllerManager.extraArgs[0]",
        manager(cluster_cidr="10.1.0.0/16"),
        manager(cluster_cidr="10.244.0.0/16"),
        said="networking.podSubnet",
    ),
    Case(
        "argument-place",
        "nodeRegistration.kubeletExtraArgs[0]",
        flags(hostname_override="other"),
        flags(hostname_override="CP-1"),
    ),
    Case(
        "argument-place",
        f"{ARGS}[0]",
        at("fd00:20::11", advertise_address="fd00:20::12"),
        at("fd00:20::11", advertise_address="FD00:20:0::11"),
        said="localAPIEndpoint.advertiseAddress",
    ),
    Case(
        "argument-place",
        "controllerManager.extraArgs[0]",
        sharing(IPV6, service_cluster_ip_range="fd00:10:97::/112"),
        sharing(IPV6, service_cluster_ip_range="FD00:10:96::/112", cluster_cidr="2001:db8:1:0::/56"),
        said="networking.serviceSubnet",
    ),
    Case(
        "argument-place",
        f"{ARGS}[0]",
        server(service_cluster_ip_range="none"),
        server(service_cluster_ip_range="10.96.0.0/12"),
    ),
    Case(
        "argument-place",
        "etcd.local.extraArgs[0]",
        etcd(dataDir="/var/lib/etcd/", extraArgs=arguments(data_dir="/var/lib/etcd2")),
        etcd(dataDir="/var/lib/etcd/", extraArgs=arguments(data_dir="/var/lib/etcd")),
    ),
    Case(
        "argument-place",
        "nodeRegistration.kubeletExtraArgs[0]",
        runtime("unix:///run/crio/crio.sock"),
        runtime("/run/containerd/containerd.sock"),
    ),
    Case(
        "argument-place",
        "nodeRegistration.kubeletExtraArgs[0]",
        runtime("tcp://127.0.0.1:1"),
        runtime("unix:///var/run/containerd/containerd.sock"),
    ),
    Case(
        "argument-place",
        "nodeRegistration.kubeletExtraArgs[0]",
        node(criSocket="unix:///lib/x.sock", kubeletExtraArgs=arguments(container_runtime_endpoint="/var/lib/x.sock")),
        node(criSocket="unix:///run/x.sock", kubeletExtraArgs=arguments(container_runtime_endpoint="/var/run/x.sock")),
    ),
    Case(
        "argument-place",
        "controllerManager.extraArgs[0]",
        manager(secure_port="11257"),
        manager(secure_port="10257"),
        said="the probes of kube-controller-manager's pod go on asking at port 10257",
    ),
    Case("argument-place", "scheduler.extraArgs[0]", scheduler(secure_port="0"), scheduler(secure_port="10259")),
    Case(
        "argument-place",
        "etcd.local.extraArgs[0]",
        etcd(extraArgs=arguments(name="other")),
        etcd(extraArgs=arguments(name="other", initial_cluster="other=https://192.0.2.10:2380")),
        said="nodeRegistration.name",
    ),
    Case(
        "argument-place",
        f"{ARGS}[0]",
        server(etcd_servers="https://192.0.2.20:2379,https://192.0.2.21:2379"),
        server(etcd_servers="https://192.0.2.20:2379,https://[::1]:2379"),
        said="etcd.external.endpoints",
    ),
    Case(
        "argument-place",
        f"{ARGS}[0]",
        server(etcd_servers="https://192.0.2.20:2379"),
        {**server(etcd_servers="https://192.0.2.20:2379"), **init(skipPhases=["etcd"])},
    ),
    Case(
        "argument-place",
        f"{ARGS}[0]",
        external_etcd("https://e1:2379"),
        external_etcd("https://e2:2379", "https://e1:2379"),
        said="etcd.external.endpoints",
    ),
    Case(
        "argument-place",
        f"{ARGS}[0]",
        external_etcd("https://e1:2379/", "https://e2:2378"),
        external_etcd("https://E1:2379/", "https://e2:2379"),
    ),
    Case(
        "argument-place",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(listen_client_urls="https://192.0.2.10:2379")),
        etcd(extraArgs=arguments(listen_client_urls="https://127.0.0.1:2379, https://192.0.2.10:2379")),
        said="https://127.0.0.1:2379",
    ),
    Case(
        "argument-place",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(listen_client_urls="http://localhost:2379")),
        etcd(extraArgs=arguments(listen_client_urls="https://localhost:2379")),
    ),
    Case(
        "argument-place",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(listen_client_urls="https://127.0.0.1:2378,https://0.0.0.0:2377")),
        etcd(extraArgs=arguments(listen_client_urls="https://0.0.0.0:2379")),
    ),
    Case(
        "argument-place",
        ETCD_ARGUMENT,
        {
            **at("fd00:20::11"),
            **networking(**IPV6),
            **etcd(extraArgs=arguments(listen_client_urls="https://0.0.0.0:2379")),
        },
        {
            **at("fd00:20::11"),
            **networking(**IPV6),
            **etcd(extraArgs=arguments(listen_client_urls="https://[::]:2379")),
        },
        said="https://[::1]:2379",
    ),
    Case(
        "argument-place",
        ETCD_ARGUMENT,
        etcd(extraArgs=arguments(listen_client_urls="https://192.0.2.10:2378")),
        etcd(
            extraArgs=arguments(
                listen_client_urls="https://192.0.2.10:2378", advertise_client_urls="https://192.0.2.10:2378"
            )
        ),
    ),
    Case(
        "argument-place",
        KUBELET_ARGUMENT.removesuffix(".value"),
        runtime("unix:///run/crio/crio.sock"),
        runtime('"unix:///run/containerd/containerd.sock"'),
    ),
    Case(
        "lost-default",
        f"{ARGS}[0].value",
        server(enable_admission_plugins="PodSecurity"),
        server(enable_admission_plugins="PodSecurity, NodeRestriction"),
    ),
    Case("lost-default", f"{ARGS}[0].value", modes("Node"), modes("Node,Rbac")),
    Case("lost-default", f"{ARGS}[0].value", modes("RBAC"), modes("Node;RBAC")),
    Case(
        "lost-default",
        f"{ARGS}[0].value",
        server(enable_admission_plugins="AlwaysPullImages"),
        server(enable_admission_plugins="AlwaysPullImages,NodeRestriction"),
        said="add NodeRestriction",
    ),
    Case(
        "lost-default",
        "controllerManager.extraArgs[0].value",
        manager(controllers="*,tokencleaner"),
        manager(controllers="*,tokencleaner,-bootstrapsigner"),
    ),
    Case(
        "lost-default",
        f"{ARGS}[1].value",
        modes("Node", "ABAC"),
        modes("Node", "RBAC"),
        said="lacks RBAC",
    ),
    Case(
        "lost-default",
        "controllerManager.extraArgs[0].value",
        manager(controllers="bootstrapsigner"),
        manager(controllers="*,bootstrap-signer-controller,-token-cleaner-controller"),
        said="lacks * and tokencleaner: controllers that are not in it do not run; add *,tokencleaner",
    ),
    Case(
        "exclusive-arguments",
        f"{ARGS}[0].value",
        server(disable_admission_plugins="PodSecurity,NodeRestriction"),
        server(disable_admission_plugins="PodSecurity"),
        said="NodeRestriction is in kubeadm's enable-admission-plugins as well; remove NodeRestriction here",
    ),
    Case(
        "exclusive-arguments",
        f"{ARGS}[1].value",
        server(enable_admission_plugins="NodeRestriction,PodSecurity", disable_admission_plugins="PodSecurity"),
        server(enable_admission_plugins="", disable_admission_plugins="NodeRestriction"),
        said="PodSecurity is in enable-admission-plugins as well",
    ),
    Case(
        "exclusive-arguments",
        f"{ARGS}[1]",
        server(authentication_config="/etc/kubernetes/pki/a", oidc_client_id="a"),
        server(oidc_issuer_url="https://example.com", oidc_client_id="a"),
    ),
    Case(
        "exclusive-arguments",
        f"{ARGS}[0]",
        server(admission_control="PodSecurity"),
        server(admission_control_config_file="/etc/kubernetes/pki/admission.yaml"),
        said="which kubeadm writes",
    ),
    Case(
        "exclusive-arguments",
        f"{ARGS}[0].value",
        server(disable_admission_plugins="NodeRestriction"),
        server(disable_admission_plugins=" NodeRestriction"),
    ),
    Case(
        "exclusive-arguments",
        f"{ARGS}[0].value",
        modes("Node,RBAC,Webhook"),
        server(
            authorization_mode="Node,RBAC,Webhook", authorization_webhook_config_file="/etc/kubernetes/pki/webhook.conf"
        ),
        said="the mode Webhook lacks its file; authorization-webhook-config-file as well",
    ),
    Case(
        "exclusive-arguments",
        f"{ARGS}[0]",
        server(authorization_policy_file="/etc/kubernetes/pki/policy.jsonl"),
        server(authorization_mode="ABAC", authorization_policy_file="/etc/kubernetes/pki/policy.jsonl"),
        said="the mode ABAC, which is not on",
    ),
    Case(
        "admission-plugin",
        f"{ARGS}[0].value",
        server(enable_admission_plugins="NodeRestriction, PodSecurity"),
        server(enable_admission_plugins='NodeRestriction,"PodSecurity"'),
        said="no admission plugin ' PodSecurity'; PodSecurity, without blanks",
    ),
    Case(
        "admission-plugin",
        f"{ARGS}[0].value",
        server(enable_admission_plugins="NodeRestriction,PodSecurityPolicy"),
        server(enable_admission_plugins="NodeRestriction,PodSecurity"),
        said="PodSecurityPolicy",
    ),
    Case(
        "anonymous-auth",
        f"{ARGS}[0]",
        server(anonymous_auth="false"),
        server(anonymous_auth="true"),
        said="authentication-config in its place",
    ),
    Case(
        "anonymous-auth",
        f"{ARGS}[0]",
        server(anonymous_auth="false", authentication_config="/etc/kubernetes/pki/a"),
        server(authentication_config="/etc/kubernetes/pki/a"),
        said="remove it",
    ),
    Case("bind-address", f"{ARGS}[0].value", server(bind_address="127.0.0.1"), server(bind_address="0.0.0.0")),
    Case(
        "unmounted-path",
        f"{ARGS}[0].value",
        server(audit_policy_file="/etc/kubernetes/audit/policy.yaml"),
        server(AUDIT, audit_policy_file="/etc/kubernetes/audit/policy.yaml"),
        said="/etc/kubernetes/audit/policy.yaml",
    ),
    Case(
        "unmounted-path",
        f"{ARGS}[0].value",
        server(AUDIT, audit_policy_file="/etc/kubernetes/audit-policy.yaml"),
        server(audit_policy_file="/etc/kubernetes/pki/audit-policy.yaml"),
    ),
    Case(
        "unmounted-path",
        f"{ARGS}[0].value",
        server(tls_sni_cert_key="/etc/kubernetes/pki/a.crt,/etc/tls/a.key:example.com"),
        server(tls_sni_cert_key="/etc/kubernetes/pki/a.crt,/etc/ssl/certs/a.key:example.com"),
        said="/etc/tls/a.key",
    ),
    Case(
        "unmounted-path",
        "scheduler.extraArgs[0].value",
        scheduler(config="/etc/kubernetes/scheduler.yaml"),
        scheduler(authentication_kubeconfig="/etc/kubernetes/scheduler.conf"),
    ),
    Case(
        "unmounted-path",
        "etcd.local.extraArgs[0].value",
        etcd(extraArgs=arguments(config_file="/etc/etcd.yaml")),
        etcd(extraArgs=arguments(client_crl_file="/etc/kubernetes/pki/etcd/crl.pem", log_level="/info")),
        said="etcd has no extraVolumes",
    ),
    Case(
        "lost-audit-log",
        f"{ARGS}[0].value",
        server(audit_log_path="/var/log/audit.log", **AUDITED),
        server(volume("log", "/var/log"), audit_log_path="/var/log/audit.log", **AUDITED),
    ),
    Case(
        "lost-audit-log",
        "apiServer.extraVolumes[0].readOnly",
        server(volume("log", "/var/log", readOnly=True), audit_log_path="/var/log/audit.log", **AUDITED),
        server(audit_log_path="-", **AUDITED),
    ),
    Case(
        "lost-audit-log",
        f"{ARGS}[0].value",
        server(audit_log_path="/etc/kubernetes/pki/audit.log", **AUDITED),
        server(
            volume("log", "/etc/kubernetes/pki/logs"), audit_log_path="/etc/kubernetes/pki/logs/audit.log", **AUDITED
        ),
        said="/etc/kubernetes/pki is mounted read-only",
    ),
    Case(
        "lost-audit-log",
        "apiServer.extraVolumes[1].readOnly",
        server(
            volume("all", "/var"),
            volume("log", "/var/log", readOnly=True),
            audit_log_path="/var/log/audit.log",
            **AUDITED,
        ),
        server(
            volume("all", "/var", readOnly=True),
            volume("log", "/var/log"),
            audit_log_path="/var/log/audit.log",
            **AUDITED,
        ),
    ),
    Case(
        "lost-audit-log",
        f"{ARGS}[0].value",
        server(volume("log", "/var/log/k8s", pathType="DirectoryOrCreate"), audit_log_path="/var/log/k8s/", **AUDITED),
        server(volume("log", "/var/log/k8s", pathType="FileOrCreate"), audit_log_path="/var/log/k8s", **AUDITED),
        said="/var/log/k8s is a directory, and the API server cannot write its log to it; /var/log/k8s/audit.log",
    ),
    Case(
        "lost-audit-log",
        f"{ARGS}[0]",
        server(volume("log", "/var/log"), audit_log_path="/var/log/audit.log", audit_policy_file=""),
        server(audit_log_path=""),
        said="audit-policy-file as well",
    ),
    Case(
        "lost-audit-log",
        f"{ARGS}[0]",
        server(audit_webhook_config_file="/etc/kubernetes/pki/audit.yaml"),
        server(audit_webhook_config_file="/etc/kubernetes/pki/audit.yaml", **AUDITED),
    ),
    Case(
        "lost-audit-log",
        f"{ARGS}[0]",
        server(**AUDITED),
        server(**AUDITED, audit_log_path="-"),
        said="no place for them; audit-log-path or audit-webhook-config-file as well",
    ),
    Case(
        "volume-refused",
        "apiServer.extraVolumes[0].name",
        server(volume("My_Volume")),
        server(volume("my-volume")),
    ),
    Case("volume-refused", "apiServer.extraVolumes[0]", server({"name": "a", "hostPath": "/a"}), server(volume("a"))),
    Case(
        "volume-refused",
        "apiServer.extraVolumes[0].hostPath",
        server(volume("a", hostPath="/var/../etc/extra")),
        server(volume("a", hostPath="/var/..etc/a")),
        said="hostPath: /etc/extra",
    ),
    Case(
        "environment-name",
        "etcd.local.extraEnvs[0].name",
        etcd(extraEnvs=[{"name": "A=B", "value": "c"}]),
        etcd(extraEnvs=[{"name": "a b:c", "value": "c"}]),
    ),
    Case(
        "environment-name",
        "scheduler.extraEnvs[0]",
        cluster(scheduler={"extraEnvs": [{"value": "c"}]}),
        cluster(scheduler={"extraEnvs": [{"name": "A"}]}),
    ),
    Case(
        "volume-path-type",
        "apiServer.extraVolumes[0].pathType",
        server(volume(pathType="file")),
        server(volume(pathType="File")),
        said="pathType: File",
    ),
    Case(
        "volume-name",
        "apiServer.extraVolumes[0].name",
        server(volume("a", "/a"), volume("a", "/b")),
        server(volume("a", "/a"), volume("b", "/b")),
    ),
    Case(
        "volume-name",
        "apiServer.extraVolumes[0].name",
        server(volume("k8s-certs", "/other")),
        server(volume("k8s-certs", "/etc/kubernetes/pki", readOnly=True)),
    ),
    Case(
        "volume-mount-path",
        "apiServer.extraVolumes[0].mountPath",
        server(volume("mine", "/etc/ssl/certs")),
        server(volume("ca-certs", "/etc/ssl/certs")),
    ),
    Case(
        "volume-mount-path",
        "apiServer.extraVolumes[0].mountPath",
        etcd_elsewhere("/etc/etcd", "/etc/etcd"),
        etcd_elsewhere("/etc/kubernetes/pki/etcd", "/etc/kubernetes/pki/etcd"),
    ),
    Case(
        "volume-writable",
        "apiServer.extraVolumes[0]",
        server(volume("keys", "/etc/kubernetes/pki/etcd")),
        server(volume("keys", "/etc/kubernetes/pki/etcd", readOnly=True)),
    ),
    Case(
        "unknown-gate",
        f"{ARGS}[0].value",
        server(feature_gates="kube:SidecarContainer=true"),
        server(feature_gates="AllAlpha=false"),
    ),
    Case("unknown-gate", "featureGates.NoSuchGate", kubelet(featureGates={"NoSuchGate": True}), kubelet()),
    Case("unknown-gate", "featureGates.NoSuchGate", proxy(featureGates={"NoSuchGate": True}), proxy()),
    Case(
        "locked-gate",
        "featureGates.SidecarContainers",
        kubelet(featureGates={"SidecarContainers": False}),
        kubelet(featureGates={"SidecarContainers": True}),
        minor="1.34",
    ),
    Case(
        "settled-gate",
        "featureGates.SidecarContainers",
        kubelet(featureGates={"SidecarContainers": True}),
        kubelet(featureGates={"SidecarContainers": False}),
        minor="1.34",
    ),
    Case(
        "kubeadm-gate",
        "featureGates.NodeLocalCRISocket",
        cluster(featureGates={"NodeLocalCRISocket": True}),
        cluster(featureGates={"RootlessControlPlane": False}),
        minor="1.36",
        said="kubeadm 1.37 refuses it",
    ),
    Case(
        "short-certificates",
        "certificateValidityPeriod",
        cluster(certificateValidityPeriod="12h"),
        cluster(certificateValidityPeriod="24h"),
    ),
    Case(
        "short-ca",
        "caCertificateValidityPeriod",
        cluster(caCertificateValidityPeriod="8761h"),
        cluster(caCertificateValidityPeriod="17520h"),
    ),
    Case("token-ttl", "bootstrapTokens[0].ttl", token(ttl="5m"), token(ttl="10m")),
    Case("token-no-expiry", "bootstrapTokens[0].ttl", token(ttl="0s"), token(ttl="1h")),
    Case(
        "token-id",
        "bootstrapTokens[0].token",
        tokens("abcdef.0123456789abcdef", "abcdef.fedcba9876543210"),
        tokens("abcdef.0123456789abcdef", "fedcba.0123456789abcdef"),
    ),
    Case(
        "token-usages",
        "bootstrapTokens",
        token(usages=["authentication"]),
        init(bootstrapTokens=[{"usages": ["authentication"]}, {}]),
        said="signing",
    ),
    Case(
        "token-groups",
        "bootstrapTokens[0].groups",
        token(groups=["system:bootstrappers:mine"]),
        token(groups=["system:bootstrappers:mine", PUBLIC_GROUP]),
    ),
    Case("unused-certificate-key", "certificateKey", init(certificateKey="0" * 64), init(certificateKey="")),
    Case(
        "taint",
        "nodeRegistration.taints[0].effect",
        node(taints=[{"key": "a", "effect": "noSchedul"}]),
        node(taints=[{"key": "b.c/a", "effect": "NoSchedule"}, {"key": "b.c/a", "effect": "NoExecute"}]),
        said="effect: NoSchedule",
    ),
    Case(
        "taint",
        "nodeRegistration.taints[0]",
        node(taints=[{"key": "a", "value": "b"}]),
        node(taints=[{"key": "a", "value": "b", "effect": "NoExecute"}]),
        said="no effect",
    ),
    Case(
        "taint",
        "nodeRegistration.taints[0].key",
        node(taints=[{"key": "a b", "effect": "NoSchedule"}]),
        node(taints=[{"key": "a_b.C", "effect": "PreferNoSchedule"}]),
    ),
    Case(
        "taint",
        "nodeRegistration.taints[0].value",
        node(taints=[{"key": "a", "value": "b c", "effect": "NoSchedule"}]),
        node(taints=[{"key": "a", "value": "", "effect": "NoSchedule"}]),
    ),
    Case(
        "taint",
        "nodeRegistration.taints[1]",
        node(taints=[{"key": "a", "effect": "NoSchedule"}, {"key": "a", "value": "b", "effect": "NoSchedule"}]),
        node(taints=[{"key": "a", "effect": "NoSchedule"}, {"key": "b", "effect": "NoSchedule"}]),
    ),
    Case(
        "taint",
        "registerWithTaints[0].key",
        kubelet(registerWithTaints=[{"key": "", "effect": "NoSchedule"}]),
        kubelet(registerWithTaints=[{"key": "a", "effect": "NoSchedule"}]),
    ),
    Case(
        "taint",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(register_with_taints="a=b:NoSched"),
        flags(register_with_taints="a=b:NoSchedule,a:NoExecute,example.com/c=:PreferNoSchedule,d-"),
        said="'NoSched' is no effect of a taint; NoSchedule",
    ),
    Case(
        "taint",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(register_with_taints="a:NoSchedule,b=c=d:NoSchedule"),
        flags(register_with_taints=""),
        said="too many; a=b:NoSchedule",
    ),
    Case(
        "taint",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(register_with_taints="a=b:NoSchedule,a=c:NoSchedule"),
        flags(register_with_taints="a=b:NoSchedule,a=b:NoExecute"),
    ),
    Case(
        "taint",
        KUBELET_ARGUMENT,
        flags(register_with_taints='a="b c":NoSchedule'),
        flags(register_with_taints="""a="":NoSchedule,b='c':NoSchedule"""),
        said="no value that a taint can have",
    ),
    Case(
        "legacy-taint",
        "nodeRegistration.taints[0].key",
        node(taints=[{"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"}]),
        node(taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]),
    ),
    Case("no-taints", "nodeRegistration.taints", node(taints=[]), node(taints=None)),
    Case(
        "restricted-label",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(node_labels="a=b,node-role.kubernetes.io/worker="),
        flags(node_labels="x.node.kubernetes.io/a=b,topology.kubernetes.io/zone=a,example.com/kubernetes.io=a"),
    ),
    Case(
        "restricted-label",
        KUBELET_ARGUMENT,
        flags(node_labels="node-role.kubernetes.io/worker"),
        flags(node_labels="example.com/worker,,role"),
        said="node-role.kubernetes.io/worker",
    ),
    Case("restricted-label", KUBELET_ARGUMENT, flags(node_labels="a=b;c=d"), flags(node_labels="a=b,c=d")),
    Case("restricted-label", KUBELET_ARGUMENT, flags(node_labels="a=x/y"), flags(node_labels="a=x.y")),
    Case(
        "restricted-label",
        KUBELET_ARGUMENT,
        flags(node_labels="-a=b"),
        flags(node_labels="a-a=b"),
        said="'-a' is no key",
    ),
    Case(
        "restricted-label",
        KUBELET_ARGUMENT,
        flags(node_labels="=b"),
        flags(node_labels='"a = b, c = d"'),
        said="the label has no key",
    ),
    Case(
        "repeated-label",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(node_labels="a=b,a=c"),
        flags(node_labels="a=b,a=b"),
    ),
    Case(
        "cri-socket",
        "nodeRegistration.criSocket",
        node(criSocket="tcp://127.0.0.1:1234"),
        node(criSocket="unix:///run/containerd/containerd.sock"),
    ),
    Case(
        "cri-socket",
        "nodeRegistration.criSocket",
        node(criSocket="/run/containerd/containerd.sock"),
        node(criSocket="unix:/run/containerd/containerd.sock"),
        said="no scheme",
    ),
    Case(
        "cri-socket",
        "nodeRegistration.criSocket",
        node(criSocket="unix://run/containerd/containerd.sock"),
        node(criSocket="unix:////run/containerd/containerd.sock"),
        said="does not begin with a slash; unix:///run/containerd/containerd.sock",
    ),
    Case(
        "cri-socket",
        "nodeRegistration.criSocket",
        node(criSocket="/var/run/dockershim.sock"),
        node(criSocket="unix:///var/run/cri-dockerd.sock"),
    ),
    Case(
        "kubelet-static-pods",
        "staticPodPath",
        kubelet(staticPodPath="/etc/pods"),
        kubelet(staticPodPath="/etc/kubernetes/manifests/"),
    ),
    Case(
        "kubelet-cluster-dns",
        "clusterDNS[0]",
        kubelet(clusterDNS=["10.43.0.10"]),
        kubelet(clusterDNS=["169.254.20.10", "10.96.0.10"]),
        said="10.96.0.10",
    ),
    Case(
        "kubelet-cluster-dns",
        "clusterDNS[0]",
        {**networking(serviceSubnet="10.100.0.0/16"), **kubelet(clusterDNS=["10.100.0.2"])},
        {**networking(serviceSubnet="10.100.0.0/16"), **kubelet(clusterDNS=["10.100.0.10", "10.100.0.2"])},
        said="kubeadm gives the DNS service 10.100.0.10",
    ),
    Case(
        "kubelet-cluster-dns",
        "clusterDNS[0]",
        kubelet(clusterDNS=["10.96.0.2"]),
        {**init(skipPhases=["addon/coredns"]), **kubelet(clusterDNS=["10.96.0.2"])},
    ),
    Case("kubelet-cluster-dns", "clusterDNS", kubelet(clusterDNS=[]), kubelet()),
    Case("kubelet-cluster-dns", FLAG, flags(cluster_dns="10.0.0.10"), flags(cluster_dns="10.96.0.10,169.254.20.10")),
    Case("kubelet-cluster-domain", "clusterDomain", kubelet(clusterDomain="corp"), kubelet(clusterDomain="")),
    Case(
        "kubelet-authentication",
        "authentication.anonymous.enabled",
        kubelet(authentication={"anonymous": {"enabled": True}}),
        kubelet(authentication={"anonymous": {"enabled": False}}),
    ),
    Case(
        "kubelet-authentication",
        "authorization.mode",
        kubelet(authorization={"mode": "AlwaysAllow"}),
        kubelet(authorization={"mode": "Webhook"}),
    ),
    *(
        Case(lint, FLAG, flags(**bad), flags(**good), said=f"leave {next(iter(bad)).replace('_', '-')} out")
        for lint, bad, good in (
            (
                "kubelet-static-pods",
                {"pod_manifest_path": "/etc/manifests"},
                {"pod_manifest_path": "/etc/kubernetes/manifests"},
            ),
            ("kubelet-authentication", {"anonymous_auth": "true"}, {"anonymous_auth": "0"}),
            ("kubelet-authentication", {"authentication_token_webhook": "F"}, {"authentication_token_webhook": "T"}),
            ("kubelet-authentication", {"authorization_mode": "AlwaysAllow"}, {"authorization_mode": "Webhook"}),
            (
                "kubelet-authentication",
                {"client_ca_file": "/etc/ca.crt"},
                {"client_ca_file": "/etc/kubernetes/pki/ca.crt"},
            ),
            ("kubelet-read-only-port", {"read_only_port": "10255"}, {"read_only_port": "0"}),
            ("kubelet-healthz", {"healthz_port": "0"}, {"healthz_port": "10248"}),
            ("kubelet-healthz", {"healthz_port": "10300"}, {"healthz_bind_address": "127.0.0.1"}),
            ("kubelet-healthz", {"healthz_bind_address": "0.0.0.0"}, {"healthz_bind_address": "::1"}),
            ("kubelet-cgroup-driver", {"cgroup_driver": "cgroupfs"}, {"cgroup_driver": "systemd"}),
        )
    ),
    *(
        Case(
            lint,
            FLAG,
            flags(**{flag: bad}),
            {**flags(**{flag: good}), **kubelet(**field)},
        )
        for lint, flag, bad, good, field in (
            ("kubelet-read-only-port", "read_only_port", "1", "0", {"readOnlyPort": 10255}),
            ("kubelet-cgroup-driver", "cgroup_driver", "SystemD", "systemd", {"cgroupDriver": "cgroupfs"}),
            ("kubelet-healthz", "healthz_port", "1", "10248", {"healthzPort": 10248}),
        )
    ),
    Case(
        "kubelet-authentication",
        "authorization.mode",
        kubelet(authorization={"mode": "AlwaysAllow"}),
        kubelet(authorization={"mode": "webhook"}),
    ),
    Case(
        "kubelet-value",
        "maxPods",
        {**flags(config="/etc/kubelet.yaml"), **kubelet(maxPods=-1)},
        {**flags(config="/etc/kubelet.yaml", image_gc_high_threshold="75"), **kubelet(maxPods=1)},
    ),
    Case(
        "kubelet-value",
        FLAG,
        flags(image_gc_high_threshold="75"),
        flags(image_gc_high_threshold="75", config_dir="/etc/kubelet.conf.d"),
    ),
    Case(
        "kubelet-value",
        FLAG,
        {**flags(image_gc_high_threshold="60"), **kubelet(imageGCLowThresholdPercent=70)},
        {**flags(image_gc_high_threshold="80"), **kubelet(imageGCLowThresholdPercent=70)},
    ),
    Case("argument-value", FLAG, flags(tls_min_version="TLS1.3"), flags(tls_min_version="VersionTLS13")),
    Case("argument-place", ITEM, flags(config="/etc/kubelet.yaml"), flags(config="/var/lib/kubelet/config.yaml")),
    Case("argument-place", ITEM, flags(kubeconfig="/etc/k.conf"), flags(kubeconfig="/etc/kubernetes/kubelet.conf")),
    Case("kubelet-healthz", "healthzBindAddress", kubelet(healthzBindAddress="0.0.0.0"), kubelet()),
    Case("kubelet-healthz", "healthzPort", kubelet(healthzPort=0), kubelet(healthzBindAddress="::1")),
    Case("kubelet-read-only-port", "readOnlyPort", kubelet(readOnlyPort=10255), kubelet(readOnlyPort=0)),
    Case("kubelet-cgroup-driver", "cgroupDriver", kubelet(cgroupDriver="cgroupfs"), kubelet(cgroupDriver="systemd")),
    Case(
        "kubelet-cgroup-driver",
        "cgroupDriver",
        kubelet(cgroupDriver="SystemD"),
        kubelet(cgroupDriver="systemd"),
        said="no cgroup driver 'SystemD'",
    ),
    Case(
        "kubelet-value",
        "memorySwap.swapBehavior",
        kubelet(memorySwap={"swapBehavior": "UnlimitedSwap"}),
        kubelet(memorySwap={"swapBehavior": ""}, topologyManagerPolicy="best-effort", hairpinMode="none"),
        said="one of NoSwap, LimitedSwap",
    ),
    Case("kubelet-value", "tlsMinVersion", kubelet(tlsMinVersion="TLS1.3"), kubelet(tlsMinVersion="VersionTLS13")),
    Case(
        "kubelet-value",
        "tlsCipherSuites[1]",
        kubelet(tlsCipherSuites=["TLS_AES_128_GCM_SHA256", "HIGH"]),
        kubelet(tlsCipherSuites=[]),
    ),
    Case(
        "kubelet-value",
        "systemReserved.cpu",
        kubelet(systemReserved={"cpu": "half", "memory": "1Gi"}),
        kubelet(systemReserved={"cpu": "500m", "ephemeral-storage": "0", "pid": "100"}),
    ),
    Case(
        "kubelet-value",
        "kubeReserved.storage",
        kubelet(kubeReserved={"storage": "1Gi"}),
        kubelet(kubeReserved={"memory": "1Gi"}),
        said="kubeReserved has no 'storage'",
    ),
    Case("kubelet-value", "kubeReserved.memory", kubelet(kubeReserved={"memory": "-1Gi"}), kubelet(kubeReserved={})),
    Case(
        "kubelet-value",
        "evictionHard.memory.free",
        kubelet(evictionHard={"memory.free": "5%", "nodefs.available": "100%"}),
        kubelet(evictionHard={"memory.available": "5.5%", "nodefs.inodesFree": "1000", "imagefs.available": "0%"}),
    ),
    Case(
        "kubelet-value",
        "evictionHard.memory.available",
        kubelet(evictionHard={"memory.available": "101%"}),
        kubelet(evictionHard={"memory.available": "100Mi"}),
    ),
    Case(
        "kubelet-value",
        "evictionHard.memory.available",
        kubelet(evictionHard={"memory.available": "0"}),
        kubelet(evictionMinimumReclaim={"memory.available": "0", "pid.available": "200%"}),
    ),
    Case(
        "kubelet-value",
        "evictionMinimumReclaim.memory.available",
        kubelet(evictionMinimumReclaim={"memory.available": "0%"}),
        kubelet(evictionMinimumReclaim={"memory.available": "10%"}),
    ),
    Case(
        "kubelet-value",
        "evictionSoft.memory.available",
        kubelet(evictionSoft={"memory.available": "10%"}),
        kubelet(evictionSoft={"memory.available": "0%"}),
        said="evictionSoftGracePeriod has no 'memory.available'",
    ),
    Case(
        "kubelet-value",
        "evictionSoftGracePeriod.memory.available",
        kubelet(evictionSoft={"memory.available": "10%"}, evictionSoftGracePeriod={"memory.available": "90"}),
        kubelet(evictionSoft={"memory.available": "10%"}, evictionSoftGracePeriod={"memory.available": "90s"}),
    ),
    Case(
        "kubelet-value",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(eviction_hard="memory.availble<5%"),
        flags(eviction_hard="memory.available<5%, nodefs.available < 1Gi,"),
        said="did you mean memory.available?",
    ),
    Case(
        "kubelet-value",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(eviction_hard="memory.available=5%"),
        flags(eviction_hard=""),
        said="an item has no <",
    ),
    Case(
        "kubelet-value",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(eviction_soft="memory.available<10%"),
        flags(eviction_soft="memory.available<10%", eviction_soft_grace_period="memory.available=90s"),
    ),
    Case(
        "kubelet-value",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(system_reserved="cpu=half"),
        node(kubeletExtraArgs=[*arguments(system_reserved="cpu=1"), *arguments(system_reserved="memory=1Gi")]),
    ),
    Case(
        "kubelet-value",
        "nodeRegistration.kubeletExtraArgs[1].value",
        node(kubeletExtraArgs=[*arguments(system_reserved="cpu=1"), *arguments(system_reserved="memory=many")]),
        node(kubeletExtraArgs=[*arguments(system_reserved="cpu=half"), *arguments(system_reserved="cpu=1")]),
    ),
    Case(
        "kubelet-value",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(system_reserved="cpu=half"),
        {
            **flags(system_reserved="cpu=500m", eviction_soft="memory.available<10%"),
            **kubelet(evictionSoft={}, evictionSoftGracePeriod={"memory.available": "90s"}),
        },
    ),
    Case(
        "kubelet-value",
        "nodeRegistration.kubeletExtraArgs[0].value",
        flags(topology_manager_policy="single"),
        flags(topology_manager_policy="single-numa-node"),
    ),
    Case("kubelet-value", FLAG, flags(hairpin_mode=""), kubelet(hairpinMode=""), said="'' is no hairpinMode"),
    Case("kubelet-value", FLAG, flags(authorization_mode="webhook"), flags(authorization_mode="Webhook")),
    Case("kubelet-value", FLAG, flags(max_pods="-1"), flags(max_pods="0"), said="at least 0"),
    Case("kubelet-value", FLAG, flags(max_pods="'-1'"), flags(max_pods="'010'"), said="-1 is no maxPods"),
    Case("kubelet-value", FLAG, flags(reserved_cpus="3-1"), flags(reserved_cpus="0,2-3")),
    Case("kubelet-value", FLAG, flags(runonce="true"), flags(runonce="false")),
    Case(
        "kubelet-value",
        FLAG,
        {**flags(image_gc_high_threshold="70"), **kubelet(imageGCHighThresholdPercent=90)},
        {**flags(image_gc_low_threshold="70"), **kubelet(imageGCHighThresholdPercent=75)},
    ),
    Case(
        "kubelet-value",
        FLAG,
        {**flags(enforce_node_allocatable="pods,system-reserved"), **kubelet(systemReserved={"cpu": "1"})},
        {**flags(enforce_node_allocatable="pods,system-reserved"), **kubelet(systemReservedCgroup="/system")},
        said="system-reserved needs systemReservedCgroup",
    ),
    Case(
        "kubelet-value",
        FLAG,
        flags(cpu_manager_policy="static"),
        flags(cpu_manager_policy="static", kube_reserved="cpu=500m"),
    ),
    Case(
        "kubelet-value",
        "enforceNodeAllocatable[1]",
        kubelet(enforceNodeAllocatable=["pods", "Pods"]),
        {**flags(enforce_node_allocatable="pods"), **kubelet(enforceNodeAllocatable=["pods", "Pods"])},
    ),
    *(
        Case("kubelet-value", place, kubelet(**bad), kubelet(**good))
        for place, bad, good in (
            ("authorization.mode", {"authorization": {"mode": "webhook"}}, {"authorization": {"mode": "Webhook"}}),
            ("cgroupsPerQOS", {"cgroupsPerQOS": False}, {"cgroupsPerQOS": False, "enforceNodeAllocatable": ["none"]}),
            (
                "cgroupsPerQOS",
                {"cgroupsPerQOS": False, "enforceNodeAllocatable": []},
                {"cgroupsPerQOS": True, "enforceNodeAllocatable": []},
            ),
            (
                "configMapAndSecretChangeDetectionStrategy",
                {"configMapAndSecretChangeDetectionStrategy": "watch"},
                {"configMapAndSecretChangeDetectionStrategy": "Watch"},
            ),
            ("containerLogMaxFiles", {"containerLogMaxFiles": 1}, {"containerLogMaxFiles": 2}),
            ("containerLogMaxSize", {"containerLogMaxSize": "10MB"}, {"containerLogMaxSize": "10M"}),
            (
                "containerLogMonitorInterval",
                {"containerLogMonitorInterval": "2s"},
                {"containerLogMonitorInterval": "3s"},
            ),
            ("cpuCFSQuotaPeriod", {"cpuCFSQuotaPeriod": "2s"}, {"cpuCFSQuotaPeriod": "1s"}),
            ("cpuManagerPolicy", {"cpuManagerPolicy": "Static"}, {"cpuManagerPolicy": ""}),
            (
                "cpuManagerPolicy",
                {"cpuManagerPolicy": "static", "systemReserved": {"cpu": "0", "memory": "1Gi"}},
                {"cpuManagerPolicy": "static", "reservedSystemCPUs": "0"},
            ),
            (
                "crashLoopBackOff.maxContainerRestartPeriod",
                {"crashLoopBackOff": {"maxContainerRestartPeriod": "6m"}},
                {"crashLoopBackOff": {"maxContainerRestartPeriod": "5m"}},
            ),
            ("enforceNodeAllocatable[0]", {"enforceNodeAllocatable": ["Pods"]}, {"enforceNodeAllocatable": ["pods"]}),
            (
                "enforceNodeAllocatable[1]",
                {"enforceNodeAllocatable": ["pods", "system-reserved"]},
                {"enforceNodeAllocatable": ["pods", "system-reserved"], "systemReservedCgroup": "/system"},
            ),
            ("enforceNodeAllocatable[1]", {"enforceNodeAllocatable": ["pods", "none"]}, {"enforceNodeAllocatable": []}),
            ("enforceNodeAllocatable[1]", {"enforceNodeAllocatable": ["pods", "pods"]}, {}),
            (
                "enforceNodeAllocatable[0]",
                {
                    "enforceNodeAllocatable": ["kube-reserved-compressible", "kube-reserved"],
                    "kubeReservedCgroup": "/kube",
                },
                {"enforceNodeAllocatable": ["kube-reserved-compressible"], "kubeReservedCgroup": "/kube"},
            ),
            (
                "enableSystemLogHandler",
                {"enableSystemLogQuery": True, "enableSystemLogHandler": False},
                {"enableSystemLogQuery": True},
            ),
            (
                "imageGCHighThresholdPercent",
                {"imageGCHighThresholdPercent": 80},
                {"imageGCHighThresholdPercent": 81},
            ),
            (
                "imageGCLowThresholdPercent",
                {"imageGCLowThresholdPercent": 90},
                {"imageGCLowThresholdPercent": 90, "imageGCHighThresholdPercent": 95},
            ),
            ("imageMaximumGCAge", {"imageMaximumGCAge": "2m"}, {"imageMaximumGCAge": "0s"}),
            ("imageMaximumGCAge", {"imageMaximumGCAge": "-1s"}, {"imageMaximumGCAge": "2m1s"}),
            ("logging.format", {"logging": {"format": "JSON"}}, {"logging": {"format": "json"}}),
            ("maxPods", {"maxPods": -1}, {"maxPods": 0}),
            ("memoryManagerPolicy", {"memoryManagerPolicy": "static"}, {"memoryManagerPolicy": "None"}),
            ("oomScoreAdj", {"oomScoreAdj": 1001}, {"oomScoreAdj": -1000}),
            ("podLogsDir", {"podLogsDir": "/var/log/pods/"}, {"podLogsDir": "/var/log/pods"}),
            (
                "preloadedImagesVerificationAllowlist",
                {"preloadedImagesVerificationAllowlist": ["registry.k8s.io/pause"]},
                {
                    "preloadedImagesVerificationAllowlist": ["registry.k8s.io/pause"],
                    "imagePullCredentialsVerificationPolicy": "NeverVerifyAllowlistedImages",
                },
            ),
            ("reservedSystemCPUs", {"reservedSystemCPUs": "0, 1"}, {"reservedSystemCPUs": "0,1"}),
            (
                "kubeReservedCgroup",
                {"reservedSystemCPUs": "0", "kubeReservedCgroup": "/kube"},
                {"reservedSystemCPUs": "", "kubeReservedCgroup": "/kube"},
            ),
            ("runOnce", {"runOnce": True}, {"runOnce": False}),
            (
                "serializeImagePulls",
                {"serializeImagePulls": True, "maxParallelImagePulls": 5},
                {"maxParallelImagePulls": 5},
            ),
            (
                "serverTLSBootstrap",
                {"serverTLSBootstrap": True, "featureGates": {"RotateKubeletServerCertificate": False}},
                {"serverTLSBootstrap": False, "featureGates": {"RotateKubeletServerCertificate": False}},
            ),
            ("shutdownGracePeriod", {"shutdownGracePeriod": "500ms"}, {"shutdownGracePeriod": "1s"}),
            (
                "shutdownGracePeriodCriticalPods",
                {"shutdownGracePeriod": "10s", "shutdownGracePeriodCriticalPods": "20s"},
                {"shutdownGracePeriod": "20s", "shutdownGracePeriodCriticalPods": "20s"},
            ),
            (
                "shutdownGracePeriodByPodPriority",
                {
                    "shutdownGracePeriod": "10s",
                    "shutdownGracePeriodByPodPriority": [{"priority": 0, "shutdownGracePeriodSeconds": 10}],
                },
                {"shutdownGracePeriodByPodPriority": [{"priority": 0, "shutdownGracePeriodSeconds": 10}]},
            ),
            ("systemCgroups", {"systemCgroups": "/system"}, {"systemCgroups": "/system", "cgroupRoot": "/"}),
            (
                "tracing.samplingRatePerMillion",
                {"tracing": {"samplingRatePerMillion": 1_000_001}},
                {"tracing": {"samplingRatePerMillion": 1_000_000}},
            ),
            (
                "userNamespaces.idsPerPod",
                {"userNamespaces": {"idsPerPod": 65537}},
                {"userNamespaces": {"idsPerPod": 131072}},
            ),
        )
    ),
    *(
        Case("kubelet-value", place, kubelet(**bad), kubelet(**good), minor="1.34", said=gate)
        for place, gate, bad, good in (
            (
                "cpuCFSQuotaPeriod",
                "CustomCPUCFSQuotaPeriod",
                {"cpuCFSQuotaPeriod": "50ms"},
                {"cpuCFSQuotaPeriod": "0.1s"},
            ),
            (
                "crashLoopBackOff.maxContainerRestartPeriod",
                "KubeletCrashLoopBackOffMax",
                {"crashLoopBackOff": {"maxContainerRestartPeriod": "1m"}},
                {
                    "crashLoopBackOff": {"maxContainerRestartPeriod": "1m"},
                    "featureGates": {"KubeletCrashLoopBackOffMax": True},
                },
            ),
            (
                "enableSystemLogQuery",
                "NodeLogQuery",
                {"enableSystemLogQuery": True},
                {"enableSystemLogQuery": True, "featureGates": {"AllBeta": True}},
            ),
        )
    ),
    Case(
        "kubelet-value",
        "enableSystemLogQuery",
        {
            **flags(feature_gates="AllAlpha=false"),
            **kubelet(enableSystemLogQuery=True, featureGates={"NodeLogQuery": False}),
        },
        {**flags(feature_gates="NodeLogQuery=true"), **kubelet(enableSystemLogQuery=True)},
        minor="1.35",
    ),
    *(
        Case("proxy-value", place, proxy(**bad), proxy(**good))
        for place, bad, good in (
            ("detectLocalMode", {"detectLocalMode": "clusterCIDR"}, {"detectLocalMode": "ClusterCIDR"}),
            (
                "detectLocalMode",
                {"detectLocalMode": "BridgeInterface", "detectLocal": {"interfaceNamePrefix": "veth"}},
                {"detectLocalMode": "BridgeInterface", "detectLocal": {"bridgeInterface": "cni0"}},
            ),
            ("metricsBindAddress", {"metricsBindAddress": ":10249"}, {"metricsBindAddress": "0.0.0.0"}),
            ("healthzBindAddress", {"healthzBindAddress": "0.0.0.0:0"}, {"healthzBindAddress": "[::]:10256"}),
            ("nodePortAddresses[0]", {"nodePortAddresses": ["10.0.0.5"]}, {"nodePortAddresses": ["10.0.0.5/32"]}),
            (
                "nodePortAddresses[2]",
                {"nodePortAddresses": ["primary", "::/0", "primary"]},
                {"nodePortAddresses": ["primary", "all", "localhost", "::/0"]},
            ),
            ("iptables.minSyncPeriod", {"iptables": {"minSyncPeriod": "1m"}}, {"nftables": {"minSyncPeriod": "1m"}}),
            (
                "nftables.syncPeriod",
                {"mode": "nftables", "nftables": {"syncPeriod": "500ms"}},
                {"mode": "nftables", "nftables": {"syncPeriod": "1s"}, "iptables": {"syncPeriod": "500ms"}},
            ),
            (
                "ipvs.minSyncPeriod",
                {"mode": "ipvs", "ipvs": {"minSyncPeriod": "-1s"}},
                {"mode": "ipvs", "ipvs": {"syncPeriod": "1ms"}},
            ),
            ("iptables.masqueradeBit", {"iptables": {"masqueradeBit": 40}}, {"nftables": {"masqueradeBit": 40}}),
            ("conntrack.maxPerCore", {"conntrack": {"maxPerCore": -1}}, {"conntrack": {"maxPerCore": 0}}),
            (
                "ipvs.excludeCIDRs[0]",
                {"mode": "ipvs", "ipvs": {"excludeCIDRs": ["10.0.0.1"]}},
                {"ipvs": {"excludeCIDRs": ["10.0.0.1"]}},
            ),
            ("oomScoreAdj", {"oomScoreAdj": -1001}, {"oomScoreAdj": 1000}),
            ("logging.format", {"logging": {"format": "JSON"}}, {"logging": {"format": ""}}),
        )
    ),
    Case(
        "proxy-value",
        "nodePortAddresses[0]",
        proxy(nodePortAddresses=["localhost"]),
        proxy(nodePortAddresses=["primary"]),
        minor="1.36",
    ),
    Case(
        "proxy-value",
        "nodePortAddresses[1]",
        proxy(nodePortAddresses=["::/0", "primary"]),
        proxy(nodePortAddresses=["::/0", "0.0.0.0/0"]),
        minor="1.36",
        said="primary stands alone",
    ),
    Case(
        "kubelet-value",
        KUBELET_ARGUMENT,
        flags(hairpin_mode='"single"'),
        flags(hairpin_mode='"none"', eviction_hard="'memory.available<5%, nodefs.available<1Gi'"),
    ),
    Case("proxy-mode", "mode", proxy(mode="nftable"), proxy(mode="nftables"), said="no mode 'nftable'"),
    Case("proxy-mode", "mode", proxy(mode="IPTables"), proxy(mode="iptables")),
    Case("proxy-mode", "mode", proxy(mode="kernelspace"), proxy(mode=""), said="on Windows"),
    Case(
        "proxy-mode",
        "mode",
        proxy(mode="ipvs", featureGates={"KubeProxyIPVS": False}),
        proxy(mode="ipvs", featureGates={"KubeProxyIPVS": True}),
        said="KubeProxyIPVS",
    ),
    Case("proxy-ipvs", "mode", proxy(mode="ipvs"), proxy(mode="nftables"), minor="1.35"),
    Case("proxy-cluster-cidr", "clusterCIDR", proxy(clusterCIDR="10.1.0.0/16"), proxy(clusterCIDR="10.244.0.0/16")),
    Case(
        "proxy-cluster-cidr",
        "clusterCIDR",
        {**networking(**IPV6), **proxy(clusterCIDR="2001:db8:2::/56")},
        {**networking(**IPV6), **proxy(clusterCIDR="2001:DB8:1:0::/56")},
    ),
    Case("proxy-bind-address", "bindAddress", proxy(bindAddress="192.0.2.10"), proxy(bindAddress="::")),
    Case(
        "proxy-kubeconfig",
        "clientConnection.kubeconfig",
        proxy(clientConnection={"kubeconfig": "/etc/proxy.conf"}),
        proxy(clientConnection={"burst": 10}),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finds(case: Case) -> None:
    """The lint finds what is wrong, once, and says where."""
    problems = found(case.lint, subject(case.bad, case.minor))
    assert [format_path(problem.path) for problem in problems] == [case.place]
    assert case.said in str(problems[0])
    assert problems[0].instead


@pytest.mark.parametrize("case", CASES, ids=str)
def test_leaves_alone(case: Case) -> None:
    """The lint finds nothing in what is fine."""
    assert not found(case.lint, subject(case.good, case.minor))


def test_every_lint_has_a_case() -> None:
    """No lint goes untested, and none has two rows."""
    assert {case.lint for case in CASES} == set(lints.IDS) - OF_JOINING
    assert len(lints.IDS) == len(lints.TABLE)


@pytest.mark.parametrize("minor", releases.minors())
def test_plain_configuration(minor: str) -> None:
    """Nothing is found in an ordinary configuration, nor by lints that are off by default."""
    assert not lints.run(subject({}, minor))
    assert plain(minor)


def test_ipvs_before_its_deprecation() -> None:
    """What is deprecated later is fine now."""
    assert not found("proxy-ipvs", subject(proxy(mode="ipvs"), "1.34"))
