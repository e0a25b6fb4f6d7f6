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
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._errors: deque[str] = deque(maxlen=40)
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
        threading.Thread(target=self._pump_output, daemon=True).start()
        self._stderr_pump = threading.Thread(target=self._pump_errors, daemon=True)
        self._stderr_pump.start()
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
        if self._process is None:
            return
        with contextlib.suppress(OSError):
            assert self._process.stdin  # noqa: S101 (it is a pipe)
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
        self._send(f"{{\nprintf '%s begin\\n' {token}\n{body}\nprintf '\\n%s end %s\\n' {token} $?\n}}\n")
        output, code = self._answer(token, timeout)
        if code:
            raise HostError(f"{self.host.name}: {self._reason() or f'a step failed there (exit code {code})'}")
        self._errors.clear()
        return output

    def _send(self, text: str) -> None:
        assert self._process and self._process.stdin  # noqa: S101 (run is called between enter and close)
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except OSError:
            raise self._lost() from None

    def _answer(self, token: str, timeout: float) -> tuple[str, int]:
        begin, end = f"{token} begin".encode(), f"{token} end ".encode()
        lines: list[bytes] | None = None
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                raise HostError(
                    f"{self.host.name}: no answer in {timeout:.0f} s; the step may still be running there"
                ) from None
            if line is None:
                raise self._lost()
            if line.strip() == begin:
                lines = []
            elif lines is not None and line.startswith(end):
                text = b"".join(lines).decode(errors="replace")
                return text.removesuffix("\n"), int(line.split()[-1])
            elif lines is not None:
                lines.append(line)

    def _lost(self) -> HostError:
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
        self._stderr_pump.join(2)
        place = {name: getattr(self.host, name) for name in ("name", "address", "destination")}
        place["user"] = self.host.user or "the user"
        text = "\n".join(self._errors)
        for sign, hint in _HINTS.items():
            if sign in text:
                return HostError(f"{self.host.name}: {hint.format(**place)}")
        return HostError(
            f"{self.host.name}: the connection to {self.host.destination} ended: {self._reason() or 'no reason given'}"
        )

    def _reason(self) -> str:
        return "; ".join(line for line in list(self._errors)[-6:] if line)

    def _pump_output(self) -> None:
        assert self._process and self._process.stdout  # noqa: S101 (started by enter)
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _pump_errors(self) -> None:
        assert self._process and self._process.stderr  # noqa: S101 (started by enter)
        for line in self._process.stderr:
            self._errors.append(line.decode(errors="replace").strip())


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
