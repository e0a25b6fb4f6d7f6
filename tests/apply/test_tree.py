# SPDX-License-Identifier: Apache-2.0
"""A tree is what its index says, or it is refused by name."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kgen_apply.tree
from apply.trees import change_index, render
from kgen_apply.errors import TreeError
from kgen_apply.tree import load, verify


def packed(tree: Path, target: Path, *more: tarfile.TarInfo) -> Path:
    """The tree as an archive, with members added in front."""
    with tarfile.open(target, "w:gz" if target.suffix == ".gz" else "w") as archive:
        for member in more:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
        for path in sorted(tree.rglob("*")):
            archive.add(path, path.relative_to(tree), recursive=False)
    return target


def test_directory_and_archives_hold_the_same_tree(tree: Path, tmp_path: Path) -> None:
    """Files and objects, in order, with their contents."""
    first = load(tree)
    assert [file.path for file in first.files][:2] == ["pki/ca.crt", "pki/ca.key"]
    assert len(first.objects) > 25
    for name in ("tree.tar", "tree.tar.gz"):
        other = load(packed(tree, tmp_path / name))
        assert (other.nodes, other.files, other.objects) == (first.nodes, first.files, first.objects)


def test_changed_file_is_refused(tree: Path) -> None:
    """What was changed after rendering is named, and its content is not."""
    (tree / "pki/ca.key").write_text("something secret")
    with pytest.raises(TreeError, match=r"pki/ca\.key is not what kgen\.json says") as caught:
        load(tree)
    assert "secret" not in str(caught.value)


def test_missing_file_is_refused(tree: Path) -> None:
    """By name."""
    (tree / "manifests/etcd.yaml").unlink()
    with pytest.raises(TreeError, match=r"manifests/etcd\.yaml is missing"):
        load(tree)


def test_tree_that_changes_after_it_was_planned_is_refused(tree: Path) -> None:
    """Even if the new index agrees with the new file."""
    planned = load(tree)
    verify(planned)
    change_index(tree, lambda data: data.update(clusterName="other"))
    with pytest.raises(TreeError, match="has changed since it was planned"):
        verify(planned)


@pytest.mark.parametrize(
    "path", ["../outside", "/etc/passwd", "a/../../outside", "pki//ca.crt", "a\\b", "kgen.json", "a\nb"]
)
def test_index_cannot_name_places_outside(path: str, tree: Path) -> None:
    """A path leaves the tree: refused before anything is read there."""
    (tree.parent / "outside").write_text("x")

    def change(data: dict[str, Any]) -> None:
        data["files"][0]["path"] = path

    change_index(tree, change)
    with pytest.raises(TreeError, match=r"the path|an entry has no path"):
        load(tree)


@pytest.mark.parametrize("link", ["pki/ca.crt", "pki"])
def test_links_are_not_followed(link: str, tree: Path) -> None:
    """Neither a file nor a directory of a tree may be a link."""
    place = tree / link
    place.rename(tree.parent / "moved")
    place.symlink_to(tree.parent / "moved")
    with pytest.raises(TreeError, match="links are not followed"):
        load(tree)


def _edit(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        here: Any = data
        for step in steps:
            here = here[int(step) if step.isdigit() else step]
        here[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("files.0.target", "etc/kubernetes", "not an absolute, plain path"),
        ("files.0.target", "/etc/../root/x", "not an absolute, plain path"),
        ("files.0.mode", "4755", "mode '4755' is not of its form"),
        ("files.0.owner", "root; reboot", "owner 'root; reboot' is not of its form"),
        ("files.0.node", "cp-9", "which is not listed"),
        ("files.0.sha256", "00", "sha256 '00' is not of its form"),
        ("files.1.target", "/etc/kubernetes/pki/ca.crt", "twice"),
        ("objects.0.verb", "delete", "verb 'delete' is not of its form"),
        ("nodes.0.name", "-oProxyCommand=x", "not the name of a node"),
        ("kubernetesVersion", "1.37", "is not a version"),
        ("timeouts", {"kubeletHealthCheck": "soon"}, "is not a duration"),
        ("kind", "Shrub", "is not the index"),
        ("files", {}, "has no list files"),
    ],
)
def test_index_that_is_wrong_is_refused(path: str, value: Any, what: str, tree: Path) -> None:
    """With a sentence about what is wrong with it."""
    change_index(tree, _edit(path, value))
    with pytest.raises(TreeError, match=what):
        load(tree)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100000])
def test_index_that_is_none_is_refused(content: str, tree: Path) -> None:
    """Whatever it is."""
    (tree / "kgen.json").write_text(content)
    with pytest.raises(TreeError, match=r"kgen\.json: "):
        load(tree)


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    """A member of an archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info


@pytest.mark.parametrize(
    ("hostile", "what"),
    [
        (member("../../etc/cron.d/x", size=1), r"has an empty, \. or \.\. step"),
        (member("/etc/cron.d/x", size=1), "is absolute"),
        (member("pki", tarfile.SYMTYPE, "/etc"), "is not a plain file"),
        (member("pki/ca.crt", tarfile.LNKTYPE, "../../etc/shadow"), "is not a plain file"),
        (member("disk", tarfile.BLKTYPE), "is not a plain file"),
        (member("pipe", tarfile.FIFOTYPE), "is not a plain file"),
        (member("a\\b", size=1), "has a backslash"),
        (member("pki/ca.crt", size=1), "twice"),
        (member("../up", tarfile.DIRTYPE), "is not a plain file"),
    ],
)
def test_hostile_archive_is_refused(hostile: tarfile.TarInfo, what: str, tree: Path, tmp_path: Path) -> None:
    """Nothing is unpacked; the member is named."""
    with pytest.raises(TreeError, match=what) as caught:
        load(packed(tree, tmp_path / "hostile.tar", hostile))
    assert "nothing of it is used" in str(caught.value)


def test_archive_that_is_none_is_refused(tmp_path: Path) -> None:
    """Neither nonsense, nor one that ends early."""
    (tmp_path / "x.tar").write_bytes(b"nonsense" * 100)
    with pytest.raises(TreeError, match="neither a directory nor a tar archive"):
        load(tmp_path / "x.tar")


def test_large_files_are_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory is not filled by a file that claims to be a certificate."""
    monkeypatch.setattr(kgen_apply.tree, "_LARGEST", 100)
    with pytest.raises(TreeError, match="is too large"):
        load(tree)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m30s", 90), ("1.5h", 5400), ("250ms", 0.25), (".5s", 0.5), ("-1s", 0), ("1us", 1e-6)],
)
def test_timeouts_are_the_configurations(text: str, seconds: float, tmp_path: Path) -> None:
    """Durations are read as Go reads them; an index without any stands for kubeadm's."""
    tree = render(tmp_path / "tree", init=f"timeouts: {{kubeletHealthCheck: {text}}}")
    assert load(tree).timeouts["kubeletHealthCheck"] == pytest.approx(seconds)
    assert load(tree).timeouts["kubernetesAPICall"] == 60
    change_index(tree, lambda data: data.pop("timeouts"))
    assert load(tree).timeouts == kgen_apply.tree.TIMEOUTS


def test_unknown_fields_are_passed_over(tree: Path) -> None:
    """A later kgen/v1 may say more."""
    change_index(tree, lambda data: data.update(more=json.loads("{}")))
    assert load(tree).files
