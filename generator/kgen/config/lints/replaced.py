# SPDX-License-Identifier: Apache-2.0
"""Lints: arguments that take the place of what kubeadm would write, and break what depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgen.config import net
from kgen.config.lints import kubelets
from kgen.config.lints.arguments import facts_for, instead_of
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.meaning import BY_ARGUMENT, same, servers
from kgen.config.lints.subject import Argument, Subject
from kgen.config.lints.values import kind, wanted
from kgen.config.rules.fields import Field
from kgen.errors import Path, format_path

_FIELDS: dict[tuple[str, str], tuple[str, Path]] = {
    ("kube-apiserver", "advertise-address"): ("InitConfiguration", ("localAPIEndpoint", "advertiseAddress")),
    ("kube-apiserver", "secure-port"): ("InitConfiguration", ("localAPIEndpoint", "bindPort")),
    ("kube-apiserver", "service-cluster-ip-range"): ("ClusterConfiguration", ("networking", "serviceSubnet")),
    ("kube-controller-manager", "cluster-cidr"): ("ClusterConfiguration", ("networking", "podSubnet")),
    ("kube-controller-manager", "cluster-name"): ("ClusterConfiguration", ("clusterName",)),
    ("kube-controller-manager", "service-cluster-ip-range"): ("ClusterConfiguration", ("networking", "serviceSubnet")),
    ("etcd", "data-dir"): ("ClusterConfiguration", ("etcd", "local", "dataDir")),
    ("etcd", "name"): ("InitConfiguration", ("nodeRegistration", "name")),
}
"""Argument of a static pod to the field of the same meaning, which kubeadm also uses elsewhere"""

_NODE_FIELDS = {"container-runtime-endpoint": "criSocket", "hostname-override": "name"}
"""The same for the kubelet's, in its node's nodeRegistration"""

_OF_THE_HOST = frozenset({"advertiseAddress", "name", "criSocket"})
"""Fields that kubeadm fills in from the host, so that nothing is known of them where they are left out"""

_PROBED = {("kube-controller-manager", "secure-port"): "10257", ("kube-scheduler", "secure-port"): "10259"}
"""Argument to the port that kubeadm gives the probes whatever it says (phases/controlplane/manifests.go)"""

_OWN_CLUSTER = frozenset({"initial-cluster", "discovery", "discovery-srv"})
"""Arguments of etcd that say which members there are; without them kubeadm names the node (phases/etcd/local.go)."""

_CONTROLLERS = {"bootstrap-signer-controller": "bootstrapsigner", "token-cleaner-controller": "tokencleaner"}
"""Controller to the other name that it has (cmd/kube-controller-manager/app/bootstrap.go)"""

_NEEDED = {
    ("kube-apiserver", "authorization-mode"): ("Node", "RBAC"),
    ("kube-apiserver", "enable-admission-plugins"): ("NodeRestriction",),
    ("kube-controller-manager", "controllers"): ("*", "bootstrapsigner", "tokencleaner"),
}
"""Argument to what kubeadm has in its list (phases/controlplane/manifests.go)"""


def place(subject: Subject) -> Iterator[Finding]:
    """A value that has its own field, or a place that kubeadm counts on, with another value than that."""
    for argument, field in _with_fields(subject):
        known = field.path[-1] not in _OF_THE_HOST or subject.written(field.kind, *map(str, field.path))
        meaning = BY_ARGUMENT.get(argument.name, str)
        if known and argument.value and not same(meaning, argument.value, str(field.value)):
            written = format_path(field.path)
            what = f"{argument.name} changes this one flag, everything else goes by {written}"
            yield Finding(argument.field, what, f"write it as {written} in the {field.kind}")
    for (component, name), port in _PROBED.items():
        probed = subject.argument(component, name)
        if probed and probed.value != port and not subject.may_be_patched(component):
            yield Finding(probed.field, f"the probes of {component}'s pod go on asking at port {port}", "leave it out")
    yield from _other_etcd(subject)
    yield from _silent_etcd(subject)
    yield from kubelets.other_files(subject)


def _with_fields(subject: Subject) -> Iterator[tuple[Argument, Field]]:
    """The arguments that have a field of the same meaning, of repeated ones the last, and that field."""
    for (component, name), (document, path) in _FIELDS.items():
        argument = subject.argument(component, name)
        if argument is None or (name == "name" and any(subject.argument(component, each) for each in _OWN_CLUSTER)):
            continue
        field = subject.init if document == "InitConfiguration" else subject.configuration
        for step in path:
            field = field[str(step)]
        yield argument, field
    for node in subject.nodes:
        given = {item["name"].text: Argument("kubelet", item) for item in node["kubeletExtraArgs"]}
        yield from ((given[name], node[field]) for name, field in _NODE_FIELDS.items() if name in given)
        if "cluster-domain" in given and (node.kind == "InitConfiguration" or "ClusterConfiguration" in subject.given):
            yield given["cluster-domain"], subject.configuration["networking"]["dnsDomain"]


def _other_etcd(subject: Subject) -> Iterator[Finding]:
    """Another etcd than the one that kubeadm checks and upgrades, or than the one that it starts."""
    argument, external = subject.argument("kube-apiserver", "etcd-servers"), subject.configuration["etcd"]["external"]
    urls = subject.items("kube-apiserver", "etcd-servers")
    if argument is None or (external.given and same(servers, ",".join(urls), ",".join(external["endpoints"].texts))):
        return
    own = not {"etcd", "etcd/local"} & subject.skipped and not subject.argument("etcd", "listen-client-urls")
    if external.given:
        what = "etcd-servers changes this one flag, everything else goes by etcd.external.endpoints"
    elif own and subject.address and not any(_may_be_here(url, subject.address) for url in urls):
        what = "the API server uses none of the etcd that kubeadm starts beside it"
    else:
        return
    yield Finding(argument.field, what, "write them as etcd.external.endpoints in the ClusterConfiguration")


def _silent_etcd(subject: Subject) -> Iterator[Finding]:
    """An etcd that does not listen where the API server asks for it: on loopback, or at advertise-client-urls.

    kubeadm app/phases/controlplane/manifests.go getAPIServerCommand; of listen-client-urls it takes no notice.
    """
    listens, skipped = subject.argument("etcd", "listen-client-urls"), {"etcd", "etcd/local"} & subject.skipped
    told = subject.argument("etcd", "advertise-client-urls") or subject.argument("kube-apiserver", "etcd-servers")
    patched = any(subject.may_be_patched(component) for component in ("etcd", "kube-apiserver"))
    if listens is None or listens.merged or told or skipped or patched or subject.address is None:
        return
    loopback = net.parse_ip("::1" if net.is_ipv6(subject.address) else "127.0.0.1")
    urls = listens.value.split(",")
    if not wanted("bindUrls", listens.value) and not any(_may_listen(url.strip(), loopback) for url in urls):
        asked = f"https://{net.host_port(str(loopback), 2379)}"
        what = f"the API server looks for etcd at {asked}, where this one does not listen"
        yield Finding(listens.field["value"], what, f"{asked} in the list as well")


def _may_listen(url: str, loopback: net.Address) -> bool:
    """Whether an etcd with this URL answers on loopback with TLS; one at :: may do so for IPv4 as well."""
    match = re.fullmatch(r"(https?)://\[?([0-9a-fA-F.:]+?)\]?:(\d+)", url)
    if match is None or not net.is_ip(match[2]):
        return not url.startswith("http:")
    host = net.parse_ip(match[2])
    everywhere = host.is_unspecified and (net.is_ipv6(host) or not net.is_ipv6(loopback))
    return match[1] == "https" and match[3] == "2379" and (everywhere or host == loopback)


def _may_be_here(url: str, address: net.Address) -> bool:
    """Whether a URL may lead to the node with this address; a name may."""
    match = re.fullmatch(r"https?://\[?([0-9a-fA-F.:]+?)\]?(:\d+)?", url)
    if match is None or not net.is_ip(match[1]):
        return True
    host = net.parse_ip(match[1])
    return host == address or host.is_loopback


def lost_default(subject: Subject) -> Iterator[Finding]:
    """A list that replaces kubeadm's and lacks what kubeadm has in it."""
    excluding = _excluding(subject)
    for (component, name), needed in _NEEDED.items():
        argument = subject.argument(component, name)
        if argument is None or argument.field["mergeMethod"].text or _excluded(name, excluding):
            continue
        if any(wanted(kind(component, name, ""), a.value) for a in subject.arguments(component) if a.name == name):
            continue  # arguments.wrong_value finds it
        given = {item.strip().removeprefix("-") for item in subject.items(component, name)}
        given |= {_CONTROLLERS.get(item, item) for item in given}
        lost = [item for item in needed if item not in given]
        if lost:
            what = f"the list replaces kubeadm's, and lacks {' and '.join(lost)}"
            if "*" in lost:
                what += ": controllers that are not in it do not run"
            yield Finding(argument.field["value"], what, f"add {','.join(lost)}")


