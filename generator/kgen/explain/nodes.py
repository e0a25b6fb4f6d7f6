# SPDX-License-Identifier: Apache-2.0
"""The machines of the cluster, and what runs on each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kgen.explain import facts
from kgen.explain.diagram import Box, Column, Diagram, svg
from kgen.explain.markdown import Md, code, sentence, table, text
from kgen.explain.page import Page, artifact_page
from kgen.explain.view import Item, View, dig

PATH = "maps/nodes.md"
_ROLES = {"init": "control plane, the first", "control-plane": "control plane", "worker": "worker"}
_MOST = 6
"""So many nodes are drawn; the table has all."""


def page(view: View) -> Page:
    """The page of the map."""
    parts = [
        "# Nodes\n",
        sentence("The machines that this tree has files for, and what runs on them."),
        "\n",
        svg(_diagram(view), PATH),
        _machines(view),
        "## What runs\n",
        table(("What", "As", "Where", "Image"), _workloads(view)),
        _notes(view),
    ]
    return Page(PATH, "Nodes", "\n".join(filter(None, parts)) + "\n")


def _machines(view: View) -> Md:
    listed = {node.name: node for node in view.index.nodes}
    rows = []
    for name in facts.hosts(view):
        node, item = listed.get(name), facts.find(view, "Node", name)
        config = facts.kubelet(view, name)
        labels = dig(item.data, "metadata", "labels") if item else None
        taints = facts.entries(dig(item.data, "spec", "taints")) if item else []
        rows.append(
            (
                Md(f"{facts.to(PATH, item, name) if item else code(name)}<br>{_role(node.role if node else '')}"),
                code(node.address) if node and node.address else "not said",
                facts.to(PATH, config, _socket(config)) if config and _socket(config) else "not said",
                Md("<br>".join([code(f"{key}={value}") for key, value in _pairs(labels)] or [text("none")])),
                Md("<br>".join([code(_taint(taint)) for taint in taints] or [text("none")])),
            )
        )
    return table(("Node", "Address", "Container runtime", "Labels by kubeadm", "Taints"), rows)


def _role(role: str) -> Md:
    return text(_ROLES.get(role, ""))


def _socket(config: Item) -> str:
    return str(config.data.get("containerRuntimeEndpoint") or "")


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from ((str(key), str(item)) for key, item in value.items())


def _taint(taint: Mapping[str, Any]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key', '')}{value}:{taint.get('effect', '')}"


def _workloads(view: View) -> Iterator[tuple[object, ...]]:
    for node in facts.hosts(view):
        config = facts.kubelet(view, node)
        if config:
            yield facts.to(PATH, config, "kubelet"), "a service of the host", code(node), "none: a program of the host"
    for each in facts.programs(view):
        container = dig(each.item.data, "spec", "containers", 0)
        image = str(dig(container, "image") or "")
        yield facts.to(PATH, each.item, each.name), "static pod", code(each.node), code(image) if image else ""
    for item in view.objects:
        spec = dig(item.data, "spec", "template", "spec")
        if item.kind in ("DaemonSet", "Deployment") and isinstance(spec, Mapping):
            image = str(dig(spec, "containers", 0, "image") or "")
            yield facts.to(PATH, item, item.name), _as(item), _where(item, spec), code(image) if image else ""


def _as(item: Item) -> Md:
    replicas = dig(item.data, "spec", "replicas")
    return Md(f"Deployment of {text(replicas)}" if item.kind == "Deployment" and replicas else text(item.kind))


def _where(item: Item, spec: Mapping[str, Any]) -> Md:
    selector = [f"{key}={value}" for key, value in _pairs(spec.get("nodeSelector"))]
    place = "every node" if item.kind == "DaemonSet" else "any node"
    chosen = f" with {', '.join(code(each) for each in selector)}" if selector else ""
    tolerated = facts.entries(spec.get("tolerations"))
    if any(each.get("operator") == "Exists" and not each.get("key") for each in tolerated):
        return Md(f"{place}{chosen}, whatever its taints")
    keys = ", ".join(code(each["key"]) for each in tolerated if each.get("key"))
    return Md(f"{place}{chosen}; tolerates {keys}" if keys else f"{place}{chosen}")


def _diagram(view: View) -> Diagram:
    columns = []
    listed = {node.name: node for node in view.index.nodes}
    for name in facts.hosts(view)[:_MOST]:
        node, item, config = listed.get(name), facts.find(view, "Node", name), facts.kubelet(view, name)
        lines = tuple(filter(None, (name, _ROLES.get(node.role, "") if node else "", node.address if node else "")))
        boxes = [Box(f"node {name}", lines, artifact_page(item.path) if item else "", "strong")]
        if config:
            boxes.append(Box(f"kubelet {name}", ("kubelet", "service"), artifact_page(config.path)))
        boxes += [
            Box(f"{each.name} {name}", (each.name, "static pod"), artifact_page(each.item.path))
            for each in facts.programs(view)
            if each.node == name
        ]
        columns.append(Column(name, tuple(boxes)))
    for kind, title in (("DaemonSet", "On every node"), ("Deployment", "Where there is room")):
        items = [item for item in view.objects if item.kind == kind]
        boxes = [Box(item.path, (item.name, kind), artifact_page(item.path)) for item in items]
        columns.append(Column(title, tuple(boxes)))
    return Diagram(
        name="nodes",
        title="Nodes and what runs on them",
        description="A column for each node with its programs, then what the cluster itself places. The tables below "
        "say the same.",
        columns=tuple(columns),
    )


def _notes(view: View) -> str:
    notes = []
    dns = facts.find(view, "Deployment", "coredns", "kube-system")
    if dns and len(view.index.nodes) == 1 and (dig(dns.data, "spec", "replicas") or 0) > 1:
        notes.append(
            "All replicas of CoreDNS run on the first node until another joins: their anti-affinity is only a "
            "preference. `kubectl -n kube-system rollout restart deployment coredns` spreads them afterwards."
        )
    if view.cluster.etcd == "external" and not any(each.name == "etcd" for each in facts.programs(view)):
        notes.append("etcd runs elsewhere; its machines are not in this tree.")
    return "\n" + "\n".join(f"- {sentence(note)}" for note in notes) if notes else ""
