# SPDX-License-Identifier: Apache-2.0
"""Text to documents; what a value becomes is what Go made of the same text (tools/goyaml)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kgen.config import documents, yamltree
from kgen.config.documents import Document
from kgen.errors import Mark, Problem

INIT = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
CLUSTER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"


def parse(text: str | bytes) -> tuple[list[Document], list[Problem]]:
    return documents.parse(text if isinstance(text, bytes) else text.encode(), "f.yaml")


def one(text: str | bytes) -> Document:
    found, problems = parse(text)
    assert problems == []
    assert len(found) == 1
    return found[0]


def refused(text: str | bytes) -> Problem:
    found, problems = parse(text)
    assert found == []
    assert len(problems) == 1
    assert problems[0].level == "error"
    return problems[0]


VALUES = [
    ("0644", 420),
    ("0o644", 420),
    ("08", 8),
    ("0x1F", 31),
    ("0b101", 5),
    ("1_000", 1000),
    ("1e3", 1000),
    ("1E-3", 0.001),
    ("1.0", 1),
    ("1.10", 1.1),
    ("-0.0", 0),
    (".5", 0.5),
    ("5.", 5),
    ("+1", 1),
    ("y", True),
    ("Y", True),
    ("yes", True),
    ("No", False),
    ("on", True),
    ("OFF", False),
    ("true", True),
    ("True", True),
    ("tRue", "tRue"),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("", None),
    ("12:30", "12:30"),
    ("2027-01-01", "2027-01-01"),
    ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ("18446744073709551615", 1.8446744073709552e19),
    ("9223372036854775807", 9223372036854775807),
    ("9223372036854775808", 9.223372036854776e18),
    ("1e20", 1e20),
    ("1e19", 1e19),
    ("99999999999999999999", 1e20),
    ("=", "="),
    ("<<", "<<"),
    ("1.2.3", "1.2.3"),
    ("1e400", "1e400"),
    (".5_0", 0.5),
    ("0b-1", -1),
    ('"1"', "1"),
    ("'true'", "true"),
    ("!!str 1.37", "1.37"),
    ('!!int "8443"', 8443),
    ("!!float 1", 1),
    ('!!bool "yes"', True),
    ('!!null ""', None),
    ("!!binary aGk=", "hi"),
    ("!foo 1", "1"),
    ("! 1", "1"),
    ("!!timestamp 2027-01-01", "2027-01-01"),
    ("[fd00::, a:b, 'c':d]", ["fd00::", "a:b", {"c": "d"}]),
    ("{a: 1, b: , c}", {"a": 1, "b": None, "c": None}),
    ("[1, [2, {x: y}]]", [1, [2, {"x": True}]]),
    ("a\n  b\n\n  c", "a b\nc"),
    ('"a\\\n  b \\u00e9\\x41"', "ab \xe9A"),
    ("'it''s\n  x'", "it's x"),
    ('"it\\\'s"', "it's"),
    ('"\\\\\'"', "\\'"),
    ("'\\'", "\\"),
    ("\\'x", "\\'x"),
    ('"\\\\/"', "\\/"),
    ("'\\/'", "\\/"),
    ('"\\ \\\t\\e\\_\\L\\P\\U0001f600"', " \t\x1b\xa0\u2028\u2029\U0001f600"),
    ("|\n  a\n   b\n\n", "a\n b\n"),
    ("|-\n  a\n", "a"),
    ("|+\n  a\n\n", "a\n\n\n"),
    (">\n  a\n  b\n\n  c\n", "a b\nc\n"),
    ("!!int 2147483648", 2147483648),
]
"""Texts after `v: ` and what Go makes of them."""


@pytest.mark.parametrize("loader", [pytest.param(getattr(yaml, "CSafeLoader", None), id="C"), yaml.SafeLoader])
@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values(text: str, expected: Any, loader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value is read as Go reads it, with libyaml and without."""
    if loader is None:
        pytest.skip("PyYAML without libyaml")
    monkeypatch.setattr(yamltree, "_LOADER", loader)
    value = one(f"v: {text}\n").value["v"]
    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1: a", "1"),
        ("0x10: a", "16"),
        ("on: a", "true"),
        ("n: a", "false"),
        ("1.50: a", "1.5"),
        ("16777217.0: a", "1.6777216e+07"),
        ("1e300: a", ".inf"),
        ("2027-01-01: a", "2027-01-01"),
        ("'1.50': a", "1.50"),
        ("? a\n: b", "a"),
        ("? &k key\n: a", "key"),
    ],
)
def test_keys(text: str, expected: str) -> None:
    """Every key becomes a text, floats in their 32-bit form."""
    assert list(one(text + "\n").value) == [expected]


