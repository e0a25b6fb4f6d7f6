# SPDX-License-Identifier: Apache-2.0
"""Lints: how nodes register themselves and join."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from kgen.config.lints import names
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Argument, Subject
from kgen.config.rules.fields import Field

_LEGACY_TAINT = "node-role.kubernetes.io/master"
_ALLOWED_LABELS = frozenset(
    {
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "beta.kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "kubernetes.io/arch",
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    }
)
_ALLOWED_NAMESPACES = ("kubelet.kubernetes.io", "node.kubernetes.io")
"""Labels that a kubelet may give its own node (k8s.io/kubelet pkg/apis/well_known_labels.go)"""


def unverified_ca(subject: Subject) -> Iterator[Finding]:
    """A node that joins whatever answers (kubeadm app/discovery/token RetrieveValidatedConfigInfo)."""
    skip = subject.join["discovery"]["bootstrapToken"]["unsafeSkipCAVerification"]
    if skip.value is True:
        yield Finding(skip, "the node does not check that it joins the right cluster")


def ca_hashes(subject: Subject) -> Iterator[Finding]:
    """A pin that kubeadm cannot read (kubeadm app/util/pubkeypin Allow, which only join calls)."""
    for item in subject.join["discovery"]["bootstrapToken"]["caCertHashes"]:
        form, colon, digest = item.text.partition(":")
        if not colon or form.lower() != "sha256":
            yield Finding(item, "the hash does not begin with sha256:")
        elif not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
            yield Finding(item, "behind sha256: there are not 64 hexadecimal digits")


_EFFECTS = {each.lower(): each for each in ("NoSchedule", "PreferNoSchedule", "NoExecute")}


def _wrong_taint(key: str, value: str, effect: str) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a taint: the field, what, and what it has to be."""
    if effect not in _EFFECTS.values():
        near = difflib.get_close_matches(effect.lower(), _EFFECTS, n=1)
        what = f"{effect!r} is no effect of a taint" if effect else "the taint has no effect"
        yield "effect", what, f"effect: {_EFFECTS[near[0]]}" if near else f"one of {', '.join(_EFFECTS.values())}"
    if not names.is_qualified(key):
        what = f"{key!r} is no key that a taint can have" if key else "the taint has no key"
        yield "key", what, _KEY
    if not names.is_label_value(value):
        yield "value", "this is no value that a taint can have", _VALUE


_KEY = "a name, or a domain, a slash and a name"
_VALUE = "at most 63 letters, digits, dashes, dots and underscores, or none"
"""What the key and the value of a label or a taint have to be"""


def taints(subject: Subject) -> Iterator[Finding]:
    """A taint that the API server, and for a worker already the kubelet, refuses.

    kubeadm writes a control-plane node's taints into its Node (phases/markcontrolplane) and gives those of others to
    the kubelet (phases/kubelet/flags.go); the rules of both are the same: pkg/apis/core/validation validateNodeTaints,
    pkg/util/taints ParseTaints. A KubeletConfiguration's taints reach the API server when the node registers.
    """
    yield from _taints_in_arguments(subject)
    for given in (*(node["taints"] for node in subject.nodes), subject.kubelet["registerWithTaints"]):
        seen: set[tuple[str, str]] = set()
        for taint in given:
            key, value, effect = taint["key"], taint["value"], taint["effect"]
            for name, what, wanted in _wrong_taint(key.text, value.text, effect.text):
                yield Finding(taint[name] if taint[name].given else taint, what, wanted)
            if (key.text, effect.text) in seen:
                yield Finding(taint, "a taint before has the same key and effect", "one of them")
            seen.add((key.text, effect.text))


def _taints_in_arguments(subject: Subject) -> Iterator[Finding]:
    """The same in the kubelet's register-with-taints; an item with a dash at its end adds no taint (ParseTaints)."""
    for argument in subject.arguments("kubelet"):
        told = argument.value.split(",") if argument.name == "register-with-taints" and argument.value else []
        given, value = [item for item in told if not item.endswith("-")], argument.field["value"]
        for item in given:
            match = re.fullmatch(r"([^:=]*)(?:=([^:=]*))?(?::([^:=]*))?", item)
            if match is None:
                yield Finding(value, "a taint has an equals sign or a colon too many", "a=b:NoSchedule or a:NoSchedule")
                continue
            for name, what, wanted in _wrong_taint(match[1], match[2] or "", match[3] or ""):
                yield Finding(value, what, wanted.removeprefix(f"{name}: "))
        if len({re.sub("=[^:]*", "", item) for item in given}) < len(given):
            yield Finding(value, "two taints have the same key and effect", "one of them")


def legacy_taint(subject: Subject) -> Iterator[Finding]:
    """A taint by the name that control-plane nodes had before Kubernetes 1.24."""
    for taint in (taint for node in subject.nodes for taint in node["taints"]):
        if taint["key"].text == _LEGACY_TAINT:
            what = f"{_LEGACY_TAINT} is no longer the taint that add-ons tolerate, and kubeadm adds no other"
            yield Finding(taint["key"], what)


def no_taints(subject: Subject) -> Iterator[Finding]:
    """Ordinary pods may run beside the control plane."""
    for node in subject.nodes:
        control_plane = node.kind == "InitConfiguration" or subject.join["controlPlane"].given
        if control_plane and node["taints"].value == []:
            yield Finding(node["taints"], "ordinary pods may run on this control-plane node")


