# SPDX-License-Identifier: Apache-2.0
"""Cluster + secrets -> Tree. Pure; and what must be known before: which credentials a cluster needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kgen import cluster as resolved
from kgen import keyring, secrecy
from kgen import secrets as secret
from kgen.attribution import attribute, needed
from kgen.cluster import Cluster
from kgen.errors import MaterialError, TargetError
from kgen.keys import Algorithm, KeySource
from kgen.material import Material
from kgen.needs import KeyPairSpec, Spec
from kgen.phases import PHASES, certs, cluster_admins, expand, kubeconfig, upload_certs
from kgen.phases.interface import Context
from kgen.provenance import deriving
from kgen.secrets import Secrets
from kgen.sinks.earlier import Earlier
from kgen.tree import Artifact, Node, Sensitivity, Tree


def needs(cluster: Cluster) -> tuple[Spec, ...]:
    """Every CA and key pair of the cluster, and the leaves that are rendered, in kubeadm's order."""
    node, skipped = cluster.first, cluster.skipped
    return (
        *(r.spec(cluster, node) for r in certs.rows(cluster) if not r.authority or f"certs/{r.phase}" not in skipped),
        KeyPairSpec("sa", authority="ca"),
        *(r.spec(cluster, node) for r in kubeconfig.ROWS if f"kubeconfig/{r.phase}" not in skipped),
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
    try:
        ring = keyring.fulfil(
            needs(cluster),
            materials,
            algorithm=Algorithm(cluster.algorithm),
            keys=keys,
            start=start,
            serials=lambda: _serial(random),
            ski=cluster.release.subject_key_identifier,
            fixed=cluster.time is not None,
        )
        tokens = secret.tokens(cluster, before, start, random)
    except OverflowError:  # the configuration may name any time
        raise MaterialError(f"rendered at {start}, certificates would reach beyond the years 1 to 9999") from None
    _refuse_lost_authorities(cluster, ring)
    upload = secret.upload(cluster, ring, before, start, random, host_files or {}) if cluster.upload_certs else None
    return Secrets(ring, tokens, upload)


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
            f"{files}: needed, not there, and not made because {', '.join(phases[name] for name in lost)} is skipped; "
            "name a directory that has it with --cert-dir, or render the phase as well"
        )


def plan(cluster: Cluster, secrets: Secrets) -> Tree:
    """Everything kubeadm would write and create for this cluster, in its order."""
    with deriving() as derivations:
        contexts = [Context(cluster, node, secrets) for node in cluster.nodes]
        artifacts = [_guarded(artifact) for context in contexts for artifact in _artifacts(context)]
    return Tree(
        kubernetes_version=cluster.version.text,
        cluster_name=cluster.name,
        nodes=tuple(_index_entry(node) for node in cluster.nodes),
        artifacts=tuple(artifacts),
        origins=attribute(cluster, artifacts, derivations),
        timeouts=cluster.init["timeouts"],
    )


def _artifacts(context: Context) -> Iterator[Artifact]:
    phases = [phase for phase in PHASES if phase.name not in context.cluster.skipped]
    idle = set() if context.cluster.upload_certs else {upload_certs.PHASE}
    first_use = next((phase for phase in phases if phase.uses_api and phase.name not in idle), None)
    for phase in phases:
        if phase is first_use:
            yield cluster_admins.binding(phase)
        yield from phase.artifacts(context)


def _guarded(artifact: Artifact) -> Artifact:
    """A URL with a user, as a proxy's may be, makes a credential of what holds it."""
    if artifact.sensitivity is Sensitivity.NONE and secrecy.has_user(artifact.content.decode(errors="replace")):
        return replace(artifact, sensitivity=Sensitivity.CREDENTIAL)
    return artifact


def _index_entry(node: resolved.Node) -> Node:
    return Node(node.name, node.role, node.address, "." if node.role == "init" else f"nodes/{node.name}")


def material_names(cluster: Cluster) -> tuple[str, ...]:
    """The files that a cluster could reuse, by their names below pki/, and of kubeconfigs."""
    names: list[str] = []
    for spec in needs(cluster):
        if isinstance(spec, KeyPairSpec):
            names += [f"{spec.name}.key", f"{spec.name}.pub"]
        elif spec.kind == "kubeconfig":
            names.append(spec.name)
        else:
            names += [f"{spec.name}.crt", f"{spec.name}.key"]
    return tuple(names)


def reissued(secrets: Secrets) -> dict[str, str]:
    """Why a file of the tree is not the earlier one, by path: for certificates that no longer fitted."""
    reasons = {}
    for note in secrets.notes:
        if note.status == "re-issued":
            paths = [note.name] if note.name.endswith(".conf") else [f"pki/{note.name}.crt", f"pki/{note.name}.key"]
            reasons.update(dict.fromkeys(paths, note.reason))
    return reasons


def merged(tree: Tree, earlier: Earlier, phases: Collection[str]) -> Tree:
    """An earlier tree with the artifacts of these phases replaced by the new ones.

    Raises TargetError if other files were edited or removed by hand.
    """
    fresh = expand(phases)
    kept = [artifact for artifact in earlier.artifacts() if artifact.phase not in fresh]
    astray = sorted((earlier.edited | earlier.missing) - {a.path for a in earlier.artifacts() if a.phase in fresh})
    if astray:
        raise TargetError(
            f"{', '.join(astray)}: edited or removed by hand, which the new index could not tell any more; "
            "render the whole tree, or only into a new place"
        )
    order = {phase.name: place for place, phase in enumerate(PHASES)}
    held = {artifact.path for artifact in kept}  # the binding of admin.conf, which comes with any use of the API
    new = [artifact for artifact in tree.artifacts if artifact.path not in held]
    artifacts = sorted([*kept, *new], key=lambda artifact: order.get(artifact.phase, len(order)))
    named = needed(artifacts, {**earlier.index.origins, **needed(tree, tree.origins)})
    origins = dict(sorted({**tree.origins, **named}.items()))
    return replace(tree, artifacts=tuple(artifacts), origins=origins)
