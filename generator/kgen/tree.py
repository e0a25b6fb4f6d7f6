# SPDX-License-Identifier: Apache-2.0
"""The rendered cluster as a value: an ordered set of artifacts, and its index `kgen.json`.

An artifact is a file for a node or an object for the API server. It is final: nothing is rendered
later, and a sink only decides where the bytes go. The index is a public contract (schema/kgen/v1/Tree.json):
kgen apply, the site and other people's scripts read it and nothing else.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kgen.provenance import Paths, Places

INDEX = "kgen.json"
"""Name of the index file in a tree."""


class Sensitivity(enum.Enum):
    """What a reader of the content could do with it; redaction goes by this, never by file name."""

    NONE = "none"
    CREDENTIAL = "credential"
    """Holds something that identifies its bearer: a kubeconfig, a token Secret, a URL with a password."""
    PRIVATE_KEY = "private-key"
    """Is a private key."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster, as the index lists it."""

    name: str
    role: Literal["init", "control-plane", "worker"]
    address: str
    directory: str
    """Directory of its files in the tree: `.` for the init node, `nodes/<name>` for the others."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a path that `places` name comes from. Never a value."""

    kind: Literal["user", "flag", "default", "derived", "release", "patch"]
    source: str = ""
    """File, or flag with its dashes; of a release the kubeadm."""
    line: int = 0
    """Line in the file, from 1; 0 without one."""
    column: int = 0
    why: str = ""
    """How it is derived, or what a default stands for; a clause."""
    inputs: Paths = ()
    """What it is derived from, or what chose the release; each has an origin of its own."""

    def entry(self) -> dict[str, Any]:
        """As the index has it: without what there is nothing to say about."""
        said = {"source": self.source, "line": self.line, "column": self.column, "why": self.why}
        return {"kind": self.kind, **{name: value for name, value in said.items() if value}, "from": list(self.inputs)}


@dataclass(frozen=True, slots=True)
class File:
    """A file for one node."""

    path: str
    """Place in the tree, POSIX, relative: `manifests/kube-apiserver.yaml`."""
    node: str
    target: str
    """Absolute path on the node."""
    content: bytes
    mode: int
    phase: str
    """kubeadm's own phase name, e.g. `control-plane/apiserver`."""
    topic: str
    """Key of its explanation, the path of a template without its suffixes: `manifests/kube-apiserver`."""
    owner: str = "root:root"
    sensitivity: Sensitivity = Sensitivity.NONE
    places: Places = field(default_factory=dict)
    """What each place in it depends on; see Places."""


@dataclass(frozen=True, slots=True)
class Object:
    """An object for the API server. The order of objects in a tree is the order of posting."""

    path: str
    api_version: str
    kind: str
    namespace: str
    """Empty for cluster-scoped objects."""
    name: str
    verb: Literal["create", "patch"]
    content: bytes
    """YAML, the bytes that kubeadm's dry run prints."""
    phase: str
    topic: str
    sensitivity: Sensitivity = Sensitivity.NONE
    places: Places = field(default_factory=dict)
    """What each place in it depends on; see Places."""

    @property
    def mode(self) -> int:
        """Mode of the file in the tree: objects with credentials are for the owner alone."""
        return 0o644 if self.sensitivity is Sensitivity.NONE else 0o600


Artifact = File | Object


def _provenance(artifact: Artifact) -> dict[str, Any]:
    """`from`, everything that the artifact depends on, and `places`, what each place in it depends on."""
    places = {pointer: list(paths) for pointer, paths in sorted(artifact.places.items())}
    return {"from": sorted({path for paths in places.values() for path in paths}), "places": places}


def sha256(content: bytes) -> str:
    """Lower-case hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that is rendered for one cluster."""

    kubernetes_version: str
    cluster_name: str
    nodes: tuple[Node, ...]
    artifacts: tuple[Artifact, ...]
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """By path: those that the artifacts' places name, what these are derived from, and what was given."""
    timeouts: Mapping[str, str] = field(default_factory=dict)
    """The InitConfiguration's timeouts, for whoever waits for this cluster."""

    def __iter__(self) -> Iterator[Artifact]:
        return iter(self.artifacts)

    @property
    def files(self) -> tuple[File, ...]:
        """The artifacts that are files of nodes, in the order of kubeadm's phases."""
        return tuple(a for a in self.artifacts if isinstance(a, File))

    @property
    def objects(self) -> tuple[Object, ...]:
        """The artifacts that are API objects, in the order in which they are to be posted."""
        return tuple(a for a in self.artifacts if isinstance(a, Object))

    def __getitem__(self, path: str) -> Artifact:
        """The artifact at this place in the tree; KeyError if there is none."""
        for artifact in self.artifacts:
            if artifact.path == path:
                return artifact
        raise KeyError(path)

    def index(self) -> bytes:
        """The content of `kgen.json`: no times, no secrets, the same bytes for the same tree."""
        return (json.dumps(self._index(), indent=2) + "\n").encode()

    def _index(self) -> dict[str, Any]:
        return {
            "apiVersion": "kgen/v1",
            "kind": "Tree",
            "kubernetesVersion": self.kubernetes_version,
            "clusterName": self.cluster_name,
            "timeouts": dict(sorted(self.timeouts.items())),
            "nodes": [
                {"name": n.name, "role": n.role, "address": n.address, "directory": n.directory} for n in self.nodes
            ],
            "files": [
                {
                    "path": f.path,
                    "node": f.node,
                    "target": f.target,
                    "mode": f"{f.mode:04o}",
                    "owner": f.owner,
                    "sensitive": f.sensitivity is not Sensitivity.NONE,
                    "sha256": sha256(f.content),
                    "phase": f.phase,
                    "topic": f.topic,
                    **_provenance(f),
                }
                for f in self.files
            ],
            "objects": [
                {
                    "path": o.path,
                    "apiVersion": o.api_version,
                    "kind": o.kind,
                    "namespace": o.namespace,
                    "name": o.name,
                    "phase": o.phase,
                    "verb": o.verb,
                    "sensitive": o.sensitivity is not Sensitivity.NONE,
                    "sha256": sha256(o.content),
                    "topic": o.topic,
                    **_provenance(o),
                }
                for o in self.objects
            ],
            "origins": {path: origin.entry() for path, origin in sorted(self.origins.items())},
        }
