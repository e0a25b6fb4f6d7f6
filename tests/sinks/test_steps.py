# SPDX-License-Identifier: Apache-2.0
"""Killed, interrupted and watched at every step."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace() -> Iterator[str]:
    """In memory where that can be: hundreds of writes, each waiting for a disk, take long."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (a place, not a file)
    with tempfile.TemporaryDirectory(dir=memory) as directory:
        yield directory


def steps(*arguments: str) -> int:
    """Run steps.py; the number of steps it took."""
    program = [sys.executable, str(Path(__file__).with_name("steps.py")), *arguments]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'generator'}:{ROOT / 'tests'}"}
    run = subprocess.run(program, capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


@pytest.mark.parametrize("what", ["kill", "interrupt"])
@pytest.mark.parametrize(
    ("form", "when", "how"),
    [
        ("directory", "first", "exchange"),
        ("directory", "again", "exchange"),
        ("directory", "again", "rename"),
        ("archive", "first", "exchange"),
        ("archive", "again", "exchange"),
    ],
)
def test_stopped_at_any_step(what: str, form: str, when: str, how: str, workspace: str) -> None:
    """A write that is killed or interrupted leaves the old tree or the new one, and nothing for long beside it."""
    assert steps(what, form, when, how, workspace) > 20


@pytest.mark.parametrize("form", ["directory", "archive"])
@pytest.mark.parametrize("when", ["first", "again"])
def test_secrets_are_never_readable(form: str, when: str, workspace: str) -> None:
    """At no moment of a write, whatever the umask, could others read a key, and the umask shows in no mode."""
    assert steps("watch", form, when, "exchange", workspace) > 80
