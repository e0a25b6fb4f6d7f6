# SPDX-License-Identifier: Apache-2.0
"""The phases of `kubeadm init`, in its order (kubeadm app/cmd/init.go). Names are kubeadm's own."""

from __future__ import annotations

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
    wait_control_plane,
)
from kgen.phases.interface import Phase

PHASES: tuple[Phase, ...] = (
    Phase("preflight", "nothing: checks of a real host"),
    *certs.PHASES,
    *kubeconfig.PHASES,
    *etcd.PHASES,
    *control_plane.PHASES,
    *kubelet_start.PHASES,
    *wait_control_plane.PHASES,
    *upload_config.PHASES,
    *upload_certs.PHASES,
    *mark_control_plane.PHASES,
    *bootstrap_token.PHASES,
    Phase("kubelet-finalize/enable-client-cert-rotation", "nothing: points kubelet.conf at a running kubelet's own certificate"),
    *addon.PHASES,
    Phase("show-join-command", "the commands with which further nodes join, on standard output"),
)
