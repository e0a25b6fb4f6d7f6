# SPDX-License-Identifier: Apache-2.0
"""Trees for tests of phases, and what tests look up in them."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import kgen
from cli.running import CLUSTER, INIT
from helpers import CannedKeys, read_yaml
from kgen.tree import Object, Tree

START = datetime(2030, 1, 1, tzinfo=UTC)


def plan(
    cluster: str = "",
    init: str = "",
    *,
    node: str = "cp-1",
    address: str = "192.0.2.10",
    host: str = "",
    documents: str = "",
    version: str = "v1.37.2",
    kubeadm: str | None = None,
    upload: bool = False,
    materials: tuple[kgen.Material, ...] = (),
    host_files: Mapping[str, bytes] | None = None,
) -> Tree:
    """The tree of a small cluster: `cluster` and `init` are more fields of the documents, `host` of the host."""
    text = INIT.replace("cp-1", node).replace("192.0.2.10", f"'{address}'") + init
    text += CLUSTER.replace("v1.37.2", version) + cluster + documents
    if host:
        text += f"\n---\napiVersion: kgen/v1\nkind: RenderConfiguration\nhost: {host}\n"
    resolved = kgen.load([("config.yaml", text.encode())], kubeadm=kubeadm, flags=kgen.Flags(upload_certs=upload))
    number = itertools.count(1)
    secrets = kgen.gather(
        resolved,
        materials,
        keys=CannedKeys(),
        start=START,
        random=lambda count: bytes(next(number) % 251 for _ in range(count)),
        host_files=host_files,
    )
    return kgen.plan(resolved, secrets)


def document(tree: Tree, path: str) -> Any:
    """The YAML at a place in the tree."""
    return read_yaml(tree[path].content)


def container(tree: Tree, component: str) -> Any:
    """The container of a static pod."""
    return document(tree, f"manifests/{component}.yaml")["spec"]["containers"][0]


def flags(tree: Tree, component: str) -> dict[str, str]:
    """The flags of a static pod's program; of one that is repeated, the last."""
    pairs = (argument.removeprefix("--").split("=", 1) for argument in container(tree, component)["command"][1:])
    return dict(pairs)  # type: ignore[arg-type]


def mounts(tree: Tree, component: str) -> dict[str, str]:
    """Name -> path on the host of what is mounted into a static pod."""
    volumes = document(tree, f"manifests/{component}.yaml")["spec"]["volumes"]
    return {volume["name"]: volume["hostPath"]["path"] for volume in volumes}


def secret(tree: Tree, path: str) -> dict[str, str]:
    """The data of a Secret, decoded."""
    data = document(tree, path)["data"]
    return {name: base64.b64decode(value).decode() for name, value in data.items()}


def objects(tree: Tree, phase: str) -> list[Object]:
    """The objects of a phase, in their order."""
    return [each for each in tree.objects if each.phase == phase]
