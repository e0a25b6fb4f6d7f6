# SPDX-License-Identifier: Apache-2.0
"""What a cluster needs in certificates and keys, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from kgen.pki import Profile


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """A certificate, with its key, that the cluster needs."""

    name: str
    """Of its files below pki/ without suffix, or of its kubeconfig: `ca`, `etcd/server`, `admin.conf`."""
    profile: Profile
    period: timedelta
    """It ends this long after the start."""
    authority: str | None = None
    """Name of the CA that signs it; None for a self-signed CA."""
    not_before: Literal["backdated", "authority"] = "backdated"
    """Five minutes before the start (everything in pki/), or when the CA begins (clients in kubeconfigs)."""
    kind: Literal["pki", "kubeconfig"] = "pki"
    server: str = ""
    """For a kubeconfig: the URL it should have; another one in a given file is remarked on. Empty: not compared."""


@dataclass(frozen=True, slots=True)
class KeyPairSpec:
    """A key pair without certificate that the cluster needs: `sa`."""

    name: str
    authority: str
    """kubeadm makes no such pair while this CA is external (cmd/phases/init/certs.go, runCertsSa)."""


Spec = CertificateSpec | KeyPairSpec
