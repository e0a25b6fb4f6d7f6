# SPDX-License-Identifier: Apache-2.0
"""What a node's files mean to the machine: read from the files themselves. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kgen_apply.errors import TreeError
from kgen_apply.tree import File, Node, Tree

KUBELET = "kubelet"
_LAST = ("kubeadm-flags.env", "instance-config.yaml", "config.yaml")
_KINDS = ("user", "group")
_USERS = {
    "etcd": "kubeadm-etcd",
    "kube-apiserver": "kubeadm-kas",
    "kube-controller-manager": "kubeadm-kcm",
    "kube-scheduler": "kubeadm-ks",
}
_KEY_READERS = "kubeadm-sa-key-readers"
_PRIVATE = 0o700
_OPEN = 0o755


@dataclass(frozen=True, slots=True)
class Pod:
    """A static pod among the files."""

    name: str
    file: File
    ports: tuple[int, ...]
    """TCP ports on the host that it will listen on."""
    mounts: tuple[str, ...]
    """Paths on the host that it reads."""
    health: str
    """URL of its startup probe; empty without one."""
    security: Mapping[str, Any]
    """Its securityContext: as whom it runs."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one node, in the order in which they are put in place, and what follows from them."""

    node: Node
    files: tuple[File, ...]
    directories: Mapping[str, int]
    """Every directory that is needed, parents first, and the mode it gets if it has to be made."""
    pods: tuple[Pod, ...]
    kubelet: Mapping[str, Any]
    """The kubelet's configuration; empty if the node has none."""
    arguments: Mapping[str, str]
    """The kubelet's own flags, from kubeadm-flags.env."""
    etcd_data: str
    """Empty without a local etcd."""
    etcd_owner: str
    ca: File | None
    """The CA of the cluster."""
    kubelet_conf: File | None

    @property
    def pem(self) -> str:
        """Where the kubelet keeps the certificate that it renews (kubeadm app/cmd/phases/init/kubeletfinalize.go)."""
        return f"{self.arguments.get('cert-dir', '/var/lib/kubelet/pki')}/kubelet-client-current.pem"

    def owners(self) -> dict[str, str]:
        """Every `user:NAME` and `group:NAME` who is to own files, with the number that the static pods know them by.

        The number is empty where no pod says it. With RootlessControlPlane (kubeadm app/util/users) each component
        runs as a user of its own, and whoever may read the key of service account tokens is in a group of its own.
        """
        numbers: dict[str, str] = {"user:root": "0", "group:root": "0"}
        for pod in self.pods:
            name, security = _USERS.get(pod.name, ""), pod.security
            numbers[f"user:{name}"] = str(security.get("runAsUser", ""))
            numbers[f"group:{name}"] = str(security.get("runAsGroup", ""))
            for number in security.get("supplementalGroups", ()):
                numbers[f"group:{_KEY_READERS}"] = str(number)
        named = [(kind, name) for file in self.files for kind, name in zip(_KINDS, file.owner.split(":"), strict=True)]
        return {f"{kind}:{name}": numbers.get(f"{kind}:{name}", "") for kind, name in sorted(set(named))}

    def health(self, component: str) -> str:
        """Where the kubelet, or a static pod, says how it is; empty if it does not."""
        if component != KUBELET:
            return next((pod.health for pod in self.pods if pod.name == component), "")
        port, address = self.kubelet.get("healthzPort", 10248), self.kubelet.get("healthzBindAddress", "127.0.0.1")
        return f"http://{_bracketed(str(address))}:{port}/healthz" if self.kubelet and port else ""

    @property
    def socket(self) -> str:
        """Where the container runtime listens."""
        return str(self.kubelet.get("containerRuntimeEndpoint", "")).removeprefix("unix://")


def of(tree: Tree, node: Node) -> Layout:
    """The layout of a node of a tree."""
    files = tuple(sorted(tree.of(node.name), key=_rank))
    by_name = {file.target.rpartition("/")[2]: file for file in files if file.phase == "kubelet-start"}
    kubelet = _yaml(by_name["config.yaml"]) if "config.yaml" in by_name else {}
    flags = by_name["kubeadm-flags.env"].content.decode() if "kubeadm-flags.env" in by_name else ""
    manifests = str(kubelet.get("staticPodPath", "/etc/kubernetes/manifests"))
    pods = tuple(_pod(file) for file in files if file.target.rpartition("/")[0] == manifests)
    data, owner = _etcd(files)
    return Layout(
        node=node,
        files=files,
        directories=_directories(files, manifests, data),
        pods=pods,
        kubelet=kubelet,
        arguments=dict(re.findall(r"--([\w-]+)=([^\s\"]*)", flags)),
        etcd_data=data,
        etcd_owner=owner,
        ca=next((file for file in files if file.phase == "certs/ca" and file.target.endswith("/ca.crt")), None),
        kubelet_conf=next((file for file in files if file.phase == "kubeconfig/kubelet"), None),
    )


