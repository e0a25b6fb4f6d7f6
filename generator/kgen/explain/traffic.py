# SPDX-License-Identifier: Apache-2.0
"""Who talks to whom: client, server, port, with which identity, and what each side checks. Pure."""

from __future__ import annotations

from kgen.explain import facts
from kgen.explain.connections import PROBING, Connection, connections
from kgen.explain.diagram import Box, Column, Diagram, Weight, svg
from kgen.explain.markdown import Md, code, sentence, table, text
from kgen.explain.page import Page, artifact_page
from kgen.explain.view import Item, View

PATH = "maps/traffic.md"


def page(view: View) -> Page:
    """The page of the map."""
    found = connections(view)
    parts: list[str] = [
        "# Who talks to whom\n",
        sentence(
            "Everything talks to the API server; only the API server talks to etcd. An arrow goes from who opens the "
            "connection to who listens."
        ),
        "\n",
        svg(_diagram(found), PATH),
        table(
            ("Client, as whom", "Server, where", "Client checks", "Server checks"),
            (
                (
                    Md(
                        f"{_end(each.client, each.client_item)}<br>{code(each.identity) if each.identity else 'nobody'}"
                    ),
                    Md(f"{_end(each.server, each.server_item)}<br>{code(each.where)}<br>{text(each.protocol)}"),
                    _checked(view, each.server_checked),
                    _checked(view, each.client_checked),
                )
                for each in found
            ),
        )
        or "This tree does not say.\n",
        sentence(
            "What the client checks is the server's certificate, against this CA; what the server checks is the "
            "client's. What each name may do is on the page on RBAC."
        ),
    ]
    return Page(PATH, "Who talks to whom", "\n".join(parts) + "\n")


def _end(name: str, item: Item | None) -> Md:
    return facts.to(PATH, item, name) if item else text(name)


def _checked(view: View, what: str) -> Md:
    if not what.startswith("/"):
        return text(what)
    found = [facts.at(view, node, what) for node in facts.hosts(view)]
    item = next(filter(None, found), None)
    return facts.to(PATH, item, what) if item else code(what)


def _diagram(found: tuple[Connection, ...]) -> Diagram:
    columns: list[list[Box]] = [[], [], []]
    arrows = []
    for each in found:
        middle = each.client == "kube-apiserver"
        if each.client == PROBING or (each.server != "kube-apiserver" and not middle):
            continue
        client = "kube-apiserver" if middle else f"{each.client} {each.identity}"
        server = each.server if each.server == "kube-apiserver" else f"{each.server} {each.where}"
        if not middle:
            columns[0].append(_box(client, each.client, each.client_item, each.identity, each.where))
            columns[1].append(_box(server, each.server, each.server_item))
        else:
            columns[1].append(_box(client, each.client, each.client_item))
            columns[2].append(_box(server, each.server, each.server_item, each.where, each.identity))
        arrows.append((client, server))
    titles = ("Clients: as whom, where to", "", "Servers: where, as whom")
    return Diagram(
        name="traffic",
        title="Who talks to whom",
        description="Clients of the API server on the left, and to whom the API server itself talks on the right. The "
        "table below has these connections and the others.",
        columns=tuple(Column(title, tuple(boxes)) for title, boxes in zip(titles, columns, strict=True)),
        arrows=tuple(arrows),
    )


def _box(key: str, name: str, item: Item | None, *lines: str) -> Box:
    weight: Weight = "outside" if item is None else "strong" if name == "kube-apiserver" else "plain"
    return Box(key, (name, *filter(None, lines)), artifact_page(item.path) if item else "", weight)
