# SPDX-License-Identifier: Apache-2.0
"""What a cluster needs, and the tree that comes of a cluster and its secrets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import kgen
from cli.running import CLUSTER, INIT, MINIMAL
from helpers import CannedKeys, decode
from kgen import planning
from kgen.cluster import Cluster
from kgen.errors import MaterialError, TargetError
from kgen.phases import PHASES
from kgen.secrets import Secrets
from kgen.sinks.earlier import Earlier
from kgen.sinks.layout import file_mode
from kgen.tree import Sensitivity, Tree

START = datetime(2030, 1, 1, tzinfo=UTC)
EXTERNAL_ETCD = "etcd: {external: {endpoints: ['http://192.0.2.21:2379']}}\n"


def load(
    text: str = MINIMAL, *, only: tuple[str, ...] = (), skip: tuple[str, ...] = (), upload: bool = False
) -> Cluster:
    """A cluster"""
    flags = kgen.Flags(skip_phases=skip, upload_certs=upload)
    return kgen.load([("config.yaml", text.encode())], flags=flags, only=only)


def counting() -> Callable[[int], bytes]:
    """Bytes that differ from draw to draw, and are the same for every caller."""
    number = iter(range(1, 10**9))
    return lambda count: bytes(next(number) % 251 for _ in range(count))


def gather(cluster: Cluster, *materials: kgen.Material, **changes: Any) -> Secrets:
    """Its secrets"""
    arguments = {"keys": CannedKeys(), "start": START, "random": counting()} | changes
    return kgen.gather(cluster, materials, **arguments)


def plan(cluster: Cluster) -> Tree:
    """Its tree"""
    return kgen.plan(cluster, gather(cluster))


def material(tree: Tree) -> kgen.Material:
    """What a tree offers to a second render"""
    return kgen.Material({a.path.removeprefix("pki/"): a.content for a in tree.files}, "earlier", "out")


def test_needs() -> None:
    """A cluster with a local etcd needs ten certificates, the service account keys and five kubeconfigs."""
    names = [spec.name for spec in planning.needs(load())]
    assert len(names) == 16
    assert names[0] == "ca"
    assert names[10] == "sa"
    assert names[11:] == [f"{n}.conf" for n in ("admin", "super-admin", "kubelet", "controller-manager", "scheduler")]


def test_needs_without_etcd() -> None:
    """With an external etcd no certificate of etcd is needed."""
    names = [spec.name for spec in planning.needs(load(MINIMAL + EXTERNAL_ETCD))]
    assert [name for name in names if "etcd" in name] == []
    assert len(names) == 11


def test_files_that_can_be_reused() -> None:
    """Names of certificates with their keys, of the key pair, and of kubeconfigs."""
    names = planning.material_names(load())
    assert {"ca.crt", "ca.key", "etcd/server.key", "sa.pub", "sa.key", "admin.conf"} <= set(names)
    assert len(names) == 10 * 2 + 2 + 5 == len(set(names))


def test_same_input_same_tree() -> None:
    """A plan depends on nothing but the cluster and its secrets."""
    cluster = load()
    secrets = gather(cluster)
    assert kgen.plan(cluster, secrets) == kgen.plan(cluster, secrets)
    assert kgen.plan(cluster, secrets).index() == kgen.plan(load(), secrets).index()


def test_order() -> None:
    """Files and objects come in the order of kubeadm's phases."""
    order = [phase.name for phase in PHASES]
    phases = [order.index(artifact.phase) for artifact in plan(load(upload=True))]
    assert phases == sorted(phases)


def test_places() -> None:
    """No two artifacts have the same place; every file has its place on the node, every object its own name."""
    tree = plan(load(upload=True))
    assert len({artifact.path for artifact in tree}) == len(tree.artifacts)
    assert all(file.target.startswith("/") and file.node == "cp-1" for file in tree.files)
    assert len({(o.kind, o.namespace, o.name, o.verb) for o in tree.objects}) == len(tree.objects)
    assert [(node.name, node.role, node.directory) for node in tree.nodes] == [("cp-1", "init", ".")]


@pytest.mark.parametrize(
    ("skip", "phase"),
    [
        ((), "wait-control-plane"),
        (("wait-control-plane",), "upload-config/kubeadm"),
        (("wait-control-plane", "upload-config"), "mark-control-plane"),
    ],
)
def test_first_use_of_admin_conf(skip: tuple[str, ...], phase: str) -> None:
    """The binding that gives admin.conf its rights comes first of all objects, in the first phase that needs it."""
    first = plan(load(skip=skip)).objects[0]
    assert (first.name, first.phase) == ("kubeadm:cluster-admins", phase)


def test_no_use_of_admin_conf() -> None:
    """Phases that only write files do without it."""
    assert plan(load(only=("certs", "kubeconfig"))).objects == ()


@pytest.mark.parametrize("phase", [phase.name for phase in PHASES])
def test_skip_each(phase: str) -> None:
    """A skipped phase makes nothing, and the others make what they always make."""
    text = INIT + "bootstrapTokens: [{token: abcdef.0123456789abcdef}]\n" + CLUSTER
    whole = plan(load(text))
    cluster = load(text, skip=(phase, "show-join-command"))
    tree = kgen.plan(cluster, gather(cluster, material(whole)))
    left = {artifact.path for artifact in tree}
    assert left <= {artifact.path for artifact in whole}
    assert left >= {artifact.path for artifact in whole if artifact.phase != phase}
    assert phase not in {artifact.phase for artifact in tree}


