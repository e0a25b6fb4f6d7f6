# SPDX-License-Identifier: Apache-2.0
"""Do editors understand the schemas? Asks yaml-language-server, which most editors use for YAML.

    npm install --prefix /tmp/yls yaml-language-server
    python tools/editor/check.py /tmp/yls/node_modules/.bin/yaml-language-server

Opens a file of three documents in three ways: a comment in each document names the schema of its kind,
a comment in each names the combined schema, and the editor's settings name the combined schema for the
file. Each time it hovers, asks for completions and looks at what is marked as wrong. Prints a line for
each question and exits 1 if an answer is not the one expected. Needs Node, no network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

DOCUMENTS = {
    "kubeadm.k8s.io/v1beta4/InitConfiguration": "localAPIEndpoint:\n  bindPort: 6443\n  \n\n",
    "kubeadm.k8s.io/v1beta4/ClusterConfiguration": (
        "networking:\n  podSubnets: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\nencryptionAlgorithm: \n"
    ),
    "kubeproxy.config.k8s.io/v1alpha1/KubeProxyConfiguration": "conntrack:\n  \nmode: 5\n",
}
HOVERS = {"bindPort": "the port on which", "serviceSubnet": "addresses that services get", "conntrack": "connections"}
COMPLETIONS = {  # what stands before the cursor: an item, and how the text that it inserts begins
    "6443\n  ": ("advertiseAddress", "advertiseAddress: "),
    "6443\n  \n": ("nodeRegistration", "nodeRegistration:\n  imagePullPolicy: ${1:IfNotPresent}"),
    "encryptionAlgorithm: ": ("ECDSA-P256", "ECDSA-P256"),
    "conntrack:\n  ": ("maxPerCore", "maxPerCore: "),
}
WRONG = {"podSubnets": "Property podSubnets is not allowed", "5": "Incorrect type"}
COMBINED = "1.37/kubeadm.json"
SECONDS = 20


class Server:
    """A running language server, asked one thing after another."""

    def __init__(self, program: str, **yaml: Any) -> None:
        """Start the program; `yaml` are the editor's settings for YAML."""
        self._process = subprocess.Popen([program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._stdin, self._stdout = _open(self._process.stdin), _open(self._process.stdout)
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

    def request(self, method: str, params: Any) -> Any:
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
        """Open a file; returns what the server finds wrong in it."""
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        for _ in self._messages():
            if uri in self.diagnostics:
                return self.diagnostics[uri]
        raise RuntimeError("the server has ended")

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._stdin.flush()

    def _messages(self) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            length = 0
            while line := self._stdout.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            if not length:
                return
            message = json.loads(self._stdout.read(length))
            if "method" in message and "id" in message:
                sections = [item["section"] for item in (message.get("params") or {}).get("items", [])]
                self._send({"id": message["id"], "result": [self._settings.get(section, {}) for section in sections]})
            if message.get("method") == "textDocument/publishDiagnostics":
                self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
            yield message


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("the server has no such stream")
    return pipe


def position(text: str, needle: str, end: bool) -> dict[str, int]:
    """The line and column at the beginning or end of a needle in the text."""
    before = text[: text.index(needle) + len(needle) * end]
    return {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}


def file(modelines: dict[str, str]) -> str:
    """The three documents, each with the comment that names its schema, if there is one."""
    documents = []
    for name, body in DOCUMENTS.items():
        version, _, kind = name.rpartition("/")
        comment = f"# yaml-language-server: $schema=schemas/{modelines[name]}\n" if name in modelines else ""
        documents.append(f"{comment}apiVersion: {version}\nkind: {kind}\n{body}")
    return "---\n".join(documents)


def answers(server: Server, uri: str, text: str) -> Iterator[tuple[str, bool, Any]]:
    """Each question, whether its answer is right, and the answer."""
    wrong = server.opened(uri, text)
    places = {needle: position(text, f"{needle}\n" if needle == "5" else needle, False) for needle in WRONG}
    for needle, message in WRONG.items():
        found = [each["message"] for each in wrong if each["range"]["start"] == places[needle]]
        yield f"marks {needle}", len(found) == 1 and message in found[0], found
    others = [each["message"] for each in wrong if each["range"]["start"] not in places.values()]
    yield "marks nothing else", not others, others
    for needle, words in HOVERS.items():
        place = {"textDocument": {"uri": uri}, "position": position(text, needle, False)}
        hover = server.request("textDocument/hover", place)
        yield f"explains {needle}", bool(hover) and words in hover["contents"]["value"].lower(), hover
    for needle, item in COMPLETIONS.items():
        place = {"textDocument": {"uri": uri}, "position": position(text, needle, True)}
        items = server.request("textDocument/completion", place)["items"]
        proposed = {each["label"]: each["insertText"] for each in items}
        yield f"completes {needle!r} to {item[0]}", proposed.get(item[0], "").startswith(item[1]), proposed


def main() -> int:
    """Ask everything in all three ways; returns the exit code."""
    parser = argparse.ArgumentParser(description="Do editors understand the schemas?")
    parser.add_argument("server", help="the program yaml-language-server")
    program = parser.parse_args().server
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        schemas = Path(directory, "schemas")
        subprocess.run([sys.executable, "-m", "kgen", "schema", "--all", schemas], check=True)
        each = {name: f"1.37/{name}.json" for name in DOCUMENTS}
        ways: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
            "a comment a document": (each, {}),
            "a comment a document, combined": (dict.fromkeys(DOCUMENTS, COMBINED), {}),
            "settings, combined": ({}, {"schemas": {(schemas / COMBINED).as_uri(): ["*.yaml"]}}),
        }
        for way, (modelines, settings) in ways.items():
            server = Server(program, **settings)
            for question, right, answer in answers(server, Path(directory, "a.yaml").as_uri(), file(modelines)):
                failed += not right
                print(f"{way}: {question}" + ("" if right else f": NO, but {answer}"))
            server.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
