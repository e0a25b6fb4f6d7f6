# SPDX-License-Identifier: Apache-2.0
"""Cluster + secrets -> Tree. Pure; and what must be known before: which credentials a cluster needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from kgen import keyring
from kgen import secrets as secret
from kgen import cluster as cluster_node
from kgen.cluster import Cluster
from kgen.errors import MaterialError, UsageError
from kgen.keys import Algorithm, KeySource
from kgen.material import Material
from kgen.needs import KeyPairSpec, Spec
from kgen.phases import PHASES, certs, kubeconfig
from kgen.phases.interface import Context
from kgen.secrets import Secrets
from kgen.tree import Artifact, Node, Tree


def phase_names(names: Iterable[str]) -> frozenset[str]:
    """These phases with all their sub-phases; UsageError for a name that kubeadm does not have."""
    known = [phase.name for phase in PHASES]
    found: set[str] = set()
    for name in names:
        wanted = name.removesuffix("/all").lower()
        matching = [phase for phase in known if phase == wanted or phase.startswith(f"{wanted}/")]
        if not matching:
            raise UsageError(f"there is no phase {name!r}; kgen phases lists them")
        found.update(matching)
    return frozenset(found)


def needs(cluster: Cluster) -> tuple[Spec, ...]:
    """Every certificate and key pair of the cluster, in kubeadm's order."""
    node = cluster.first
    return (
        *(row.spec(cluster, node) for row in certs.rows(cluster)),
        KeyPairSpec("sa", authority="ca"),
        *(row.spec(cluster, node) for row in kubeconfig.ROWS),
    )


def gather(
    cluster: Cluster,
    materials: Sequence[Material] = (),
    *,
    keys: KeySource,
    start: datetime,
    random: Callable[[int], bytes],
    earlier: secret.Earlier | None = None,
    host_files: Mapping[str, bytes] | None = None,
) -> Secrets:
    """The cluster's secrets: from the materials what fits, the rest new.

    `start` is the moment of rendering (UTC); certificates begin five minutes before it. `random` gives
    that many random bytes. `earlier` are tokens to keep. `host_files` are files of the host by absolute
    path, for what upload-certs shares of an external etcd. Raises MaterialError with everything that is
    missing or does not fit.
    """
    before = earlier or secret.Earlier()
    ring = keyring.fulfil(
        needs(cluster),
        materials,
        algorithm=Algorithm(cluster.algorithm),
        keys=keys,
        start=start,
        serials=lambda: _serial(random),
        ski=cluster.release.subject_key_identifier,
    )
    _refuse_lost_authorities(cluster, ring)
    upload = secret.upload(cluster, ring, before, start, random, host_files or {}) if cluster.upload_certs else None
    return Secrets(ring, secret.tokens(cluster, before, start, random), upload)


def _serial(random: Callable[[int], bytes]) -> int:
    """A serial number as kubeadm draws it: evenly from 1 to 2^63-2 (pkiutil NewSignedCert)."""
    while True:
        number = int.from_bytes(random(8), "big") >> 1
        if 1 <= number <= 2**63 - 2:
            return number


def _refuse_lost_authorities(cluster: Cluster, ring: keyring.Keyring) -> None:
    """A CA of a skipped phase must exist already: one made for this render alone would be lost with it."""
    phases = {row.name: f"certs/{row.phase}" for row in certs.rows(cluster)} | {"sa": "certs/sa"}
    made = {note.name for note in ring.notes if note.status == "new"}
    rendered = [row for row in certs.rows(cluster) if f"certs/{row.phase}" not in cluster.skipped]
    used = {row.authority for row in rendered if row.authority}
    if any(f"kubeconfig/{row.phase}" not in cluster.skipped for row in kubeconfig.ROWS):
        used.add("ca")
    if cluster.upload_certs and "upload-certs" not in cluster.skipped:
        used.update(phases)
    lost = sorted(name for name in used & made if phases.get(name) in cluster.skipped)
    if lost:
        files = ", ".join(f"pki/{name}.crt" if name != "sa" else "pki/sa.key" for name in lost)
        raise MaterialError(
            f"{files} would be needed, but {', '.join(phases[name] for name in lost)} is skipped and there is no earlier one; "
            "give a directory that has it with --cert-dir, or render the phase as well"
        )


def plan(cluster: Cluster, secrets: Secrets) -> Tree:
    """Everything kubeadm would write and create for this cluster, in its order."""
    artifacts: list[Artifact] = []
    for node in cluster.nodes:
        context = Context(cluster, node, secrets)
        for phase in PHASES:
            if phase.name not in cluster.skipped:
                artifacts.extend(phase.artifacts(context))
    return Tree(
        kubernetes_version=cluster.version.text,
        cluster_name=cluster.name,
        nodes=tuple(_index_entry(node) for node in cluster.nodes),
        artifacts=tuple(artifacts),
    )


def _index_entry(node: cluster_node.Node) -> Node:
    return Node(node.name, node.role, node.address, "." if node.role == "init" else f"nodes/{node.name}")


def only(names: Collection[str]) -> frozenset[str]:
    """The phases to skip when only these are to be rendered."""
    wanted = phase_names(names)
    return frozenset(phase.name for phase in PHASES) - wanted
