# SPDX-License-Identifier: Apache-2.0
"""kubelet-start: the kubelet's configuration and flags (kubeadm app/phases/kubelet/config.go, flags.go).

The unit files come from the distribution packages (kubernetes/release, cmd/krel/templates); kubeadm
itself never writes them, but without them its files have no reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kgen import gyaml, paths, render
from kgen.config import schema
from kgen.config.codec import encode
from kgen.phases import arguments
from kgen.phases.interface import Context, Phase, file
from kgen.phases.patching import patched
from kgen.tree import Artifact

UNITS = "/usr/lib/systemd/system"
PHASE = "kubelet-start"


def configuration(context: Context, resolv_conf: bool) -> dict[str, Any]:
    """The cluster's KubeletConfiguration as Go writes it; with the host's resolvConf if asked and not set."""
    kubelet = dict(context.cluster.kubelet)
    found = context.node.host.resolv_conf
    if resolv_conf and found and kubelet.get("resolvConf") is None:
        kubelet["resolvConf"] = found
    return encode(kubelet, schema.load(context.cluster.release.minor, kubelet["apiVersion"], kubelet["kind"]))


def instance_configuration(context: Context) -> bool:
    """Whether the CRI socket is told by instance-config.yaml rather than by a flag."""
    cluster = context.cluster
    return not cluster.release.has("node-local-cri-socket-gate") or cluster.gate("NodeLocalCRISocket")


def _artifacts(context: Context) -> Iterator[Artifact]:
    socket = context.node.registration["criSocket"]
    kubelet = patched(context.cluster, "kubeletconfiguration", configuration(context, resolv_conf=True))
    yield _file(context, "kubeadm-flags.env", _flags(context))
    if instance_configuration(context):
        yield _file(context, "instance-config.yaml", f"containerRuntimeEndpoint: {json.dumps(socket)}\n")
        kubelet["containerRuntimeEndpoint"] = socket
    yield _file(context, "config.yaml", gyaml.dump(kubelet))
    for name, target in (("kubelet.service", UNITS), ("10-kubeadm.conf", f"{UNITS}/kubelet.service.d")):
        yield _file(context, name, render.text(f"kubelet/{name}", "", {}), target)


def _file(context: Context, name: str, content: str, directory: str = paths.KUBELET) -> Artifact:
    topic = f"kubelet/{name.rpartition('.')[0]}"
    return file(context, f"kubelet/{name}", paths.join(directory, name), content, mode=0o644, phase=PHASE, topic=topic)


def _flags(context: Context) -> str:
    cluster, registration = context.cluster, context.node.registration
    extra = registration.get("kubeletExtraArgs", [])
    flags = {}
    if not instance_configuration(context):
        flags["container-runtime-endpoint"] = registration["criSocket"]
    if cluster.release.has("pod-infra-container-image-flag"):
        flags["pod-infra-container-image"] = cluster.pause_image
    name = arguments.last(extra, "hostname-override")
    name = context.node.name if name is None else name
    if name != (context.node.host.hostname or context.node.name):
        flags["hostname-override"] = name
    return f"KUBELET_KUBEADM_ARGS={json.dumps(' '.join(arguments.command(flags, extra)), ensure_ascii=False)}\n"


PHASES: tuple[Phase, ...] = (
    Phase(PHASE, "the kubelet's configuration, its flags, and the systemd unit that reads them", _artifacts),
)
