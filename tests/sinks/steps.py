# SPDX-License-Identifier: Apache-2.0
"""Runs a write and does something at its N-th step, for every N: a program of its own, see test_steps.py.

    python steps.py kill|interrupt|watch directory|archive first|again exchange|rename WORKSPACE

A step is a call that changes something on disk. Prints how many there were; a wrong state is an AssertionError.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kgen.sinks import swap
from kgen.sinks.choose import sink_for
from kgen.sinks.earlier import read
from kgen.sinks.layout import directory_modes
from sinks.trees import file, holds, loose_secrets, make_tree, names

OLD = make_tree(b"old", file("gone/only-in-old.yaml", b"x"))
NEW = make_tree(b"new", file("rbac/only-in-new.yaml", b"y"))
STEPS = frozenset(
    [
        "open",
        "mkdir",
        "chmod",
        "fchmod",
        "link",
        "symlink",
        "rename",
        "replace",
        "utime",
        "unlink",
        "remove",
        "rmdir",
        "write",
    ]
)
"""Between two of these the disk does not change, so nothing can be missed."""


class Steps:
    """Counts steps from inside the interpreter and calls `act` at each, just before it is taken."""

    def __init__(self, act: Callable[[int], None]) -> None:
        self.taken = 0
        self.act = act

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        is_system_call = event == "c_call" and argument.__name__ in STEPS
        is_exchange = event == "call" and frame.f_code is swap._rename.__code__  # ctypes calls cause no event
        if is_system_call or is_exchange:
            self.taken += 1
            self.act(self.taken)


def write(target: Path, tree: Any, act: Callable[[int], None] | None = None) -> int:
    """What a render does once its tree is there; returns the number of steps."""
    steps = Steps(act or (lambda _: None))
    sink = sink_for(str(target), sys.stdout.buffer, 0)
    earlier = sink.read()
    sys.setprofile(steps if act else None)
    try:
        sink.write(tree, earlier)
    finally:
        sys.setprofile(None)
    return steps.taken


def prepare(workspace: Path, name: str, again: bool) -> Path:
    """A workspace with nothing or an old tree in it, and a file of someone else's in the old tree."""
    model = workspace.with_name("model")
    if not model.exists():
        model.mkdir()
        if again:
            write(model / name, OLD)
        if (model / name).is_dir():
            (model / name / "notes").mkdir()
            (model / name / "notes" / "mine.txt").write_text("mine")
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(model, workspace)
    return workspace / name


def in_child(n: int, kind: str, target: Path) -> int:
    """Write in a child that is killed or interrupted at step n; 0 if it came to its end before."""

    def act(step: int) -> None:
        if step == n:
            if kind == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise KeyboardInterrupt

    child = os.fork()
    if child == 0:
        try:
            write(target, NEW, act)
        except KeyboardInterrupt:
            os._exit(1)
        except BaseException as error:
            os.write(2, f"step {n}: {error!r}\n".encode())
            os._exit(2)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def stop_at_each(kind: str, workspace: Path, name: str, again: bool) -> int:
    """Stop a write at each of its steps; the old or the new tree is there, and the next write leaves nothing else."""
    n = 0
    while True:
        n += 1
        target = prepare(workspace, name, again)
        status = in_child(n, kind, target)
        before, after = read(target) is None if not again else holds(target, OLD), holds(target, NEW)
        assert before or after, f"step {n} leaves neither the old nor the new tree"
        assert status == 0 or os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 1, f"step {n} failed"
        if kind == "interrupt":
            assert set(names(workspace)) <= {name}, f"step {n} leaves something behind"
        write(target, NEW)
        assert holds(target, NEW), f"after step {n} the next run fails"
        assert names(workspace) == [name], f"after step {n} the next run does not clear up"
        if again and target.is_dir():
            assert (target / "notes" / "mine.txt").read_text() == "mine", f"step {n} loses other people's files"
        if status == 0:
            assert not before, "a write that came to its end wrote nothing"
            return n - 1


def require_private(workspace: Path, step: int) -> None:
    """No secret in the workspace can be read by others, and nothing in it can be entered by them."""
    assert loose_secrets(workspace) == [], f"at step {step}"
    for path in workspace.iterdir():
        assert path.lstat().st_mode & 0o077 == 0, f"{path} at step {step}"


def watch(workspace: Path, name: str, again: bool) -> int:
    """At no step of a write, under no umask, is a secret readable for others, nor the staging directory open."""
    taken = 0
    for umask in (0o000, 0o022, 0o077, 0o777):
        os.umask(0o022)
        target = prepare(workspace, name, again)
        os.umask(umask)
        taken += write(target, NEW, lambda step: require_private(workspace, step))
        assert holds(target, NEW), f"the umask {umask:o} comes through"
        for path, mode in (directory_modes(NEW) | {".": 0o700}).items() if target.is_dir() else ():
            assert (target / path).stat().st_mode & 0o7777 == mode, f"the umask {umask:o} comes through in {path}"
    return taken


def main(what: str, form: str, when: str, how: str, workspace: str) -> None:
    """See above."""
    if how == "rename":
        swap._renameat2 = None
    name = {"directory": "out", "archive": "out.tar"}[form]
    again = when == "again"
    place = Path(workspace) / "workspace"
    print(watch(place, name, again) if what == "watch" else stop_at_each(what, place, name, again))


if __name__ == "__main__":
    main(*sys.argv[1:])
