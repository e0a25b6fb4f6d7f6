# SPDX-License-Identifier: Apache-2.0
"""Provenance is true: changing a field changes exactly the places that name it.

Each field of three rich configurations is changed in turn, and the trees compared place by place. What changed names
the field, itself or through what it is derived from; what names the field itself changes, for one value or another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

import kgen
from kgen.lines import lines
from kgen.phases import expand
from kgen.tree import Artifact, Sensitivity
from perturbing import (
    LEFT_OUT,
    Case,
    Change,
    Field,
    Plan,
    around,
    before,
    changed,
    differences,
    fields,
    is_in,
    named,
    names,
    names_around,
    plan,
    reached,
    text,
    unset,
    with_value,
)

pytestmark = pytest.mark.slow

PATCHES = {
    "kube-apiserver0+json.json": b'[{"op": "replace", "path": "/spec/priority", "value": 9}]',
    "kube-apiserver1.yaml": b"metadata: {annotations: {example.com/number: 'n9'}}",
    "kube-controller-manager0.yaml": b"spec: {containers: [{name: side9, image: 'example.com/side:9'}]}",
    "kube-controller-manager1.yaml": b"spec: {containers: [{name: kube-controller-manager, workingDir: /srv/9}]}",
    "kube-scheduler0.yaml": b"metadata: {annotations: {example.com/one: 'n9'}}",
    "kube-scheduler1+merge.yaml": b"metadata: {annotations: {example.com/two: 'n9'}}",
    "etcd+merge.yaml": b"spec: {terminationGracePeriodSeconds: 9}",
    "kubeletconfiguration0.yaml": b"{maxPods: 9, evictionSoft: {memory.available: 9Gi}}",
    "kubeletconfiguration1.yaml": b"evictionSoft: {nodefs.available: 9%}",
    "corednsdeployment0.yaml": b"spec: {replicas: 9}",
    "corednsdeployment1.yaml": b"spec: {template: {spec: {initContainers: [{name: first9, image: 'a/b:9'}]}}}",
    "kubeproxydaemonset.yaml": b"spec: {minReadySeconds: 9}",
}
"""Patches, each of which has other values with another number for 9."""
LOCAL = Case("local", "1.34", upload=True)
EXTERNAL = Case(
    "external",
    "1.37",
    upload=True,
    host_files=tuple(
        f"/etc/etcd/{name}{suffix}"
        for name in ("ca/ca.crt", "client/client.crt", "keys/client.key")
        for suffix in ("", "2")
    ),
)
OLDER = Case("older", "1.36")
PATCHED = Case(
    "patched",
    "1.37",
    directories={
        f"patches/{name}": {file: content.replace(b"9", b"%d" % number) for file, content in PATCHES.items()}
        for number, name in enumerate(("one", "two"), 4)
    },
)
CASES = {LOCAL: 5, EXTERNAL: 3, OLDER: 2, PATCHED: 2}
"""Each case, and how many documents it has."""

OTHERS: Mapping[str, list[Any]] = {
    "InitConfiguration.bootstrapTokens[].token": ["zyxwvu.zyxwvu9876543210"],
    "InitConfiguration.bootstrapTokens[].usages[]": [],
    "InitConfiguration.certificateKey": ["ff" * 32],
    "InitConfiguration.localAPIEndpoint.advertiseAddress": ["192.0.2.99", "fd00::99"],
    "InitConfiguration.nodeRegistration.imagePullPolicy": ["Never"],
    "InitConfiguration.patches.directory": ["patches/two"],
    "InitConfiguration.skipPhases[]": ["addon/coredns"],
    "ClusterConfiguration.certificatesDir": ["/srv/other", "/etc/etcd"],
    "ClusterConfiguration.controlPlaneEndpoint": ["other.example.com:9443"],
    "ClusterConfiguration.encryptionAlgorithm": ["ECDSA-P384"],
    "ClusterConfiguration.etcd.external.caFile": ["/etc/etcd/ca/ca.crt2", "/etc/ca.crt"],
    "ClusterConfiguration.etcd.external.certFile": ["/etc/etcd/client/client.crt2", "/etc/client.crt"],
    "ClusterConfiguration.etcd.external.keyFile": ["/etc/etcd/keys/client.key2", "/etc/client.key"],
    "ClusterConfiguration.etcd.local.extraArgs[].value": ["http://192.0.2.12:9998"],
    "ClusterConfiguration.etcd.local.imageTag": ["3.5.21-0"],
    "RenderConfiguration.host.caDirectories[]": ["/etc/pki/tls/certs"],
    "RenderConfiguration.host.hostname": ["rack-2", "cp-1"],
    "RenderConfiguration.time": ["2030-02-01T12:00:00Z"],
}
"""Other values of a field, by its pattern, where one made by rule would not do."""

TEXTS = (
    (r"([0-9]+[hms])+", "1h7m0s"),
    (r"[0-9]+", "17"),
    (r"[0-9.]+/[0-9]+", "198.51.102.0/24"),
    (r"([0-9]+\.){3}[0-9]+", "198.51.100.77"),
)
"""What a text looks like, and another one of the same kind; any other gets a 2 behind it."""

EXCEPTIONS = (
    (
        r"ClusterConfiguration\.apiServer\.extraVolumes\[1\](\.name)?",
        r"manifests/kube-apiserver\.yaml /spec/(containers/0/volumeMounts|volumes)/.*",
        "it replaces a volume of kubeadm's, which comes back",
    ),
    (
        r"ClusterConfiguration\.controllerManager\.extraEnvs\[0\](\.name)?",
        r"manifests/kube-controller-manager\.yaml /spec/containers/0/env/.*",
        "it replaces a variable of the host's, which comes back",
    ),
    (
        r"ClusterConfiguration\.apiServer\.extraArgs\[0\](\.name)?",
        r"manifests/kube-apiserver\.yaml /spec/containers/0/command/.*",
        "authorization-config does away with authorization-mode, which comes back",
    ),
    (
        r"ClusterConfiguration\.etcd\.external\.(ca|cert|key)File",
        r"manifests/kube-apiserver\.yaml /spec/(containers/0/volumeMounts|volumes)/2/.*",
        "the first volume with etcd's certificates stays as long as one of the files needs any",
    ),
    (
        r"ClusterConfiguration\.kubernetesVersion",
        r"manifests/etcd\.yaml .*",
        "kubeadm 1.36 and 1.37 have one etcd for every Kubernetes that they install",
    ),
    (
        r"KubeletConfiguration\.rotateCertificates",
        r".*",
        "kubeadm always turns it on",
    ),
    (
        r"RenderConfiguration\.kubeadm",
        r".*",
        "another kubeadm is another program",
    ),
)
"""Field and places where it is not so, and why."""

FIXED = {
    "InitConfiguration.bootstrapTokens[0].usages[1]": "groups need it",
}
"""Fields that have no other value as long as the others stay."""


def others(field: Field) -> Iterator[Any]:
    """Other values that the field could have, the last of them none; an item of a list of maps can only go."""
    if field.pattern in OTHERS:
        yield from OTHERS[field.pattern]
    elif isinstance(field.value, bool):
        yield not field.value
    elif isinstance(field.value, int | float):
        yield field.value + 1
    elif isinstance(field.value, str):
        value = field.value
        yield next((other for pattern, other in TEXTS if re.fullmatch(pattern, value)), f"{value}2")
    yield LEFT_OUT


class Findings:
    """What happens when one field is changed."""

    def __init__(self, case: Case, field: Field) -> None:
        self.field = field
        self.old = before(case)
        self.names = names(case, field)
        self.enough = self.names | names_around(case, field)
        self.faults: list[str] = []
        self.waiting = {
            (artifact.path, place)
            for artifact in self.old.tree
            for place, paths in artifact.places.items()
            if self.names & named(self.old.tree, paths) and not self._excepted(f"{artifact.path} {place}")
        }
        """Places that name the field and have not changed so far"""

    def compare(self, new: Plan, value: Any) -> None:
        """Note what differs although it does not name the field, and what names it and differs."""
        for one, other, changes in differences(self.old, new):
            if one and not other:
                self.waiting = {(path, place) for path, place in self.waiting if path != one.path}
            for change in changes:
                self._compare(new, one, other, change, value)
            if one and other and not one.path.endswith(".crt") and one.sensitivity is Sensitivity.NONE:
                self._compare_lines(new, one, other)

    def _compare_lines(self, new: Plan, one: Artifact, other: Artifact) -> None:
        """The same for lines, where each that goes makes room for one that comes."""
        gone, come = only_there(one, other), only_there(other, one)
        if len(gone) != len(come):
            return
        for (number, was), (_, now) in zip(gone.items(), come.items(), strict=True):
            places = {*was, *now}
            paths = {path for place in was for path in reached(self.old.tree, one.places[place])}
            paths |= {path for place in now for path in reached(new.tree, other.places[place])}
            if not (self._names(paths) or any(self._excepted(f"{one.path} {place}") for place in places)):
                self.faults.append(f"{self.field}: {one.path}:{number} changes and names only {sorted(paths)}")

    def _compare(self, new: Plan, one: Artifact | None, other: Artifact | None, change: Change, value: Any) -> None:
        was, now = change
        known: set[str] = set()
        if one and was is not None:
            known |= reached(self.old.tree, around(one, was))
            self.waiting = {(path, place) for path, place in self.waiting if path != one.path or not is_in(was, place)}
        if other and now is not None:
            known |= reached(new.tree, around(other, now))
        artifact = one or other
        assert artifact
        place = f"{artifact.path} {was if was is not None else now}"
        if not (self._names(known) or self._excepted(place) or self._skipped(artifact, value)):
            self.faults.append(f"{self.field}: {place} changes and names only {', '.join(sorted(known)) or 'nothing'}")

    def _names(self, known: set[str]) -> bool:
        return bool(known & self.enough) or any(path.startswith((f"{self.field}.", f"{self.field}[")) for path in known)

    def _excepted(self, place: str) -> bool:
        return any(re.fullmatch(of, str(self.field)) and re.fullmatch(at, place) for of, at, _ in EXCEPTIONS)

    def _skipped(self, artifact: Artifact, value: Any) -> bool:
        """Whether the phase of an artifact says that skipping it, or not any more, makes the difference."""
        if self.field.pattern != "InitConfiguration.skipPhases[]":
            return False
        return artifact.phase in expand([self.field.value, *([value] if isinstance(value, str) else [])])


def only_there(one: Artifact, other: Artifact) -> Mapping[int, tuple[str, ...]]:
    """The lines of one text that the other has nowhere, and their places.

    Left out are signatures, which are never the same, and keys alone, which only tell whether something is below them.
    """
    known = lines(one.content, one.places)
    elsewhere = set(other.content.decode().split("\n"))
    return {
        number: known.get(number, ())
        for number, line in enumerate(one.content.decode().split("\n"), 1)
        if line not in elsewhere and not re.search(r"certificate-authority-data|:( \{\})?$", line)
    }


def perturb(case: Case, field: Field) -> list[str]:
    """What is wrong with the provenance of one field."""
    found = Findings(case, field)
    tried = 0
    for value in others(field):
        try:
            new = changed(case, field, value)
        except kgen.ConfigurationError as error:
            if value is LEFT_OUT:
                continue
            return [f"{field}: {value} is refused: {error}"]
        found.compare(new, value)
        tried += 1
        if not found.waiting:
            break
    if not tried and str(field) not in FIXED:
        return [f"{field}: there is no other value for it"]
    stays = (
        [] if not tried else [f"{field}: {path} {place} names it and stays" for path, place in sorted(found.waiting)]
    )
    return found.faults + stays


@pytest.mark.parametrize(
    ("case", "number"),
    [pytest.param(case, n, id=f"{case.name}{n}") for case, count in CASES.items() for n in range(count)],
)
def test_change(case: Case, number: int) -> None:
    """A field of one document changes: exactly what names it does, too."""
    assert len(before(case).cluster.documents) == CASES[case]
    kind = list(before(case).cluster.documents)[number]
    faults = [fault for field in fields(case, kind) for fault in perturb(case, field)]
    assert not faults, "\n".join(faults)


ANYTHING: tuple[Any, ...] = (
    *("x2", True, 17, "1h7m0s", "198.51.100.0/24", ["198.51.100.0/24"], "https://192.0.2.12:9998", "3.5.21-0", False),
    [{"name": "v", "value": "2"}],
    {"imageTag": "v2"},
    {"disabled": True},
    {"extraArgs": [{"name": "v", "value": "2"}]},
    {"extraArgs": {"v": "2"}},
    {"swapBehavior": "LimitedSwap"},
    {"maxContainerRestartPeriod": "1m7s"},
    {"caFile": "/etc/ca", "certFile": "/etc/cert", "keyFile": "/etc/key", "endpoints": ["https://192.0.2.21:2379"]},
)
"""Values, one of which a field that is not set can have."""

UNSETTABLE = ((r"older ClusterConfiguration\.dns\.disabled .*", "v1beta3 has no such field"),)
"""Case, field and place that stays whatever the field is set to, and why."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_not_set(case: Case) -> None:
    """What names a field that nobody sets changes when someone does."""
    tree = before(case).tree
    faults = []
    for path in unset(case):
        waiting = {
            (artifact.path, place)
            for artifact in tree
            for place, paths in artifact.places.items()
            if path in named(tree, paths)
        }
        for value in ANYTHING:
            if not waiting:
                break
            try:
                new = with_value(case, path, value)
            except kgen.ConfigurationError:
                continue
            for one, other, changes in differences(before(case), new):
                if one:
                    waiting = {
                        (name, place)
                        for name, place in waiting
                        if name != one.path or (other and not any(_changes(change, place) for change in changes))
                    }
        faults += [f"{path} {name} {place} names it and stays" for name, place in sorted(waiting)]
    faults = [
        each
        for each in faults
        if not any(re.fullmatch(f"{pattern} names it.*", f"{case.name} {each}") for pattern, _ in UNSETTABLE)
    ]
    assert not faults, "\n".join(faults)


