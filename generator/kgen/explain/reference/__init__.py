# SPDX-License-Identifier: Apache-2.0
"""Reference: pages that are the same for every tree, made of schemas, commands, lints and release files. Pure."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from kgen.explain.markdown import code, link, table
from kgen.explain.page import Page, relative
from kgen.explain.reference import cli, lints, minors, model, schemas

INDEX = "reference/index.md"


def reference() -> Iterator[Page]:
    """All pages, the overview first; made once."""
    yield from _pages()


@functools.cache
def _pages() -> tuple[Page, ...]:
    found = (*schemas.pages(), *cli.pages(), lints.page(), *minors.pages())
    return (_overview(), *found)


def _overview() -> Page:
    documents = relative(INDEX, schemas.OVERVIEW)
    index = relative(INDEX, model.page(model.TREE[1]))
    rows = [
        (link("Documents", documents), "every field of kubeadm's, the kubelet's, kube-proxy's and kgen's documents"),
        (link(code("kgen.json"), index), "the index of a rendered tree, for programs"),
        (link("Command line", relative(INDEX, cli.PAGE)), "all commands and options"),
        (link("Phases", relative(INDEX, cli.PHASES_PAGE)), "the phases of kubeadm init, and what each makes"),
        (link("Exit codes", relative(INDEX, cli.EXIT_CODES_PAGE)), "how a command ends"),
        (link("Lints", relative(INDEX, lints.PAGE)), "what kgen warns about although kubeadm accepts it"),
        (link("Differences between minors", relative(INDEX, minors.PAGE)), "images, flags, fields, behaviour"),
        (link("Feature gates", relative(INDEX, minors.GATES_PAGE)), "of the components, by minor"),
    ]
    head = "# Reference\n\nWhat holds for every cluster. All of it is made from what kgen itself goes by.\n\n"
    return Page(INDEX, "Reference", head + table(("Page", "What is on it"), rows))
