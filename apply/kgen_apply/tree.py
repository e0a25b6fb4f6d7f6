# SPDX-License-Identifier: Apache-2.0
"""Reads a rendered tree: kgen.json, and every file that it names, each with the SHA-256 that it names.

Nothing but the index is trusted to say what is in a tree, and the index is not trusted to name places outside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgen_apply.errors import TreeError

INDEX = "kgen.json"
_LARGEST = 8 << 20
_LARGEST_INDEX = 64 << 20
_OWNER = re.compile(r"[a-z_][a-z0-9_-]{0,31}:[a-z_][a-z0-9_-]{0,31}")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_FORMS = {
    "mode": re.compile(r"0[0-7]{3}"),
    "owner": _OWNER,
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "verb": re.compile(r"create|patch"),
    "role": re.compile(r"init|control-plane|worker"),
}
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|us|µs|μs|ns|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
TIMEOUTS = {"controlPlaneComponentHealthCheck": 240.0, "kubeletHealthCheck": 240.0, "kubernetesAPICall": 60.0}
"""kubeadm's own, in seconds, for an index that does not give them (kubeadm app/constants/constants.go)."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster, as the index lists it."""

    name: str
    role: str
    address: str
    user: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A file for one node."""

    path: str
    node: str
    target: str
    mode: int
    owner: str
    phase: str
    sensitive: bool
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Object:
    """An object for the API server."""

    path: str
    api_version: str
    kind: str
    namespace: str
    name: str
    phase: str
    verb: str
    sensitive: bool
    sha256: str
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True, slots=True)
class Tree:
    """A rendered cluster. Objects are in the order in which they are to be posted."""

    source: Path
    version: str
    cluster_name: str
    nodes: tuple[Node, ...]
    files: tuple[File, ...]
    objects: tuple[Object, ...]
    timeouts: Mapping[str, float]
    index_sha256: str

    @property
    def minor(self) -> int:
        """The minor of its Kubernetes version."""
        return int(self.version.split(".")[1])

    def of(self, node: str) -> tuple[File, ...]:
        """The files of a node, in the order of kubeadm's phases."""
        return tuple(file for file in self.files if file.node == node)

    def find(self, path: str) -> File | None:
        """The file at this place of the tree."""
        return next((file for file in self.files if file.path == path), None)


def load(source: Path) -> Tree:
    """The tree in a directory, or in a .tar, .tar.gz or .tgz; TreeError says what is wrong with it."""
    try:
        contents = _directory(source) if source.is_dir() else _archive(source)
    except OSError as error:
        raise TreeError(f"cannot read {error.filename or source}: {error.strerror or error}") from None
    try:
        return _parse(source, contents)
    except ValueError as error:
        raise TreeError(f"{source}: {INDEX}: {error}") from None


def verify(tree: Tree) -> None:
    """TreeError if the tree on disk is no longer the one that was loaded: what is applied is what was planned."""
    now = load(tree.source)
    if now.index_sha256 != tree.index_sha256:
        raise TreeError(f"{tree.source} has changed since it was planned; run it again to see what it is now")


class _Contents:
    """Contents by path; from a directory read when asked for, from an archive all there."""

    def __init__(self, source: Path, held: Mapping[str, bytes] | None = None) -> None:
        self._source, self._held = source, held

    def __getitem__(self, path: str) -> bytes:
        if self._held is not None:
            if path not in self._held:
                raise TreeError(f"{self._source}: {path} is missing")
            return self._held[path]
        return _read(self._source, path)


def _directory(source: Path) -> _Contents:
    if not (source / INDEX).exists():
        raise TreeError(f"{source} has no {INDEX}; it is not a tree that kgen rendered")
    return _Contents(source)


