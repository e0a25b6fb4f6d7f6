# SPDX-License-Identifier: Apache-2.0
"""Lints: component configurations that differ from what kubeadm counts on.

Most of these kubeadm warns about as well (app/componentconfigs/kubelet.go and kubeproxy.go Default).
"""

from __future__ import annotations

from collections.abc import Iterator

from kgen import paths
from kgen.config import net
from kgen.config.lints import kubelets
from kgen.config.lints.kubelets import Kubelet
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.meaning import Meaning, same
from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field

_WILDCARDS = ("0.0.0.0", "::")


def _differs(field: Field, recommended: object, why: str, meaning: Meaning = str) -> Iterator[Finding]:
    equal = field.value == recommended or (field.text and same(meaning, field.text, str(recommended)))
    if field.given and not equal:
        shown = str(recommended).lower() if isinstance(recommended, bool) else str(recommended)
        yield Finding(field, why, f"{field.path[-1]}: {shown}")


@kubelets.on_each
@kubelets.to_leave_out
def static_pods(kubelet: Kubelet) -> Iterator[Finding]:
    """The kubelet looks for static pods elsewhere."""
    what = f"kubeadm writes the control plane's manifests to {paths.MANIFESTS}, where this kubelet does not look"
    if kubelet.in_control_plane:
        yield from _differs(kubelet["staticPodPath"], paths.MANIFESTS, what, paths.clean)


@kubelets.on_each
@kubelets.to_leave_out
def cluster_dns(kubelet: Kubelet) -> Iterator[Finding]:
    """Pods ask for names at an address that is no service; a link-local one is that of a cache on the node."""
    subject, servers = kubelet.subject, kubelet["clusterDNS"]
    services = subject.configuration["networking"]["serviceSubnet"].text
    try:
        ranges, ours = net.parse_cidrs(services), net.nth_address(services, 10)
    except ValueError:
        return
    instead = f"kubeadm gives the DNS service {ours}"
    addresses = {item: net.parse_ip(item.text) for item in servers if net.is_ip(item.text)}
    other = not {"addon", "addon/coredns"} & subject.skipped and ours not in addresses.values()
    for item in servers:
        address = addresses.get(item)
        if address is None:
            yield Finding(item, f"{item.text!r} is not an IP address")
        elif address.is_link_local or not kubelet.in_cluster:
            continue
        elif not any(address.version == r.version and address in r for r in ranges):
            yield Finding(item, f"{address} is not in the service range {services}", instead)
        elif other:
            yield Finding(item, f"{address} is not the address of the DNS service", instead)
    if servers.value == [] and other and kubelet.in_cluster:
        yield Finding(servers, "pods ask the node's own name servers, which do not know the cluster", instead)


@kubelets.on_each
def cluster_domain(kubelet: Kubelet) -> Iterator[Finding]:
    """Pods search for names in a domain that CoreDNS does not serve; for an argument, argument-place says so."""
    domain = kubelet.subject.configuration["networking"]["dnsDomain"].text
    what = f"CoreDNS serves the domain {domain}, pods search in another"
    if not kubelet.argument(kubelet["clusterDomain"]):
        yield from _differs(kubelet["clusterDomain"], domain, what)


@kubelets.on_each
@kubelets.to_leave_out
def authentication(kubelet: Kubelet) -> Iterator[Finding]:
    """The kubelet's API is open, or closed to those who need it. A mode that there is not, kubelet-value finds."""
    trust, mode = kubelet["authentication"], kubelet["authorization"]["mode"]
    ca = paths.join(kubelet.subject.configuration["certificatesDir"].text, "ca.crt")
    yield from _differs(trust["anonymous"]["enabled"], False, "anybody who reaches the kubelet may use its API")
    yield from _differs(trust["webhook"]["enabled"], True, "service accounts cannot authenticate to the kubelet")
    what = "the kubelet trusts another CA than the API server's client's"
    if kubelet.in_cluster:
        yield from _differs(trust["x509"]["clientCAFile"], ca, what, paths.clean)
    if mode.text == "AlwaysAllow":
        yield from _differs(mode, "Webhook", "the kubelet does not ask the API server who may what")


