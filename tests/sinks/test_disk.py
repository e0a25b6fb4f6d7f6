# SPDX-License-Identifier: Apache-2.0
"""The steps that writing is made of."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from kgen.errors import TargetError
from kgen.sinks.directory import write_directory
from kgen.sinks.disk import create, keep, told
from kgen.sinks.earlier import read
from kgen.sinks.tar import write_archive
from sinks.trees import holds, make_tree, names


def test_create_takes_no_existing_file(tmp_path: Path) -> None:
    """A new file never goes into one that is there, nor through a link, even one to nothing."""
    (tmp_path / "there").write_text("mine")
    (tmp_path / "link").symlink_to("nothing")
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            create(tmp_path / name, b"x", 0o600)
    assert names(tmp_path) == ["link", "there"]
    assert (tmp_path / "there").read_text() == "mine"


def test_keep_makes_no_copy(tmp_path: Path) -> None:
    """Other people's files stay the same file, so that whoever has them open writes into what is kept."""
    (tmp_path / "a").write_text("x")
    keep(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").samefile(tmp_path / "b")


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_copy_where_links_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Where the system refuses a second name, a copy has the content, mode and time; a link stays a link."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(0o640)
    os.utime(tmp_path / "a", (5, 5))
    (tmp_path / "link").symlink_to("nothing")
    keep(tmp_path / "a", tmp_path / "b")
    keep(tmp_path / "link", tmp_path / "link2")
    status = (tmp_path / "b").stat()
    assert ((tmp_path / "b").read_text(), status.st_mode & 0o777, status.st_mtime) == ("x", 0o640, 5)
    assert (tmp_path / "link2").readlink() == Path("nothing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TargetError, match="is neither a file nor a link and cannot be kept; move it away"):
        keep(tmp_path / "pipe", tmp_path / "pipe2")


def test_mount_inside(tmp_path: Path) -> None:
    """A file on another file system, as in a mount inside the tree, is not copied: the mount has to stay."""
    with pytest.raises(OSError, match="cross-device"):
        keep(Path("/proc/version"), tmp_path / "copy")


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_is_a_sentence(number: int) -> None:
    """Whatever the system refuses, the user reads what was tried, why not, and which file it was."""
    with pytest.raises(TargetError, match=r"^cannot write out: \S.* \(out/file\)$"), told("cannot write out"):
        raise OSError(number, os.strerror(number), "out/file")


class TestOnTheDisk:
    @pytest.fixture
    def synced(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Inode of everything that was synced, in order."""
        inodes: list[int] = []
        fsync = os.fsync

        def record(fd: int) -> None:
            inodes.append(os.fstat(fd).st_ino)
            fsync(fd)

        monkeypatch.setattr(os, "fsync", record)
        return inodes

    def test_directory(self, tmp_path: Path, synced: list[int]) -> None:
        """Every file and directory is on the disk before the tree appears, and its name right after."""
        for text in (b"one", b"two"):
            write_directory(make_tree(text), tmp_path / "out", read(tmp_path / "out"))
            everything = {path.stat().st_ino for path in (tmp_path / "out", *(tmp_path / "out").rglob("*"))}
            assert everything <= set(synced[:-1])
            assert synced[-1] == tmp_path.stat().st_ino
            synced.clear()

    def test_archive(self, tmp_path: Path, synced: list[int]) -> None:
        """The same for an archive."""
        write_archive(make_tree(), tmp_path / "out.tar", None)
        assert synced == [(tmp_path / "out.tar").stat().st_ino, tmp_path.stat().st_ino]


def test_where_directories_cannot_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing works there too; what may be a living run's is left alone."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "as on NFS")

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / ".out.kgen-0123456789abcdef").mkdir()
    for text in (b"one", b"two"):
        write_directory(make_tree(text), tmp_path / "out", read(tmp_path / "out"))
        assert holds(tmp_path / "out", make_tree(text))
    assert names(tmp_path) == [".out.kgen-0123456789abcdef", "out"]
