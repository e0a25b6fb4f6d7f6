# SPDX-License-Identifier: Apache-2.0
"""Which parts of a configuration's lines may be secrets. Those are never shown; too much is masked rather than too little.

A document that can be read says by its structure where tokens, keys and values of arguments and environment variables
stand. What looks like a secret is masked as well, which is all there is to go by where nothing can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kgen.config import documents
from kgen.errors import Path

Span = tuple[int, int]
"""First character of a line that is masked, and the first one after it that is not, both from 0."""

_SECRET_KEY = re.compile(
    r"(?:^kubeconfig|token|secret|password|passwd|passphrase|credentials?|(?<!^)key)(?:-?data)?$", re.IGNORECASE
)
_SECRET_ARGUMENT = re.compile(r"token|secret|passw|passphrase|credential|key", re.IGNORECASE)
_ARGUMENTS = ("extraArgs", "kubeletExtraArgs")
_TO_THE_END = re.compile(r"\s*\S.*")
_IN_FLOW = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^,}\]]+)""")
_LIKE_A_SECRET = (
    re.compile(r"(?<![a-z0-9])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9])"),  # a bootstrap token
    re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{32,}(?![0-9A-Za-z])"),  # a certificate key, but not sha256:…
    re.compile(r"(?=[^\s]{0,400}[0-9])(?=[^\s]{0,400}[a-z])(?=[^\s]{0,400}[A-Z])[A-Za-z0-9+/=_-]{40,}"),  # base64
    re.compile(r"(?<=://)[^\s/@'\"]+(?=@)"),  # user and password of a URL
)
_KEY = re.compile(r"""(?<![\w.-])["']?([\w.-]{1,100})["']?\s*[:=](?=\s)|--([\w-]{1,100})[= ]""")


class Masks:
    """What to mask in the lines of one file."""

    def __init__(self, text: bytes, source: str, lines: Sequence[str]) -> None:
        self._lines = lines
        self._spans: dict[int, list[Span]] = {}
        self._read: list[range] = []
        for document in documents.parse(text, source)[0]:
            self._read.append(range(document.line, document.line + document.text.count("\n") + 1))
            for path in _secrets(document.value, document.kind == "Secret"):
                mark, key = document.mark(path), document.key_mark(path)
                self._mask(mark.line, mark.column - 1, key.column - 1)

    def spans(self, number: int) -> list[Span]:
        """The parts of a line, by its number from 1, that are to be masked; in order, without overlaps."""
        line = self._lines[number - 1]
        read = any(number in lines for lines in self._read)
        found = [*self._spans.get(number, ()), *_like_secrets(line), *_after_keys(line, every_value=not read)]
        merged: list[Span] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _mask(self, number: int, start: int, indentation: int) -> None:
        """A value from here on, with the lines below it that are indented more than its key."""
        self._add(number, start, extent(self._lines[number - 1], start))
        for below in range(number + 1, len(self._lines) + 1):
            line = self._lines[below - 1]
            blanks = len(line) - len(line.lstrip(" "))
            if line.strip() and blanks <= indentation:
                break
            self._add(below, blanks, len(line))

    def _add(self, number: int, start: int, end: int) -> None:
        if start < end:
            self._spans.setdefault(number, []).append((start, end))


def extent(line: str, start: int) -> int:
    """Where a value or key ends that begins at this character of a line."""
    rest = line[start:]
    if rest[:1] in ("'", '"'):
        quoted = re.match(r'"(?:[^"\\]|\\.)*"' if rest[0] == '"' else r"'(?:[^']|'')*'", rest)
        return start + (quoted.end() if quoted else len(rest.rstrip()))
    before = line[:start]
    in_flow = sum(map(before.count, "[{")) > sum(map(before.count, "]}"))
    depth = 0
    for index, char in enumerate(rest):
        depth += (char in "[{") - (char in "]}")
        ends_item = in_flow and (depth < 0 or (depth == 0 and char == ","))
        ends_key = depth == 0 and char == ":" and rest[index + 1 : index + 2] in ("", " ", "\t")
        if ends_item or ends_key or (char == "#" and rest[index - 1 : index].isspace()):
            rest = rest[:index]
            break
        if depth == 0 and char in "]}":
            rest = rest[: index + 1]
            break
    return start + len(rest.rstrip())


def _secrets(value: Any, everything: bool, path: Path = ()) -> Iterator[Path]:
    """Paths of the values that may be secrets; in a Secret that is everything."""
    if isinstance(value, dict):
        for key, item in value.items():
            below = (*path, key)
            if isinstance(item, dict | list):
                yield from _secrets(item, everything, below)
            elif everything or _SECRET_KEY.search(key) or _is_secret_value(value, key, path):
                yield below
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _secrets(item, everything, (*path, index))
            elif everything or (path and _SECRET_KEY.search(str(path[-1]))):
                yield (*path, index)


def _is_secret_value(holder: dict[str, Any], key: str, path: Path) -> bool:
    """The value of an environment variable, or of an argument whose name says that it is secret."""
    if path and path[-1] in _ARGUMENTS:
        return bool(_SECRET_ARGUMENT.search(key))
    if key != "value" or len(path) < 2:
        return False
    return path[-2] not in _ARGUMENTS or bool(_SECRET_ARGUMENT.search(str(holder.get("name", ""))))


def _like_secrets(line: str) -> Iterator[Span]:
    for pattern in _LIKE_A_SECRET:
        yield from (found.span() for found in pattern.finditer(line))


def _after_keys(line: str, every_value: bool) -> Iterator[Span]:
    """What follows a key that announces a secret; with `every_value`, also the value of any argument or variable."""
    for key in _KEY.finditer(line):
        name = key[1] or key[2]
        if _SECRET_KEY.search(name) or (every_value and name == "value"):
            flow = "{" in line[: key.start()] or "[" in line[: key.start()]
            if found := (_IN_FLOW if flow else _TO_THE_END).match(line, key.end()):
                start = key.end() + len(found[0]) - len(found[0].lstrip())
                yield start, found.end()