_EXCLUSIVE = {
    "authentication-config": re.compile(r"oidc-.*"),
    "authorization-config": re.compile(r"authorization-(mode|webhook-.*)"),
}
"""Arguments of the API server to what they exclude (pkg/kubeapiserver/options authentication.go, authorization.go)"""


def _excluding(subject: Subject) -> frozenset[str]:
    """The arguments of the API server that are given and exclude others"""
    return frozenset(each.name for each in subject.arguments("kube-apiserver") if each.value) & _EXCLUSIVE.keys()


def _excluded(name: str, excluding: frozenset[str]) -> str:
    """The one of these arguments that excludes another one; empty if none does."""
    return next((one for one in sorted(excluding) if _EXCLUSIVE[one].fullmatch(name)), "")


def exclusive(subject: Subject) -> Iterator[Finding]:
    """Arguments that exclude each other, lack one another or both name a plugin: the API server does not start.

    For the plugins: apiserver pkg/server/options/admission.go and pkg/kubeapiserver/options/admission.go Validate.
    """
    told = subject.argument("kube-apiserver", _ENABLE)
    enabled = frozenset(subject.items("kube-apiserver", _ENABLE) if told else ["NodeRestriction"]) - {""}
    excluding = _excluding(subject)
    for argument in subject.arguments("kube-apiserver"):
        other = _excluded(argument.name, excluding)
        if other:
            yield Finding(argument.field, f"{argument.name} and {other} exclude each other")
        if argument.name == "admission-control":
            yield Finding(argument.field, f"{argument.name} and {_ENABLE}, which kubeadm writes, exclude each other")
        both = [item for item in argument.items if item in enabled]
        if argument.name == _DISABLE and both:
            whose = _ENABLE if told else f"kubeadm's {_ENABLE}"
            what = f"{' and '.join(both)} is in {whose} as well"
            yield Finding(argument.field["value"], what, f"remove {','.join(both)} here")
    yield from _incomplete(subject)


