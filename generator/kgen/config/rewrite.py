# SPDX-License-Identifier: Apache-2.0
"""A document's text with a changed value: what did not change stays as it was written, with its comments.

Works on lines, for documents in block style. The comments above a key belong to it and move with it. Whatever cannot
be done that way is written anew, its comments above it, and what comes out is read again: if it is not the value that
was asked for, the whole document is written anew. In the end the comments are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from kgen import gyaml
from kgen.config import documents, yamlcomments
from kgen.config.documents import Document
from kgen.config.nodes import Node
from kgen.config.yamlcomments import Comment
from kgen.errors import Path

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EMPTY = re.compile(r"\s*(#.*)?$")
_PROPERTIES = re.compile(r"^(\s*:)(?:\s+[&!]\S*)+")
_BARE_KEY = re.compile(r"\s*:(?:\s+[&!]\S*)*\s*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The text for a new value."""

    text: str
    anew: bool
    """Whether it is written anew as a whole, without its layout."""
    lost: tuple[Comment, ...]
    """Comments of the old text that it has no more."""


def rewrite(document: Document, root: Node, named: Collection[Path] = ()) -> Rewritten:
    """The text for the new value. Comments at what is left out count as lost, unless it is one of the `named`."""
    try:
        old = _Text(document)
        text = old.document(root)
        expected = {line for path in named if (entry := old.entries.get(path)) for line in range(entry.lead, entry.end)}
    except (_Unwilling, yaml.YAMLError):
        return _anew(document, root)
    read, problems = documents.parse(text.encode(), document.source)
    if len(read) == 1 and not problems and repr(_sorted(read[0].value)) == repr(_sorted(root.plain())):
        lost = _lost(document.text, text)
        return Rewritten(text, False, tuple(comment for comment in lost if comment.line not in expected))
    return _anew(document, root)


def _anew(document: Document, root: Node) -> Rewritten:
    return Rewritten(gyaml.dump(root.plain()), True, tuple(yamlcomments.of(document.text)))


def _lost(old: str, new: str) -> Iterator[Comment]:
    """The comments that the new text lacks. Those of the same wording are told apart by their order alone."""
    left = Counter(comment.text for comment in yamlcomments.of(new))
    for comment in yamlcomments.of(old):
        left[comment.text] -= 1
        if left[comment.text] < 0:
            yield comment


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


class _Unwilling(Exception):  # noqa: N818 - it never leaves this module
    """The text is not made of plain blocks."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key with its value, or an item of a list, in the text."""

    lead: int
    """First line of the comments above it; lines count from 0"""
    line: int
    end: int
    """The line after its last"""
    column: int
    """Of its key or dash"""
    key: yaml.Node | None
    value: yaml.Node


