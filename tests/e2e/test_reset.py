# SPDX-License-Identifier: Apache-2.0
"""kgen reset of the whole cluster, beside the real kubeadm reset. It comes last: the clusters are gone after it."""

from __future__ import annotations

import pytest

from e2e import trees
from e2e.cluster import Cluster
from e2e.lab import Host

pytestmark = pytest.mark.e2e


def test_it_leaves_what_kubeadm_reset_leaves(by_kgen: Cluster, by_kubeadm: Cluster) -> None:
    """On both hosts the same files are left, no container runs, and the kubelet is stopped."""
    reset = [*trees.KGEN, "reset", "192.0.2.20", trees.ADDRESS, "--yes"]
    by_kgen.lab.admin(*reset, "--ssh-config", by_kgen.lab.directory / "ssh_config", **trees.environment())
    for host in by_kubeadm.lab.hosts.values():
        host.run("kubeadm", "reset", "--force")
    for name, host in by_kgen.lab.hosts.items():
        assert _left(host) == _left(by_kubeadm.lab.hosts[name])
        assert host.run("crictl", "ps", "--all", "--quiet").stdout == ""
        assert host.run("systemctl", "is-active", "kubelet", check=False).stdout.strip() == "inactive"


def test_the_same_tree_makes_the_cluster_again(by_kgen: Cluster) -> None:
    """After a reset kgen apply begins anew, with the same certificates."""
    trees.apply(by_kgen.lab, by_kgen.rendered.tree, "--yes")
    by_kgen.admin("wait", "--for=condition=Ready", "node/cp-1", "--timeout=240s")


def _left(host: Host) -> list[str]:
    find = "find /etc/kubernetes /var/lib/kubelet /var/lib/etcd -printf '%y %m %u:%g %p\\n'"
    return sorted(host.run("sh", "-c", find).stdout.splitlines())
