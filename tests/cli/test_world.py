# SPDX-License-Identifier: Apache-2.0
"""What the command line reads from the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgen.cli import world
from kgen.cli.world import likely_algorithm
from kgen.errors import MaterialError, UsageError
from kgen.keys import Algorithm


@pytest.mark.parametrize(
    ("text", "algorithm"),
    [
        ("", Algorithm.RSA_2048),
        ("encryptionAlgorithm: ECDSA-P384\n", Algorithm.ECDSA_P384),
        ("x: 1\nencryptionAlgorithm:   'RSA-4096' # slow\n", Algorithm.RSA_4096),
        ('{"kind": "x", "encryptionAlgorithm": "ECDSA-P256"}', Algorithm.ECDSA_P256),
        ("# encryptionAlgorithm: ECDSA-P256\n", Algorithm.RSA_2048),
        ("encryptionAlgorithm: RSA-9999\n", Algorithm.RSA_2048),
    ],
)
def test_likely_algorithm(text: str, algorithm: Algorithm) -> None:
    """The algorithm of the keys is guessed before the text is parsed, so that keys are made meanwhile."""
    assert likely_algorithm([("config.yaml", text.encode())]) is algorithm


def test_directory(tmp_path: Path) -> None:
    """The files of a directory in the order of Go's filepath.Walk: by name, step by step; links are no directories."""
    for name in ("b/z", "b/a", "a", "c", "b.x"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    (tmp_path / "d").symlink_to(tmp_path / "b")
    (tmp_path / "e").symlink_to(tmp_path / "c")
    (tmp_path / "f").symlink_to(tmp_path / "nothing")
    found = world.directory(str(tmp_path))
    assert list(found) == ["a", "b/a", "b/z", "b.x", "c", "e"]
    assert found["e"] == b"c"


def test_no_directory(tmp_path: Path) -> None:
    """A directory that is none is wrong usage."""
    with pytest.raises(UsageError, match="nothing is not a directory"):
        world.directory(str(tmp_path / "nothing"))


def test_files(tmp_path: Path) -> None:
    """Files that are not there are left out; one that cannot be read is an error that names it."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "directory").mkdir()
    assert world.files({"a": tmp_path / "a", "b": tmp_path / "b", "c": tmp_path / "a/c"}) == {"a": b"x"}
    with pytest.raises(MaterialError, match="directory"):
        world.files({"d": tmp_path / "directory"})
