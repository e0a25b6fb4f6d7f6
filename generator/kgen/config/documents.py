# SPDX-License-Identifier: Apache-2.0
"""Text to documents, as kubeadm reads them, with the place of every value.

kubeadm cuts a file into documents at lines that begin with `---` (cmd/kubeadm/app/util/marshal.go,
SplitConfigDocuments; apimachinery pkg/util/yaml/decoder.go, YAMLReader) and reads each of them with sigs.k8s.io/yaml,
or as JSON if it begins with `{` (pkg/runtime/serializer/recognizer). Only comments between two separators are a
document without kind for it, which it refuses.

Deliberately stricter here: nesting is limited, UTF-16 is refused, and so are characters that kubeadm reads but cannot
write.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from kgen.config import yamlhints, yamltree
from kgen.config.limits import MAX_DOCUMENTS, MAX_PROBLEMS
from kgen.config.yamlscalars import Refused
from kgen.errors import Mark, Path, Place, Problem

_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONSTANT = re.compile(r'"(?:[^"\\]+|\\.)*"|(NaN|-?Infinity)', re.DOTALL)
"""A text of JSON, or a number that Python's JSON has and Go's has not."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a configuration file."""

    source: str
    """File name as the user gave it."""
    index: int
    """Its number in the file, from 1, empty ones counted."""
    value: dict[str, Any]
    """What Go makes of it: plain dicts, lists, strings, numbers, booleans and None."""
    text: str
    """Its lines, with `\\n` as line ends; the first of them is `line` of the file."""
    line: int
    separator: str
    """The line that ends the document before it; empty for the first one."""
    _root: yamltree.Node = field(repr=False, compare=False)
    _place: Callable[[int], Mark] = field(repr=False, compare=False)

    @property
    def api_version(self) -> str:
        """Its apiVersion; empty where that is missing or not a text."""
        version = self.value.get("apiVersion")
        return version if isinstance(version, str) else ""

    @property
    def kind(self) -> str:
        """Its kind; empty where that is missing or not a text."""
        kind = self.value.get("kind")
        return kind if isinstance(kind, str) else ""

    def mark(self, path: Path) -> Mark:
        """The place of the value at `path`, or of the nearest value above it that exists."""
        node = self._root
        for step in path:
            child = node.actual.children.get(step)
            if child is None:
                break
            node = child
        return self._place(node.start)

    def key_mark(self, path: Path) -> Mark:
        """The place of the key that `path` ends with; of the value where it has none (an item of a list)."""
        node = self._root
        start = node.start
        for step in path:
            child = node.actual.children.get(step)
            if child is None:
                break
            start = node.actual.keys.get(step, child.start)
            node = child
        return self._place(start)


def parse(text: bytes, source: str) -> tuple[list[Document], list[Problem]]:
    """The documents of a file and what is wrong with it as YAML; never raises.

    A document that cannot be read is left out and has a Problem (`yaml`, `empty-document`). A document with
    `duplicate-key` problems is there, with the last of the values, as Go has it.
    """
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return [], [Problem("yaml", "the file is UTF-16", "save it as UTF-8", source=source, mark=Mark(1, 1))]
    documents: list[Document] = []
    chunks, problems = _split(text, source)
    if len(chunks) > MAX_DOCUMENTS:
        what = f"the file holds more than {MAX_DOCUMENTS} documents"
        return [], [Problem("yaml", what, source=source, mark=Mark(chunks[MAX_DOCUMENTS][0], 1))]
    for index, (line, chunk, separator) in enumerate(chunks, 1):
        document, found = _document(chunk, source, index, line, separator)
        documents += [document] if document else []
        problems += found
    return documents, sorted(problems, key=_place)


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.mark.line, problem.mark.column) if problem.mark else (0, 0)


