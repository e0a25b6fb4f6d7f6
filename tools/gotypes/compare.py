# SPDX-License-Identifier: Apache-2.0
"""Compares kgen's schemas and codec with Go: the same random documents through both.

    PYTHONPATH=generator python tools/gotypes/compare.py [--seed N] [--documents N] [MINOR…]

For every kind of each minor there are N random documents, half of them with faults, and documents that
have one field alone, for every field and every odd value. Go's strict decoding must refuse exactly
those that `schema.check` refuses, and what Go encodes again must be what `codec.encode` returns.
Exits 1 and prints the documents on which they differ.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import generate
from jsonschema import Draft202012Validator

from kgen.config import catalogue, codec, schema

TEXTS = ("", "a", "0", "true", "null", "x: y", "é", "/etc/kubernetes/pki", "10.0.0.0/16,fd00::/48", "line\nline\n")
DURATIONS = (
    "0",
    "0s",
    "90s",
    "1h",
    "1h30m",
    "1.5h",
    "-5m",
    "100ms",
    "1.25us",
    "3µs",
    "12h59m59.999999999s",
    "2562047h",
)
BAD_DURATIONS = ("", "5", "1d", "1 h", "h", "1h ", "99999999h", "1.2.3s", "1m\n")
QUANTITIES = (
    *("0", "1", "1.5", "500m", "0.5", "1Ki", "1024Ki", "1024Mi", "1.5Gi", "1000", "100000", "1e3", "12E", "+5", "-3k"),
    *(
        "1.500",
        "0005",
        ".5",
        "5.",
        "1n",
        "0.1n",
        "1.25u",
        "8Ki",
        "7Ki",
        "1000Ei",
        "100E",
        "1000E",
        "1e-12",
        "123456789012345678901",
        "1.1Ki",
    ),
)
BAD_QUANTITIES = ("", "x", "1KB", "1 Gi", "1.2.3", "1e", "Gi1")
TIMES = ("2030-01-31T12:00:00Z", "2030-01-31T12:00:00.123+02:00", "0001-01-01T00:00:00Z", "2030-01-31T1:00:00-23:59")
BAD_TIMES = ("", "2030-01-31", "2030-02-30T12:00:00Z", "2030-01-31t12:00:00z", "2030-01-31T24:00:00Z")
INTEGERS = (0, 1, -1, 10250, 2**31 - 1, -(2**31), 2**31, 2**32, 2**63 - 1, -(2**63), 2**63, 1.0, 1.5, 1e3)
FLOATS = (0, 0.0, 1, 0.1, 0.9, 1.5, 16777217, 1e-7, 1e20, 1e21, 3.0, 123456.789, -2.5e-10, 3.5e38)
ODD: tuple[Any, ...] = (
    *(None, True, "text", [], {}, ["x"], {"x": "y"}, [None], {"x": None}),
    *(*TEXTS, *DURATIONS, *BAD_DURATIONS, *QUANTITIES, *BAD_QUANTITIES, *TIMES, *BAD_TIMES, *INTEGERS, *FLOATS),
)


def alone(node: catalogue.Schema, defs: catalogue.Schema, seen: set[int]) -> Iterator[Any]:
    """Every odd value at every place of a node, one at a time; `seen` is for the structs that had their turn."""
    yield from ODD
    if "$ref" in node:
        node = defs[node["$ref"].removeprefix("#/$defs/")]
        if id(node) in seen:
            return
        seen.add(id(node))
    if "items" in node:
        yield from ([value] for value in alone(node["items"], defs, seen))
    elif node.get("additionalProperties"):
        yield from ({"a": value} for value in alone(node["additionalProperties"], defs, seen))
    for name, field in node.get("properties", {}).items():
        if "const" not in field:
            yield from ({name: value} for value in alone(field, defs, seen))


class Maker:
    """Makes documents for one schema."""

    def __init__(self, root: catalogue.Schema, dice: random.Random, faults: float) -> None:
        self.defs: catalogue.Schema = root.get("$defs", {})
        self.dice = dice
        self.faults = faults

    def value(self, node: catalogue.Schema, depth: int = 0) -> Any:
        """A value for a node; now and then null, or of any other type."""
        if self.dice.random() < self.faults:
            return self.dice.choice((None, True, "text", 7, 2.5, [], {}, ["x"], {"x": "y"}, *BAD_DURATIONS))
        if self.dice.random() < 0.05:
            return None
        if "$ref" in node:
            return self.struct(self.defs[node["$ref"].removeprefix("#/$defs/")], depth + 1)
        match node["x-go-type"]:
            case "slice":
                return [self.value(node["items"], depth + 1) for _ in range(self.dice.randrange(4))]
            case "map":
                names = self.dice.sample(("a", "B", "memory.available", "10", "é"), self.dice.randrange(4))
                return {name: self.value(node["additionalProperties"], depth + 1) for name in names}
        return self.scalar(node["x-go-type"])

    def scalar(self, go_type: str) -> Any:
        """A scalar that mostly fits."""
        choices: dict[str, tuple[Any, ...]] = {
            "bool": (True, False),
            "string": TEXTS,
            "duration": DURATIONS,
            "timeOrMetaDuration": (*DURATIONS, 5, 5000000000, 0),
            "quantity": (*QUANTITIES, 1, 1.5, 1024, 1e-7, 1e3, 0.00001),
            "time": TIMES,
            "bootstrapToken": ("abcdef.0123456789abcdef",),
            "intOrString": ("http", "50%", "", 0, 8080, -1),
            "raw": ODD,
        }
        bad = {"duration": BAD_DURATIONS, "quantity": BAD_QUANTITIES, "time": BAD_TIMES, "bootstrapToken": ("", "x.y")}
        if go_type in bad and self.dice.random() < self.faults * 5:
            return self.dice.choice(bad[go_type])
        if go_type.startswith("float"):
            return self.dice.choice(FLOATS)
        if go_type not in choices:
            return self.dice.choice(INTEGERS if self.dice.random() < self.faults * 5 else (0, 1, 7, 10250))
        return self.dice.choice(choices[go_type])

    def struct(self, node: catalogue.Schema, depth: int = 0) -> dict[str, Any]:
        """A struct with some of its fields, and now and then one that does not exist."""
        share = self.dice.choice((0.1, 0.5, 1.0)) if depth else self.dice.choice((0.1, 0.9))
        out = {
            name: self.value(field, depth)
            for name, field in node["properties"].items()
            if "const" not in field and self.dice.random() < share
        }
        if self.dice.random() < self.faults:
            out[self.dice.choice(("unknown", "podsubnet", "Name"))] = 1
        return out


def same(ours: Any, theirs: Any) -> bool:
    """Equal, types included: true is not 1, and 1 is not 1.0."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


