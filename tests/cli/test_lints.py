# SPDX-License-Identifier: Apache-2.0
"""kgen lints, and what render and validate make of lints"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cli.running import CLUSTER, INIT, MINIMAL, SOURCE, Kgen
from kgen.config.lints import TABLE

FOUND = MINIMAL + "networking: {podSubnet: 10.96.0.0/16}\ncontrolPlaneEndpoint: localhost\n"
"""A configuration with two findings"""
SETTINGS = "---\napiVersion: kgen/v1\nkind: RenderConfiguration\nlints: {%s}\n"
SECRET = "not-for-the-log"


def test_list(kgen: Kgen) -> None:
    """A line for each lint, with its level."""
    lines = kgen("lints").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[lint.id, lint.level] for lint in TABLE]


def test_one(kgen: Kgen) -> None:
    """For a lint that is named: what is wrong, why it matters, what to do."""
    done = kgen("lints", "subnet-overlap")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["subnet-overlap", "Why:", "Instead:"]


def test_unknown(kgen: Kgen) -> None:
    """A name that there is not is wrong usage."""
    done = kgen("lints", "no-such-lint")
    assert done.code == 2
    assert "no-such-lint" in done.err


@pytest.mark.parametrize("command", ["validate", "render"])
def test_warnings(kgen: Kgen, command: str) -> None:
    """What lints find is told with its lint, and changes no verdict."""
    done = kgen(command, "a.yaml", a=FOUND)
    told = done.out + done.err
    assert done.code == 0
    assert told.count("warning: a.yaml:") == 2
    assert "[lint/subnet-overlap]" in told
    assert "[lint/endpoint-loopback]" in told


@pytest.mark.parametrize("command", ["validate", "render"])
@pytest.mark.parametrize(
    ("levels", "settings", "code", "warnings"),
    [
        (["off"], "", 0, 0),
        (["warning"], "", 0, 2),
        (["error"], "", 3, 0),
        (["subnet-overlap=off"], "", 0, 1),
        (["subnet-overlap=error"], "", 3, 1),
        (["error", "subnet-overlap=warning", "endpoint-loopback=off"], "", 0, 1),
        ([], "subnet-overlap: off", 0, 1),
        ([], "subnet-overlap: error", 3, 1),
        (["subnet-overlap=warning"], "subnet-overlap: error", 0, 2),
        (["off"], "subnet-overlap: warning", 0, 1),
    ],
)
def test_levels(kgen: Kgen, command: str, levels: list[str], settings: str, code: int, warnings: int) -> None:
    """A level for all or for one, from the command line or a RenderConfiguration; the nearer and the narrower win."""
    text = FOUND + (SETTINGS % settings if settings else "")
    done = kgen(command, "a.yaml", *(f"--lint={level}" for level in levels), a=text)
    assert done.code == code
    assert (done.out + done.err).count("warning: a.yaml:") == warnings


@pytest.mark.parametrize("level", ["loud", "no-such-lint=off", "subnet-overlap=loud", "=loud"])
def test_no_such_level(kgen: Kgen, level: str) -> None:
    """A level or a lint that there is not is wrong usage, not silence."""
    done = kgen("validate", "a.yaml", "--lint", level, a=FOUND)
    assert done.code == 2
    assert "--lint" in done.err


def test_only_sound_documents(kgen: Kgen) -> None:
    """In a configuration that is refused anyway, only what refuses it is told."""
    done = kgen("validate", "a.yaml", a=FOUND + "clusterName: [a]\n")
    assert done.code == 3
    assert "lint/" not in done.out


def test_values_stay_secret(kgen: Kgen) -> None:
    """Values of arguments may be secrets: no lint quotes one."""
    flag = f"{{name: %s, value: {SECRET}}}"
    names = ["no-such-flag", "profiling", "v_module", "--v", "feature-gates", "request-timeout"]
    text = MINIMAL + f"apiServer: {{extraArgs: [{', '.join(flag % name for name in names)}]}}\n"
    told = json.loads(kgen("validate", "--output", "json", "a.yaml", a=text).out)
    assert "lint/argument-value" in json.dumps(told)
    assert SECRET not in json.dumps(told)


@pytest.mark.parametrize(
    ("cluster", "read"),
    [
        ("", set()),
        ("scheduler: {extraArgs: [{name: bind-address, value: 192.0.2.10}]}\n", {"1.37/kube-scheduler.json"}),
    ],
)
def test_reads_what_it_needs(kgen: Kgen, cluster: str, read: set[str]) -> None:
    """Only the flags of programs with arguments are read: validate has to be quick."""
    (kgen.directory / "a.yaml").write_text(INIT + CLUSTER + cluster)
    code = (
        "import sys; opened = set();"
        "sys.addaudithook(lambda event, what: event == 'open' and opened.add(str(what[0])));"
        "from kgen.cli import run; run(['validate', '-q', 'a.yaml']);"
        "print(*(name.split('/flags/')[1] for name in opened if '/flags/' in name))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=kgen.directory,
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        check=True,
    )
    assert set(done.stdout.decode().split()) == read