def test_only() -> None:
    """With `only`, all other phases are skipped."""
    assert {a.phase for a in plan(load(only=("certs", "addon/coredns")))} == {
        *(phase.name for phase in PHASES if phase.name.startswith("certs/")),
        "addon/coredns",
    }


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"only": ("certs/apiserver",)}, "pki/ca.crt"),
        ({"only": ("certs/etcd-peer",)}, "pki/etcd/ca.crt"),
        ({"only": ("kubeconfig/admin",)}, "pki/ca.crt"),
        ({"only": ("upload-certs",), "upload": True}, "pki/sa.key"),
        ({"skip": ("certs/front-proxy-ca",)}, "pki/front-proxy-ca.crt"),
    ],
)
def test_lost_authorities(arguments: dict[str, Any], wanted: str) -> None:
    """A CA that is needed but neither there nor rendered is demanded: nobody could ever use it again."""
    cluster = load(**arguments)
    with pytest.raises(MaterialError, match=wanted):
        gather(cluster)
    assert kgen.plan(cluster, gather(cluster, material(plan(load())))).artifacts


@pytest.mark.parametrize("arguments", [{"only": ("control-plane",)}, {"skip": ("certs/apiserver",)}])
def test_authorities_that_nothing_needs(arguments: dict[str, Any]) -> None:
    """What no rendered phase needs is not demanded."""
    assert plan(load(**arguments)).artifacts


def test_serial_numbers() -> None:
    """Serial numbers are drawn from 1 to 2^63-2, as kubeadm draws them; others are drawn again."""
    draws = iter([bytes(8), b"\xff" * 8, b"\xff" * 7 + b"\xfd"])
    assert planning._serial(lambda _: next(draws)) == 2**63 - 2
    assert planning._serial(lambda _: b"\0" * 7 + b"\2") == 1


@pytest.mark.parametrize("start", [datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)])
def test_times_that_cannot_be_written(start: datetime) -> None:
    """A time of rendering at the end of all years is an error of the configuration."""
    with pytest.raises(MaterialError, match="9999"):
        gather(load(), start=start)


def test_reissued() -> None:
    """For each file that is not the earlier one any more there is the reason."""
    before = material(plan(load()))
    more = load(MINIMAL + "apiServer: {certSANs: [api.example.com]}\n")
    reasons = planning.reissued(gather(more, before))
    assert reasons.keys() == {"pki/apiserver.crt", "pki/apiserver.key"}
    assert all("api.example.com" in reason for reason in reasons.values())
    assert planning.reissued(gather(load(), before)) == {}


def test_reissued_kubeconfig() -> None:
    """A kubeconfig is a single file."""
    files = dict(material(plan(load())).files)
    files["admin.conf"] = files["scheduler.conf"]
    reasons = planning.reissued(gather(load(), kgen.Material(files, "earlier", "out")))
    assert reasons.keys() == {"admin.conf"}


def test_merged() -> None:
    """The artifacts of the rendered phases replace those of the earlier tree, in kubeadm's order."""
    earlier = Earlier.of(plan(load()))
    part = plan(load(MINIMAL + "networking: {podSubnet: 10.244.0.0/16}\n", only=("control-plane", "addon")))
    tree = planning.merged(part, earlier, ("control-plane", "addon"))
    assert [a.path for a in tree.files] == [a.path for a in plan(load()).files]
    assert b"10.244.0.0/16" in tree["manifests/kube-controller-manager.yaml"].content
    assert b"10.244.0.0/16" not in tree["cluster/kubeadm-config.yaml"].content
    order = [phase.name for phase in PHASES]
    phases = [order.index(artifact.phase) for artifact in tree]
    assert phases == sorted(phases)


def test_merged_drops_what_is_gone() -> None:
    """What the phase made before and makes no more is not kept."""
    earlier = Earlier.of(plan(load()))
    cluster = load(MINIMAL + EXTERNAL_ETCD, only=("etcd",))
    tree = planning.merged(plan(cluster), earlier, ("etcd",))
    assert "manifests/etcd.yaml" not in {artifact.path for artifact in tree}


def test_merged_into_an_edited_tree() -> None:
    """Edits elsewhere in the tree are refused: the new index would call them kgen's own."""
    earlier = Earlier.of(plan(load()))
    edited = dataclasses.replace(earlier, contents={**earlier.contents, "manifests/etcd.yaml": b"# mine\n"})
    part = plan(load(only=("control-plane",)))
    with pytest.raises(TargetError, match=r"manifests/etcd\.yaml"):
        planning.merged(part, edited, ("control-plane",))
    assert planning.merged(plan(load(only=("etcd",))), edited, ("etcd",)), "edits that are replaced are asked for later"


def test_node_name_and_address() -> None:
    """Certificates and kubeconfigs name the node as the configuration does."""
    tree = plan(load(INIT.replace("cp-1", "Node-7") + CLUSTER))
    assert decode(tree["pki/etcd/peer.crt"].content).common_name == "node-7"
    assert b"system:node:node-7" in tree["kubelet.conf"].content
    assert tree.nodes[0].name == "node-7"


@pytest.mark.parametrize("user", ["", "me:pa55@", "me@"])
def test_url_with_a_user(user: str) -> None:
    """What holds a URL with a user, as that of a proxy, is for its owner alone, and the index says so."""
    host = (
        f"---\napiVersion: kgen/v1\nkind: RenderConfiguration\nhost: {{proxy: {{HTTPS_PROXY: 'http://{user}p:1'}}}}\n"
    )
    tree = plan(load(MINIMAL + host))
    holding = {artifact.path for artifact in tree if b"HTTPS_PROXY" in artifact.content}
    assert {"addons/kube-proxy/daemonset.yaml", "manifests/kube-apiserver.yaml"} <= holding
    modes = {file_mode(tree[path]) for path in holding}
    assert (0o644 in modes) is not bool(user)
    assert {artifact.path for artifact in tree if artifact.sensitivity is not Sensitivity.NONE} >= holding or not user
