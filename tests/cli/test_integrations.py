# SPDX-License-Identifier: Apache-2.0
"""What others run kgen by: pre-commit and GitHub's actions call it as it is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.running import MINIMAL, Kgen

ROOT = Path(__file__).parents[2]
BAD = MINIMAL + "foo: 1\n"


def hook() -> dict[str, Any]:
    """The hook that pre-commit finds in this repository."""
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return dict(found)


@pytest.mark.parametrize(("text", "code"), [(MINIMAL, 0), (BAD, 3)])
def test_hook(kgen: Kgen, text: str, code: int) -> None:
    """pre-commit puts the names of many files behind the entry; one that is refused makes it fail."""
    program, *arguments = shlex.split(hook()["entry"])
    assert program == "kgen"
    assert kgen(*arguments, "a.yaml", "b.yaml", a=MINIMAL, b=text).code == code


def test_hook_says_nothing_about_sound_files(kgen: Kgen) -> None:
    """There is output only if there is something to do."""
    _, *arguments = shlex.split(hook()["entry"])
    assert kgen(*arguments, "a.yaml", a=MINIMAL).out == ""


@pytest.mark.parametrize(
    ("name", "is_meant"),
    [
        ("kubeadm.yaml", True),
        ("clusters/one/kubeadm-config.yml", True),
        ("kubeadm.json", True),
        ("prod.kubeadm.yaml", True),
        ("clusters/prod.kubeadm.json", True),
        ("kubeadm/values.yaml", False),
        ("my-kubeadm.yaml", False),
        ("kubeadm.yaml.j2", False),
    ],
)
def test_hook_files(name: str, is_meant: bool) -> None:
    """Without further ado it looks at files that are called kubeadm…, or ….kubeadm.yaml as in the README."""
    assert bool(re.search(hook()["files"], name)) is is_meant


def test_github_action(kgen: Kgen) -> None:
    """The example makes the file that it uploads, also if a configuration is refused."""
    workflow = yaml.safe_load((ROOT / "examples" / "github-action.yml").read_text())
    steps = workflow["jobs"]["validate"]["steps"]
    (command,) = (step["run"] for step in steps if step.get("run", "").startswith("kgen"))
    (upload,) = (step for step in steps if "upload-sarif" in step.get("uses", ""))
    words = shlex.split(command)
    assert words[-3:] == ["kubeadm/*.yaml", ">", upload["with"]["sarif_file"]]
    done = kgen(*words[1:-3], "a.yaml", a=BAD)
    assert done.code == 3
    assert json.loads(done.out)["runs"][0]["results"]
    assert upload["if"] == "success() || failure()"
    assert workflow["permissions"]["security-events"] == "write"
