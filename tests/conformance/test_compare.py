# SPDX-License-Identifier: Apache-2.0
"""The comparison: what is equal passes, and every single difference is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from conformance.compare import compare
from conformance.normalise import Authorities, NormalObject, normalise_files, normalise_object
from conformance.recordings import Recording
from conformance.small_tree import (
    KUBECONFIG,
    NODE_PATCH,
    PKI,
    START,
    ca,
    certificate,
    encode,
    file,
    key_pem,
    keys,
    leaf,
    small_tree,
    thing,
    token,
)
from kgen.tree import File, Object, Tree

ETCD = "/etc/kubernetes/manifests/etcd.yaml"
ADMIN = "/etc/kubernetes/admin.conf"


def recorded() -> Recording:
    """What kubeadm's dry run would have left of the small tree."""
    tree = small_tree()
    files = {each.target: (each.content, each.mode) for each in tree.files if each.node == "cp-1"}
    del files["/usr/lib/systemd/system/kubelet.service"]
    objects = [
        NormalObject(each.verb, each.kind, each.namespace, each.name, each.content.decode())
        for each in tree.objects[1:]
    ]
    objects[1] = replace(objects[1], text="data:\n  ca.crt: null\n  external-etcd.crt: null\nkind: Secret\n")
    objects[2] = replace(
        objects[2],
        text="labels: [node-role.kubernetes.io/control-plane]\n"
        "taints [node-role.kubernetes.io/control-plane:NoSchedule]\n",
    )
    objects[3] = replace(objects[3], text=token(START + timedelta(hours=2, seconds=3)).content.decode())
    return Recording(
        case="small",
        kubeadm="v1.99.1",
        rc=0,
        error="",
        input="",
        hostname="cp-1",
        started=f"{START:%Y-%m-%dT%H:%M:%SZ}",
        warnings=(),
        log=(),
        closing="",
        files=normalise_files(files),
        objects=tuple(normalise_object(each, Authorities.of(files)) for each in objects),
    )


def with_file(target: str, content: bytes | None = None, mode: int | None = None) -> Tree:
    """The small tree with another content or mode of one file."""
    tree = small_tree()

    def change(old: File | Object) -> File | Object:
        if not isinstance(old, File) or old.target != target:
            return old
        return replace(
            old, content=old.content if content is None else content, mode=old.mode if mode is None else mode
        )

    return replace(tree, artifacts=tuple(map(change, tree.artifacts)))


def with_objects(name: str, *others: Object) -> Tree:
    """The small tree with others in the place of one object."""
    tree = small_tree()
    artifacts: list[File | Object] = []
    for each in tree.artifacts:
        artifacts.extend(others if isinstance(each, Object) and each.name == name else (each,))
    return replace(tree, artifacts=tuple(artifacts))


def found(name: str) -> Object:
    """The object of the small tree with this name."""
    return next(each for each in small_tree().objects if each.name == name)


def with_text(name: str, old: str, new: str) -> Tree:
    """The small tree with another text in one object."""
    content = found(name).content.decode()
    assert old in content
    return with_objects(name, replace(found(name), content=content.replace(old, new).encode()))


def admin(**parts: bytes) -> Tree:
    """The small tree with other parts in admin.conf."""
    given = {"ca": ca(), "certificate": leaf("cp-1", "kubernetes"), "key": key_pem(keys()[1]), **parts}
    return with_file(ADMIN, KUBECONFIG.format(**{name: encode(part) for name, part in given.items()}).encode())


def test_equal() -> None:
    """A tree that says what was recorded has no differences, other nodes and systemd units aside."""
    assert compare(recorded(), small_tree()) == []


FOREIGN = certificate("kube-apiserver", keys()[1], ("kubernetes", keys()[1]), ("cp-1", "kubernetes"))

DIFFERENT_FILES = {
    "byte": with_file(ETCD, b"kind: pod\n"),
    "no newline at the end": with_file(ETCD, b"kind: Pod"),
    "mode": with_file(ETCD, mode=0o644),
    "mode of a key": with_file(f"{PKI}/ca.key", mode=0o640),
    "order of SANs": with_file(f"{PKI}/apiserver.crt", leaf("kubernetes", "cp-1")),
    "SAN more": with_file(f"{PKI}/apiserver.crt", leaf("cp-1", "kubernetes", "more")),
    "extension less": with_file(f"{PKI}/apiserver.crt", leaf()),
    "lifetime": with_file(f"{PKI}/apiserver.crt", leaf("cp-1", "kubernetes", lifetime=timedelta(days=365, seconds=1))),
    "signer": with_file(f"{PKI}/apiserver.crt", FOREIGN),
    "layout of the PEM": with_file(f"{PKI}/apiserver.crt", leaf("cp-1", "kubernetes") + b"\n"),
    "key of another": with_file(f"{PKI}/apiserver.key", key_pem(keys()[0])),
    "CA in a kubeconfig": admin(ca=leaf()),
    "certificate in a kubeconfig": admin(certificate=leaf("other")),
    "key in a kubeconfig": admin(key=key_pem(keys()[0])),
    "server in a kubeconfig": with_file(ADMIN, small_tree()[ADMIN[1:]].content.replace(b":6443", b":8443")),
}


