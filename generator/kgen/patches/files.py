# SPDX-License-Identifier: Apache-2.0
"""From the files of a patches directory to patches, by kubeadm's rules for their names and content."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, cast

import yaml

from kgen.config import yamltree
from kgen.config.yamlscalars import Refused
from kgen.errors import Level, Mark, Problem

_SEPARATOR = re.compile(r"^---[^\S\n]*([^\s#].*)", re.MULTILINE)
PatchType = Literal["strategic", "merge", "json"]


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: a document of a patch file."""

    target: str
    type: PatchType
    content: Any
    """What the document holds, as JSON would; None for one of comments only."""
    source: str
    """Path of its file, relative to the patches directory."""
    index: int = 1
    """Its number in the file, from 1, empty documents not counted."""
    directory: str = ""
    """The patches directory."""

    @property
    def file(self) -> str:
        """Its file, for messages."""
        return posixpath.join(self.directory, self.source)


def load(files: Mapping[str, bytes], targets: Collection[str]) -> tuple[list[Patch], list[Problem]]:
    """The patches in a directory, in the order in which kubeadm applies them, and what there is to say.

    `files` maps paths relative to the patches directory, with `/`, to contents; files in
    subdirectories count. `targets` are the patch targets that this kubeadm knows. A file that
    kubeadm leaves alone gives a warning `patch-ignored`; a bad type gives an error `patch-type`,
    text that is no YAML an error `yaml`. Never raises.
    """
    patches: list[Patch] = []
    problems: list[Problem] = []
    for path in sorted(files, key=lambda path: path.split("/")):
        match, reason = _parse_name(PurePosixPath(path).name, targets)
        if match is None:
            problems.append(_problem(path, "patch-ignored", "the file is ignored", reason, level="warning"))
        elif match["plus"] and not match["type"]:
            what = "the name has no known patch type after its +"
            problems.append(_problem(path, "patch-type", what, "+json, +merge or +strategic"))
        elif not files[path]:
            problems.append(_problem(path, "patch-ignored", "the file is empty and ignored", level="warning"))
        else:
            kind = cast("PatchType", match["type"] or "strategic")
            contents, found = _contents(path, files[path])
            patches += [Patch(match["target"], kind, content, path, n) for n, content in enumerate(contents, 1)]
            problems += found
    return patches, problems


def _parse_name(name: str, targets: Collection[str]) -> tuple[re.Match[str] | None, str]:
    """Target, + and type of a file name, or why it is none of a patch; what follows the type is not looked at."""
    if not re.search(r".+\.(json|yaml)\Z", name):
        return None, "a patch ends in .yaml or .json"
    pattern = rf"(?P<target>{'|'.join(map(re.escape, targets))})[^.+\n]*(?P<plus>\+)?(?P<type>json|merge|strategic)?"
    return re.match(pattern, name), f"a patch begins with one of {', '.join(targets)}"


def _contents(path: str, data: bytes) -> tuple[list[Any], list[Problem]]:
    contents: list[Any] = []
    problems: list[Problem] = []
    for start, chunk in _split(data):
        try:
            whole = chunk.decode()
        except UnicodeDecodeError:
            problems.append(_problem(path, "yaml", "the patch is not UTF-8", mark=Mark(start, 1)))
            continue
        text = whole.strip()
        line = start + whole[: whole.find(text)].count("\n")
        try:
            if text:
                contents.append(_content(text))
        except Refused as error:
            problems.append(_problem(path, "yaml", error.what, error.instead, mark=_mark(text, error.index, line)))
        except yaml.YAMLError as error:
            place = getattr(error, "problem_mark", None)
            what = f"the patch is not YAML: {getattr(error, 'problem', None) or 'it cannot be read'}"
            problems.append(_problem(path, "yaml", what, mark=_mark(text, place.index if place else 0, line)))
    return contents, problems


def _content(text: str) -> Any:
    if rest := _SEPARATOR.search(text):
        raise Refused(
            "nothing but a comment may follow `---` on its line", "three dashes, and a new line", rest.start()
        )
    root = yamltree.read(text).root
    return yamltree.value(root) if root else None


def _split(data: bytes) -> list[tuple[int, bytes]]:
    """The texts between lines that begin with `---`, each with its first line (apimachinery util/yaml YAMLReader).

    A separator with nothing before it, or with text behind it, stays in the text.
    """
    chunks: list[tuple[int, bytes]] = []
    start, current = 1, b""
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith(b"---") and current and not _SEPARATOR.match(line.decode(errors="replace")):
            chunks.append((start, current))
            start, current = number + 1, b""
            continue
        current += line.removesuffix(b"\r") + b"\n"
    return [*chunks, (start, current)]


def _mark(text: str, index: int, line: int) -> Mark:
    before = text[:index]
    return Mark(line + before.count("\n"), index - before.rfind("\n"))


def _problem(
    path: str, code: str, what: str, instead: str = "", *, level: Level = "error", mark: Mark | None = None
) -> Problem:
    return Problem(code, what, instead, level=level, source=path, mark=mark)