def difference(
    document: dict[str, Any], answer: dict[str, Any], root: catalogue.Schema, validator: Draft202012Validator
) -> str:
    """How kgen and Go differ on one document; empty if they agree."""
    errors = list(validator.iter_errors(document))
    refused = answer.get("error", "")
    if bool(errors) != bool(refused):
        return f"Go says {refused or 'ok'}, kgen says {errors[0].message if errors else 'ok'}"
    if "value" not in answer:
        return ""
    ours = codec.encode(document, root)
    if not same(ours, answer["value"]):
        theirs = answer["value"]
        keys = [k for k in ours.keys() | theirs.keys() if not same(ours.get(k, "absent"), theirs.get(k, "absent"))]
        return "\n".join(f"{k}: Go {theirs.get(k, 'absent')!r}, kgen {ours.get(k, 'absent')!r}" for k in keys)
    return ""


def compare(minor: str, seed: int, count: int) -> tuple[int, int]:
    """Compare one minor; returns how many documents were compared and how many differ."""
    dice = random.Random(seed)  # noqa: S311 - repeatable test data
    cases, seen = [], set[int]()
    for version, kind in sorted(schema.kinds(minor) - {catalogue.RENDER}) + sorted(catalogue.objects(minor)):
        validator, root = schema.validator(minor, version, kind), catalogue.load(minor, version, kind)
        for number in range(count):
            maker = Maker(root, dice, 0.0 if number % 2 else 0.01)
            cases.append(({"apiVersion": version, "kind": kind, **maker.struct(root)}, root, validator))
        for value in alone(root, root.get("$defs", {}), seen):
            if isinstance(value, dict):
                cases.append(({"apiVersion": version, "kind": kind, **value}, root, validator))
    with tempfile.TemporaryDirectory() as directory:
        program = generate.build(minor, Path(directory))
        lines = "".join(json.dumps(document) + "\n" for document, *_ in cases)
        output = subprocess.run([program, "roundtrip"], input=lines, text=True, stdout=subprocess.PIPE, check=True)
    different = refused = 0
    for (document, root, validator), line in zip(cases, output.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        refused += "error" in answer
        text = difference(document, answer, root, validator)
        if text:
            different += 1
            print(f"{minor} {json.dumps(document)}\n{text}\n")
    print(f"{minor}: {len(cases)} documents, {refused} refused by Go, {different} differ")
    return len(cases), different


def main() -> int:
    """Compare the minors that are asked for, or all; returns the exit code."""
    parser = argparse.ArgumentParser(description="compare kgen's schemas and codec with Go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int, default=200, help="documents a kind")
    parser.add_argument("minors", nargs="*", default=generate.minors())
    arguments = parser.parse_args()
    results = [compare(minor, arguments.seed, arguments.documents) for minor in arguments.minors]
    return 1 if any(different for _, different in results) else 0


if __name__ == "__main__":
    sys.exit(main())
