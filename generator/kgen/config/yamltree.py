# SPDX-License-Identifier: Apache-2.0
"""One YAML document as a tree of nodes with their places, and its JSON value as Go would make it.

The parser is libyaml (or PyYAML where that is missing), the meaning is that of go.yaml.in/yaml/v2 decode.go under
sigs.k8s.io/yaml YAMLToJSON: 64-bit numbers, whole floats become integers, keys become strings, a later key replaces
an earlier one, merge keys take effect where they stand. Strict reading, which kubeadm's `config validate` demands,
refuses every replaced key, including one that replaces a merged one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from kgen import gyaml
from kgen.config import yamlscalars
from kgen.config.limits import MAX_KEY, MAX_VALUES
from kgen.config.yamlscalars import Refused
from kgen.errors import Path

MAX_DEPTH = 100
"""Deepest nesting that is read; no kubeadm document comes near, and Go itself stops only at 10 000."""

MAX_MERGED = 400_000
"""How many keys `<<` may bring in; Go counts them with the aliases, which it limits to a share of that order."""
ALIASES = "the document consists of aliases for the most part"
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
TOO_MANY = f"the document holds more than {MAX_VALUES} values and keys"
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLON, _BOM, _BACKSLASH = "\U000f0001", "\U000f0002", "\U000f0003"
_STAND_INS: dict[int, str] = {ord(_COLON): ":", ord(_BOM): "\ufeff", ord(_BACKSLASH): "\\"}
_QUOTED_STAND_INS = {**_STAND_INS, ord(_BACKSLASH): ""}
_ESCAPED_QUOTE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?=')")
_ESCAPED_SLASH = re.compile(r"(?:[^\\]|\\[^/])*?(?=\\/)", re.DOTALL)
_FLOW_COLON = re.compile(r"""(?<![\s"'\[\]{},?]):(?=[\[\]{},])""")
_INVISIBLE = re.compile(r"[\xa0\xad\u2000-\u200f\u202f\u205f-\u2064\u3000\ufeff]")


@dataclass(slots=True)
class Node:
    """A value in the text. An alias is a node of its own whose `target` is the anchored one."""

    start: int
    kind: Literal["scalar", "mapping", "sequence"]
    scalar: gyaml.Scalar = None
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str | int, int] = field(default_factory=dict)
    target: Node | None = None
    complete: bool = True

    @property
    def actual(self) -> Node:
        """The node itself, or what it is an alias of."""
        return self.target or self


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that stands twice in a mapping."""

    path: Path
    first: int
    second: int


@dataclass(slots=True)
class Tree:
    """What a text holds: the root of its first document (None if there is none) and findings about it."""

    root: Node | None
    duplicates: list[Duplicate]
    disguised: list[tuple[Path, int]]
    """Keys that begin with an invisible character, and where they stand."""
    rest: int | None
    """Where text begins that Go never looks at, because the first document has ended."""


def read(text: str) -> Tree:
    """The first YAML document of a text. Raises Refused or yaml.YAMLError."""
    try:
        return _read(text)
    except ValueError:  # PyYAML, where libyaml has an error of its own
        raise Refused("an escape in double quotes names no character", "", max(text.find("\\U"), 0)) from None


def _read(text: str) -> Tree:
    given = readable(text)
    return _Reader(given, replaced=given != text).read()


def readable(text: str) -> str:
    """The text for other parsers than Go's, with stand-ins for single characters, which are all where they were.

    To them the colon of `[fd00::]` is no part of the text, a BOM may begin any line, and `\\'` is no escape in double
    quotes.
    """
    if not set(text).isdisjoint((_COLON, _BOM, _BACKSLASH)):
        return text
    text = text[:1] + text[1:].replace("\ufeff", _BOM)
    text = _ESCAPED_QUOTE.sub(rf"\1{_BACKSLASH}", text)
    return _FLOW_COLON.sub(_COLON, text)


class _Reader:
    def __init__(self, text: str, replaced: bool = True) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.text = text
        self.replaced = replaced
        self.merged = 0
        self.nodes = 0
        self.anchors: dict[str, Node] = {}
        self.duplicates: list[Duplicate] = []
        self.disguised: list[tuple[Path, int]] = []
        self.path: list[str | int] = []
        self.flows = 0

    def read(self) -> Tree:
        next(self.events)
        begin = next(self.events)
        start = begin.start_mark.index
        if not isinstance(begin, yaml.DocumentStartEvent):
            return Tree(None, [], [], None)
        if begin.version and tuple(begin.version) != (1, 1):  # yaml/v2 parserc.go, yaml_parser_process_directives
            raise Refused("kubeadm reads no other YAML than 1.1", "remove the directive", start)
        root = self.node(next(self.events))
        end = next(self.events)
        try:
            more = next(self.events)
        except yaml.YAMLError:
            more = end
        rest = None if isinstance(more, yaml.StreamEndEvent) else end.end_mark.index
        return Tree(root, self.duplicates, self.disguised, rest)

    def node(self, event: Any) -> Node:
        start = event.start_mark.index
        self.nodes += 1
        if self.nodes > MAX_VALUES:
            raise Refused(TOO_MANY, "", start)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(str(event.anchor), start)
        if len(self.path) > MAX_DEPTH:
            raise Refused(TOO_DEEP, "", start)
        if isinstance(event, yaml.ScalarEvent):
            if self.flows and not event.style and "?" in event.value:
                raise Refused("`?` stands inside `[ ]` or `{ }`", "quote the text", start)
            node = Node(start, "scalar", yamlscalars.read(self.scalar(event), event.tag, event.implicit[0], start))
        else:
            kind: Literal["mapping", "sequence"] = (
                "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
            )
            node = Node(start, kind, complete=False)
        if event.anchor:
            self.anchors[event.anchor] = node
        if node.kind != "scalar":
            self.flows += bool(event.flow_style)
            (self.mapping if node.kind == "mapping" else self.sequence)(node)
            self.flows -= bool(event.flow_style)
            node.complete = True
        return node

    def scalar(self, event: Any) -> str:
        """The text of a scalar, which Go's parser does not read with a `\\/` in double quotes."""
        quoted = event.style == '"'
        if quoted and "/" in event.value:
            start, end = event.start_mark.index, event.end_mark.index
            if found := _ESCAPED_SLASH.match(self.text, start, end):
                raise Refused("`\\/` is an escape in JSON, and in no YAML that kubeadm reads", "write `/`", found.end())
        text: str = event.value
        return text.translate(_QUOTED_STAND_INS if quoted else _STAND_INS) if self.replaced else text

    def alias(self, name: str, start: int) -> Node:
        target = self.anchors.get(name)
        if target is None:
            raise Refused("the alias names no anchor", "a text that begins with `*` must stand in quotes", start)
        if not target.complete:
            raise Refused("the alias stands inside the value it names", "", start)
        return Node(start, target.kind, target=target.actual)

    def sequence(self, node: Node) -> None:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            self.path.append(len(node.children))
            node.children[len(node.children)] = self.node(event)
            self.path.pop()

    def mapping(self, node: Node) -> None:
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            merge = isinstance(event, yaml.ScalarEvent) and _is_merge(event)
            self.path.append("<<")
            key = self.node(event)
            name = "" if merge else self.key(key)
            self.path[-1] = "<<" if merge else name
            value = self.node(next(self.events))
            self.path.pop()
            if merge:
                self.merge(node, value)
            else:
                self.put(node, name, value, key.start)

    def key(self, node: Node) -> str:
        if node.kind != "scalar":
            raise Refused(
                "a mapping or list stands where a key is expected", "quote templates such as `{{ x }}`", node.start
            )
        name = yamlscalars.as_key(node.actual.scalar, node.start)
        if len(name) > MAX_KEY:
            raise Refused(f"the key is longer than {MAX_KEY} characters", "", node.start)
        return name

    def put(self, node: Node, name: str | int, value: Node, start: int) -> None:
        if name in node.children:
            self.duplicates.append(Duplicate((*self.path, name), node.keys[name], start))
        if isinstance(name, str) and _INVISIBLE.match(name):
            self.disguised.append(((*self.path, name), start))
        node.children[name] = value
        node.keys[name] = start

    def merge(self, node: Node, value: Node) -> None:
        # In a list the earlier mapping wins, so it is merged last.
        sources = list(value.children.values())[::-1] if value.kind == "sequence" and not value.target else [value]
        for source in sources:
            if source.kind != "mapping":
                raise Refused("`<<` takes a mapping or a list of mappings", "", source.start)
            self.merged += len(source.actual.children)
            if self.merged > MAX_MERGED:
                raise Refused(ALIASES, "write the values out", source.start)
            for name, child in source.actual.children.items():
                self.put(node, name, child, source.start if source.target else source.keys[name])


