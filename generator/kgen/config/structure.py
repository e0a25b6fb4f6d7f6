# SPDX-License-Identifier: Apache-2.0
"""Which kubeadm reads the documents, and are they built as its types say? For load and validate alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kgen import releases
from kgen.config import convert, hints, schema, version
from kgen.config.reading import Document, Reading
from kgen.errors import Problem
from kgen.releases import Release

_LAST_READER = {
    "v1alpha1": "1.11",
    "v1alpha2": "1.12",
    "v1alpha3": "1.14",
    "v1beta1": "1.15",
    "v1beta2": "1.22",
    "v1beta3": "1.36",
}
"""The last kubeadm that converts an old version (util/config/common.go validateSupportedVersion)."""


def release_for(reading: Reading, kubeadm: str | None) -> Release:
    """Which kubeadm to be. One that kgen cannot be is a problem, and the newest stands in to find further ones."""
    known = releases.minors()
    newest = releases.load(known[-1])
    render = reading.found.get("RenderConfiguration")
    chosen = kubeadm or (render.value.get("kubeadm") if render and isinstance(render.value, dict) else None)
    if chosen is not None:
        if str(chosen) in known:
            return releases.load(str(chosen))
        if isinstance(chosen, str):
            what = f"there is no kubeadm {chosen}"
            reading.add(Problem("kubeadm", what, f"one of {', '.join(known)}", "RenderConfiguration", ("kubeadm",)))
        return newest
    cluster = reading.found.get("ClusterConfiguration")
    text = cluster.value.get("kubernetesVersion") if cluster and isinstance(cluster.value, dict) else None
    text = str(text) if isinstance(text, float) else text  # 1.36 without quotes, refused with the full form of it
    if not isinstance(text, str) or not text or version.is_label(text):
        return releases.load(_label_minor(text, known)) if isinstance(text, str) and text else newest
    try:
        wanted = version.resolve(text, newest.kubeadm)
    except ValueError:
        minor = version.minor_in(text)
        return releases.load(minor) if minor in known else newest
    if wanted.minor in known:
        return releases.load(wanted.minor)
    what = f"kgen renders Kubernetes {known[0]} to {known[-1]}, not {text}"
    instead = f"e.g. {newest.kubeadm}"
    if not wanted.precedes(version.oldest_installable(known[0])):
        instead += "; or name the kubeadm to render as: --kubeadm, or RenderConfiguration.kubeadm"
    reading.add(Problem("kubernetes-version", what, instead, "ClusterConfiguration", ("kubernetesVersion",)))
    return newest


def _label_minor(label: str, known: Sequence[str]) -> str:
    """`stable-1.36` means kubeadm 1.36; any other label the newest."""
    minor = label.rpartition("-")[2]
    return minor if minor in known else known[-1]


def check(document: Document, release: Release, reading: Reading, experimental: bool = False) -> None:
    """Is the kind readable by this kubeadm, and is it built as its type says?

    With `experimental`, versions that kubeadm reads only with --allow-experimental-api count as readable.
    """
    group, _, api_version = document.api_version.partition("/")
    readable = (*release.config_versions, *(release.experimental_versions if experimental else ()))
    known = (document.api_version, document.kind) in schema.kinds(release.minor)
    if group == convert.GROUP and api_version not in readable and (known or api_version in _LAST_READER):
        reading.add(_version_problem(document, api_version, release))
    elif known:
        reading.add_all(schema.check(document, release.minor))  # type: ignore[arg-type]
        if document.kind == "KubeProxyConfiguration":
            reading.add_all(_separators(document))
    else:
        reading.add(_unknown(document, group, release))


def _separators(document: Document) -> Iterator[Problem]:
    """Texts with a line separator: kubeadm's own template for the ConfigMap does not stand most of them."""
    for path, value in _leaves(document.value, ()):
        if isinstance(value, str) and (found := re.search("[\u2028\u2029]", value)):
            what = f"the text holds the character U+{ord(found[0]):04X}, which kubeadm can read but not write"
            yield Problem("yaml", what, "remove it", document.kind, path)


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
    else:
        for step, item in items:
            yield from _leaves(item, (*path, step))


def _version_problem(document: Document, api_version: str, release: Release) -> Problem:
    what = f"kubeadm {release.minor} does not read {document.api_version}"
    instead = f"apiVersion: {convert.CURRENT}"
    if document.api_version in convert.OLDER:
        instead = f"`kgen config migrate` writes it as {convert.CURRENT}"
    elif api_version in _LAST_READER:
        instead = f"write it anew as {convert.CURRENT}; kubeadm {_LAST_READER[api_version]} was the last to convert it"
    elif api_version in release.experimental_versions:
        what = f"{document.api_version} is experimental in kubeadm {release.minor}"
        instead += "; or --allow-experimental-api, where a command has that"
    return Problem("api-version", what, instead, document.kind, ("apiVersion",))


def _unknown(document: Document, group: str, release: Release) -> Problem:
    known = schema.kinds(release.minor)
    names = sorted(kind for its_version, kind in known if its_version == document.api_version)
    versions = sorted(
        v for v, kind in known if kind == document.kind and v.partition("/")[2] not in release.experimental_versions
    )
    what = f"kubeadm {release.minor} knows no {document.api_version} {document.kind}"
    code = "unknown-kind" if group == convert.GROUP and (names or not versions) else "unknown-version"
    if names and not versions:  # kubeadm warns of its own group's
        near = hints.near_kind(document.kind, names)
        return Problem(code, what, f"kind: {near or ' or '.join(names)}", document.kind, ("kind",))
    instead = f"apiVersion: {versions[-1]}" if versions else ""
    return Problem(code, what, instead, document.kind, ("apiVersion",))
