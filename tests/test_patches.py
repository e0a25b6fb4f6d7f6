# SPDX-License-Identifier: Apache-2.0
"""Patch files and what they do; tests/data/patches.json has the answers of Go's libraries (tools/gopatch)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from kgen import releases
from kgen.patches import Patch, PatchError, apply, load

CASES = json.loads((Path(__file__).parent / "data" / "patches.json").read_text())
TARGETS = releases.load("1.37").patch_targets


def patches_of(case: dict[str, Any]) -> list[Patch]:
    """The patches of a recorded case."""
    return [Patch(case["target"], patch["type"], patch["content"], "patch.yaml") for patch in case["patches"]]


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_patches_do_what_go_does(case: dict[str, Any]) -> None:
    """The result is Go's, or the patch is refused where Go refuses it."""
    if "refused" in case:
        with pytest.raises(PatchError, match=r"patch\.yaml: "):
            apply(case["target"], case["document"], patches_of(case))
    else:
        assert apply(case["target"], case["document"], patches_of(case)) == case["result"]


@pytest.mark.parametrize("case", CASES[:5], ids=[case["about"] for case in CASES[:5]])
def test_what_is_given_stays_unchanged(case: dict[str, Any]) -> None:
    """Neither the document nor a patch is changed, so that a patch can be applied again."""
    document, patches = copy.deepcopy(case["document"]), patches_of(case)
    first = apply(case["target"], document, patches)
    assert document == case["document"]
    assert apply(case["target"], document, patches) == first


def test_patches_for_other_targets_are_passed_over() -> None:
    """Only the patches of the target count."""
    assert apply("etcd", {"a": 1}, [Patch("kube-apiserver", "merge", {"a": 2}, "kube-apiserver+merge.yaml")]) == {
        "a": 1
    }


def test_a_patch_error_names_file_and_place_but_no_values() -> None:
    """A message tells which file, document and operation, and nothing of what the patch sets."""
    content = [{"op": "add", "path": "/a", "value": "hush"}, {"op": "test", "path": "/a", "value": "hush-hush"}]
    with pytest.raises(PatchError) as raised:
        apply("etcd", {}, [Patch("etcd", "json", content, "sub/etcd+json.yaml", 2)])
    assert str(raised.value).startswith("sub/etcd+json.yaml: json patch for etcd, document 2: operation 2: ")
    assert "hush" not in str(raised.value)
    assert raised.value.exit_code == 3


def test_a_document_cannot_become_a_list() -> None:
    """kubeadm could not read the result either."""
    with pytest.raises(PatchError, match="leave a list"):
        apply("etcd", {"a": 1}, [Patch("etcd", "merge", [1], "etcd+merge.yaml")])


@pytest.mark.parametrize(
    ("name", "target", "kind"),
    [
        ("etcd.yaml", "etcd", "strategic"),
        ("kube-apiserver0+merge.json", "kube-apiserver", "merge"),
        ("kube-scheduler-last+json.yaml", "kube-scheduler", "json"),
        ("kubeletconfiguration+strategic.yaml", "kubeletconfiguration", "strategic"),
        ("etcd+jsonpatch.yaml", "etcd", "json"),
        ("etcdmerge.yaml", "etcd", "strategic"),
        ("etcd.x+json.yaml", "etcd", "strategic"),
        ("some/where/etcd.yaml", "etcd", "strategic"),
    ],
)
def test_names_of_patch_files(name: str, target: str, kind: str) -> None:
    """Target first, then any suffix without a dot, then + and type; what follows the type is not looked at."""
    patches, problems = load({name: b"{}"}, TARGETS)
    assert [(patch.target, patch.type, patch.source) for patch in patches] == [(target, kind, name)]
    assert not problems


@pytest.mark.parametrize(
    "name", ["README.md", "etcd.yml", "etcd.YAML", "kube-proxy.yaml", ".yaml", "a-etcd.yaml", "etcd.yaml~"]
)
def test_other_files_are_ignored_with_a_note(name: str) -> None:
    """An unknown target or extension is no error."""
    patches, (problem,) = load({name: b"{}"}, TARGETS)
    assert not patches
    assert (problem.code, problem.level, problem.source) == ("patch-ignored", "warning", name)


def test_targets_depend_on_the_minor() -> None:
    """kube-proxy's DaemonSet became a target in 1.37."""
    files = {"kubeproxydaemonset.yaml": b"{}"}
    assert load(files, TARGETS)[0]
    assert not load(files, releases.load("1.36").patch_targets)[0]


@pytest.mark.parametrize("name", ["etcd+.yaml", "etcd+foo.yaml", "etcd++json.yaml", "etcd+JSON.yaml"])
def test_a_bad_type_is_an_error(name: str) -> None:
    """After + a type has to follow."""
    patches, (problem,) = load({name: b"{}"}, TARGETS)
    assert not patches
    assert (problem.code, problem.level) == ("patch-type", "error")


def test_files_apply_in_the_order_of_a_directory_walk() -> None:
    """Names in byte order, a subdirectory in its place among them."""
    names = ["etcd1.yaml", "etcd0.yaml", "etcd10.yaml", "etcd0/etcd9.yaml", "etcd0-x/etcd.yaml", "Z/etcd.yaml"]
    patches, _ = load(dict.fromkeys(names, b"{}"), TARGETS)
    assert [patch.source for patch in patches] == [
        "Z/etcd.yaml",
        "etcd0/etcd9.yaml",
        "etcd0-x/etcd.yaml",
        "etcd0.yaml",
        "etcd1.yaml",
        "etcd10.yaml",
    ]


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        (b"a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        (b"--- # first\na: 1\r\n---\r\n\r\n---\nb: yes\n", [{"a": 1}, {"b": True}]),
        (b"# nothing\n", [None]),
        (b"\n \n", []),
        (b'[{"op": "add"}]', [[{"op": "add"}]]),
        (b"a: 1.0\nb: 0x10\nc: 2020-01-01\n1: x\n", [{"a": 1, "b": 16, "c": "2020-01-01", "1": "x"}]),
        (b" a:\n   b: 1\n c: 2", None),
        (b"a: 1\n--- b: 2\n", None),
        (b"a: [", None),
        (b"a: \xff", None),
    ],
)
def test_contents(text: bytes, contents: list[Any] | None) -> None:
    """Documents are read as Go reads YAML; leading blanks of a document are cut, which shifts its first line."""
    patches, problems = load({"etcd.yaml": text}, TARGETS)
    if contents is None:
        assert [(problem.code, problem.level, problem.source) for problem in problems] == [
            ("yaml", "error", "etcd.yaml")
        ]
        assert problems[0].mark
    else:
        assert ([patch.content for patch in patches], problems) == (contents, [])


def test_an_error_has_its_line_in_the_file() -> None:
    """Lines count in the file, not in the document."""
    _, (problem,) = load({"etcd.yaml": b"a: 1\n---\n\nb: 1\n\tc: 2\n"}, TARGETS)
    assert problem.mark
    assert problem.mark.line == 5


def test_an_empty_file_is_ignored() -> None:
    """Like a file that is no patch."""
    assert [problem.code for problem in load({"etcd.yaml": b""}, TARGETS)[1]] == ["patch-ignored"]
