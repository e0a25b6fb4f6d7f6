# SPDX-License-Identifier: Apache-2.0
"""A real etcd and kube-apiserver on loopback, started as a tree's manifests say, with the tree's own certificates.

Programs are those of the cache: $KGEN_CACHE/servers, built by `python -m e2e.programs.build processes`.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from conformance.build import cache


def program(pattern: str) -> Path:
    """The newest program that fits, such as kubernetes-1.37.*/kube-apiserver."""
    found = sorted((cache() / "servers").glob(pattern))
    if not found:
        raise LookupError(f"{cache()}/servers has no {pattern}; build it with python -m e2e.programs.build processes")
    return found[-1]


def free_port() -> int:
    """A port of loopback that nothing uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass(slots=True)
class Servers:
    """They can be ended and started again; what etcd holds stays."""

    tree: Path
    directory: Path
    port: int
    etcd_port: int
    etcd: subprocess.Popen[bytes] | None = None
    apiserver: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of the API server."""
        return f"https://127.0.0.1:{self.port}"

    def command(self, manifest: str, binary: Path, changes: dict[str, str]) -> list[str]:
        """The command line of a manifest, with the tree's places for the host's, and these flags changed."""
        pod = yaml.safe_load((self.tree / "manifests" / manifest).read_text())
        words = pod["spec"]["containers"][0]["command"][1:]
        flags = dict(word.partition("=")[::2] for word in words) | changes
        pki = str(self.tree / "pki")
        return [str(binary), *(f"{n}={v.replace('/etc/kubernetes/pki', pki)}" for n, v in flags.items() if v)]

    def start(self) -> None:
        """Start what does not run, and wait for nothing."""
        if self.etcd is None:
            own = f"https://127.0.0.1:{self.etcd_port}"
            changes = {
                "--listen-client-urls": own,
                "--advertise-client-urls": own,
                "--listen-peer-urls": "",
                "--initial-advertise-peer-urls": "",
                "--initial-cluster": "",
                "--listen-metrics-urls": "",
                "--data-dir": str(self.directory / "etcd"),
                "--name": "",
            }
            self.etcd = self._spawn("etcd", self.command("etcd.yaml", program("etcd-3.7.*/etcd"), changes))
        if self.apiserver is None:
            changes = {
                "--secure-port": str(self.port),
                "--bind-address": "127.0.0.1",
                "--etcd-servers": f"https://127.0.0.1:{self.etcd_port}",
            }
            binary = program("kubernetes-1.37.*/kube-apiserver")
            self.apiserver = self._spawn("kube-apiserver", self.command("kube-apiserver.yaml", binary, changes))

    def _spawn(self, name: str, words: list[str]) -> subprocess.Popen[bytes]:
        with (self.directory / f"{name}.log").open("ab") as log:
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> None:
        """Until the API server is ready."""
        import ssl

        context = ssl.create_default_context(cafile=str(self.tree / "pki/ca.crt"))
        for _ in range(600):
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(f"{self.url}/readyz", context=context, timeout=5).read() == b"ok":  # noqa: S310 (https)
                    return
            time.sleep(0.1)
        raise AssertionError((self.directory / "kube-apiserver.log").read_text()[-3000:])

    def stop_apiserver(self) -> None:
        """End it at once."""
        if self.apiserver:
            self.apiserver.kill()
            self.apiserver.wait()
            self.apiserver = None

    def stop(self) -> None:
        """End both."""
        self.stop_apiserver()
        if self.etcd:
            self.etcd.kill()
            self.etcd.wait()
            self.etcd = None


@contextlib.contextmanager
def serving(tree: Path, directory: Path) -> Iterator[Servers]:
    """Servers of this tree, ready."""
    directory.mkdir(exist_ok=True)
    directory.chmod(0o700)
    servers = Servers(tree, directory, free_port(), free_port())
    try:
        servers.start()
        servers.wait()
        yield servers
    finally:
        servers.stop()
