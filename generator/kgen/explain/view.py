# SPDX-License-Identifier: Apache-2.0
"""A rendered tree as the site sees it: read back from the disk, decoded, and without anything secret. Pure."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kgen import releases
from kgen.explain.certificates import Decoded, decode
from kgen.explain.redact import Form, parsed, shown
from kgen.sinks.earlier import Earlier
from kgen.sinks.index import FileEntry, Index, ObjectEntry


@dataclass(frozen=True, slots=True)
class Item:
    """An artifact and what may be seen of it."""

    entry: FileEntry | ObjectEntry
    form: Form
    text: str
    """What may be seen of the content; empty if nothing may."""
    hidden: str
    """Why nothing may be seen, as a sentence; else empty."""
    data: Mapping[str, Any]
    """The parsed text; empty if it is not YAML."""
    certificates: tuple[Decoded, ...]
    """Of a certificate file all; of a kubeconfig those of its first user."""
    edited: bool
    """Whether it is no longer what kgen wrote."""

    @property
    def path(self) -> str:
        """Place in the tree."""
        return self.entry.path

    @property
    def places(self) -> Mapping[str, tuple[str, ...]]:
        """What each place in the text depends on; nothing is known of a text that kgen did not write."""
        return {} if self.edited else self.entry.places

    @property
    def target(self) -> str:
        """Place on the host; empty for an object."""
        return self.entry.target if isinstance(self.entry, FileEntry) else ""

    @property
    def node(self) -> str:
        """Name of the host; empty for an object."""
        return self.entry.node if isinstance(self.entry, FileEntry) else ""

    @property
    def mode(self) -> str:
        """Mode of the file on the host, `0600`; empty for an object."""
        return f"{self.entry.mode:04o}" if isinstance(self.entry, FileEntry) else ""

    @property
    def owner(self) -> str:
        """Owner of the file on the host; empty for an object."""
        return self.entry.owner if isinstance(self.entry, FileEntry) else ""

    @property
    def phase(self) -> str:
        """kubeadm's phase."""
        return self.entry.phase

    @property
    def topic(self) -> str:
        """Key of its explanation."""
        return self.entry.topic

    @property
    def kind(self) -> str:
        """Kind of an object, or of a file that has one."""
        return self.entry.kind if isinstance(self.entry, ObjectEntry) else str(self.data.get("kind", ""))

    @property
    def api_version(self) -> str:
        """apiVersion of an object; empty for a file."""
        return self.entry.api_version if isinstance(self.entry, ObjectEntry) else ""

    @property
    def namespace(self) -> str:
        """Namespace of an object; empty for a file, and for what has none."""
        return self.entry.namespace if isinstance(self.entry, ObjectEntry) else ""

    @property
    def name(self) -> str:
        """Name of an object; for a file the last part of its path."""
        return self.entry.name if isinstance(self.entry, ObjectEntry) else self.path.rpartition("/")[2]

    @property
    def container(self) -> str:
        """Pointer to a Pod's container that has its name, else to the first; empty for anything else.

        kubeadm names a program's Pod and container alike; a patch may have put others before it.
        """
        for path in (("spec",), ("spec", "template", "spec")):
            names = [dig(each, "name") for each in listed(dig(self.data, *path, "containers"))]
            if names:
                own = names.index(name) if (name := dig(self.data, "metadata", "name")) in names else 0
                return f"/{'/'.join(path)}/containers/{own}"
        return ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command of the `container`, its name first; empty for anything else than a Pod."""
        steps = [int(step) if step.isdigit() else step for step in self.container.split("/")[1:]]
        own = dig(self.data, *steps) if steps else None
        return tuple(str(word) for word in (*listed(dig(own, "command")), *listed(dig(own, "args"))))

    @property
    def flags(self) -> dict[str, str]:
        """The flags in `arguments`, without dashes; of a repeated one the last."""
        return dict(_flags(self.arguments))


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a reader wants to know of the cluster at a glance; empty texts for what the tree does not tell."""

    name: str
    version: str
    """`v1.37.2`"""
    minor: str
    """`1.37`: the newest that kgen knows, if the tree's is not known."""
    node: str
    """The first node's name."""
    address: str
    port: str
    endpoint: str
    """host:port of the server in admin.conf."""
    service_subnet: str
    pod_subnet: str
    dns_domain: str
    dns_address: str
    api_service_address: str
    certificates_dir: str
    etcd: str
    """`local` or `external`"""
    etcd_data_dir: str
    algorithm: str
    """Of the keys: `RSA-2048`, …"""


