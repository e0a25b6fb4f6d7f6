# SPDX-License-Identifier: Apache-2.0
"""Lints: the documents as such."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kgen.config import convert
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
    newest = subject.release.config_versions[-1]
    for kind, document in subject.given.items():
        version: Any = document.get("apiVersion")
        group, _, name = version.partition("/") if isinstance(version, str) else ("", "", "")
        if group == convert.GROUP and name in subject.release.config_versions[:-1]:
            what = f"{version} is deprecated"
            yield Finding(Field(kind, document)["apiVersion"], what, f"apiVersion: {convert.GROUP}/{newest}")


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
        "kubeadm config migrate",
        old_version,
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
        "without-addon",
        "off",
        "CoreDNS or kube-proxy left out",
        "Pods cannot resolve names, or reach services, until something else takes over.",
        "install a replacement",
        without_addon,
    ),
)
