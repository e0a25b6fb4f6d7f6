# SPDX-License-Identifier: Apache-2.0
"""Whole clusters of two hosts: one that kgen render and kgen apply make, and one that the real kubeadm init makes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from e2e import node, trees
from e2e.kubectl import Kubectl
from e2e.lab import Completed, Host, Lab
from e2e.programs import build
from e2e.trees import Rendered

IGNORED = "SystemVerification"
"""The preflight check that machines with cgroup v1 do not pass"""
_PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr", "crictl", "kubeadm", "kubectl", "kubelet", "etcdctl")


@dataclass(slots=True)
class Cluster:
    """A running cluster, its control plane on cp-1 and a worker w-1."""

    lab: Lab
    rendered: Rendered = field(repr=False)
    """Of the cluster that kubeadm made: only what its configuration renders to, nothing it runs with"""
    admin: Kubectl
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each step took"""
    said: dict[str, Completed] = field(default_factory=dict, repr=False)
    """What each step said"""

    @property
    def first(self) -> Host:
        """The control-plane host."""
        return self.lab.hosts["cp-1"]

    @property
    def worker(self) -> Host:
        """The other host."""
        return self.lab.hosts["w-1"]

    @contextlib.contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long a step takes."""
        started = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - started
        print(f"{step}: {self.seconds[step]:.1f} s", flush=True)

    def join(self, command: list[str]) -> None:
        """Join w-1 with the command that was printed, word by word, and wait until all is Ready."""
        with self.timed("kubeadm join"):
            self.said["join"] = self.worker.run(*command, f"--ignore-preflight-errors={IGNORED}", timeout=400)
        with self.timed("all Ready"):
            self.admin("wait", "--for=condition=Ready", "node", "--all", "--timeout=240s")
            self.admin("rollout", "status", "-n", "kube-system", "deployment/coredns", "--timeout=240s")
            self.admin("rollout", "status", "-n", "kube-system", "daemonset/kube-proxy", "--timeout=240s")


@contextlib.contextmanager
def hosts(place: Path, archives: dict[str, Path], minor: str = build.NEWEST) -> Iterator[Lab]:
    """Two prepared hosts, cp-1 and w-1, without a cluster."""
    with Lab(place, [build.program(name, minor) for name in _PROGRAMS]) as lab:
        share(lab, archives)
        lab.add(cp_1=trees.ADDRESS, w_1="192.0.2.20")
        node.open_ssh(lab)
        node.prepare(lab, archives)
        yield lab


def share(lab: Lab, archives: dict[str, Path]) -> None:
    """Let the hosts see the image archives."""
    directory = lab.shared / "images"
    directory.mkdir()
    for archive in archives.values():
        (directory / archive.name).hardlink_to(archive)


def by_kgen(lab: Lab, config: str) -> Cluster:
    """Render, apply over SSH, wait for Ready; then join w-1."""
    rendered = trees.render(config, lab.directory / "kgen", "--upload-certs")
    cluster = Cluster(lab, rendered, Kubectl(lab, rendered.tree / "admin.conf"))
    node.install_kubelet_unit(cluster.worker, rendered.tree)
    with cluster.timed("kgen apply"):
        cluster.said["apply"] = trees.apply(lab, rendered.tree, "--yes")
    with cluster.timed("cp-1 Ready"):
        cluster.admin("wait", "--for=condition=Ready", "node/cp-1", "--timeout=240s")
    cluster.join(rendered.join)
    return cluster


def by_kubeadm(lab: Lab, config: str) -> Cluster:
    """The reference: the real kubeadm init with the same configuration, then the join it printed."""
    rendered = trees.render(config, lab.directory / "kgen")
    host = lab.hosts["cp-1"]
    for each in lab.hosts.values():
        node.install_kubelet_unit(each, rendered.tree)
    host.write("/root/cluster.yaml", config, 0o600)
    kubeconfig = lab.directory / "admin.conf"
    cluster = Cluster(lab, rendered, Kubectl(lab, kubeconfig))
    with cluster.timed("kubeadm init"):
        words = (
            "kubeadm",
            "init",
            "--config=/root/cluster.yaml",
            "--upload-certs",
            f"--ignore-preflight-errors={IGNORED}",
        )
        cluster.said["init"] = host.run(*words, timeout=600)
    kubeconfig.touch(0o600)
    kubeconfig.write_text(host.read("/etc/kubernetes/admin.conf"))
    with cluster.timed("cp-1 Ready"):
        cluster.admin("wait", "--for=condition=Ready", "node/cp-1", "--timeout=240s")
    cluster.join(trees.join_command(cluster.said["init"].stdout))
    return cluster
