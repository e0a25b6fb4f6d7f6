# SPDX-License-Identifier: Apache-2.0
"""Lints: arguments that take the place of what kubeadm would write, and break what depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgen.config import net
from kgen.config.lints.arguments import facts_for
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Argument, Subject
from kgen.config.lints.values import wanted
from kgen.errors import Path

_FIELDS: dict[tuple[str, str], tuple[str, Path]] = {
    ("kube-apiserver", "advertise-address"): ("InitConfiguration", ("localAPIEndpoint", "advertiseAddress")),
    ("kube-apiserver", "secure-port"): ("InitConfiguration", ("localAPIEndpoint", "bindPort")),
    ("kube-apiserver", "service-cluster-ip-range"): ("ClusterConfiguration", ("networking", "serviceSubnet")),
    ("kube-controller-manager", "cluster-cidr"): ("ClusterConfiguration", ("networking", "podSubnet")),
    ("kube-controller-manager", "cluster-name"): ("ClusterConfiguration", ("clusterName",)),
    ("kube-controller-manager", "service-cluster-ip-range"): ("ClusterConfiguration", ("networking", "serviceSubnet")),
    ("etcd", "data-dir"): ("ClusterConfiguration", ("etcd", "local", "dataDir")),
    ("kubelet", "cluster-domain"): ("ClusterConfiguration", ("networking", "dnsDomain")),
    ("kubelet", "container-runtime-endpoint"): ("InitConfiguration", ("nodeRegistration", "criSocket")),
    ("kubelet", "hostname-override"): ("InitConfiguration", ("nodeRegistration", "name")),
}
"""Argument to the field of the same meaning, which kubeadm also uses elsewhere"""

_NEEDED = {
    ("kube-apiserver", "authorization-mode"): ("Node", "RBAC"),
    ("kube-apiserver", "enable-admission-plugins"): ("NodeRestriction",),
    ("kube-controller-manager", "controllers"): ("bootstrapsigner", "tokencleaner"),
}
"""Argument to what kubeadm has in its list (phases/controlplane/manifests.go)"""


def place(subject: Subject) -> Iterator[Finding]:
    """A value that has its own field, with another value than that."""
    for (component, name), (kind, path) in _FIELDS.items():
        argument = subject.argument(component, name)
        field = subject.init if kind == "InitConfiguration" else subject.configuration
        for step in path:
            field = field[str(step)]
        if argument and argument.value and argument.value != str(field.value):
            written = ".".join(str(step) for step in path)
            what = f"{name} changes this one flag, everything else goes by {written}"
            yield Finding(argument.field, what, f"write it as {written} in the {kind}")


def lost_default(subject: Subject) -> Iterator[Finding]:
    """A list that replaces kubeadm's and lacks what kubeadm has in it."""
    for (component, name), needed in _NEEDED.items():
        argument = subject.argument(component, name)
        if argument is None or _excluded(subject, name):
            continue
        given = {item.strip() for item in argument.value.split(",")}
        lost = [item for item in needed if item not in given and f"-{item}" not in given]
        if lost:
            what = f"the list replaces kubeadm's, and lacks {' and '.join(lost)}"
            yield Finding(argument.field["value"], what, f"add {','.join(lost)}")


_EXCLUSIVE = {
    "authentication-config": re.compile(r"oidc-.*"),
    "authorization-config": re.compile(r"authorization-(mode|webhook-.*)"),
}
"""Arguments of the API server to what they exclude (pkg/kubeapiserver/options authentication.go, authorization.go)"""


def _excluded(subject: Subject, name: str) -> str:
    """The argument that excludes another one of the API server; empty if none does."""
    given = {argument.name for argument in subject.arguments("kube-apiserver") if argument.value}
    return next((one for one, others in _EXCLUSIVE.items() if one in given and others.fullmatch(name)), "")


def exclusive(subject: Subject) -> Iterator[Finding]:
    """Arguments that exclude each other: the API server does not start."""
    for argument in subject.arguments("kube-apiserver"):
        other = _excluded(subject, argument.name)
        if other:
            yield Finding(argument.field, f"{argument.name} and {other} exclude each other")


def admission_plugins(subject: Subject) -> Iterator[Finding]:
    """A plugin that the API server does not have: it does not start."""
    for name in ("enable-admission-plugins", "disable-admission-plugins"):
        argument = subject.argument("kube-apiserver", name)
        known = facts_for(subject, "kube-apiserver") if argument else None
        if not argument or not known or not known.admission_plugins:
            continue
        for plugin in filter(None, (item.strip() for item in argument.value.split(","))):
            if plugin not in known.admission_plugins:
                what = f"the API server {known.version} has no admission plugin {plugin!r}"
                yield Finding(argument.field["value"], what)


def anonymous_auth(subject: Subject) -> Iterator[Finding]:
    """The API server refuses the kubelet's probes, which come without credentials."""
    argument = subject.argument("kube-apiserver", "anonymous-auth")
    if argument and not wanted("bool", argument.value) and argument.value.lower()[0] in "0f":
        yield Finding(argument.field, "without anonymous requests the probes of the API server's pod fail")


def bind_address(subject: Subject) -> Iterator[Finding]:
    """The API server listens where nobody asks for it."""
    argument = subject.argument("kube-apiserver", "bind-address")
    address = _address(argument)
    if argument and address and not address.is_unspecified and subject.address not in (None, address):
        what = f"the API server listens on {address} alone, while probes and kubeconfigs use {subject.address}"
        yield Finding(argument.field["value"], what)


def _address(argument: Argument | None) -> net.Address | None:
    return net.parse_ip(argument.value) if argument and net.is_ip(argument.value) else None


LINTS: tuple[Lint, ...] = (
    Lint(
        "argument-place",
        "warning",
        "an argument that contradicts the field of the same meaning",
        "Only this flag changes; certificates, probes, kubeconfigs and other programs go by the field.",
        "the field",
        place,
    ),
    Lint(
        "lost-default",
        "warning",
        "a list that replaces kubeadm's and lacks what it needs",
        "Nodes get more rights than they should, or cannot join.",
        "kubeadm's items as well",
        lost_default,
    ),
    Lint(
        "exclusive-arguments",
        "warning",
        "arguments of the API server that exclude each other",
        "The API server exits at once.",
        "one of them",
        exclusive,
    ),
    Lint(
        "admission-plugin",
        "warning",
        "an admission plugin that the API server does not have in this version",
        "The API server exits at once.",
        "remove it from the list",
        admission_plugins,
    ),
    Lint(
        "anonymous-auth",
        "warning",
        "an API server without anonymous requests",
        "The kubelet's probes have no credentials; it restarts the API server again and again.",
        "authentication-config, with anonymous requests for /livez, /readyz and /healthz alone",
        anonymous_auth,
    ),
    Lint(
        "bind-address",
        "warning",
        "an API server that does not listen on its own advertise address",
        "Probes fail and nobody reaches it.",
        "the advertise address, or none",
        bind_address,
    ),
)
