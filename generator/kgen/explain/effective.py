# SPDX-License-Identifier: Apache-2.0
"""The effective configuration as the tree has it, each value with where it comes from. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kgen.config.origins import NOT_SET
from kgen.explain.markdown import Md, code, link, table, text
from kgen.explain.page import Page, artifact_page, relative
from kgen.explain.redact import parsed
from kgen.explain.reference import model
from kgen.explain.view import View
from kgen.provenance import leaves
from kgen.tree import Origin

PAGE = "configuration/effective.md"
LineTarget = Callable[[str, int], str | None]
"""File and line -> the place of that line, None if the file is not at hand."""

_DOCUMENTS = (
    ("ClusterConfiguration", "cluster/kubeadm-config.yaml", "ClusterConfiguration"),
    ("KubeletConfiguration", "cluster/kubelet-config.yaml", "kubelet"),
    ("KubeProxyConfiguration", "addons/kube-proxy/configmap.yaml", "config.conf"),
)
"""Kind, the ConfigMap of the tree that holds it, and its key there"""
_REST = ("InitConfiguration", "RenderConfiguration")
"""Kinds that no artifact holds"""
_ARGUMENT = re.compile(r"xtraArgs\[\d+\]$")
_EMPTY = ("", "0", "0s", 0, 0.0, False, None)


def page(view: View, line_target: LineTarget) -> Page:
    """Every value of the documents that the tree holds, and of the others what the index says."""
    return Page(PAGE, "Effective configuration", "\n".join(_body(view, line_target)))


def _body(view: View, line_target: LineTarget) -> Iterator[Md]:
    yield Md(
        "# The effective configuration\n\nEvery value that this cluster has, and where it comes from: **user**, a line "
        "of a file; **flag**; **derived**, made of other values; **default**, kubeadm's own. "
        "`kgen config effective` prints the same of a file.\n"
    )
    for kind, place, key in _DOCUMENTS:
        yield from _document(view, kind, place, key, line_target)
    for kind in _REST:
        paths = [path for path in view.index.origins if path.startswith(f"{kind}.")]
        rows = [(_name(path), _origin(view, path, line_target)) for path in paths]
        if rows:
            yield Md(
                f"## {code(kind)}\n\nNo artifact holds this document; these are its fields that were given "
                f"or that the tree depends on.\n\n{table(('Field', 'Origin'), rows)}"
            )


def _document(view: View, kind: str, place: str, key: str, line_target: LineTarget) -> Iterator[Md]:
    item = view.get(place)
    data = item.data.get("data") if item else None
    held = data.get(key) if isinstance(data, dict) else None
    document = parsed(held) if isinstance(held, str) else None
    if item is None or not isinstance(document, dict):
        return
    depends = {
        pointer.partition("#")[2]: paths
        for pointer, paths in item.entry.places.items()
        if pointer.startswith(f"/data/{key}#")
    }
    rows, left = [], []
    for pointer, path, value in _values(document):
        name = f"{kind}{path}"
        if path in (".apiVersion", ".kind"):
            continue
        paths = depends.get(pointer, ())
        if _is_empty(value) and all(_is_unset(view, path) for path in paths or (name,)):
            left.append(_name(name))
        else:
            rows.append((_name(name), _value(value), _origins(view, paths or (name,), line_target)))
    yield Md(f"## {code(kind)}\n\nAs in {link(code(place), relative(PAGE, artifact_page(place)))}.\n")
    yield table(("Field", "Value", "Origin"), rows)
    if left:
        yield Md(f"Not set, so the component's own default holds: {', '.join(left)}.\n")


def _name(path: str) -> Md:
    """A path, linked into the reference where that knows it."""
    kind, _, rest = path.partition(".")
    target = model.target(kind, tuple(step.partition("[")[0] for step in rest.split(".")))
    return link(code(rest), relative(PAGE, target)) if target else code(rest)


def _value(value: Any) -> Md:
    if value == "":
        return Md("empty")
    return code(value if isinstance(value, str) else json.dumps(value))


def _origins(view: View, paths: Sequence[str], line_target: LineTarget) -> Md:
    return Md("<br>".join(_origin(view, path, line_target) for path in paths))


def _origin(view: View, path: str, line_target: LineTarget) -> Md:
    """Where a value comes from, what it was derived from included."""
    origin = view.index.origins.get(path) or Origin("default")
    where = _where(origin, line_target)
    if origin.kind in ("user", "flag", "patch"):
        return Md(f"**{origin.kind}** {where}")
    if origin.kind == "default":
        if origin.why == NOT_SET:
            return Md("not set")
        return Md(f"default{f': {text(origin.why)}' if origin.why else ''}")
    if origin.kind == "release":
        chosen = ", ".join(f"{code(each)}{_given(view.index.origins, each, line_target)}" for each in origin.inputs)
        return Md(f"a fact of {text(origin.source)}{f', chosen by {chosen}' if chosen else ''}")
    inputs = ", ".join(f"{code(each)}{_given(view.index.origins, each, line_target)}" for each in origin.inputs)
    parts = [text(origin.why), Md(f"from {inputs}") if inputs else "", where]
    return Md(f"**derived**: {', '.join(part for part in parts if part)}")


def _given(origins: Mapping[str, Origin], path: str, line_target: LineTarget) -> str:
    origin = origins.get(path)
    where = _where(origin, line_target) if origin and origin.kind in ("user", "flag") else ""
    return f" ({where})" if where else ""


def _where(origin: Origin, line_target: LineTarget) -> Md:
    if not origin.source:
        return Md("")
    shown = code(f"{origin.source}:{origin.line}" if origin.line else origin.source)
    target = line_target(origin.source, origin.line) if origin.line else None
    return link(shown, relative(PAGE, target)) if target else shown


def _is_unset(view: View, path: str) -> bool:
    origin = view.index.origins.get(path)
    return origin is None or (origin.kind, origin.why) == ("default", NOT_SET)


def _is_empty(value: Any) -> bool:
    return value in ({}, []) if isinstance(value, dict | list) else value in _EMPTY


def _values(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Pointer, path and value of everything in a document; name and value of an argument as one flag."""
    for pointer, path in leaves(document):
        above, _, name = path.rpartition(".")
        item = _at(document, pointer.rpartition("/")[0]) if _ARGUMENT.search(above) else {}
        if not isinstance(item, dict) or item.keys() != {"name", "value"}:
            yield pointer, path, _at(document, pointer)
        elif name == "value":
            yield pointer, above, f"--{item['name']}={item['value']}"


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value
