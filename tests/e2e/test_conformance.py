# SPDX-License-Identifier: Apache-2.0
"""`make e2e-conformance`: what of the upstream conformance suite these hosts can run."""

from __future__ import annotations

import pytest

from e2e import upstream
from e2e.cluster import Cluster

pytestmark = pytest.mark.e2e


def test_conformance(by_kgen: Cluster) -> None:
    """The specs of conformance.txt pass, all of them."""
    upstream.all_pass(by_kgen, upstream.listed("conformance.txt"), 50)