def _read(root: Path, path: str) -> bytes:
    """A plain file below root; no step of its path may be a link, so that nothing outside is ever read."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *steps, name = path.split("/")
        for step in steps:
            below = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here), "rb") as file:  # noqa: PTH123 (opened below a descriptor)
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise TreeError(f"{root}: {path} is not a file")
            content = file.read(_LARGEST_INDEX + 1)
    except FileNotFoundError:
        raise TreeError(f"{root}: {path} is missing") from None
    except OSError as error:
        raise TreeError(f"{root}: {path} cannot be read: {error.strerror}; links are not followed") from None
    finally:
        os.close(here)
    return _bounded(root, path, content)


def _archive(source: Path) -> _Contents:
    held: dict[str, bytes] = {}
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                path = member.name.removeprefix("./")
                if member.isdir() and (path in ("", ".") or not _fault(path.rstrip("/"))):
                    continue
                if why := "is not a plain file" if not member.isreg() else _fault(path):
                    raise TreeError(f"{source}: the archive's member {member.name!r} {why}; nothing of it is used")
                if path in held:
                    raise TreeError(f"{source}: the archive has {path!r} twice; nothing of it is used")
                if member.size > _LARGEST_INDEX:
                    raise TreeError(f"{source}: {path} is too large")
                reader = archive.extractfile(member)
                held[path] = _bounded(source, path, reader.read() if reader else b"")
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise TreeError(f"{source} is neither a directory nor a tar archive that can be read ({error})") from None
    if INDEX not in held:
        raise TreeError(f"{source} has no {INDEX}; it is not a tree that kgen rendered")
    return _Contents(source, held)


def _bounded(source: Path, path: str, content: bytes) -> bytes:
    if len(content) > (_LARGEST_INDEX if path == INDEX else _LARGEST):
        raise TreeError(f"{source}: {path} is too large")
    return content


def _fault(path: str) -> str:
    """Why this cannot be the place of a file in a tree; empty if it can."""
    if not path.isprintable() or "\\" in path:
        return "has a backslash or a character that cannot be printed in its name"
    if path.startswith("/"):
        return "is absolute"
    return "has an empty, . or .. step" if any(step in ("", ".", "..") for step in path.split("/")) else ""


def _parse(source: Path, contents: _Contents) -> Tree:
    raw = contents[INDEX]
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(data, dict) or (data.get("apiVersion"), data.get("kind")) != ("kgen/v1", "Tree"):
        raise ValueError("is not the index of a kgen/v1 Tree")
    version = _text(data, "kubernetesVersion")
    if not re.fullmatch(r"v1\.\d+\.\d+.*", version):
        raise ValueError(f"kubernetesVersion {version!r} is not a version")
    nodes = tuple(map(_node, _list(data, "nodes")))
    names = {node.name for node in nodes}
    tree = Tree(
        source=source,
        version=version,
        cluster_name=_text(data, "clusterName"),
        nodes=nodes,
        files=tuple(_file(item, names, contents, source) for item in _list(data, "files")),
        objects=tuple(_object(item, contents, source) for item in _list(data, "objects")),
        timeouts={**TIMEOUTS, **{name: _duration(text) for name, text in data.get("timeouts", {}).items()}},
        index_sha256=hashlib.sha256(raw).hexdigest(),
    )
    targets = [(file.node, file.target) for file in tree.files]
    if len(set(targets)) != len(targets) or len(names) != len(nodes):
        raise ValueError("names a node, or a place on a node, twice")
    return tree


def _node(data: Any) -> Node:
    name, address = _text(data, "name"), _text(data, "address")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a node")
    ssh = data.get("ssh", {})
    return Node(name, _text(data, "role"), address, str(ssh.get("user", "")), int(ssh.get("port", 0)))


def _file(data: Any, nodes: set[str], contents: _Contents, source: Path) -> File:
    path, target, node = _path(data), _text(data, "target"), _text(data, "node")
    if not target.startswith("/") or _fault(target[1:]):
        raise ValueError(f"the target {target!r} of {path} is not an absolute, plain path")
    if node not in nodes:
        raise ValueError(f"{path} is for the node {node!r}, which is not listed")
    return File(
        path=path,
        node=node,
        target=target,
        mode=int(_text(data, "mode"), 8),
        owner=_text(data, "owner"),
        phase=_text(data, "phase"),
        sensitive=data.get("sensitive") is not False,
        sha256=_text(data, "sha256"),
        content=_content(data, contents, source),
    )


def _object(data: Any, contents: _Contents, source: Path) -> Object:
    return Object(
        path=_path(data),
        api_version=_text(data, "apiVersion"),
        kind=_text(data, "kind"),
        namespace=_text(data, "namespace"),
        name=_text(data, "name"),
        phase=_text(data, "phase"),
        verb=_text(data, "verb"),
        sensitive=data.get("sensitive") is not False or data.get("kind") == "Secret",
        sha256=_text(data, "sha256"),
        content=_content(data, contents, source),
    )


def _content(data: Any, contents: _Contents, source: Path) -> bytes:
    path = data["path"]
    content = contents[path]
    if hashlib.sha256(content).hexdigest() != data["sha256"]:
        raise TreeError(f"{source}: {path} is not what {INDEX} says (SHA-256): it was changed after it was rendered")
    return content


def _path(data: Any) -> str:
    path = _text(data, "path")
    if why := "is the index itself" if path == INDEX else _fault(path):
        raise ValueError(f"the path {path!r} {why}")
    return path


def _text(data: Any, name: str) -> str:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"an entry has no {name}")
    if name in _FORMS and not _FORMS[name].fullmatch(value):
        raise ValueError(f"{name} {value!r} is not of its form")
    return value


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    if not isinstance(value, list):
        raise ValueError(f"has no list {name}")  # noqa: TRY004 (one kind of error for all that is wrong with it)
    return value


def _duration(text: Any) -> float:
    """Seconds of a duration as Go writes and reads them: 4m0s, 1.5h, -1s."""
    if not isinstance(text, str) or not re.fullmatch(f"[-+]?(?:(?:{_DURATION.pattern})+|0)", text):
        raise ValueError(f"the timeout {text!r} is not a duration")
    return (
        0 if text.startswith("-") else sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))
    )
