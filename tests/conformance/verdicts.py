# SPDX-License-Identifier: Apache-2.0
"""Compare kgen validate with the real programs: python tests/conformance/verdicts.py [--mutants N] [MINOR...]

Every file of the corpus is given to `kubeadm config validate` of every minor, and so are N files with values changed
at random. A verdict that differs, now or from what is on record, is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

if __package__ in (None, ""):
    sys.path[:0] = [str(Path(__file__).parents[2] / "generator"), str(Path(__file__).parents[1])]

from config.test_validate import VERDICTS
from config.test_verdicts import DELIBERATE, OUTCOMES, REPORTS, outcome
from conformance import build
from conformance.cases import cases
from conformance.mutants import mutants
from kgen.config.validate import check

ONLY_INIT = {
    "extra/kube-proxy-line-separator.yaml": "kubeadm config validate reads it, and kubeadm init cannot write it",
    "extra/kubelet-key-merge.yaml": "the same",
}
"""Files that kgen refuses and kubeadm config validate accepts, and why; kubeadm init refuses them."""

_FILE_OF_THE_HOST = "not a valid HTTPS URL or a file on disk"
"""What kubeadm says about a discovery file that is not there. kgen looks at no host."""

Input = tuple[str, bytes]


def inputs(minor: str, count: int, seed: int) -> Iterator[Input]:
    """What to give to a kubeadm: name and content."""
    release = build.version(minor)
    yield from ((name, (REPORTS / name).read_bytes()) for name in OUTCOMES)
    yield from ((name, case["text"].encode()) for name, case in VERDICTS.items())
    for case in cases():
        if case.config and not case.config.startswith("reports/"):
            yield case.config, case.text(release).encode(errors="surrogateescape")
    for number, text in enumerate(itertools.islice(mutants(seed, minor), count)):
        yield f"mutant {seed}/{number}", text


def kubeadm(minor: str, text: bytes) -> tuple[bool, str]:
    """Whether kubeadm accepts it, and what it says. It runs without a network, on a host without addresses."""
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            ["unshare", "--map-root-user", "--net", build.kubeadm(minor), "config", "validate", "--config", file.name],
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=120,
            check=False,
        )
    return done.returncode == 0, " ".join(line for line in done.stderr.splitlines() if line.startswith("error"))


def on_record(name: str, minor: str) -> bool | None:
    """The verdict that the tests know of, if there is one."""
    if name in OUTCOMES:
        return outcome(name, minor)[0]
    return minor in VERDICTS[name]["accepted"] if name in VERDICTS else None


def differences(minor: str, given: Input) -> list[str]:
    """Lines about what is not as it should be, for one file."""
    name, text = given
    accepted, error = kubeadm(minor, text)
    recorded = on_record(name, minor)
    found = check([(name, text)], kubeadm=minor)
    lines = []
    if recorded not in (None, accepted):
        lines.append(f"{minor} {name}: on record is {_verdict(recorded)}, kubeadm has {_verdict(accepted)}: {error}")
    if found.accepted != accepted and name not in DELIBERATE | ONLY_INIT and _FILE_OF_THE_HOST not in error:
        lines.append(f"{minor} {name}: kgen has {_verdict(found.accepted)}, kubeadm {_verdict(accepted)}: {error}")
        lines += [f"    {problem}" for problem in found.problems]
        if name.startswith("mutant"):
            lines += [f"    | {line}" for line in text.decode().splitlines()]
    return lines


def _verdict(accepted: bool | None) -> str:
    return "ok" if accepted else "refused"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; exit code 1 for differences."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--mutants", type=int, default=0, metavar="N", help="files with values changed at random")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("minors", nargs="*", metavar="MINOR", default=build.MINORS)
    options = parser.parse_args(arguments)
    failed = False
    for minor in options.minors:
        build.kubeadm(minor)
        given = list(inputs(minor, options.mutants, options.seed))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            lines = [line for found in pool.map(partial(differences, minor), given) for line in found]
        print(*lines, sep="\n", end="\n" if lines else "")
        print(f"{minor}: {len(given)} files, {'differences' if lines else 'the same verdicts'}", file=sys.stderr)
        failed = failed or bool(lines)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