@pytest.mark.parametrize("loader", [pytest.param(getattr(yaml, "CSafeLoader", None), id="C"), yaml.SafeLoader])
@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ('v: "a\\/b"\n', Mark(1, 6)),
        ('v: "a\\\\\\/b"\n', Mark(1, 8)),
        ('"a\\/b": 1\n', Mark(1, 3)),
        ('{"v": "a\\/b"}', Mark(1, 9)),
        ('v: "a\n  b\\/"\n', Mark(2, 4)),
    ],
)
def test_escaped_slashes(text: str, mark: Mark, loader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON may escape a slash, and other readers of YAML know that too; Go's does not, which reads both."""
    if loader is None:
        pytest.skip("PyYAML without libyaml")
    monkeypatch.setattr(yamltree, "_LOADER", loader)
    problem = refused(text)
    assert (problem.mark, problem.instead) == (mark, "write `/`")


def test_an_escape_beyond_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a problem also where PyYAML parses, which has no error of its own for it."""
    monkeypatch.setattr(yamltree, "_LOADER", yaml.SafeLoader)
    assert refused('v: "\\U00110000"\n').mark == Mark(1, 5)


@pytest.mark.parametrize(
    "text",
    [
        ".inf",
        ".nan",
        "!!int x",
        "!!float 18446744073709551615",
        "*x",
        "{~: 1}",
        "{18446744073709551615: 1}",
        "{{ x }}",
        "{[a]: b}",
        "[a?b]",
        "@x",
        "`x`",
        "%x",
        "*.a",
        "a: b",
        "- x",
        '"\\ud83d"',
        "!!binary ???",
        "&a [*a]",
        "!x!y z",
        "[::1]",
        "{'<<': {a: 1}}",
    ],
)
def test_values_that_are_refused(text: str) -> None:
    """What Go cannot read is one problem with its place."""
    problem = refused(f"v: {text}\n")
    assert problem.code == "yaml"
    assert problem.source == "f.yaml"
    assert problem.mark
    assert problem.mark.line == 1
    assert problem.mark.column >= 4


def test_anchors_and_aliases() -> None:
    """An alias is a copy of the value it names, and has a place of its own."""
    document = one("a: &x\n  b: [1]\nc: *x\nd: {<<: *x, e: 2}\n")
    assert document.value == {"a": {"b": [1]}, "c": {"b": [1]}, "d": {"b": [1], "e": 2}}
    assert document.value["a"] is not document.value["c"]
    assert document.mark(("c",)) == Mark(3, 4)
    assert document.mark(("c", "b", 0)) == Mark(2, 7)


@pytest.mark.parametrize(
    ("text", "value", "duplicates"),
    [
        ("m: {<<: {a: 1}, a: 2}", {"a": 2}, 1),
        ("m: {a: 2, <<: {a: 1}}", {"a": 1}, 1),
        ("m: {<<: [{a: 1}, {a: 2, b: 2}]}", {"a": 1, "b": 2}, 1),
        ("m: {<<: {a: 1}, <<: {b: 2}}", {"a": 1, "b": 2}, 0),
    ],
)
def test_merge_keys(text: str, value: Any, duplicates: int) -> None:
    """Merged keys take effect where `<<` stands; one that replaces another is a duplicate, as in Go's strict mode."""
    found, problems = parse(text + "\n")
    assert found[0].value["m"] == value
    assert [problem.code for problem in problems] == ["duplicate-key"] * duplicates


def test_merge_of_something_else() -> None:
    """Only mappings can be merged."""
    assert "`<<` takes a mapping" in refused("a: &x [1]\nb: {<<: *x}\n").what


def test_duplicate_keys() -> None:
    """The last value counts, as in Go; each repetition is a problem that names both lines."""
    found, problems = parse(CLUSTER + "networking:\n  podSubnet: a\n  podSubnet: b\nnetworking:\n  dnsDomain: c\n")
    assert found[0].value["networking"] == {"dnsDomain": "c"}
    assert [(p.code, p.kind, p.path, p.mark) for p in problems] == [
        ("duplicate-key", "ClusterConfiguration", ("networking", "podSubnet"), Mark(5, 3)),
        ("duplicate-key", "ClusterConfiguration", ("networking",), Mark(6, 1)),
    ]
    assert "first on line 4" in problems[0].what
    assert "first on line 3" in problems[1].what


def test_duplicates_of_different_spelling() -> None:
    """Keys that are one text for JSON are duplicates."""
    assert [problem.code for problem in parse("1: a\n'1': b\n")[1]] == ["duplicate-key"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (INIT + "---\n" + CLUSTER, [(1, 1), (2, 4)]),
        ("---\n" + INIT + "---\n" + CLUSTER + "---\n", [(1, 1), (2, 5)]),
        (INIT + "---\n---\n" + CLUSTER + "---", [(1, 1), (2, 4)]),
        (INIT + "--- # cluster\n" + CLUSTER, [(1, 1), (2, 4)]),
        (INIT + "---\t \n" + CLUSTER, [(1, 1), (2, 4)]),
        (INIT + "---#x\n" + CLUSTER, [(1, 1), (2, 4)]),
        (INIT + "...\n---\n" + CLUSTER, [(1, 1), (2, 5)]),
        ("\n\n" + INIT, [(1, 1)]),
        ((INIT + "---\n" + CLUSTER).replace("\n", "\r\n"), [(1, 1), (2, 4)]),
        ("\ufeff" + INIT + "---\n\ufeff" + CLUSTER, [(1, 1), (2, 4)]),
        ("\ufeff---\n" + INIT, [(1, 1)]),
        ("---\n{kind: x}\n", [(1, 1)]),
        ("", []),
    ],
)
def test_separators(text: str, places: list[tuple[int, int]]) -> None:
    """Lines that begin with `---` separate documents; kubeadm's `config validate` takes the same texts."""
    found, problems = parse(text)
    assert problems == []
    assert [(document.index, document.line) for document in found] == places


