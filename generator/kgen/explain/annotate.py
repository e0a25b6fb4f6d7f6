# SPDX-License-Identifier: Apache-2.0
"""The content of an artifact as a block of code with a note at each line that carries meaning. Pure.

The notes are Material's code annotations: `# (1)!` at the end of a line and a numbered list below the block, which is
what remains where there is no JavaScript.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kgen.explain import fields, flags
from kgen.explain.markdown import Md, code, fence, link, sentence, table, text
from kgen.explain.page import CONTENT, numbered
from kgen.explain.provenance import LineTarget, clause
from kgen.explain.redact import parsed
from kgen.explain.sentences import sentence as told
from kgen.explain.view import Item, View
from kgen.lines import layout

_LONG = re.compile(r"[A-Za-z0-9+/=]{160,}")
_FLAG = re.compile(r"--?([A-Za-z][\w.-]*)(?:=|$)")
_NUMBERED = 'linenums="1"'
_SETTING = re.compile(r"([A-Za-z_]\w*)=")
_CONTAINER = re.compile(r"^((?:/spec/template)?/spec/\w*[cC]ontainers/)\d+")
_NAMED = re.compile(r"(?:(/spec)/containers/\d+/volumeMounts|(.*/(?:volumes|env)))/(\d+)")


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of a place."""

    place: str
    line: int
    whole: bool
    """Whether the line can carry a mark: it is not within a value of several lines."""
    said: Md


def content(view: View, item: Item, line_target: LineTarget) -> Md:
    """The content, with its notes."""
    if not item.text:
        return Md(f"{text(item.hidden)}\n")
    shown = _LONG.sub(lambda found: f"{found[0][:24]}…", item.text)
    if not item.data:
        notes = list(_settings(view, item, line_target))
        rows = [(str(note.line), code(note.place), note.said) for note in notes]
        body = fence(shown, numbered(CONTENT, "ini" if item.form == "text" else "text"))
        return Md(f"{body}\n{table(('Line', 'What', 'Why'), rows)}")
    blocks = [_block(view, item, shown, "", line_target)]
    for name, inner in _texts(item):
        blocks.append(Md(f"### The text in {code(name)}\n\n{_inner(view, item, name, inner, line_target)}"))
    return Md("\n".join(blocks))


def _block(view: View, item: Item, shown: str, prefix: str, line_target: LineTarget) -> Md:
    found = list(_notes(view, item, shown, prefix, line_target))
    lines = shown.removesuffix("\n").split("\n")
    listed: list[Md] = []
    rest: list[Md] = []
    by_line: dict[int, list[Note]] = {}
    for note in found:
        by_line.setdefault(note.line, []).append(note)
    for number, here in sorted(by_line.items()):
        said = Md(" ".join(dict.fromkeys(note.said for note in here)))
        if all(note.whole for note in here):
            listed.append(said)
            lines[number - 1] += f" # ({len(listed)})!"
        else:
            rest.append(Md(f"Line {number}: {said}"))
    marked = "".join(f"{number}.  {said}\n" for number, said in enumerate(listed, 1))
    others = "".join(f"- {said}\n" for said in rest)
    block = fence("\n".join(lines), *(("yaml", _NUMBERED) if prefix else (numbered(CONTENT),)))
    return Md("\n".join(part for part in (block, marked, others) if part))


def _notes(view: View, item: Item, shown: str, prefix: str, line_target: LineTarget) -> Iterator[Note]:
    lines = shown.split("\n")
    depends = {
        place.removeprefix(prefix): paths
        for place, paths in item.places.items()
        if place.startswith(prefix) and (prefix or "#" not in place)
    }
    values = dict(_values(shown))
    sources: dict[str, Md] = {}
    told_of: dict[str, list[Md]] = {}
    """By mapping, what was said already of a field of it: three fields of one volume come from one place."""
    for place, taken in layout(shown.encode(), ()).items():
        paths = depends.get(place, ())
        said = _said(view, item, f"{prefix}{place}", _name(values, place), paths)
        source = sources[place] = clause(view, paths, line_target) if paths else Md("")
        above, _, step = place.rpartition("/")
        if source == sources.get(above) or (not step.isdigit() and source in told_of.setdefault(above, [])):
            source = Md("")
        told_of.setdefault(above, []).append(source)
        if said or source:
            whole = Md(" ".join(part for part in (said, Md(f"*From* {source}.") if source else "") if part))
            yield Note(place, taken[0], _can_carry(lines[taken[0] - 1], taken), whole)


def _can_carry(line: str, taken: range) -> bool:
    """Whether a mark may stand at the end of the line: the value ends there, or begins below."""
    return len(taken) == 1 or line.rstrip().endswith(":") or bool(re.match(r"\s*(- )+\S+: ", line))