@dataclass(frozen=True, slots=True)
class View:
    """The whole tree."""

    index: Index
    items: Mapping[str, Item]
    """By path in the tree; files first, then objects, in the order of the index."""
    cluster: Cluster
    secrets: frozenset[str] = field(repr=False)
    """What was taken out, for the last check of the finished pages. Never to be put anywhere."""

    @property
    def files(self) -> tuple[Item, ...]:
        """The files of nodes."""
        return tuple(item for item in self.items.values() if isinstance(item.entry, FileEntry))

    @property
    def objects(self) -> tuple[Item, ...]:
        """The API objects, in the order of posting."""
        return tuple(item for item in self.items.values() if isinstance(item.entry, ObjectEntry))

    def get(self, path: str) -> Item | None:
        """The artifact at a place in the tree."""
        return self.items.get(path)


def view(earlier: Earlier) -> View:
    """The tree that was read back, as pages may see it."""
    entries: tuple[FileEntry | ObjectEntry, ...] = (*earlier.index.files, *earlier.index.objects)
    edited = earlier.edited
    items: dict[str, Item] = {}
    secrets: set[str] = set()
    for entry in entries:
        if entry.path in earlier.contents:
            content = earlier.contents[entry.path]
            seen = shown(entry, content)
            secrets |= seen.secrets
            data = parsed(seen.text) or {}
            certificates = _certificates(seen.form, content, data)
            items[entry.path] = Item(entry, seen.form, seen.text, seen.hidden, data, certificates, entry.path in edited)
    return View(earlier.index, items, _cluster(earlier.index, items), frozenset(secrets))


def _certificates(form: Form, content: bytes, data: Mapping[str, Any]) -> tuple[Decoded, ...]:
    if form == "certificate":
        return decode(content)
    user = dig(data, "users", 0, "user", "client-certificate-data") if form == "kubeconfig" else None
    try:
        return decode(base64.b64decode(user)) if isinstance(user, str) else ()
    except (binascii.Error, ValueError):
        return ()


def _cluster(index: Index, items: Mapping[str, Item]) -> Cluster:
    api = items.get("manifests/kube-apiserver.yaml")
    flags = api.flags if api else {}
    uploaded = items.get("cluster/kubeadm-config.yaml")
    text = dig(uploaded.data, "data", "ClusterConfiguration") if uploaded else None
    configuration = parsed(text) or {} if isinstance(text, str) else {}
    kubelet = items.get("kubelet/config.yaml")
    kubelet_data = kubelet.data if kubelet else {}
    admin = items.get("admin.conf")
    server = dig(admin.data, "clusters", 0, "cluster", "server") if admin else ""
    first = next(iter(index.nodes), None)
    minor = ".".join(index.kubernetes_version.removeprefix("v").split(".")[:2])
    ca = items.get("pki/ca.crt")
    apiserver = items.get("pki/apiserver.crt")
    own = apiserver.certificates[0] if apiserver and apiserver.certificates else None
    external = isinstance(dig(configuration, "etcd", "external"), dict)
    local = dig(configuration, "etcd", "local", "dataDir")
    key = own or (ca.certificates[0] if ca and ca.certificates else None)
    return Cluster(
        name=index.cluster_name,
        version=index.kubernetes_version,
        minor=minor if minor in releases.minors() else releases.minors()[-1],
        node=first.name if first else "",
        address=first.address if first else "",
        port=flags.get("secure-port", ""),
        endpoint=str(server or "").removeprefix("https://"),
        service_subnet=flags.get("service-cluster-ip-range")
        or str(dig(configuration, "networking", "serviceSubnet") or ""),
        pod_subnet=str(dig(configuration, "networking", "podSubnet") or ""),
        dns_domain=str(kubelet_data.get("clusterDomain") or dig(configuration, "networking", "dnsDomain") or ""),
        dns_address=str(dig(kubelet_data, "clusterDNS", 0) or ""),
        api_service_address=_first_address(flags.get("service-cluster-ip-range", "").split(",")[0]),
        certificates_dir=str(configuration.get("certificatesDir") or (ca.target.rpartition("/")[0] if ca else "")),
        etcd="external" if external else "local",
        etcd_data_dir=str(local or ""),
        algorithm=key.key if key else "",
    )


def _first_address(subnet: str) -> str:
    """That of the Service `kubernetes`, in the range of the Services (pkg/controlplane/instance.go)."""
    try:
        return str(ipaddress.ip_network(subnet, strict=False)[1])
    except (ValueError, IndexError):
        return ""


def _flags(arguments: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for word in arguments:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            yield name, value if equals else "true"


def listed(value: Any) -> list[Any]:
    """The value if it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def dig(value: Any, *path: str | int) -> Any:
    """What is at a path in data; None if there is nothing, or something else than the path expects."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