@pytest.mark.parametrize(
    ("text", "index", "line"),
    [
        ("# managed by tooling\n---\n" + INIT, 1, 1),
        (INIT + "---\n# end\n", 2, 4),
        (INIT + "---\n\n", 2, 4),
        (INIT + "---\n---\n---\n" + CLUSTER, 2, 4),
        ("\n---\n" + INIT, 1, 1),
        (INIT + "---\n~\n", 2, 4),
        ("# nothing\n", 1, 1),
        ("\n", 1, 1),
        ("---", 1, 1),
    ],
)
def test_empty_documents(text: str, index: int, line: int) -> None:
    """kubeadm demands a kind in a document of comments too, so it is a problem."""
    found, problems = parse(text)
    assert [(p.code, p.mark) for p in problems] == [("empty-document", Mark(line, 1))]
    assert f"document {index} " in problems[0].what
    assert index not in [document.index for document in found]


@pytest.mark.parametrize(
    ("text", "instead"), [("--- kind: x\n", "next line"), ("----\n", "three dashes"), ("---x\n", "next line")]
)
def test_wrong_separators(text: str, instead: str) -> None:
    """Nothing but a comment may follow `---`; the documents around it are read all the same."""
    found, problems = parse(INIT + text + CLUSTER)
    assert [document.kind for document in found] == ["InitConfiguration", "ClusterConfiguration"]
    assert [(problem.code, problem.mark) for problem in problems] == [("yaml", Mark(3, 4))]
    assert instead in problems[0].instead


