# SPDX-License-Identifier: Apache-2.0
"""What has been read so far: the documents by kind, and everything that is wrong with them."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kgen.config import catalogue, documents
from kgen.config import flags as flag
from kgen.config.convert import CURRENT, GROUP, OLDER
from kgen.config.limits import MAX_BYTES, MAX_PROBLEMS, MAX_TEXT
from kgen.errors import Path, Place, Problem

LENIENT = ("unknown-field", "duplicate-key", "invisible-key", "unknown-kind")
"""Codes of problems that kubeadm init only warns about."""

_OTHER_TYPE = ("api-version", "unknown-version", "unknown-kind")
"""Codes of problems by which a document cannot be read as its kind at all."""

_GROUPS = (GROUP, "kubelet.config.k8s.io", "kubeproxy.config.k8s.io")

_CLASHES = {"etcd": ("local", "external"), "discovery": ("bootstrapToken", "file"), "token-expiry": ("ttl", "expires")}
"""Codes of problems of two fields that exclude each other, and the fields below the problem's path."""

Document = documents.Document | flag.FlagDocument


@dataclass(slots=True)
class Reading:
    """What has been found so far."""

    strict: bool
    names: tuple[str, ...] = ()
    """Of the files"""
    problems: list[Problem] = field(default_factory=list)
    found: dict[str, Document] = field(default_factory=dict)
    """Documents by kind"""

    def add(self, problem: Problem) -> None:
        """Note a problem, as a warning where kubeadm init would only warn and that is asked for."""
        if len(problem.what) + len(problem.instead) > MAX_TEXT:
            problem = replace(problem, what=_shortened(problem.what), instead=_shortened(problem.instead))
        if not self.strict and problem.code in LENIENT:
            problem = replace(problem, level="warning")
        document = self.found.get(problem.kind)
        if document and not problem.mark:
            if isinstance(document, flag.FlagDocument):
                problem = problem.at(flag.flag_for(problem.kind, problem.path), None)
            else:
                problem = replace(placed(problem, document, problem.path), others=_clashing(problem, document))
        self.problems.append(problem)

    @property
    def files(self) -> str:
        """The source of a problem of all files together"""
        return ", ".join(self.names)

    @property
    def failed(self) -> bool:
        """Whether anything found so far is an error"""
        return any(problem.level == "error" for problem in self.problems)

    def sound_part(self, kind: str) -> dict[str, Any] | None:
        """A document without the values that have the wrong structure; None if it is missing or no map at all.

        What is left can be read by rules, so that one run finds all that is wrong.
        """
        if kind not in self.found or not isinstance(self.found[kind].value, dict):
            return None
        problems = [problem for problem in self.problems if problem.kind == kind]
        if any(problem.code in _OTHER_TYPE for problem in problems):
            return None
        value: dict[str, Any] = copy.deepcopy(self.found[kind].value)
        for problem in problems:
            if problem.path and problem.level == "error" and problem.code not in LENIENT:
                _remove(value, problem.path)
        return value

    def add_all(self, problems: Iterable[Problem]) -> None:
        """Note these problems, but no more than anyone could read; then the rest counts as an error."""
        remaining = iter(problems)
        for problem in itertools.islice(remaining, MAX_PROBLEMS):
            self.add(problem)
        for problem in itertools.islice(remaining, 1):
            self.add(Problem("too-many", f"there are more than {MAX_PROBLEMS} problems", kind=problem.kind))

    def unexplained(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Those problems that do not only follow from what was left out as wrong before: a value, a whole document.

        What a map or list lacks stands at its own path, so one that was left incomplete explains that as well.
        """
        errors = [other for other in self.problems if other.level == "error" and other.path]
        wrong = {(other.kind, other.path) for other in errors}
        left_out = (other for other in errors if other.code not in LENIENT)
        incomplete = {(other.kind, other.path[:length]) for other in left_out for length in range(1, len(other.path))}
        unread = {other.kind for other in self.problems if other.code in _OTHER_TYPE}
        for problem in problems:
            above = ((problem.kind, problem.path[:length]) for length in range(1, len(problem.path) + 1))
            explained = (problem.kind, problem.path) in incomplete or not wrong.isdisjoint(above)
            if problem.kind not in unread and not explained:
                yield problem


def read(sources: Sequence[tuple[str, bytes]], strict: bool) -> Reading:
    """The documents of these files, each a name for messages and its content; one of each kind can be used."""
    reading = Reading(strict, tuple(name for name, _ in sources))
    first: dict[str, Document] = {}
    for name, text in sources:
        if len(text) > MAX_BYTES:
            what = "the file is larger than 1 MiB, and no cluster could store such a configuration"
            reading.add(Problem("too-large", what, source=name))
            continue
        parsed, problems = documents.parse(text, name)
        for problem in problems:
            reading.add(problem)
        for document in parsed:
            _sort_in(document, first, reading)
    return reading


def placed(problem: Problem, document: Document, path: Path) -> Problem:
    """The problem with the place of this path in the document's text, or of what is nearest above it."""
    return problem.at(document.source, document.key_mark(path) if problem.key else document.mark(path))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in the order of the text."""
    return tuple(sorted(problems, key=_place))


def _place(problem: Problem) -> tuple[str, int, int]:
    return (problem.source, problem.mark.line, problem.mark.column) if problem.mark else (problem.source, 0, 0)


def _shortened(text: str) -> str:
    half = MAX_TEXT // 4
    return text if len(text) <= 2 * half else f"{text[:half]} … {text[-half:]}"


def _sort_in(document: documents.Document, first: dict[str, Document], reading: Reading) -> None:
    """Note a document that can be used by its kind, or why it cannot."""
    kind, group = document.kind, document.api_version.rpartition("/")[0]
    if not kind or not group or "/" in group:
        reading.add(_nameless(document))
        return
    for key, value in document.value.items():  # Go finds these two whatever their case, and reads them as texts
        if key.lower() in ("apiversion", "kind") and not isinstance(value, str | None):
            reading.add(_of_document(document, "no-kind", f"{key} is no text", "write apiVersion and kind once each"))
            return
    earlier = first.setdefault(kind, document)
    if earlier is not document:
        what = f"there is a second {kind}; the first is at {earlier.source}:{earlier.line}"
        problem = _of_document(document, "repeated-kind", what, "one of each kind")
        mark = earlier.mark(())
        reading.add(replace(problem, others=(Place(earlier.source, mark),) if mark else ()))
    elif group in _GROUPS or (document.api_version, kind) == catalogue.RENDER:
        reading.found[kind] = document
    elif kind in ("InitConfiguration", "ClusterConfiguration"):  # kubeadm goes by the kind alone, and then fails
        what = f"{document.api_version} is no version of {kind}"
        reading.add(_of_version(document, "unknown-version", what, f"apiVersion: {CURRENT}"))
    else:
        what = f"{document.api_version} {kind} is none of kubeadm's documents"
        likely = _likely_version(document)
        instead = f"apiVersion: {likely}" if likely else "it is ignored at init"
        reading.add(_of_version(document, "unknown-kind", what, instead))


def _of_document(document: documents.Document, code: str, what: str, instead: str = "") -> Problem:
    return Problem(code, what, instead, document.kind).at(document.source, document.mark(()))


def _of_version(document: documents.Document, code: str, what: str, instead: str) -> Problem:
    """A problem of the apiVersion. It has no path: another document of the kind may be without fault."""
    return _of_document(document, code, what, instead).at(document.source, document.mark(("apiVersion",)))


def _likely_version(document: documents.Document) -> str:
    """The apiVersion that is meant by one that is none, by the kind; empty if no kubeadm has such a kind."""
    kinds = {each for minor in catalogue.minors() for each in catalogue.kinds(minor)}
    known = {version for version, kind in kinds if kind == document.kind}
    older = f"{GROUP}/{document.api_version.rpartition('/')[2]}"
    if CURRENT in known:
        return older if older in OLDER else CURRENT
    return max(known, default="")


def _nameless(document: documents.Document) -> Problem:
    """What is wrong with a document without a kind or a group (util/marshal.go SplitConfigDocuments)."""
    for name in ("apiVersion", "kind"):
        if not document.value.get(name):
            what = f"document {document.index} has no {name}, and kubeadm demands one in every document"
            similar = [key for key in document.value if key.lower() == name.lower() and key != name]
            example = "ClusterConfiguration" if name == "kind" else _likely_version(document) or CURRENT
            instead = f"write {name} instead of {similar[0]}" if similar else f"e.g. {name}: {example}"
            return _of_document(document, f"no-{name.lower()}", what, instead)
    if not document.kind or not document.api_version:
        return _of_document(document, "no-kind", "apiVersion and kind are texts", f"e.g. apiVersion: {CURRENT}")
    if "/" not in document.api_version:
        what = f"{document.api_version} {document.kind} has no API group, and kubeadm reads no such document"
        likely = _likely_version(document)
        instead = f"apiVersion: {likely}" if likely else "take it out of the file"
        return _of_version(document, "no-group", what, instead)
    what = f"{document.api_version} is no apiVersion: that is a group, one / and a version"
    return _of_version(document, "no-group", what, f"e.g. {_likely_version(document) or CURRENT}")


def _clashing(problem: Problem, document: documents.Document) -> tuple[Place, ...]:
    paths = [(*problem.path, name) for name in _CLASHES.get(problem.code, ())]
    marks = sorted({document.key_mark(path) for path in paths}, key=lambda mark: (mark.line, mark.column))
    return tuple(Place(document.source, mark) for mark in marks) if len(marks) > 1 else ()


def _remove(value: Any, path: Path) -> None:
    """Take out what stands at a path, or the whole list that holds it: indices of the others must not shift."""
    for step, following in zip(path, (*path[1:], ""), strict=True):
        if not isinstance(value, dict) or step not in value:
            return
        if following == "" or isinstance(following, int):
            del value[step]
            return
        value = value[step]
