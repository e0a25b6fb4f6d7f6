# SPDX-License-Identifier: Apache-2.0
"""How long kgen apply takes, beside kubeadm init on such hosts in the same run: PYTHONPATH=tests python -m e2e.bench

The files of one node go to 1, 3 and 20 hosts at once; all objects are posted to a fresh API server; and a whole
control plane is made Ready by both programs in turn. Figures are seconds, of one run each.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from e2e import cluster, images, node, processes, trees
from e2e.kubectl import Kubectl
from e2e.lab import Lab
from e2e.programs import build

_HOSTS = (1, 3, 20)


def main() -> None:
    """Measure all and print a line each."""
    with tempfile.TemporaryDirectory(prefix="kgen-bench-") as directory:
        place = Path(directory)
        for count in _HOSTS:
            files(place / f"files-{count}", count)
        objects(place / "objects")
        ready(place / "ready")


def files(place: Path, count: int) -> None:
    """kgen apply --only files to so many hosts, and once more."""
    names = [f"cp-{number + 1}" for number in range(count)]
    addresses = {name.replace("-", "_"): f"192.0.2.{10 + number}" for number, name in enumerate(names)}
    tree = spread(trees.render(trees.config(build.version("kubelet")), place).tree, list(addresses.values()))
    with Lab(place / "lab", []) as lab:
        lab.add(**addresses)
        node.open_ssh(lab)
        options = ("--only", "files", "--yes", "--ignore-preflight-errors=all")
        total = len(json.loads((tree / "kgen.json").read_text())["files"])
        say(f"kgen apply of {total} files to {count} hosts", lambda: trees.apply(lab, tree, *options))
        say("  once more, nothing to change", lambda: trees.apply(lab, tree, *options))


def spread(tree: Path, addresses: list[str]) -> Path:
    """Give the files of the tree's one node to more nodes as well: nobody runs with them, they are only carried."""
    index = json.loads((tree / "kgen.json").read_text())
    own = list(index["files"])
    for number, address in enumerate(addresses[1:], 2):
        name = f"cp-{number}"
        directory = f"nodes/{name}"
        index["nodes"].append({"name": name, "role": "control-plane", "address": address, "directory": directory})
        for file in own:
            content = (tree / file["path"]).read_bytes()
            copy = tree / directory / file["path"]
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy.touch(0o600)
            copy.write_bytes(content)
            sum_ = hashlib.sha256(content).hexdigest()
            index["files"].append({**file, "path": f"{directory}/{file['path']}", "node": name, "sha256": sum_})
    (tree / "kgen.json").write_text(json.dumps(index, indent=2) + "\n")
    return tree


def objects(place: Path) -> None:
    """All objects to an API server that has none of them."""
    rendered = trees.render(trees.config(build.version("kubelet")), place)
    programs = [build.program(name) for name in (*build.SETS["processes"], "kubectl")]
    with Lab(place / "lab", programs) as lab:
        lab.add(cp_1=trees.ADDRESS)
        processes.install(lab.hosts["cp-1"], rendered.tree)
        processes.start(lab.hosts["cp-1"], rendered.tree)
        Kubectl(lab, rendered.tree / "super-admin.conf").wait_ready(180)
        options = ("--only", "objects", "--skip-phases", "mark-control-plane", "--yes")
        count = len(json.loads((rendered.tree / "kgen.json").read_text())["objects"]) - 1
        say(f"kgen apply of {count} objects", lambda: trees.apply(lab, rendered.tree, *options))
        say("  once more, nothing to change", lambda: trees.apply(lab, rendered.tree, *options))


def ready(place: Path) -> None:
    """From nothing to a Ready node, by kubeadm init and by kgen apply."""
    place.mkdir()
    archives = images.write_all(place / "images")
    config = trees.config(build.version("kubelet"))
    for name, make in (("kubeadm init", cluster.by_kubeadm), ("kgen apply", cluster.by_kgen)):
        with cluster.hosts(place / name.replace(" ", "-"), archives) as lab:
            made = make(lab, config)
            print(f"{name}, until cp-1 is Ready: {made.seconds[name] + made.seconds['cp-1 Ready']:.1f} s", flush=True)


def say(what: str, do: Callable[[], object]) -> None:
    """Do it and tell how long it took."""
    started = time.monotonic()
    do()
    print(f"{what}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
