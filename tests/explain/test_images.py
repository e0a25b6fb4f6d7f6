# SPDX-License-Identifier: Apache-2.0
"""The list of images is the one that kubeadm has, by the names in the rendered files."""

from __future__ import annotations

import re

import pytest

from explain.seen import EXAMPLES, ROOT, example, seen
from kgen import releases
from kgen.config.images import control_plane, load
from kgen.explain.images import images, page


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize("name", EXAMPLES)
def test_as_kubeadm_lists_them(name: str, minor: str) -> None:
    """Equal to `kgen config images` for every example and minor."""
    text = (ROOT / "examples" / f"{name}.yaml").read_text()
    text = re.sub(r"kubernetesVersion: \S+", f"kubernetesVersion: {releases.load(minor).kubeadm}", text)
    expected = control_plane(load([("cluster.yaml", text.encode())], kubeadm=minor))
    found = [image.name for image in images(example(name, minor))]
    assert sorted(found) == sorted(expected)


def test_names_are_those_of_the_files() -> None:
    """Every name stands in the files that it is said to stand in, except the sandbox image's."""
    view = example("hardened")
    for image in images(view):
        assert all(image.name in item.text for item in image.used)
    assert [image.name for image in images(view) if not image.used] == [f"registry.k8s.io/pause:{_pause()}"]


def _pause() -> str:
    return releases.load("1.37").pause


def test_sandbox_image_by_flag() -> None:
    """Where the kubelet is told the pause image, the file that does is named."""
    minor = next(minor for minor in releases.minors() if releases.load(minor).has("pod-infra-container-image-flag"))
    pause = next(image for image in images(example("minimal", minor)) if "/pause:" in image.name)
    assert [item.path for item in pause.used] == ["kubelet/kubeadm-flags.env"]


def test_nothing_is_invented() -> None:
    """Without the uploaded configuration nothing says where the pause image would come from."""
    view = seen(without=["cluster/kubeadm-config.yaml"])
    assert not [image for image in images(view) if "pause" in image.name]
    assert "pause" not in page(view).body


def test_no_images() -> None:
    """A tree that names none says so."""
    view = seen()
    assert "Nothing in this tree names an image" in page(seen(without=list(view.items))).body


def test_commands() -> None:
    """Each image can be pulled by a command on the page."""
    view = example("ha")
    body = page(view).body
    assert all(f"crictl pull {image.name}\n" in body for image in images(view))
