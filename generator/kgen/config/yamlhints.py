# SPDX-License-Identifier: Apache-2.0
"""What a YAML parser's complaint means to someone who wrote the file."""

from __future__ import annotations

from typing import Any

import yaml


def explain(error: yaml.YAMLError, text: str) -> tuple[str, str, int]:
    """What is wrong, what would be right, and at which character."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"not YAML: {error}", "", 0
    return f"not YAML: {error.problem}", "", min(error.problem_mark.index, len(text))


def not_a_mapping(value: Any) -> tuple[str, str]:
    return "is not a mapping", "write `key: value` lines"
