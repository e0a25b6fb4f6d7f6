# SPDX-License-Identifier: Apache-2.0
"""What a phase is, and the ways to make an artifact in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from kgen import gyaml, render
from kgen.cluster import Cluster, Node
from kgen.provenance import Places, Sourced
from kgen.secrets import Secrets
from kgen.tree import Artifact, File, Object, Sensitivity


@dataclass(frozen=True, slots=True)
class Context:
    """What every phase is given."""

    cluster: Cluster
    node: Node
    secrets: Secrets


def nothing(_: Context) -> Iterator[Artifact]:
    """The artifacts of a phase that writes nothing."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of `kubeadm init`, by kubeadm's own name; a sub-phase has its parent's name before a slash."""

    name: str
    summary: str
    """What it makes, a sentence; `kgen phases` prints it."""
    artifacts: Callable[[Context], Iterator[Artifact]] = nothing
    uses_api: bool = False
    """Whether it talks to the API server; the first one that does makes admin.conf's binding."""


def file(
    context: Context,
    path: str,
    target: str,
    content: bytes | str,
    *,
    phase: str,
    topic: str,
    mode: int = 0o600,
    sensitivity: Sensitivity = Sensitivity.NONE,
    places: Places = MappingProxyType({}),
) -> File:
    """A file of the context's node."""
    return File(
        path=path,
        node=context.node.name,
        target=target,
        content=content if isinstance(content, bytes) else content.encode(),
        mode=mode,
        phase=phase,
        topic=topic,
        sensitivity=sensitivity,
        places=places,
    )


def api_object(
    topic: str,
    values: Mapping[str, Any] | None = None,
    *,
    phase: str,
    path: str = "",
    verb: Literal["create", "patch"] = "create",
    sensitivity: Sensitivity = Sensitivity.NONE,
    places: Places = MappingProxyType({}),
) -> Object:
    """The API object of a template; its place in the tree is the template's, unless `path` says otherwise.

    `places` tells more about the provenance than the values do: that of documents inside.
    """
    rendered = render.sourced(topic, values or {})
    rendered = Sourced(rendered.value, {**rendered.places, **places})
    return as_object(rendered, topic, phase=phase, path=path, verb=verb, sensitivity=sensitivity)


def as_object(
    document: Sourced,
    topic: str,
    *,
    phase: str,
    path: str = "",
    verb: Literal["create", "patch"] = "create",
    sensitivity: Sensitivity = Sensitivity.NONE,
) -> Object:
    """A finished document as an API object."""
    metadata = document.value["metadata"]
    return Object(
        path=path or f"{topic}.yaml",
        api_version=document.value["apiVersion"],
        kind=document.value["kind"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        verb=verb,
        content=gyaml.dump(document.value).encode(),
        phase=phase,
        topic=topic,
        sensitivity=sensitivity,
        places=document.places,
    )
