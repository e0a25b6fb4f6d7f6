# SPDX-License-Identifier: Apache-2.0
"""Finds templates/, schema/ and site/, in an installed wheel or in a checkout. The only place that knows."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def directory(name: str) -> Path:
    """The data directory `name` (templates, schema, site): beside this package in a wheel, at the top of a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / name
