# SPDX-License-Identifier: Apache-2.0
"""Problems for programs: JSON, and SARIF 2.1.0 for code scanning.

JSON is one object, whose fields only ever become more:

    ok        whether every file is accepted
    files     for each file, in the order of the command line:
      file        its name, `<stdin>` for standard input
      ok          whether kubeadm accepts it; warnings do not count
      kubeadm     the kubeadm whose verdict this is, e.g. `v1.37.2`
      documents   kinds of the documents that were judged, in the order of the text
      problems    in the order of the text, each with
        code          stable identifier, e.g. `unknown-field`
        level         `error` or `warning`
        line, column  where it is, from 1, columns in characters; null if it has no place
        kind, path    the document's kind and the field in it, `networking.podSubnet`; both may be empty
        what, instead what is wrong, and what would be right (may be empty)
        related       further places of the same problem, each with file, line and column
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from kgen import __version__
from kgen.config.validate import Findings
from kgen.errors import Mark, Place, Problem

Results = Sequence[tuple[str, Findings]]
"""Files by name, and what was found in each."""


def as_json(results: Results) -> str:
    """The results as JSON, as this module's docstring has it."""
    files = [
        {
            "file": name,
            "ok": found.accepted,
            "kubeadm": found.release.kubeadm,
            "documents": [document.kind for document in found.documents],
            "problems": [_problem(problem) for problem in found.problems],
        }
        for name, found in results
    ]
    return _dump({"ok": all(found.accepted for _, found in results), "files": files})


def _dump(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=True)


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "level": problem.level,
        "line": problem.mark.line if problem.mark else None,
        "column": problem.mark.column if problem.mark else None,
        "kind": problem.kind,
        "path": problem.field,
        "what": problem.what,
        "instead": problem.instead,
        "related": [
            {"file": place.source, "line": place.mark.line, "column": place.mark.column} for place in problem.others
        ],
    }


def as_sarif(results: Results) -> str:
    """The results as a SARIF 2.1.0 log with one run (docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    problems = [(name, problem) for name, found in results for problem in found.problems]
    codes = sorted({problem.code for _, problem in problems})
    rules = [{"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes]
    driver = {"name": "kgen", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(name, problem, codes.index(problem.code)) for name, problem in problems],
    }
    return _dump({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _result(name: str, problem: Problem, rule: int) -> dict[str, Any]:
    text = f"{problem.what}; {problem.instead}" if problem.instead else problem.what
    place = problem.field
    location = _location(Place(problem.source or name, problem.mark or Mark(1, 1)))
    if problem.kind:
        full = f"{problem.kind}.{place}" if place else problem.kind
        location["logicalLocations"] = [{"fullyQualifiedName": full}]
    result = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.level,
        "message": {"text": f"{place}: {text}" if place else text},
        "locations": [location],
    }
    if problem.others:
        result["relatedLocations"] = [_location(other) for other in problem.others]
    return result


def _location(place: Place) -> dict[str, Any]:
    path = PurePath(place.source)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    region = {"startLine": place.mark.line, "startColumn": place.mark.column}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
