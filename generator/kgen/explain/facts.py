# SPDX-License-Identifier: Apache-2.0
"""What several maps and lists ask of a tree: which programs run where, and what a path on a host is. Pure."""

from __future__ import annotations

import base64
import binascii
import posixpath
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kgen.explain.certificates import Decoded, decode
from kgen.explain.markdown import Md, code, link, plain
from kgen.explain.page import artifact_page, relative
from kgen.explain.redact import parsed
from kgen.explain.view import Item, View, dig


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a static pod runs."""

    name: str
    """`kube-apiserver`"""
    node: str
    item: Item
    flags: Mapping[str, str]


def programs(view: View) -> tuple[Program, ...]:
    """The static pods of the tree, in the order in which kubeadm writes them."""
    return tuple(
        Program(item.topic.rpartition("/")[2], item.node, item, item.flags)
        for item in view.files
        if item.form == "manifest"
    )


def program(view: View, name: str, node: str) -> Program | None:
    """The static pod of this name on a node."""
    return next((each for each in programs(view) if (each.name, each.node) == (name, node)), None)


def kubelet(view: View, node: str) -> Item | None:
    """The kubelet's configuration on a node."""
    return next((item for item in view.files if item.topic == "kubelet/config" and item.node == node), None)


def kubeconfigs(view: View, node: str) -> tuple[Item, ...]:
    """The kubeconfigs among the files of a node."""
    return tuple(item for item in view.files if item.form == "kubeconfig" and item.node == node)


def hosts(view: View) -> tuple[str, ...]:
    """The names of the nodes that files are for, in the order of the index."""
    listed = [node.name for node in view.index.nodes]
    return tuple(dict.fromkeys([*listed, *(item.node for item in view.files)]))


def at(view: View, node: str, target: str) -> Item | None:
    """The artifact that stands at this path on a node."""
    wanted = posixpath.normpath(target) if target else ""
    return next((item for item in view.files if item.node == node and posixpath.normpath(item.target) == wanted), None)


def find(view: View, kind: str, name: str, namespace: str = "") -> Item | None:
    """The API object with this name."""
    wanted = (kind, namespace, name)
    return next((item for item in view.objects if (item.kind, item.namespace, item.name) == wanted), None)


def to(page: str, item: Item, label: str = "") -> Md:
    """A link from a page to an artifact's page: its path in the tree, or the label, in code type."""
    return link(code(label or item.path), relative(page, artifact_page(item.path)))


def named(view: View, page: str, node: str, target: str) -> Md:
    """A path on a node: a link if the tree has what stands there."""
    item = at(view, node, target)
    return to(page, item, target) if item else code(target)


def entries(value: Any) -> list[Mapping[str, Any]]:
    """The maps in a list; nothing if it is no list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def inner(item: Item | None, key: str) -> Mapping[str, Any]:
    """The YAML document in a ConfigMap's key; empty without one."""
    text = dig(item.data, "data", key) if item else None
    return (parsed(text) or {}) if isinstance(text, str) else {}


def configuration(view: View) -> Mapping[str, Any]:
    """The ClusterConfiguration that kubeadm-config holds; empty if the tree has none."""
    return inner(find(view, "ConfigMap", "kubeadm-config", "kube-system"), "ClusterConfiguration")


def proxy_configuration(view: View) -> Mapping[str, Any]:
    """The KubeProxyConfiguration; empty if the tree has none."""
    return inner(find(view, "ConfigMap", "kube-proxy", "kube-system"), "config.conf")


def server(item: Item) -> str:
    """The URL of a kubeconfig's first cluster."""
    return str(dig(item.data, "clusters", 0, "cluster", "server") or "")


def authorities(item: Item) -> tuple[Decoded, ...]:
    """The CA certificates that a kubeconfig carries."""
    given = dig(item.data, "clusters", 0, "cluster", "certificate-authority-data")
    try:
        return decode(base64.b64decode(given)) if isinstance(given, str) else ()
    except (binascii.Error, ValueError):
        return ()


def issuer(view: View, certificate: Decoded, node: str) -> Item | None:
    """The CA of the tree that signed a certificate, preferably the copy on the same node (RFC 5280, 4.2.1.1)."""
    fits = [
        item
        for item in view.files
        if item.form == "certificate"
        and any(
            ca.is_ca
            and ca.subject == certificate.issuer
            and ca.subject_key_identifier == certificate.authority_key_identifier
            for ca in item.certificates
        )
    ]
    return next((item for item in fits if item.node == node), fits[0] if fits else None)


def holder(view: View, certificate: Decoded, node: str) -> Item | None:
    """The file that holds exactly this certificate, preferably on the node."""
    fits = [
        item
        for item in view.files
        if item.form == "certificate" and any(each.fingerprint == certificate.fingerprint for each in item.certificates)
    ]
    return next((item for item in fits if item.node == node), fits[0] if fits else None)


def host_port(url: str, port: int) -> str:
    """`host:port` of a URL, with this port if it names none; the URL itself if it is none."""
    try:
        parts = urlsplit(url)
        host, given = parts.hostname, parts.port
    except ValueError:
        return url
    if not host:
        return url
    return f"[{host}]:{given or port}" if ":" in host else f"{host}:{given or port}"


def word(value: object) -> str:
    """A value as one word of a shell's command, which a reader may copy: quoted if it holds more than a name does."""
    return shlex.quote(plain(value))


def mentions(view: View, node: str, target: str) -> Iterator[tuple[str, Item, str]]:
    """Who names a path on a node: the program, the file in which it does, and the flag or field."""
    wanted = posixpath.normpath(target)
    for each in programs(view):
        if each.node == node:
            for flag, value in each.flags.items():
                if any(part.startswith("/") and posixpath.normpath(part) == wanted for part in value.split(",")):
                    yield each.name, each.item, f"--{flag}"
    config = kubelet(view, node)
    if config:
        for field, value in _leaves(config.data):
            if value.startswith("/") and posixpath.normpath(value) == wanted:
                yield "kubelet", config, field


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    elif isinstance(value, str):
        yield path, value