def _split(text: bytes, source: str) -> tuple[list[tuple[int, bytes, bytes]], list[Problem]]:
    """The texts between separators, each with the number of its first line and the separator before it."""
    lines = text.split(b"\n")
    last = lines.pop()
    lines = [line.removesuffix(b"\r") for line in lines] + ([last] if last else [])
    chunks: list[tuple[int, bytes, bytes]] = []
    problems: list[Problem] = []
    current: list[bytes] = []
    separator = b""
    for number, line in enumerate(lines, 1):
        if not line.startswith(b"---"):
            current.append(line)
            continue
        rest = line[3:].decode(errors="replace").strip()
        if wrong := rest[:1] not in ("", "#"):
            what = "nothing but a comment may follow `---` on its line"
            instead = "use three dashes" if rest[0] == "-" else "write what follows on the next line"
            problems.append(Problem("yaml", what, instead, source=source, mark=Mark(number, 4)))
        if current:
            chunks.append((number - len(current), b"\n".join(current) + b"\n", separator))
            separator = line
        # A second separator in a row belongs to the next document, where YAML reads it as the start.
        current = [] if current or wrong else [line]
    if current:
        chunks.append((len(lines) - len(current) + 1, b"\n".join(current) + b"\n", separator))
    return chunks, problems


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The text of one document and where it stands."""

    source: str
    index: int
    line: int
    text: str
    starts: list[int]
    """Where its lines begin"""

    @classmethod
    def of(cls, source: str, index: int, line: int, text: str) -> _Chunk:
        return cls(source, index, line, text, [0, *(found.end() for found in re.finditer("\n", text))])

    def mark(self, at: int) -> Mark:
        """The place of a character of the text."""
        line = bisect.bisect_right(self.starts, at) - 1
        return Mark(self.line + line, at - self.starts[line] + 1)

    def problem(self, what: str, instead: str, at: int, code: str = "yaml", **more: Any) -> Problem:
        """A problem at a character of the text."""
        return Problem(code, what, instead, source=self.source, mark=self.mark(at), **more)


def _document(
    data: bytes, source: str, index: int, line: int, separator: bytes
) -> tuple[Document | None, list[Problem]]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        chunk = _Chunk.of(source, index, line, data[: error.start].decode())
        what = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        return None, [chunk.problem(what, "save the file as UTF-8", len(chunk.text))]
    is_json = text.lstrip().startswith("{")
    chunk = _Chunk.of(source, index, line, text.removeprefix("\ufeff"))
    try:
        tree, value = _read(chunk, is_json)
    except Refused as error:
        return None, [chunk.problem(error.what, error.instead, error.index)]
    except yaml.YAMLError as error:
        return None, [chunk.problem(*yamlhints.explain(error, chunk.text, line))]
    if tree.root is None or value is None:
        what = f"document {index} is empty but for comments, and kubeadm demands a kind in every document"
        return None, [
            chunk.problem(what, "move its comments into another document and remove a `---`", 0, "empty-document")
        ]
    if not isinstance(value, dict):
        what, instead = yamlhints.not_a_mapping(value)
        return None, [chunk.problem(f"document {index} {what}", instead, tree.root.start)]
    between = separator.decode(errors="replace")
    document = Document(source, index, value, chunk.text, line, between, tree.root, chunk.mark)
    return document, _findings(chunk, tree, document.kind)


def _read(chunk: _Chunk, is_json: bool) -> tuple[yamltree.Tree, Any]:
    """Tree and value of a text. Raises Refused or yaml.YAMLError."""
    if found := _CONTROL.search(chunk.text):
        instead = "save the file as UTF-8 if it is UTF-16" if found[0] == "\0" else "remove it"
        raise Refused(f"the control character U+{ord(found[0]):04X} is not allowed", instead, found.start())
    tree = yamltree.read(chunk.text)
    value = yamltree.value(tree.root) if tree.root else None
    return tree, _json(chunk.text) if is_json and isinstance(value, dict) else value


def _findings(chunk: _Chunk, tree: yamltree.Tree, kind: str) -> list[Problem]:
    """What is wrong with a document that can be read."""
    problems = []
    for duplicate in tree.duplicates[:MAX_PROBLEMS]:
        first = chunk.mark(duplicate.first)
        what = f"the key `{duplicate.path[-1]}` stands here again, first on line {first.line}"
        at, path, others = duplicate.second, duplicate.path, (Place(chunk.source, first),)
        problems.append(
            chunk.problem(what, "keep one of them", at, "duplicate-key", kind=kind, path=path, others=others)
        )
    for path, at in tree.disguised[:MAX_PROBLEMS]:
        what = f"the key begins with the invisible character U+{ord(str(path[-1])[0]):04X}"
        problems.append(chunk.problem(what, "replace it by ordinary blanks", at, kind=kind, path=path, level="warning"))
    if tree.rest is not None:
        at = len(chunk.text) - len(chunk.text[tree.rest :].lstrip())
        what = f"document {chunk.index} ends before this line, and kubeadm does not read what follows"
        instead = "begin all top-level keys in the same column, or put a line `---` before it"
        problems.append(chunk.problem(what, instead, at, kind=kind, level="warning"))
    return problems


def _json(text: str) -> Any:
    """A document that begins with `{`: kubeadm decodes it as JSON, whatever YAML would make of it."""

    def integer(digits: str) -> int | float:
        number = float(digits)
        return int(digits) if len(digits) < 21 and -(2**63) <= int(digits) < 2**63 else finite(number)

    def finite(text: str | float) -> float:
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError
        return number

    def constant(name: str) -> float:
        at = next((found.start() for found in _CONSTANT.finditer(text) if found[1]), 0)
        raise json.JSONDecodeError(f"it has no {name}", text, at)

    try:
        return json.loads(text, parse_int=integer, parse_float=finite, parse_constant=constant)
    except json.JSONDecodeError as error:
        what = f"the document begins with `{{`, so kubeadm reads it as JSON, and it is not: {error.msg}"
        raise Refused(what, "put a line `---` before it if it is YAML", error.pos) from None
    except ValueError:
        raise Refused("holds a number that is too large", "", 0) from None
