# SPDX-License-Identifier: Apache-2.0
"""The cases of the conformance suite: a configuration, flags, and a host to run on.

Every file of the corpus is a case of its own on a Debian host. `VARIANTS` adds flags and other hosts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "corpus"
PATCHES = CORPUS / "patches"

DEBIAN = ("/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")
"""Directories beside /etc/ssl/certs that Debian's ca-certificates has; kubeadm mounts those that exist."""


@dataclass(frozen=True, slots=True)
class Host:
    """What kubeadm finds on the machine."""

    name: str = ""
    """Host name; empty: the name of the node, `cp-1` where the configuration has none."""
    ca_directories: tuple[str, ...] = DEBIAN
    environment: tuple[tuple[str, str], ...] = ()
    resolved: bool = False
    """systemd-resolved is active."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run of `kubeadm init --dry-run`."""

    name: str
    config: str = ""
    """File in the corpus; empty: no --config."""
    flags: tuple[str, ...] = ()
    """Relative paths in flags and configurations are relative to the corpus."""
    host: Host = Host()

    def text(self, release: str) -> str:
        """The configuration as kubeadm `release` (`v1.37.2`) gets it; empty without one.

        `@VERSION@` is that release, `@OLDER@` the first release of the minor before.
        """
        if not self.config:
            return ""
        major, minor, _ = release.split(".")
        text = (CORPUS / self.config).read_bytes().decode(errors="surrogateescape")
        return text.replace("@VERSION@", release).replace("@OLDER@", f"{major}.{int(minor) - 1}.0")

    def arguments(self, release: str) -> tuple[str, ...]:
        """The flags with `@VERSION@` replaced."""
        return tuple(flag.replace("@VERSION@", release) for flag in self.flags)

    def given(self, release: str) -> str:
        """All that the case gives to kubeadm, as one text."""
        return "\n".join((self.text(release), *self.arguments(release), repr(self.host)))

    def hostname(self, release: str) -> str:
        """The host's name: given, or that of the node."""
        return self.host.name or _node_name(self.text(release), self.flags).lower()


_NAME = re.compile(r"^nodeRegistration:(?:\r?\n[ #-].*)*?\r?\n +name: *[\"']?([^\s\"'#]+)", re.M)


def _node_name(text: str, flags: tuple[str, ...]) -> str:
    """The node's name, found without a parser: the corpus holds what no parser takes."""
    for flag in flags:
        if flag.startswith("--node-name="):
            return flag.removeprefix("--node-name=")
    found = _NAME.search(text)
    return found[1] if found else "cp-1"


_PROXY = (
    ("HTTP_PROXY", "http://proxy.example.com:3128"),
    ("https_proxy", "http://proxy.example.com:3129"),
    ("NO_PROXY", "192.0.2.0/24,10.96.0.0/12,.example.com"),
)
_NODE = ("--node-name=cp-1", "--apiserver-advertise-address=192.0.2.10", "--kubernetes-version=@VERSION@")
_TOKEN = ("--token=abcdef.0123456789abcdef", "--token-ttl=0")
_MINIMAL = "init/01-minimal.yaml"

