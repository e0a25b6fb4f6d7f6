# SPDX-License-Identifier: Apache-2.0
"""Runs the command line, as a process or in this one, and says what tests want to know about a rendered place."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

import kgen
from kgen.cli import run
from kgen.sinks.earlier import read

SOURCE = Path(kgen.__file__).parents[1]
"""Where `python -m kgen` finds the code under test."""

INIT = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration: {name: cp-1}
"""
CLUSTER = """\
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.37.2
encryptionAlgorithm: ECDSA-P256
"""
MINIMAL = INIT + CLUSTER

Content = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Done:
    """What a run left."""

    code: int
    stdout: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text"""
        return self.stdout.decode()


def process(
    *arguments: str, cwd: Path, stdin: bytes = b"", stdout: IO[bytes] | None = None, **environment: str
) -> Done:
    """`kgen …` as a process of its own, with nothing in its environment but what is given here."""
    done = subprocess.run(
        [sys.executable, "-m", "kgen", *arguments],
        cwd=cwd,
        input=stdin,
        env={"PATH": os.defpath, "PYTHONPATH": str(SOURCE), **environment},
        stdout=stdout or subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout or b"", done.stderr.decode())


class Kgen:
    """`kgen …` in this process: three times as fast, for what is the same without a process of its own."""

    def __init__(self, directory: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.directory = directory
        self._capture = capture

    def __call__(self, *arguments: str, **files: str) -> Done:
        """Run it in the directory. Keywords are configurations to write there first: `a="…"` is a.yaml."""
        for name, text in files.items():
            (self.directory / f"{name}.yaml").write_text(text)
        self._capture.readouterr()
        with contextlib.chdir(self.directory):
            code = run(list(arguments))
        sys.stdout.flush()
        out, err = self._capture.readouterr()
        return Done(code, out, err.decode())

    def render(self, text: str, *arguments: str) -> Done:
        """`kgen render config.yaml …` with this configuration."""
        return self("render", "config.yaml", *arguments, config=text)


def content(place: Path) -> Content:
    """All files of a directory or an archive, by path."""
    if place.is_dir():
        return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return members(place.read_bytes())


def members(archive: bytes) -> Content:
    """All files of a tar archive, compressed or not, by name."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {each.name: _read(tar, each) for each in tar if each.isfile()}


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def modes(place: Path) -> dict[str, int]:
    """The mode of everything in a directory, by path; `.` is the directory itself."""
    return {str(path.relative_to(place)): path.stat().st_mode & 0o7777 for path in (place, *place.rglob("*"))}


def lay_out(place: Path, host: Path) -> None:
    """Put the files of a rendered tree where they belong on the host whose root is `host`."""
    earlier = read(str(place))
    assert earlier is not None
    for entry in earlier.index.files:
        target = host / entry.target.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(earlier.contents[entry.path])


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    """With this umask"""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def differing(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """The paths whose content is not the same, or which only one has."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
