# SPDX-License-Identifier: Apache-2.0
"""Build the real kubeadm of every minor into the cache: PYTHONPATH=tests python -m conformance.build

The module files under kubeadm/<minor>/ pin every source line that goes in; `-mod=readonly` refuses
anything else. What is in the cache already is left alone.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
MINORS = tuple(sorted(directory.name for directory in (HERE / "kubeadm").iterdir()))


def cache() -> Path:
    """Where built programs are kept: $KGEN_CACHE, or .cache in the checkout."""
    return Path(os.environ.get("KGEN_CACHE", HERE.parents[1] / ".cache")).absolute()


def version(minor: str) -> str:
    """The pinned release of a minor with its `v`, as the module file says it."""
    found = re.search(r"^require k8s\.io/kubernetes (v\S+)$", (HERE / "kubeadm" / minor / "go.mod").read_text(), re.M)
    if found is None:
        raise LookupError(f"no k8s.io/kubernetes in kubeadm/{minor}/go.mod")
    return found[1]


def program(release: str) -> Path:
    """Where the kubeadm of a release (`v1.37.2`) is kept."""
    return cache() / "kubeadm" / release.removeprefix("v") / "kubeadm"


@functools.cache
def kubeadm(minor: str) -> Path:
    """The program of this minor; built if it is not in the cache."""
    release = version(minor)
    built = program(release)
    if not built.exists():
        go_build(HERE / "kubeadm" / minor, "k8s.io/kubernetes/cmd/kubeadm", built, stamps(release))
    said = subprocess.run([built, "version", "-o", "short"], capture_output=True, text=True, check=True).stdout.strip()
    if said != release:
        raise LookupError(f"{built} says it is {said}, not {release}; remove it")
    return built


@functools.cache
def systemctl() -> Path:
    """The stand-in for systemctl that recordings run with."""
    built = cache() / "systemctl"
    if not built.exists():
        go_build(HERE / "systemctl", ".", built)
    return built


def stamps(release: str) -> str:
    """The linker flags by which a Kubernetes program learns its release (`v1.37.2`)."""
    _, number, _ = release.split(".")
    facts = {"gitVersion": release, "gitMajor": "1", "gitMinor": number, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(f"-X {package}.{fact}={value}" for package in packages for fact, value in facts.items())


def go_build(module: Path, package: str, target: Path, stamps: str = "", command: tuple[str, ...] = ("build",)) -> None:
    """Run `go build`, beside the target and then renamed, so that an interrupted build leaves nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".unfinished")
    flags = ["-mod=readonly", "-buildvcs=false", f"-ldflags=-s -w {stamps}"]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""}
    subprocess.run(["go", *command, *flags, "-o", unfinished, package], cwd=module, env=environment, check=True)
    unfinished.rename(target)


if __name__ == "__main__":
    print(systemctl())
    for each in MINORS:
        print(kubeadm(each))
