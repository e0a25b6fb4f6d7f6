# SPDX-License-Identifier: Apache-2.0
"""Trees for the tests of the site, rendered in memory."""

from __future__ import annotations

import functools
from datetime import UTC, datetime

import kgen
from helpers import CannedKeys
from kgen.explain.view import View, view
from kgen.sinks.earlier import Earlier

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINIMAL = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: cp-1}
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
encryptionAlgorithm: ECDSA-P256
"""


@functools.cache
def rendered(text: str = MINIMAL, minor: str = "1.37") -> Earlier:
    """The tree of a configuration, as if it had been written and read back."""
    cluster = kgen.load([("cluster.yaml", text.encode())], kubeadm=minor)
    secrets = kgen.gather(cluster, keys=CannedKeys(), start=NOW, random=lambda count: b"k" * count)
    return Earlier.of(kgen.plan(cluster, secrets))


def seen(text: str = MINIMAL, minor: str = "1.37") -> View:
    """The same as the site sees it."""
    return view(rendered(text, minor))
