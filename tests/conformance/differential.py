# SPDX-License-Identifier: Apache-2.0
"""Compare kgen with the real `kubeadm init` on configurations with values changed at random.

    PYTHONPATH=tests:generator python -m conformance.differential [--count N] [--seed S] [MINOR...]

For each configuration: does kgen refuse what kubeadm refuses, and where both go on, is the whole tree the same? A
disagreement is made smaller, line by line, as long as it stays one, and printed; with --save DIR it is written there,
to become a file of the corpus. The exit code is 1 if there was one.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from conformance import build
from conformance.cases import Case
from conformance.compare import compare
from conformance.mutants import mutants
from conformance.record import record
from conformance.recordings import Recording
from conformance.test_conformance import render
from kgen.errors import ConfigurationError, KgenError

DELIBERATE = frozenset({"validity", "yaml", "no-kind"})
"""Codes of what kgen refuses on purpose and kubeadm init does not (see CONTRIBUTING)."""

LONGEST_HOSTNAME = 63
"""The recording host cannot be given a longer name, so kubeadm would override it."""


@dataclass(frozen=True, slots=True)
class Generated(Case):
    """A case whose configuration is no file of the corpus."""

    content: str = ""

    def text(self, release: str) -> str:  # noqa: ARG002 (a case's interface)
        """See Case."""
        return self.content


def judge(content: str, minor: str) -> tuple[str, str]:
    """`accepted` or `refused` where both agree, else `differs`; and what differs."""
    case = Generated("generated", "generated.yaml", content=content)
    if len(case.hostname(build.version(minor))) > LONGEST_HOSTNAME:
        return "not tried", ""
    recording = record(case, minor)
    difference = _difference(case, recording)
    if difference:
        return "differs", difference
    return ("refused" if recording.rc else "accepted"), ""


def _difference(case: Case, recording: Recording) -> str:
    try:
        tree = render(case, recording)
    except ConfigurationError as error:
        codes = {problem.code for problem in error.problems if problem.level == "error"}
        return "" if recording.rc or codes & DELIBERATE else f"kgen refuses: {error}"
    except KgenError as error:
        return "" if recording.rc else f"kgen refuses: {error}"
    except Exception as error:
        return f"kgen fails: {error!r}"
    return f"kubeadm refuses: {recording.error}" if recording.rc else "\n".join(compare(recording, tree)[:2])


def smaller(content: str, minor: str) -> str:
    """The configuration without the lines that the disagreement does not need."""
    lines = content.splitlines(keepends=True)
    size = max(len(lines) // 2, 1)
    while size:
        start = 0
        while start < len(lines):
            shorter = lines[:start] + lines[start + size :]
            if judge("".join(shorter), minor)[0] == "differs":
                lines = shorter
            else:
                start += size
        size //= 2
    return "".join(lines)


def main() -> int:
    """Compare, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=500, help="configurations a minor (default: 500)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="directory for disagreements")
    parser.add_argument("minors", nargs="*", default=build.MINORS)
    options = parser.parse_args()
    wrong = 0
    for minor in options.minors:
        contents = [
            text.decode().replace("RSA-2048", "ECDSA-P256")  # keys that take no time
            for text in itertools.islice(mutants(options.seed, minor), options.count)
        ]
        counts: Counter[str] = Counter()
        with ThreadPoolExecutor(2) as pool:
            for number, (verdict, difference) in enumerate(pool.map(partial(judge, minor=minor), contents)):
                counts[verdict] += 1
                if difference:
                    small = smaller(contents[number], minor)
                    print(f"{minor}, seed {options.seed}, number {number}: {difference}\n{small}")
                    if options.save:
                        (options.save / f"{minor}-{options.seed}-{number}.yaml").write_text(small)
        wrong += counts["differs"]
        figures = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        print(f"{minor}: {options.count} configurations, seed {options.seed}: {figures}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
