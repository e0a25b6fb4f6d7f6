# SPDX-License-Identifier: Apache-2.0
"""One rendered tree for all tests that only read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from apply.machines import SYSTEMCTL, Lab, Machine, lab
from apply.trees import ADDRESS, render


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that nobody changes."""
    return render(tmp_path_factory.mktemp("rendered") / "tree")


@pytest.fixture
def tree(rendered: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test's own changes."""
    return Path(shutil.copytree(rendered, tmp_path / "tree"))


@pytest.fixture(scope="session")
def a_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A network with one machine, cp-1."""
    with lab(tmp_path_factory.mktemp("lab")) as made:
        made.start("cp-1", ADDRESS)
        yield made


@pytest.fixture
def machine(a_lab: Lab) -> Iterator[Machine]:
    """The machine cp-1, as if nothing had ever been applied to it."""
    yield a_lab.machines["cp-1"]
    for program in a_lab.machines["cp-1"].path("/usr/local/sbin").iterdir():
        if program.name not in ("systemctl", "kubelet"):
            program.unlink()
    a_lab.machines["cp-1"].put("systemctl", SYSTEMCTL)
    a_lab.machines["cp-1"].wipe()
