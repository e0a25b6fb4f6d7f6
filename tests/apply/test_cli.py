# SPDX-License-Identifier: Apache-2.0
"""The command line: what it takes, and what its exit codes say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import kgen.cli
from kgen_apply import cli
from kgen_apply.errors import RefusedError
from kgen_apply.reset import _safe


def test_kgen_hands_over(capsys: pytest.CaptureFixture[str]) -> None:
    """kgen apply and kgen reset are kgen-apply's, options and all; kgen-apply reset is the same."""
    assert kgen.cli.run(["apply", "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Usage: kgen apply [OPTIONS] TREE")
    assert cli.run(["--help"], "kgen apply") == 0
    assert capsys.readouterr().out == shown
    assert kgen.cli.run(["reset", "-h"]) == 0
    assert "Usage: kgen reset [OPTIONS]" in capsys.readouterr().out
    assert cli.run(["reset", "-h"], "kgen-apply") == 0


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has the renderer alone is told what is missing."""
    monkeypatch.setitem(sys.modules, "kgen_apply.cli", None)
    assert kgen.cli.run(["apply", "out"]) == 2
    assert "kgen: kgen apply needs kgen_apply" in capsys.readouterr().err


def test_exit_code_is_handed_back(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Through kgen as well."""
    assert kgen.cli.run(["apply", str(tmp_path), "--yes"]) == 3
    assert capsys.readouterr().err == f"kgen apply: {tmp_path} has no kgen.json; it is not a tree that kgen rendered\n"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--output", "json"], "--output json cannot ask; add --yes, --dry-run or --check"),
        (["--host", "cp-9=x"], "the tree has no node cp-9"),
        (["--node", "cp-9"], "the tree has no such node"),
        (["--phase", "cert"], "the tree has nothing of a phase cert; it has addon, addon/coredns"),
        (["--skip-phases", "x,certs"], "the tree has nothing of a phase x"),
        (["--local", "--host", "cp-1=x"], "--local is for one node"),
        (["--only", "everything"], "Invalid value for '--only'"),
    ],
)
def test_wrong_usage(arguments: list[str], what: str, rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what would be right."""
    assert cli.run([str(rendered), *arguments], "kgen apply") == 2
    assert what in capsys.readouterr().err


def test_faults_show_no_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rendered: Path
) -> None:
    """No traceback and no message of an exception reaches a user: it might hold a secret."""

    def fail(_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(cli, "load", fail)
    assert cli.run([str(rendered)], "kgen apply") == 70
    err = capsys.readouterr().err
    assert err.startswith("kgen apply: internal fault, please report: RuntimeError at ")
    assert "secret" not in err


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/var/lib", "/etc/kubernetes/..", "etc/x", "/usr/", "/home", "/var/lib/", "/a\nb"]
)
def test_reset_empties_no_system_directory(path: str) -> None:
    """Whatever a manifest or an option says."""
    with pytest.raises(RefusedError, match="is not a directory that kgen reset will empty"):
        _safe(path)


@pytest.mark.parametrize("arguments", [["reset"], ["reset", "--local", "host"], ["reset", "-oX=y"], ["reset", "a b"]])
def test_reset_wants_hosts(arguments: list[str]) -> None:
    """Or this machine, and not both; nothing that ssh takes for an option."""
    assert cli.run(arguments, "kgen") == 2
