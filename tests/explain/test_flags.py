# SPDX-License-Identifier: Apache-2.0
"""Facts about flags."""

from __future__ import annotations

import itertools

import pytest

from kgen.config.lints import facts
from kgen.explain.flags import etcd_minor, fact


def test_a_flag_has_type_default_and_history() -> None:
    """What schema/flags says of the minor, and which minors have it."""
    found = fact("kube-apiserver", "audit-log-maxage", "1.36")
    assert found is not None
    assert (found.type, found.deprecated, found.since, found.until) == ("int", False, "", "")
    assert found.history == "in every minor from 1.34 to 1.37"
    assert found.url.endswith("/command-line-tools-reference/kube-apiserver/")


@pytest.mark.parametrize("component", ["kube-apiserver", "kube-controller-manager", "kubelet", "etcd"])
def test_since_and_until_are_where_the_flag_comes_and_goes(component: str) -> None:
    """A flag of one minor that its neighbour lacks says so."""
    minors = facts.minors(component)
    for older, newer in itertools.pairwise(minors):
        before, after = facts.load(component, older), facts.load(component, newer)
        assert before and after
        for name in before.flags.keys() - after.flags.keys():
            gone = fact(component, name, older)
            assert gone and gone.until == older and older in gone.history
            assert fact(component, name, newer) is None
        for name in after.flags.keys() - before.flags.keys():
            new = fact(component, name, newer)
            assert new and new.since == newer and newer in new.history


def test_at_least_one_flag_has_come_and_gone() -> None:
    """Else the test above would prove nothing."""
    older, newer = (facts.load("kube-controller-manager", minor) for minor in ("1.34", "1.37"))
    assert older and newer and older.flags.keys() - newer.flags.keys() and newer.flags.keys() - older.flags.keys()


def test_spelling_as_the_programs_take_it() -> None:
    """Underscores and dashes in front name the same flag."""
    assert fact("kube-apiserver", "--audit_log_maxage", "1.36") == fact("kube-apiserver", "audit-log-maxage", "1.36")


def test_what_is_not_known() -> None:
    """No such flag, component or minor: None."""
    assert fact("kube-apiserver", "no-such-flag", "1.36") is None
    assert fact("coredns", "conf", "1.36") is None
    assert fact("kube-apiserver", "audit-log-maxage", "1.99") is None


def test_etcd_goes_by_its_own_minors() -> None:
    """The minor is in the image's tag, and in the address of its documentation."""
    assert etcd_minor("registry.k8s.io/etcd:3.6.8-0") == "3.6"
    assert etcd_minor("example.com:5000/etcd:3.5.1@sha256:00") == "3.5"
    assert etcd_minor("example.com:5000/etcd") == ""
    found = fact("etcd", "data-dir", "3.6")
    assert found and found.url == "https://etcd.io/docs/v3.6/op-guide/configuration/"