def is_static_pod(file: File) -> bool:
    """Whether the kubelet starts what this file says."""
    return file.phase.startswith(("control-plane/", "etcd/"))


def moves_kubelet(file: File) -> bool:
    """Whether the kubelet has to be restarted to see that this file has changed."""
    return file.phase in ("kubelet-start", "kubeconfig/kubelet")


def _rank(file: File) -> int:
    """Order of putting in place: what makes the kubelet act comes when all that it points to is there."""
    name = file.target.rpartition("/")[2]
    if file.phase == "kubelet-start":
        return 2 + _LAST.index(name) if name in _LAST else 0
    return 1 if is_static_pod(file) else 0


def _directories(files: tuple[File, ...], manifests: str, data: str) -> dict[str, int]:
    """As kubeadm makes them: manifests, the kubelet's and etcd's for their owner alone, all others for everyone.

    kubeadm app/phases/{controlplane,etcd,kubelet}, util/pkiutil; seen in what a live init leaves.
    """
    wanted = {file.target.rpartition("/")[0] or "/" for file in files} | ({data} if data else set())
    every = {"/".join(path.split("/")[:n]) for path in wanted for n in range(2, path.count("/") + 2)}
    private = {manifests, "/var/lib/kubelet", data}
    return {path: _PRIVATE if path in private else _OPEN for path in sorted(every)}


def _yaml(file: File) -> dict[str, Any]:
    try:
        value = yaml.safe_load(file.content)
    except yaml.YAMLError:
        value = None
    if not isinstance(value, dict):
        raise TreeError(f"{file.path} is not a YAML object")
    return value


def _pod(file: File) -> Pod:
    pod = _yaml(file)
    spec = pod.get("spec", {})
    command = [word for container in spec.get("containers", []) for word in container.get("command", [])]
    mounts = [volume["hostPath"]["path"] for volume in spec.get("volumes", []) if "hostPath" in volume]
    return Pod(
        str(pod["metadata"]["name"]),
        file,
        tuple(_ports(command)),
        tuple(mounts),
        _probe(spec),
        spec.get("securityContext", {}),
    )


def _probe(spec: dict[str, Any]) -> str:
    for container in spec.get("containers", []):
        get = container.get("startupProbe", {}).get("httpGet")
        if get:
            named = {port.get("name"): port.get("containerPort") for port in container.get("ports", [])}
            host = _bracketed(get.get("host", "127.0.0.1"))
            return f"{get.get('scheme', 'HTTP').lower()}://{host}:{named.get(get['port'], get['port'])}{get['path']}"
    return ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


_PORT_FLAGS = ("--secure-port", "--listen-client-urls", "--listen-peer-urls", "--listen-metrics-urls")
_DEFAULT_PORTS = {"kube-controller-manager": 10257, "kube-scheduler": 10259}


def _ports(command: list[str]) -> list[int]:
    found = [
        int(port)
        for word in command
        if word.startswith(_PORT_FLAGS)
        for port in re.findall(r":(\d+)(?:,|$)|--secure-port=(\d+)", word)
        for port in port
        if port
    ]
    return sorted({*found, *([_DEFAULT_PORTS[command[0]]] if command and command[0] in _DEFAULT_PORTS else [])})


def _etcd(files: tuple[File, ...]) -> tuple[str, str]:
    """Data directory and owner of a local etcd."""
    for file in files:
        if file.phase == "etcd/local":
            spec = _yaml(file).get("spec", {})
            security = spec.get("securityContext", {})
            paths = [v["hostPath"]["path"] for v in spec.get("volumes", []) if v.get("name") == "etcd-data"]
            owner = f"{security.get('runAsUser', 0)}:{security.get('runAsGroup', 0)}"
            return (paths[0] if paths else ""), owner
    return "", "0:0"
