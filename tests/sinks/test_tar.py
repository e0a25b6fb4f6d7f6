# SPDX-License-Identifier: Apache-2.0
"""Archives: the same bytes, and read by other programs as they are meant."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest

from kgen.errors import TargetError
from kgen.sinks.earlier import read
from kgen.sinks.tar import StreamSink, TarSink, archive, write_archive
from sinks.trees import file, holds, listing, make_tree


def test_listing_of_tar() -> None:
    """GNU tar sees sorted names, directories with modes, root and one time."""
    listed = subprocess.run(
        ["tar", "--utc", "--numeric-owner", "-tvf-"], input=archive(make_tree(), 86400), capture_output=True, check=True
    )
    assert [line.split() for line in listed.stdout.decode().splitlines()] == [
        [mode, "0/0", size, "1970-01-02", "00:00", name]
        for mode, size, name in [
            ("-rw-------", "16", "admin.conf"),
            ("drwx------", "0", "cluster/"),
            ("-rw-------", "13", "cluster/token.yaml"),
            ("-rw-r--r--", str(len(make_tree().index())), "kgen.json"),
            ("drwxr-xr-x", "0", "manifests/"),
            ("-rw-r--r--", "3", "manifests/etcd.yaml"),
            ("drwx------", "0", "pki/"),
            ("-rw-------", "9", "pki/ca.key"),
        ]
    ]


def test_unpacked_by_tar(tmp_path: Path) -> None:
    """What tar unpacks is the tree again."""
    subprocess.run(["tar", "-xzpf-", "-C", tmp_path], input=archive(make_tree(), compress=True), check=True)
    assert holds(tmp_path, make_tree())
    assert listing(tmp_path)["pki"] == "drwx------"


def test_same_bytes(tmp_path: Path) -> None:
    """The same tree gives the same bytes under any name at any time; compressed, the header has neither."""
    for name in ("a.tar", "b.tar"):
        write_archive(make_tree(), tmp_path / name, None, 7)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes() == archive(make_tree(), 7)
    for name in ("a.tar.gz", "b.tgz"):
        write_archive(make_tree(), tmp_path / name, None, 7)
    packed = (tmp_path / "a.tar.gz").read_bytes()
    assert packed == (tmp_path / "b.tgz").read_bytes()
    assert packed[3:8] == b"\0\0\0\0\0", "no flags (so no name) and no time"


def test_long_and_foreign_names() -> None:
    """Names that the oldest format cannot hold are kept."""
    path = "/".join(["ü" * 60] * 6) + "/x.yaml"
    listed = subprocess.run(
        ["tar", "--quoting-style=literal", "-tf-"],
        input=archive(make_tree(b"", file(path, b""))),
        capture_output=True,
        check=True,
    )
    assert path in listed.stdout.decode().splitlines()


def test_written_again(tmp_path: Path) -> None:
    """Another tree takes the place of the first; the same tree leaves the file alone; others cannot read it."""
    sink = TarSink(str(tmp_path / "out.tar"), 7)
    sink.write(make_tree(b"one"), sink.read())
    before = (tmp_path / "out.tar").stat()
    sink.write(make_tree(b"one"), sink.read())
    assert (tmp_path / "out.tar").stat() == before
    sink.write(make_tree(b"two"), sink.read())
    assert holds(tmp_path / "out.tar", make_tree(b"two"))
    assert listing(tmp_path) == {"out.tar": "-rw-------"}


def test_place_is_a_directory(tmp_path: Path) -> None:
    """A directory is not replaced by an archive, not even an empty one."""
    with pytest.raises(TargetError, match="is a directory; choose another place for an archive"):
        TarSink(str(tmp_path)).read()
    with pytest.raises(TargetError, match="has changed since it was read"):
        write_archive(make_tree(), tmp_path, None)


def test_changed_meanwhile(tmp_path: Path) -> None:
    """An archive that came or changed after it was read is not overwritten."""
    write_archive(make_tree(b"one"), tmp_path / "out.tar", None)
    with pytest.raises(TargetError, match="has changed since it was read; run again"):
        write_archive(make_tree(b"two"), tmp_path / "out.tar", None)
    assert holds(tmp_path / "out.tar", make_tree(b"one"))


def test_stream() -> None:
    """A stream gets the archive as it is."""
    stream = io.BytesIO()
    StreamSink(stream).write(make_tree(), None)
    assert stream.getvalue() == archive(make_tree())


def test_terminal() -> None:
    """Keys are not shown on a terminal."""
    master, terminal = os.openpty()
    with os.fdopen(terminal, "wb") as stream, pytest.raises(TargetError, match="standard output is a terminal"):
        StreamSink(stream).write(make_tree(), None)
    os.close(master)


def test_no_room_behind_the_stream() -> None:
    """A full disk behind the stream is a sentence."""
    with io.FileIO("/dev/full", "wb") as full, pytest.raises(TargetError, match="standard output: no space is left"):
        StreamSink(full).write(make_tree(), None)


def test_reader_has_gone() -> None:
    """So is a reader that stops early."""
    reader, writer = os.pipe()
    os.close(reader)
    with io.FileIO(writer, "wb") as stream, pytest.raises(TargetError, match="standard output: the reader has gone"):
        StreamSink(stream).write(make_tree(), None)


def test_read_back(tmp_path: Path) -> None:
    """The sink reads what it wrote."""
    sink = TarSink(str(tmp_path / "new" / "out.tgz"))
    sink.write(make_tree(), None)
    assert sink.read() == read(tmp_path / "new" / "out.tgz")
    assert holds(tmp_path / "new" / "out.tgz", make_tree())
