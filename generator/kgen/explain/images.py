# SPDX-License-Identifier: Apache-2.0
"""The container images that the tree names, and how to have them on a host. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgen import releases
from kgen.explain import facts
from kgen.explain.markdown import Md, code, fence, sentence, table, text
from kgen.explain.page import Page
from kgen.explain.view import Item, View, dig

PATH = "lists/images.md"


@dataclass(frozen=True, slots=True)
class Image:
    """An image by its exact name."""

    name: str
    used: tuple[Item, ...]
    """The artifacts that name it; none for the sandbox image that no file names."""


def images(view: View) -> tuple[Image, ...]:
    """Every image that a container of the tree names, in the order of the tree, then the sandbox image."""
    found: dict[str, dict[str, Item]] = {}
    for item in view.items.values():
        for name in _named(item):
            found.setdefault(name, {})[item.path] = item
    sandbox = sandbox_image(view)
    if sandbox:
        found.setdefault(sandbox, {})
    return tuple(Image(name, tuple(used.values())) for name, used in found.items())


def sandbox_image(view: View) -> str:
    """The pause image: the repository of the ClusterConfiguration, with this minor's tag; empty without the former.

    kubeadm app/images/images.go GetPauseImage. No file names it unless the kubelet is told by a flag.
    """
    repository = facts.configuration(view).get("imageRepository")
    if not isinstance(repository, str) or not repository:
        return ""
    return f"{repository}/pause:{releases.load(view.cluster.minor).pause}"


def page(view: View) -> Page:
    """The page of the list."""
    found = images(view)
    if not found:
        return Page(PATH, "Images", "# Images\n\nNothing in this tree names an image.\n")
    parts = [
        "# Images\n",
        sentence("What the hosts have to pull, by the exact names that stand in the rendered files."),
        "\n",
        table(("Image", "Used by"), ((code(image.name), _used(image)) for image in found)),
        "## Pull them beforehand\n",
        sentence("On the host, as root:"),
        "",
        fence("".join(f"crictl pull {facts.word(image.name)}\n" for image in found), "sh"),
        sentence("`kubeadm config images pull --config cluster.yaml` does the same from the configuration."),
        "\n## Carry them to a host without a network\n",
        fence(_carried(found), "sh"),
        "## Mirror them\n",
        sentence(
            "Copy them to a registry of yours, then name it as `imageRepository` in the ClusterConfiguration and "
            "render again. CoreDNS has its own place below the default repository, `coredns/coredns`; below any other "
            "it is `coredns`. For `MIRROR` write the registry."
        ),
        "",
        fence("MIRROR=registry.example.com/kubernetes\n" + "".join(_copies(found)), "sh"),
    ]
    if sandbox_image(view):
        parts.append(
            sentence(
                "The pause image holds the network of each pod. The container runtime chooses it by its own "
                "configuration, which kubeadm does not write: it should name the one above (containerd: `sandbox` of "
                "its CRI image plugin, in older ones `sandbox_image`; CRI-O: `pause_image`)."
            )
        )
    return Page(PATH, "Images", "\n".join(parts) + "\n")


def _named(item: Item) -> Iterator[str]:
    for spec in (dig(item.data, "spec"), dig(item.data, "spec", "template", "spec")):
        for field in ("initContainers", "containers"):
            for container in facts.entries(dig(spec, field)):
                if isinstance(container.get("image"), str) and container["image"]:
                    yield container["image"]
    flags = item.text if item.topic == "kubelet/kubeadm-flags" else ""
    for word in flags.replace('"', " ").split():
        if word.startswith("--pod-infra-container-image="):
            yield word.partition("=")[2]


def _used(image: Image) -> Md:
    if not image.used:
        return text("the container runtime, for every pod")
    return Md("<br>".join(facts.to(PATH, item) for item in image.used))


def _carried(found: tuple[Image, ...]) -> str:
    names = " \\\n  ".join(facts.word(image.name) for image in found)
    return (
        f"# where there is a network\nctr -n k8s.io images pull --all-platforms IMAGE   # each of them\n"
        f"ctr -n k8s.io images export images.tar \\\n  {names}\n# on the host\nctr -n k8s.io images import images.tar\n"
    )


def _copies(found: tuple[Image, ...]) -> Iterator[str]:
    for image in found:
        last = facts.word(image.name.rpartition("/")[2])
        yield f"skopeo copy --all docker://{facts.word(image.name)} docker://$MIRROR/{last}\n"