@pytest.mark.parametrize("text", [INIT + "...\nmore: 1\n", " a: 1\nb: 2\n", "---\n{a: 1}\nb: 2\n", "a: 1\r---\rb: 2\r"])
def test_text_behind_the_end(text: str) -> None:
    """What kubeadm silently leaves unread is a warning."""
    found, problems = parse(text)
    assert len(found) == 1
    assert [(problem.code, problem.level) for problem in problems] == [("yaml", "warning")]
    assert "does not read what follows" in problems[0].what


def test_json() -> None:
    """A document that begins with a brace is JSON, where 1.0 stays a float."""
    document = one('{"kind": "x", "a": {"b": [1, 1.0, 1e3, -0, 9223372036854775808, "\\u00e9"]}}')
    assert [(type(item), item) for item in document.value["a"]["b"]] == [
        (int, 1),
        (float, 1.0),
        (float, 1000.0),
        (int, 0),
        (float, 9223372036854775808.0),
        (str, "é"),
    ]
    assert document.mark(("a", "b", 1)) == Mark(1, 30)
    assert one('---\n{"a": 1.0}\n').value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("{kind: x}", Mark(1, 2)),
        ('{"a": 1,}', Mark(1, 9)),
        ('{"a": 1} {"b": 2}', Mark(1, 10)),
        ("{'a': 1}", Mark(1, 2)),
        ('{"a": 1e999}', Mark(1, 1)),
        ('{"a": NaN}', Mark(1, 7)),
        ('{"NaN": "\\"Infinity",\n "b": [-Infinity]}', Mark(2, 8)),
        ('{"a": Infinity}', Mark(1, 7)),
    ],
)
def test_what_is_no_json(text: str, mark: Mark) -> None:
    """A brace first makes kubeadm demand JSON."""
    problem = refused(text)
    assert problem.code == "yaml"
    assert problem.mark == mark


@pytest.mark.parametrize(
    ("text", "mark"),
    [("%YAML 1.2\r---\ra: 1\r", Mark(1, 1)), ("# x\n%YAML 1.2\u2028---\u2028a: 1\u2028", Mark(2, 1))],
)
def test_another_yaml(text: str, mark: Mark) -> None:
    """A directive that reaches Go's reader, as its line does not end where kubeadm looks, may only say 1.1."""
    problem = refused(text)
    assert "no other YAML than 1.1" in problem.what
    assert problem.mark == mark
    assert one(text.replace("1.2", "1.1")).value == {"a": 1}


@pytest.mark.parametrize(
    ("data", "mark", "what"),
    [
        (b"a: 1\n# Z\xfcrich\n", Mark(2, 4), "byte 0xfc"),
        ("a: é\nb: ".encode() + b"\xc3\n", Mark(2, 4), "byte 0xc3"),
        (b"\xed\xa0\x80", Mark(1, 1), "byte 0xed"),
        ("a: 1\n".encode("utf-16"), Mark(1, 1), "UTF-16"),
        ("a: 1\n".encode("utf-16-be"), Mark(1, 1), "U+0000"),
        (b"a: x\x01\n", Mark(1, 5), "U+0001"),
        (b"a: x\x7f\n", Mark(1, 5), "U+007F"),
        (b'a: "\\x7f"\n', Mark(1, 4), "U+007F"),
        (b"\x89PNG\r\n\x1a\n\0", Mark(1, 1), "byte 0x89"),
    ],
)
def test_bytes_that_are_refused(data: bytes, mark: Mark, what: str) -> None:
    """Other encodings and control characters are problems at their place, even in comments."""
    problem = refused(data)
    assert problem.mark == mark
    assert what in problem.what


