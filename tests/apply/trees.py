# SPDX-License-Identifier: Apache-2.0
"""Rendered trees to apply, and hosts as they describe themselves."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kgen
from helpers import CannedKeys
from kgen.config.flags import Flags
from kgen_apply.facts import Directory, Facts, Found
from kgen_apply.layout import Layout
from kgen_apply.preflight import NEEDED

ADDRESS = "192.0.2.10"
CONFIG = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: {address}}}
nodeRegistration:
  name: cp-1
{init}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: {version}
encryptionAlgorithm: ECDSA-P256
{cluster}
"""


def render(
    target: Path,
    *,
    cluster: str = "",
    init: str = "",
    address: str = ADDRESS,
    version: str = "v1.37.2",
    start: datetime.datetime | None = None,
    distinct: int = 12,
    first: int = 0,
    upload_certs: bool = False,
) -> Path:
    """A tree in this directory, or over the one that is there; its keys are different ones, made once."""
    text = CONFIG.format(address=address, version=version, init=init, cluster=cluster)
    loaded = kgen.load([("cluster.yaml", text.encode())], flags=Flags(upload_certs=upload_certs))
    secrets = kgen.gather(
        loaded,
        keys=CannedKeys(distinct, first),
        start=start or datetime.datetime.now(datetime.UTC),
        random=os.urandom,
    )
    kgen.write(kgen.plan(loaded, secrets), str(target))
    return target


def change_index(tree: Path, change: Any) -> None:
    """Have `change` change the index of a tree in place."""
    index = tree / "kgen.json"
    data = json.loads(index.read_text())
    change(data)
    index.write_text(json.dumps(data, indent=2) + "\n")


def change_file(tree: Path, path: str, content: bytes) -> None:
    """Another content for a file of a tree, with an index that agrees."""
    (tree / path).write_bytes(content)

    def agree(data: dict[str, Any]) -> None:
        for entry in [*data["files"], *data["objects"]]:
            if entry["path"] == path:
                entry["sha256"] = hashlib.sha256(content).hexdigest()

    change_index(tree, agree)


def keep(tree: Path, *phases: str) -> None:
    """Leave only files of these phases in the index, and no objects."""

    def less(data: dict[str, Any]) -> None:
        data["files"] = [entry for entry in data["files"] if entry["phase"] in phases]
        data["objects"] = []

    change_index(tree, less)


def facts(layout: Layout, *, installed: bool = False, **changes: Any) -> Facts:
    """A host that is fit for these files; with `installed`, one that has them."""
    absent = Found("missing")
    there = {f.target: Found("file", f.mode, f.owner, f.sha256) if installed else absent for f in layout.files}
    fit: Mapping[str, Any] = {
        "uid": 0,
        "hostname": layout.node.name,
        "clock_offset": 0.0,
        "now": datetime.datetime.now(datetime.UTC).timestamp(),
        "cpus": 4,
        "memory_kib": 8 << 20,
        "swap": False,
        "sysctls": {"net/ipv4/ip_forward": "1"},
        "cgroup_v2": True,
        "listening": frozenset(),
        "addresses": frozenset({"127.0.0.1", layout.node.address}),
        "commands": frozenset({*NEEDED, "mount", "losetup"}),
        "kubelet": "v1.37.2",
        "socket": True,
        "runtime": "",
        "systemd": True,
        "unit": ("enabled", "active"),
        "firewalld": False,
        "pem": False,
        "data_full": False,
        "pending": frozenset(),
        "resolves": True,
        "owners": {owner: number or "999" for owner, number in layout.owners().items()},
        "leftovers": (),
        "directories": {
            path: Directory("directory" if installed else "missing", 10 << 20, "1") for path in layout.directories
        },
        "files": there,
    }
    return Facts(**{**fit, **changes})
