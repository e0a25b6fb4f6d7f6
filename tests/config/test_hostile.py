# SPDX-License-Identifier: Apache-2.0
"""No file brings `kgen validate` down, takes two seconds or much memory. `python tests/hostile.py` tries many more."""

from __future__ import annotations

import itertools

import pytest

from hostile import SLOWEST, judge, mangled, memory, odd, special

pytestmark = pytest.mark.slow

BATCH = 30
"""Mangled files in one test"""


@pytest.mark.parametrize("number", range(len(list(special(0)))))
def test_the_worst_of_their_kind(number: int) -> None:
    """Each gives problems, or none, in no time; what is told about it is bounded as well."""
    (text,) = itertools.islice(special(5), number, number + 1)
    before = memory()
    taken = judge(text)
    assert taken.seconds < SLOWEST
    assert taken.output < 4_000_000
    assert memory() - before < 300


@pytest.mark.parametrize("seed", range(6))
def test_mangled_files(seed: int) -> None:
    """Files of the corpus with bytes flipped, cut, repeated, moved and replaced are judged without an exception."""
    for text in itertools.islice(mangled(seed), BATCH):
        taken = judge(text)
        assert taken.seconds < SLOWEST, text[:500]
        assert all(problem.what for problem in taken.findings.problems)


def test_odd_values() -> None:
    """No value of an argument or of a component's configuration is too odd to be judged."""
    for text in odd():
        found = judge(text).findings
        assert all(problem.what for problem in found.problems)


def test_too_large() -> None:
    """A file that no cluster could store is refused unread, and the next one is judged nevertheless."""
    (found,) = judge(b"#" * (1 << 20) + b"#").findings.problems
    assert (found.code, found.level) == ("too-large", "error")
    assert judge(b"#" * ((1 << 20) - 1) + b"\n").findings.problems[0].code == "empty-document"
