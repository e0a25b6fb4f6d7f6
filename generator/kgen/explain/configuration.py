# SPDX-License-Identifier: Apache-2.0
"""The configuration, annotated: at each field that a user gave, what it changed in the tree. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kgen.config import documents
from kgen.config.masking import masked
from kgen.config.origins import walk
from kgen.errors import format_path
from kgen.explain import effective
from kgen.explain.effects import Effects
from kgen.explain.markdown import Md, code, fence, link, sentence, table
from kgen.explain.page import Page, line_anchor, numbered, relative
from kgen.explain.reference import model
from kgen.explain.view import View
from kgen.tree import Origin

INDEX = "configuration/index.md"
_BLOCK = "given"
_SHOWN = 6
"""Artifacts that the note at a line names; the rest is told below."""
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]|^\.")
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_OWN_MARK = re.compile(r"\((?=\d+\))")
_COMMENT = re.compile(r"(?:^|\s)#")
_LISTED = re.compile("extra(?:Args|Envs)", re.IGNORECASE)
"""What older versions write as a map, without the names of its fields"""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = "Nothing in this tree depends on it."


def configuration(view: View, sources: Mapping[str, bytes] | None) -> Iterator[Page]:
    """The overview, a page for each file that is at hand, and the effective configuration.

    Without the files (None) the overview tells of each field that was given what the index says of it.
    """
    effects = Effects(view)
    yield Page(INDEX, "Configuration", "\n".join(_overview(view, sources or {}, effects)))
    for name, content in (sources or {}).items():
        yield Page(source_page(name), name, "\n".join(_Annotated(view, effects, name, content).body()))
    yield effective.page(view, line_targets(view, sources or {}))


def source_page(source: str) -> str:
    """The page of a configuration file."""
    name = _UNSAFE.sub(lambda found: f"_{ord(found[0]):x}_", source)
    return f"configuration/files/{name}{'_' if name.lower() in ('index', 'readme') else ''}.md"


def line_target(view: View, source: str, line: int) -> str:  # noqa: ARG001 (the place of a line may come to depend on it)
    """The place of a line of a configuration file: page and anchor."""
    return f"{source_page(source)}#{line_anchor(_BLOCK, line)}" if line else source_page(source)


def line_targets(view: View, sources: Mapping[str, bytes]) -> Callable[[str, int], str | None]:
    """The place of a line of a file; None for a file that is not at hand, or has no such line any more."""
    lengths = {name: content.removesuffix(b"\n").count(b"\n") + 1 for name, content in sources.items()}

    def target(source: str, line: int) -> str | None:
        return line_target(view, source, line) if line <= lengths.get(source, -1) else None

    return target


def _overview(view: View, sources: Mapping[str, bytes], effects: Effects) -> Iterator[Md]:
    yield Md(
        "# Configuration\n\nWhat was asked for, and what came of it. "
        f"{link('The effective configuration', relative(INDEX, effective.PAGE))} has every value, "
        "those included that nobody gave.\n"
    )
    given = _given(view)
    rows = []
    for source, paths in given.items():
        title = link(code(source), relative(INDEX, source_page(source))) if source in sources else code(source)
        rows.append((title, str(len(paths)), str(len(effects.by_artifact(paths)))))
    rows += [
        (link(code(source), relative(INDEX, source_page(source))), "0", "0")
        for source in sources
        if source not in given
    ]
    yield table(("File, flag or patch", "Fields that the tree depends on", "Artifacts that do"), rows)
    if not rows:
        yield Md("Nothing was given: all of it is kubeadm's default.\n")
    for source, paths in given.items():
        if source not in sources:
            yield Md(f"## {code(source)}\n")
            if any(origin.kind == "user" for origin in paths.values()):
                yield Md("The file is not at hand; this is what the index of the tree says of it.\n")
            told = (
                (str(origin.line or ""), _field(INDEX, path), Md("<br>".join(effects.listed(INDEX, (path,)))))
                for path, origin in sorted(paths.items(), key=lambda each: each[1].line)
            )
            yield table(("Line", "Field", "What it changed"), told)


def _given(view: View) -> dict[str, dict[str, Origin]]:
    """What was given from outside: by file, flag or patch, the paths in it."""
    found: dict[str, dict[str, Origin]] = {}
    for path, origin in view.index.origins.items():
        if origin.source and origin.kind in ("user", "flag", "patch", "derived"):
            found.setdefault(origin.source, {})[path] = origin
    return found


def _field(page: str, path: str) -> Md:
    """A path of the configuration, linked into the reference where that knows it."""
    kind, _, rest = path.partition(".")
    steps = tuple(int(step[1:-1]) if step[0] == "[" else step for step in _STEP.findall(rest))
    target = model.target(kind, steps)
    shown = code(rest if target else path)
    return link(shown, relative(page, target)) if target else shown


@dataclass(frozen=True, slots=True)
class _Note:
    said: Md
    more: tuple[Md, ...]
    """A list below what is said."""


class _Annotated:
    """The page of one file."""

    def __init__(self, view: View, effects: Effects, source: str, content: bytes) -> None:
        self._effects = effects
        self._source = source
        self._page = source_page(source)
        self._content = content
        self._text = content.decode(errors="replace")
        self._lines = [line.rstrip("\r") for line in self._text.removesuffix("\n").split("\n")]
        self._by_line: dict[int, list[str]] = {}
        self._origins = view.index.origins
        for path, origin in self._origins.items():
            if origin.source == source and origin.kind in ("user", "derived") and origin.line:
                self._by_line.setdefault(origin.line, []).append(path)
        self._paths = {path for paths in self._by_line.values() for path in paths}

    def body(self) -> Iterator[Md]:
        """Heading, the block, the notes that belong to it, and what is too long for a note."""
        yield Md(f"# {code(self._source)}\n")
        yield Md(
            "The configuration as it was given, without what may be secret. The numbers tell what a line changed; "
            f"{link('the effective configuration', relative(self._page, effective.PAGE))} has the rest.\n"
        )
        if self._changed():
            yield Md(
                '!!! warning "Not what was rendered"\n\n    The file has changed since: fields are not where the index '
                "of the tree says. Render again to see what this one makes.\n"
            )
        shown = [_CONTROL.sub(" ", line) for line in masked(self._lines, self._source)]
        notes = self._notes()
        within = _within(self._text)
        listed: list[_Note] = []
        apart: list[tuple[int, _Note]] = []
        for number in sorted(notes):
            line = _defused(shown[number - 1])
            if number in within:
                apart.append((number, notes[number]))
                continue
            listed.append(notes[number])
            mark = f"({len(listed)})"
            shown[number - 1] = f"{line} {mark}" if _has_comment(line) else f"{line} # {mark}!"
        yield fence("\n".join(shown), numbered(_BLOCK))
        yield Md("".join(_item(f"{number}.", note) for number, note in enumerate(listed, 1)))
        if apart:
            yield Md(
                "\n".join(_item("-", _Note(Md(f"Line {number}: {note.said}"), note.more)) for number, note in apart)
            )
        yield from self._long()

    def _changed(self) -> bool:
        """Whether the file is another one than that which was rendered, as far as its keys tell."""
        for line, paths in self._by_line.items():
            if line > len(self._lines):
                return True
            for path in paths:
                key = _STEP.findall(path)[-1]
                named = key[0] != "[" and not _LISTED.search(path) and self._origins[path].kind == "user"
                if named and key not in self._lines[line - 1]:
                    return True
        return False

    def _notes(self) -> dict[int, _Note]:
        found = {line: self._note(line, paths) for line, paths in self._by_line.items() if line <= len(self._lines)}
        for line, said in self._others():
            found.setdefault(line, _Note(said, ()))
        return found

    def _note(self, line: int, paths: list[str]) -> _Note:
        whole = _common(paths)
        listed = self._effects.listed(self._page, tuple(paths))
        more = listed[:_SHOWN]
        if len(listed) > _SHOWN:
            more.append(link(f"and {len(listed) - _SHOWN} more", f"#{_anchor(line)}"))
        decides = "It decides:" if listed else _NOTHING
        return _Note(Md(f"{_field(self._page, whole)}. {_described(whole)}{decides}"), tuple(more))

    def _others(self) -> Iterator[tuple[int, Md]]:
        """The lines of keys that no part of the tree depends on, and of kinds."""
        found, _ = documents.parse(self._content, self._source)
        for document in found:
            known = document.kind in model.all_kinds()
            if known:
                said = (
                    f"What can be in it: {link(code(document.kind), relative(self._page, model.page(document.kind)))}."
                )
                yield document.key_mark(("kind",)).line, Md(said)
            for path, value in walk(document.value) if known else ():
                name = f"{document.kind}.{format_path(path)}"
                if isinstance(value, dict | list) or name.endswith((".apiVersion", ".kind")) or self._is_given(name):
                    continue
                yield document.key_mark(path).line, Md(f"{_field(self._page, name)}. {_NOTHING}")

    def _is_given(self, path: str) -> bool:
        """Whether the tree depends on this path as a part of a larger one."""
        return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in self._paths)

    def _long(self) -> Iterator[Md]:
        """All of what did not fit into a note."""
        head = Md("## Fields that reach far\n")
        for line, paths in sorted(self._by_line.items()):
            listed = self._effects.listed(self._page, tuple(paths))
            if len(listed) > _SHOWN and line <= len(self._lines):
                yield head
                head = Md("")
                where = link(f"line {line}", f"#{line_anchor(_BLOCK, line)}")
                yield Md(f"### {code(_common(paths).partition('.')[2])} {{#{_anchor(line)}}}\n")
                yield Md(f"Given in {where}. It decides:\n\n{''.join(f'- {each}{chr(10)}' for each in listed)}")


def _item(mark: str, note: _Note) -> str:
    below = "".join(f"    - {each}\n" for each in note.more)
    return f"{mark:4}{note.said}\n" + (f"\n{below}\n" if below else "")


def _anchor(line: int) -> str:
    return f"line-{line}"


def _described(path: str) -> str:
    """The first sentence about a field, with a blank behind."""
    kind, _, rest = path.partition(".")
    found = model.find(kind, tuple(step for step in _STEP.findall(rest) if step[0] != "["))
    told = re.match(r".*?[.](?=\s|$)", found[1].description) if found else None
    return f"{sentence(told[0])} " if told else ""


def _common(paths: list[str]) -> str:
    """What the paths on one line have in common; the first of them where they have nothing."""
    steps = zip(*map(_STEP.findall, paths), strict=False)
    shared = [each[0] for each in itertools.takewhile(lambda same: len(set(same)) == 1, steps)]
    whole = "".join(step if step[0] == "[" else f".{step}" for step in shared).removeprefix(".")
    return whole if len(shared) > 1 else paths[0]


def _within(content: str) -> set[int]:
    """The lines, from 1, whose end is within a value, where no mark can stand."""
    found: set[int] = set()
    waiting: list[yaml.Node | None] = []
    try:
        waiting.extend(yaml.compose_all(content, Loader=_Loader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return found
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            header = node.style in ("|", ">")
            found.update(range(node.start_mark.line + 1 + header, node.end_mark.line + 1))
        elif isinstance(node, yaml.MappingNode):
            waiting += [each for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
    return found


def _has_comment(line: str) -> bool:
    """Whether a line ends with a comment of its own: a mark goes into that, to leave it as it is."""
    found = _COMMENT.search(line)
    before = line[: found.start()] if found else ""
    return bool(found) and before.count('"') % 2 == 0 and before.count("'") % 2 == 0


def _defused(line: str) -> str:
    """A line in whose comment `(1)` is no mark of ours."""
    return _OWN_MARK.sub("(\u2060", line) if _COMMENT.search(line) else line
