# SPDX-License-Identifier: Apache-2.0
"""kgen lints"""

from __future__ import annotations

from cli.running import Kgen
from kgen.config.lints import TABLE


def test_list(kgen: Kgen) -> None:
    """A line for each lint, with its level."""
    lines = kgen("lints").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[lint.id, lint.level] for lint in TABLE]


def test_one(kgen: Kgen) -> None:
    """For a lint that is named: what is wrong, why it matters, what to do."""
    done = kgen("lints", "subnet-overlap")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["subnet-overlap", "Why:", "Instead:"]


def test_unknown(kgen: Kgen) -> None:
    """A name that there is not is wrong usage."""
    done = kgen("lints", "no-such-lint")
    assert done.code == 2
    assert "no-such-lint" in done.err
