# SPDX-License-Identifier: Apache-2.0
"""The values that kubeadm fills in, and where it would ask the host.

Static defaults: kubeadm app/apis/kubeadm/v1beta4/defaults.go and app/apis/bootstraptoken/v1/defaults.go.
Dynamic ones: app/util/config/initconfiguration.go. Component configurations: app/componentconfigs.
All functions change the dictionaries that they are given, which are the loader's own copies.
"""

from __future__ import annotations

from typing import Any

from kgen import paths
from kgen.config import net, url
from kgen.releases import Release

IMAGE_REPOSITORY = "registry.k8s.io"
CONTAINERD_SOCKET = "unix:///var/run/containerd/containerd.sock"
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"
NODE_TOKEN_GROUP = "system:bootstrappers:kubeadm:default-node-token"  # noqa: S105 (a group's name)

_TIMEOUTS = {
    "controlPlaneComponentHealthCheck": "4m0s",
    "kubeletHealthCheck": "4m0s",
    "kubernetesAPICall": "1m0s",
    "etcdAPICall": "2m0s",
    "tlsBootstrap": "5m0s",
    "discovery": "5m0s",
    "upgradeManifests": "5m0s",
}


def fill(holder: dict[str, Any], **values: Any) -> None:
    """Set the fields that are missing or have Go's zero value."""
    for name, value in values.items():
        if not holder.get(name):
            holder[name] = value


def init_configuration(init: dict[str, Any]) -> None:
    """Static defaults of an InitConfiguration. A token without a value gets one when secrets are made."""
    fill(init, bootstrapTokens=[{}])
    for token in init["bootstrapTokens"]:
        token.setdefault("ttl", "24h0m0s")
        fill(token, usages=["signing", "authentication"], groups=[NODE_TOKEN_GROUP])
    fill(init, localAPIEndpoint={}, nodeRegistration={}, timeouts={})
    fill(init["localAPIEndpoint"], bindPort=6443)
    node_registration(init["nodeRegistration"])
    for name, value in _TIMEOUTS.items():
        init["timeouts"].setdefault(name, value)


def node_registration(registration: dict[str, Any]) -> None:
    """Static defaults of a nodeRegistration."""
    fill(registration, imagePullPolicy="IfNotPresent")
    registration.setdefault("imagePullSerial", True)


def cluster_configuration(cluster: dict[str, Any], release: Release) -> None:
    """Static defaults of a ClusterConfiguration."""
    fill(
        cluster,
        kubernetesVersion="stable-1",
        networking={},
        certificatesDir="/etc/kubernetes/pki",
        imageRepository=IMAGE_REPOSITORY,
        clusterName="kubernetes",
        encryptionAlgorithm="RSA-2048",
    )
    cluster.setdefault("certificateValidityPeriod", "8760h0m0s")
    cluster.setdefault("caCertificateValidityPeriod", "87600h0m0s")
    fill(cluster["networking"], serviceSubnet="10.96.0.0/12", dnsDomain="cluster.local")
    etcd = cluster.setdefault("etcd", {})
    if "external" not in etcd:
        fill(etcd.setdefault("local", {}), dataDir="/var/lib/etcd")
    elif "local" in etcd:
        fill(etcd["local"], dataDir="/var/lib/etcd")
    if "external" in etcd and release.has("external-etcd-http-endpoints") and etcd["external"].get("endpoints"):
        fill(etcd["external"], httpEndpoints=list(etcd["external"]["endpoints"]))
    components = [cluster.get(name, {}) for name in ("apiServer", "controllerManager", "scheduler")]
    for component in [*components, etcd.get("local", {})]:
        for variable in component.get("extraEnvs", []):
            reference = variable.get("valueFrom", {}).get("fieldRef")
            if reference is not None:
                fill(reference, apiVersion="v1")


def api_endpoint(endpoint: dict[str, Any], address: str) -> None:
    """The host's `address` where kubeadm would look for one (SetAPIEndpointDynamicDefaults); empty: nobody looks."""
    given = endpoint.get("advertiseAddress", "")
    if address and (not given or (net.is_ip(given) and net.parse_ip(given).is_unspecified)):
        endpoint["advertiseAddress"] = address