def _is_merge(event: yaml.ScalarEvent) -> bool:
    return event.value == "<<" and (event.implicit[0] or event.tag == yamlscalars.TAG + "merge")


def value(root: Node) -> Any:
    """The JSON value of a tree; aliases become copies. Raises Refused for what JSON cannot hold or is a bomb."""
    return _Values().value(root, 0)


class _Values:
    """Counts what it decodes as Go does, to refuse what consists of aliases for the most part."""

    def __init__(self) -> None:
        self.decoded = 1
        self.aliased = 0
        self.inside = 0

    def count(self, node: Node) -> None:
        self.decoded += 1
        self.aliased += bool(self.inside)
        if self.aliased > 100 and self.decoded > 1000 and self.aliased / self.decoded > _allowed(self.decoded):
            raise Refused(ALIASES, "write the values out", node.start)
        if self.decoded > MAX_VALUES:
            raise Refused(TOO_MANY, "", node.start)

    def value(self, node: Node, depth: int) -> Any:
        self.count(node)
        if depth > MAX_DEPTH:
            raise Refused(TOO_DEEP, "", node.start)
        if node.target:
            self.inside += 1
            result = self.value(node.target, depth)
            self.inside -= 1
            return result
        if node.kind == "mapping":
            mapping = {}
            for name, child in node.children.items():
                self.count(node)
                mapping[name] = self.value(child, depth + 1)
            return mapping
        if node.kind == "sequence":
            return [self.value(child, depth + 1) for child in node.children.values()]
        return yamlscalars.as_json(node.scalar, node.start)


def _allowed(decoded: int) -> float:
    """Which share of the decoded values may come from aliases (yaml/v2 decode.go, allowedAliasRatio)."""
    return 0.99 - 0.89 * min(max(decoded - 400_000, 0) / 3_600_000, 1)
