# SPDX-License-Identifier: Apache-2.0
"""The command line as a fixture."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import Kgen


@pytest.fixture
def kgen(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Kgen:
    """The command line in this process, in an empty directory."""
    return Kgen(tmp_path, capfdbinary)
