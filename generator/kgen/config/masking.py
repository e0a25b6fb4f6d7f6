# SPDX-License-Identifier: Apache-2.0
"""Which parts of a configuration's lines may be secrets. Those are never shown; rather too much is masked.

A document that can be read says by its structure where tokens, keys and values of arguments and environment variables
stand. What looks like a secret is masked as well, which is all there is to go by where nothing can be read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from kgen import secrecy
from kgen.config import documents
from kgen.errors import Mark, Path
from kgen.secrecy import Span

_SECRET_KEY = re.compile(
    r"(?:^kubeconfig|^staticPodURLHeader|token|secret|password|passwd|passphrase|credentials?|(?<!^)key)(?:-?data)?$",
    re.IGNORECASE,
)
_SECRET_ARGUMENT = re.compile(r"token|secret|passw|passphrase|credential|key", re.IGNORECASE)
_ENVIRONMENT = re.compile("env", re.IGNORECASE)
_ARGUMENTS = ("extraArgs", "kubeletExtraArgs")
_OF_STRUCTS = (*_ARGUMENTS, "bootstrapTokens")
_MORE_THAN_A_NAME = re.compile(r"[=\s]")
_TAINTS = ("taints", "registerWithTaints")
_STRUCTS = ("bootstrapToken",)
"""Keys that announce a secret and have a struct, whose fields say for themselves what they are"""
_TO_THE_END = re.compile(r"\s*\S.*")
_IN_FLOW = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^,}\]]+)""")
_ANCHORED = re.compile(r"(?<=&)[\w.-]+[ \t]+[^\s{\[][^,}\]]*")
"""A value that may be used anywhere else by its anchor"""
_KEY = re.compile(r"""(?<![\w.-])["']?([\w.-]{1,100})["']?\s*[:=]|--([\w-]{1,100})[= ]""")


def masked(lines: Sequence[str], source: str) -> list[str]:
    """All lines of a file of this name, without what may be secret."""
    masks = Masks("\n".join(lines).encode(), source, lines)
    return [secrecy.masked(line, masks.spans(number, 0, line)) for number, line in enumerate(lines, 1)]


class Masks:
    """What to mask in the lines of one file."""

    def __init__(self, text: bytes, source: str, lines: Sequence[str]) -> None:
        self._lines = lines
        self._values: dict[int, list[int]] = {}
        """Where secret values begin in a line"""
        self._continued: dict[int, int] = {}
        """Where the rest of a secret value begins in a line of its own"""
        self._read: list[range] = []
        found, problems = documents.parse(text, source)
        for document in found:
            self._read.append(range(document.line, document.line + document.text.count("\n") + 1))
            for path in _secrets(document.value, document.kind == "Secret"):
                mark = document.mark(path)
                self._values.setdefault(mark.line, []).append(mark.column - 1)
                self._continue(mark.line + 1, document.key_mark(path).column - 1)
        for problem in problems:
            for place in problem.others:
                self._mask_replaced(place.mark, problem.path)

    def _mask_replaced(self, key: Mark, path: Path) -> None:
        """A value that a later one of the same key replaces is in no document, so its structure says nothing."""
        line = self._lines[key.line - 1]
        after = re.compile(r"\s*:\s*").match(line, extent(line, key.column - 1))
        if after and (set("[{") & set(line[after.end() :]) or _is_secret(path[:-1], str(path[-1]), "token")):
            self._values.setdefault(key.line, []).append(after.end())
        self._continue(key.line + 1, key.column - 1)

    def spans(self, number: int, begin: int, piece: str) -> list[Span]:
        """The parts of a piece of a line that are to be masked, in order and without overlaps.

        `number` is the line's, from 1, and `begin` the character of the line with which the piece begins, from 0.
        """
        read = any(number in lines for lines in self._read)
        anchored = (found.span() for found in _ANCHORED.finditer(piece))
        by_structure, after_keys = self._by_structure(number, begin, piece), _after_keys(piece, not read)
        return secrecy.merged(itertools.chain(by_structure, secrecy.lookalikes(piece), anchored, after_keys))

    def _by_structure(self, number: int, begin: int, piece: str) -> Iterator[Span]:
        if number in self._continued:
            yield max(self._continued[number] - begin, 0), len(piece)
        starts = self._values.get(number, ())
        for start in starts:
            if begin <= start < begin + len(piece):
                yield start - begin, extent(piece, start - begin)
        earlier = max((start for start in starts if start < begin), default=None)
        if earlier is not None:  # it may reach into the piece
            yield 0, min(extent(self._lines[number - 1], earlier) - begin, len(piece))

    def _continue(self, number: int, indentation: int) -> None:
        """The lines below a value that are indented more than its key belong to it."""
        for below in range(number, len(self._lines) + 1):
            line = self._lines[below - 1]
            blanks = len(line) - len(line.lstrip(" "))
            if line.strip() and blanks <= indentation:
                break
            self._continued[below] = blanks


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
    """Paths of the values that may be secrets; with `everything`, all of them, as in a Secret."""
    if isinstance(value, dict):
        for key, item in value.items():
            struct = isinstance(item, dict) and key in _STRUCTS
            secret = everything or _is_misplaced(item, key) or (not struct and _is_secret(path, key, value.get("name")))
            yield from _secrets(item, secret, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets(item, everything or _is_misplaced(item, path[-1] if path else ""), (*path, index))
    elif everything:
        yield path


def _is_misplaced(value: Any, holder: str | int) -> bool:
    """Whether this is a text where a variable, an argument, a token should be, with the secret in it."""
    return isinstance(value, str) and (holder in _OF_STRUCTS or bool(_ENVIRONMENT.search(str(holder))))


def _is_secret(path: Path, key: str, name: Any) -> bool:
    """Whether what a key of the mapping at this path has may be secret: by the key, or where the mapping stands.

    `name` is the mapping's field of that name, which says what an argument is about.
    """
    if _SECRET_KEY.search(key):
        return True
    item = bool(path) and isinstance(path[-1], int)
    holder = str(path[-2] if item else path[-1]) if path else ""
    if _ENVIRONMENT.search(holder):
        return key != "name" or bool(_MORE_THAN_A_NAME.search(str(name)))
    if holder in _ARGUMENTS:
        if item and key == "name":
            return bool(_MORE_THAN_A_NAME.search(str(name)))
        return bool(_SECRET_ARGUMENT.search(str(name) if item else key))
    return key == "value" and holder not in _TAINTS


def _after_keys(line: str, every_value: bool) -> Iterator[Span]:
    """What follows a key that announces a secret; with `every_value`, also the value of any argument or variable."""
    for key in _KEY.finditer(line):
        name = key[1] or key[2]
        if _SECRET_KEY.search(name) or (every_value and name == "value"):
            flow = "{" in line[: key.start()] or "[" in line[: key.start()]
            if found := (_IN_FLOW if flow else _TO_THE_END).match(line, key.end()):
                start = key.end() + len(found[0]) - len(found[0].lstrip())
                yield start, found.end()
