# SPDX-License-Identifier: Apache-2.0
"""control-plane: the static pods of API server, controller manager and scheduler.

kubeadm app/phases/controlplane/manifests.go and volumes.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kgen import paths
from kgen.cluster import Cluster
from kgen.config import net
from kgen.phases import arguments
from kgen.phases.etcd import CLIENT_PORT, EXTRA_ARGS
from kgen.phases.interface import Context, Phase
from kgen.phases.static_pod import Text, environment, manifest, mount, probe_host, proxies, variables, volume
from kgen.provenance import Given, Paths, derived, given
from kgen.tree import Artifact

CONTROLLER_MANAGER_CONF = paths.join(paths.KUBERNETES, "controller-manager.conf")
SCHEDULER_CONF = paths.join(paths.KUBERNETES, "scheduler.conf")
CONTROLLER_MANAGER_PORT, SCHEDULER_PORT = 10257, 10259

Mounted = dict[str, tuple[Text, Text, bool | Given[bool], Text, Text]]
"""Volume name -> path on the host, path in the container, read-only, hostPath type, and the name again."""


def _api_server(context: Context) -> Iterator[Artifact]:
    cluster, node = context.cluster, context.node
    mounted = _shared_volumes(context)
    if cluster.external_etcd is not None:
        mounted |= _etcd_certificate_volumes(cluster)
    yield _pod(
        context,
        "kube-apiserver",
        "apiServer",
        _api_server_flags(context),
        mounted,
        {
            "endpoint": given(lambda: net.host_port(node.address, node.bind_port)),
            "probe_host": given(lambda: probe_host(node.address)),
            "probe_port": given(lambda: node.bind_port),
        },
    )


def _controller_manager(context: Context) -> Iterator[Artifact]:
    cluster = context.cluster
    extra = cluster.component("controllerManager").get("extraArgs", [])
    path = _arguments("controllerManager")
    mounted = _shared_volumes(context)
    mounted |= _mounted("kubeconfig", CONTROLLER_MANAGER_CONF, kind="FileOrCreate")
    if cluster.release.has("flexvolume-mount"):
        plugins = given(lambda: arguments.last(extra, "flex-volume-plugin-dir", path) or paths.FLEXVOLUMES)
        mounted |= _mounted("flexvolume-dir", plugins, read_only=False)
    yield _pod(
        context,
        "kube-controller-manager",
        "controllerManager",
        _controller_manager_flags(context),
        mounted,
        {"probe_host": given(lambda: _bind_address(extra, path)), "probe_port": CONTROLLER_MANAGER_PORT},
    )


def _scheduler(context: Context) -> Iterator[Artifact]:
    extra = context.cluster.component("scheduler").get("extraArgs", [])
    yield _pod(
        context,
        "kube-scheduler",
        "scheduler",
        {
            "bind-address": "127.0.0.1",
            "leader-elect": "true",
            "kubeconfig": SCHEDULER_CONF,
            "authentication-kubeconfig": SCHEDULER_CONF,
            "authorization-kubeconfig": SCHEDULER_CONF,
        },
        _mounted("kubeconfig", SCHEDULER_CONF, kind="FileOrCreate"),
        {
            "probe_host": given(lambda: _bind_address(extra, _arguments("scheduler"))),
            "probe_port": SCHEDULER_PORT,
        },
    )


def _arguments(field: str) -> str:
    return f"ClusterConfiguration.{field}.extraArgs"


def _bind_address(extra: arguments.Args, path: str) -> str:
    address = arguments.last(extra, "bind-address", path)
    return "127.0.0.1" if address is None else probe_host(address)


def _pod(
    context: Context,
    component: str,
    field: str,
    flags: arguments.Flags,
    mounted: Mounted,
    values: Mapping[str, Any],
) -> Artifact:
    settings = context.cluster.component(field)
    for extra in settings.get("extraVolumes", []):
        mounted |= _extra_volume(extra)
    named = [mounted[name] for name in sorted(mounted)]
    return manifest(
        context,
        component,
        f"control-plane/{component.removeprefix('kube-')}",
        {
            "command": [component, *arguments.command(flags, settings.get("extraArgs", []), _arguments(field))],
            "env": environment(proxies(context), variables(context, settings, f"ClusterConfiguration.{field}")),
            "image": given(lambda: context.cluster.image(component)),
            "probe_scheme": "HTTPS",
            "mounts": [mount(name, inside, read_only) for _, inside, read_only, _, name in named],
            "volumes": [volume(name, path, kind) for path, _, _, kind, name in named],
            **values,
        },
    )


def _mounted(name: str, path: Text, *, read_only: bool = True, kind: str = "DirectoryOrCreate") -> Mounted:
    """A volume at the same path inside and outside."""
    return {name: (path, path, read_only, kind, name)}


def _mounted_because(name: str, path: str, reason: Paths) -> Mounted:
    """A volume that is there, with all that it is, because of something."""
    place = Given(path, reason)
    return {name: (place, place, Given(True, reason), Given("DirectoryOrCreate", reason), Given(name, reason))}


def _extra_volume(extra: Mapping[str, Any]) -> Mounted:
    def field(name: str, default: Any = "") -> Given[Any]:
        return given(lambda: extra.get(name, default))

    name = field("name")
    read_only = field("readOnly", False)
    return {name.value: (field("hostPath"), field("mountPath"), read_only, field("pathType"), name)}


def _shared_volumes(context: Context) -> Mounted:
    mounted = _mounted("k8s-certs", given(lambda: context.cluster.certificates_dir))
    mounted |= _mounted("ca-certs", paths.CA_CERTIFICATES)
    for path in paths.CA_DIRECTORIES:
        if path in context.node.host.ca_directories:
            index = context.node.host.ca_directories.index(path)
            reason = (f"RenderConfiguration.host.caDirectories[{index}]",)
            mounted |= _mounted_because(path.replace("/", "-")[1:], path, reason)
    return mounted


def _etcd_certificate_volumes(cluster: Cluster) -> Mounted:
    mounted: Mounted = {}
    directories = given(
        lambda: derived(
            "etcd-directories",
            "the directories of etcd's files, unless they are mounted already",
            lambda: _etcd_certificate_directories(cluster),
        )
    )
    for index, path in enumerate(directories.value):
        mounted |= _mounted_because(f"etcd-certs-{index}", path, directories.paths)
    return mounted


def _etcd_certificate_directories(cluster: Cluster) -> list[str]:
    """The directories of the external etcd's files, those inside others left out (getEtcdCertVolumes).

    kubeadm compares paths as texts: /etc/etcd counts as inside /etc/et.
    """
    external = cluster.external_etcd or {}
    mounted_already = (*paths.CA_DIRECTORIES, paths.CA_CERTIFICATES, cluster.certificates_dir)
    found: set[str] = set()
    for field in ("caFile", "certFile", "keyFile"):
        directory = _directory(external.get(field, ""))
        if directory == "." or directory.startswith(mounted_already):
            continue
        inside = False
        for other in sorted(found):
            if other.startswith(directory):
                found.discard(other)
            elif directory.startswith(other):
                inside = True
        if not inside:
            found.add(directory)
    return sorted(found)


def _directory(path: str) -> str:
    return paths.clean(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))


def _api_server_flags(context: Context) -> arguments.Flags:
    cluster, node = context.cluster, context.node

    def certificate(name: str) -> Given[str]:
        return given(lambda: paths.join(cluster.certificates_dir, name))

    flags: dict[str, Text] = {
        "advertise-address": given(lambda: node.address),
        "enable-admission-plugins": "NodeRestriction",
        "service-cluster-ip-range": given(lambda: cluster.service_subnet),
        "service-account-key-file": certificate("sa.pub"),
        "service-account-signing-key-file": certificate("sa.key"),
        "service-account-issuer": given(lambda: f"https://kubernetes.default.svc.{cluster.dns_domain}"),
        "client-ca-file": certificate("ca.crt"),
        "tls-cert-file": certificate("apiserver.crt"),
        "tls-private-key-file": certificate("apiserver.key"),
        "kubelet-client-certificate": certificate("apiserver-kubelet-client.crt"),
        "kubelet-client-key": certificate("apiserver-kubelet-client.key"),
        "enable-bootstrap-token-auth": "true",
        "secure-port": given(lambda: str(node.bind_port)),
        "allow-privileged": "true",
        "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-client-ca-file": certificate("front-proxy-ca.crt"),
        "requestheader-allowed-names": "front-proxy-client",
        "proxy-client-cert-file": certificate("front-proxy-client.crt"),
        "proxy-client-key-file": certificate("front-proxy-client.key"),
        **_etcd_flags(context),
    }
    extra = cluster.component("apiServer").get("extraArgs", [])
    path = _arguments("apiServer")
    if arguments.last(extra, "authorization-config", path) is None:
        both = tuple(arguments.absent(path, name) for name in ("authorization-mode", "authorization-config"))
        flags["authorization-mode"] = Given("Node,RBAC", both)
    return flags


def _etcd_flags(context: Context) -> dict[str, Text]:
    cluster, node = context.cluster, context.node
    external = cluster.external_etcd
    if external is None:
        extra = cluster.local_etcd.get("extraArgs", [])

        def servers() -> str:
            urls = arguments.last(extra, "advertise-client-urls", EXTRA_ARGS)
            return f"https://{net.host_port(node.localhost, CLIENT_PORT)}" if urls is None else urls

        return {
            "etcd-servers": given(servers),
            "etcd-cafile": given(lambda: paths.join(cluster.certificates_dir, "etcd/ca.crt")),
            "etcd-certfile": given(lambda: paths.join(cluster.certificates_dir, "apiserver-etcd-client.crt")),
            "etcd-keyfile": given(lambda: paths.join(cluster.certificates_dir, "apiserver-etcd-client.key")),
        }
    flags: dict[str, Text] = {"etcd-servers": given(lambda: ",".join(external.get("endpoints", [])))}
    if external.get("caFile"):
        flags["etcd-cafile"] = given(lambda: str(external["caFile"]))
    if external.get("certFile") and external.get("keyFile"):
        flags["etcd-certfile"] = given(lambda: str(external["certFile"]))
        flags["etcd-keyfile"] = given(lambda: str(external["keyFile"]))
    return flags


def _controller_manager_flags(context: Context) -> arguments.Flags:
    cluster = context.cluster

    def certificate(name: str) -> Given[str]:
        return given(lambda: paths.join(cluster.certificates_dir, name))

    external_ca = context.secrets.keyring.key("ca") is None
    flags: dict[str, Text] = {
        "bind-address": "127.0.0.1",
        "leader-elect": "true",
        "kubeconfig": CONTROLLER_MANAGER_CONF,
        "authentication-kubeconfig": CONTROLLER_MANAGER_CONF,
        "authorization-kubeconfig": CONTROLLER_MANAGER_CONF,
        "client-ca-file": certificate("ca.crt"),
        "requestheader-client-ca-file": certificate("front-proxy-ca.crt"),
        "root-ca-file": certificate("ca.crt"),
        "service-account-private-key-file": certificate("sa.key"),
        "cluster-signing-cert-file": "" if external_ca else certificate("ca.crt"),
        "cluster-signing-key-file": "" if external_ca else certificate("ca.key"),
        "use-service-account-credentials": "true",
        "controllers": "*,bootstrapsigner,tokencleaner",
        "cluster-name": given(lambda: cluster.name),
    }
    if cluster.pod_subnet:
        flags |= {
            "allocate-node-cidrs": given(lambda: "true" if cluster.pod_subnet else ""),
            "cluster-cidr": given(lambda: cluster.pod_subnet),
            "service-cluster-ip-range": given(lambda: cluster.service_subnet if cluster.pod_subnet else ""),
        }
    return flags


PHASES: tuple[Phase, ...] = (
    Phase("control-plane/apiserver", "the manifest of the API server as a static pod", _api_server),
    Phase(
        "control-plane/controller-manager",
        "the manifest of the controller manager as a static pod",
        _controller_manager,
    ),
    Phase("control-plane/scheduler", "the manifest of the scheduler as a static pod", _scheduler),
)
