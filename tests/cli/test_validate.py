# SPDX-License-Identifier: Apache-2.0
"""kgen validate as a command: what it prints where, its exit codes, and how little it imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.running import CLUSTER, INIT, MINIMAL, SOURCE, Kgen, process

BAD = INIT + CLUSTER + "networking: {podSubnet: 10.244.0.0}\n"


def test_a_sound_file(kgen: Kgen) -> None:
    """One line says so, and as which kubeadm."""
    done = kgen("validate", "a.yaml", a=MINIMAL)
    assert (done.code, done.err) == (0, "")
    assert done.out == "a.yaml: ok (kubeadm v1.37.2: InitConfiguration, ClusterConfiguration)\n"


def test_a_refused_file(kgen: Kgen) -> None:
    """The problem, its line with a marker, and the verdict; exit code 3."""
    done = kgen("validate", "a.yaml", a=BAD)
    assert (done.code, done.err) == (3, "")
    assert done.out.splitlines() == [
        "a.yaml:10:25: networking.podSubnet: '10.244.0.0' is not a subnet or a list of them; "
        "CIDRs, separated by commas without blanks: 10.244.0.0 lacks its prefix length",
        "  10 | networking: {podSubnet: 10.244.0.0}",
        "     |                         ^~~~~~~~~~",
        "a.yaml: refused, 1 error (kubeadm v1.37.2: InitConfiguration, ClusterConfiguration)",
    ]


def test_each_file_on_its_own(kgen: Kgen) -> None:
    """Several files are judged one by one, as by pre-commit, which gives many at once; one refused is enough."""
    done = kgen("validate", "a.yaml", "b.yaml", "a.yaml", a=MINIMAL, b=BAD)
    assert done.code == 3
    verdicts = [line.partition(" (")[0] for line in done.out.splitlines() if "(kubeadm" in line]
    assert verdicts == ["a.yaml: ok", "b.yaml: refused, 1 error", "a.yaml: ok"]


def test_warnings(kgen: Kgen) -> None:
    """A file with warnings is accepted; they are told all the same."""
    done = kgen("validate", "--no-strict", "a.yaml", a=MINIMAL + "foo: 1\nbar: 1\n")
    assert done.code == 0
    assert done.out.startswith("warning: a.yaml:10:1: foo: there is no such field\n  10 | foo: 1\n")
    assert "a.yaml: ok, 2 warnings (" in done.out


def test_quiet(kgen: Kgen) -> None:
    """Then only problems are told."""
    assert kgen("validate", "-q", "a.yaml", a=MINIMAL).out == ""
    assert "(kubeadm" not in kgen("validate", "-q", "a.yaml", a=BAD).out


def test_kubeadm(kgen: Kgen) -> None:
    """The verdict is that of the kubeadm that is asked for."""
    text = MINIMAL.replace("v1beta4", "v1beta3").replace("encryptionAlgorithm: ECDSA-P256\n", "")
    assert kgen("validate", "--kubeadm", "1.36", "a.yaml", a=text).code == 0
    assert kgen("validate", "--kubeadm", "1.37", "a.yaml", a=text).code == 3


def test_experimental(kgen: Kgen) -> None:
    """kubeadm.k8s.io/v1 needs the flag that kubeadm has for it."""
    text = MINIMAL.replace("v1beta4", "v1")
    assert kgen("validate", "--allow-experimental-api", "a.yaml", a=text).code == 0
    assert "--allow-experimental-api" in kgen("validate", "a.yaml", a=text).out


def test_json(kgen: Kgen) -> None:
    """--output json is one document on standard output and nothing else."""
    done = kgen("validate", "--output", "json", "a.yaml", "b.yaml", a=MINIMAL, b=BAD)
    assert (done.code, done.err) == (3, "")
    assert [each["ok"] for each in json.loads(done.out)["files"]] == [True, False]


def test_sarif(kgen: Kgen) -> None:
    """--output sarif is one log with one run for all files."""
    done = kgen("validate", "--output", "sarif", "a.yaml", "b.yaml", a=MINIMAL, b=BAD)
    assert done.code == 3
    (run,) = json.loads(done.out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["subnet"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["missing.yaml"], "kgen: missing.yaml: No such file or directory"),
        (["."], "kgen: .: Is a directory"),
        (["-", "a.yaml", "-"], "kgen: - stands for standard input, which can be read only once"),
        (["a.yaml", "--kubeadm", "1.5"], "kgen: --kubeadm: there is no 1.5; one of 1.34, 1.35, 1.36, 1.37"),
        (["a.yaml", "--output", "xml"], "Error: Invalid value for '--output'"),
        ([], "Error: Missing argument 'FILE...'"),
    ],
)
def test_wrong_usage(kgen: Kgen, arguments: list[str], what: str) -> None:
    """Exit code 2, and nothing on standard output."""
    done = kgen("validate", *arguments, a=MINIMAL)
    assert (done.code, done.out) == (2, "")
    assert what in done.err


def test_standard_input(tmp_path: Path) -> None:
    """`-` is standard input, and what is shown of it is what was given."""
    done = process("validate", "-", cwd=tmp_path, stdin=BAD.encode())
    assert done.code == 3
    assert done.out.startswith("<stdin>:10:25: ")
    assert "  10 | networking" in done.out


def test_endless_input(tmp_path: Path) -> None:
    """Of an endless file no more is read than tells that it is too large."""
    done = process("validate", "/dev/zero", cwd=tmp_path)
    assert (done.code, done.err) == (3, "")
    assert done.out.startswith("/dev/zero: the file is larger than 1 MiB")


def test_plain_without_a_terminal(tmp_path: Path) -> None:
    """There are no colours in a pipe."""
    (tmp_path / "a.yaml").write_text(BAD)
    assert "\x1b" not in process("validate", "a.yaml", cwd=tmp_path, TERM="xterm-256color").out


def test_render_refuses_in_the_same_words(kgen: Kgen) -> None:
    """kgen render tells the same problems in the same way, on standard error."""
    refused = kgen.render(BAD)
    assert (refused.code, refused.out) == (3, "")
    told = kgen("validate", "-q", "config.yaml").out
    assert refused.err == told


def test_imports() -> None:
    """Neither keys nor templates are loaded: that is what makes it quick."""
    code = "import sys; from kgen.cli import run; run(['validate', sys.argv[1]]); print(*sys.modules)"
    file = SOURCE.parent / "tests" / "corpus" / "reports" / "001-ha-dns-stacked.yaml"
    done = subprocess.run(
        [sys.executable, "-c", code, file], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True
    )
    modules = done.stdout.splitlines()[-1].split()
    assert "kgen.config.validate" in modules
    assert not {"cryptography", "jinja2", "kgen.phases", "kgen.planning", "kgen.cli.reports"} & set(modules)