@kubelets.on_each
@kubelets.to_leave_out
def healthz(kubelet: Kubelet) -> Iterator[Finding]:
    """The kubelet's health is shown elsewhere.

    kubeadm waits for it where the KubeletConfiguration says (cmd/phases/init/waitcontrolplane.go) and recommends that
    to be the default (app/componentconfigs/kubelet.go).
    """
    address, port = kubelet["healthzBindAddress"], kubelet["healthzPort"]
    if address.given and (not net.is_ip(address.text) or not net.parse_ip(address.text).is_loopback):
        what = f"the kubelet shows its health at {address.text}, without authentication, and not just to this machine"
        yield from _differs(address, "127.0.0.1", what)
    asked = kubelet.subject.kubelet["healthzPort"].value
    if port.value == 0:
        yield Finding(port, "kubeadm cannot see whether the kubelet runs", "healthzPort: 10248")
    elif not kubelet.argument(port):
        yield from _differs(port, 10248, f"the kubelet shows its health at port {port.value}; kubeadm recommends 10248")
    elif kubelet.whole and port.value != asked:
        yield Finding(port, f"the kubelet shows its health at port {port.value}, and kubeadm looks for it at {asked}")


@kubelets.on_each
@kubelets.to_leave_out
def read_only_port(kubelet: Kubelet) -> Iterator[Finding]:
    """An API without authentication."""
    port = kubelet["readOnlyPort"]
    if port.value:
        yield Finding(
            port, f"the kubelet serves its API without authentication on port {port.value}", "readOnlyPort: 0"
        )


@kubelets.on_each
@kubelets.to_leave_out
def cgroup_driver(kubelet: Kubelet) -> Iterator[Finding]:
    """Two managers of cgroups on one host.

    Whatever is not systemd is cgroupfs (pkg/kubelet/cm/cgroup_manager_linux.go), unless the container runtime says.
    """
    driver = kubelet["cgroupDriver"]
    if driver.text == "cgroupfs":
        yield Finding(driver, "on a host with systemd, cgroupfs means two managers of the same cgroups")
    elif driver.text not in ("", "systemd"):
        yield Finding(driver, f"there is no cgroup driver {driver.text!r}, and the kubelet takes it for cgroupfs")


def proxy_cluster_cidr(subject: Subject) -> Iterator[Finding]:
    """kube-proxy takes other addresses for pods."""
    pods = subject.configuration["networking"]["podSubnet"].text
    if pods:
        yield from _differs(subject.kube_proxy["clusterCIDR"], pods, f"pods have addresses of {pods}", net.parse_cidrs)


def proxy_bind_address(subject: Subject) -> Iterator[Finding]:
    """kube-proxy serves its health on one address alone."""
    address = subject.kube_proxy["bindAddress"]
    if address.text and not net.is_ip(address.text):
        yield Finding(address, f"{address.text!r} is not an IP address")
    elif address.text and address.text not in _WILDCARDS:
        yield Finding(address, "every node gets this configuration, and no two have the same address")


def proxy_kubeconfig(subject: Subject) -> Iterator[Finding]:
    """kube-proxy reads a kubeconfig that kubeadm does not mount."""
    path = "/var/lib/kube-proxy/kubeconfig.conf"
    what = f"kubeadm mounts the kubeconfig at {path}"
    yield from _differs(subject.kube_proxy["clientConnection"]["kubeconfig"], path, what, paths.clean)