VARIANTS = (
    Case("flags/minimal", flags=(*_NODE, *_TOKEN)),
    Case("flags/token-default-ttl", flags=(*_NODE, "--token=abcdef.0123456789abcdef")),
    Case("flags/token-random", flags=(*_NODE, "--token-ttl=2h30m", "--skip-token-print")),
    Case(
        "flags/networking",
        flags=(
            *_NODE,
            *_TOKEN,
            "--pod-network-cidr=10.244.0.0/16",
            "--service-cidr=172.20.0.0/16",
            "--service-dns-domain=corp.example",
        ),
    ),
    Case(
        "flags/high-availability",
        flags=(
            *_NODE,
            *_TOKEN,
            "--control-plane-endpoint=k8s.example.com",
            "--apiserver-bind-port=7443",
            "--apiserver-cert-extra-sans=API.example.com,203.0.113.7",
            "--upload-certs",
            "--certificate-key=e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204",
            "--skip-certificate-key-print",
        ),
    ),
    Case(
        "flags/places",
        flags=(
            *_NODE,
            *_TOKEN,
            "--cert-dir=/srv/pki",
            "--image-repository=registry.example.com/k8s",
            "--cri-socket=unix:///run/crio/crio.sock",
            "--patches=patches/strategic",
        ),
    ),
    Case(
        "flags/ipv6",
        flags=(
            "--node-name=cp-1",
            "--apiserver-advertise-address=2001:db8::10",
            "--kubernetes-version=@VERSION@",
            "--pod-network-cidr=2001:db8:42::/56",
            "--service-cidr=2001:db8:42:1::/112",
            *_TOKEN,
        ),
    ),
    Case("flags/gate-rootless", flags=(*_NODE, *_TOKEN, "--feature-gates=RootlessControlPlane=true")),
    Case("flags/version-label", flags=(*_NODE[:2], *_TOKEN)),
    Case("flags/random-everything", flags=(*_NODE[:2], "--upload-certs")),
    Case("flags/node-name-with-config", _MINIMAL, ("--node-name=other-1",)),
    Case("upload-certs/stacked", "init/39-certificate-key.yaml", ("--upload-certs",)),
    Case("upload-certs/external-etcd", "init/07-external-etcd-tls.yaml", ("--upload-certs",)),
    Case("skip/coredns", _MINIMAL, ("--skip-phases=preflight,addon/coredns",)),
    Case("skip/kube-proxy", _MINIMAL, ("--skip-phases=preflight,addon/kube-proxy",)),
    Case("skip/addon", _MINIMAL, ("--skip-phases=preflight,addon",)),
    Case("skip/certs-ca-and-sa", _MINIMAL, ("--skip-phases=preflight,certs/sa,certs/apiserver-etcd-client",)),
    Case("skip/etcd", _MINIMAL, ("--skip-phases=preflight,etcd",)),
    Case(
        "skip/control-plane-scheduler",
        _MINIMAL,
        ("--skip-phases=preflight,control-plane/scheduler,wait-control-plane",),
    ),
    Case("skip/kubeconfig-super-admin", _MINIMAL, ("--skip-phases=preflight,kubeconfig/super-admin",)),
    Case("skip/kubelet-start", _MINIMAL, ("--skip-phases=preflight,kubelet-start,wait-control-plane",)),
    Case("skip/upload-config", _MINIMAL, ("--skip-phases=preflight,upload-config",)),
    Case("skip/upload-config-kubelet", _MINIMAL, ("--skip-phases=preflight,upload-config/kubelet",)),
    Case("skip/mark-control-plane", _MINIMAL, ("--skip-phases=preflight,mark-control-plane",)),
    Case("skip/bootstrap-token", _MINIMAL, ("--skip-phases=preflight,bootstrap-token",)),
    Case(
        "skip/bootstrap-token-and-join-command",
        _MINIMAL,
        ("--skip-phases=preflight,bootstrap-token,show-join-command",),
    ),
    Case("skip/show-join-command", _MINIMAL, ("--skip-phases=preflight,show-join-command",)),
    Case("skip/flag-beats-config", "init/25-skip-phases.yaml", ("--skip-phases=preflight,upload-config",)),
    Case("skip/unknown", _MINIMAL, ("--skip-phases=preflight,addon/flannel",)),
    Case("host/other-name", _MINIMAL, host=Host(name="ip-192-0-2-10")),
    Case("host/name-in-capitals", _MINIMAL, host=Host(name="CP-1")),
    Case("host/hostname-override", "extra/hostname-override.yaml", host=Host(name="other-name")),
    Case("host/proxy", _MINIMAL, host=Host(environment=_PROXY)),
    Case("host/proxy-and-extra-envs", "init/12-extra-envs.yaml", host=Host(environment=_PROXY)),
    Case("host/resolved", _MINIMAL, host=Host(resolved=True)),
    Case("host/resolved-but-configured", "init/26-kubelet-config.yaml", host=Host(resolved=True)),
    Case("host/red-hat", _MINIMAL, host=Host(ca_directories=("/etc/pki/ca-trust", "/etc/pki/tls/certs"))),
    Case("host/bare", _MINIMAL, host=Host(ca_directories=())),
    Case(
        "host/all-ca-directories",
        "init/07-external-etcd-tls.yaml",
        host=Host(ca_directories=(*DEBIAN, "/etc/pki/ca-trust", "/etc/pki/tls/certs")),
    ),
)


def cases() -> Iterator[Case]:
    """All cases in the order of their names within each group."""
    for group in ("init", "reports", "extra"):
        for file in sorted((CORPUS / group).glob("*.yaml")):
            yield Case(f"{group}/{file.stem}", f"{group}/{file.name}")
    yield from VARIANTS
