# SPDX-License-Identifier: Apache-2.0
"""Do two texts mean the same? Addresses, ranges, paths and sockets can be written in several ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from kgen import paths
from kgen.config import net

Meaning = Callable[[str], object]
"""What a text means; ValueError if it means nothing of the kind"""


def same(meaning: Meaning, one: str, other: str) -> bool:
    """Whether both mean the same, or are the same text."""
    try:
        return one == other or meaning(one) == meaning(other)
    except ValueError:
        return False


def socket(text: str) -> str:
    """The path of a container runtime's socket.

    The kubelet takes a path for one with unix:// (cri-client pkg/util parseEndpointWithFallbackProtocol). /var/run is
    /run: kubeadm looks for containerd's socket in the one, the kubelet in the other (kubeadm constants_unix.go,
    pkg/kubelet/apis/config/v1beta1/defaults.go).
    """
    path = text.removeprefix("unix://")
    if not path.startswith("/"):
        raise ValueError(f"{text!r} is no socket")
    return re.sub("^/var/run/", "/run/", paths.clean(path))


def servers(text: str) -> frozenset[tuple[object, ...]]:
    """Scheme, host, port and path of each URL of a comma-separated list."""
    urls = [urlsplit(each.strip()) for each in text.split(",")]
    hosts = [net.parse_ip(url.hostname) if url.hostname and net.is_ip(url.hostname) else url.hostname for url in urls]
    return frozenset((url.scheme, host, url.port, url.path.rstrip("/")) for url, host in zip(urls, hosts, strict=True))


def host_name(text: str) -> str:
    """The name of a node, in small letters (component-helpers node/util GetHostname)."""
    return text.strip().lower()


BY_ARGUMENT: dict[str, Meaning] = {
    "advertise-address": net.parse_ip,
    "cluster-cidr": net.parse_cidrs,
    "container-runtime-endpoint": socket,
    "data-dir": paths.clean,
    "hostname-override": host_name,
    "service-cluster-ip-range": net.parse_cidrs,
}
"""Argument to what its value means; of others the text counts"""
