# SPDX-License-Identifier: Apache-2.0
"""Throw-away hosts made of Linux namespaces: no container engine, no systemd, no trace on the machine.

A host has its own network, processes, mounts, name and cgroups; its root is the machine's with everything written
to it kept apart, so the machine's tools are there and nothing of it changes. Hosts are connected by a bridge in a
network namespace of its own, out of which nothing leads. Needs root, and a machine with cgroup v1 hierarchies.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
ROUTER = "192.0.2.1"
PATH = "/opt/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HIERARCHIES = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")
_CGROUPS = Path("/sys/fs/cgroup")

Completed = subprocess.CompletedProcess[str]


def until(what: str, probe: Callable[[], object], timeout: float, interval: float = 0.1) -> None:
    """Call the probe until it says something true; TimeoutError, naming `what`, if it does not in time."""
    end = time.monotonic() + timeout
    while not probe():
        if time.monotonic() > end:
            raise TimeoutError(f"not after {timeout:.0f} s: {what}")
        time.sleep(interval)


def run(
    argv: Sequence[str | Path],
    *,
    given: str | None = None,
    environment: Mapping[str, str] | None = None,
    check: bool = True,
    timeout: float = 300,
) -> Completed:
    """Run a program and read what it says; AssertionError with all of it if it fails, unless `check` is off."""
    done = subprocess.run(
        [str(word) for word in argv],
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"{argv} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class Host:
    """One machine of a lab. `pid` is its process 1; with that everything in it ends."""

    def __init__(self, lab: Lab, name: str, address: str) -> None:
        self.lab, self.name, self.address = lab, name, address
        self.directory = lab.directory / name
        self.pid = 0
        self._cgroups: list[Path] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    def run(self, *argv: str | Path, given: str | None = None, check: bool = True, timeout: float = 300) -> Completed:
        """Run a program in the host as its root; see run."""
        return run(self._entering(argv), given=given, environment=self.environment, check=check, timeout=timeout)

    def start(self, *argv: str, log: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a program in the host; what it says is added to `log`, on the machine. It ends with the host."""
        return self._start_process(self._entering(argv), log, {**self.environment, **(environment or {})})

    def write(self, target: str, content: str | bytes, mode: int = 0o644) -> None:
        """Write a file in the host; directories are made."""
        path = Path(f"/proc/{self.pid}/root{target}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode)
        path.chmod(mode)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, target: str) -> str:
        """The content of a file in the host."""
        return Path(f"/proc/{self.pid}/root{target}").read_text()

    @property
    def environment(self) -> dict[str, str]:
        """What a program in the host gets, and nothing of the caller's."""
        return {"PATH": PATH, "HOME": "/root", "TERM": "dumb"}

    def _entering(self, argv: Iterable[str | Path]) -> list[str]:
        # The cgroups are joined first, so that what is started is accounted with the host, and ends with it.
        join = "".join(f"echo $$ >{shlex.quote(str(group / 'cgroup.procs'))}; " for group in self._cgroups)
        enter = f'{join}cd /; exec nsenter -t {self.pid} -n -m -p -u -i -C -- "$@"'
        return ["sh", "-c", enter, "sh", *map(str, argv)]

    def boot(self) -> None:
        """Make its root and its process 1, and connect it."""
        memory = self.directory / "memory"
        for directory in (memory, self.directory / "root", self.directory / "disk"):
            directory.mkdir(parents=True)
        run(["mount", "-t", "tmpfs", "-o", "mode=755", "kgen-lab", memory])
        for directory in (memory / "upper", memory / "work"):
            directory.mkdir(mode=0o755)
        self._make_cgroups()
        join = "".join(f"echo $$ >{shlex.quote(str(group / 'cgroup.procs'))}; " for group in self._cgroups)
        namespaces = "-n -m -p -u -i -C --fork --kill-child --propagation private"
        words = shlex.join(["bash", str(HERE / "host/init.sh"), str(self.directory), self.name, ROUTER])
        outer = self._start_process(
            ["sh", "-c", f"{join}exec setpriv --pdeathsig KILL unshare {namespaces} {words}"],
            self.directory / "init.log",
            os.environ,
        )
        self._await(outer, self.directory / "pid")
        self.pid = int((self.directory / "pid").read_text())
        self._connect()
        self._await(outer, self.lab.shared / f"{self.name}.ready")

    def _start_process(self, argv: list[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _await(self, process: subprocess.Popen[bytes], sign: Path) -> None:
        def appeared() -> bool:
            if process.poll() is not None:
                raise AssertionError(f"{self.name} did not start:\n{(self.directory / 'init.log').read_text()}")
            return sign.exists()

        until(f"{sign.name} of {self.name}", appeared, 60, 0.02)

    def _make_cgroups(self) -> None:
        """A child of the caller's cgroup in every hierarchy, so that limits of the machine still hold."""
        own = {
            name: path
            for _, names, path in (line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines())
            for name in names.split(",")
        }
        found = [name for name in _HIERARCHIES if (_CGROUPS / name).is_dir() and name in own]
        if "memory" not in found:
            raise AssertionError("a lab host needs the hierarchies of cgroup v1; this machine does not mount them")
        for name in found:
            above = _CGROUPS / name / own[name].lstrip("/")
            group = above / f"kgen-lab-{self.name}-{os.getpid()}-{self.lab.number}"
            group.mkdir()
            self._cgroups.append(group)
            if name == "cpuset":
                for setting in ("cpuset.cpus", "cpuset.mems"):
                    (group / setting).write_text((above / setting).read_text())
        (self.directory / "hierarchies").write_text("".join(f"{name}\n" for name in found))

    def _connect(self) -> None:
        link = f"v-{self.name}"[:15]
        admin = self.lab.admin
        admin("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        admin("ip", "link", "set", link, "master", "br0", "up")
        inside = ["nsenter", "-t", str(self.pid), "-n", "ip"]
        for words in (
            "link set lo up",
            f"addr add {self.address}/24 dev eth0",
            "link set eth0 up",
            f"route add default via {ROUTER}",
        ):
            run([*inside, *words.split()])
        (self.directory / "connected").touch()

    def close(self) -> None:
        """End everything in it, and take away what it was made of."""
        if self.pid:
            _kill(self.pid)
        for process in self._processes:
            process.wait(timeout=30)
        memory = self.directory / "memory"

        def unmounted() -> bool:
            return not memory.is_mount() or not run(["umount", memory], check=False).returncode

        until(f"{self.name} is unmounted", unmounted, 30)
        until(f"the cgroups of {self.name} are gone", lambda: all(_remove(group) for group in self._cgroups), 30)


class Lab:
    """A network with hosts on it. Use it as a context manager; leaving it ends and removes everything."""

    _count = 0

    def __init__(self, directory: Path, programs: Iterable[Path]) -> None:
        Lab._count += 1
        self.number = Lab._count
        self.directory = directory.absolute()
        self.shared = self.directory / "lab"
        """/opt/lab of every host."""
        self.hosts: dict[str, Host] = {}
        (self.shared / "bin").mkdir(parents=True)
        for program in (*programs, HERE / "host/systemctl", HERE / "host/journalctl"):
            _place(program, self.shared / "bin" / program.name)
        self._bridge = self._make_bridge()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, **hosts: str) -> None:
        """Start hosts: name (with _ for -) = address."""
        names = {name.replace("_", "-"): address for name, address in hosts.items()}
        known = "".join(f"{address} {name}\n" for name, address in names.items())
        (self.directory / "hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n{known}")
        for name, address in names.items():
            self.hosts[name] = Host(self, name, address)
            self.hosts[name].boot()

    def admin(
        self, *argv: str | Path, given: str | None = None, check: bool = True, timeout: float = 300, **environment: str
    ) -> Completed:
        """Run a program with the network of the bridge and the files of the machine: who administers the hosts."""
        values = {**os.environ, "PATH": f"{self.shared}/bin:{os.environ['PATH']}", **environment}
        for name in ("KUBECONFIG", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
            values.pop(name, None) if name not in environment else None
        return run(
            ["nsenter", "-t", str(self._bridge.pid), "-n", "--", *argv],
            given=given,
            environment=values,
            check=check,
            timeout=timeout,
        )

    def close(self) -> None:
        """End the hosts and remove the directory."""
        for host in self.hosts.values():
            host.close()
        self._bridge.kill()
        self._bridge.wait()
        shutil.rmtree(self.directory)

    def _make_bridge(self) -> subprocess.Popen[bytes]:
        unshared = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "-n", "sh", "-c", "echo; exec sleep infinity"],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert unshared.stdout is not None
        with unshared.stdout as said:
            said.readline()
        for words in (
            "ip link set lo up",
            "ip link add br0 type bridge",
            f"ip addr add {ROUTER}/24 dev br0",
            "ip link set br0 up",
            "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0",
            # What has nowhere to go is answered at once, so that nothing in the hosts waits for a time-out.
            "ip route add unreachable default",
        ):
            run(["nsenter", "-t", str(unshared.pid), "-n", "--", *words.split()])
        return unshared


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _place(program: Path, target: Path) -> None:
    """A hard link where that is possible, for the programs are large."""
    try:
        target.hardlink_to(program)
    except OSError:
        shutil.copy2(program, target)


def _remove(group: Path) -> bool:
    """Remove a cgroup and all below it; whether it is gone (a moment after its processes are)."""
    for below in sorted(group.rglob("*"), reverse=True):
        if below.is_dir():
            _rmdir(below)
    _rmdir(group)
    return not group.exists()


def _rmdir(directory: Path) -> None:
    try:
        directory.rmdir()
    except OSError:
        return