def test_invisible_characters() -> None:
    """A key that begins with a no-break space is a warning; whether it may be there is for the schema to say."""
    found, problems = parse("networking:\n\u00a0\u00a0podSubnet: x\n")
    assert len(found) == 1
    assert [(p.code, p.level, p.mark) for p in problems] == [("yaml", "warning", Mark(2, 1))]
    assert "U+00A0" in problems[0].what


@pytest.mark.parametrize(
    ("text", "what"), [("- a\n", "a list"), ("hello\n", "a single value"), ("kind:x\n", "single text")]
)
def test_documents_that_are_no_mappings(text: str, what: str) -> None:
    """A document that is no mapping cannot have a kind."""
    problem = refused(text)
    assert problem.code == "yaml"
    assert what in problem.what


def test_places() -> None:
    """Places are those of the file, for values and for keys; what does not exist has the place of what is above it."""
    document = parse(INIT + "---\n" + CLUSTER + 'apiServer:\n  extraArgs:\n  - name: é\n    value:   "x"\n')[0][1]
    assert document.mark(()) == Mark(4, 1)
    assert document.mark(("apiServer",)) == Mark(7, 3)
    assert document.key_mark(("apiServer",)) == Mark(6, 1)
    assert document.mark(("apiServer", "extraArgs", 0, "value")) == Mark(9, 14)
    assert document.key_mark(("apiServer", "extraArgs", 0, "value")) == Mark(9, 5)
    assert document.key_mark(("apiServer", "extraArgs", 0)) == Mark(8, 5)
    assert document.mark(("apiServer", "extraArgs", 7, "name")) == document.mark(("apiServer", "extraArgs"))
    assert document.key_mark(("apiServer", "certSANs")) == Mark(6, 1)
    assert document.mark(("nothing",)) == document.key_mark(("nothing",)) == Mark(4, 1)


def test_document() -> None:
    """A document has its own text, and kind and apiVersion only where they are texts."""
    first, second = parse(INIT + "---\nkind: 1\napiVersion: [x]\n")[0]
    assert (first.api_version, first.kind) == ("kubeadm.k8s.io/v1beta4", "InitConfiguration")
    assert (first.source, first.index, first.line, first.text) == ("f.yaml", 1, 1, INIT)
    assert [document.separator for document in parse(f"---\n{INIT}---# b\n{CLUSTER}")[0]] == ["", "---# b"]
    assert (second.api_version, second.kind) == ("", "")


def test_problems_in_the_order_of_the_text() -> None:
    """One broken document does not hide the others, nor their problems."""
    found, problems = parse("a: 1\na: 2\n---\nb: @\n---\nc: 1\nc: 2\n--- x\nd: 1\n")
    assert [document.index for document in found] == [1, 3, 4]
    assert [problem.mark.line for problem in problems if problem.mark] == [2, 4, 7, 8]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: " + "[" * 101 + "]" * 101, "nested"),
        ("a: " + "[" * 50_000, "nested"),
        ('{"a": ' + "[" * 50_000, "nested"),
        ("".join(" " * depth + "a:\n" for depth in range(300)), "nested"),
        (
            "a: &a {" + ",".join(f"k{n}: 1" for n in range(900)) + "}\nb: {<<: [" + ",".join(["*a"] * 900) + "]}",
            "aliases",
        ),
        (
            "x0: &x0 [a]\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 20)),
            "aliases",
        ),
    ],
)
def test_bombs(text: str, what: str) -> None:
    """Deep nesting and texts that consist of aliases are refused before they cost time or memory."""
    assert what in refused(text).what


def test_depth_that_is_read() -> None:
    """A hundred levels are read."""
    assert one("a: " + "[" * 99 + "]" * 99).kind == ""


def test_numbers_of_many_digits() -> None:
    """A number of any length is a float or a text, not an error of ours."""
    value = one("a: " + "9" * 5000 + "\nb: 0x" + "f" * 5000 + "\nc: " + "9" * 300 + "\n").value
    assert value == {"a": "9" * 5000, "b": "0x" + "f" * 5000, "c": 1e300}
