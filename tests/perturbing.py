# SPDX-License-Identifier: Apache-2.0
"""Changes one field of a configuration and finds out where two trees differ, place by place."""

from __future__ import annotations

import base64
import copy
import difflib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import kgen
from helpers import DATA, CannedKeys, decode
from kgen.config.origins import NOT_SET
from kgen.errors import Path as Steps
from kgen.errors import format_path
from kgen.provenance import escape
from kgen.secrets import Secrets
from kgen.testing import FIXED_TIME
from kgen.tree import Artifact, Tree

LEFT_OUT = object()
"""The field is taken out of the configuration."""

API_VERSIONS = {
    "InitConfiguration": "kubeadm.k8s.io/v1beta4",
    "ClusterConfiguration": "kubeadm.k8s.io/v1beta4",
    "KubeletConfiguration": "kubelet.config.k8s.io/v1beta1",
    "KubeProxyConfiguration": "kubeproxy.config.k8s.io/v1alpha1",
    "RenderConfiguration": "kgen/v1",
}

Change = tuple[str | None, str | None]
"""A place before and after; None where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A configuration in tests/data/provenance, and what is given with it."""

    name: str
    kubeadm: str
    upload: bool = False
    directories: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    """Directories of patches"""
    host_files: tuple[str, ...] = ()
    """Paths on the host; each file holds its own path."""

    @property
    def source(self) -> str:
        """The name of its file"""
        return f"{self.name}.yaml"


@dataclass(frozen=True, slots=True)
class Plan:
    """A tree, and what it was made from."""

    cluster: kgen.Cluster
    secrets: Secrets
    tree: Tree


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the user's, or an item of a list of maps."""

    kind: str
    path: Steps
    value: Any

    def __str__(self) -> str:
        return f"{self.kind}.{format_path(self.path)}"

    @property
    def pattern(self) -> str:
        """As str(), with `[]` for any index."""
        return f"{self.kind}.{format_path(tuple('[]' if isinstance(s, int) else s for s in self.path))}".replace(
            ".[]", "[]"
        )


@cache
def before(case: Case) -> Plan:
    """The plan of the case as it is."""
    return plan(case, text(case))


def text(case: Case) -> bytes:
    """The configuration of a case."""
    return (DATA / "provenance" / case.source).read_bytes()


def plan(case: Case, text: bytes) -> Plan:
    """The plan for a configuration, with all that is random held still."""
    cluster = kgen.load(
        [(case.source, text)],
        kubeadm=case.kubeadm,
        flags=kgen.Flags(upload_certs=case.upload),
        read_directory=case.directories.__getitem__,
    )
    secrets = kgen.gather(
        cluster,
        keys=CannedKeys(),
        start=cluster.time or FIXED_TIME,
        random=_counting(),
        host_files={path: path.encode() for path in case.host_files},
    )
    return Plan(cluster, secrets, kgen.plan(cluster, secrets))


def _counting() -> Callable[[int], bytes]:
    """The first so many bytes that are drawn are all 1, the next as many all 2, …"""
    drawn: Counter[int] = Counter()

    def random(count: int) -> bytes:
        drawn[count] += 1
        return bytes([drawn[count]]) * count

    return random


def fields(case: Case, kind: str) -> list[Field]:
    """Every value in one document of a case, and every item of a list."""
    value = before(case).cluster.documents[kind].value
    return [field for field in _fields(kind, value, ()) if field.path not in (("apiVersion",), ("kind",))]


def _fields(kind: str, value: Any, path: Steps) -> Iterator[Field]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        if not isinstance(item, dict | list) or isinstance(step, int):
            yield Field(kind, (*path, step), item)
        yield from _fields(kind, item, (*path, step))


def changed(case: Case, field: Field, value: Any) -> Plan:
    """The plan after this field got another value."""
    documents = {kind: copy.deepcopy(each.value) for kind, each in before(case).cluster.documents.items()}
    holder: Any = documents[field.kind]
    for step in field.path[:-1]:
        holder = holder[step]
    if value is LEFT_OUT:
        del holder[field.path[-1]]
    else:
        holder[field.path[-1]] = value
    return plan(case, "\n---\n".join(map(json.dumps, documents.values())).encode())


def unset(case: Case) -> list[str]:
    """The paths that the tree names and nobody sets."""
    return [path for path, origin in before(case).tree.origins.items() if origin.why == NOT_SET]


