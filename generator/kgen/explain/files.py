# SPDX-License-Identifier: Apache-2.0
"""The three ways to find an artifact: files by host, objects by kind, artifacts by phase. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.explain import facts
from kgen.explain.markdown import Md, code, sentence, table, text
from kgen.explain.page import Page
from kgen.explain.view import Item, View
from kgen.phases import PHASES

FILES = "lists/files.md"
OBJECTS = "lists/objects.md"
PHASE_LIST = "lists/phases.md"

_SUMMARIES = {phase.name: phase.summary for phase in PHASES}


def pages(view: View) -> Iterator[Page]:
    """The three pages."""
    yield Page(FILES, "Files by host", "\n".join(_files(view)) + "\n")
    yield Page(OBJECTS, "Objects by kind", "\n".join(_objects(view)) + "\n")
    yield Page(PHASE_LIST, "Artifacts by phase", "\n".join(_phases(view)) + "\n")


def _files(view: View) -> Iterator[str]:
    yield "# Files by host\n"
    yield sentence("Every file with its place on the host.") + "\n"
    if not view.files:
        yield "This tree has no files.\n"
    for node in facts.hosts(view):
        items = sorted((item for item in view.files if item.node == node), key=lambda item: item.target)
        if items:
            yield f"## {text(node)}\n"
            rows = [
                (facts.to(FILES, each, each.target), code(each.mode), code(each.owner), _what(each)) for each in items
            ]
            yield table(("Path", "Mode", "Owner", "What it is"), rows)
    yield from _missing(view)


def _what(item: Item) -> Md:
    """What the phase that writes it says of it; what only the form says, if the phase is not known."""
    form = {"private-key": "private key", "public-key": "public key", "certificate": "certificate"}.get(item.form, "")
    what = ": ".join(filter(None, (form, _SUMMARIES.get(item.phase, ""))))
    return sentence("; ".join(filter(None, (what, "edited by hand" if item.edited else ""))))


def _missing(view: View) -> Iterator[str]:
    gone = [path for path in view.index.entries if path not in view.items]
    if gone:
        yield "## Missing\n"
        yield sentence("The index of this tree lists them, and they are not there.") + "\n"
        yield "\n".join(f"- {code(path)}" for path in gone) + "\n"


def _objects(view: View) -> Iterator[str]:
    yield "# Objects by kind\n"
    yield sentence("Every object for the API server.") + "\n"
    if not view.objects:
        yield "This tree has no objects.\n"
    for kind in sorted({item.kind for item in view.objects}):
        items = sorted(
            (each for each in view.objects if each.kind == kind), key=lambda each: (each.namespace, each.name)
        )
        yield f"## {text(kind)}\n"
        rows = [
            (
                facts.to(OBJECTS, each, each.name),
                code(each.namespace) if each.namespace else "the whole cluster",
                code(each.api_version),
                code(each.phase),
            )
            for each in items
        ]
        yield table(("Name", "Namespace", "API version", "Phase"), rows)


def _phases(view: View) -> Iterator[str]:
    yield "# Artifacts by phase\n"
    yield sentence("In the order in which `kubeadm init` makes them; `kubeadm init phase` runs one alone.") + "\n"
    known = [phase.name for phase in PHASES]
    present = dict.fromkeys(item.phase for item in view.items.values())
    order = sorted(present, key=lambda name: known.index(name) if name in known else len(known))
    if not order:
        yield "This tree is empty.\n"
    for name in order:
        items = [each for each in view.items.values() if each.phase == name]
        yield f"## {text(name)}\n"
        if name in _SUMMARIES:
            yield f"{sentence(_SUMMARIES[name][:1].upper() + _SUMMARIES[name][1:] + '.')}\n"
        yield table(
            ("Artifact", "Where to"),
            (
                (facts.to(PHASE_LIST, each), code(each.target) if each.target else Md(f"{text(each.kind)}, API server"))
                for each in items
            ),
        )
