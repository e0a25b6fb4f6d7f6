# SPDX-License-Identifier: Apache-2.0
"""kgen_apply works where the renderer is not installed."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import kgen_apply

ROOT = Path(__file__).parents[2]
PACKAGE = Path(kgen_apply.__file__).parent
PROGRAM = """
import importlib.abc, pkgutil, importlib, sys
sys.path[:0] = sys.argv.pop(1).split(":")
class NoRenderer(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("kgen", "jinja2", "jsonschema"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoRenderer())
import kgen_apply
for module in pkgutil.walk_packages(kgen_apply.__path__, "kgen_apply."):
    if module.name != "kgen_apply.__main__":
        importlib.import_module(module.name)
print(kgen_apply.__file__)
from kgen_apply.cli import main
main()
"""


def test_no_module_imports_the_renderer() -> None:
    """Not even inside a function."""
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name == "kgen" or name.startswith("kgen.")], path


def test_wheel_without_the_renderer_plans(tree: Path, tmp_path: Path) -> None:
    """Only the package kgen_apply of the wheel is unpacked: it reads a tree and plans for this machine.

    It stops at this machine's preflight, having shown what it would write, or at having no root.
    """
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = [name for name in wheel.namelist() if name.startswith("kgen_apply/")]
        wheel.extractall(tmp_path / "site", names)
    assert {path.name for path in PACKAGE.glob("*.sh")} <= {Path(name).name for name in names}
    packages = f"{tmp_path / 'site'}:{sysconfig.get_path('purelib')}"
    arguments = [packages, str(tree), "--local", "--dry-run", "--only", "files"]
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(str(tmp_path / "site/kgen_apply"))
    assert done.returncode in (1, 4, 5), done.stderr
    assert ("/etc/kubernetes/pki/ca.crt" in done.stdout) == (done.returncode != 5)
    assert "internal fault" not in done.stderr