def _values(shown: str) -> Iterator[tuple[str, str]]:
    """The scalars of a document by their place."""

    def walk(value: object, place: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(inner, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, f"{place}/{index}")
        else:
            yield place, str(value)

    return walk(yaml.load(shown, yaml.BaseLoader), "")  # noqa: S506 (makes nothing but texts)


def _name(values: Mapping[str, str], place: str) -> str:
    """What a place is called in lines.yaml: by its flag, by the name of the volume or variable, or by its pointer."""
    if re.search(r"/(?:command|args)/\d+$", place) and (found := _FLAG.match(values.get(place, ""))):
        return f"--{found[1]}"
    if found := _NAMED.fullmatch(place):
        name = values.get(f"{place}/name", found[3])
        return f"{f'{found[1]}/volumes' if found[1] else found[2]}/{name}"
    return place


def _said(view: View, item: Item, place: str, name: str, paths: tuple[str, ...]) -> Md:
    """The sentence for a place; for a flag that a user added, the facts of that flag.

    In lines.yaml the program's own container is the first; of others kgen knows nothing.
    """
    if found := _CONTAINER.match(place):
        if found[0] != item.container:
            return Md("")
        place, name = (_CONTAINER.sub(r"\g<1>0", each) for each in (place, name))
    own = told(item.topic, name, paths) or told(item.topic, place, paths)
    if own:
        return sentence(own)
    if name.startswith("--"):
        return flag_facts(view, item.arguments[0] if item.arguments else "", name[2:])
    return _described(view, item, place)


def flag_facts(view: View, component: str, name: str) -> Md:
    """Type, default and since when, of a flag that has no sentence of ours."""
    fact = flags.fact(component, name, view.cluster.minor)
    if fact is None:
        return Md(f"{code(f'--{name}')} is a flag that {text(component)} of this minor does not know.")
    words = [f"a flag of type {code(fact.type)}, default {code(fact.default) if fact.default else 'empty'}"]
    if fact.deprecated:
        words.append("deprecated")
    words.append(text(fact.history))
    return Md(f"{code(f'--{name}')}: {'; '.join(words)} ({link('reference', fact.url)}).")


def _described(view: View, item: Item, place: str) -> Md:
    """What the schema says of a field of a configuration, also of one within a ConfigMap."""
    outer, mark, inner = place.partition("#")
    if not mark:
        return (
            sentence(fields.description(view.cluster.minor, item.data, place))
            if item.form == "configuration"
            else Md("")
        )
    data = item.data.get("data")
    held = data.get(outer.removeprefix("/data/")) if isinstance(data, dict) else None
    document = _document(held) if isinstance(held, str) else None
    return sentence(fields.description(view.cluster.minor, document, inner)) if document else Md("")


@functools.lru_cache(maxsize=8)
def _document(text: str) -> Any:
    """Each line of a text asks for the whole."""
    return parsed(text)


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    """The texts of several lines that the data of a ConfigMap has."""
    data = item.data.get("data")
    if item.kind == "ConfigMap" and isinstance(data, dict):
        yield from ((str(name), value) for name, value in data.items() if isinstance(value, str) and "\n" in value)


def _inner(view: View, item: Item, name: str, inner: str, line_target: LineTarget) -> Md:
    shown = _LONG.sub(lambda found: f"{found[0][:24]}…", inner)
    escaped = name.replace("~", "~0").replace("/", "~1")
    if parsed(inner):
        return _block(view, item, shown, f"/data/{escaped}#", line_target)
    rows = []
    for number, line in enumerate(shown.splitlines(), 1):
        words = line.split()
        place = f"/data/{escaped}#/{number - 1}"
        said = sentence(told(item.topic, f"/data/{name}#{words[0]}")) if words else Md("")
        source = clause(view, item.places.get(place, ()), line_target)
        if said or source:
            rows.append((str(number), code(line.strip()), Md(f"{said}{f' *From* {source}.' if source else ''}")))
    block = fence(shown, "text", _NUMBERED)
    return Md(f"{block}\n{table(('Line', 'What', 'Why'), rows)}")


def _settings(view: View, item: Item, line_target: LineTarget) -> Iterator[Note]:
    """The notes of a file of settings: a systemd unit, or variables."""
    for number, line in enumerate(item.text.splitlines(), 1):
        found = _SETTING.match(line)
        if found is None:
            continue
        if said := told(item.topic, found[1]):
            yield Note(found[1], number, False, sentence(said))
        variables = [(place, paths) for place, paths in item.places.items() if place.startswith(f"/{found[1]}/")]
        words = re.findall(r"--[\w-]+=?[^\s\"]*", line) if found[1] == "KUBELET_KUBEADM_ARGS" else []
        for index, word in enumerate(words):
            name = word.partition("=")[0]
            paths = dict(variables).get(f"/{found[1]}/{index}", ())
            own = told(item.topic, name, paths)
            known = sentence(own) if own else flag_facts(view, "kubelet", name[2:])
            source = clause(view, paths, line_target)
            yield Note(word, number, False, Md(f"{known}{f' *From* {source}.' if source else ''}"))
