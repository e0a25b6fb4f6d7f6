# SPDX-License-Identifier: Apache-2.0
"""Compare a tree of kgen with a recording of kubeadm. Every exception to equality is in this file:

1. SYSTEMD: kgen writes the kubelet's units, which kubeadm's packages bring, not kubeadm.
2. FIRST: kubeadm makes the ClusterRoleBinding kubeadm:cluster-admins when it gets its first client.
   The dry run has a fake client instead (cmd/init.go, Client), so it is not recorded. kgen has it first.
3. Patches of the Node: the dry run prints the node, not the patch. Keys of labels and taints are
   compared with the lines that the mark-control-plane phase prints; they leave out the time of a
   taint. Of the patch with the CRI socket (feature gate NodeLocalCRISocket off) nothing is printed;
   only its key is compared.
4. The Secret kubeadm-certs: the dry run reads the real certificatesDir, where nothing is, so every
   value is null. kgen has values of at least the length of an empty ciphertext instead, or null for
   the files of an external etcd, which are not in a tree.
5. `expiration` of a bootstrap token: kubeadm reads the clock again when it makes the Secret, so the
   recorded time may be a little later than the start plus the token's ttl.
6. RootlessControlPlane: the dry run says what it would do and does not do it, so test_conformance.py
   leaves it out of the files; test_rootless.py compares with a real init.
7. Two bootstrap tokens of one id: kubeadm creates a Secret, fails to create it again and updates it
   (util/apiclient/idempotency.go). kgen has what that comes to, the last one in the first one's place.
"""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from conformance.normalise import (
    Authorities,
    NormalFile,
    NormalObject,
    describe_patch,
    normalise_files,
    normalise_object,
    utc,
)
from conformance.recordings import Recording, is_token, secret_data
from kgen.tree import Object, Tree

SYSTEMD = frozenset(
    {"/usr/lib/systemd/system/kubelet.service", "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"}
)
FIRST = ("create", "ClusterRoleBinding", "", "kubeadm:cluster-admins")
_LATER = timedelta(minutes=2)

_Identity = tuple[str, str, str, str]
"""Verb, kind, namespace and name of an object."""


def compare(recording: Recording, tree: Tree) -> list[str]:
    """Everything in which the first node of a tree, and its objects, differ from what kubeadm did."""
    first = next(node for node in tree.nodes if node.role == "init")
    files = {file.target: (file.content, file.mode) for file in tree.files if file.node == first.name}
    for target in SYSTEMD:
        files.pop(target, None)
    authorities = Authorities.of(files)
    objects = [normalise_object(_normal(each), authorities) for each in tree.objects]
    problems = file_differences(recording.files, normalise_files(files))
    if recording.objects:
        if objects and _identity(objects[0]) == FIRST:
            del objects[0]
        else:
            problems.append("objects: the first is not the ClusterRoleBinding kubeadm:cluster-admins")
    expected = _settled(recording.objects)
    recorded = {_identity(each): each for each in expected}
    return problems + object_differences(expected, [_excused(each, recorded) for each in objects])


def _settled(objects: Sequence[NormalObject]) -> list[NormalObject]:
    """The objects with one Secret for each id of a token."""
    last = {each.name: each.text for each in objects if is_token(each)}
    result: list[NormalObject] = []
    for each in objects:
        if not is_token(each):
            result.append(each)
        elif each.name in last:
            result.append(replace(each, text=last.pop(each.name)))
    return result


def file_differences(expected: Sequence[NormalFile], actual: Sequence[NormalFile]) -> list[str]:
    """Lines about files that are missing, not expected, or have another mode or text."""
    left, right = ({file.target: file for file in files} for files in (expected, actual))
    lines = [f"{target}: missing" for target in left.keys() - right.keys()]
    lines += [f"{target}: not written by kubeadm" for target in right.keys() - left.keys()]
    for target in left.keys() & right.keys():
        if left[target].mode != right[target].mode:
            lines.append(f"{target}: mode {left[target].mode:04o} expected, {right[target].mode:04o} found")
        lines += text_difference(target, left[target].text, right[target].text)
    return sorted(lines)


def object_differences(expected: Sequence[NormalObject], actual: Sequence[NormalObject]) -> list[str]:
    """Lines about objects that are missing, not expected, in another place or have another text."""
    left, right = ([_identity(each) for each in objects] for objects in (expected, actual))
    if left != right:
        return text_difference("objects", *("\n".join(map(_title, objects)) for objects in (expected, actual)))
    lines: list[str] = []
    for one, other in zip(expected, actual, strict=True):
        lines += text_difference(_title(one), one.text, other.text)
    return lines


def text_difference(name: str, expected: str, actual: str) -> list[str]:
    """One readable difference of two texts, or nothing."""
    if expected == actual:
        return []
    lines = difflib.unified_diff(_lines(expected), _lines(actual), "kubeadm", "kgen", lineterm="", n=2)
    return ["\n".join((f"{name}: differs", *lines))]


def _lines(text: str) -> list[str]:
    """Lines to show; a missing newline at the end becomes visible."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines, "(no newline at the end)"]


def _identity(thing: NormalObject) -> _Identity:
    return (thing.verb, thing.kind, thing.namespace, thing.name)


def _title(thing: NormalObject) -> str:
    return f"{thing.verb} {thing.kind} {thing.namespace}/{thing.name}".replace(" /", " ")


def _normal(thing: Object) -> NormalObject:
    text = thing.content.decode()
    if thing.verb == "patch" and thing.kind == "Node":
        text = describe_patch(text)
    return NormalObject(thing.verb, thing.kind, thing.namespace, thing.name, text)


_UPLOADED = re.compile(r"^  (\S+\.(?:crt|key|pub)): (null|[A-Za-z0-9+/]{38,}={0,2})$", re.M)


def _excused(thing: NormalObject, recorded: Mapping[_Identity, NormalObject]) -> NormalObject:
    """The object as kubeadm's dry run would have printed it, as far as exceptions 4 and 5 allow."""
    other = recorded.get(_identity(thing))
    if other is None:
        return thing
    if thing.name == "kubeadm-certs" and thing.kind == "Secret":
        return replace(thing, text=_UPLOADED.sub(_uploaded, thing.text))
    if is_token(thing):
        return replace(thing, text=_with_expiration(thing.text, other.text))
    return thing


def _uploaded(line: re.Match[str]) -> str:
    """The line with null for an encrypted value; null itself only stays what it is for an external etcd's files."""
    name, value = line.groups()
    found = value != "null" or name.startswith("external-etcd")
    return f"  {name}: {'null' if found else 'nothing'}"


def _with_expiration(text: str, recorded: str) -> str:
    ours, theirs = (secret_data(each).get("expiration") for each in (text, recorded))
    if not ours or not theirs or not timedelta() <= utc(theirs) - utc(ours) <= _LATER:
        return text
    ours, theirs = (base64.b64encode(each.encode()).decode() for each in (ours, theirs))
    return text.replace(ours, theirs)
