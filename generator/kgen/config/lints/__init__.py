# SPDX-License-Identifier: Apache-2.0
"""Lints: what kubeadm accepts and is nevertheless wrong, or about to be.

`run` finds everything, `select` keeps what is wanted. A lint never refuses anything by itself: that is the user's
choice, by a switch `error`. No message quotes a token, a key or the value of an argument that may hold one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kgen.config.limits import MAX_PROBLEMS
from kgen.config.lints import (
    arguments,
    certificates,
    components,
    document,
    endpoint,
    gates,
    kubelet,
    mounts,
    networking,
    node,
    proxy,
    replaced,
    tokens,
)
from kgen.config.lints.lint import Finding, Lint, Switch
from kgen.config.lints.subject import Document, Subject, of_cluster, of_documents
from kgen.errors import Path, Problem

__all__ = [
    "CODE",
    "IDS",
    "TABLE",
    "Choice",
    "Document",
    "Lint",
    "Subject",
    "Switch",
    "of_cluster",
    "of_documents",
    "run",
    "select",
    "switches",
]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which findings are wanted, beyond what the table and a RenderConfiguration say."""

    default: Switch | None = None
    """Takes the place of `warning` in the table; what is off there stays off."""
    switches: Mapping[str, Switch] = field(default_factory=dict)
    """By id; these win over the RenderConfiguration's"""

    def of(self, subject: Subject, given: Mapping[str, Any]) -> list[Problem]:
        """The wanted findings. `given` is the `lints` of a RenderConfiguration."""
        return select(run(subject), {**switches(given), **self.switches}, self.default)


TABLE: tuple[Lint, ...] = (
    *document.LINTS,
    *networking.LINTS,
    *endpoint.LINTS,
    *arguments.LINTS,
    *replaced.LINTS,
    *mounts.LINTS,
    *gates.LINTS,
    *certificates.LINTS,
    *tokens.LINTS,
    *node.LINTS,
    *components.LINTS,
    *kubelet.LINTS,
    *proxy.LINTS,
)
CODE = "lint/"
"""What the codes of these problems begin with; the lint's id follows."""
IDS: Mapping[str, Lint] = {lint.id: lint for lint in TABLE}


def run(subject: Subject) -> list[Problem]:
    """What the lints find, in the order of the table, as warnings; `select` drops what is off.

    Of one lint no more than anyone could read, and one, by which it is known that there is more.
    """
    names: _Names = {}
    return [
        _problem(lint, finding, subject, names)
        for lint in TABLE
        for finding in itertools.islice(lint.check(subject), MAX_PROBLEMS + 1)
    ]


def _problem(lint: Lint, finding: Finding, subject: Subject, names: _Names) -> Problem:
    field = finding.field
    path = _as_written(field.path, subject.given.get(field.kind, {}), names)
    key = finding.key or (path != field.path and field.path[-1] == "name")
    return Problem(
        CODE + lint.id, finding.what, finding.instead or lint.fix, field.kind, path, level="warning", key=key
    )


def switches(given: Mapping[str, Any]) -> dict[str, Switch]:
    """The `lints` of a RenderConfiguration as switches. YAML reads a plain off as false, and on as true: a warning."""
    names: dict[Any, Switch] = {False: "off", True: "warning", "off": "off", "warning": "warning", "error": "error"}
    return {name: names[value] for name, value in given.items()}


def select(problems: Iterable[Problem], switches: Mapping[str, Switch], default: Switch | None = None) -> list[Problem]:
    """The problems that are wanted, each with its level. Other problems than those of lints stay as they are.

    `switches` are by id of a lint, and win; `default` takes the place of `warning` in the table, so that what is off
    there stays off. Raises KeyError for an id that there is not.
    """
    for name in switches:
        IDS[name]
    selected = []
    for problem in problems:
        if not problem.code.startswith(CODE):
            selected.append(problem)
            continue
        lint = IDS[problem.code.removeprefix(CODE)]
        level = switches.get(lint.id) or (default if default and lint.level != "off" else lint.level)
        if level != "off":
            selected.append(replace(problem, level=level))
    return selected


_Names = dict[int, list[str]]
"""By the identity of a map: its keys in order"""


def _as_written(path: Path, document: Any, names: _Names) -> Path:
    """The path in a document of v1beta3, where arguments are a map, sorted by name when they become a list."""
    value = document
    for position, step in enumerate(path):
        if isinstance(step, int) and isinstance(value, dict):
            if id(value) not in names:
                names[id(value)] = sorted(value)
            found = names[id(value)]
            return (*path[:position], found[step]) if step < len(found) else path[:position]
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return path
    return path