class _Text:
    def __init__(self, document: Document) -> None:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(document.text, Loader=_LOADER)):
            raise _Unwilling
        root = yaml.compose(document.text, Loader=_LOADER)
        if root is None or not _is_block(root, yaml.MappingNode):
            raise _Unwilling
        self.old = document.value
        self.lines = document.text.removesuffix("\n").split("\n")
        self.comments = list(yamlcomments.of(document.text))
        self.entries: dict[Path, _Entry] = {}
        self.tail = len(self.lines)
        while self.tail and _EMPTY.match(self.lines[self.tail - 1]) and self.lines[self.tail - 1][:1] in ("", "#"):
            self.tail -= 1
        self.head = root.value[0][0].start_mark.line
        self.scan(root, (), self.head, self.tail)

    def scan(self, node: yaml.Node, path: Path, start: int, end: int) -> None:
        """Note the entries of a block that fills these lines."""
        found = list(_children(node))
        columns = [mark.column if key else self._dash(mark) for _, key, _, mark in found]
        leads = [start] + [
            self._lead(mark.line, column, before.line + 1)
            for (_, _, _, mark), column, (_, _, _, before) in zip(found[1:], columns[1:], found, strict=False)
        ]
        ends = [*leads[1:], end]
        for (step, key, value, mark), column, lead, until in zip(found, columns, leads, ends, strict=True):
            self.entries[*path, step] = _Entry(min(lead, mark.line), mark.line, until, column, key, value)
            if _is_block(value, yaml.MappingNode) or _is_block(value, yaml.SequenceNode):
                same_line = next(_children(value))[3].line == mark.line
                self.scan(value, (*path, step), mark.line if same_line else mark.line + 1, until)

    def _dash(self, mark: yaml.Mark) -> int:
        """The column of the dash before an item."""
        column = self.lines[mark.line].rfind("-", 0, mark.column)
        if column < 0:
            raise _Unwilling
        return column

    def _lead(self, line: int, column: int, floor: int) -> int:
        """Where the comments above a line begin that stand no further to the right than its key."""
        while line > floor and _EMPTY.match(above := self.lines[line - 1]) and _indent(above) <= column:
            line -= 1
        return line

    def document(self, root: Node) -> str:
        """The whole text for a new value."""
        column = _column_of(self.entries, root)
        lines = [*self.lines[: self.head], *self.mapping(root, column), *self.lines[self.tail :]]
        return "\n".join(lines) + "\n"

    def mapping(self, node: Node, column: int) -> Iterator[str]:
        """The lines of a map whose keys stand at this column."""
        for key, child in node.value.items():
            yield from self.entry(key, child, column)

    def entry(self, key: str, node: Node, column: int) -> Iterator[str]:
        """The lines of a key and its value."""
        entry = self.entries.get(node.old) if node.old is not None else None
        if node.old is None or entry is None or entry.key is None:
            yield from self.made(key, node, column)
            return
        shift = column - entry.column
        yield from _shifted(self.lines[entry.lead : entry.line], shift)
        header, rest = self.header(key, entry, column)
        old = _at(self.old, node.old or ())
        if repr(node.plain()) == repr(old):
            yield header + rest
            yield from _shifted(self.lines[entry.line + 1 : entry.end], shift)
        elif not (node.value and isinstance(node.value, dict | list) and _BARE_KEY.match(rest)):
            if entry.value.end_mark.line == entry.line:  # what follows are comments
                yield from self.made(key, node, column, self.comment(entry))
                yield from _shifted(self.lines[entry.line + 1 : entry.end], shift)
            else:
                if not self.holds_moved(node):
                    yield from (" " * column + text for text in self.comments_in(entry))
                yield from self.made(key, node, column)
        elif isinstance(node.value, dict):
            yield header + rest
            yield from self.mapping(node, _column_of(self.entries, node, column + 2, shift))
        elif _is_block(entry.value, yaml.SequenceNode):
            yield header + rest
            yield from self.items(node, shift)
        else:
            yield header + _PROPERTIES.sub(r"\1", rest)  # those of a map, and it is a list now
            yield from self.arguments(node, column)

    def header(self, key: str, entry: _Entry, column: int) -> tuple[str, str]:
        """The key at its new column, and what follows it on its line."""
        assert entry.key is not None  # noqa: S101 (entries of maps have one)
        rest = self.lines[entry.line][entry.key.end_mark.column :]
        same = isinstance(entry.key, yaml.ScalarNode) and entry.key.value == key
        written = self.lines[entry.line][entry.key.start_mark.column : entry.key.end_mark.column]
        return " " * column + (written if same else _scalar(key)), rest

    def made(self, key: str, node: Node, column: int, comment: str = "") -> Iterator[str]:
        """A key whose value is written anew, but for values below it that were moved here."""
        pad = " " * column
        if isinstance(node.value, dict) and self.holds_moved(node):
            yield f"{pad}{_scalar(key)}:{comment}"
            yield from self.mapping(node, column + 2)
            return
        first, *rest = gyaml.dump({key: node.plain()}).splitlines()
        if comment and rest:
            yield f"{pad}{comment.lstrip()}"
        yield f"{pad}{first}{'' if rest else comment}"
        yield from (pad + line for line in rest)

    def holds_moved(self, node: Node) -> bool:
        """Whether a value in this map, or in a map in it, stood in the text before."""
        below = node.value.values() if isinstance(node.value, dict) else ()
        return any(child.old in self.entries or self.holds_moved(child) for child in below)

    def comment(self, entry: _Entry) -> str:
        """The comment after a value that stands on the line of its key, with the blanks before it."""
        mark = entry.value.end_mark
        if mark.line != entry.line or (isinstance(entry.value, yaml.CollectionNode) and not entry.value.flow_style):
            return ""
        rest = self.lines[entry.line][mark.column :]
        return rest if _EMPTY.match(rest) else ""

    def comments_in(self, entry: _Entry) -> Iterator[str]:
        """The comments from the line of a key to the end of its value."""
        yield from (comment.text for comment in self.comments if entry.line <= comment.line < entry.end)

    def items(self, node: Node, shift: int) -> Iterator[str]:
        """The items of a list in block style, some of them changed inside."""
        for item in node.items():
            entry = self.entries.get(item.old or ())
            if entry is None:
                raise _Unwilling
            yield from _shifted(self.lines[entry.lead : entry.line], shift)
            if repr(item.plain()) == repr(_at(self.old, item.old or ())):
                yield from _shifted(self.lines[entry.line : entry.end], shift)
            elif item.value and isinstance(item.value, dict):
                column = entry.column + shift
                lines = list(self.mapping(item, _column_of(self.entries, item, column + 2, shift)))
                at = next(number for number, line in enumerate(lines) if not _EMPTY.match(line))
                lines[at] = lines[at][:column] + "-" + lines[at][column + 1 :]
                yield from lines
            else:
                raise _Unwilling

    def arguments(self, node: Node, column: int) -> Iterator[str]:
        """A map in block style as a list of names and values."""
        for item in node.items():
            entry = self.entries.get(item.old or ())
            if entry is None or entry.value.start_mark.line != entry.line:
                raise _Unwilling
            yield from _shifted(self.lines[entry.lead : entry.line], column - entry.column)
            yield f"{' ' * column}- name: {_scalar(item.value['name'].plain())}"
            yield f"{' ' * column}  value: {self.lines[entry.line][entry.value.start_mark.column :]}"
            yield from _shifted(self.lines[entry.line + 1 : entry.end], column + 2 - entry.column)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node | None, yaml.Node, yaml.Mark]]:
    """Step, key (None for items), value and where the key or the item's value begins."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                raise _Unwilling
            yield key.value, key, value, key.start_mark
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield index, None, value, value.start_mark


def _is_block(node: yaml.Node, kind: type[yaml.CollectionNode]) -> bool:
    return isinstance(node, kind) and not node.flow_style and bool(node.value)


def _column_of(entries: dict[Path, _Entry], node: Node, otherwise: int = 0, shift: int = 0) -> int:
    """The column of the keys of a map: that of those that stood in it before."""
    for child in node.value.values():
        if child.old and node.old is not None and child.old[:-1] == node.old and child.old in entries:
            return entries[child.old].column + shift
    return otherwise


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shifted(lines: Sequence[str], by: int) -> Iterator[str]:
    for line in lines:
        if by >= 0:
            yield " " * by + line if line.strip() else line
        else:
            yield line[min(-by, _indent(line)) :]


def _scalar(text: str) -> str:
    """A text as it stands after a dash or before a colon."""
    return gyaml.dump([text]).removeprefix("- ").removesuffix("\n")
