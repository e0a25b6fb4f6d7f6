# SPDX-License-Identifier: Apache-2.0
"""What the tests render, and how: the configuration of the lab's clusters, kgen render and kgen apply as programs."""

from __future__ import annotations

import base64
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from e2e.lab import Completed, Lab, run

ROOT = Path(__file__).parents[2]
KGEN = (sys.executable, "-m", "kgen")
ADDRESS = "192.0.2.10"
POD_SUBNET = "10.244.0.0/16"

_CONFIG = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: {address}
nodeRegistration:
  name: cp-1
{tokens}---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: {release}
networking:
  podSubnet: {pods}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false # the hosts of the lab have no other
imageGCHighThresholdPercent: 100 # the disk is the machine's, however full it is
evictionHard:
  memory.available: 100Mi
  nodefs.available: 500Mi
  imagefs.available: 500Mi
"""


def config(release: str, token: str = "") -> str:
    """The configuration of a lab cluster, for kgen and for kubeadm; without a token each makes its own."""
    tokens = f"bootstrapTokens:\n- token: {token}\n" if token else ""
    return _CONFIG.format(address=ADDRESS, release=release, pods=POD_SUBNET, tokens=tokens)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered tree, and what kgen said when it made it."""

    tree: Path
    said: str

    @property
    def join(self) -> list[str]:
        """The command that workers join with, as kgen printed it."""
        return join_command(self.said)

    @property
    def token(self) -> str:
        """The bootstrap token in the tree."""
        path = next(self.tree.glob("cluster/bootstrap-token-*.yaml"))
        data = yaml.safe_load(path.read_text())
        values = {**data.get("data", {}), **data.get("stringData", {})}
        return ".".join(_decoded(values[name]) for name in ("token-id", "token-secret"))


def join_command(said: str) -> list[str]:
    """The last `kubeadm join` in what a program printed, the one for workers, in words."""
    found = re.findall(r"^(kubeadm join (?:.*\\\n)*.*)$", said, re.M)
    assert found, said
    return str(found[-1]).replace("\\\n", " ").split()


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode()


def render(text: str, directory: Path, *options: str) -> Rendered:
    """kgen render of a configuration into `directory`/tree."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "cluster.yaml").write_text(text)
    argv = [*KGEN, "render", str(directory / "cluster.yaml"), "-o", str(directory / "tree")]
    done = run([*argv, *options], environment=environment())
    return Rendered(directory / "tree", done.stdout + done.stderr)


def apply(lab: Lab, tree: Path, *options: str, check: bool = True, timeout: float = 600) -> Completed:
    """kgen apply of a tree, from the network of the lab, with its ssh configuration if there is one."""
    argv = [*KGEN, "apply", str(tree), *options]
    ssh_config = lab.directory / "ssh_config"
    if ssh_config.exists():
        argv += ["--ssh-config", str(ssh_config)]
    return lab.admin(*argv, check=check, timeout=timeout, **environment())


def environment() -> dict[str, str]:
    """The caller's environment with this checkout's packages first."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("generator", "apply"))}
