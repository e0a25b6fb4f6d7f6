# SPDX-License-Identifier: Apache-2.0
"""Writing into a directory."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgen.errors import BugError, TargetError
from kgen.sinks.directory import DirectorySink, write_directory
from kgen.sinks.disk import locked
from kgen.sinks.earlier import read
from kgen.sinks.tar import write_archive
from kgen.tree import Sensitivity, Tree
from sinks.trees import file, holds, listing, make_tree, names, without

ROOT = Path(__file__).parents[2]
LITTER = ".out.kgen-0123456789abcdef"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A directory that holds a tree."""
    write_directory(make_tree(b"one"), tmp_path / "out", None)
    return tmp_path / "out"


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that a user other than the one of the tests can reach."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def write_again(place: Path, tree: Tree) -> None:
    """Write over what is there."""
    write_directory(tree, place, read(place))


def run_as_nobody(program: str, *arguments: Path) -> str:
    """Run a program without any privileges; what it prints."""
    become = "import os\nif os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS + become + textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'generator'}:{ROOT / 'tests'}"},
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


IMPORTS = """
import sys
from pathlib import Path
from kgen.errors import TargetError
from kgen.sinks.directory import write_directory
from kgen.sinks.earlier import read
from sinks.trees import *
"""


class TestFirst:
    def test_modes(self, out: Path) -> None:
        """Secrets and what holds them are private, the rest is not; nothing else is there."""
        assert stat.filemode(out.stat().st_mode) == "drwx------"
        assert listing(out) == {
            "admin.conf": "-rw-------",
            "cluster": "drwx------",
            "cluster/token.yaml": "-rw-------",
            "kgen.json": "-rw-r--r--",
            "manifests": "drwxr-xr-x",
            "manifests/etcd.yaml": "-rw-r--r--",
            "pki": "drwx------",
            "pki/ca.key": "-rw-------",
        }
        assert names(out.parent) == ["out"]

    def test_into_an_empty_directory(self, tmp_path: Path) -> None:
        """An empty directory is taken, and made private."""
        (tmp_path / "out").mkdir(mode=0o755)
        write_directory(make_tree(), tmp_path / "out", None)
        assert holds(tmp_path / "out", make_tree())
        assert stat.filemode((tmp_path / "out").stat().st_mode) == "drwx------"

    def test_missing_parents(self, tmp_path: Path) -> None:
        """Directories above the target are made."""
        write_directory(make_tree(), tmp_path / "a" / "b" / "out", None)
        assert holds(tmp_path / "a" / "b" / "out", make_tree())

    def test_times(self, tmp_path: Path) -> None:
        """With an epoch, every file and directory has that time."""
        DirectorySink(str(tmp_path / "out"), 86400).write(make_tree(), None)
        everything = [tmp_path / "out", *(tmp_path / "out").rglob("*")]
        assert {path.stat().st_mtime_ns for path in everything} == {86400 * 10**9}

    def test_hostile_tree(self, tmp_path: Path) -> None:
        """A path that leads out of the target is a bug, and nothing is written."""
        with pytest.raises(BugError):
            write_directory(make_tree(b"", file("../escaped", b"")), tmp_path / "out", None)
        assert names(tmp_path) == []

    def test_appeared_meanwhile(self, out: Path) -> None:
        """A tree that came after the place was read is not overwritten."""
        with pytest.raises(TargetError, match="has changed since it was read; run again"):
            write_directory(make_tree(b"two"), out, None)
        assert holds(out, make_tree(b"one"))


