# SPDX-License-Identifier: Apache-2.0
"""All pages of the site of one tree, and the order in which they are found."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgen.explain import sources, written
from kgen.explain.artifacts import artifact_pages
from kgen.explain.configuration import configuration, line_targets
from kgen.explain.lists import lists
from kgen.explain.maps import maps
from kgen.explain.overview import overview
from kgen.explain.page import Asset, Page, artifact_page, relative
from kgen.explain.redact import MARK
from kgen.explain.reference import reference
from kgen.explain.view import View

Nav = list[Any]
"""As in mkdocs.yml: paths, and maps of one title to a path or to more of these."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is made for a tree; the hand-written pages come on top."""

    pages: tuple[Page, ...]
    assets: tuple[Asset, ...]
    nav: Nav


def made(view: View, root: Path) -> Site:
    """The site of a tree, with the configuration that it was rendered from if that is found below `root`."""
    found = sources.find(view.index, root)
    findings = sources.findings(found, view.cluster.minor) if found else None
    return site(view, found, findings, written.sections())


def site(
    view: View,
    given: Mapping[str, bytes] | None,
    findings: Mapping[str, Iterable[str]] | None,
    by_hand: Mapping[str, Sequence[str]],
) -> Site:
    """The site of a tree. Pure.

    `given` is the configuration it was rendered from and `findings` what kgen says of that, None if it is not at
    hand; `by_hand` are the hand-written pages by section, in their order.
    """

    find = line_targets(view, given or {})

    def lines(page: str, source: str, line: int) -> str | None:
        target = find(source, line)
        return relative(page, target) if target else None

    artifacts = list(artifact_pages(view, lines))
    sections: dict[str, list[Page | Asset]] = {
        "Configuration": list(configuration(view, given)),
        "Maps": list(maps(view)),
        "Lists": list(lists(view)),
        "Reference": list(reference()),
    }
    everything = [page for each in sections.values() for page in each]
    pages = [page for page in everything if isinstance(page, Page)]
    first = overview(view, findings, pages, [(paths[0], title) for title, paths in by_hand.items() if paths])
    titles = {
        title: [{page.title: page.path} for page in each if isinstance(page, Page)] for title, each in sections.items()
    }
    nav: Nav = [
        {first.title: first.path},
        {"Files": _by_directory(view)},
        {"Objects": _by_kind(view)},
        *({title: entries} for title, entries in titles.items() if entries and title != "Reference"),
        *({title: list(paths)} for title, paths in by_hand.items() if paths),
        {"Reference": titles["Reference"]},
    ]
    hidden = _hidden(view.secrets)
    return Site(
        tuple(Page(page.path, page.title, hidden(page.body)) for page in (first, *artifacts, *pages)),
        tuple(asset for asset in everything if isinstance(asset, Asset)),
        nav,
    )


def _hidden(secrets: Iterable[str]) -> Callable[[str], str]:
    """The last gate: a function that puts MARK in the place of every secret of the tree, plain or in base64."""
    forms = {form for secret in secrets for form in (secret, _base64(secret), _decoded(secret)) if form}

    def hidden(body: str) -> str:
        for form in forms:
            body = body.replace(form, MARK)
        return body

    return hidden


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str) -> str:
    """What a text in base64 stands for, if that is text of some length."""
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
    return plain if len(plain) > 11 and plain.isprintable() else ""


def _by_directory(view: View) -> Nav:
    """The files by host, where there are several, and by their directory there."""
    several = len({item.node for item in view.files}) > 1
    found: dict[str, dict[str, Nav]] = {}
    for item in view.files:
        directory, _, name = item.target.rpartition("/")
        found.setdefault(item.node, {}).setdefault(directory or "/", []).append({name: artifact_page(item.path)})
    hosts = {node: [{directory: entries} for directory, entries in each.items()] for node, each in found.items()}
    return [{node: entries} for node, entries in hosts.items()] if several else next(iter(hosts.values()), [])


def _by_kind(view: View) -> Nav:
    found: dict[str, Nav] = {}
    for item in view.objects:
        found.setdefault(item.kind, []).append({item.name: artifact_page(item.path)})
    return [{kind: entries} for kind, entries in sorted(found.items())]
