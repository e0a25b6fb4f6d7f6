# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes project's own end-to-end suites, run against a cluster of the lab."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from e2e.cluster import Cluster
from e2e.programs import build

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the specs of a run ended, by their full names."""

    passed: dict[str, float] = field(default_factory=dict)
    """Seconds that each took"""
    failed: dict[str, str] = field(default_factory=dict)
    """What each said"""
    skipped: dict[str, str] = field(default_factory=dict)
    """Why each skipped itself"""


def listed(name: str) -> list[str]:
    """The specs in a list beside this file, one a line."""
    lines = (HERE / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def run(suite: str, cluster: Cluster, specs: Sequence[str] = (), timeout: float = 3600) -> Outcome:
    """Run a suite, or only these specs of it, as the cluster's administrator."""
    report = cluster.lab.directory / f"{suite}.json"
    argv = [
        *(build.program(suite), "--provider=skeleton", f"--kubeconfig={cluster.admin.kubeconfig}"),
        *(f"--ginkgo.json-report={report}", f"--ginkgo.timeout={timeout:.0f}s", "--ginkgo.no-color"),
    ]
    if specs:
        argv.append("--ginkgo.focus=" + "|".join(f"{re.escape(name)}$" for name in specs))
    said = cluster.lab.admin(*argv, check=False, timeout=timeout + 60)
    if not report.exists():
        raise AssertionError(f"{suite} reported nothing:\n{said.stdout[-5000:]}\n{said.stderr[-5000:]}")
    return _read(report)


def all_pass(cluster: Cluster, specs: Sequence[str], least: int) -> None:
    """Run these specs of test/e2e; AssertionError unless every one passes, and there are at least so many."""
    assert len(set(specs)) >= least
    outcome = run("e2e.test", cluster, specs)
    assert outcome.failed == {}
    assert sorted(outcome.passed) == sorted(set(specs))


def _read(report: Path) -> Outcome:
    outcome = Outcome()
    for suite in json.loads(report.read_text()):
        if reasons := suite.get("SpecialSuiteFailureReasons"):
            outcome.failed["the suite"] = "; ".join(reasons)
        for spec in suite["SpecReports"]:
            name = " ".join([*(spec["ContainerHierarchyTexts"] or ()), spec["LeafNodeText"]]) or spec["LeafNodeType"]
            message = spec.get("Failure", {}).get("Message", "")
            if spec["State"] == "skipped":
                if message:
                    outcome.skipped[name] = message
            elif spec["State"] != "passed":
                outcome.failed[name] = f"{spec['State']}: {message}"
            elif spec["LeafNodeType"] == "It":
                outcome.passed[name] = spec["RunTime"] / 1e9
    return outcome
