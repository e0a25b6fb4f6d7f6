# SPDX-License-Identifier: Apache-2.0
"""Configurations of older kubeadm versions as v1beta4 ones, in one step, with what gets lost on the way.

Documents that are of v1beta4 or of a component are taken over to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kgen import gyaml, releases
from kgen.config import legacy, schema, structure, validate
from kgen.config.convert import CURRENT, OLDER
from kgen.config.documents import Document
from kgen.config.legacy import Legacy
from kgen.config.limits import MAX_PROBLEMS
from kgen.config.lints import CODE
from kgen.config.nodes import Node, located, places
from kgen.config.reading import Document as ReadDocument
from kgen.config.reading import Reading, in_order, placed, read
from kgen.config.rewrite import rewrite
from kgen.config.scalars import parse_duration
from kgen.errors import ConfigurationError, Path, Place, Problem
from kgen.releases import Release

_SEPARATOR = "---\n"
_RESULT = "<migrated>"
_CLUSTER, _INIT, _JOIN = "ClusterConfiguration", "InitConfiguration", "JoinConfiguration"
_LAYOUT_LOST = ("layout-lost", "its layout")
_HEALTH = ("timeouts", "controlPlaneComponentHealthCheck")
_DEFAULT = parse_duration("4m")


@dataclass(frozen=True, slots=True)
class Migrated:
    """A configuration in v1beta4."""

    text: str
    problems: tuple[Problem, ...]
    """Warnings: what is not carried over, at its place in the old text, in the order of that text."""


@dataclass(slots=True)
class _Migration:
    """The documents on their way, by kind and in the order of the text."""

    release: Release
    documents: Mapping[str, Document]
    converted: dict[str, Legacy] = field(default_factory=dict)
    """Those that change."""
    notes: dict[str, Problem] = field(default_factory=dict)
    """Comments and layouts that get lost, and documents as a whole, by kind."""

    def problems(self) -> Iterable[Problem]:
        """What is not carried over, each with its place."""
        for kind, changed in self.converted.items():
            for problem in changed.problems:
                yield placed(replace(problem, key=True), self.documents[kind], problem.path)
        yield from self.notes.values()

    def text(self) -> str:
        """The new configuration."""
        text = ""
        for kind, document in self.documents.items():
            if kind in self.converted:
                text = _separated(text, self._rewritten(kind, document), document.separator)
            elif not _has_no_successor(document):
                own = document.text if document.text.endswith("\n") else f"{document.text}\n"
                text = _separated(text, own, document.separator)
        for kind, new in self.converted.items():
            if kind not in self.documents:
                text = _separated(text, gyaml.dump(new.root.plain()))
        return text

    def _rewritten(self, kind: str, document: Document) -> str:
        changed = self.converted[kind]
        done = rewrite(document, changed.root, [problem.path for problem in changed.problems])
        if done.anew:
            code, what = (
                ("comments-lost", "its comments and its layout") if done.lost else ("layout-lost", "its layout")
            )
            note = Problem(code, f"the document is written anew, without {what}", kind=kind, level="warning")
            self.notes[kind] = placed(note, document, ())
        elif done.lost:
            first, *others = (Place(document.source, comment.mark(document.line)) for comment in done.lost)
            what = "this comment is" if not others else f"this comment and {len(others)} more of this document are"
            note = Problem("comments-lost", f"{what} not carried over", kind=kind, level="warning")
            self.notes[kind] = replace(note.at(document.source, first.mark), others=tuple(others[:MAX_PROBLEMS]))
        else:
            self.notes.pop(kind, None)
        return done.text


def _separated(before: str, text: str, separator: str = "") -> str:
    """A document behind the others, after the separator that it had if there is a comment on that."""
    if "#" in separator and (before or not text.startswith("---")):
        return f"{before}{separator}\n{text}"
    return before + text if not before or text.startswith("---") else before + _SEPARATOR + text


def migrate(sources: Sequence[tuple[str, bytes]], kubeadm: str | None = None) -> Migrated:
    """Configurations of v1alpha3 to v1beta3 as one of v1beta4 that `kubeadm`, a minor, takes.

    Sources are (name for messages, content). Without `kubeadm` it is that of the Kubernetes version, or the newest.
    What cannot be carried over is left out with a warning. Raises ConfigurationError, with the places in the old
    text, for what cannot be read and for what would be wrong in v1beta4 as well.
    """
    reading = read(sources, strict=True)
    for document in list(reading.found.values()):
        _check_old(document, reading)
    if reading.failed:
        raise ConfigurationError(in_order(reading.problems), sources)
    scratch = Reading(strict=True, found=dict(reading.found))  # an old Kubernetes version is no error here
    migration = _Migration(structure.release_for(scratch, kubeadm), reading.found)  # type: ignore[arg-type]
    for kind, document in migration.documents.items():
        _convert(migration, kind, document)
    _move_timeout(migration)
    text, wrong = _checked(migration)
    cluster = migration.converted.get(_CLUSTER)
    if cluster and any(problem.code == "kubernetes-version" for problem in wrong):
        _replace_version(cluster, migration.release)
        text, wrong = _checked(migration)
    problems = in_order([*reading.problems, *migration.problems(), *wrong])
    if wrong:
        raise ConfigurationError(problems, sources)
    return Migrated(text.replace("\n", _line_end(sources)), problems)


def _line_end(sources: Sequence[tuple[str, bytes]]) -> str:
    """How most lines of the old files end."""
    windows = sum(text.count(b"\r\n") for _, text in sources)
    return "\r\n" if 2 * windows > sum(text.count(b"\n") for _, text in sources) else "\n"


def _check_old(document: ReadDocument, reading: Reading) -> None:
    """Is an old document what its version allows? Of the structure, only what a kubeadm that kgen knows still reads."""
    if document.api_version not in OLDER:
        return
    if document.kind not in legacy.KINDS:
        what = f"there is no {document.api_version} {document.kind}"
        reading.add(Problem("unknown-kind", what, f"one of {', '.join(legacy.KINDS)}", document.kind, ("kind",)))
        return
    for minor in reversed(releases.minors()):
        if (document.api_version, document.kind) in schema.kinds(minor):
            reading.add_all(schema.check(document, minor))  # type: ignore[arg-type]
            return


def _convert(migration: _Migration, kind: str, document: Document) -> None:
    if _has_no_successor(document):
        what = "there is no ClusterStatus any more; kubeadm reads the addresses from the API servers' pods"
        migration.notes[kind] = placed(Problem("not-carried-over", what, kind=kind, level="warning"), document, ())
    elif document.api_version in OLDER:
        migration.converted[kind] = legacy.convert(kind, document.api_version, document.value, migration.release)


def _has_no_successor(document: Document) -> bool:
    return document.kind == "ClusterStatus" and document.api_version in OLDER


def _move_timeout(migration: _Migration) -> None:
    """kubeadm gives the old timeout to the init and join documents beside it (apis/kubeadm/v1beta4/conversion.go).

    A timeout that a v1beta4 one has itself gives way to it.
    """
    cluster = migration.converted.get(_CLUSTER)
    timeout = cluster.timeout if cluster else None
    if timeout is None or (given := _duration(timeout.value)) == 0:
        return
    kinds = {_INIT, *({_JOIN} & migration.documents.keys())}
    for kind in sorted(kinds):
        document = migration.documents.get(kind)
        value = document.value if document else {"apiVersion": CURRENT, "kind": kind}
        changed = migration.converted.get(kind) or Legacy(kind, located(value))
        own = changed.root.at(*_HEALTH)
        if given is not None and given == (_duration(own.value) if own else _DEFAULT):
            continue
        if own:
            what = "timeoutForControlPlane of the ClusterConfiguration takes its place"
            changed.lost(own, what, f"the result has {timeout.value}")
        changed.put(Node(timeout.value, own.old if own else None), *_HEALTH)
        migration.converted[kind] = changed


def _duration(text: object) -> int | None:
    """In nanoseconds. What is no duration at all is None, and refused in its new place."""
    try:
        return parse_duration(str(text))
    except ValueError:
        return None


def _replace_version(cluster: Legacy, release: Release) -> None:
    """A Kubernetes that old is set up by no kubeadm that reads v1beta4."""
    version = cluster.root.at("kubernetesVersion")
    if version is not None:
        what = f"kubeadm {release.minor} does not install this Kubernetes version"
        cluster.lost(version, what, f"the result has {release.kubeadm}")
        version.value = release.kubeadm


def _checked(migration: _Migration) -> tuple[str, list[Problem]]:
    """The new text, and what is wrong with it, at the places in the old texts."""
    text = migration.text()
    found = validate.check([(_RESULT, text.encode())], kubeadm=migration.release.minor)
    wrong = [problem for problem in found.problems if problem.level == "error" and not problem.code.startswith(CODE)]
    return text, [_back(problem, migration) for problem in wrong]


def _back(problem: Problem, migration: _Migration) -> Problem:
    """A problem of the new text at the place in the old one that it comes from."""
    problem = replace(problem, others=())
    cluster, changed = migration.converted.get(_CLUSTER), migration.converted.get(problem.kind)
    if problem.path == _HEALTH and cluster and cluster.timeout:
        old = cluster.timeout.old or ()
        return placed(replace(problem, kind=_CLUSTER, path=old), migration.documents[_CLUSTER], old)
    document = migration.documents.get(problem.kind)
    if document is None:
        return placed(problem, next(iter(migration.documents.values())), ())
    if changed is None:
        return placed(problem, document, problem.path)
    old_places = dict(places(changed.root))
    nearest = next((old_places[above] for above in _above(problem.path) if above in old_places), ())
    return placed(replace(problem, path=old_places.get(problem.path, problem.path)), document, nearest)


def _above(path: Path) -> Iterable[Path]:
    """The path and those above it, the nearest first."""
    return (path[:length] for length in range(len(path), -1, -1))
