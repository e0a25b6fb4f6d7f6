# SPDX-License-Identifier: Apache-2.0
"""One rendered tree for all tests that only read it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from apply.trees import render


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that nobody changes."""
    return render(tmp_path_factory.mktemp("rendered") / "tree")


@pytest.fixture
def tree(rendered: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test's own changes."""
    return Path(shutil.copytree(rendered, tmp_path / "tree"))
