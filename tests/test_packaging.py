# SPDX-License-Identifier: Apache-2.0
"""What is installed works without the checkout: wheel, and wheel from sdist, from another directory."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "tests/corpus/init/13-ecdsa-p256.yaml"


def _build(kind: str, source: Path, target: Path) -> Path:
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next(target.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel built from the checkout, and the one built from the sdist."""
    place = tmp_path_factory.mktemp("dist")
    direct = _build("wheel", ROOT, place / "direct")
    archive = _build("sdist", ROOT, place / "sdist")
    subprocess.run(["tar", "-xzf", archive, "-C", place], check=True)
    unpacked = next(path for path in place.iterdir() if path.name.startswith("kgen-"))
    return {"checkout": direct, "sdist": _build("wheel", unpacked, place / "again")}


def test_both_wheels_hold_the_same_files(wheels: dict[str, Path]) -> None:
    """The sdist loses nothing that the wheel needs."""
    names = [sorted(zipfile.ZipFile(wheel).namelist()) for wheel in wheels.values()]
    assert names[0] == names[1]


def test_wheel_holds_templates_schemas_and_releases(wheels: dict[str, Path]) -> None:
    """Data travels inside the package."""
    names = set(zipfile.ZipFile(wheels["checkout"]).namelist())
    data = [path for folder in ("templates", "schema") for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert {f"kgen/{path.relative_to(ROOT)}" for path in data} <= names
    assert {"kgen/releases/1.34.yaml", "kgen/releases/1.37.yaml", "kgen/patches/types.json"} <= names


@pytest.mark.parametrize("origin", ["checkout", "sdist"])
def test_installed_wheel_renders_from_any_directory(origin: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    """kgen finds its data where it is installed, not where it is run."""
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheels[origin])], check=True)
    config = elsewhere / "config.yaml"
    config.write_text(CONFIG.read_text().replace("@VERSION@", "v1.37.2"))
    program = f"import sys; sys.path.insert(0, {str(site)!r}); import kgen.cli; print(kgen.__file__); kgen.cli.main()"
    run = [sys.executable, "-c", program, "render", "config.yaml", "-o", "tree"]
    done = subprocess.run(run, cwd=elsewhere, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(site))
    assert (elsewhere / "tree/manifests/kube-apiserver.yaml").exists()