def with_value(case: Case, path: str, value: Any) -> Plan:
    """The plan after a field that is not set got a value; `extraArgs[v]` is an argument of this name."""
    documents = {kind: copy.deepcopy(each.value) for kind, each in before(case).cluster.documents.items()}
    kind, _, rest = path.partition(".")
    holder: Any = documents.setdefault(kind, {"apiVersion": API_VERSIONS[kind], "kind": kind})
    *above, last = re.findall(r"[^.\[\]]+", rest)
    for step, after in itertools.pairwise([*above, last]):
        if isinstance(holder, list):
            holder = holder[int(step)]
        else:
            as_list = step.endswith("Args") and documents[kind]["apiVersion"] != "kubeadm.k8s.io/v1beta3"
            holder = holder.setdefault(step, [] if as_list or after.isdecimal() else {})
    if isinstance(holder, list):
        holder.append({"name": last, "value": value})
    else:
        holder[last] = value
    return plan(case, "\n---\n".join(map(json.dumps, documents.values())).encode())


def names(case: Case, field: Field) -> set[str]:
    """The paths that come from where the field stands in the text, or from within it."""
    document = before(case).cluster.documents[field.kind]
    inside = [field.path, *(each.path for each in _fields(field.kind, field.value, field.path))]
    marks = {(mark.line, mark.column) for path in inside if (mark := document.key_mark(path))}
    return {str(field)} | _given_at(case, marks)


def names_around(case: Case, field: Field) -> set[str]:
    """The paths of what the field is in: who names a list as a whole depends on each of its items."""
    document = before(case).cluster.documents[field.kind]
    outer = [field.path[:length] for length in range(1, len(field.path))]
    marks = {(mark.line, mark.column) for path in outer if (mark := document.key_mark(path))}
    return {str(Field(field.kind, path, None)) for path in outer} | _given_at(case, marks)


def _given_at(case: Case, marks: Container[tuple[int, int]]) -> set[str]:
    return {path for path, origin in before(case).tree.origins.items() if (origin.line, origin.column) in marks}


def reached(tree: Tree, paths: Iterable[str], through: Callable[[str], bool] = lambda _: True) -> set[str]:
    """These paths and what they are derived from, as far as the derivation is of a kind to go through."""
    found: set[str] = set()
    waiting = set(paths)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.update(tree.origins[path].inputs if through(path) else ())
    return found


def named(tree: Tree, paths: Iterable[str]) -> set[str]:
    """What these paths are without kgen's own names for what several values make together."""
    return reached(tree, paths, lambda path: path.startswith("derived."))


def around(artifact: Artifact, place: str) -> set[str]:
    """All paths that a place depends on: by itself, and by what it is in."""
    found: set[str] = set()
    for other, paths in artifact.places.items():
        if is_in(place, other):
            found.update(paths)
    return found


def is_in(place: str, other: str) -> bool:
    """Whether a place is another, or in it."""
    return place == other or (place.startswith((f"{other}/", f"{other}#")) and (other == "" or other[0] == "/"))


def differences(old: Plan, new: Plan) -> Iterator[tuple[Artifact | None, Artifact | None, list[Change]]]:
    """What differs between two trees: for artifacts that belong together, the places."""
    for one, other in _pairs(old.tree, new.tree):
        if one is None or other is None:
            yield one, other, [("path", None)] if one else [(None, "path")]
            continue
        found: list[Change] = [
            (name, name)
            for name in ("path", "target", "mode", "owner")
            if getattr(one, name, 0) != getattr(other, name, 0)
        ]
        if one.content != other.content:
            found += _differ(content(old, one), content(new, other), "", "")
        if found:
            yield one, other, found


def _pairs(old: Tree, new: Tree) -> Iterator[tuple[Artifact | None, Artifact | None]]:
    """Artifacts of the same path; those left over of the same topic, in their order."""
    left, right = {each.path: each for each in old}, {each.path: each for each in new}
    for path in left.keys() & right.keys():
        yield left.pop(path), right.pop(path)
    for one in left.values():
        partner = next((path for path, each in right.items() if each.topic == one.topic), None)
        yield one, right.pop(partner) if partner else None
    for other in right.values():
        yield None, other


@dataclass(frozen=True, slots=True)
class Inside:
    """A document, or the lines of another text, in a text."""

    value: Any


