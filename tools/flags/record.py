# SPDX-License-Identifier: Apache-2.0
"""Writes schema/flags/<minor>/<component>.json and schema/flags/etcd/<minor>.json: the flags and feature gates of
the programs that kubeadm runs.

    python tools/flags/record.py            rewrite all files
    python tools/flags/record.py --check    exit 1 if a file in the checkout is not what the programs say

Each directory beside this file that has a go.mod is a minor of Kubernetes, each one in etcd/ a minor of etcd. Needs
Go. The program is the component's own code, built with a tag out of COMPONENTS; the first build of a minor takes some
ten minutes, because it compiles most of Kubernetes. To add a minor, copy the last go.mod, change its versions, and
`go mod tidy` it beside the *.go files.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FLAGS = HERE.parents[1] / "schema" / "flags"
COMPONENTS = {
    "kube-apiserver": "apiserver",
    "kube-controller-manager": "controllermanager",
    "kube-scheduler": "scheduler",
    "kubelet": "kubelet",
    "kube-proxy": "proxy",
}
"""Component to the build tag that chooses it"""
ETCD = "go.etcd.io/etcd/server/v3"
_EXPORT = """package etcdmain

import "flag"

func FlagSet() *flag.FlagSet { return newConfig().cf.flagSet }
"""
"""etcd keeps its flag set to itself; this is put into a copy of its module."""


def kubernetes(minor: str) -> Iterator[tuple[Path, str]]:
    """Place below schema/flags and text of each component of a Kubernetes minor."""
    with tempfile.TemporaryDirectory() as name:
        directory = _sources(HERE / minor, Path(name), without="etcd.go")
        version = _version(directory, "k8s.io/kubernetes")
        for component, tag in COMPONENTS.items():
            yield Path(minor, f"{component}.json"), _text(component, version, _run(directory, tag))


def etcd(minor: str) -> Iterator[tuple[Path, str]]:
    """Place below schema/flags and text of an etcd minor."""
    with tempfile.TemporaryDirectory() as name:
        directory = _sources(HERE / "etcd" / minor, Path(name), without="kubernetes.go")
        module = json.loads(_go(directory, "mod", "download", "-json", ETCD))
        copy = shutil.copytree(module["Dir"], directory / "server", copy_function=shutil.copyfile)
        for folder in (copy, *copy.rglob("*/")):
            folder.chmod(0o755)
        (copy / "etcdmain" / "flagset.go").write_text(_EXPORT)
        _go(directory, "mod", "edit", f"-replace={ETCD}=./server")
        yield Path("etcd", f"{minor}.json"), _text("etcd", module["Version"], _run(directory, "etcd"))


def _sources(module: Path, directory: Path, without: str) -> Path:
    for source in (*HERE.glob("*.go"), *module.glob("go.*")):
        if source.name != without:
            shutil.copy(source, directory)
    return directory


def _version(directory: Path, module: str) -> str:
    return _go(directory, "list", "-m", "-f", "{{.Version}}", module).strip()


def _run(directory: Path, tag: str) -> dict[str, Any]:
    _go(directory, "build", "-tags", tag, "-ldflags=-s -w", "-o", "facts", ".")
    facts: dict[str, Any] = json.loads(subprocess.run([directory / "facts"], stdout=subprocess.PIPE, check=True).stdout)
    return facts


def _go(directory: Path, *arguments: str) -> str:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    command = ["go", *arguments]
    return subprocess.run(command, cwd=directory, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def _text(component: str, version: str, facts: dict[str, Any]) -> str:
    """JSON with one line for each flag and gate, so that a difference between two recordings can be read."""
    parts = [f' "component": {json.dumps(component)}', f' "version": {json.dumps(version)}']
    for name, value in facts.items():
        if isinstance(value, dict):
            lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value[key])}" for key in sorted(value))
            parts.append(f" {json.dumps(name)}: {{\n{lines}\n }}")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(sorted(value))}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> int:
    """Record, or check what is recorded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file is out of date")
    parser.add_argument("minors", nargs="*", help="only these, e.g. 1.37 etcd/3.7")
    arguments = parser.parse_args()
    known = sorted(path.parent.relative_to(HERE).as_posix() for path in HERE.rglob("go.mod"))
    stale = 0
    for minor in arguments.minors or known:
        programs = etcd(minor.removeprefix("etcd/")) if minor.startswith("etcd/") else kubernetes(minor)
        for place, text in programs:
            file = FLAGS / place
            if file.is_file() and file.read_text() == text:
                continue
            stale += 1
            print(f"{place}: {'differs' if arguments.check else 'written'}")
            if not arguments.check:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
