# SPDX-License-Identifier: Apache-2.0
"""upload-config: the configurations that joining nodes and upgrades read back.

kubeadm app/phases/uploadconfig/uploadconfig.go and app/phases/kubelet/config.go.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping

from kgen import gyaml
from kgen.config import schema
from kgen.config.codec import encode
from kgen.phases import kubelet_start
from kgen.phases.interface import Context, Phase, api_object
from kgen.provenance import Given, Places, Sourced, derived, embedded, given, own_places, reading, with_unset
from kgen.tree import Artifact

KUBEADM, KUBELET = "upload-config/kubeadm", "upload-config/kubelet"


def signature(name: str, data: Mapping[str, str], places: Places) -> Given[str]:
    """The hash by which kubeadm sees that the ConfigMap `name` is still its own (componentconfigs/checksums.go)."""

    def compute() -> str:
        for path in itertools.chain(*places.values()):
            reading(path)
        return "sha256:" + hashlib.sha256("".join(data[key] for key in sorted(data)).encode()).hexdigest()

    return given(lambda: derived(f"{name}-hash", "the hash of its data", compute))


def _kubeadm(context: Context) -> Iterator[Artifact]:
    cluster = context.cluster
    uploaded = {**cluster.configuration, "kubernetesVersion": cluster.version.ci or cluster.version.text}
    encoded = encode(uploaded, schema.load(cluster.release.minor, uploaded["apiVersion"], uploaded["kind"]))
    inside = own_places("ClusterConfiguration", cluster.configuration, encoded)
    whole = with_unset("ClusterConfiguration", Sourced(encoded, inside))
    places = embedded("/data/ClusterConfiguration", whole.places)
    yield api_object("cluster/kubeadm-config", {"configuration": gyaml.dump(encoded)}, phase=KUBEADM, places=places)
    yield api_object("rbac/role-kubeadm-nodes-kubeadm-config", phase=KUBEADM)
    yield api_object("rbac/rolebinding-kubeadm-nodes-kubeadm-config", phase=KUBEADM)


def _kubelet(context: Context) -> Iterator[Artifact]:
    cluster, node = context.cluster, context.node
    with_resolv_conf = cluster.release.has("resolv-conf-in-kubelet-config-map")
    kubelet = kubelet_start.configuration(context, with_resolv_conf)
    data = {"kubelet": gyaml.dump(kubelet.value)}
    places = embedded("/data/kubelet", with_unset("KubeletConfiguration", kubelet).places)
    signed = "KubeletConfiguration" not in cluster.user_supplied
    given_places = embedded("/data/kubelet", kubelet.places)
    yield api_object(
        "cluster/kubelet-config",
        {"configuration": data["kubelet"], "hash": signed and signature("kubelet-config", data, given_places)},
        phase=KUBELET,
        places=places,
    )
    yield api_object("rbac/role-kubeadm-kubelet-config", phase=KUBELET)
    yield api_object("rbac/rolebinding-kubeadm-kubelet-config", phase=KUBELET)
    if cluster.release.has("cri-socket-annotation-gate") and not kubelet_start.instance_configuration(context):
        name = given(lambda: node.name)
        gate = given(lambda: kubelet_start.instance_configuration(context))
        yield api_object(
            "cluster/node-cri-socket",
            {"name": name, "socket": given(lambda: str(node.registration["criSocket"]))},
            phase=KUBELET,
            path=f"cluster/node-{node.name}-cri-socket.yaml",
            verb="patch",
            places={"path": (*name.paths, *gate.paths)},
        )


PHASES: tuple[Phase, ...] = (
    Phase(KUBEADM, "the ConfigMap kubeadm-config, and who may read it", _kubeadm, uses_api=True),
    Phase(KUBELET, "the ConfigMap kubelet-config, and who may read it", _kubelet, uses_api=True),
)
