# SPDX-License-Identifier: Apache-2.0
"""kubeconfig: the identities of people and components (kubeadm app/phases/kubeconfig/kubeconfig.go)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kgen import gyaml, paths, render
from kgen.cluster import TIME, Cluster, Node
from kgen.needs import CertificateSpec
from kgen.phases import certs, rootless
from kgen.phases.certs import CLUSTER_ADMINS
from kgen.phases.interface import Context, Phase, file
from kgen.pki import Profile
from kgen.provenance import Given, Places, Sourced, given
from kgen.tree import Artifact, Sensitivity


def _control_plane(cluster: Cluster, node: Node) -> str:
    return cluster.endpoint_url(node)


def _local(_: Cluster, node: Node) -> str:
    return node.local_url


def _kubelet(cluster: Cluster, node: Node) -> str:
    if cluster.release.has("kubelet-local-mode-gate") and not cluster.gate("ControlPlaneKubeletLocalMode"):
        return cluster.endpoint_url(node)
    return node.local_url


@dataclass(frozen=True, slots=True)
class Row:
    """One kubeconfig of kubeadm."""

    phase: str
    common_name: str
    """`{node}` stands for the node's name."""
    organizations: tuple[str, ...]
    server: Callable[[Cluster, Node], str]
    summary: str

    @property
    def name(self) -> str:
        """File name in /etc/kubernetes"""
        return f"{self.phase}.conf"

    def user(self, node: Node) -> str:
        """Who this kubeconfig identifies"""
        return self.common_name.format(node=node.name) if "{node}" in self.common_name else self.common_name

    def spec(self, cluster: Cluster, node: Node) -> CertificateSpec:
        """What the keyring must provide."""
        return CertificateSpec(
            name=self.name,
            authority="ca",
            profile=Profile(self.user(node), self.organizations, usages=("client",)),
            period=cluster.certificate_period,
            not_before="authority",
            kind="kubeconfig",
            server=self.server(cluster, node),
        )


ROWS: tuple[Row, ...] = (
    Row(
        "admin",
        "kubernetes-admin",
        (CLUSTER_ADMINS,),
        _control_plane,
        "the cluster administrator's kubeconfig, whose rights RBAC can take away",
    ),
    Row(
        "super-admin",
        "kubernetes-super-admin",
        ("system:masters",),
        _control_plane,
        "a kubeconfig that passes by RBAC, for emergencies",
    ),
    Row(
        "kubelet",
        "system:node:{node}",
        ("system:nodes",),
        _kubelet,
        "the kubelet's identity until it fetches a certificate of its own",
    ),
    Row("controller-manager", "system:kube-controller-manager", (), _local, "the controller manager's identity"),
    Row("scheduler", "system:kube-scheduler", (), _local, "the scheduler's identity"),
)


def _kubeconfig(row: Row) -> Callable[[Context], Iterator[Artifact]]:
    def artifacts(context: Context) -> Iterator[Artifact]:
        content, places = _content(row, context)
        written = file(
            context,
            row.name,
            paths.join(paths.KUBERNETES, row.name),
            content,
            phase=f"kubeconfig/{row.phase}",
            topic=f"kubeconfig/{row.phase}",
            sensitivity=Sensitivity.CREDENTIAL,
            places=places,
        )
        yield rootless.owned(context, written)

    return artifacts


def _content(row: Row, context: Context) -> tuple[bytes, Places]:
    """The file, and what each place in it depends on."""
    keyring = context.secrets.keyring
    existing = keyring.kubeconfig(row.name)
    if keyring.key("ca") and keyring.key(row.name):
        rendered = _rendered(row, context)
        content = gyaml.dump(rendered.value).encode()
        if existing in (None, content):
            return content, rendered.places
    return existing or b"", {"": certs.reused()}


def _rendered(row: Row, context: Context) -> Sourced:
    keyring, cluster, node = context.secrets.keyring, context.cluster, context.node
    key = keyring.key(row.name)
    assert key is not None  # noqa: S101 (a kubeconfig that kgen renders has its key)
    issued = given(lambda: (row.user(node), cluster.certificate_period, cluster.algorithm))
    return render.sourced(
        "kubeconfig/kubeconfig",
        {
            "ca": authority(context),
            "server": given(lambda: row.server(cluster, node)),
            "cluster": given(lambda: cluster.name),
            "user": given(lambda: row.user(node)),
            "context": given(lambda: f"{row.user(node)}@{cluster.name}"),
            "certificate": Given(
                encode(keyring.certificate(row.name)),
                certs.unless_reused(context, row.name, (*issued.paths, TIME), "key", "validity"),
            ),
            "key": Given(encode(key), certs.key_paths(context, row.name)),
        },
    )


def authority(context: Context) -> Given[str]:
    """The certificate of the cluster's CA, as a kubeconfig holds it."""
    return Given(encode(context.secrets.keyring.decoded("ca").pem), certs.authority_paths(context, "ca"))


def encode(content: bytes) -> str:
    """Base64, as Go's JSON writes bytes."""
    return base64.b64encode(content).decode()


PHASES: tuple[Phase, ...] = tuple(Phase(f"kubeconfig/{row.phase}", row.summary, _kubeconfig(row)) for row in ROWS)