_OF_MODE = {"ABAC": "authorization-policy-file", "Webhook": "authorization-webhook-config-file"}
"""Authorization mode to the argument that it needs and that needs it"""


def _incomplete(subject: Subject) -> Iterator[Finding]:
    """A mode without its file, or a file without its mode (pkg/kubeapiserver/options/authorization.go Validate)."""
    server = "kube-apiserver"
    config = subject.argument(server, "authorization-config")
    if subject.may_be_patched(server) or (config and config.value):
        return
    mode, modes = subject.argument(server, "authorization-mode"), subject.items(server, "authorization-mode")
    for name, needed in _OF_MODE.items():
        file = subject.argument(server, needed)
        if mode and name in modes and not (file and file.value):
            yield Finding(mode.field["value"], f"the mode {name} lacks its file", f"{needed} as well")
        elif file and file.value and name not in modes:
            what = f"{needed} is for the mode {name}, which is not on"
            yield Finding(file.field, what, f"{name} in authorization-mode")


_ENABLE, _DISABLE = "enable-admission-plugins", "disable-admission-plugins"


def admission_plugins(subject: Subject) -> Iterator[Finding]:
    """A plugin that the API server does not have: it does not start."""
    for argument in subject.arguments("kube-apiserver"):
        known = facts_for(subject, "kube-apiserver") if argument.name in (_ENABLE, _DISABLE) else None
        if known is None or not known.admission_plugins:
            continue
        for plugin in filter(None, argument.items):
            if plugin not in known.admission_plugins:
                what = f"the API server {known.version} has no admission plugin {plugin!r}"
                yield Finding(argument.field["value"], what, instead_of(plugin, known.admission_plugins))


def anonymous_auth(subject: Subject) -> Iterator[Finding]:
    """The API server refuses the kubelet's probes, which come without credentials."""
    argument = subject.argument("kube-apiserver", "anonymous-auth")
    if argument and not wanted("bool", argument.value) and argument.value.lower()[0] in "0f":
        configured = subject.argument("kube-apiserver", "authentication-config")
        instead = "remove it, and let authentication-config say who may ask without credentials" if configured else ""
        yield Finding(argument.field, "without anonymous requests the probes of the API server's pod fail", instead)


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
        "an argument that contradicts the field of the same meaning, or a fixed address or port",
        "Only this flag changes; certificates, probes, kubeconfigs and other programs go by what they know.",
        "the field",
        place,
    ),
    Lint(
        "lost-default",
        "warning",
        "a list that replaces kubeadm's and lacks what it needs",
        "Nodes get more rights than they should or cannot join, or controllers do not run.",
        "kubeadm's items as well",
        lost_default,
    ),
    Lint(
        "exclusive-arguments",
        "warning",
        "arguments of the API server that exclude each other, lack one another, or name the same plugin",
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
        "authentication-config in its place, with anonymous requests for /livez, /readyz and /healthz alone",
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
