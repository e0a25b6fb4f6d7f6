# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes project's own suites pass against the cluster that kgen made."""

from __future__ import annotations

import pytest

from e2e import upstream
from e2e.cluster import Cluster

pytestmark = pytest.mark.e2e

_KUBEADM_SPECS = 38
"""What passes with one control-plane node; the spec that wants several skips itself."""


def test_kubeadms_own_suite(by_kgen: Cluster, by_kubeadm: Cluster) -> None:
    """Every spec of test/e2e_kubeadm ends as it does against the cluster that kubeadm init made: it passes."""
    ours = upstream.run("e2e_kubeadm.test", by_kgen)
    theirs = upstream.run("e2e_kubeadm.test", by_kubeadm)
    assert ours.failed == theirs.failed == {}
    assert ours.passed.keys() == theirs.passed.keys()
    assert len(ours.passed) == _KUBEADM_SPECS
    assert len(ours.skipped) == len(theirs.skipped) == 1


def test_quick_conformance(by_kgen: Cluster) -> None:
    """A choice of quick specs of the conformance suite passes, all of it."""
    upstream.all_pass(by_kgen, upstream.listed("conformance-quick.txt"), 15)
