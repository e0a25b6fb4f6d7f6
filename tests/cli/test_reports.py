# SPDX-License-Identifier: Apache-2.0
"""JSON and SARIF have the shape that programs rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from kgen import __version__
from kgen.cli import reports
from kgen.config.validate import check

BAD = b"""\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.37.0
networking: {podSubnet: 10.244.0.0}
foo: 1
foo: 2
"""
GOOD = BAD.partition(b"networking")[0]

_POSITION = {"type": "integer", "minimum": 1}
_MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": r"^[!-~]+$"}},
                },
                "region": {
                    "type": "object",
                    "required": ["startLine", "startColumn"],
                    "properties": {"startLine": _POSITION, "startColumn": _POSITION},
                    "additionalProperties": False,
                },
            },
        },
        "logicalLocations": {"type": "array", "items": {"required": ["fullyQualifiedName"]}},
    },
    "additionalProperties": False,
}
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs", "$schema"],
    "properties": {
        "version": {"const": "2.1.0"},
        "$schema": {"type": "string"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results", "columnKind"],
                "properties": {
                    "columnKind": {"const": "unicodeCodePoints"},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "version", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id", "shortDescription"],
                                            "properties": {
                                                "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                                                "shortDescription": _MESSAGE,
                                            },
                                            "additionalProperties": False,
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["error", "warning"]},
                                "message": _MESSAGE,
                                "locations": {"type": "array", "minItems": 1, "maxItems": 1, "items": _LOCATION},
                                "relatedLocations": {"type": "array", "minItems": 1, "items": _LOCATION},
                            },
                            "additionalProperties": False,
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""The part of the SARIF 2.1.0 schema that kgen uses, with no more allowed than that has."""


def results(*sources: tuple[str, bytes]) -> reports.Results:
    """The findings about files, each on its own."""
    return [(name, check([(name, text)])) for name, text in sources]


def sarif(*sources: tuple[str, bytes]) -> dict[str, Any]:
    """The one run of a SARIF log that fits its schema."""
    log = json.loads(reports.as_sarif(results(*sources)))
    Draft7Validator(SARIF).validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


def test_json() -> None:
    """All that is known about each file and problem is there, under the names of the documentation."""
    told = json.loads(reports.as_json(results(("good.yaml", GOOD), ("bad.yaml", BAD))))
    assert told["ok"] is False
    good, bad = told["files"]
    assert good == {
        "file": "good.yaml",
        "ok": True,
        "kubeadm": "v1.37.2",
        "documents": ["ClusterConfiguration"],
        "problems": [],
    }
    assert (bad["file"], bad["ok"]) == ("bad.yaml", False)
    subnet = bad["problems"][0]
    assert set(subnet) == {"code", "level", "line", "column", "kind", "path", "what", "instead", "related"}
    assert (subnet["code"], subnet["level"], subnet["line"], subnet["column"]) == ("subnet", "error", 4, 25)
    assert (subnet["kind"], subnet["path"]) == ("ClusterConfiguration", "networking.podSubnet")
    assert "10.244.0.0" in subnet["what"]
    (repeated,) = (problem for problem in bad["problems"] if problem["code"] == "duplicate-key")
    assert repeated["related"] == [{"file": "bad.yaml", "line": 5, "column": 1}]


def test_json_fields_are_documented() -> None:
    """The module's docstring, which is the documentation, names every field."""
    told = json.loads(reports.as_json(results(("bad.yaml", BAD))))
    fields = {*told, *told["files"][0], *told["files"][0]["problems"][0]}
    assert all(field in (reports.__doc__ or "") for field in fields)


def test_sarif() -> None:
    """A result has its rule, its place, the field as a logical location, and the other place of a clash."""
    run = sarif(("dir/bad.yaml", BAD))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("kgen", __version__)
    assert all(driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    subnet = run["results"][0]
    (location,) = subnet["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "dir/bad.yaml"},
        "region": {"startLine": 4, "startColumn": 25},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "ClusterConfiguration.networking.podSubnet"}]
    assert subnet["message"]["text"].startswith("networking.podSubnet: '10.244.0.0' is not a subnet")
    (repeated,) = (result for result in run["results"] if result["ruleId"] == "duplicate-key")
    assert repeated["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 5, "startColumn": 1}


def test_sarif_of_a_sound_file() -> None:
    """There are no results and no rules, and still a run: that is how code scanning learns that all is well."""
    run = sarif(("good.yaml", GOOD))
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a b/ü.yaml", "a%20b/%C3%BC.yaml"),
        ("/etc/kubeadm.yaml", "file:///etc/kubeadm.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("a:b.yaml", "a%3Ab.yaml"),
    ],
)
def test_sarif_uri(name: str, uri: str) -> None:
    """Names of files are URIs."""
    (location,) = sarif((name, BAD))["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_without_a_place() -> None:
    """A problem of a whole file is put at its beginning, where code scanning can show it."""
    (result,) = sarif(("empty.yaml", b""))["results"]
    assert result["level"] == "warning"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "empty.yaml"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1}
