# SPDX-License-Identifier: Apache-2.0
"""Time of building the site: python tests/bench/site.py [--runs N]

The example; a tree of several control-plane nodes, with 300 pages and more; and the example again after an edit of
its configuration, in the process that has built it, as `mkdocs serve` does. Whole processes but for the last. Every
figure is a median; in parentheses, seconds of CPU, which other work on the machine spoils less.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import kgen
from kgen.sinks import write
from kgen.tree import Artifact, File, Node, Tree

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "minimal.yaml"
MORE_NODES = 5
AIMS = {"example": 6.0, "300 pages": 12.0}

REBUILD = """
import os, re, sys, time
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config
example = Path("examples/minimal.yaml")
text = example.read_text()
def made():
    build(load_config("mkdocs.yml"))
    return re.search("(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", Path("public/artifacts/pki/ca.crt.html").read_text())[0]
before = made()
example.write_text(text.replace("10.244.0.0/16", "10.245.0.0/16"))
wall, cpu = time.perf_counter(), time.process_time()
after = made()
print(time.perf_counter() - wall, time.process_time() - cpu)
example.write_text(text)
if before != after:
    sys.exit("the keys were made anew")
if "10.245.0.0/16" not in Path("public/index.html").read_text():
    sys.exit("the edit does not show")
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="kgen-bench-") as scratch:
        place = Path(scratch)
        example = _example()
        write(example, str(place / "example"))
        write(_larger(example), str(place / "larger"))
        rows = {
            "example": [_build(place / "example", place / "public") for _ in range(runs)],
            "300 pages": [_build(place / "larger", place / "public-larger") for _ in range(runs)],
            "example, rebuilt after an edit": [_rebuild(place / f"checkout-{run}") for run in range(runs)],
        }
        pages = {"example": _pages(place / "public"), "300 pages": _pages(place / "public-larger")}
    for name, measured in rows.items():
        wall, cpu = (statistics.median(column) for column in zip(*measured, strict=True))
        count = f", {pages[name]} pages" if name in pages else ""
        aim = f"; aim {AIMS[name]:.0f} s on two idle cores" if name in AIMS else ""
        print(f"{name}{count}: {wall:.1f} s ({cpu:.1f} s){aim}")


def _example() -> Tree:
    cluster = kgen.load([(EXAMPLE.name, EXAMPLE.read_bytes())])
    with kgen.ThreadedKeys() as keys:
        secrets = kgen.gather(cluster, keys=keys, start=datetime.now(UTC), random=os.urandom)
    return kgen.plan(cluster, secrets)


def _larger(tree: Tree) -> Tree:
    """The tree with more control-plane nodes, whose files are those of the first."""
    nodes, artifacts = list(tree.nodes), list[Artifact](tree.artifacts)
    for number in range(2, MORE_NODES + 2):
        name = f"cp-{number}"
        nodes.append(Node(name, "control-plane", f"192.0.2.{10 + number}", f"nodes/{name}"))
        artifacts += [_copy(file, name) for file in tree.files]
    return dataclasses.replace(tree, nodes=tuple(nodes), artifacts=tuple(artifacts))


def _copy(file: File, node: str) -> File:
    return dataclasses.replace(file, node=node, path=f"nodes/{node}/{file.path}")


def _build(tree: Path, output: Path) -> tuple[float, float]:
    """Seconds, and seconds of CPU, of `kgen site`."""
    before, began = _children(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "kgen", "site", tree, "-o", output], cwd=ROOT, check=True, capture_output=True
    )
    return time.perf_counter() - began, _children() - before


def _rebuild(checkout: Path) -> tuple[float, float]:
    """The same of a second build in one process, after an edit."""
    (checkout / "examples").mkdir(parents=True)
    for name in ("site", "templates"):
        (checkout / name).symlink_to(ROOT / name)
    for name in ("mkdocs.yml", "examples/minimal.yaml"):
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "KGEN_TREE": ""}
    command = [sys.executable, "-c", REBUILD]
    done = subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, text=True)
    wall, cpu = map(float, done.stdout.split()[-2:])
    return wall, cpu


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pages(site: Path) -> int:
    return sum(1 for _ in site.rglob("*.html")) - 1


if __name__ == "__main__":
    main()
