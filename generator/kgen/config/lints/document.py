# SPDX-License-Identifier: Apache-2.0
"""Lints: the documents as such."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kgen.config import convert, hints
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field

_PLACEHOLDER = re.compile(r"\$\{[A-Za-z_]\w*\}|\$[A-Z_][A-Z0-9_]*(?!\w)|\{\{.*?\}\}", re.ASCII | re.DOTALL)


def _texts(field: Field) -> Iterator[Field]:
    if isinstance(field.value, Mapping):
        for key in field.value:
            yield from _texts(field[key])
    elif isinstance(field.value, list):
        for item in field:
            yield from _texts(item)
    elif isinstance(field.value, str):
        yield field


def template(subject: Subject) -> Iterator[Finding]:
    """A placeholder that nobody has filled in. The text is not quoted: it may be part of a password."""
    for kind, document in subject.given.items():
        for field in _texts(Field(kind, document)):
            if _PLACEHOLDER.search(field.text):
                yield Finding(field, "the text looks like a placeholder of a template")


def old_version(subject: Subject) -> Iterator[Finding]:
    """An API version that kubeadm reads for the last time (util/config/common.go validateSupportedVersion)."""
    newest = f"{convert.GROUP}/{subject.release.config_versions[-1]}"
    for kind, document in subject.given.items():
        version: Any = document.get("apiVersion")
        group, _, name = version.partition("/") if isinstance(version, str) else ("", "", "")
        if group == convert.GROUP and name in subject.release.config_versions[:-1]:
            instead = f"`kgen config migrate` writes it as {newest}"
            yield Finding(Field(kind, document)["apiVersion"], f"{version} is deprecated", instead)


def old_repository(subject: Subject) -> Iterator[Finding]:
    """The registry that Kubernetes published its images in by 1.24 (kubeadm v1beta3/defaults.go)."""
    cluster = subject.configuration
    for field in (cluster, cluster["dns"], cluster["etcd"]["local"]):
        repository = field["imageRepository"]
        if repository.text.partition("/")[0] == _OLD_REGISTRY:
            yield Finding(repository, f"Kubernetes no longer publishes images in {_OLD_REGISTRY}")


_OLD_REGISTRY = "k8s.gcr.io"

_JOIN_PHASES = frozenset(
    {
        "preflight",
        "control-plane-prepare/all",
        "control-plane-prepare/download-certs",
        "control-plane-prepare/certs",
        "control-plane-prepare/kubeconfig",
        "control-plane-prepare/control-plane",
        "check-etcd",
        "kubelet-start",
        "etcd-join",
        "kubelet-wait-bootstrap",
        "control-plane-join/all",
        "control-plane-join/mark-control-plane",
        "wait-control-plane",
    }
)
"""The phases of `kubeadm join`, two of them hidden (kubeadm app/cmd/join.go, app/cmd/phases/join)"""


def unknown_phase(subject: Subject) -> Iterator[Finding]:
    """A phase to skip that there is not, with which init or join ends at once, or one that is nothing by itself.

    cmd/phases/workflow/runner.go computePhaseRunFlags; there, `certs/all` stands beside the other phases of certs.
    """
    for field, command, phases in ((subject.init, "init", _init_phases), (subject.join, "join", _join_phases)):
        skipped = list(field["skipPhases"])
        known = phases(subject) if skipped else frozenset()
        for item in skipped:
            group, _, name = item.text.partition("/")
            if item.text not in known:
                yield Finding(item, f"kubeadm {command} has no phase {item.text!r}", hints.near_phase(item.text, known))
            elif name == "all":
                yield Finding(item, f"{item.text} skips nothing", f"{group}, which skips all of its phases")


def _init_phases(subject: Subject) -> frozenset[str]:  # noqa: ARG001 (as _join_phases)
    from kgen.phases import SKIPPABLE  # noqa: PLC0415 (slow, and few configurations skip phases)

    return SKIPPABLE


def _join_phases(subject: Subject) -> frozenset[str]:
    more = {"control-plane-join/etcd"} if subject.release.has("control-plane-join-etcd-phase") else set()
    names = _JOIN_PHASES | more
    return names | {name.partition("/")[0] for name in names}


def without_addon(subject: Subject) -> Iterator[Finding]:
    """A cluster that needs something in the place of what is left out."""
    for phase, field, what in (
        ("addon/coredns", "dns", "the cluster has no DNS until something else serves it"),
        ("addon/kube-proxy", "proxy", "services do not work until something else does kube-proxy's work"),
    ):
        if subject.written("ClusterConfiguration", field, "disabled") is True:
            yield Finding(subject.configuration[field]["disabled"], what)
        elif {"addon", phase} & subject.skipped:
            yield Finding(subject.init["skipPhases"], what)


LINTS: tuple[Lint, ...] = (
    Lint(
        "old-api-version",
        "warning",
        "a kubeadm API version that is deprecated",
        "The next kubeadm may not read it; 1.37 no longer reads v1beta3.",
        "kgen config migrate, or kubeadm's",
        old_version,
    ),
    Lint(
        "old-repository",
        "warning",
        "images from k8s.gcr.io",
        "It is frozen since April 2023: newer images are not in it, and what it forwards may end any day.",
        "leave imageRepository out, or write registry.k8s.io",
        old_repository,
    ),
    Lint(
        "placeholder",
        "warning",
        "text such as $NAME, ${NAME} or {{ name }}",
        "kubeadm substitutes nothing; the text reaches the cluster as it stands.",
        "fill in the value before kubeadm or kgen reads the file",
        template,
    ),
    Lint(
        "unknown-phase",
        "warning",
        "a phase to skip that kubeadm does not have, or that skips nothing",
        "kubeadm init or join ends at once, or runs what was to be skipped.",
        "kubeadm init --help and kubeadm join --help list them",
        unknown_phase,
    ),
    Lint(
        "without-addon",
        "off",
        "CoreDNS or kube-proxy left out",
        "Pods cannot resolve names, or reach services, until something else takes over.",
        "install a replacement",
        without_addon,
    ),
)