def _changes(change: Change, place: str) -> bool:
    """Whether a place changes, or what is in it."""
    return any(each is not None and is_in(each, place) for each in change)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_position(case: Case) -> None:
    """An origin says exactly where in the file a field was given."""
    plan = before(case)
    found = 0
    for document in plan.cluster.documents.values():
        for field in fields(case, document.kind):
            origin = plan.tree.origins.get(str(field))
            if origin and origin.source != "--kubeadm":  # which a case is always given, and which goes before the field
                mark = document.key_mark(field.path)
                assert mark
                assert (origin.source, origin.line, origin.column) == (case.source, mark.line, mark.column)
                found += 1
    assert found > 5


@pytest.mark.parametrize("file", PATCHES)
def test_patch(file: str) -> None:
    """What a patch changed, and nothing else, names its file."""
    directories = {"patches/one": {**PATCHED.directories["patches/one"], file: PATCHES[file]}}
    old, new = before(PATCHED), plan(replace(PATCHED, directories=directories), text(PATCHED))
    path = f"patch:{file}"
    wanted = {
        (artifact.path, place) for artifact in old.tree for place, paths in artifact.places.items() if paths == (path,)
    }
    seen = {(one.path, was) for one, _, changes in differences(old, new) if one for was, _ in changes}
    assert seen == wanted
    origin = old.tree.origins[path]
    assert (origin.kind, origin.source, origin.inputs) == (
        "patch",
        f"patches/one/{file}",
        ("InitConfiguration.patches.directory",),
    )


def test_every_path_has_an_origin() -> None:
    """What places name is explained, and so is all that it is derived from."""
    for case in CASES:
        tree = before(case).tree
        paths = {path for artifact in tree for paths in artifact.places.values() for path in paths}
        paths |= {path for origin in tree.origins.values() for path in origin.inputs}
        assert paths <= tree.origins.keys()
        assert {tree.origins[path].kind for path in tree.origins.keys() - paths} <= {"user"}
