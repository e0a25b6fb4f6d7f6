# SPDX-License-Identifier: Apache-2.0
"""A page for each kind of document, out of its JSON Schemas: every field, and which minors and versions have it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from kgen.config.catalogue import RENDER, minors
from kgen.explain.markdown import Md, code, link, plain, sentence, table, text
from kgen.explain.page import Page, relative
from kgen.explain.reference.model import TREE, Field, Type, Types, all_kinds, anchor, page, types, versions

OVERVIEW = "reference/configuration/index.md"
_EXPERIMENTAL = "kubeadm.k8s.io/v1"


def pages() -> Iterator[Page]:
    """The overview of all kinds, then a page for each."""
    kinds = all_kinds()
    yield _overview(kinds)
    for kind in kinds:
        yield Page(page(kind), "kgen.json" if kind == TREE[1] else kind, "\n".join(_body(kind)))


def _overview(kinds: Sequence[str]) -> Page:
    rows = []
    for kind in kinds:
        newest = _newest(kind)
        read = [
            Md(f"{code(version.rpartition('/')[2])} {text(_span(known))}") for version, known in versions(kind).items()
        ]
        title = link(kind, relative(OVERVIEW, page(kind)))
        rows.append((title, Md("<br>".join(read)), sentence(next(iter(newest.values())).description)))
    body = (
        "# Documents\n\nEvery kind of document that kubeadm or kgen reads, and the index that kgen writes. "
        "A file can hold one document of each kind, `---` between them. `kgen schema` prints the same as JSON Schemas "
        "for editors.\n\n"
    )
    return Page(OVERVIEW, "Documents", body + table(("Kind", "Read as, by which kubeadm", "What it is"), rows))


def _body(kind: str) -> Iterator[Md]:
    known = versions(kind)
    first = next(iter(known))
    newest = _newest(kind)
    history = _history(kind, first)
    yield Md(f"# {code(kind)}\n")
    yield Md(f"{sentence(newest[kind].description)}\n")
    if kind not in (RENDER[1], TREE[1]):
        read_by = [(code(version), text(_span(read)), _remark(version, first)) for version, read in known.items()]
        yield table(("apiVersion", "Read by kubeadm", "Note"), read_by)
    if kind == TREE[1]:
        yield Md("The JSON Schema is `schema/kgen/v1/Tree.json`; `kgen schema` prints it.\n")
    if rows := list(differences(kind, page(kind))):
        yield Md(f"Differences between minors:\n\n{table(('Field', 'Minors'), rows)}")
    if len(newest) > 1:
        names = ", ".join(link(code(name), f"#{anchor(name)}") for name in newest if name != kind)
        yield Md(f"Types of its fields: {names}.\n")
    for each in newest.values():
        yield from _type(each, newest, history, each.name == kind)
    yield from _other_versions(kind, first)
    gone = [(name, field) for (name, field), minors_ in history.items() if minors_[-1] != known[first][-1]]
    if gone:
        yield Md("## Gone {#gone}\n\nThe newest kubeadm does not know these any more.\n")
    for name, field in gone:
        minor = history[name, field][-1]
        its = types(minor, first, kind)
        yield from _field(name, its[name].fields[field], its, history[name, field], f"{name}.{field}")


def _type(each: Type, known: Types, history: Mapping[tuple[str, str], tuple[str, ...]], is_kind: bool) -> Iterator[Md]:
    heading = "Fields" if is_kind else code(each.name)
    yield Md(f"## {heading} {{#{anchor(each.name)}}}\n")
    if not is_kind and each.description:
        yield Md(f"{sentence(each.description)}\n")
    if not is_kind and (users := list(_users(each.name, known))):
        yield Md(f"In {', '.join(users)}.\n")
    if each.base:
        yield Md(f"It has all fields of {link(code(each.base), f'#{anchor(each.base)}')}, and these:\n")
    if each.words:
        yield Md(f"Type: {text(each.words)}.\n")
    for field in each.fields.values():
        yield from _field(each.name, field, known, history.get((each.name, field.name), ()), field.name)


def _users(name: str, known: Types) -> Iterator[Md]:
    """The fields that have this type."""
    for each in known.values():
        for field in each.fields.values():
            if field.of == name:
                yield link(code(f"{each.name}.{field.name}"), f"#{anchor(each.name, field.name)}")


def _field(owner: str, field: Field, known: Types, read: Sequence[str], title: str) -> Iterator[Md]:
    facts = [_type_link(field, known)]
    if field.required:
        facts.append(Md("required"))
    if field.default:
        facts.append(Md(f"default {code(field.default)}"))
    if read and tuple(read) != minors():
        facts.append(Md(f"**{text(_span(read))}**"))
    parts = [f"### {code(title)} {{#{anchor(owner, field.name)}}}\n", f"{' · '.join(facts)}\n"]
    told = " ".join(part for part in (_title(field), sentence(field.description)) if part)
    if told:
        parts.append(f"{told}\n")
    if field.examples:
        parts.append(f"For example {', '.join(code(plain(example)) for example in field.examples)}\n")
    yield Md("\n".join(parts))


def _title(field: Field) -> Md:
    """The title, unless it only repeats the name."""
    repeats = field.title.replace(" ", "").lower() == field.name.rpartition(".")[2].lower()
    return Md("") if repeats or not field.title else Md(f"**{text(field.title)}.**")


def _type_link(field: Field, known: Types) -> Md:
    if field.of not in known:
        return text(field.type)
    before = field.type.removesuffix(field.of)
    return Md(f"{text(before)}{link(code(field.of), f'#{anchor(field.of)}')}")


def _newest(kind: str) -> Types:
    version, read = next(iter(versions(kind).items()))
    return types(read[-1], version, kind)


def _history(kind: str, version: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """The minors that have each field, by type and name."""
    found: dict[tuple[str, str], list[str]] = {}
    for minor in versions(kind)[version]:
        for each in types(minor, version, kind).values():
            for field in each.fields:
                found.setdefault((each.name, field), []).append(minor)
    return {place: tuple(read) for place, read in found.items()}


def _span(read: Sequence[str]) -> str:
    """Which of all minors these are, in words."""
    known = minors()
    if tuple(read) == known:
        return f"{known[0]} to {known[-1]}"
    if read[-1] == known[-1]:
        return f"since {read[0]}"
    if read[0] == known[0]:
        return f"until {read[-1]}"
    return f"{read[0]} to {read[-1]}" if len(read) > 1 else f"only {read[0]}"


def _remark(version: str, first: str) -> Md:
    if version == first:
        return Md("described here")
    return Md("with `--allow-experimental-api`") if version == _EXPERIMENTAL else Md("old; `kgen config migrate`")


def differences(kind: str, here: str) -> Iterator[tuple[Md, Md]]:
    """What differs between the minors in the version that is described: a field, as a link from a page, and how."""
    version = next(iter(versions(kind)))
    at = relative(here, page(kind)) if here != page(kind) else ""
    for (name, field), read in _history(kind, version).items():
        if read != versions(kind)[version]:
            yield link(code(f"{name}.{field}"), f"{at}#{anchor(name, field)}"), text(_span(read))
    for name, field, said in _changed(kind, version):
        yield link(code(f"{name}.{field}"), f"{at}#{anchor(name, field)}"), said


def _other_versions(kind: str, first: str) -> Iterator[Md]:
    """What differs between the version described and the others."""
    others = {version: read for version, read in versions(kind).items() if version != first}
    if others:
        yield Md("## Other versions {#other-versions}\n")
    for version, read in others.items():
        rows = list(_between(types(read[-1], first, kind), types(read[-1], version, kind)))
        if rows:
            head = ("Field", f"In {version.rpartition('/')[2]}")
            yield Md(f"What is different in {code(version)}:\n\n{table(head, rows)}")
        else:
            yield Md(f"In {code(version)} the fields are the same.\n")


def _changed(kind: str, version: str) -> Iterator[tuple[str, str, Md]]:
    """Fields whose default or type is another one from one minor to the next."""
    for older, newer in itertools.pairwise(versions(kind)[version]):
        before, after = types(older, version, kind), types(newer, version, kind)
        for name, field in _common(before, after):
            was, now = before[name].fields[field], after[name].fields[field]
            if was.default != now.default:
                said = f"default {_value(was.default)} until {older}, {_value(now.default)} since {newer}"
                yield name, field, Md(said)
            if was.type != now.type:
                yield name, field, Md(f"{text(was.type)} until {older}, {text(now.type)} since {newer}")


def _between(described: Types, other: Types) -> Iterator[tuple[Md, Md]]:
    for name in dict.fromkeys((*described, *other)):
        if name not in other:
            continue  # the fields that have this type are missing, too
        mine = described[name].fields if name in described else {}
        its = other[name].fields
        for field in dict.fromkeys((*mine, *its)):
            place = code(f"{name}.{field}")
            if field not in its:
                yield link(place, f"#{anchor(name, field)}"), Md("missing")
            elif field not in mine:
                yield place, Md(f"only there: {text(its[field].type)}. {sentence(its[field].description)}")
            elif mine[field].type != its[field].type and field != "apiVersion":
                yield link(place, f"#{anchor(name, field)}"), text(its[field].type)


def _common(before: Types, after: Types) -> Iterator[tuple[str, str]]:
    for name, each in before.items():
        yield from ((name, field) for field in each.fields if name in after and field in after[name].fields)


def _value(default: str) -> Md:
    return code(default) if default else Md("none")
