# SPDX-License-Identifier: Apache-2.0
"""The sandbox, with the real kubeadm where it has been built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance import build
from conformance.cases import Case, Host, cases
from conformance.record import record
from conformance.recordings import changed, load
from conformance.sandbox import _flags

MINOR = build.MINORS[-1]
RELEASE = build.version(MINOR)
CASES = {case.name: case for case in cases()}


@pytest.mark.real
@pytest.mark.parametrize("name", ["host/resolved", "extra/patches-mixed"])
def test_recording_can_be_repeated(name: str) -> None:
    """kubeadm does again what is recorded of it, whatever this machine is like."""
    assert changed(load(MINOR)[name], record(CASES[name], MINOR), CASES[name].given(RELEASE)) == []


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case("a"), ["--skip-phases=preflight"]),
        (Case("b", flags=("--skip-phases=addon",)), ["--skip-phases=addon"]),
        (CASES["init/25-skip-phases"], ["--config=/config.yaml"]),
        (CASES["reports/213-skip-phases"], ["--config=/config.yaml", "--ignore-preflight-errors=all"]),
    ],
)
def test_preflight(case: Case, expected: list[str]) -> None:
    """Preflight is skipped, unless flags or configuration say what is; then its errors do not count."""
    assert _flags(case, RELEASE) == expected


def test_host_name() -> None:
    """The host is called like the node, in lower case, unless the case says otherwise."""
    dotted = CASES["init/30-node-name-dots"]
    assert dotted.hostname(RELEASE) == "cp-1.rack2.example.com"
    assert replace(dotted, host=Host(name="CP-9")).hostname(RELEASE) == "CP-9"
    assert Case("flags", flags=("--node-name=n",)).hostname(RELEASE) == "n"
    assert CASES["extra/cluster-only"].hostname(RELEASE) == "cp-1"


def test_versions_in_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """@VERSION@ is the release, @OLDER@ the first one of the minor before."""
    monkeypatch.setattr("conformance.cases.CORPUS", tmp_path)
    (tmp_path / "a.yaml").write_text("@VERSION@ @OLDER@")
    assert Case("a", "a.yaml").text("v1.36.3") == "v1.36.3 v1.35.0"
