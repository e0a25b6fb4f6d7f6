# SPDX-License-Identifier: Apache-2.0
"""What has been read so far: the documents by kind, and everything that is wrong with them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

from kgen.config import documents
from kgen.config import flags as flag
from kgen.errors import Path, Problem

LENIENT = ("unknown-field", "duplicate-key", "invisible-key", "unknown-kind")
"""Codes of problems that kubeadm init only warns about."""

_OTHER_TYPE = ("api-version", "unknown-version", "unknown-kind")
"""Codes of problems by which a document cannot be read as its kind at all."""

Document = documents.Document | flag.FlagDocument


@dataclass(slots=True)
class Reading:
    """What has been found so far."""

    strict: bool
    problems: list[Problem] = field(default_factory=list)
    found: dict[str, Document] = field(default_factory=dict)
    """Documents by kind"""

    def add(self, problem: Problem) -> None:
        """Note a problem, as a warning where kubeadm init would only warn and that is asked for."""
        if not self.strict and problem.code in LENIENT:
            problem = replace(problem, level="warning")
        document = self.found.get(problem.kind)
        if document and not problem.mark:
            if isinstance(document, flag.FlagDocument):
                problem = problem.at(flag.flag_for(problem.kind, problem.path), None)
            else:
                problem = problem.at(document.source, document.mark(problem.path))
        self.problems.append(problem)

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
            if problem.path and problem.code not in LENIENT:
                _remove(value, problem.path)
        return value

    def explained(self, problem: Problem) -> bool:
        """Whether a problem only follows from a value that was left out as wrong."""
        wrong = [other.path for other in self.problems if other.kind == problem.kind and other.level == "error"]
        return any(path and path == problem.path[: len(path)] for path in wrong)


def _remove(value: Any, path: Path) -> None:
    """Take out what stands at a path, or the whole list that holds it: indices of the others must not shift."""
    for step, following in zip(path, (*path[1:], ""), strict=True):
        if not isinstance(value, dict) or step not in value:
            return
        if following == "" or isinstance(following, int):
            del value[step]
            return
        value = value[step]
