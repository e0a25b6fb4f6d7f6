# SPDX-License-Identifier: Apache-2.0
"""The pages that `kgen site --pages` writes are plain enough for another builder."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from browser.conftest import ROOT, kgen

pytestmark = pytest.mark.browser


def test_zensical_builds_the_pages(tree: Path, tmp_path: Path) -> None:
    """zensical takes pages and settings as they are, finds no fault with a link, and makes every page."""
    project = tmp_path / "pages"
    kgen("site", tree, "--pages", project)
    program = os.environ.get("ZENSICAL", str(ROOT / ".cache" / "zensical" / "bin" / "zensical"))
    done = subprocess.run([program, "build", "--strict"], cwd=project, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert not re.search(r"warn|error|not found", told, re.IGNORECASE), told
    wanted = {path.relative_to(project / "docs").with_suffix(".html") for path in (project / "docs").rglob("*.md")}
    made = {path.relative_to(project / "site") for path in (project / "site").rglob("*.html")}
    assert wanted - made == set()
    for name, said in {
        "index.html": "v1.37.",
        "artifacts/manifests/kube-apiserver.yaml.html": "--etcd-servers",
        "maps/trust.html": "<svg",
    }.items():
        assert said in (project / "site" / name).read_text(encoding="utf-8")
