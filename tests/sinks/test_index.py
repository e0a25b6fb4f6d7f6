# SPDX-License-Identifier: Apache-2.0
"""kgen.json, and the schema that describes it to others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kgen.resources import directory
from kgen.sinks.index import parse
from sinks.test_layout import HOSTILE
from sinks.trees import make_tree


@cache
def schema() -> dict[str, Any]:
    """The published schema."""
    found: dict[str, Any] = json.loads((directory("schema") / "kgen/v1/Tree.json").read_text())
    return found


def content() -> dict[str, Any]:
    """The index of a small tree."""
    found: dict[str, Any] = json.loads(make_tree().index())
    return found


def test_reads_what_tree_writes() -> None:
    """Every field of the index comes back."""
    tree = make_tree()
    index = parse(tree.index())
    assert (index.kubernetes_version, index.cluster_name) == ("v1.37.2", "kubernetes")
    assert [(n.name, n.role, n.address, n.directory) for n in index.nodes] == [("cp-1", "init", "10.0.0.1", ".")]
    assert [f.path for f in index.files] == [f.path for f in tree.files]
    assert [(o.kind, o.verb, o.sensitive) for o in index.objects] == [("Secret", "create", True)]
    key = index.files[0]
    assert (key.target, key.mode, key.owner, key.topic) == ("/etc/kubernetes/pki/ca.key", 0o600, "root:root", "pki/ca")
    assert index.canonical


def test_schema_is_valid_and_says_what_everything_is() -> None:
    """The schema is one, and each of its properties has a title and a description."""
    Draft202012Validator.check_schema(schema())

    def properties(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            yield from part.get("properties", {}).values()
            for value in part.values():
                yield from properties(value)

    for part in [schema(), *schema()["$defs"].values(), *properties(schema())]:
        assert "$ref" in part or {"title", "description"} <= part.keys(), part


def test_schema_lists_exactly_the_fields_of_the_index() -> None:
    """No field is written that the schema does not describe, and the reverse."""
    written, defs = content(), schema()["$defs"]
    common = defs["artifact"]["properties"].keys()
    assert written.keys() == schema()["properties"].keys() == set(schema()["required"])
    assert written["nodes"][0].keys() == defs["node"]["properties"].keys()
    assert written["files"][0].keys() == defs["file"]["properties"].keys() | common
    assert written["objects"][0].keys() == defs["object"]["properties"].keys() | common


def refused(data: Any) -> tuple[bool, bool]:
    """Whether the reader and the schema refuse it."""
    try:
        parse(json.dumps(data).encode())
    except ValueError:
        return True, not Draft202012Validator(schema()).is_valid(data)
    return False, not Draft202012Validator(schema()).is_valid(data)


Damage = tuple[str, str, Any]
"""Where (`` is the top), which field, and what it becomes; MISSING takes it away."""
MISSING = object()


def damage() -> Iterator[Damage]:
    """Each required field missing or of a wrong type, and values out of their form."""
    for at in ("", "nodes", "files", "objects"):
        for name in content()[at][0] if at else content():
            yield at, name, MISSING
            yield at, name, 7
    for path in HOSTILE[:-1]:  # JSON has no lone surrogates that two readers agree on
        yield "files", "path", path
        yield "nodes", "name", path
        if path != ".":
            yield "nodes", "directory", path
    yield from [("files", "path", "kgen.json"), ("nodes", "name", "a/b"), ("nodes", "role", "master")]
    yield from [("files", "mode", "600"), ("files", "mode", "0888"), ("files", "target", "etc"), ("files", "from", [1])]
    yield from [("files", "sha256", "A" * 64), ("objects", "verb", "delete"), ("files", "sensitive", 1)]
    yield from [("", "kind", "Bush"), ("", "apiVersion", "kgen/v2")]


@pytest.mark.parametrize(("at", "name", "value"), list(damage()))
def test_reader_and_schema_refuse_alike(at: str, name: str, value: Any) -> None:
    """What the schema does not allow, the reader refuses too."""
    data = content()
    assert refused(data) == (False, False)
    part = data[at][0] if at else data
    part[name] = value
    if value is MISSING:
        del part[name]
    assert refused(data) == (True, True)


@pytest.mark.parametrize(
    "origin",
    [
        7,
        {},
        {"kind": "user"},
        {"kind": "magic", "from": []},
        {"kind": "user", "from": [1]},
        {"kind": "user", "from": "x"},
        {"kind": "user", "line": 0, "from": []},
        {"kind": "user", "line": "7", "from": []},
        {"kind": "user", "line": True, "from": []},
        {"kind": "user", "column": -1, "from": []},
        {"kind": "user", "source": None, "from": []},
        {"kind": "user", "why": 7, "from": []},
    ],
)
def test_reader_and_schema_refuse_the_same_origins(origin: Any) -> None:
    """An origin is of a known kind, says what it is from, and a place in a file counts from 1."""
    data = content()
    data["origins"]["a.b"] = {"kind": "user", "source": "x", "line": 1, "column": 1, "why": "y", "from": ["c"]}
    assert refused(data) == (False, False)
    data["origins"]["a.b"] = origin
    assert refused(data) == (True, True)


@pytest.mark.parametrize("other", ["pki/ca.key", "pki/ca.key/x", "pki"])
def test_paths_of_one_index_clash(other: str) -> None:
    """A path twice, or one that goes through a file, is refused, across files and objects."""
    data = content()
    data["objects"][0]["path"] = other
    with pytest.raises(ValueError, match=r"pki/ca\.key"):
        parse(json.dumps(data).encode())


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff", b"[]", b"null", b"7", b'"x"', b"[" * 100_000, b"9" * 5000, b"NaN"]
)
def test_no_index_at_all(text: bytes) -> None:
    """Whatever bytes there are, they are refused with a sentence."""
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_another_version_is_named() -> None:
    """A tree of a later kgen is refused by its version."""
    with pytest.raises(ValueError, match="it is a kgen/v2 Tree; this kgen reads a kgen/v1 Tree"):
        parse(make_tree().index().replace(b"kgen/v1", b"kgen/v2"))


def test_fields_of_a_later_kgen() -> None:
    """Unknown fields are passed over."""
    data = content()
    data["files"][0]["later"] = data["later"] = 1
    assert refused(data) == (False, False)


def test_touched_layout() -> None:
    """An index that was formatted by someone else is seen to be."""
    assert not parse(json.dumps(content()).encode()).canonical
