# SPDX-License-Identifier: Apache-2.0
"""One YAML document as a tree of nodes with their places, and its JSON value as Go would make it.

The parser is libyaml (or PyYAML where that is missing), the meaning is that of go.yaml.in/yaml/v2 decode.go under
sigs.k8s.io/yaml YAMLToJSON: 64-bit numbers, whole floats become integers, keys become strings, a later key replaces
an earlier one, merge keys take effect where they stand. Strict reading, which kubeadm's `config validate` demands,
refuses every replaced key, including one that replaces a merged one.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from kgen import gyaml
from kgen.errors import Path

MAX_DEPTH = 100
"""Deepest nesting that is read; no kubeadm document comes near, and Go itself stops only at 10 000."""

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_RESOLVED = {"bool", "int", "float", "null", "timestamp"}


class Refused(Exception):  # noqa: N818 - it says what happened to the text, and never leaves this package
    """A text that Go does not read: what is wrong, what would be right, and the character where."""

    def __init__(self, what: str, instead: str, index: int) -> None:
        super().__init__(what)
        self.what, self.instead, self.index = what, instead, index


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
    rest: int | None
    """Where text begins that Go never looks at, because the first document has ended."""


def read(text: str) -> Tree:
    """The first YAML document of a text. Raises Refused or yaml.YAMLError."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.anchors: dict[str, Node] = {}
        self.duplicates: list[Duplicate] = []
        self.path: list[str | int] = []

    def read(self) -> Tree:
        next(self.events)
        if not isinstance(next(self.events), yaml.DocumentStartEvent):
            return Tree(None, [], None)
        root = self.node(next(self.events))
        end = next(self.events)
        try:
            more = next(self.events)
        except yaml.YAMLError:
            more = end
        return Tree(root, self.duplicates, None if isinstance(more, yaml.StreamEndEvent) else end.end_mark.index)

    def node(self, event: Any) -> Node:
        start = event.start_mark.index
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor, start)
        if len(self.path) > MAX_DEPTH:
            raise Refused(f"nested more than {MAX_DEPTH} levels deep", "", start)
        if isinstance(event, yaml.ScalarEvent):
            node = Node(start, "scalar", _scalar(event))
        else:
            kind: Literal["mapping", "sequence"] = (
                "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
            )
            node = Node(start, kind, complete=False)
        if event.anchor:
            self.anchors[event.anchor] = node
        if node.kind == "mapping":
            self.mapping(node)
        elif node.kind == "sequence":
            self.sequence(node)
        node.complete = True
        return node

    def alias(self, name: str, start: int) -> Node:
        target = self.anchors.get(name)
        if target is None:
            raise Refused(f"`*{name}` names no anchor", "a text that begins with `*` must stand in quotes", start)
        if not target.complete:
            raise Refused(f"`*{name}` stands inside the value it names", "", start)
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
            name = "" if merge else _key(key)
            self.path[-1] = "<<" if merge else name
            value = self.node(next(self.events))
            self.path.pop()
            if merge:
                self.merge(node, value)
            else:
                self.put(node, name, value, key.start)

    def put(self, node: Node, name: str | int, value: Node, start: int) -> None:
        if name in node.children:
            self.duplicates.append(Duplicate((*self.path, name), node.keys[name], start))
        node.children[name] = value
        node.keys[name] = start

    def merge(self, node: Node, value: Node) -> None:
        # In a list the earlier mapping wins, so it is merged last.
        sources = list(value.children.values())[::-1] if value.kind == "sequence" and not value.target else [value]
        for source in sources:
            if source.kind != "mapping":
                raise Refused("`<<` takes a mapping or a list of mappings", "", source.start)
            for name, child in source.actual.children.items():
                self.put(node, name, child, source.start if source.target else source.keys[name])


def _is_merge(event: yaml.ScalarEvent) -> bool:
    return event.value == "<<" and (event.implicit[0] or event.tag == _TAG + "merge")


def _scalar(event: Any) -> gyaml.Scalar:
    text, tag = event.value, event.tag
    if not tag:
        value = gyaml.resolve(text)[1] if event.implicit[0] else text
    else:
        value = _tagged(tag.removeprefix(_TAG), text, event.start_mark.index)
    if isinstance(value, str) and (found := gyaml.UNREADABLE.search(value)):
        raise Refused(
            f"holds the character U+{ord(found[0]):04X}, which Kubernetes can read but not write",
            "remove it",
            event.start_mark.index,
        )
    return value


def _tagged(tag: str, text: str, start: int) -> gyaml.Scalar:
    """The value of a scalar with an explicit tag: `!!int "8443"` is a number, `!!str 1.37` a text."""
    if tag == "binary":
        try:
            data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
        except (binascii.Error, ValueError):
            raise Refused("`!!binary` is not followed by base64", "", start) from None
        # Go's JSON has U+FFFD for each byte that is not UTF-8.
        return re.sub("[\udc80-\udcff]", "\ufffd", data.decode(errors="surrogateescape"))
    if tag not in _RESOLVED:
        return text
    kind, value = gyaml.resolve(text)
    if kind == tag:
        return value
    if tag == "float" and kind == "int" and isinstance(value, int) and value < 2**63:
        return float(value)
    raise Refused(f"is tagged `!!{tag}`, but is not one", "", start)


def _key(node: Node) -> str:
    """A mapping key as the text that Go makes of it."""
    actual = node.actual
    value = actual.scalar
    if actual.kind != "scalar":
        raise Refused("a mapping or list stands where a key is expected", "quote templates such as `{{ x }}`", node.start)
    match value:
        case bool():
            return "true" if value else "false"
        case int() if value < 2**63:
            return str(value)
        case float():
            return gyaml.format_float32(value)
        case str():
            return value
    raise Refused("a null or a number beyond 64 bits stands where a key is expected", "quote it", node.start)


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
            raise Refused("the document consists of aliases for the most part", "write the values out", node.start)

    def value(self, node: Node, depth: int) -> Any:
        self.count(node)
        if depth > MAX_DEPTH:
            raise Refused(f"nested more than {MAX_DEPTH} levels deep", "", node.start)
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
        return _json(node)


def _allowed(decoded: int) -> float:
    """Which share of the decoded values may come from aliases (yaml/v2 decode.go, allowedAliasRatio)."""
    return 0.99 - 0.89 * min(max(decoded - 400_000, 0) / 3_600_000, 1)


def _json(node: Node) -> gyaml.Scalar:
    """A scalar after JSON: whole floats are integers, integers beyond int64 are floats."""
    number = node.scalar
    if isinstance(number, float):
        try:
            number = gyaml.json_number(number)
        except ValueError:
            raise Refused("JSON has no infinite numbers and no NaN", "quote it if it is a text", node.start) from None
    return float(number) if isinstance(number, int) and number >= 2**63 else number
