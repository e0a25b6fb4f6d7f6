# SPDX-License-Identifier: Apache-2.0
"""kubeadm's own validation of configurations, as pure functions over defaulted documents.

Each function takes documents as plain dicts in v1beta4 shape, with defaults filled in and names
normalised (node name lower-cased, API server names lower-cased, CRI socket with its scheme), and
yields every problem. A problem's path is kubeadm's, plus the index of a list's item or the key of
a map where kubeadm names only the whole. The rules are those of
cmd/kubeadm/app/apis/kubeadm/validation/validation.go and of the checks that cmd/init.go and
cmd/join.go make before any phase. Nothing here looks at a machine, so where kubeadm would ask the
host (its name, its addresses, a discovery file) the value has to be given or is taken on trust.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kgen.config.rules.cluster import cluster_configuration
from kgen.config.rules.fields import Field
from kgen.config.rules.tokens import bootstrap_tokens, discovery
from kgen.config.rules.values import (
    absolute_path,
    api_endpoint,
    certificate_key,
    cri_socket,
    ignored_errors,
    node_registration,
    pull_policy,
)
from kgen.errors import Problem
from kgen.releases import Release

UNMOUNT_FLAGS = ("MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW")

Document = Mapping[str, Any]


def init(init: Document, cluster: Document, release: Release) -> Iterator[Problem]:
    """Problems of an InitConfiguration with its ClusterConfiguration for one kubeadm release."""
    field = Field("InitConfiguration", init)
    yield from node_registration(field["nodeRegistration"])
    yield from bootstrap_tokens(field["bootstrapTokens"])
    yield from cluster_configuration(Field("ClusterConfiguration", cluster), release)
    yield from api_endpoint(field["localAPIEndpoint"])
    yield from certificate_key(field["certificateKey"])


def join(join: Document) -> Iterator[Problem]:
    """Problems of a JoinConfiguration."""
    field = Field("JoinConfiguration", join)
    yield from discovery(field["discovery"])
    yield from node_registration(field["nodeRegistration"])
    control_plane = field["controlPlane"]
    if control_plane.given:
        yield from api_endpoint(control_plane["localAPIEndpoint"])
        yield from certificate_key(control_plane["certificateKey"])
    ca = field["caCertPath"]
    if not ca.text.startswith("/") or not ca.text.endswith(".crt"):
        yield ca.problem("ca-certificate-path", f"{ca.text!r} is not an absolute path to a .crt file", "/…/ca.crt")


def reset(reset: Document) -> Iterator[Problem]:
    """Problems of a ResetConfiguration."""
    field = Field("ResetConfiguration", reset)
    yield from cri_socket(field["criSocket"])
    yield from absolute_path(field["certificatesDir"])
    for flag in field["unmountFlags"]:
        if flag.text not in UNMOUNT_FLAGS:
            what = f"{flag.text!r} is not an unmount flag"
            yield flag.problem("unmount-flag", what, "one of " + ", ".join(UNMOUNT_FLAGS))
    yield from ignored_errors(field["ignorePreflightErrors"])


def upgrade(upgrade: Document) -> Iterator[Problem]:
    """Problems of an UpgradeConfiguration."""
    field = Field("UpgradeConfiguration", upgrade)
    for command in (field["apply"], field["node"]):
        if command["patches"].given:
            yield from absolute_path(command["patches"]["directory"])
        yield from pull_policy(command["imagePullPolicy"])
    for command in (field["apply"], field["node"], field["plan"]):
        yield from ignored_errors(command["ignorePreflightErrors"])
