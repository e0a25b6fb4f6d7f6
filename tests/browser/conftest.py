# SPDX-License-Identifier: Apache-2.0
"""The site of the example, built once, and Debian's Chromium to look at it.

Whatever a page asks for beyond this machine is refused and fails the test, and so does whatever it prints to the
console.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"

Open = Callable[..., Any]
"""Path of a page, and what `Browser.new_context` of Playwright takes -> the Page."""


@dataclass(frozen=True, slots=True)
class Built:
    """A built site."""

    tree: Path
    root: Path

    @property
    def pages(self) -> list[str]:
        """Every page, as its address below the root."""
        found = (file.relative_to(self.root).as_posix() for file in self.root.rglob("*.html"))
        return sorted(path for path in found if path != "404.html")

    def below(self, *directories: str) -> list[str]:
        """The pages in these directories."""
        return [path for path in self.pages if path.startswith(tuple(f"{each}/" for each in directories))]


def kgen(*words: object) -> None:
    """Run the command in the checkout."""
    command = [sys.executable, "-m", "kgen", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, rendered."""
    place = tmp_path_factory.mktemp("tree") / "out"
    kgen("render", "examples/minimal.yaml", "-o", place)
    return place


@pytest.fixture(scope="session")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The site of the example."""
    place = tmp_path_factory.mktemp("site") / "public"
    kgen("site", tree, "-o", place)
    return Built(tree, place)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextlib.contextmanager
def served(directory: Path) -> Iterator[str]:
    """A server for a directory, as its address."""
    handler = functools.partial(_Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def address(built: Built) -> Iterator[str]:
    """Where the site is served."""
    with served(built.root) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without a sandbox, for that refuses to run as root; no name resolves, so nothing is reached by one.
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def _lost(request: Any) -> bool:
    """Whether a request came to nothing by itself; not because the page was left before."""
    return bool(request.failure != "net::ERR_ABORTED")


@pytest.fixture
def visit(chromium: Any, address: str, built: Built) -> Iterator[Open]:
    """Opens a page; at the end of the test nothing may have been asked for elsewhere or said in the console."""
    complaints: list[str] = []
    contexts = []

    def route(route: Any) -> None:
        url = route.request.url
        if url.startswith((address, built.root.as_uri(), "data:", "blob:")):
            route.continue_()
        else:
            complaints.append(f"asked for {url}")
            route.abort()

    def go(path: str = "index.html", *, file: bool = False, **settings: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        context.set_default_timeout(20_000)
        contexts.append(context)
        context.route("**/*", route)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{page.url}: {message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("requestfailed", lambda request: _lost(request) and complaints.append(f"could not load {request.url}"))
        page.goto((built.root.as_uri() + "/" if file else address) + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
