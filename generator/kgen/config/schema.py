# SPDX-License-Identifier: Apache-2.0
"""Structure: does a document have the fields and types that this kubeadm minor decodes?

The JSON Schemas are made from kubeadm's Go types (tools/gotypes), so that a document passes exactly
when Go's strict decoding takes it. Meaning is the rules' business.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kgen import releases
from kgen.config import hints, shapes, version
from kgen.config.catalogue import RENDER, kinds, load
from kgen.config.limits import MAX_PROBLEMS
from kgen.config.reading import placed
from kgen.config.scalars import canonical_quantity, canonical_time, parse_duration
from kgen.errors import Path, Problem

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

    from kgen.config.documents import Document

__all__ = ["RENDER", "check", "kinds", "load", "validator"]


def check(document: Document, release_minor: str) -> list[Problem]:
    """Everything in which the structure of a document differs from its schema, in the order of the text.

    If that is too much, there is one problem more than MAX_PROBLEMS, and the rest is not looked for.
    Problems with the code `unknown-field` are those that `kubeadm init` only warns about. Raises
    KeyError if the minor has no such apiVersion and kind.
    """
    found: dict[tuple[str, Path], Problem] = {}
    errors = validator(release_minor, document.api_version, document.kind).iter_errors(document.value)
    problems = (problem for error in errors for problem in _problems(error, document, release_minor))
    for problem in itertools.islice(problems, MAX_PROBLEMS + 1):
        found.setdefault((problem.code, problem.path), problem)
    return sorted(found.values(), key=lambda p: (p.mark.line, p.mark.column) if p.mark else (0, 0))


@functools.cache
def validator(minor: str, api_version: str, kind: str) -> Draft202012Validator:
    """The JSON Schema validator of a kind, formats included. Raises KeyError if the minor has no such kind."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - `kgen --help` need not load it

    formats = FormatChecker(formats=())
    for name, (_, parse) in _FORMATS.items():
        formats.checks(name, raises=ValueError)(functools.partial(_parses, parse))
    return Draft202012Validator(load(minor, api_version, kind), format_checker=formats)


def _parses(parse: Callable[[str], Any], value: Any) -> bool:
    if isinstance(value, str):
        parse(value)
    return True


def _parse_token(text: str) -> None:
    """The form that BootstrapTokenString.UnmarshalJSON demands (apis/bootstraptoken/v1/utils.go)."""
    if not re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}", text):
        raise ValueError("not a bootstrap token")


_FORMATS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "go-duration": ("bad-duration", parse_duration),
    "date-time": ("bad-time", canonical_time),
    "go-quantity": ("bad-quantity", canonical_quantity),
    "go-bootstrap-token": ("bad-token", _parse_token),
}
"""The formats in the schemas: the code of a text that does not have it, and the function that reads it."""

WRONG_VALUES = frozenset({"wrong-type", "out-of-range", "bad-value", *(code for code, _ in _FORMATS.values())})
"""Codes of values that Go's decoder does not take."""


def _problems(error: ValidationError, document: Document, minor: str) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    value: Any = error.instance
    node: Any = error.schema
    kind = document.kind
    if error.validator == "additionalProperties":
        for name in (name for name in value if name not in node["properties"]):
            field = (*path, name)
            instead = hints.unknown(kind, document.api_version, field, node["properties"], minor)
            problem = Problem("unknown-field", "there is no such field", instead, kind, field, key=True)
            yield placed(problem, document, field)
    elif "propertyNames" in error.absolute_schema_path:
        field = (*path, value)
        problem = Problem("bad-value", *hints.bad_value("name", node), kind, field, key=True)
        yield placed(problem, document, field)
    else:
        code, (what, instead) = _describe(str(error.validator), value, node, path)
        if (kind, path) == ("ClusterConfiguration", ("kubernetesVersion",)) and isinstance(value, int | float):
            instead = f"write it in full, e.g. {version.full(str(value), releases.load(minor))}"
        yield placed(Problem(code, what, instead, kind, path), document, path)


def _describe(keyword: str, value: Any, node: Any, path: Path) -> tuple[str, tuple[str, str]]:
    if keyword == "type":
        return "wrong-type", shapes.wrong_type(value, node, path)
    if keyword in ("format", "pattern") and "format" in node:
        return _FORMATS[node["format"]][0], hints.bad_format(value, node["format"])
    if keyword in ("minimum", "maximum"):
        return "out-of-range", hints.out_of_range(node, path)
    return "bad-value", hints.bad_value("value", node)