def content(plan: Plan, artifact: Artifact) -> Any:
    """The content as maps and lists whose places are those that `places` speaks of; secrets decoded."""
    if artifact.content.startswith(b"-----BEGIN CERT"):
        return _certificate(artifact.content)
    text = artifact.content.decode()
    if artifact.path.endswith((".key", ".pub", ".service", "10-kubeadm.conf")):
        return text
    if artifact.path.endswith(".env"):
        name, _, value = text.partition("=")
        return {name: json.loads(value).split(" ")}
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    if artifact.path == "cluster/kubeadm-certs.yaml" and plan.secrets.upload:
        document["data"] = {
            name: _opened(box, plan.secrets.upload.certificate_key) for name, box in document["data"].items()
        }
    return _expanded(document)


def _opened(box: str | None, key: str) -> list[Any]:
    raw = base64.b64decode(box or "")
    return [key, _meaning(AESGCM(bytes.fromhex(key)).decrypt(raw[:12], raw[12:], None)) if raw else ""]


def _expanded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _expanded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    if isinstance(value, str) and value.startswith("LS0tLS1CRUdJTi"):
        return _meaning(base64.b64decode(value))
    if isinstance(value, str) and "\n" in value:
        try:
            document = yaml.load(value, Loader=yaml.CSafeLoader)
        except yaml.YAMLError:
            document = None
        return Inside(_expanded(document) if isinstance(document, dict) else value.splitlines())
    return value


def _meaning(pem: bytes) -> str:
    return json.dumps(_certificate(pem)) if b"CERTIFICATE" in pem else pem.decode()


def _certificate(pem: bytes) -> dict[str, Any]:
    found = decode(pem)
    return {
        "subject": {"commonName": found.common_name, "organizationName": list(found.organizations)},
        "subjectAltName": {"dns": dict.fromkeys(found.dns_names), "ip": dict.fromkeys(found.ip_addresses)},
        "validity": {"notBefore": str(found.not_before), "notAfter": str(found.not_after)},
        "subjectPublicKeyInfo": found.key,
        "usages": list(found.usages),
    }


def _differ(old: Any, new: Any, was: str, now: str) -> list[Change]:
    if old == new and type(old) is type(new):
        return []
    if isinstance(old, Inside) and isinstance(new, Inside):
        return _differ(old.value, new.value, f"{was}#", f"{now}#")
    pairs: list[tuple[Any, Any, str, str]] = []
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [
            (old.get(key, LEFT_OUT), new.get(key, LEFT_OUT), f"{was}/{escape(key)}", f"{now}/{escape(key)}")
            for key in {**old, **new}
        ]
    elif isinstance(old, list) and isinstance(new, list):
        for i, j in _aligned(old, new):
            pairs.append(
                (LEFT_OUT if i is None else old[i], LEFT_OUT if j is None else new[j], f"{was}/{i}", f"{now}/{j}")
            )
    elif LEFT_OUT in (old, new) or isinstance(old, dict | list | Inside) or isinstance(new, dict | list | Inside):
        gone: list[Change] = [(place, None) for place in _leaves(old, was)]
        return gone + [(None, place) for place in _leaves(new, now)]
    else:
        return [(was, now)]
    return [change for pair in pairs for change in _differ(*pair)]


def _leaves(value: Any, place: str) -> Iterator[str]:
    if value is LEFT_OUT:
        return
    if isinstance(value, Inside):
        yield from _leaves(value.value, f"{place}#")
    elif isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{place}/{escape(key)}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{place}/{index}")
    else:
        yield place


def _aligned(old: list[Any], new: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Which items of two lists belong together: what is equal, then what has the same name, then what is left."""
    gone, come = list(range(len(old))), list(range(len(new)))
    for key in (repr, _name, lambda _: ""):
        left, right = [key(old[i]) for i in gone], [key(new[j]) for j in come]
        blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        pairs = [(gone[block.a + n], come[block.b + n]) for block in blocks for n in range(block.size)]
        yield from pairs
        gone = [i for i in gone if i not in {i for i, _ in pairs}]
        come = [j for j in come if j not in {j for _, j in pairs}]
    yield from ((i, None) for i in gone)
    yield from ((None, j) for j in come)


def _name(item: Any) -> str:
    """What an item is known by: the name of a flag, the name of a map."""
    if isinstance(item, dict):
        return str(item.get("name"))
    return str(item).partition("=")[0]
