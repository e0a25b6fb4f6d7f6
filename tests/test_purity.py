# SPDX-License-Identifier: Apache-2.0
"""load and plan touch nothing, no command uses the network, and nothing needs root."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest

import kgen
from cli.running import MINIMAL, SOURCE

NOBODY = 65534
PACKAGE = Path(kgen.__file__).parent

PURE = """
import os, sys, importlib, pkgutil
import kgen, helpers
from kgen import resources
for module in pkgutil.walk_packages(kgen.__path__, "kgen."):
    if module.name != "kgen.__main__":
        importlib.import_module(module.name)

ALLOWED = tuple(str(resources.directory(name)) for name in ("templates", "schema")) + (kgen.__path__[0],)
HARMLESS = ("object.", "code.", "builtins.id", "compile", "exec", "sys._getframe", "import", "marshal.", "glob.glob")
LISTING = ("os.listdir", "os.scandir", "pathlib.Path.glob")

def watch(event, arguments):
    if event in LISTING or event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        if str(arguments[0]).startswith(ALLOWED):
            return
    elif event.startswith(HARMLESS):
        return
    os.write(2, f"{event} {arguments}\\n".encode())
    os._exit(99)

def render():
    cluster = kgen.load([("config.yaml", TEXT)])
    secrets = kgen.gather(cluster, keys=helpers.CannedKeys(), start=START, random=lambda count: bytes(range(count)))
    return kgen.plan(cluster, secrets)

import datetime
START = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
TEXT = sys.stdin.buffer.read()
render()  # what is imported and cached on first use
sys.addaudithook(watch)
MISTAKE
tree = render()
os.write(1, b"%d" % len(tree.artifacts))
"""

OFFLINE = """
import os, sys

def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.")):
        os.write(2, f"{event} {arguments}\\n".encode())
        os._exit(99)

sys.addaudithook(watch)
MISTAKE
from kgen.cli import main
main()
"""


def python(
    code: str, *arguments: str, mistake: str = "", prefix: Sequence[str] = (), **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program in which MISTAKE is replaced."""
    return subprocess.run(
        [*prefix, sys.executable, "-B", "-c", code.replace("MISTAKE", mistake), *arguments],
        env={"PATH": os.defpath, "PYTHONPATH": f"{SOURCE}:{Path(__file__).parent}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def test_load_and_plan_touch_nothing() -> None:
    """From a configuration to a tree kgen writes, asks and starts nothing, and reads only what it is made of."""
    done = python(PURE, input=MINIMAL)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 60


@pytest.mark.parametrize(
    "mistake",
    [
        "open('x', 'w')",
        "open('/etc/hostname')",
        "os.listdir('/')",
        "os.rename('x', 'y')",
        "os.chmod('x', 0)",
        "os.system('id')",
        "import socket; socket.gethostname()",
        "import subprocess; subprocess.Popen(['id'])",
    ],
)
def test_the_watch_watches(mistake: str) -> None:
    """The test above would see what it looks for."""
    done = python(PURE, input=MINIMAL, mistake=mistake)
    assert done.returncode == 99


@pytest.mark.parametrize("arguments", [("render", "-", "-o", "tree.tar", "--upload-certs"), ("phases",)])
def test_no_network(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """No command opens a socket, asks for a name, or starts a program that could."""
    done = python(OFFLINE, *arguments, input=MINIMAL, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    refused = python(OFFLINE, *arguments, input=MINIMAL, cwd=tmp_path, mistake="import socket; socket.socket()")
    assert refused.returncode == 99


def test_no_root() -> None:
    """Somebody without any rights renders a tree in a directory of theirs. As root, this test becomes somebody else."""
    with tempfile.TemporaryDirectory() as directory:
        code = "import os, sys; from kgen.cli import run; print(run(sys.argv[1:]), os.geteuid())"
        done = python(code, "render", "-q", "-", input=MINIMAL, cwd=directory, **_without_rights(directory))
        assert done.stderr == ""
        result, user = done.stdout.split()
        assert (result, user != "0") == ("0", True)
        assert Path(directory, "out/pki/ca.key").stat().st_mode & 0o777 == 0o600


def _without_rights(directory: str) -> dict[str, Any]:
    """Options for a process that is nobody.

    Root becomes nobody. Where nobody could not even reach Python, for it lies in root's home, a user namespace
    without a mapping does the same: the process has no user that counts, and no capability.
    """
    if os.geteuid() != 0:
        return {}
    needed = [Path(sys.executable).resolve(), Path(click.__file__), SOURCE]
    if all(step.stat().st_mode & 0o001 for path in needed for step in path.parents):
        os.chown(directory, NOBODY, NOBODY)
        return {"user": NOBODY, "group": NOBODY, "extra_groups": ()}
    return {"prefix": ("unshare", "--user", "--")}


def test_world_is_passed_in() -> None:
    """Clock, randomness, environment and disk are named only where the world is met."""
    world = ("cli/", "sinks/", "explain/build.py", "explain/plugin.py")
    found = []
    for path in PACKAGE.rglob("*.py"):
        name = str(path.relative_to(PACKAGE))
        if not name.startswith(world):
            found += [f"{name}: {thing}" for thing in _worldly(ast.parse(path.read_text()))]
    assert found == []


def _worldly(tree: ast.AST) -> list[str]:
    modules = {"os", "sys", "time", "random", "secrets", "socket", "subprocess", "shutil", "tempfile", "platform"}
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in modules]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module] if node.module.partition(".")[0] in modules else []
        elif isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "urandom", "environ", "cwd"):
            found.append(ast.unparse(node))
    return found


def test_worldly_things_are_seen() -> None:
    """The test above would see what it looks for."""
    for line in ("import os", "from time import time", "import socket as s", "datetime.now()", "Path.cwd()"):
        assert _worldly(ast.parse(line)), line