def _labels(subject: Subject) -> Iterator[tuple[Argument, str, str]]:
    """A label without an equals sign has an empty value (component-base/cli/flag ConfigurationMap)."""
    for argument in subject.arguments("kubelet"):
        if argument.name == "node-labels":
            for item in filter(None, argument.value.split(",")):
                key, _, value = item.partition("=")
                yield argument, key.strip(), value.strip()


def restricted_label(subject: Subject) -> Iterator[Finding]:
    """A label that a kubelet may not set, or that is none: it exits (cmd/kubelet/app/options ValidateKubeletFlags)."""
    for argument, key, value in _labels(subject):
        if not names.is_qualified(key):
            what = f"{key!r} is no key that a label can have" if key else "the label has no key"
            yield Finding(argument.field["value"], what, _KEY)
        elif not names.is_label_value(value):
            yield Finding(argument.field["value"], f"the label {key} cannot have this value", _VALUE)
        namespace = key.partition("/")[0] if "/" in key else ""
        reserved = re.search(r"(^|\.)(kubernetes|k8s)\.io$", namespace)
        allowed = key in _ALLOWED_LABELS or any(
            namespace == each or namespace.endswith(f".{each}") for each in _ALLOWED_NAMESPACES
        )
        if reserved and not allowed:
            yield Finding(argument.field["value"], f"a kubelet may not give its node the label {key}")


def repeated_label(subject: Subject) -> Iterator[Finding]:
    """A label with two values, of which the last one counts."""
    seen: dict[tuple[str, str], str] = {}
    for argument, key, value in _labels(subject):
        place = (argument.field.kind, key)
        if seen.get(place, value) != value:
            yield Finding(argument.field["value"], f"the label {key} has another value before")
        seen[place] = value


def cri_socket(subject: Subject) -> Iterator[Finding]:
    """A socket at which no container runtime of today listens, or one without its scheme.

    Of the latter kubeadm warns itself (util/config/initconfiguration.go SetNodeRegistrationDynamicDefaults). What is
    dialled is the URL's path, without a host before it (k8s.io/cri-client pkg/util parseEndpoint).
    """
    reset = Field("ResetConfiguration", subject.documents.get("ResetConfiguration"))
    for field in (holder["criSocket"] for holder in (*subject.nodes, reset) if holder.given):
        given = subject.written(field.kind, *map(str, field.path))
        scheme = re.match(r"([a-z][a-z0-9+.-]*)://", given) if isinstance(given, str) else None
        if scheme and scheme[1] != "unix":
            yield Finding(field, f"a socket with the scheme {scheme[1]} becomes {field.text}, which is no path")
        elif "dockershim" in field.text:
            what = "dockershim is gone since Kubernetes 1.24"
            yield Finding(field, what, "the socket of containerd, CRI-O or cri-dockerd")
        elif field.text.endswith("/docker.sock"):
            yield Finding(field, "Docker's own socket does not speak CRI", "unix:///var/run/cri-dockerd.sock")
        elif not re.match("unix:(///|/[^/])", field.text):
            path = re.fullmatch("unix:/{0,2}((?:run|var)/.+)", field.text)
            what = "the path of the socket does not begin with a slash"
            yield Finding(field, what, f"unix:///{path[1]}" if path else "")
        elif given and not given.startswith("unix"):
            yield Finding(field, "the socket has no scheme, and kubeadm puts unix:// before it", field.text)


LINTS: tuple[Lint, ...] = (
    Lint(
        "unverified-ca",
        "warning",
        "a node that joins without checking the cluster's CA",
        "Whoever stands between it and the API server, and has a token, can pass for the cluster.",
        "caCertHashes, as kubeadm token create --print-join-command and kgen render print them",
        unverified_ca,
    ),
    Lint(
        "ca-cert-hash",
        "warning",
        "a hash of the cluster's CA that kubeadm join cannot read",
        "kubeadm join fails.",
        "sha256:<hash>, as kubeadm token create --print-join-command and kgen render print it",
        ca_hashes,
    ),
    Lint(
        "taint",
        "warning",
        "a taint that Kubernetes refuses",
        "kubeadm init or join fails at the taints, and on a worker the kubelet does not start.",
        "a taint with a key and an effect, once",
        taints,
    ),
    Lint(
        "legacy-taint",
        "warning",
        "the taint node-role.kubernetes.io/master",
        "kubeadm's add-ons and most others do not tolerate it, and it replaces the taint that they do.",
        "node-role.kubernetes.io/control-plane",
        legacy_taint,
    ),
    Lint(
        "no-taints",
        "off",
        "a control-plane node without taints",
        "Ordinary pods run beside etcd and the API server.",
        "leave taints out for kubeadm's own",
        no_taints,
    ),
    Lint(
        "restricted-label",
        "warning",
        "a node label that a kubelet may not set, or that is no label",
        "The kubelet exits at once.",
        "a label outside kubernetes.io, or kubectl label once the node is there",
        restricted_label,
    ),
    Lint(
        "repeated-label",
        "warning",
        "a node label with two values",
        "Only the last one counts.",
        "one of them",
        repeated_label,
    ),
    Lint(
        "cri-socket",
        "warning",
        "a socket without unix://, or of no container runtime that Kubernetes can use",
        "kubeadm adds unix:// for now; otherwise the kubelet finds no container runtime.",
        "unix:///run/containerd/containerd.sock, or that of another runtime",
        cri_socket,
    ),
)
