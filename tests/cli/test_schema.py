# SPDX-License-Identifier: Apache-2.0
"""kgen schema"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cli.running import Kgen
from kgen.config import catalogue
from kgen.resources import directory

SCHEMAS = directory("schema")
V1BETA4 = "kubeadm.k8s.io/v1beta4"


def plain(node: Any) -> Any:
    """A schema without the keywords of kgen's own codec."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items() if not key.startswith("x-go-")}
    return [plain(item) for item in node] if isinstance(node, list) else node


def test_list(kgen: Kgen) -> None:
    """Without a kind, every kind of the newest kubeadm is listed with a text, the version that kubeadm writes first."""
    done = kgen("schema")
    rows = [line.split(maxsplit=2) for line in done.out.splitlines()]
    kinds = {(version, kind) for kind, version, _ in rows}
    assert kinds == catalogue.kinds(catalogue.minors()[-1]) | {("kgen/v1", "Tree"), ("any", "kubeadm")}
    assert [version for kind, version, _ in rows if kind == "InitConfiguration"] == [V1BETA4, "kubeadm.k8s.io/v1"]
    assert all(len(text) > 20 for _, _, text in rows)


def test_list_of_another_kubeadm(kgen: Kgen) -> None:
    """With --kubeadm, the kinds and versions of that one."""
    rows = [line.split()[:2] for line in kgen("schema", "--kubeadm", "1.36").out.splitlines()]
    assert ["JoinConfiguration", "kubeadm.k8s.io/v1beta3"] in rows
    assert ["JoinConfiguration", "kubeadm.k8s.io/v1"] not in rows


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["ClusterConfiguration"], f"1.37/{V1BETA4}/ClusterConfiguration"),
        (["KubeletConfiguration", "--kubeadm", "1.34"], "1.34/kubelet.config.k8s.io/v1beta1/KubeletConfiguration"),
        (["InitConfiguration", "--api-version", "v1"], "1.37/kubeadm.k8s.io/v1/InitConfiguration"),
        (
            ["InitConfiguration", "--api-version", "kubeadm.k8s.io/v1beta3", "--kubeadm", "1.36"],
            "1.36/kubeadm.k8s.io/v1beta3/InitConfiguration",
        ),
        (["InitConfiguration", "--kubeadm", "1.34"], f"1.34/{V1BETA4}/InitConfiguration"),
        (["RenderConfiguration"], "kgen/v1/RenderConfiguration"),
        (["Tree"], "kgen/v1/Tree"),
        (["kubeadm", "--kubeadm", "1.35"], "1.35/kubeadm"),
    ],
)
def test_print(kgen: Kgen, arguments: list[str], name: str) -> None:
    """A kind's schema is printed: a valid one, named by $id, without what only kgen's codec reads."""
    done = kgen("schema", *arguments)
    printed = json.loads(done.out)
    Draft202012Validator.check_schema(printed)
    assert printed["$id"].endswith(f"/{name}.json")
    assert printed == plain(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Nothing"], "kubeadm 1.37 has no kind Nothing; `kgen schema` lists the kinds"),
        (["ClusterConfig"], "kubeadm 1.37 has no kind ClusterConfig; did you mean ClusterConfiguration?"),
        (["Tree", "--kubeadm", "1.20"], "there are no schemas of kubeadm 1.20; --kubeadm takes 1.34, 1.35, 1.36, 1.37"),
        (["--kubeadm", "../kgen"], "there are no schemas of kubeadm ../kgen; --kubeadm takes 1.34, 1.35, 1.36, 1.37"),
        (
            ["JoinConfiguration", "--api-version", "v1beta3"],
            "kubeadm 1.37 has no JoinConfiguration in v1beta3; "
            "--api-version takes kubeadm.k8s.io/v1, kubeadm.k8s.io/v1beta4",
        ),
        (["kubeadm", "--api-version", "v1"], "the schema kubeadm is of all versions; leave out --api-version"),
        (["--api-version", "v1"], "--api-version needs a KIND"),
        (["Tree", "--all", "x"], "--all writes every kind in every version; leave out KIND and --api-version"),
    ],
)
def test_wrong_usage(kgen: Kgen, arguments: list[str], message: str) -> None:
    """What cannot be meant is refused with what could be, and nothing is printed or written."""
    done = kgen("schema", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"kgen: {message}\n")
    assert list(kgen.directory.iterdir()) == []


def test_all(kgen: Kgen) -> None:
    """--all writes what is printed for each kind, laid out as in schema/, and can be repeated over itself."""
    target = kgen.directory / "deep" / "schemas"
    done = kgen("schema", "--all", "deep/schemas")
    written = {path.relative_to(target) for path in target.rglob("*.json")}
    wanted = {path.relative_to(SCHEMAS) for path in SCHEMAS.rglob("*.json")}
    assert written == {path for path in wanted if path.parts[0] in ("kgen", *catalogue.minors())}
    assert (done.code, done.out) == (0, f"{len(written)} schemas in deep/schemas\n")
    place = f"1.36/{V1BETA4}/InitConfiguration.json"
    assert (target / place).read_text() == kgen("schema", "InitConfiguration", "--kubeadm", "1.36").out
    (target / place).write_text("old")
    assert kgen("schema", "--all", "deep/schemas").code == 0
    assert (target / place).read_text() != "old"


def test_all_of_one_kubeadm(kgen: Kgen) -> None:
    """With --kubeadm, --all writes that one's kinds, its combined schema and kgen's own."""
    kgen("schema", "--all", "x", "--kubeadm", "1.34")
    names = {path.relative_to(kgen.directory / "x").as_posix() for path in (kgen.directory / "x").rglob("*.json")}
    assert {name.split("/")[0] for name in names} == {"1.34", "kgen"}
    assert "1.34/kubeadm.json" in names


def test_all_beside_other_files(kgen: Kgen) -> None:
    """A directory with files of someone else's is refused before anything is written into it."""
    (kgen.directory / "mine.txt").write_text("mine")
    done = kgen("schema", "--all", ".")
    assert (done.code, done.out) == (5, "")
    assert done.err == "kgen: . holds mine.txt, which is none of these schemas; name an empty directory\n"
    assert [path.name for path in kgen.directory.iterdir()] == ["mine.txt"]


def test_all_into_a_file(kgen: Kgen) -> None:
    """A file in the place of the directory is named, not replaced."""
    (kgen.directory / "mine.txt").write_text("mine")
    done = kgen("schema", "--all", "mine.txt")
    assert done.code == 5
    assert "cannot write schemas to mine.txt: a part of the path is a file" in done.err
    assert (kgen.directory / "mine.txt").read_text() == "mine"


def test_help_tells_editors(kgen: Kgen) -> None:
    """The help shows the comment by which an editor finds a schema; the file in it is one that --all writes."""
    done = kgen("schema", "--help")
    assert "# yaml-language-server: $schema=schemas/1.37/kubeadm.json\n" in done.out
    assert Path(SCHEMAS, "1.37/kubeadm.json").exists()