def proxy_mode(subject: Subject) -> Iterator[Finding]:
    """A mode that kube-proxy refuses; kubeadm runs it on Linux alone (phases/addons/proxy/manifests.go)."""
    mode, known = subject.kube_proxy["mode"], subject.release.kube_proxy_modes
    instead = f"one of {', '.join(known['linux'])}"
    if mode.text in known["windows"]:
        yield Finding(mode, f"{mode.text} is a mode on Windows, and kubeadm runs kube-proxy on Linux", instead)
    elif mode.text and mode.text not in known["linux"]:
        yield Finding(mode, f"kube-proxy has no mode {mode.text!r}", instead)
    elif mode.text == "ipvs" and subject.kube_proxy["featureGates"]["KubeProxyIPVS"].value is False:
        yield Finding(mode, "the feature gate KubeProxyIPVS, which is off, takes the mode ipvs away", instead)


def proxy_ipvs(subject: Subject) -> Iterator[Finding]:
    """A mode that is on its way out (cmd/kube-proxy/app/server_linux.go)."""
    mode = subject.kube_proxy["mode"]
    if mode.text == "ipvs" and subject.release.has("kube-proxy-ipvs-deprecated"):
        yield Finding(mode, "kube-proxy's mode ipvs is deprecated since Kubernetes 1.35")


LINTS: tuple[Lint, ...] = (
    Lint(
        "kubelet-static-pods",
        "warning",
        "a kubelet that does not run kubeadm's static pods",
        "The control plane never starts.",
        "leave staticPodPath out",
        static_pods,
    ),
    Lint(
        "kubelet-cluster-dns",
        "warning",
        "a clusterDNS that is not the address of kubeadm's DNS service",
        "Pods cannot resolve names.",
        "leave clusterDNS out",
        cluster_dns,
    ),
    Lint(
        "kubelet-cluster-domain",
        "warning",
        "a clusterDomain that is not networking.dnsDomain",
        "Pods cannot resolve short names of services.",
        "leave clusterDomain out",
        cluster_domain,
    ),
    Lint(
        "kubelet-authentication",
        "warning",
        "a kubelet with other authentication or authorization than kubeadm's",
        "Its API, which can run commands in every container, is open or cannot be used.",
        "leave it out",
        authentication,
    ),
    Lint(
        "kubelet-healthz",
        "warning",
        "a kubelet that shows its health elsewhere than kubeadm recommends",
        "kubeadm does not wait for it, or it answers other machines without authentication.",
        "leave it out",
        healthz,
    ),
    Lint(
        "kubelet-read-only-port",
        "warning",
        "a kubelet with a port without authentication",
        "Whoever reaches it reads all pods of the node.",
        "leave readOnlyPort out",
        read_only_port,
    ),
    Lint(
        "kubelet-cgroup-driver",
        "warning",
        "a cgroup driver other than systemd",
        "Under pressure the node becomes unstable if systemd manages cgroups as well.",
        "leave cgroupDriver out for systemd, and set the container runtime to it",
        cgroup_driver,
    ),
    Lint(
        "proxy-mode",
        "warning",
        "a mode that kube-proxy does not have",
        "kube-proxy ends as soon as it starts, on every node, and no service is reached.",
        "leave mode out, or write nftables",
        proxy_mode,
    ),
    Lint(
        "proxy-ipvs",
        "warning",
        "kube-proxy's mode ipvs",
        "It is deprecated and will be removed.",
        "mode: nftables, or iptables on old kernels",
        proxy_ipvs,
    ),
    Lint(
        "proxy-cluster-cidr",
        "warning",
        "a clusterCIDR that is not networking.podSubnet",
        "kube-proxy takes pods for strangers, or strangers for pods.",
        "leave clusterCIDR out",
        proxy_cluster_cidr,
    ),
    Lint(
        "proxy-bind-address",
        "warning",
        "a kube-proxy that binds to one address",
        "All nodes share this configuration, and only one has the address.",
        "leave bindAddress out",
        proxy_bind_address,
    ),
    Lint(
        "proxy-kubeconfig",
        "warning",
        "a kube-proxy with another kubeconfig than kubeadm's",
        "There is no such file in its container.",
        "leave clientConnection.kubeconfig out",
        proxy_kubeconfig,
    ),
)
