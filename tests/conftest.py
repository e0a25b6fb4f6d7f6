# SPDX-License-Identifier: Apache-2.0
"""Nothing is skipped in CI: a skipped test there is a failed run. And collecting garbage is kept cheap."""

from __future__ import annotations

import gc
import os

import pytest


def pytest_collection_finish() -> None:
    """What is there when the tests begin stays; looking through it for garbage is a quarter of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if CI is set and a test was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
