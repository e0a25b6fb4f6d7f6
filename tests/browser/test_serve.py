# SPDX-License-Identifier: Apache-2.0
"""`mkdocs serve` in a checkout: the tree that it shows, and what makes it build again."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser.conftest import ROOT, kgen

pytestmark = pytest.mark.browser

CONFIG = (ROOT / "examples" / "minimal.yaml").read_text(encoding="utf-8")
CA = "artifacts/pki/ca.crt.html"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What of a checkout `mkdocs serve` reads, without an out/."""
    place = tmp_path / "checkout"
    place.mkdir()
    for name in ("site", "templates"):
        (place / name).symlink_to(ROOT / name)
    (place / "mkdocs.yml").write_bytes((ROOT / "mkdocs.yml").read_bytes())
    (place / "examples").mkdir()
    (place / "examples" / "minimal.yaml").write_text(CONFIG, encoding="utf-8")
    return place


@contextlib.contextmanager
def serving(checkout: Path, **environment: str) -> Iterator[Callable[[str], str]]:
    """`mkdocs serve` on a free port; yields what reads a page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", address, "--quiet"]
    settings = {key: value for key, value in os.environ.items() if key != "KGEN_TREE"}
    log = checkout.parent / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=checkout,
            env={**settings, "NO_MKDOCS_2_WARNING": "1", **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:

            def page(path: str) -> str:
                with urllib.request.urlopen(f"http://{address}/{path}", timeout=30) as answer:
                    return str(answer.read().decode())

            _until(lambda: bool(page("index.html")), lambda: log.read_text(encoding="utf-8"))
            yield page
        finally:
            server.terminate()
            server.wait(timeout=30)


def test_shows_the_example_and_keeps_its_keys(checkout: Path) -> None:
    """Without a tree it shows the example; a change of its configuration shows, with the same keys."""
    with serving(checkout) as page:
        assert "10.244.0.0/16" in page("index.html")
        before = _fingerprint(page(CA))
        changed = CONFIG.replace("10.244.0.0/16", "10.245.0.0/16")
        (checkout / "examples" / "minimal.yaml").write_text(changed, encoding="utf-8")
        _until(lambda: "10.245.0.0/16" in page("index.html"))
        assert _fingerprint(page(CA)) == before


def test_builds_again_when_the_tree_changes(checkout: Path) -> None:
    """The tree in out/ is shown, and again after each `kgen render` that replaces it, and so is its configuration."""
    config = checkout / "cluster.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    _render(checkout)
    with serving(checkout) as page:
        before = _fingerprint(page(CA))
        for number in (1, 2):
            changed = CONFIG.replace("10.244.0.0/16", f"10.{number}.0.0/16")
            config.write_text(changed, encoding="utf-8")
            _render(checkout)
            _until(lambda number=number: f"10.{number}.0.0/16" in page("index.html"))
        assert _fingerprint(page(CA)) == before
        config.write_text("# a comment of mine\n" + changed, encoding="utf-8")
        _until(lambda: "a comment of mine" in page("configuration/files/cluster.yaml.html"))


def test_shows_the_tree_that_is_named(checkout: Path, tmp_path: Path) -> None:
    """KGEN_TREE comes before out/, and may be an archive."""
    _render(checkout, CONFIG)
    other = tmp_path / "other.yaml"
    other.write_text(CONFIG.replace("10.244.0.0/16", "10.9.0.0/16"), encoding="utf-8")
    kgen("render", other, "-o", tmp_path / "other.tar.gz")
    with serving(checkout, KGEN_TREE=str(tmp_path / "other.tar.gz")) as page:
        assert "10.9.0.0/16" in page("index.html")


def _render(checkout: Path, text: str = "") -> None:
    """Render cluster.yaml of the checkout, as from within it."""
    if text:
        (checkout / "cluster.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "kgen", "render", "cluster.yaml", "-o", "out"]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)


def _fingerprint(page: str) -> str:
    found = re.search(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}|[0-9a-f]{64}", page, re.IGNORECASE)
    assert found
    return found[0]


def _until(condition: Callable[[], bool], told: Callable[[], str] = str) -> None:
    """Wait until something holds, for as long as a build may take on a busy machine."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if condition():
                return
        time.sleep(0.3)
    raise AssertionError(f"it did not come about; {told()}")
