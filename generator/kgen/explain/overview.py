# SPDX-License-Identifier: Apache-2.0
"""The first page: the cluster at a glance, and how to read the rest. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from kgen.explain.markdown import Md, code, link, table, text
from kgen.explain.page import Page, artifact_page
from kgen.explain.view import Item, View


def overview(
    view: View,
    findings: Mapping[str, Iterable[str]] | None,
    pages: Iterable[Page],
    by_hand: Iterable[tuple[str, str]],
) -> Page:
    """The first page.

    `findings` are the messages about the configuration, by level; None if the configuration is not at hand. Where to
    go says the rest: `pages` are all others that are made, `by_hand` the first page and title of each section of
    hand-written ones.
    """
    cluster = view.cluster
    known = {page.path: page.title for page in pages}
    parts = [
        Md(f"# The cluster {code(cluster.name)}\n"),
        "Everything that `kubeadm init` writes on the first host and creates in the API of this cluster, before the "
        "cluster exists: each file and each object has a page that says what it is, who reads it and which line of the "
        "configuration made it so. Nothing secret is on any of these pages.\n",
        "## At a glance\n",
        _facts(view),
        "## Nodes\n",
        table(
            ("Name", "Role", "Address", "Files"),
            (
                (
                    code(node.name),
                    text(node.role),
                    code(node.address),
                    str(sum(f.node == node.name for f in view.files)),
                )
                for node in view.index.nodes
            ),
        ),
        _findings(findings),
        "## How to read the rest\n",
        _guide(view, known, by_hand),
    ]
    return Page("index.md", "Overview", "\n".join(part for part in parts if part))


def _facts(view: View) -> Md:
    cluster = view.cluster
    first = _first_to_expire(view)
    kinds = Counter(item.kind for item in view.objects)
    rows: list[tuple[str, object]] = [
        ("Kubernetes", code(cluster.version)),
        ("API server", code(cluster.endpoint)),
        (
            "Services",
            Md(
                f"{code(cluster.service_subnet)}, DNS at {code(cluster.dns_address)}, domain {code(cluster.dns_domain)}"
            ),
        ),
        ("Pods", code(cluster.pod_subnet) if cluster.pod_subnet else "no range set: the network plugin chooses"),
        ("etcd", f"{cluster.etcd}{f', data in {cluster.etcd_data_dir}' if cluster.etcd_data_dir else ''}"),
        ("Keys", code(cluster.algorithm)),
        ("Files, objects", f"{len(view.files)} files, {len(view.objects)} objects of {len(kinds)} kinds"),
    ]
    if first:
        moment = f"{first.certificates[0].not_after:%Y-%m-%d}"
        rows.append(("First to expire", Md(f"{text(moment)}: {link(code(first.path), artifact_page(first.path))}")))
    return table(("What", "Value"), ((name, value) for name, value in rows if value))


def _first_to_expire(view: View) -> Item | None:
    dated = [item for item in view.items.values() if item.certificates]
    return min(dated, key=lambda item: item.certificates[0].not_after, default=None)


def _findings(findings: Mapping[str, Iterable[str]] | None) -> Md:
    if findings is None:
        return Md("")
    rows = [(level, text(message)) for level, messages in findings.items() for message in messages]
    body = table(("Level", "Finding"), rows) or "kgen has nothing to say against it.\n"
    return Md(f"## What kgen says of the configuration\n\n{body}")


def _guide(view: View, known: Mapping[str, str], by_hand: Iterable[tuple[str, str]]) -> Md:
    """Links into the rest, those that there are."""
    manifest, certificate = "manifests/kube-apiserver.yaml", "pki/apiserver.crt"
    rows: list[tuple[str, list[tuple[str, str]]]] = [
        ("To learn what a control plane is made of, and to do something", list(by_hand)),
        (
            "To understand one file",
            [(artifact_page(path), path) for path in (manifest, certificate) if path in view.items],
        ),
        ("To see how it fits together", _within(known, "maps/")),
        ("To plan and to check", _within(known, "lists/")),
        ("To see what your configuration does", _within(known, "configuration/")),
        ("To look something up", [each for each in _within(known, "reference/") if each[0].count("/") == 1]),
    ]
    return Md(
        "".join(
            f"- {label}: {', '.join(link(title, path) for path, title in links)}\n" for label, links in rows if links
        )
        + "\nThe search finds flags, files, names in certificates and ports.\n"
    )


def _within(known: Mapping[str, str], prefix: str) -> list[tuple[str, str]]:
    return [(path, title) for path, title in known.items() if path.startswith(prefix)]
