# SPDX-License-Identifier: Apache-2.0
"""Where something comes from, in words and with links into the annotated configuration. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kgen.config.origins import NOT_SET
from kgen.explain.markdown import Md, code, link, table, text
from kgen.explain.view import View
from kgen.explanation import closure
from kgen.tree import Origin

LineTarget = Callable[[str, int], str | None]
"""Source file and line -> link into the annotated configuration; None if that file is not at hand."""


def clause(view: View, paths: Iterable[str], line_target: LineTarget) -> Md:
    """Where what depends on these paths comes from; empty for what nothing in the configuration decided."""
    origins = view.index.origins
    return Md("; ".join(_named(path, origins.get(path), line_target) for path in paths))


def section(view: View, paths: Iterable[str], line_target: LineTarget) -> Md:
    """All paths that something depends on, those included that these are derived from; those that are not set last."""
    found = {path: each for path, each in closure(view.index.origins, sorted(paths)).items() if not _inner(path)}
    rows = [(code(path), _origin(each, line_target)) for path, each in found.items() if each.why != NOT_SET]
    listed = table(("Field of the configuration", "Where its value comes from"), rows) if rows else Md("")
    unset = ", ".join(code(path) for path, each in found.items() if each.why == NOT_SET)
    return Md(f"{listed}\nNot set: {unset}.\n") if unset else listed


def _named(path: str, found: Origin | None, line_target: LineTarget) -> Md:
    """A path and where it comes from, in a clause."""
    shown = code(_short(path))
    if found is None:
        return shown
    said = _origin(found, line_target)
    if _inner(path) or found.kind == "release":
        return said
    return Md(f"{shown}{':' if found.kind == 'derived' else ','} {said}")


def _origin(found: Origin, line_target: LineTarget) -> Md:
    match found.kind:
        case "user":
            where = f"{found.source}:{found.line}" if found.line else found.source
            target = line_target(found.source, found.line)
            return Md(f"set at {link(code(where), target) if target else code(where)}")
        case "flag":
            return Md(f"set by {code(found.source)}")
        case "patch":
            return Md(f"patched by {code(found.source)}")
        case "release":
            chosen = ", ".join(code(_short(each)) for each in found.inputs)
            return Md(f"a fact of {text(found.source)}{f', chosen by {chosen}' if chosen else ''}")
        case "derived":
            inputs = ", ".join(code(_short(each)) for each in found.inputs)
            return Md(f"{text(found.why or 'derived')}{f' ({inputs})' if inputs else ''}")
    return Md("not set" if found.why == NOT_SET else f"the default{f', {text(found.why)}' if found.why else ''}")


def _inner(path: str) -> bool:
    return path.startswith("derived.")


def _short(path: str) -> str:
    """A path without its kind where that is one of kubeadm's two."""
    kind, _, rest = path.partition(".")
    return rest if kind in ("ClusterConfiguration", "InitConfiguration") and rest else path
