# SPDX-License-Identifier: Apache-2.0
"""Paths on the hosts that are rendered for, joined as Go's path/filepath does, and the fixed ones of kubeadm.

app/constants/constants.go. The machine that kgen runs on plays no part.
"""

from __future__ import annotations

import posixpath

KUBERNETES = "/etc/kubernetes"
MANIFESTS = "/etc/kubernetes/manifests"
KUBELET = "/var/lib/kubelet"
FLEXVOLUMES = "/usr/libexec/kubernetes/kubelet-plugins/volume/exec"
CA_CERTIFICATES = "/etc/ssl/certs"
CA_DIRECTORIES = (
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
)
"""Where a host may keep the certificates that CA_CERTIFICATES links to; mounted if they exist
(app/phases/controlplane/volumes.go caCertsExtraVolumePaths)."""


def join(directory: str, *names: str) -> str:
    """`directory/name`, without double slashes or dots (filepath.Join)."""
    return clean("/".join([directory, *names]))


def clean(path: str) -> str:
    """The shortest path that means the same (filepath.Clean); `.` for an empty one."""
    text = posixpath.normpath(path)
    return "/" + text.lstrip("/") if text.startswith("//") else text
