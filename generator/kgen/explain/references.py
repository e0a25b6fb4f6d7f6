# SPDX-License-Identifier: Apache-2.0
"""What an artifact points to, and what points to it: paths on the host, names of objects, signatures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kgen.explain.view import Item, View, dig, listed

_PATH = re.compile(r"/[\w./@:+-]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """One artifact names another."""

    source: str
    """Path in the tree"""
    target: str
    """Path in the tree"""
    how: str
    """`--client-ca-file`, `roleRef`, `is signed by`"""


def references(view: View) -> tuple[Reference, ...]:
    """Every reference within a tree, each once, in the order of its artifacts."""
    found: dict[Reference, None] = {}
    for item in view.items.values():
        for target, how in (*_paths(view, item), *_names(view, item), *_signatures(view, item)):
            if target != item.path:
                found.setdefault(Reference(item.path, target, how))
    return tuple(found)


def _paths(view: View, item: Item) -> Iterator[tuple[str, str]]:
    """Files of the same host that the text names."""
    if item.form in ("certificate", "public-key", "private-key"):
        return
    by_target = {(file.node, file.target): file.path for file in view.files}
    nodes = [item.node] if item.node else [node.name for node in view.index.nodes if node.role != "worker"][:1]
    for number, line in enumerate(item.text.splitlines(), 1):
        for found in _PATH.finditer(line):
            for node in nodes:
                if target := by_target.get((node, found[0].rstrip(":."))):
                    yield target, _key(line) or f"line {number}"


def _key(line: str) -> str:
    """The flag, the setting or the field that a line is about."""
    found = re.match(r"\s*(?:- )?(?:(--[\w-]+)=|([\w.-]+)(?:: |=))", line)
    return (found[1] or found[2]) if found else ""


def _names(view: View, item: Item) -> Iterator[tuple[str, str]]:
    """Objects that an object names."""
    by_name = {(each.kind, each.namespace, each.name): each.path for each in view.objects}

    def at(kind: str, namespace: str, name: Any, how: str) -> Iterator[tuple[str, str]]:
        if target := by_name.get((kind, namespace, str(name))):
            yield target, how

    data = item.data
    role = data.get("roleRef")
    if isinstance(role, dict):
        namespace = item.namespace if role.get("kind") == "Role" else ""
        yield from at(str(role.get("kind")), namespace, role.get("name"), "roleRef")
    for subject in listed(data.get("subjects")):
        if isinstance(subject, dict) and subject.get("kind") == "ServiceAccount":
            yield from at("ServiceAccount", str(subject.get("namespace")), subject.get("name"), "subjects")
    for rule in listed(data.get("rules")):
        for name in listed(rule.get("resourceNames")) if isinstance(rule, dict) else []:
            for kind, resource in (("ConfigMap", "configmaps"), ("Secret", "secrets")):
                if resource in listed(rule.get("resources")):
                    yield from at(kind, item.namespace, name, "rules")
    spec = dig(data, "spec", "template", "spec")
    if isinstance(spec, dict):
        yield from at("ServiceAccount", item.namespace, spec.get("serviceAccountName"), "serviceAccountName")
        for volume in listed(spec.get("volumes")):
            yield from at("ConfigMap", item.namespace, dig(volume, "configMap", "name"), "volumes")


def _signatures(view: View, item: Item) -> Iterator[tuple[str, str]]:
    """The CA of each certificate, the certificate of each key, the CA that a text carries."""
    if item.form == "private-key":
        for suffix in (".crt", ".pub"):
            if (pair := item.path.removesuffix(".key") + suffix) in view.items:
                yield pair, "is the key of"
    leaf = item.certificates[0] if item.certificates else None
    if leaf is None or (leaf.subject == leaf.issuer and leaf.is_ca):
        return
    for other in view.items.values():
        if other.form == "certificate" and other.certificates and other.certificates[0].is_ca:
            authority = other.certificates[0]
            same = leaf.authority_key_identifier == authority.subject_key_identifier
            if leaf.issuer == authority.subject and (same or not leaf.authority_key_identifier):
                yield other.path, "is signed by" if item.form == "certificate" else "carries a certificate signed by"
