# SPDX-License-Identifier: Apache-2.0
"""The origin of every path that places name: a line of the user's, a flag, a default, a derivation, a patch. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kgen.cluster import TIME, Cluster
from kgen.config import origins
from kgen.errors import format_path
from kgen.provenance import Derivation
from kgen.tree import Artifact, Origin

_KUBEADM, _VERSION = "RenderConfiguration.kubeadm", "ClusterConfiguration.kubernetesVersion"

_OPEN: Mapping[str, Origin] = {
    "InitConfiguration.certificateKey": Origin("derived", why="random, made when rendered"),
    "RenderConfiguration.host.caDirectories": Origin("default", why="those of Debian 12 with ca-certificates"),
    "RenderConfiguration.host.groups": Origin("default", why="those that are free on Debian 12"),
    "RenderConfiguration.host.hostname": Origin("default", why="the name of the node"),
    _KUBEADM: Origin("default", why="the newest"),
    "RenderConfiguration.host.users": Origin("default", why="those that are free on Debian 12"),
    TIME: Origin("default", why="the moment of rendering"),
}
"""What is taken where the configuration leaves a field open and config/origins.py cannot tell."""


def attribute(
    cluster: Cluster, artifacts: Iterable[Artifact], derivations: Mapping[str, Derivation]
) -> Mapping[str, Origin]:
    """The origins of what the places of these artifacts name, of what that is derived from, and of what was given.

    Sorted by path. Of what was given it is each value, also one that nothing depends on.
    """
    found = origins.origins(cluster)
    known = origins.by_name(found)
    named = _named(artifacts, lambda path: _origin(path, cluster, known, derivations))
    holders = {(kind, path[:-1]) for kind, path in found}
    given = origins.by_name(
        {place: each for place, each in found.items() if place not in holders and _is_given(place, each)}
    )
    return dict(sorted({**{path: _of_configuration(each) for path, each in given.items()}, **named}.items()))


def needed(artifacts: Iterable[Artifact], known: Mapping[str, Origin]) -> Mapping[str, Origin]:
    """Those of the known origins that the places of these artifacts name, and what these are derived from."""
    return _named(artifacts, known.get)


def _named(artifacts: Iterable[Artifact], origin: Callable[[str], Origin | None]) -> Mapping[str, Origin]:
    found: dict[str, Origin] = {}
    waiting = {path for artifact in artifacts for paths in artifact.places.values() for path in paths}
    while waiting:
        path = waiting.pop()
        if path not in found and (its := origin(path)):
            found[path] = its
            waiting.update(its.inputs)
    return dict(sorted(found.items()))


def _is_given(place: origins.Place, origin: origins.Origin) -> bool:
    return origin.kind in ("user", "flag") and place[1] not in (("apiVersion",), ("kind",))


def _origin(
    path: str, cluster: Cluster, known: Mapping[str, origins.Origin], derivations: Mapping[str, Derivation]
) -> Origin:
    if path.startswith("release."):
        return Origin("release", f"kubeadm {cluster.release.kubeadm}", inputs=(_chooser(cluster, known),))
    if path == _KUBEADM and cluster.kubeadm:
        return Origin("flag", "--kubeadm")
    if path.startswith("patch:"):
        directory = cluster.init["patches"]["directory"].rstrip("/")
        source = f"{directory}/{path.removeprefix('patch:')}"
        return Origin("patch", source, inputs=("InitConfiguration.patches.directory",))
    if path in derivations:
        return Origin("derived", why=derivations[path].why, inputs=derivations[path].inputs)
    if path in known:
        return _of_configuration(known[path])
    open_ = (origin for name, origin in _OPEN.items() if _is_in(path, name))
    return next(open_, Origin("default", why=origins.NOT_SET))


def _chooser(cluster: Cluster, known: Mapping[str, origins.Origin]) -> str:
    """What chose the kubeadm (config/structure.py release_for)."""
    by_version = not cluster.kubeadm and _KUBEADM not in known and (_VERSION in known and bool(known[_VERSION].source))
    return _VERSION if by_version else _KUBEADM


def _is_in(path: str, name: str) -> bool:
    return path == name or path.startswith((f"{name}.", f"{name}["))


def _of_configuration(origin: origins.Origin) -> Origin:
    line, column = (origin.mark.line, origin.mark.column) if origin.mark else (0, 0)
    inputs = tuple(f"{kind}.{format_path(path)}" for kind, path in origin.inputs)
    return Origin(origin.kind, origin.source, line, column, origin.why, inputs)
