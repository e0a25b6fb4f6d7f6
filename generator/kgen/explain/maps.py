# SPDX-License-Identifier: Apache-2.0
"""The maps of a cluster, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.explain import trust
from kgen.explain.page import Page
from kgen.explain.view import View


def maps(view: View) -> Iterator[Page]:
    """Every map that there is to draw of this tree."""
    yield trust.page(view)
