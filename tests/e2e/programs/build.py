# SPDX-License-Identifier: Apache-2.0
"""Build the real programs that the end-to-end tests run: PYTHONPATH=tests python -m e2e.programs.build [SET…]

The module files in this directory pin every source line that goes in; `-mod=readonly` refuses anything
else. Programs are kept in the cache under servers/<module>-<version>/, and built only if missing there.
"""

from __future__ import annotations

import functools
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from conformance import build as kubeadm_build

HERE = Path(__file__).parent
MINORS = tuple(sorted(directory.name for directory in (HERE / "kubernetes").iterdir()))
NEWEST = MINORS[-1]
ETCD = {"1.34": "3.6", "1.35": "3.6", "1.36": "3.6"}
"""The etcd minor that kubeadm's image list names for a Kubernetes minor; the newest etcd where nothing is said."""


@dataclass(frozen=True, slots=True)
class Program:
    """How one program is built."""

    module: str
    """Directory of its go.mod here; `@` is the minor."""
    package: str
    version: str
    """The module whose version is the program's; empty for what is written here."""
    command: tuple[str, ...] = ("build",)


def _kubernetes(package: str, command: tuple[str, ...] = ("build",)) -> Program:
    return Program("kubernetes/@", f"k8s.io/kubernetes/{package}", "k8s.io/kubernetes", command)


_CONTAINERD = "github.com/containerd/containerd/v2"
_CONTAINERD_BUILD = ("build", "-tags=no_btrfs no_devmapper no_zfs")

PROGRAMS = {
    **{
        name: _kubernetes(f"cmd/{name}")
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
    },
    "agnhost": _kubernetes("test/images/agnhost"),
    "e2e_kubeadm.test": _kubernetes("test/e2e_kubeadm", ("test", "-c")),
    "e2e.test": _kubernetes("test/e2e", ("test", "-c")),
    "etcd": Program("etcd/@", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
    "etcdctl": Program("etcd/@", "go.etcd.io/etcd/etcdctl/v3", "go.etcd.io/etcd/etcdctl/v3"),
    "coredns": Program("coredns", ".", "github.com/coredns/coredns"),
    **{
        name: Program("containerd", f"{_CONTAINERD}/cmd/{name}", _CONTAINERD, _CONTAINERD_BUILD)
        for name in ("containerd", "containerd-shim-runc-v2", "ctr")
    },
    "pause": Program("pause", ".", ""),
    "crictl": Program("crictl", "sigs.k8s.io/cri-tools/cmd/crictl", "sigs.k8s.io/cri-tools"),
}

SETS = {
    "processes": ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    "lab": tuple(name for name in PROGRAMS if name != "e2e.test"),
    "conformance": tuple(PROGRAMS),
}
"""What a kind of test needs: the control plane as processes; whole hosts; whole hosts and upstream's suite."""


def version(name: str, minor: str = NEWEST) -> str:
    """The pinned version of a program with its `v`, as the module file says it; empty if it is written here."""
    wanted = PROGRAMS[name].version
    if not wanted:
        return ""
    found = re.search(
        rf"^(?:require )?\s*{re.escape(wanted)} (v\S+)", (_module(name, minor) / "go.mod").read_text(), re.M
    )
    if found is None:
        raise LookupError(f"no {wanted} in {_module(name, minor)}/go.mod")
    return found[1]


@functools.cache
def program(name: str, minor: str = NEWEST) -> Path:
    """The program for a cluster of this minor; built if it is not in the cache."""
    if name == "kubeadm":
        return kubeadm_build.kubeadm(minor)
    kind, release = PROGRAMS[name], version(name, minor)
    directory = "-".join(part for part in (kind.module.split("/")[0], release.removeprefix("v")) if part)
    built = kubeadm_build.cache() / "servers" / directory / name
    if not built.exists():
        started = time.monotonic()
        stamps = kubeadm_build.stamps(release) if kind.version == "k8s.io/kubernetes" else ""
        kubeadm_build.go_build(_module(name, minor), kind.package, built, stamps, kind.command)
        print(f"{name} {release} built in {time.monotonic() - started:.0f} s", flush=True)
    return built


def _module(name: str, minor: str) -> Path:
    module = PROGRAMS[name].module
    if module.startswith("etcd/"):
        minor = ETCD.get(minor, max(directory.name for directory in (HERE / "etcd").iterdir()))
    return HERE / module.replace("@", minor)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ("conformance",):
        name, _, minor = chosen.partition("@")
        for each in SETS[name]:
            print(program(each, minor or NEWEST), flush=True)
