# SPDX-License-Identifier: Apache-2.0
"""Text to documents, as kubeadm reads them, with the place of every value.

kubeadm cuts a file into documents at lines that begin with `---` (cmd/kubeadm/app/util/marshal.go,
SplitConfigDocuments; apimachinery pkg/util/yaml/decoder.go, YAMLReader) and reads each of them with sigs.k8s.io/yaml,
or as JSON if it begins with `{` (pkg/runtime/serializer/recognizer). Only comments between two separators are a
document without kind for it, which it refuses.

Deliberately stricter here: nesting is limited, UTF-16 is refused, and so are characters that kubeadm reads but cannot
write, and keys that begin with an invisible character.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from kgen.config import yamlhints, yamltree
from kgen.errors import Mark, Path, Problem

_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INVISIBLE = re.compile(r"[\xa0\u200b-\u200f\u2060\ufeff\u3000]")


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
    _root: yamltree.Node = field(repr=False, compare=False)

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
        return _mark(self.text, node.start, self.line)

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
        return _mark(self.text, start, self.line)


def parse(text: bytes, source: str) -> tuple[list[Document], list[Problem]]:
    """The documents of a file and what is wrong with it as YAML; never raises.

    A document that cannot be read is left out and has a Problem (`yaml`, `empty-document`). A document with
    `duplicate-key` problems is there, with the last of the values, as Go has it.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return [], [Problem("yaml", "the file is UTF-16", "save it as UTF-8", source=source, mark=Mark(1, 1))]
    chunks, problems = _split(text, source)
    for index, (line, chunk) in enumerate(chunks, 1):
        document, found = _document(chunk, source, index, line)
        documents += [document] if document else []
        problems += found
    return documents, sorted(problems, key=lambda problem: (problem.mark.line, problem.mark.column) if problem.mark else (0, 0))


def _split(text: bytes, source: str) -> tuple[list[tuple[int, bytes]], list[Problem]]:
    """The texts between separators, each with the number of its first line."""
    lines = text.split(b"\n")
    last = lines.pop()
    lines = [line.removesuffix(b"\r") for line in lines] + ([last] if last else [])
    chunks: list[tuple[int, bytes]] = []
    problems: list[Problem] = []
    current: list[bytes] = []
    for number, line in enumerate(lines, 1):
        if line.startswith(b"---"):
            if (rest := line[3:].decode(errors="replace").strip()) and rest[0] != "#":
                instead = "use three dashes" if rest[0] == "-" else "write what follows on the next line"
                what = "nothing but a comment may follow `---` on its line"
                problems.append(Problem("yaml", what, instead, source=source, mark=Mark(number, 4)))
                line = b"---"
            if current:
                chunks.append((number - len(current), b"\n".join(current) + b"\n"))
                current = []
                continue
        current.append(line)
    if current:
        chunks.append((len(lines) - len(current) + 1, b"\n".join(current) + b"\n"))
    return chunks, problems


def _document(chunk: bytes, source: str, index: int, line: int) -> tuple[Document | None, list[Problem]]:
    def problem(what: str, instead: str, at: int, text: str, **more: Any) -> Problem:
        return Problem(more.pop("code", "yaml"), what, instead, source=source, mark=_mark(text, at, line), **more)

    try:
        text = chunk.decode()
    except UnicodeDecodeError as error:
        before = chunk[: error.start].decode()
        what = f"the byte 0x{chunk[error.start]:02x} is not UTF-8"
        return None, [problem(what, "save the file as UTF-8", len(before), before)]
    text = text if (is_json := text.lstrip().startswith("{")) else text.removeprefix("\ufeff")
    if found := _CONTROL.search(text):
        instead = "save the file as UTF-8, it looks like UTF-16" if "\0" in text else "remove it"
        return None, [problem(f"the control character U+{ord(found[0]):04X} is not allowed", instead, found.start(), text)]
    try:
        tree = yamltree.read(text)
        if tree.root is None or (tree.root.kind == "scalar" and tree.root.actual.scalar is None):
            what = f"document {index} is empty: kubeadm looks for a kind in every document, even if only comments stand there"
            return None, [problem(what, "remove the `---` before or after it", 0, text, code="empty-document")]
        value = yamltree.value(tree.root)
        if not isinstance(value, dict):
            what, instead = yamlhints.not_a_mapping(value)
            return None, [problem(f"document {index} {what}", instead, tree.root.start, text)]
        if is_json:
            value = _json(text)
    except yamltree.Refused as error:
        return None, [problem(error.what, error.instead, error.index, text)]
    except yaml.YAMLError as error:
        return None, [problem(*yamlhints.explain(error, text), text)]
    document = Document(source, index, value, text, line, tree.root)
    problems = [
        problem(
            f"the key `{duplicate.path[-1]}` stands here again, first on line {_mark(text, duplicate.first, line).line}",
            "keep one of them",
            duplicate.second,
            text,
            code="duplicate-key",
            kind=document.kind,
            path=duplicate.path,
        )
        for duplicate in tree.duplicates
    ]
    return document, problems


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

    try:
        return json.loads(text, parse_int=integer, parse_float=finite, parse_constant=float)
    except json.JSONDecodeError as error:
        what = f"the document begins with `{{`, so kubeadm reads it as JSON, and it is not: {error.msg}"
        raise yamltree.Refused(what, "put a line `---` before it if it is YAML", error.pos) from None
    except ValueError:
        raise yamltree.Refused("holds a number that is too large", "", 0) from None


def _mark(text: str, at: int, line: int) -> Mark:
    before = text.rfind("\n", 0, at) + 1
    return Mark(line + text.count("\n", 0, at), at - before + 1)
