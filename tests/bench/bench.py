# SPDX-License-Identifier: Apache-2.0
"""Time and memory of kgen beside the real kubeadm, in one run: python tests/bench/bench.py [--runs N]

Whole processes are timed, kgen and kubeadm in turn, each in a network namespace of its own with the node's name
as host name: with a network `kubeadm init --dry-run` waits ten seconds for look-ups, which nobody should win by.
Every figure is a median; in parentheses, seconds of CPU, which other work on the machine spoils less. The process
that renders many clusters is started like all the others.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).parents[1]
GENERATOR = TESTS.parent / "generator"
sys.path.insert(0, str(TESTS))

from conformance import build  # noqa: E402 (found by the line above)

CONFIG = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: cp-1}
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: %(version)s
encryptionAlgorithm: %(algorithm)s
networking: {podSubnet: 10.244.0.0/16}
"""

ALONE = ("unshare", "--map-root-user", "--net", "--uts", "--", "sh", "-c", 'hostname cp-1 && exec "$@"', "-")
MANY = 25
FLEET = f"""
import datetime, os, sys, time
import kgen
text = open(sys.argv[1], "rb").read()
start = datetime.datetime.now(datetime.UTC)
def render(number):
    cluster = kgen.load([("config.yaml", text.replace(b"cp-1", b"cp-%d" % number))])
    with kgen.ThreadedKeys() as keys:
        return kgen.plan(cluster, kgen.gather(cluster, keys=keys, start=start, random=os.urandom))
render(1)
began = time.perf_counter()
for number in range(2, {MANY} + 2):
    render(number)
print((time.perf_counter() - began) / {MANY})
"""


@dataclass
class Series:
    """One program that is run again and again."""

    command: Sequence[str]
    prepare: Callable[[], object] = lambda: None
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    mebibytes: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Run it once and note what it took."""
        self.prepare()
        with tempfile.TemporaryFile() as output:
            began = time.perf_counter()
            process = subprocess.Popen(
                [*ALONE, *self.command],
                env={"PATH": os.environ["PATH"], **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _, status, used = os.wait4(process.pid, 0)
            self.seconds.append(time.perf_counter() - began)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.processor.append(used.ru_utime + used.ru_stime)
            self.mebibytes.append(used.ru_maxrss / 1024)
            output.seek(0)
            self.said.append(output.read().decode(errors="replace"))
        if process.returncode:
            raise SystemExit(f"{' '.join(self.command)}\n{self.said[-1]}")

    @property
    def time(self) -> float:
        """Median of the seconds"""
        return statistics.median(self.seconds)

    @property
    def cell(self) -> str:
        """The seconds, and those of processors, of which there may be more than one at work"""
        return f"{self.time:.2f} s ({statistics.median(self.processor):.2f})"

    @property
    def memory(self) -> float:
        """Median of the peaks in MiB"""
        return statistics.median(self.mebibytes)


def series(directory: Path, kubeadm: Path, release: str) -> dict[str, Series]:
    """Everything that is measured, by name, in the order in which it is run."""
    found: dict[str, Series] = {}
    kgen = [sys.executable, "-m", "kgen"]
    python = {"PYTHONPATH": str(GENERATOR)}
    for algorithm in ("RSA-2048", "ECDSA-P256"):
        config = directory / f"{algorithm}.yaml"
        config.write_text(CONFIG % {"version": release, "algorithm": algorithm})
        out, dry_run = directory / f"kgen-{algorithm}", directory / f"kubeadm-{algorithm}"
        found[f"kgen {algorithm}"] = Series(
            [*kgen, "render", str(config), "-o", str(out)], _emptied(out), environment=python
        )
        found[f"kubeadm {algorithm}"] = Series(
            [str(kubeadm), "init", "--dry-run", "--skip-phases=preflight", f"--config={config}"],
            _emptied(dry_run, make=True),
            {"KUBEADM_INIT_DRYRUN_DIR": str(dry_run)},
        )
    again = [*kgen, "render", str(directory / "RSA-2048.yaml"), "-o", str(directory / "kgen-RSA-2048")]
    found["again"] = Series(again, environment=python)
    found["help"] = Series([*kgen, "--help"], environment=python)
    fleet = [sys.executable, "-c", FLEET, str(directory / "ECDSA-P256.yaml")]
    found["fleet"] = Series(fleet, environment=python)
    return found


def _emptied(place: Path, *, make: bool = False) -> Callable[[], object]:
    def empty() -> None:
        shutil.rmtree(place, ignore_errors=True)
        if make:
            place.mkdir()

    return empty


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    kgen: str
    kubeadm: str
    aim: str
    met: bool


def rows(found: Mapping[str, Series]) -> list[Row]:
    """The table."""
    rsa, rsa_kubeadm = found["kgen RSA-2048"], found["kubeadm RSA-2048"]
    ecdsa, ecdsa_kubeadm = found["kgen ECDSA-P256"], found["kubeadm ECDSA-P256"]
    again, usage = found["again"], found["help"]
    each = statistics.median(float(text) for text in found["fleet"].said)
    ratio = rsa.time / rsa_kubeadm.time
    return [
        Row(
            "one node, RSA-2048",
            rsa.cell,
            rsa_kubeadm.cell,
            f"at most 0.70 of it; is {ratio:.2f}",
            ratio <= 0.7,
        ),
        Row(
            "one node, ECDSA-P256",
            ecdsa.cell,
            ecdsa_kubeadm.cell,
            "under 0.35 s",
            ecdsa.time < 0.35,
        ),
        Row("again, keys kept", again.cell, "", "under 0.35 s", again.time < 0.35),
        Row("kgen --help", usage.cell, "", "under 0.15 s", usage.time < 0.15),
        Row("peak memory", f"{rsa.memory:.0f} MiB", f"{rsa_kubeadm.memory:.0f} MiB", "under 90 MiB", rsa.memory < 90),
        Row(
            f"one more of {MANY}, ECDSA-P256",
            f"{each * 1000:.0f} ms",
            f"{ecdsa_kubeadm.time * 1000:.0f} ms",
            "at most half of it",
            each <= ecdsa_kubeadm.time / 2,
        ),
    ]


def _line(*cells: str) -> str:
    widths = (27, 13, 13, 29, 6)
    return "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)) + " |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=7, help="how often each program is run (default: %(default)s)")
    runs = parser.parse_args().runs
    minor = build.MINORS[-1]
    with tempfile.TemporaryDirectory() as directory:
        found = series(Path(directory), build.kubeadm(minor), build.version(minor))
        for number in range(runs + 1):
            for each in found.values():
                each.run()
                if number == 0:  # the first round fills caches
                    for noted in (each.seconds, each.processor, each.mebibytes, each.said):
                        noted.clear()
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    print(f"kubeadm {build.version(minor)}; medians of {runs} runs in turn; {os.cpu_count()} CPUs, load {load}\n")
    print(_line("what", "kgen", "kubeadm", "aim", ""))
    print(_line(*("-" * width for width in (27, 13, 13, 29, 6))))
    for row in rows(found):
        print(_line(row.what, row.kgen, row.kubeadm, row.aim, "met" if row.met else "missed"))


if __name__ == "__main__":
    main()
