# SPDX-License-Identifier: Apache-2.0
"""The maps of a cluster, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.explain import boot, nodes, rbac, traffic, trust
from kgen.explain.page import Page
from kgen.explain.view import View


def maps(view: View) -> Iterator[Page]:
    """Every map that there is to draw of this tree."""
    yield trust.page(view)
    yield traffic.page(view)
    yield nodes.page(view)
    yield boot.page(view)
    yield rbac.page(view)
