# SPDX-License-Identifier: Apache-2.0
"""A POSIX shell on a machine: the user's own OpenSSH runs `sh` there, as root or through sudo, and reads from us.

Each request is one compound command on the shell's standard input, so the shell runs it only when all of it has
arrived: a connection that is cut while something is sent changes nothing. Secrets travel on standard input alone, never
in an argument. The shell stays for the whole run; what it holds, it lets go of when the connection ends.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from kgen_apply.errors import HostError
from kgen_apply.hosts import Host

_ENTER = "exec sh -c 'if [ \"$(id -u)\" = 0 ]; then exec sh; else exec sudo -n sh; fi'"
"""One line in single quotes: the login shell that reads it may be csh or fish."""
_OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "15",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "4",
    "StrictHostKeyChecking": "yes",
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "RemoteCommand": "none",
}
_HINTS = {
    "REMOTE HOST IDENTIFICATION HAS CHANGED": "its host key is not the one in known_hosts: it may be another machine. "
    "Find out why before anything else; if the machine was set up anew, ssh-keygen -R {address}",
    "Host key verification failed": "its host key is not known; connect once with ssh {destination} and compare it",
    "Permission denied": "it does not let you in; try ssh {destination}",
    "a password is required": "sudo asks for a password there; give {user} NOPASSWD for sh, or connect as root",
    "sudo: not found": "the user is not root there, and there is no sudo",
    "may not run sudo": "sudo does not let the user run sh there",
    "not allowed to execute": "sudo does not let the user run sh there",
    "not in the sudoers": "sudo does not let the user run sh there",
    "Connection timed out": "it does not answer",
    "Connection refused": "nothing listens on its SSH port",
    "Could not resolve hostname": "its name is not known; give --host {name}=ADDRESS",
}

_Lines = queue.SimpleQueue[bytes | None]
"""Lines of a stream, and None at its end."""


def command(host: Host, config: Path | None) -> list[str]:
    """The program that opens a shell on this host."""
    if host.local:
        return ["sh", "-c", _ENTER]
    options = [part for name, value in _OPTIONS.items() for part in ("-o", f"{name}={value}")]
    place = [*(["-F", str(config)] if config else []), *(["-p", str(host.port)] if host.port else [])]
    return ["ssh", "-T", *place, *options, "--", host.destination, _ENTER]


class Session:
    """A shell on one host; use it as a context manager. Not for several threads at once."""

    def __init__(self, host: Host, config: Path | None = None) -> None:
        self.host = host
        self._argv = command(host, config)
        self._output: _Lines = queue.SimpleQueue()
        self._errors: _Lines = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=40)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Session:
        try:
            self._process = subprocess.Popen(  # noqa: S603 (a list; addresses are checked in hosts)
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for us: we end a step in order, ssh would cut it
            )
        except OSError as error:
            raise HostError(f"{self.host.name}: cannot run {self._argv[0]}: {error.strerror}") from None
        for stream, lines in ((self._process.stdout, self._output), (self._process.stderr, self._errors)):
            threading.Thread(target=_pump, args=(stream, lines), daemon=True).start()
        try:
            self.run(":", timeout=60)
        except HostError:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the shell; what it is doing, it finishes."""
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.terminate()

    def run(self, script: str, *, timeout: float = 120, subshell: bool = True) -> str:
        """Run a script there and return what it printed; HostError if it fails, or if there is no answer in time.

        subshell: without one, what the script opens stays open in the shell itself.
        """
        token = secrets.token_hex(8)
        body = f"( set -eu\n{script}\n) </dev/null" if subshell else f"{{ {script}\n}} </dev/null"
        end = f"code=$?\nprintf '\\n%s end\\n' {token} >&2\nprintf '\\n%s end %s\\n' {token} $code\n"
        self._send(f"{{\nprintf '%s begin\\n' {token}\n{body}\n{end}}}\n")
        output, code = self._answer(token, timeout)
        self._listen(f"{token} end", timeout)
        if code:
            raise HostError(f"{self.host.name}: {self._reason() or f'a step failed there (exit code {code})'}")
        self._said.clear()
        return output

    def _send(self, text: str) -> None:
        try:
            if self._process and self._process.stdin:
                self._process.stdin.write(text.encode())
                self._process.stdin.flush()
        except OSError:
            raise self._lost() from None

    def _answer(self, token: str, timeout: float) -> tuple[str, int]:
        begin, end = f"{token} begin".encode(), f"{token} end ".encode()
        lines: list[bytes] | None = None
        while True:
            try:
                line = self._output.get(timeout=timeout)
            except queue.Empty:
                raise HostError(
                    f"{self.host.name}: no answer in {timeout:g} s; the step may still be running there"
                ) from None
            if line is None:
                raise self._lost()
            if line.strip() == begin:
                lines = []
            elif lines is not None and line.startswith(end):
                return b"".join(lines).decode(errors="replace").removesuffix("\n"), int(line.split()[-1])
            elif lines is not None:
                lines.append(line)

    def _listen(self, end: str | None, timeout: float) -> None:
        """Take in what was said on standard error, up to this line or the end of the connection."""
        with contextlib.suppress(queue.Empty):
            while (line := self._errors.get(timeout=timeout)) is not None:
                text = line.decode(errors="replace").strip()
                if text == end:
                    return
                self._said.append(text)

    def _lost(self) -> HostError:
        self._listen(None, 2)
        place = {name: getattr(self.host, name) for name in ("name", "address", "destination")}
        place["user"] = self.host.user or "the user"
        text = "\n".join(self._said)
        for sign, hint in _HINTS.items():
            if sign in text:
                return HostError(f"{self.host.name}: {hint.format(**place)}")
        reason = self._reason() or "no reason given"
        return HostError(f"{self.host.name}: the connection to {self.host.destination} ended: {reason}")

    def _reason(self) -> str:
        return "; ".join([line for line in self._said if line][-6:])


def _pump(stream: IO[bytes], lines: _Lines) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


@contextlib.contextmanager
def opened(hosts: Sequence[Host], config: Path | None) -> Iterator[dict[str, Session]]:
    """Shells on all these hosts, opened at once; HostError names every host that cannot be reached."""
    from kgen_apply.parallel import each  # noqa: PLC0415 (it names this module's error)

    sessions = {host.name: Session(host, config) for host in hosts}
    try:
        each(list(sessions.values()), Session.__enter__)
        yield sessions
    finally:
        for session in sessions.values():
            session.close()