class TestAgain:
    def test_same(self, out: Path) -> None:
        """The same tree again writes nothing at all, not even the time of a directory."""
        before = [(p, p.stat()) for p in (out, *out.rglob("*"))]
        write_again(out, make_tree(b"one"))
        assert before == [(p, p.stat()) for p in (out, *out.rglob("*"))]

    def test_other(self, out: Path) -> None:
        """Another tree takes the place: no file of the first remains, and nothing beside it."""
        write_again(out, without(make_tree(b"two", file("new/x", b"")), "admin.conf"))
        assert holds(out, without(make_tree(b"two", file("new/x", b"")), "admin.conf"))
        assert "admin.conf" not in listing(out)
        assert names(out.parent) == ["out"]

    def test_file_becomes_directory(self, out: Path) -> None:
        """A file of kgen's may give way to a directory, and the reverse."""
        first, second = file("a", b"1"), file("a/b", b"2", 0o600, Sensitivity.PRIVATE_KEY)
        for extra in (first, second, first):
            write_again(out, make_tree(b"one", extra))
            assert holds(out, make_tree(b"one", extra))

    def test_loosened_key(self, out: Path) -> None:
        """A key that someone made readable is private again, though no content changed."""
        (out / "pki/ca.key").chmod(0o644)
        write_again(out, make_tree(b"one"))
        assert listing(out)["pki/ca.key"] == "-rw-------"

    def test_other_peoples_files(self, out: Path) -> None:
        """What is not from kgen stays the very same: files, modes, times, links and empty directories."""
        (out / ".git/refs/tags").mkdir(parents=True)
        (out / ".git/objects").mkdir()
        (out / ".git/objects/ab").write_text("x")
        (out / ".git/objects/ab").chmod(0o440)
        (out / "pki/notes").write_text("y")
        (out / "dangling").symlink_to("no/where")
        os.utime(out / "dangling", (5, 5), follow_symlinks=False)
        os.utime(out / ".git/objects", (6, 6))
        (out / ".git/objects").chmod(0o555)
        (out / ".git/refs/tags").chmod(0o711)
        kept = [".git", ".git/refs/tags", ".git/objects", ".git/objects/ab", "pki/notes", "dangling"]

        def seen() -> list[tuple[str, int, int]]:
            found = [(name, (out / name).lstat()) for name in kept]
            return [(name, status.st_mode, status.st_mtime_ns) for name, status in found]

        before = seen()
        write_again(out, make_tree(b"two"))
        assert before == seen()
        assert holds(out, make_tree(b"two"))
        assert ((out / ".git/objects/ab").read_text(), (out / "dangling").readlink()) == ("x", Path("no/where"))
        assert names(out.parent) == ["out"], "the read-only directory is no obstacle"

    def test_notes_beside_removed_files(self, out: Path) -> None:
        """Notes stay where they are though every file of kgen's around them goes."""
        write_again(out, make_tree(b"one", file("nodes/w/x", b"")))
        (out / "nodes/w/notes").write_text("y")
        write_again(out, make_tree(b"one"))
        assert (out / "nodes/w/notes").read_text() == "y"
        assert not (out / "nodes/w/x").exists()

    def test_foreign_file_in_the_way(self, out: Path) -> None:
        """By the time of writing the caller has agreed to lose a file in the way."""
        (out / "new").write_text("mine")
        write_again(out, make_tree(b"one", file("new", b"kgen's")))
        assert (out / "new").read_bytes() == b"kgen's"

    def test_through_a_link(self, out: Path) -> None:
        """A link to the tree stays a link."""
        (out.parent / "link").symlink_to("out")
        write_again(out.parent / "link", make_tree(b"two"))
        assert (out.parent / "link").is_symlink()
        assert holds(out, make_tree(b"two"))

    @pytest.mark.parametrize("edit", ["manifests/etcd.yaml", "notes"])
    def test_edited_meanwhile(self, out: Path, edit: str) -> None:
        """An edit between reading and writing is not lost."""
        earlier = read(out)
        (out / edit).write_text("mine")
        with pytest.raises(TargetError, match="has changed since it was read; run again"):
            write_directory(make_tree(b"two"), out, earlier)
        assert (out / edit).read_text() == "mine"


