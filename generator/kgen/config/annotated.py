# SPDX-License-Identifier: Apache-2.0
"""The effective configuration as YAML that kubeadm reads, each value with a comment that says where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgen import gyaml, secrecy
from kgen.cluster import Cluster
from kgen.config import documents, effective, origins
from kgen.config.origins import Origin, Place
from kgen.errors import format_path

_OWN = "# kubeadm fills this document in; nobody gave one"
_GENERATED = f"{_OWN}. In a file it counts as yours, and kubeadm upgrade leaves it alone"
_COMPONENTS = ("KubeletConfiguration", "KubeProxyConfiguration")


def annotate(cluster: Cluster, show_secrets: bool = False) -> str:
    """The four documents of `effective.documents`, with a comment at each value.

    Tokens and the certificate key, values of environment variables and whatever else is secret are left out unless
    `show_secrets`; a comment then stands in their place.
    """
    known = origins.origins(cluster)
    texts = []
    for kind, value in effective.documents(cluster).items():
        heading = "" if kind in cluster.documents else f"{_GENERATED if kind in _COMPONENTS else _OWN}\n"
        texts.append(heading + _annotated(kind, value, known, show_secrets))
    return "---\n".join(texts)


def _annotated(kind: str, value: Mapping[str, Any], known: Mapping[Place, Origin], show_secrets: bool) -> str:
    text = gyaml.dump(value)
    (document,), _ = documents.parse(text.encode(), kind)
    values = dict(origins.walk(value))
    places = {path: document.key_mark(path) for path in values}
    secret = {path for path, _ in secrecy.places(value)}
    lines = text.removesuffix("\n").split("\n")
    starts = {mark.line for mark in places.values()} | {len(lines) + 1}
    for path, mark in sorted(places.items(), key=lambda each: each[1].line, reverse=True):
        item = values[path]
        withheld = path in secret and not (show_secrets and item)
        if not withheld and isinstance(item, dict | list) and item:
            continue
        at = mark.line - 1
        comment = _comment(origins.find(known, kind, path))
        if withheld:
            below = {places[other].line for other in places if other[: len(path)] == path}
            end = min(start for start in starts - below if start > mark.line) - 1
            reason = "" if item is None else "; withheld, --show-secrets prints it"
            lines[at:end] = [f"{lines[at][: mark.column - 1]}# {path[-1]}: {comment}{reason}"]
        elif mark.line + 1 in starts:
            if isinstance(item, str) and secrecy.USERINFO.search(item) and not show_secrets:
                lines[at] = secrecy.USERINFO.sub(secrecy.MASK, lines[at])
                comment += "; user and password withheld, --show-secrets prints them"
            lines[at] += f"  # {comment}"
        else:  # no comment may follow on the first line of a folded text
            lines.insert(at, f"{' ' * (len(lines[at]) - len(lines[at].lstrip()))}# {comment}")
    return "\n".join(lines) + "\n"


def _comment(origin: Origin) -> str:
    where = origin.source + (f":{origin.mark.line}" if origin.mark else "")
    if origin.kind in ("user", "flag"):
        text = f"{origin.kind} {where}"
    elif origin.kind == "default":
        text = f"default: {origin.why}" if origin.why else "default"
    else:
        parts = [origin.why, *(f"from {kind}.{format_path(path)}" for kind, path in origin.inputs), where]
        text = f"derived: {', '.join(part for part in parts if part)}"
    return "".join(char if char.isprintable() else "?" for char in text)
