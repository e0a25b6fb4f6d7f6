# SPDX-License-Identifier: Apache-2.0
"""A rendered control plane without kubelet and container runtime: its static pods as plain processes.

The command lines are the manifests', word by word; the files are the tree's, at their targets, with their modes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from e2e.lab import Host


def install(host: Host, tree: Path) -> None:
    """Put the files of a rendered tree where its index says they belong."""
    for file in json.loads((tree / "kgen.json").read_text())["files"]:
        host.write(file["target"], (tree / file["path"]).read_bytes(), int(file["mode"], 8))


def start(host: Host, tree: Path) -> dict[str, Path]:
    """Start every container of the tree's static pods in the host; returns their logs by name."""
    logs = {}
    for manifest in sorted((tree / "manifests").glob("*.yaml")):
        for container in yaml.safe_load(manifest.read_text())["spec"]["containers"]:
            log = host.directory / f"{container['name']}.log"
            host.start(*_command(container), log=log, environment=_environment(container))
            logs[container["name"]] = log
    return logs


def _command(container: dict[str, Any]) -> list[str]:
    return [*container.get("command", ()), *container.get("args", ())]


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container.get("env", ()) if "value" in entry}