class TestRefusals:
    def test_place_is_a_file(self, tmp_path: Path) -> None:
        """An archive is not replaced by a directory."""
        write_archive(make_tree(), tmp_path / "out", None)
        with pytest.raises(TargetError, match="is a file; choose another place for a directory"):
            DirectorySink(str(tmp_path / "out")).read()

    @pytest.mark.parametrize("inside", [".", "pki"])
    def test_from_inside(self, out: Path, inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever stands in the tree would find themselves in a removed directory."""
        monkeypatch.chdir(out / inside)
        with pytest.raises(TargetError, match="is the directory you are in, which cannot be replaced"):
            write_again(out, make_tree(b"two"))
        assert holds(out, make_tree(b"one"))

    @pytest.mark.parametrize("place", ["/proc/out", "/proc", "/dev/null", "/dev/null/out"])
    def test_places_of_the_system(self, place: str) -> None:
        """The system's own places are refused with a sentence."""
        with pytest.raises(TargetError, match=place):
            write_directory(make_tree(), place, read(place))

    def test_no_room(self, out: Path) -> None:
        """A file that cannot be written to its end leaves the old tree, and nothing beside it."""
        said = run_limited(out)
        assert said.startswith(f"cannot write {out}: "), said
        assert "file too large" in said
        assert holds(out, make_tree(b"one"))
        assert names(out.parent) == ["out"]


def run_limited(out: Path) -> str:
    """The refusal of a write of 100 kB where files end at 50 kB."""
    program = IMPORTS + textwrap.dedent("""
        import resource
        out = Path(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        try:
            write_directory(make_tree(b"x" * 100_000), out, read(out))
        except TargetError as error:
            print(error, end="")
    """)
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'generator'}:{ROOT / 'tests'}"}
    run = subprocess.run(
        [sys.executable, "-c", program, out], capture_output=True, text=True, check=True, env=environment
    )
    return run.stdout


class TestWithoutPrivileges:
    def test_needs_none(self, open_place: Path) -> None:
        """Nobody can render, again too, and keeps read-only directories and files that they may not even link to."""
        place = open_place / "mine"
        place.mkdir()
        theirs = open_place / "theirs"
        theirs.write_text("theirs")
        theirs.chmod(0o644)
        if os.geteuid() == 0:
            os.chown(place, 65534, 65534)
        program = """
            out = Path(sys.argv[1]) / "out"
            write_directory(make_tree(b"one"), out, None)
            (out / "read-only").mkdir()
            (out / "read-only" / "file").write_text("x")
            (out / "read-only").chmod(0o555)
        """
        run_as_nobody(program, place)
        shutil.copy2(theirs, place / "out" / "theirs")
        program = """
            out = Path(sys.argv[1]) / "out"
            write_directory(make_tree(b"two"), out, read(out))
            assert holds(out, make_tree(b"two"))
            print((out / "theirs").read_text(), names(out.parent))
        """
        assert run_as_nobody(program, place) == "theirs ['out']\n"

    def test_refused_place(self, open_place: Path) -> None:
        """Where nobody may write or read, they are told so."""
        private = open_place / "private"
        private.mkdir(mode=0o700)
        program = """
            for place in sys.argv[1:]:
                try:
                    write_directory(make_tree(), place, read(place))
                except TargetError as error:
                    print(error)
        """
        if os.geteuid() != 0:
            private.chmod(0o000)
            open_place.chmod(0o555)
        said = run_as_nobody(program, open_place / "out", private / "out", private)
        assert said.count("permission denied") == 3, said
        open_place.chmod(0o755)
        private.chmod(0o700)

    def test_unreadable_file(self, open_place: Path) -> None:
        """A tree whose keys someone else owns is named with the file that cannot be read."""
        write_directory(make_tree(), open_place / "out", None)
        (open_place / "out").chmod(0o755)
        (open_place / "out/pki").chmod(0o755)
        (open_place / "out/cluster").chmod(0o755)
        if os.geteuid() != 0:
            (open_place / "out/pki/ca.key").chmod(0o000)
        program = """
            try:
                read(sys.argv[1])
            except TargetError as error:
                print(error)
        """
        said = run_as_nobody(program, open_place / "out")
        assert said == f"cannot read {open_place}/out: permission denied ({open_place}/out/pki/ca.key)\n"


