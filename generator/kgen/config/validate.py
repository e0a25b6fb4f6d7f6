# SPDX-License-Identifier: Apache-2.0
"""Does kubeadm take this file? The verdict of `kubeadm config validate`, with every problem instead of the first.

kubeadm looks at all documents beside an InitConfiguration or ClusterConfiguration, else at a JoinConfiguration,
ResetConfiguration and UpgradeConfiguration (app/util/config/common.go ValidateConfig). What is wrong in a document
that it does not look at, and what only `kubeadm init` and `join` refuse, is a warning here. So is what an
UpgradeConfiguration means, to the minors that have no word on it and read its fields alone, beside the first two.

Where kubeadm asks the host that it runs on, its answer is taken on trust: the host has a good name and a good address,
and a discovery file is there. `kgen render` needs these values and is stricter. kgen's own RenderConfiguration, for
which kubeadm would refuse the file, is only checked itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgen.config import convert, defaults, lints, resolve, rules, structure
from kgen.config.catalogue import RENDER
from kgen.config.reading import Document, Reading, in_order, read
from kgen.config.version import Version
from kgen.errors import Problem
from kgen.releases import Release

_HOSTNAME, _ADDRESS = "node", "192.0.2.1"  # what every host is trusted to answer

_OF_THE_FILE = frozenset(
    {"no-apiversion", "no-kind", "no-group", "repeated-kind", "unknown-kind", "unknown-version", "yaml"}
)
"""Codes of what is wrong with a file whichever documents kubeadm looks at."""

_ONLY_AT_INIT = frozenset({"bind-address", "ignore-preflight-errors", "validity"})
"""Codes of what no `config validate` refuses (cmd/init.go, cmd/join.go; what kgen refuses itself)."""

_ABOUT_RENDERING = frozenset({"version-label"})
"""Codes of what only says how kgen renders."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to say about a configuration."""

    problems: tuple[Problem, ...]
    """In the order of the text."""
    documents: tuple[Document, ...]
    """Those that could be read, by kind one."""
    release: Release
    """The kubeadm whose verdict this is."""

    @property
    def accepted(self) -> bool:
        """Whether this kubeadm takes the file; problems are warnings then."""
        return all(problem.level != "error" for problem in self.problems)


def check(
    sources: Sequence[tuple[str, bytes]],
    *,
    kubeadm: str | None = None,
    strict: bool = True,
    experimental: bool = False,
    lint: lints.Choice = lints.Choice(),  # noqa: B008 (frozen)
) -> Findings:
    """Everything that is wrong with a configuration in one or more files, each (name for messages, content).

    `kubeadm` is the minor to be, chosen as in `load` if it is missing. With `strict` off, unknown and repeated fields
    are warnings, as in `kubeadm init`; with `experimental`, API versions count that are not released yet. Raises
    nothing, whatever the content. `lint` says which lints count.
    """
    reading = read(sources, strict)
    release = structure.release_for(reading, kubeadm)
    for document in list(reading.found.values()):
        structure.check(document, release, reading, experimental)
    looked_at = _looked_at(reading, release)
    others = {kind: convert.to_current({kind: part})[kind] for kind in _OTHERS if (part := reading.sound_part(kind))}
    for kind, other in others.items():
        found = reading.unexplained(_OTHERS[kind](other))
        if kind == "UpgradeConfiguration" and not release.has("validate-upgrade-configuration"):
            found = (replace(problem, level="warning") for problem in found)
        reading.add_all(found)
    reading.problems += _overlooked(reading, looked_at, release)
    if looked_at:
        resolved = resolve.resolve(reading, release, hostname=_HOSTNAME, address=_ADDRESS)
        refused = any(_levelled(problem, looked_at).level == "error" for problem in reading.problems)
        if resolved.version and not refused:
            kubeadms = {"InitConfiguration": resolved.init, "ClusterConfiguration": resolved.configuration}
            kubeadms |= {kind: other for kind, other in others.items() if kind in looked_at}
            parts = {kind: reading.sound_part(kind) for kind in reading.found if kind in looked_at}
            given = {kind: part for kind, part in parts.items() if part is not None}
            reading.add_all(_lint(given, kubeadms, resolved.version, release, lint))
    problems = (_levelled(problem, looked_at) for problem in reading.problems if problem.code not in _ABOUT_RENDERING)
    return Findings(in_order(problems), tuple(reading.found.values()), release)


def _lint(
    given: Mapping[str, lints.Document],
    kubeadms: Mapping[str, lints.Document],
    version: Version,
    release: Release,
    lint: lints.Choice,
) -> Iterable[Problem]:
    subject = lints.of_documents(kubeadms, given, version, release)
    return lint.of(subject, convert.without_nulls(dict(given.get(RENDER[1], {}))).get("lints", {}))


def _looked_at(reading: Reading, release: Release) -> frozenset[str]:
    """Kinds of the documents that kubeadm looks at, and kgen's own."""
    if any(kind in reading.found for kind in resolve.KINDS):
        return frozenset(reading.found)
    kinds = {"JoinConfiguration", "ResetConfiguration", RENDER[1]}
    if release.has("validate-upgrade-configuration"):
        kinds.add("UpgradeConfiguration")
    return frozenset(kinds & reading.found.keys())


def _join(join: dict[str, Any]) -> Iterable[Problem]:
    defaults.join_configuration(join, _HOSTNAME, _ADDRESS)
    return rules.join(join)


def _reset(reset: dict[str, Any]) -> Iterable[Problem]:
    defaults.reset_configuration(reset)
    return rules.reset(reset)


_OTHERS: dict[str, Callable[[dict[str, Any]], Iterable[Problem]]] = {
    "JoinConfiguration": _join,
    "ResetConfiguration": _reset,
    "UpgradeConfiguration": rules.upgrade,
}
"""By kind: fills in the defaults and finds what is wrong, in a document of the current shape"""


def _overlooked(reading: Reading, looked_at: frozenset[str], release: Release) -> Iterable[Problem]:
    """That kubeadm does not look at a document, or that there is nothing to look at."""
    for kind, document in reading.found.items():
        if kind not in looked_at and reading.sound_part(kind) is not None:
            what = f"kubeadm {release.minor} config validate does not look at it in this file"
            yield Problem("not-looked-at", what, "", kind, level="warning").at(document.source, document.mark(()))
    if not reading.found and not reading.problems:
        what = "there is nothing in it that kubeadm would look at"
        yield Problem("nothing-to-look-at", what, source=reading.files, level="warning")


def _levelled(problem: Problem, looked_at: frozenset[str]) -> Problem:
    overlooked = problem.kind not in looked_at and problem.kind and problem.code not in _OF_THE_FILE
    return replace(problem, level="warning") if overlooked or problem.code in _ONLY_AT_INIT else problem