def dynamic(init: dict[str, Any], cluster: dict[str, Any], hostname: str) -> None:
    """What kubeadm derives or asks the host: node name, taint, CRI socket, ports, lower-case names.

    An address or endpoint that cannot be read stays as it is, for the rules to name.
    """
    registration = init["nodeRegistration"]
    name = registration.get("name") or hostname
    if name:
        registration["name"] = name.strip().lower() or name
    registration.setdefault("taints", [{"key": CONTROL_PLANE_LABEL, "effect": "NoSchedule"}])
    cri_socket(registration)
    local = init["localAPIEndpoint"]
    if net.is_ip(local.get("advertiseAddress", "")):
        local["advertiseAddress"] = str(net.parse_ip(local["advertiseAddress"]))
    if cluster.get("controlPlaneEndpoint"):
        try:
            host, port = net.parse_host_port(cluster["controlPlaneEndpoint"])
        except ValueError:
            pass
        else:
            cluster["controlPlaneEndpoint"] = (
                cluster["controlPlaneEndpoint"] if port else net.host_port(host, local["bindPort"])
            )
    server = cluster.get("apiServer", {})
    if "certSANs" in server:
        server["certSANs"] = [name.lower() for name in server["certSANs"]]


def cri_socket(holder: dict[str, Any]) -> None:
    """The default of a criSocket, and the scheme that kubeadm puts before one without."""
    socket = holder.get("criSocket") or CONTAINERD_SOCKET
    holder["criSocket"] = socket if socket.startswith("unix") else f"unix://{socket}"


def join_configuration(join: dict[str, Any], hostname: str, address: str) -> None:
    """A JoinConfiguration's defaults, and what the host would answer (also app/util/config/joinconfiguration.go)."""
    fill(join, caCertPath="/etc/kubernetes/pki/ca.crt", discovery={}, nodeRegistration={}, timeouts={})
    for name, value in _TIMEOUTS.items():
        join["timeouts"].setdefault(name, value)
    discovery, registration = join["discovery"], join["nodeRegistration"]
    if "bootstrapToken" in discovery:
        fill(discovery, tlsBootstrapToken=discovery["bootstrapToken"].get("token", ""))
    if discovery.get("file", {}).get("kubeConfigPath"):
        discovery["file"]["kubeConfigPath"] = url.file_path(discovery["file"]["kubeConfigPath"])
    node_registration(registration)
    name = registration.get("name") or hostname
    registration["name"] = name.strip().lower() or name
    cri_socket(registration)
    if "controlPlane" in join:
        registration.setdefault("taints", [{"key": CONTROL_PLANE_LABEL, "effect": "NoSchedule"}])
        fill(join["controlPlane"], localAPIEndpoint={})
        fill(join["controlPlane"]["localAPIEndpoint"], bindPort=6443)
        api_endpoint(join["controlPlane"]["localAPIEndpoint"], address)


def reset_configuration(reset: dict[str, Any]) -> None:
    """A ResetConfiguration's defaults (also app/util/config/resetconfiguration.go)."""
    fill(reset, certificatesDir="/etc/kubernetes/pki")
    cri_socket(reset)


def kubelet(kubelet: dict[str, Any], cluster: dict[str, Any]) -> None:
    """kubeadm's values for a KubeletConfiguration (componentconfigs/kubelet.go Default)."""
    networking = cluster["networking"]
    try:
        cluster_dns = str(net.nth_address(networking["serviceSubnet"], 10))
    except ValueError:
        cluster_dns = "10.96.0.10"
    fill(
        kubelet,
        staticPodPath="/etc/kubernetes/manifests",
        clusterDomain=networking["dnsDomain"],
        healthzBindAddress="127.0.0.1",
        cgroupDriver="systemd",
        rotateCertificates=True,
        authentication={},
        authorization={},
    )
    kubelet.setdefault("clusterDNS", [cluster_dns])
    kubelet.setdefault("healthzPort", 10248)
    fill(kubelet["authorization"], mode="Webhook")
    authentication = kubelet["authentication"]
    fill(authentication.setdefault("x509", {}), clientCAFile=paths.join(cluster["certificatesDir"], "ca.crt"))
    authentication.setdefault("anonymous", {}).setdefault("enabled", False)
    authentication.setdefault("webhook", {}).setdefault("enabled", True)


def kube_proxy(proxy: dict[str, Any], init: dict[str, Any], cluster: dict[str, Any], release: Release) -> None:
    """kubeadm's values for a KubeProxyConfiguration (componentconfigs/kubeproxy.go Default)."""
    address = init["localAPIEndpoint"].get("advertiseAddress", "")
    ipv4 = net.is_ip(address) and not net.is_ipv6(net.parse_ip(address))
    fill(
        proxy,
        bindAddress="0.0.0.0" if ipv4 else "::",
        clusterCIDR=cluster["networking"].get("podSubnet", ""),
        mode=release.kube_proxy_mode,
        clientConnection={},
    )
    fill(proxy["clientConnection"], kubeconfig="/var/lib/kube-proxy/kubeconfig.conf")