class TestTogether:
    def test_two_at_once(self, tmp_path: Path) -> None:
        """Of many renders into one new place, one wins, the others are told, and the tree is the winner's."""
        trees = [make_tree(b"%d" % i * 50_000) for i in range(8)]
        refused = at_once(trees, lambda tree: write_directory(tree, tmp_path / "out", None))
        assert len(refused) == 7
        assert all("has changed since it was read; run again" in error for error in refused)
        assert [holds(tmp_path / "out", tree) for tree in trees].count(True) == 1
        assert names(tmp_path) == ["out"]

    def test_two_over_an_earlier_one(self, out: Path) -> None:
        """The same over an earlier tree."""
        trees, earlier = [make_tree(b"%d" % i * 50_000) for i in range(8)], read(out)
        assert len(at_once(trees, lambda tree: write_directory(tree, out, earlier))) == 7
        assert [holds(out, tree) for tree in trees].count(True) == 1
        assert names(out.parent) == ["out"]

    def test_the_other_takes_too_long(self, tmp_path: Path) -> None:
        """Nobody waits forever for another run."""
        fd = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        with pytest.raises(TargetError, match="another kgen is writing in"), locked(tmp_path, patience=0):
            pass
        os.close(fd)
        with locked(tmp_path, patience=0) as alone:
            assert alone


def at_once(trees: list[Tree], write: Callable[[Tree], None]) -> list[str]:
    """Write all these trees at the same time; what those said that were refused."""
    refused: list[str] = []
    start = threading.Barrier(len(trees))

    def run(tree: Tree) -> None:
        start.wait()
        try:
            write(tree)
        except TargetError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=run, args=(tree,)) for tree in trees]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


class TestRemains:
    def test_removed_by_the_next_run(self, out: Path) -> None:
        """What a killed run left is removed even when nothing changes; look-alikes are not."""
        (out.parent / LITTER / "pki").mkdir(parents=True)
        (out.parent / LITTER / "pki").chmod(0)
        others = [".out.kgen-notes", ".out2.kgen-0123456789abcdef", "out.kgen-0123456789abcdef", f"{LITTER}0"]
        for name in others:
            (out.parent / name).mkdir()
        write_again(out, make_tree(b"one"))
        assert names(out.parent) == sorted(["out", *others])

    def test_links_are_not_followed(self, out: Path) -> None:
        """A link that looks like remains leads nobody to remove or read something else."""
        out.rename(out.parent / "precious")
        (out.parent / LITTER).symlink_to("precious")
        (out.parent / ".out.kgen-old").symlink_to("precious")
        assert read(out) is None
        write_again(out, make_tree(b"two"))
        assert holds(out.parent / "precious", make_tree(b"one"))

    def test_tree_that_was_set_aside(self, out: Path) -> None:
        """A tree that a killed run set aside is still the tree: read from there, then moved back."""
        out.rename(out.parent / ".out.kgen-old")
        assert holds(out, make_tree(b"one"))
        write_again(out, make_tree(b"one"))
        assert names(out.parent) == ["out"]
        assert holds(out, make_tree(b"one"))

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
    def test_of_other_users(self, out: Path) -> None:
        """What another user put beside the target is neither read nor removed."""
        out.rename(out.parent / ".out.kgen-old")
        (out.parent / LITTER).mkdir()
        for name in (".out.kgen-old", LITTER):
            os.chown(out.parent / name, 65534, 65534)
        assert read(out) is None
        write_again(out, make_tree(b"two"))
        assert names(out.parent) == [LITTER, ".out.kgen-old", "out"]
