# SPDX-License-Identifier: Apache-2.0
"""kubelet-start: the kubelet's configuration and flags (kubeadm app/phases/kubelet/config.go, flags.go).

The unit files come from the distribution packages (kubernetes/release, cmd/krel/templates); kubeadm
itself never writes them, but without them its files have no reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from kgen import gyaml, paths, render
from kgen.config import schema
from kgen.config.codec import encode
from kgen.goquote import quote
from kgen.phases import arguments
from kgen.phases.interface import Context, Phase, file
from kgen.phases.patching import with_patches
from kgen.provenance import Given, Places, Sourced, given, own_places, with_unset
from kgen.tree import Artifact

UNITS = "/usr/lib/systemd/system"
PHASE = "kubelet-start"
EXTRA_ARGS = "InitConfiguration.nodeRegistration.kubeletExtraArgs"


def configuration(context: Context, resolv_conf: bool) -> Sourced:
    """The cluster's KubeletConfiguration as Go writes it; with the host's resolvConf if asked and not set."""
    kubelet = dict(context.cluster.kubelet)
    found = context.node.host.resolv_conf
    encoded = encode(kubelet, schema.load(context.cluster.release.minor, kubelet["apiVersion"], kubelet["kind"]))
    places = own_places("KubeletConfiguration", kubelet, encoded)
    if resolv_conf and found and kubelet.get("resolvConf") is None:
        encoded["resolvConf"] = found
        places["/resolvConf"] = ("RenderConfiguration.host.resolvConf",)
    return Sourced(encoded, places)


def instance_configuration(context: Context) -> bool:
    """Whether the CRI socket is told by instance-config.yaml rather than by a flag."""
    cluster = context.cluster
    return not cluster.release.has("node-local-cri-socket-gate") or cluster.gate("NodeLocalCRISocket")


def _artifacts(context: Context) -> Iterator[Artifact]:
    socket = given(lambda: str(context.node.registration["criSocket"]))
    own = with_unset("KubeletConfiguration", configuration(context, resolv_conf=True))
    kubelet = with_patches(context.cluster, "kubeletconfiguration", own)
    flags = _flags(context)
    text = quote(" ".join(flag.value for flag in flags))
    places = {f"/KUBELET_KUBEADM_ARGS/{index}": flag.paths for index, flag in enumerate(flags) if flag.paths}
    if not flags:
        places["/KUBELET_KUBEADM_ARGS"] = (EXTRA_ARGS,)
    yield _file(context, "kubeadm-flags.env", f"KUBELET_KUBEADM_ARGS={text}\n", places=places)
    gate = given(lambda: instance_configuration(context))
    if gate.value:
        endpoint = {"/containerRuntimeEndpoint": (*socket.paths, *gate.paths)}
        text = f"containerRuntimeEndpoint: {quote(socket.value)}\n"
        yield _file(context, "instance-config.yaml", text, places={"path": gate.paths, **endpoint})
        kubelet = Sourced({**kubelet.value, "containerRuntimeEndpoint": socket.value}, {**kubelet.places, **endpoint})
    else:
        endpoint = {"/containerRuntimeEndpoint": (*kubelet.places.get("/containerRuntimeEndpoint", ()), *gate.paths)}
        kubelet = Sourced(kubelet.value, {**kubelet.places, **endpoint})
    yield _file(context, "config.yaml", gyaml.dump(kubelet.value), places=kubelet.places)
    for name, target in (("kubelet.service", UNITS), ("10-kubeadm.conf", f"{UNITS}/kubelet.service.d")):
        yield _file(context, name, render.text(f"kubelet/{name}", "", {}), target)


def _file(
    context: Context, name: str, content: str, directory: str = paths.KUBELET, places: Places = MappingProxyType({})
) -> Artifact:
    topic = f"kubelet/{name.rpartition('.')[0]}"
    target = paths.join(directory, name)
    return file(context, f"kubelet/{name}", target, content, mode=0o644, phase=PHASE, topic=topic, places=places)


def _flags(context: Context) -> list[Given[str]]:
    cluster, node, registration = context.cluster, context.node, context.node.registration
    extra = registration.get("kubeletExtraArgs", [])
    flags: dict[str, str | Given[str]] = {}
    gate = given(lambda: instance_configuration(context))
    if not gate.value:
        socket = given(lambda: str(registration["criSocket"]))
        flags["container-runtime-endpoint"] = Given(socket.value, (*socket.paths, *gate.paths))
    if cluster.release.has("pod-infra-container-image-flag"):
        flags["pod-infra-container-image"] = given(lambda: cluster.pause_image)
    if arguments.last(extra, "hostname-override", EXTRA_ARGS) is None and node.host.hostname not in ("", node.name):
        name = given(lambda: node.name)
        flags["hostname-override"] = Given(name.value, (*name.paths, "RenderConfiguration.host.hostname"))
    return arguments.command(flags, extra, EXTRA_ARGS)


PHASES: tuple[Phase, ...] = (
    Phase(PHASE, "the kubelet's configuration, its flags, and the systemd unit that reads them", _artifacts),
)
