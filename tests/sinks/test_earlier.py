# SPDX-License-Identifier: Apache-2.0
"""Reading a tree back, whatever has happened to it."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import os
import random
import tarfile
from pathlib import Path

import pytest

from kgen.errors import TargetError
from kgen.sinks.directory import write_directory
from kgen.sinks.earlier import Earlier, read
from kgen.sinks.tar import archive
from kgen.tree import Sensitivity
from sinks.trees import file, holds, make_tree, without

KEY, ETCD = "pki/ca.key", "manifests/etcd.yaml"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A directory that holds a tree."""
    write_directory(make_tree(), tmp_path / "out", None)
    return tmp_path / "out"


def refusal(place: Path) -> str:
    """The sentence with which a place is refused."""
    with pytest.raises(TargetError) as caught:
        read(place)
    return str(caught.value).replace(f"{place.parent}/", "")


def tarred(place: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """An archive with these members."""
    with tarfile.open(place, "w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return place


class TestNothing:
    def test_nothing_there(self, tmp_path: Path) -> None:
        """No place, or an empty directory, is no tree and no error."""
        assert read(tmp_path / "none" / "at" / "all") is None
        assert read(tmp_path) is None

    @pytest.mark.parametrize("path", ["", "/", "a\0b"])
    def test_no_target_at_all(self, path: str) -> None:
        """What cannot be a target is refused with a sentence."""
        with pytest.raises(TargetError):
            read(path)

    def test_long_names(self, tmp_path: Path) -> None:
        """A name that no file system takes is refused with a sentence."""
        assert "the path is too long" in refusal(tmp_path / ("x" * 300))

    def test_links_to_nothing(self, tmp_path: Path) -> None:
        """A link to nowhere and a link to itself are refused."""
        (tmp_path / "away").symlink_to("nowhere")
        (tmp_path / "self").symlink_to("self")
        assert refusal(tmp_path / "away") == "away is a symbolic link to nothing"
        assert "self" in refusal(tmp_path / "self")

    def test_below_a_file(self, tmp_path: Path) -> None:
        """A place below a file cannot be."""
        (tmp_path / "file").write_text("")
        assert refusal(tmp_path / "file" / "out").endswith("file is a file")

    def test_a_pipe(self, tmp_path: Path) -> None:
        """A pipe is not waited for."""
        os.mkfifo(tmp_path / "pipe")
        assert refusal(tmp_path / "pipe") == "pipe is neither a directory nor a file; name another place"


class TestDirectory:
    def test_untouched(self, out: Path) -> None:
        """An untouched tree reads as it was written."""
        assert read(out) == Earlier.of(make_tree())

    def test_through_a_link(self, out: Path) -> None:
        """A link to a tree is a tree."""
        (out.parent / "link").symlink_to("out")
        assert read(out.parent / "link") == Earlier.of(make_tree())

    def test_touched(self, out: Path) -> None:
        """Edited, deleted, loosened and foreign files are told apart; empty directories count."""
        (out / ETCD).write_text("mine")
        (out / "admin.conf").unlink()
        (out / KEY).chmod(0o644)
        (out / ".git/refs").mkdir(parents=True)
        (out / ".git/HEAD").write_text("x")
        (out / "link").symlink_to("/nowhere")
        (out / "pki/notes").write_text("x")
        earlier = read(out)
        assert earlier
        assert (list(earlier.edited), list(earlier.missing), earlier.modes[KEY]) == ([ETCD], ["admin.conf"], 0o644)
        assert earlier.contents[ETCD] == b"mine"
        assert earlier.foreign == (".git/HEAD", ".git/refs/", "link", "pki/notes")

    def test_not_from_kgen(self, tmp_path: Path) -> None:
        """A directory with other things in it is not touched."""
        (tmp_path / "out/.git").mkdir(parents=True)
        assert refusal(tmp_path / "out") == (
            "out is not empty and has no kgen.json file, so kgen did not write it; name another place"
        )

    @pytest.mark.parametrize("step", ["pki", KEY])
    def test_links_inside(self, out: Path, step: str) -> None:
        """A listed file that is a link, or lies behind one, is refused even if the link leads to the same."""
        (out / step).rename(out.parent / "elsewhere")
        (out / step).symlink_to(out.parent / "elsewhere")
        assert refusal(out).startswith(f"out/{step} is not a plain ")

    def test_index_is_a_link(self, out: Path) -> None:
        """The index is never read through a link."""
        (out / "kgen.json").rename(out.parent / "elsewhere")
        (out / "kgen.json").symlink_to(out.parent / "elsewhere")
        assert "has no kgen.json file" in refusal(out)

    def test_replaced_by_other_things(self, out: Path) -> None:
        """A listed file that became a directory or a pipe is refused; the pipe is not waited for."""
        (out / ETCD).unlink()
        os.mkfifo(out / ETCD)
        assert refusal(out) == f"out/{ETCD} is not a plain file any more"
        (out / ETCD).unlink()
        (out / ETCD).mkdir()
        assert refusal(out) == f"out/{ETCD} is not a plain file any more"

    def test_hostile_index(self, out: Path) -> None:
        """An index that points out of the tree is refused, and says where."""
        index = json.loads((out / "kgen.json").read_text())
        index["files"][0]["path"] = "../../etc/shadow"
        (out / "kgen.json").write_text(json.dumps(index))
        assert refusal(out) == (
            "out/kgen.json is not the index of a tree that this kgen can read: "
            "the path '../../etc/shadow' has an empty, . or .. step"
        )

    def test_artifacts(self, tmp_path: Path) -> None:
        """The artifacts come back as they were rendered, and with them the same index."""
        pem = b"-----BEGIN " + b"EC PRIVATE KEY-----\n"
        key = dataclasses.replace(file("pki/x.key", pem, 0o600, Sensitivity.PRIVATE_KEY), places={"/a": ("a.b",)})
        tree = without(make_tree(b"one", key), KEY)
        write_directory(tree, tmp_path / "out", None)
        earlier = read(tmp_path / "out")
        assert earlier
        assert earlier.artifacts() == tree.artifacts
        (tmp_path / "out/admin.conf").unlink()
        earlier = read(tmp_path / "out")
        assert earlier
        assert earlier.artifacts() == without(tree, "admin.conf").artifacts

    def test_names_that_are_no_text(self, out: Path) -> None:
        """Foreign files may be called anything."""
        (out / os.fsdecode(b"\xff")).write_text("x")
        earlier = read(out)
        assert earlier
        assert earlier.foreign == ("\udcff",)


class TestArchive:
    @pytest.mark.parametrize("compress", [False, True])
    def test_untouched(self, tmp_path: Path, compress: bool) -> None:
        """An archive reads as it was written, whatever its name says about compression."""
        (tmp_path / "out.tar").write_bytes(archive(make_tree(), compress=compress))
        earlier, expected = read(tmp_path / "out.tar"), Earlier.of(make_tree())
        assert earlier
        assert earlier.is_archive
        assert (earlier.contents, earlier.modes, earlier.index) == (expected.contents, expected.modes, expected.index)

    def test_packed_by_tar_itself(self, out: Path) -> None:
        """A directory that someone packed with tar, with `./` before each name, is read as well."""
        (out / "README").write_text("x")
        with tarfile.open(out.parent / "own.tar", "w") as tar:
            tar.add(out, ".")
        earlier = read(out.parent / "own.tar")
        assert earlier
        assert (earlier.edited, earlier.missing, earlier.foreign) == (frozenset(), frozenset(), ("README",))

    def test_other_files(self, tmp_path: Path) -> None:
        """Files that are no archive, and archives that are no tree, are refused."""
        place = tmp_path / "out.tar"
        for content in (b"", b"hello", b"\x1f\x8bhello", gzip.compress(b"hello"), b"BZh9", b"\xfd7zXZ\0"):
            place.write_bytes(content)
            assert refusal(place) == "out.tar is not a tar archive that can be read; name another place"
        assert "out.tar has no kgen.json" in refusal(tarred(place, [(tarfile.TarInfo("README"), b"x")]))

    @pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "kgen.json"])
    def test_hostile_names(self, tmp_path: Path, name: str) -> None:
        """A member that leads out of the archive, or the index twice, is refused."""
        index = (tarfile.TarInfo("kgen.json"), make_tree().index())
        place = tarred(tmp_path / "out.tar", [index, (tarfile.TarInfo(name), b"x")])
        assert refusal(place) == f"out.tar holds {name!r}, which is a link, leads out of it or is there twice"

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
    def test_no_plain_files(self, tmp_path: Path, kind: bytes) -> None:
        """Links and devices in an archive are refused."""
        member = tarfile.TarInfo("pki/ca.key")
        member.type, member.linkname = kind, "/etc/passwd"
        assert "holds 'pki/ca.key'" in refusal(tarred(tmp_path / "out.tar", [(member, b"")]))

    def test_cut_off(self, tmp_path: Path) -> None:
        """An archive that was cut short is never taken for a tree whose keys are to be made anew."""
        place = tmp_path / "out.tar"
        whole, packed = archive(make_tree()), archive(make_tree(), compress=True)
        for content, step in ((whole, 256), (packed, 16)):
            for length in range(0, len(content), step):
                place.write_bytes(content[:length])
                try:
                    assert holds(place, make_tree())
                except TargetError:
                    assert length < len(content)

    def test_damaged(self, tmp_path: Path) -> None:
        """Whatever byte is wrong, there is a tree or a sentence, never a traceback."""
        chance = random.Random(1)  # noqa: S311 (damage, not secrets)
        for compress in (False, True):
            whole = archive(make_tree(), compress=compress)
            for _ in range(150):
                damaged = bytearray(whole)
                damaged[chance.randrange(len(whole.rstrip(b"\0")))] = chance.randrange(256)
                (tmp_path / "out.tar").write_bytes(damaged)
                try:
                    read(tmp_path / "out.tar")
                except TargetError as error:
                    assert "out.tar" in str(error)
