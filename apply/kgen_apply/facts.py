# SPDX-License-Identifier: Apache-2.0
"""What a machine says about itself, asked in one request that changes nothing."""

from __future__ import annotations

import base64
import ipaddress
import re
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from kgen_apply.layout import Layout
from kgen_apply.ssh import Session

_LISTENING = "0A"
_ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at a target: kind is missing, file, link or other."""

    kind: str
    mode: int = 0
    owner: str = ""
    sha256: str = _ABSENT


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of a target: kind is missing, directory or other."""

    kind: str
    free_kib: int
    device: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of one host now."""

    uid: int
    hostname: str
    clock_offset: float
    """Seconds by which its clock is ahead of ours."""
    now: float
    cpus: int
    memory_kib: int
    swap: bool
    sysctls: Mapping[str, str]
    cgroup_v2: bool
    listening: frozenset[int]
    addresses: frozenset[str]
    commands: frozenset[str]
    kubelet: str
    """Its version, as v1.37.2; empty if there is none."""
    socket: bool
    runtime: str
    """What crictl says of the runtime; empty if it could not be asked."""
    systemd: bool
    unit: tuple[str, ...]
    """What systemctl says of the kubelet: enabled or not, active or not."""
    firewalld: bool
    pem: bool
    data_full: bool
    pending: frozenset[str]
    """What an earlier run has not restarted yet."""
    resolves: bool
    owners: Mapping[str, str]
    """The number of each `user:NAME` and `group:NAME` who is to own files; empty for one who does not exist."""
    leftovers: tuple[str, ...]
    """Directories in which a run that was ended early has left its staging."""
    directories: Mapping[str, Directory]
    files: Mapping[str, Found]


def gather(session: Session, layout: Layout) -> Facts:
    """Ask the host; HostError if it does not answer."""
    given = {
        "targets": "\n".join(file.target for file in layout.files),
        "directories": "\n".join(layout.directories),
        "dataDirectory": layout.etcd_data or "/nonexistent",
        "pem": layout.pem,
        "socket": layout.socket,
        "owners": " ".join(layout.owners()),
    }
    head = "".join(f"{name}={shlex.quote(value)}\n" for name, value in given.items())
    before = time.time()
    output = session.run("set +e\n" + head + script("facts.sh"), timeout=60)
    return parse(output, (before + time.time()) / 2)


def script(name: str) -> str:
    """One of the shell scripts beside this module."""
    return resources.files("kgen_apply").joinpath(name).read_text()


def contents(session: Session, paths: Sequence[str]) -> dict[str, bytes]:
    """What these files hold there now; of plain files only."""
    found: dict[str, bytes] = {}
    for path in paths:
        text = session.run(f"base64 <{shlex.quote(path)}")
        found[path] = base64.b64decode(text)
    return found


def parse(output: str, our_time: float) -> Facts:
    """The facts in what the script printed."""
    sections = _sections(output)

    def one(name: str) -> str:
        return "\n".join(sections.get(name, ())).strip()

    def lines(name: str) -> list[str]:
        return [line for line in sections.get(name, ()) if line.strip()]

    kind, _, memory = one("cgroup").partition(" ")
    now = float(one("now") or our_time)
    return Facts(
        uid=int(one("uid") or -1),
        hostname=one("hostname"),
        clock_offset=now - our_time,
        now=now,
        cpus=int(one("cpus") or 0),
        memory_kib=int(one("memory") or 0),
        swap=bool(one("swaps")),
        sysctls=dict((line.split(" ", 1)) for line in lines("sysctls")),
        cgroup_v2=kind == "cgroup2fs" or (kind == "tmpfs" and not memory.strip()),
        listening=frozenset(_ports(lines("listening"))),
        addresses=frozenset(_addresses(lines("addresses"), lines("addresses6"))),
        commands=frozenset(lines("commands")),
        kubelet=one("kubelet"),
        socket=one("socket") == "yes",
        runtime=one("runtime"),
        systemd=one("systemd") == "yes",
        unit=tuple(lines("unit")),
        firewalld=one("firewalld") == "active",
        pem=one("pem") == "yes",
        data_full=one("data") == "full",
        pending=frozenset(one("pending").split()),
        resolves=one("resolves") == "yes",
        owners=dict(line.split(" ", 1) for line in lines("owners")),
        leftovers=tuple(lines("leftovers")),
        directories=dict(map(_directory, lines("directories"))),
        files=dict(map(_found, lines("files"))),
    )


def _sections(output: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in output.splitlines():
        if re.fullmatch(r"@[a-z0-9]+", line):
            current = sections.setdefault(line[1:], [])
        else:
            current.append(line)
    return sections


def _directory(line: str) -> tuple[str, Directory]:
    kind, free, device, path = line.split(" ", 3)
    return path, Directory(kind, int(free or 0), device)


def _found(line: str) -> tuple[str, Found]:
    kind, mode, owner, sha256, path = line.split(" ", 4)
    return path, Found(kind, int(mode, 8), owner, sha256) if kind == "file" else Found(kind)


def _ports(lines: Sequence[str]) -> list[int]:
    """Ports something listens on, from /proc/net/tcp and tcp6."""
    rows = [line.split() for line in lines]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == _LISTENING]


def _addresses(trie: Sequence[str], inet6: Sequence[str]) -> list[str]:
    """The host's own addresses, from /proc/net/fib_trie and if_inet6."""
    own = [trie[i - 1].split()[-1] for i, line in enumerate(trie) if i and "host LOCAL" in line]
    six = [str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))) for line in inet6]
    return own + six
