# SPDX-License-Identifier: Apache-2.0
"""kgen's verdict on every reported configuration is that of the real `kubeadm config validate`, which is on record.

tests/conformance/verdicts.py asks the real programs again.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kgen.config.validate import Findings, check
from kgen.errors import format_path

REPORTS = Path(__file__).parents[1] / "corpus" / "reports"
OUTCOMES: dict[str, Any] = json.loads((REPORTS / "outcomes.json").read_text(encoding="utf-8"))

DELIBERATE = {
    "148-join-file-local.yaml": "the discovery file lies on the joining node, and kgen looks at no host",
    "149-join-file-scheme.yaml": "the same",
}
"""Files that kgen accepts and kubeadm refuses, and why"""

DERIVED = {
    "etcd.external.httpEndpoints": "kubeadm fills it with the endpoints, which are what is wrong",
    "discovery.tlsBootstrapToken": "kubeadm fills it with the token, which is what is wrong",
}
"""Fields that kubeadm names beside the one that is wrong, and why kgen does not"""

NO_FIELDS = {"273-deep-nesting.yaml": "kgen reads no text that is nested so deep, and so no field of it"}
"""Files in whose problems no field can be named, and why"""

MINORS = ("1.34", "1.35", "1.36", "1.37")

_JUDGED = re.compile(r"(?:^|[\[ ])([a-z]\w*(?:\.\w+)*): (?:Invalid|Required) value")
_UNKNOWN = re.compile(r"unknown field \"([^\"]+)\"")
_DECODED = re.compile(r"into Go struct field \w+\.([\w.]+) of type")


def outcome(name: str, minor: str) -> tuple[bool, str]:
    """Whether that kubeadm accepts the file, and what it says."""
    for each in OUTCOMES[name]["validate"]:
        if any(version.startswith(f"{minor}.") for version in each["versions"]):
            return each["rc"] == 0, each.get("error", "")
    raise LookupError(f"{name} has no outcome for {minor}")


@functools.cache
def findings(name: str, minor: str) -> Findings:
    """What kgen finds."""
    return check([(name, (REPORTS / name).read_bytes())], kubeadm=minor)


def fields(error: str) -> Iterator[str]:
    """The fields that an error of kubeadm names, without indices: `bootstrapTokens.ttl`."""
    yield from (re.sub(r"\.\d+", "", field) for field in _JUDGED.findall(error))
    yield from (re.sub(r"\[\d+\]", "", json.loads(f'"{field}"')) for field in _UNKNOWN.findall(error))
    for field in _DECODED.findall(error):
        yield ".".join(step for step in field.split(".") if step[0].islower())  # the others are embedded Go structs


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("name", OUTCOMES)
def test_verdict(name: str, minor: str) -> None:
    """Both accept or both refuse, but for what is deliberate."""
    accepted, error = outcome(name, minor)
    found = findings(name, minor)
    assert found.accepted == (accepted or name in DELIBERATE), (error, [str(problem) for problem in found.problems])


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("name", [name for name in OUTCOMES if name not in DELIBERATE | NO_FIELDS])
def test_fields(name: str, minor: str) -> None:
    """Every field that kubeadm complains about has a problem of kgen's, at the field or at an item or key below it."""
    _, error = outcome(name, minor)
    errors = [problem for problem in findings(name, minor).problems if problem.level == "error"]
    told = [format_path(tuple(step for step in problem.path if isinstance(step, str))) for problem in errors]
    for field in fields(error):
        assert field in DERIVED or any(f"{path}.".startswith(f"{field}.") for path in told), (field, told)


def test_deliberate_is_needed() -> None:
    """Each exception is one."""
    assert all(not outcome(name, minor)[0] for name in DELIBERATE for minor in MINORS)
    assert all(findings(name, minor).accepted for name in DELIBERATE for minor in MINORS)


def test_fields_are_found() -> None:
    """The errors on record are understood: most of them name a field."""
    errors = {outcome(name, minor)[1] for name in OUTCOMES for minor in MINORS} - {""}
    named = [error for error in errors if list(fields(error))]
    assert len(named) > len(errors) / 2
    two = "[a.b: Invalid value: 1: x, bootstrapTokens.0.groups: Required value: y]"
    assert list(fields(two)) == ["a.b", "bootstrapTokens.groups"]
    assert list(fields('strict decoding error: unknown field "a.c[0].d", unknown field "e"')) == ["a.c.d", "e"]
    decoded = (
        "json: cannot unmarshal bool into Go struct field Arg.apiServer.ControlPlaneComponent.extraArgs.value of type"
    )
    assert list(fields(f"{decoded} string")) == ["apiServer.extraArgs.value"]


@pytest.mark.parametrize("name", [name for name in OUTCOMES if not outcome(name, "1.37")[0]])
def test_every_error_has_a_place(name: str) -> None:
    """A refused file has a problem with a line and a column in it."""
    if name not in DELIBERATE:
        errors = [problem for problem in findings(name, "1.37").problems if problem.level == "error"]
        assert errors
        assert all(problem.mark and problem.source == name for problem in errors)
