# SPDX-License-Identifier: Apache-2.0
"""Do editors understand the schemas? Asks yaml-language-server, which most editors use for YAML.

    npm install --prefix /tmp/yls yaml-language-server
    python tools/editor/check.py /tmp/yls/node_modules/.bin/yaml-language-server

Opens a file of three documents, once with a modeline in each document that names its kind's schema and
once with one modeline that names the combined schema. Hovers, asks for completions and makes mistakes
in each; prints a line for each question and exits 1 if an answer is not the one expected. Needs Node;
no network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[2] / "schema"
MINOR = SCHEMAS / "1.37"
KINDS = {
    "InitConfiguration": "kubeadm.k8s.io/v1beta4",
    "ClusterConfiguration": "kubeadm.k8s.io/v1beta4",
    "KubeProxyConfiguration": "kubeproxy.config.k8s.io/v1alpha1",
}
BODIES = {
    "InitConfiguration": "nodeRegistration:\n  taints: []\nlocalAPIEndpoint:\n  bindPort: 6443\n  ",
    "ClusterConfiguration": "networking:\n  podSubnets: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\nencryptionAlgorithm: ",
    "KubeProxyConfiguration": "mode: 5\nconntrack:\n  ",
}
SECONDS = 20

Answer = Any


class Server:
    """A running language server, asked one thing after another."""

    def __init__(self, program: str, **yaml: Any) -> None:
        """Start the program; `yaml` are the editor's settings for YAML."""
        self._process = subprocess.Popen([program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._settings = {"yaml": {"schemaStore": {"enable": False}, **yaml}}
        self._number = 0
        self.diagnostics: dict[str, list[Any]] = {}
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": {}})

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()

    def notify(self, method: str, params: Any) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Answer:
        """Ask the server something; returns its answer."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        for message in self._messages():
            if message.get("id") == self._number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
        raise RuntimeError(f"{method}: the server has ended")

    def opened(self, uri: str, text: str) -> list[Any]:
        """Open a document; returns what the server finds wrong in it."""
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        for _ in self._messages():
            if uri in self.diagnostics:
                return self.diagnostics[uri]
        raise RuntimeError("the server has ended")

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _messages(self) -> Iterator[dict[str, Any]]:
        assert self._process.stdout
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            length = 0
            while line := self._process.stdout.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            if not length:
                return
            message = json.loads(self._process.stdout.read(length))
            if "method" in message and "id" in message:
                sections = [item["section"] for item in (message.get("params") or {}).get("items", [])]
                self._send({"id": message["id"], "result": [self._settings.get(section, {}) for section in sections]})
            if message.get("method") == "textDocument/publishDiagnostics":
                self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
            yield message
