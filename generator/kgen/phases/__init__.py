# SPDX-License-Identifier: Apache-2.0
"""The phases of `kubeadm init`, in its order (kubeadm app/cmd/init.go). Names are kubeadm's own."""

from __future__ import annotations

from collections.abc import Iterable

from kgen.phases import (
    addon,
    bootstrap_token,
    certs,
    control_plane,
    etcd,
    kubeconfig,
    kubelet_start,
    mark_control_plane,
    upload_certs,
    upload_config,
)
from kgen.phases.interface import Phase

PHASES: tuple[Phase, ...] = (
    Phase("preflight", "nothing: checks of a real host"),
    *certs.PHASES,
    *kubeconfig.PHASES,
    *etcd.PHASES,
    *control_plane.PHASES,
    *kubelet_start.PHASES,
    Phase(
        "wait-control-plane",
        "nothing by itself; as the first phase that uses the API it makes admin.conf's group cluster administrators",
        uses_api=True,
    ),
    *upload_config.PHASES,
    *upload_certs.PHASES,
    *mark_control_plane.PHASES,
    *bootstrap_token.PHASES,
    Phase(
        "kubelet-finalize/enable-client-cert-rotation",
        "nothing: points kubelet.conf at a running kubelet's own certificate",
    ),
    *addon.PHASES,
    Phase("show-join-command", "the commands with which further nodes join, on standard output"),
)

JOIN_COMMAND_NEEDS = frozenset({"bootstrap-token", "upload-certs"})
"""Phases without which kubeadm refuses to show the join command (cmd/phases/init/showjoincommand.go)."""

NAMES: frozenset[str] = frozenset(phase.name for phase in PHASES)


_ALL: frozenset[str] = frozenset(
    f"{group}/all" for group in ("addon", "certs", "control-plane", "kubeconfig", "kubelet-finalize", "upload-config")
)
"""Sub-phases that stand for all others when they are run, and for nothing when they are skipped (cmd/phases/init)"""

SKIPPABLE: frozenset[str] = NAMES | _ALL | {name.partition("/")[0] for name in NAMES}
"""All that kubeadm takes as a phase to skip, just as it is written here (cmd/phases/workflow/runner.go)"""


def skipped(names: Iterable[str]) -> frozenset[str]:
    """What kubeadm leaves out for these phases of SKIPPABLE: each with all its sub-phases."""
    return frozenset(phase for name in names for phase in NAMES if phase == name or phase.startswith(f"{name}/"))


def expand(names: Iterable[str]) -> frozenset[str]:
    """These phases with all their sub-phases; ValueError for a name that kubeadm does not have."""
    found: set[str] = set()
    for name in names:
        wanted = name.removesuffix("/all").lower()
        matching = [phase for phase in NAMES if phase == wanted or phase.startswith(f"{wanted}/")]
        if not matching:
            raise ValueError(f"there is no phase {name!r}; kgen phases lists them")
        found.update(matching)
    return frozenset(found)
