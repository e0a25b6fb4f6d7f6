# SPDX-License-Identifier: Apache-2.0
"""Machines to apply to: namespaces of this one, each with its own root, name, address and real SSH server.

What they write stays in memory and goes with them. Needs root, util-linux, iproute2, sshd and sudo.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kgen_apply

HERE = Path(__file__).parent
SYSTEMCTL = """#!/bin/sh
# What systemctl was asked; as if systemd ran the kubelet.
case $1 in
  is-enabled) echo enabled ;;
  is-active) if [ "$2" = kubelet ]; then cat /run/kubelet-state; else echo inactive; fi ;;
  *) echo "$*" >>/run/systemctl.log; echo active >/run/kubelet-state ;;
esac
"""
KUBELET = "#!/bin/sh\necho Kubernetes v1.37.2\n"


@dataclass(frozen=True, slots=True)
class Done:
    """What a run left."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass(slots=True)
class Machine:
    """One machine."""

    name: str
    address: str
    directory: Path
    process: subprocess.Popen[bytes]
    pid: int

    def path(self, place: str) -> Path:
        """A file of the machine, as seen from here."""
        return Path(f"/proc/{self.pid}/root") / place.lstrip("/")

    def run(self, *command: str) -> str:
        """What a command prints there."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "-u", "-n", "--"]
        return subprocess.run([*enter, *command], check=True, capture_output=True, text=True).stdout

    def put(self, name: str, program: str) -> None:
        """Have a program of this name there, before all others."""
        place = self.path(f"/usr/local/sbin/{name}")
        place.write_text(program)
        place.chmod(0o755)

    def systemctl(self) -> list[str]:
        """What systemctl was asked to do."""
        log = self.path("/run/systemctl.log")
        return log.read_text().splitlines() if log.exists() else []

    def files(self, *places: str) -> dict[str, tuple[int, str, bytes]]:
        """Mode, kind and content of everything below these places."""
        found: dict[str, tuple[int, str, bytes]] = {}
        for place in places:
            for path in [self.path(place), *self.path(place).rglob("*")]:
                if path.exists():
                    mode = path.lstat().st_mode
                    content = path.read_bytes() if stat.S_ISREG(mode) else b""
                    name = "/" + str(path.relative_to(self.path("/")))
                    found[name] = (stat.S_IMODE(mode), "file" if stat.S_ISREG(mode) else "other", content)
        return found

    def wipe(self) -> None:
        """As if nothing had ever been applied."""
        places = ["etc/kubernetes", "var/lib/kubelet", "var/lib/etcd", "var/lib/kgen"]
        units = "usr/lib/systemd/system/kubelet.service"
        self.run("sh", "-c", f"cd / && umount -q {' '.join(places)} ; rm -rf {' '.join(places)} {units} {units}.d")
        for log in ("/run/systemctl.log",):
            self.path(log).unlink(missing_ok=True)
        self.path("/run/kubelet-state").write_text("inactive\n")

    def end(self) -> None:
        """Everything in it ends with its first process."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 9)
        self.process.wait()


@dataclass(slots=True)
class Lab:
    """Machines on one network, and somebody who may log in to them."""

    directory: Path
    process: subprocess.Popen[bytes]
    machines: dict[str, Machine] = field(default_factory=dict)

    @property
    def ssh_config(self) -> Path:
        """The user's ssh configuration."""
        return self.directory / "ssh_config"

    def inside(self, *command: str) -> list[str]:
        """A command in the machines' network, with this machine's files."""
        return ["nsenter", "-t", str(self.process.pid), "-n", "--", *command]

    def start(self, name: str, address: str) -> Machine:
        """Another machine, once it answers."""
        directory = self.directory / name
        (directory / "bin").mkdir(parents=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / "host_key"], check=True)
        shutil.copy(self.directory / "id.pub", directory / "authorized_keys")
        for tool, text in (("systemctl", SYSTEMCTL), ("kubelet", KUBELET)):
            (directory / "bin" / tool).write_text(text)
            (directory / "bin" / tool).chmod(0o755)
        subprocess.run(self.inside("ip", "address", "add", f"{address}/32", "dev", "lo"), check=True)
        new = ["unshare", "-m", "-p", "-u", "-i", "--fork", "--kill-child", "--propagation", "private"]
        command = self.inside(*new, "sh", str(HERE / "machine.sh"), str(directory), name, address)
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        pid = self._wait(process, directory, address)
        machine = Machine(name, address, directory, process, pid)
        self.trust(machine)
        socket_path = machine.path("/run/containerd")
        socket_path.mkdir()
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"{socket_path}/containerd.sock")
        machine.path("/run/kubelet-state").write_text("inactive\n")
        self.machines[name] = machine
        return machine

    def trust(self, machine: Machine) -> None:
        """Have its host key in known_hosts."""
        key = (machine.directory / "host_key.pub").read_text()
        with (self.directory / "known_hosts").open("a") as file:
            file.write(f"{machine.address} {key}")

    def _wait(self, process: subprocess.Popen[bytes], directory: Path, address: str) -> int:
        for _ in range(400):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            child = children.read_text().split() if children.exists() else []
            if child and Path(f"/proc/{child[0]}/root/run/ready").exists() and self._answers(address):
                return int(child[0])
            if process.poll() is not None:
                break
            time.sleep(0.025)
        raise AssertionError((directory / "log").read_text())

    def _answers(self, address: str) -> bool:
        ask = self.inside("bash", "-c", f"exec 3<>/dev/tcp/{address}/22")
        return subprocess.run(ask, check=False, capture_output=True).returncode == 0

    def apply(self, tree: Path, *arguments: str, env: Mapping[str, str] = {}, stdin: str = "") -> Done:
        """kgen-apply, run by somebody on the machines' network."""
        return self.kgen_apply(str(tree), *arguments, env=env, stdin=stdin)

    def kgen_apply(self, *arguments: str, env: Mapping[str, str] = {}, stdin: str = "") -> Done:
        """The same, with all arguments but for ssh's configuration."""
        done = subprocess.run(
            self.command(*arguments),
            env={**os.environ, "PYTHONPATH": str(Path(kgen_apply.__file__).parents[1]), **env},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def command(self, *arguments: str) -> list[str]:
        """The command line of that."""
        return self.inside(sys.executable, "-m", "kgen_apply", *arguments, "--ssh-config", str(self.ssh_config))


@contextlib.contextmanager
def lab(directory: Path) -> Iterator[Lab]:
    """A network without machines; ends with everything that is started in it."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / "id"], check=True)
    (directory / "known_hosts").touch()
    (directory / "ssh_config").write_text(
        f"Host *\n  User root\n  IdentityFile {directory}/id\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {directory}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
    )
    process = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], start_new_session=True)
    own = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{process.pid}/ns/net").readlink() == own:
        time.sleep(0.01)
    made = Lab(directory, process)
    try:
        subprocess.run(made.inside("ip", "link", "set", "lo", "up"), check=True)
        subprocess.run(made.inside("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"), check=True)
        yield made
    finally:
        for machine in made.machines.values():
            machine.end()
        process.kill()
        process.wait()


def report(done: Done) -> Any:
    """The JSON document of a run with --output json."""
    return json.loads(done.out)
