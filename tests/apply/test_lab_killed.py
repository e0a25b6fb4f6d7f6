# SPDX-License-Identifier: Apache-2.0
"""A run that ends anywhere is finished by the next, and the one after that has nothing to do."""

from __future__ import annotations

import itertools
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apply.machines import Lab, Machine
from apply.test_lab_files import HERE, PLACES, assert_there, put
from apply.trees import change_file, keep, render
from kgen_apply.tree import load

pytestmark = pytest.mark.lab

KILLER = """#!/bin/sh
# {tool}, but the step of this number ends the shell that wanted it, before or after it is done.
left=$(($(cat /run/killer/left) - 1))
echo $left >/run/killer/left
if [ $left -eq 0 ] && [ -e /run/killer/before ]; then kill -9 $PPID; exit 1; fi
{real} "$@"
code=$?
if [ $left -eq 0 ]; then kill -9 $PPID; fi
exit $code
"""
TOOLS = ("base64", "chmod", "chown", "cp", "mkdir", "mv", "rm", "sync", "systemctl")
"""Every program by which a step of kgen changes the disk of a host, or what runs there."""
CUT = """
import socket, sys, threading, os
left = int(sys.argv[3])
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def back():
    while data := peer.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=back, daemon=True).start()
while left > 0 and (data := os.read(0, min(left, 4096))):
    peer.sendall(data)
    left -= len(data)
os._exit(0)
"""


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """Two trees of a few files, the second with some of them changed: a first run, and one over what is there."""
    first = render(tmp_path / "first")
    second = Path(shutil.copytree(first, tmp_path / "second"))
    for tree in (first, second):
        keep(tree, "certs/ca", "control-plane/controller-manager", "kubelet-start")
    for path in (
        "manifests/kube-controller-manager.yaml",
        "kubelet/config.yaml",
        "kubelet/kubeadm-flags.env",
        "pki/ca.key",
    ):
        change_file(second, path, (second / path).read_bytes() + b"\n")
    return first, second


def _arm(machine: Machine, step: int, before: bool) -> None:
    machine.run("mkdir", "-p", "/run/killer")
    machine.path("/run/killer/left").write_text(f"{step}\n")
    machine.path("/run/killer/before").unlink(missing_ok=True)
    if before:
        machine.path("/run/killer/before").touch()
    for tool in TOOLS:
        real = "/usr/local/sbin/real-systemctl" if tool == "systemctl" else f"/usr/bin/{tool}"
        machine.put(tool, KILLER.format(tool=tool, real=real))


def _disarm(machine: Machine) -> None:
    for tool in TOOLS[:-1]:
        machine.path(f"/usr/local/sbin/{tool}").unlink()
    shutil.copy(machine.path("/usr/local/sbin/real-systemctl"), machine.path("/usr/local/sbin/systemctl"))


def _survive(lab: Lab, machine: Machine, tree: Path, when: object) -> None:
    """Files are old or new, never half; a second run finishes; a third has nothing to do."""
    for _ in range(50):
        second = put(lab, tree)
        if "another kgen apply" not in second.err:  # the shell that was cut off ends what it was at
            break
        time.sleep(0.1)
    assert second.code == 0, (when, second.all)
    assert_there(machine, tree)
    assert machine.systemctl()[-1] == "restart kubelet", when
    third = lab.apply(tree, *HERE, "--dry-run")
    assert third.out.splitlines()[-1] == "nothing to change", (when, third.all)


@pytest.mark.parametrize("before", [True, False])
def test_killed_at_every_step(before: bool, a_lab: Lab, machine: Machine, small: tuple[Path, Path]) -> None:
    """By a signal, before and after each program that changes something there has run."""
    first, second = small
    shutil.copy(machine.path("/usr/local/sbin/systemctl"), machine.path("/usr/local/sbin/real-systemctl"))
    put(a_lab, first)
    old = machine.files(*PLACES)
    there = [place for place in (*PLACES, "/var/lib/kgen") if machine.path(place).exists()]
    machine.run("tar", "-cPf", "/run/first.tar", *there)
    ended = 0
    for step in itertools.count(1):
        machine.wipe()
        machine.run("tar", "-xPf", "/run/first.tar", "-C", "/")
        _arm(machine, step, before)
        done = put(a_lab, second)
        _disarm(machine)
        if done.code == 0 and int(machine.path("/run/killer/left").read_text()) > 0:
            break
        ended += 1
        _assert_whole(machine, old, second, step)
        _survive(a_lab, machine, second, step)
    assert ended > 25


def _assert_whole(machine: Machine, old: dict[str, tuple[int, str, bytes]], tree: Path, when: object) -> None:
    for file in load(tree).files:
        now = machine.path(file.target).read_bytes()
        assert now in (file.content, old[file.target][2]), (when, file.target)


def _cuts() -> Iterator[int]:
    yield from range(1500, 60000, 2600)


def test_cut_at_every_stage_of_the_connection(
    a_lab: Lab, machine: Machine, small: tuple[Path, Path], tmp_path: Path
) -> None:
    """The connection ends after so many bytes: in the middle of the upload nothing is changed there at all."""
    _, tree = small
    (tmp_path / "cut.py").write_text(CUT)
    config = a_lab.ssh_config.read_text()
    outcomes, unchanged = set(), 0
    for cut in _cuts():
        machine.wipe()
        before = machine.files(*PLACES)
        proxy = f"  ProxyCommand {sys.executable} {tmp_path / 'cut.py'} %h %p {cut}\n"
        a_lab.ssh_config.write_text(config + proxy)
        done = put(a_lab, tree)
        a_lab.ssh_config.write_text(config)
        outcomes.add(done.code)
        if done.code == 0:
            break
        unchanged += machine.files(*PLACES) == before
        assert done.code == 5, (cut, done.all)
        assert "the connection to" in done.err, (cut, done.err)
        _survive(a_lab, machine, tree, cut)
    assert outcomes == {0, 5}
    assert unchanged > 5
