# SPDX-License-Identifier: Apache-2.0
"""Structure: does a document have the fields and types that this kubeadm minor decodes?

The JSON Schemas are made from kubeadm's Go types (tools/gotypes), so that a document passes exactly
when Go's strict decoding takes it. Meaning is the rules' business.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kgen.config import hints
from kgen.config.catalogue import kinds, load
from kgen.config.scalars import canonical_quantity, canonical_time, parse_duration
from kgen.errors import Path, Problem

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

    from kgen.config.documents import Document

__all__ = ["check", "kinds", "load"]


def check(document: Document, release_minor: str) -> list[Problem]:
    """Everything in which the structure of a document differs from its schema, in the order of the text.

    Problems with the code `unknown-field` are those that `kubeadm init` only warns about. Raises
    KeyError if the minor has no such apiVersion and kind.
    """
    checker = validator(release_minor, document.api_version, document.kind)
    problems = [
        problem
        for error in checker.iter_errors(document.value)
        for problem in _problems(error, document, release_minor)
    ]
    return sorted(problems, key=lambda p: (p.mark.line, p.mark.column) if p.mark else (0, 0))


@functools.cache
def validator(minor: str, api_version: str, kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - `kgen --help` need not load it

    formats = FormatChecker(formats=())
    for name, parse in _FORMATS.items():
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


_FORMATS: dict[str, Callable[[str], Any]] = {
    "go-duration": parse_duration,
    "date-time": canonical_time,
    "go-quantity": canonical_quantity,
    "go-bootstrap-token": _parse_token,
}
_CODES = {
    "go-duration": "bad-duration",
    "date-time": "bad-time",
    "go-quantity": "bad-quantity",
    "go-bootstrap-token": "bad-token",
}


def _problems(error: ValidationError, document: Document, minor: str) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    node: Any = error.schema
    if error.validator == "additionalProperties":
        value: Any = error.instance
        for name in (name for name in value if name not in node["properties"]):
            field = (*path, name)
            instead = hints.unknown(document.kind, document.api_version, field, node["properties"], minor)
            mark = document.key_mark(field)
            yield Problem(
                "unknown-field", "there is no such field", instead, document.kind, field, "error", document.source, mark
            )
    elif error.validator != "pattern" or "format" not in node:  # a format is the exact form of its pattern
        code, (what, instead) = _describe(error, path)
        yield Problem(code, what, instead, document.kind, path, "error", document.source, document.mark(path))


def _describe(error: ValidationError, path: Path) -> tuple[str, tuple[str, str]]:
    node: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "type":
            return "wrong-type", hints.wrong_type(value, node, path)
        case "format":
            return _CODES[node["format"]], hints.bad_format(value, node["format"])
        case "minimum" | "maximum":
            return "out-of-range", hints.out_of_range(node)
    return "bad-value", ("this value does not have the right form", f"see {node.get('description', '')}")
