# SPDX-License-Identifier: Apache-2.0
"""One render from files to a written tree: the order in which `kgen render` does things."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kgen.cli import linting, world
from kgen.errors import UsageError
from kgen.keys import ThreadedKeys
from kgen.paths import KUBERNETES

if TYPE_CHECKING:
    from kgen import secrets as secret
    from kgen.cluster import Cluster
    from kgen.config.flags import Flags
    from kgen.material import Material
    from kgen.secrets import Secrets
    from kgen.sinks.earlier import Earlier
    from kgen.sinks.interface import Change

MOST_KEYS = 16
"""Private keys of a cluster with a local etcd"""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    files: Sequence[str]
    output: str
    flags: Flags
    cert_dir: str | None
    rootfs: str | None
    only: Sequence[str]
    kubeadm: str | None
    strict: bool
    lint: Sequence[str]
    force: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    cluster: Cluster
    secrets: Secrets
    changes: Sequence[Change]


def render(request: Request, stdout: BinaryIO) -> Result:
    """Read, decide, write. Raises a KgenError before anything is written, or while nothing is yet in place."""
    texts = world.sources(request.files)
    if request.rootfs and not Path(request.rootfs).is_dir():
        raise UsageError(f"--rootfs: {request.rootfs} is not a directory")
    with ThreadedKeys() as keys:
        algorithm = world.likely_algorithm(texts)
        if algorithm.value.startswith("RSA") and not Path(request.output).exists():
            keys.start(algorithm, MOST_KEYS)
        return _render(request, texts, keys, stdout)


def _render(request: Request, texts: world.Sources, keys: ThreadedKeys, stdout: BinaryIO) -> Result:
    from kgen import planning  # noqa: PLC0415 (slow imports, while the keys are made)
    from kgen.config.load import load  # noqa: PLC0415
    from kgen.sinks.choose import sink_for  # noqa: PLC0415
    from kgen.sinks.interface import changes, refuse_losses  # noqa: PLC0415

    cluster = load(
        texts,
        flags=request.flags,
        kubeadm=request.kubeadm,
        strict=request.strict,
        read_directory=lambda path: world.directory(_below(request.rootfs, path)),
        only=request.only,
        lint=linting.choice(request.lint),
    )
    sink = sink_for(request.output, stdout, world.source_date_epoch())
    earlier = sink.read()
    secrets = planning.gather(
        cluster,
        _materials(request, cluster, earlier),
        keys=keys,
        start=cluster.time or world.now(),
        random=os.urandom,
        earlier=_earlier_secrets(earlier),
        host_files=_host_files(request, cluster),
    )
    tree = planning.plan(cluster, secrets)
    if request.only and earlier:
        tree = planning.merged(tree, earlier, request.only)
    found = changes(tree, earlier, planning.reissued(secrets))
    if not request.force:
        refuse_losses(found)
    if not request.dry_run:
        sink.write(tree, earlier)
    return Result(cluster, secrets, found)


def _below(rootfs: str | None, path: str) -> str:
    """A host's path on this machine: an absolute one lies below --rootfs, if that is given."""
    return str(Path(rootfs) / path.lstrip("/")) if rootfs and path.startswith("/") else path


def _materials(request: Request, cluster: Cluster, earlier: Earlier | None) -> list[Material]:
    """What may be reused: the user's directory before the earlier tree."""
    from kgen.material import Material  # noqa: PLC0415

    materials = []
    if request.cert_dir or request.rootfs:
        directory = _below(request.rootfs, request.cert_dir or cluster.certificates_dir)
        if request.cert_dir and not Path(directory).is_dir():
            raise UsageError(f"--cert-dir: {directory} is not a directory")
        kubeconfigs = _below(request.rootfs, KUBERNETES) if request.rootfs else directory
        files = _given_files(cluster, Path(directory), Path(kubeconfigs))
        materials.append(Material(files, "given", directory, kubeconfigs))
    if earlier:
        files = {path.removeprefix("pki/"): content for path, content in earlier.contents.items()}
        materials.append(Material(files, "earlier", f"{request.output.rstrip('/')}/pki", request.output))
    return materials


def _given_files(cluster: Cluster, directory: Path, kubeconfigs: Path) -> dict[str, bytes]:
    from kgen import planning  # noqa: PLC0415

    places = {}
    for name in planning.material_names(cluster):
        places[name] = (kubeconfigs if name.endswith(".conf") else directory) / name
    return world.files(places)


def _host_files(request: Request, cluster: Cluster) -> dict[str, bytes]:
    """The files of an external etcd, which lie on the host."""
    if not request.rootfs or cluster.external_etcd is None:
        return {}
    paths = [cluster.external_etcd.get(field, "") for field in ("caFile", "certFile", "keyFile")]
    return world.files({path: Path(_below(request.rootfs, path)) for path in paths if path})


def _earlier_secrets(earlier: Earlier | None) -> secret.Earlier:
    from kgen import secrets as secret  # noqa: PLC0415

    contents = earlier.contents if earlier else {}
    tokens = {path: content for path, content in contents.items() if path.startswith("cluster/bootstrap-token-")}
    return secret.Earlier(tokens, contents.get("cluster/kubeadm-certs.yaml"))