@pytest.mark.parametrize("tree", DIFFERENT_FILES.values(), ids=DIFFERENT_FILES)
def test_different_file(tree: Tree) -> None:
    """One difference in one file is reported once, with the file's name, and no key is shown."""
    (line,) = compare(recorded(), tree)
    assert line.startswith("/etc/kubernetes/")
    assert encode(key_pem(keys()[0])) not in line


def test_missing_file() -> None:
    """A file that kubeadm writes and the tree does not have is reported."""
    tree = small_tree()
    artifacts = tuple(each for each in tree.artifacts if each.path != ETCD[1:])
    assert compare(recorded(), replace(tree, artifacts=artifacts)) == [f"{ETCD}: missing"]


def test_file_too_many() -> None:
    """A file that kubeadm does not write is reported, a systemd unit of another name too."""
    extra = file("/usr/lib/systemd/system/other.service", b"", 0o644)
    tree = small_tree()
    assert compare(recorded(), replace(tree, artifacts=(*tree.artifacts, extra))) == [
        "/usr/lib/systemd/system/other.service: not written by kubeadm"
    ]


def swapped() -> Tree:
    """The small tree with two objects in the other order."""
    tree = small_tree()
    first, second, third, *rest = tree.objects
    return replace(tree, artifacts=(*tree.files, first, third, second, *rest))


DIFFERENT_OBJECTS = {
    "byte": with_text("kubeadm-config", "{}", "{ }"),
    "missing": with_objects("kubeadm-config"),
    "twice": with_objects("kubeadm-config", found("kubeadm-config"), found("kubeadm-config")),
    "another namespace": with_objects("kubeadm-config", replace(found("kubeadm-config"), namespace="default")),
    "another verb": with_objects("kubeadm-config", replace(found("kubeadm-config"), verb="patch")),
    "another order": swapped(),
    "cluster-admins missing": with_objects("kubeadm:cluster-admins"),
    "CA in cluster-info": with_text("cluster-info", encode(ca()), encode(leaf())),
    "uploaded certificate missing": with_text("kubeadm-certs", encode(bytes(40)), "null"),
    "uploaded certificate too short": with_text("kubeadm-certs", encode(bytes(40)), encode(bytes(20))),
    "uploaded name": with_text("kubeadm-certs", "ca.crt", "ca.pem"),
    "label": with_text("cp-1", "labels:\n", 'labels:\n    a: ""\n'),
    "value of a label": with_text("cp-1", 'control-plane: ""', 'control-plane: "x"'),
    "taint": with_text("cp-1", "NoSchedule", "NoExecute"),
    "no taints": with_text("cp-1", NODE_PATCH[NODE_PATCH.index("spec:") :], ""),
    "more in a patch": with_text("cp-1", "spec:\n", "spec:\n  unschedulable: true\n"),
    "expiration before": with_objects("bootstrap-token-abcdef", token(START + timedelta(hours=3))),
    "expiration long after": with_objects("bootstrap-token-abcdef", token(START + timedelta(hours=1))),
    "no expiration": with_text("bootstrap-token-abcdef", "expiration", "expires"),
    "token": with_text("bootstrap-token-abcdef", encode(b"0123456789abcdef"), encode(b"0123456789abcdee")),
}


@pytest.mark.parametrize("tree", DIFFERENT_OBJECTS.values(), ids=DIFFERENT_OBJECTS)
def test_different_object(tree: Tree) -> None:
    """One difference in the objects is reported."""
    assert len(compare(recorded(), tree)) == 1


def test_cri_socket_patch() -> None:
    """The patch with the CRI socket, of which kubeadm prints nothing, must have this one annotation."""
    recording = recorded()
    recording = replace(recording, objects=(*recording.objects, NormalObject("patch", "Node", "", "cp-2", "")))

    def tree(annotations: str) -> Tree:
        patch = thing("Node", "", "cp-2", f"metadata:\n  annotations: {{{annotations}}}\n", "patch")
        return replace(small_tree(), artifacts=(*small_tree().artifacts, patch))

    socket = "kubeadm.alpha.kubernetes.io/cri-socket: unix:///run/containerd/containerd.sock"
    assert compare(recording, tree(socket)) == []
    assert len(compare(recording, tree(f"{socket}, a: b"))) == 1
    assert len(compare(recording, tree("a: b"))) == 1


def test_nothing_posted() -> None:
    """Where kubeadm posts nothing, an object of the tree is one too many."""
    recording = replace(recorded(), objects=())
    tree = small_tree()
    assert compare(recording, replace(tree, artifacts=tree.files)) == []
    assert len(compare(recording, tree)) == 1
