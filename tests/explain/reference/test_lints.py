# SPDX-License-Identifier: Apache-2.0
"""The page about lints."""

from __future__ import annotations

import re

from kgen.config.lints import TABLE
from kgen.explain.reference import lints


def test_every_lint_has_a_row_and_a_section() -> None:
    """By its id, with its level, in the order of the table."""
    body = lints.page().body
    rows = re.findall(r"^\| \[`([^`]+)`\]\(#([^)]+)\) \| (\w+) \|", body, re.M)
    assert rows == [(lint.id, lint.id, lint.level) for lint in TABLE]
    assert re.findall(r"^## .* \{#(\S+)\}$", body, re.M) == [lint.id for lint in TABLE]
    for lint in TABLE:
        section = body.partition(f"{{#{lint.id}}}\n")[2].partition("\n## ")[0]
        assert f"--lint {lint.id}=" in section and "Instead: " in section
