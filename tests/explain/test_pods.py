# SPDX-License-Identifier: Apache-2.0
"""Static pods that patches have changed beyond what kubeadm writes: the pages stay, and stay true."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest
import yaml

import kgen
from explain.rendering import MINIMAL, NOW
from explain.seen import see
from helpers import CannedKeys
from kgen.explain import written
from kgen.explain.artifacts import artifact_pages
from kgen.explain.pages import site
from kgen.explain.view import View
from kgen.tree import Tree

COMPONENTS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
SIDECAR = {
    "name": "side",
    "image": "registry.example.com/side:1",
    "command": ["side", "--bind-address=::1"],
    "resources": {"requests": {"cpu": "5m"}},
}
PATCH = {"spec": {"containers": [SIDECAR], "initContainers": [SIDECAR]}}
"""A strategic patch: its containers come before the program's."""


@functools.cache
def tree(component: str = "") -> Tree:
    """A tree in which a patch gave this static pod a sidecar."""
    text = MINIMAL.replace("nodeRegistration", "patches: {directory: patches}\nnodeRegistration")
    patches = {f"{component}.yaml": yaml.safe_dump(PATCH).encode()} if component else {}
    cluster = kgen.load([("cluster.yaml", text.encode())], kubeadm="1.37", read_directory=lambda _: patches)
    return kgen.plan(cluster, kgen.gather(cluster, keys=CannedKeys(), start=NOW, random=lambda count: b"k" * count))


def pod(component: str) -> Any:
    """The pod as kubeadm writes it."""
    return yaml.safe_load(tree()[f"manifests/{component}.yaml"].content)


def edits(**pods: Any) -> dict[str, bytes]:
    """Manifests edited by hand, by the name of the component."""
    return {f"manifests/{name}.yaml": yaml.safe_dump(each, sort_keys=False).encode() for name, each in pods.items()}


def alone(component: str, rendered: Tree, **pods: Any) -> View:
    """The site's view of one static pod of a tree."""
    others = [each.path for each in rendered.artifacts if each.path != f"manifests/{component}.yaml"]
    return see(rendered, others, edits(**pods))


def page(view: View) -> str:
    """The page of the only artifact."""
    (found,) = artifact_pages(view, lambda *_: None)
    return found.body


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_sidecar_before_it(component: str) -> None:
    """What is said of the program is said of its own container, and nothing of the other ones."""
    view = alone(component, tree(component))
    item = view.items[f"manifests/{component}.yaml"]
    assert (item.container, item.arguments[0]) == ("/spec/containers/1", component)
    after = page(view)
    notes = re.findall(r"(?m)^\d+\.  (.*)$", page(alone(component, tree())))
    assert len(notes) > 10
    assert [note for note in notes if note not in after] == []
    assert "is a flag that" not in after and "a flag of type" not in after


@pytest.mark.slow
@pytest.mark.parametrize("component", COMPONENTS)
def test_without_a_word_of_the_command(component: str) -> None:
    """There is a page whichever argument a patch takes away."""
    for number in range(len(pod(component)["spec"]["containers"][0]["command"])):
        own = pod(component)
        word = own["spec"]["containers"][0]["command"].pop(number)
        assert f"/{component}.yaml`" in page(alone(component, tree(), **{component: own})), word


@pytest.mark.slow
def test_the_whole_site() -> None:
    """Every page is there with sidecars alone, without any command, and without any container."""
    for containers in ([SIDECAR], [{"name": "side"}], [], None, "x"):
        pods = {name: pod(name) for name in COMPONENTS}
        for each in pods.values():
            each["spec"]["containers"] = containers
        made = site(see(tree(), edits=edits(**pods)), None, None, written.sections())
        assert len(made.pages) > len(tree().artifacts)
