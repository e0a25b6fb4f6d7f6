# SPDX-License-Identifier: Apache-2.0
"""Compare kgen with the real `kubeadm init` on configurations that nobody wrote.

    PYTHONPATH=tests:generator python -m conformance.differential [--count N] [--mutants N] [--seed S] [MINOR...]

They are drawn from strategies.py, and made of the corpus by mutants.py. For each: does kgen refuse what kubeadm
refuses, and where both go on, is the whole tree the same? Every disagreement is printed. The first one about a file, an
object or a refusal is made smaller too, field by field and line by line, as long as it stays one; with --save DIR it is
written there, to become a file of the corpus. The exit code is 1 if there was one.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from conformance import build
from conformance.cases import Case
from conformance.compare import compare
from conformance.mutants import Documents, holder, mutants, paths
from conformance.record import record
from conformance.recordings import Recording
from conformance.strategies import configuration_texts
from conformance.test_conformance import render
from kgen.errors import ConfigurationError, KgenError

Steps = tuple[Any, ...]
"""The way to a field: names and numbers."""

DELIBERATE = frozenset({"validity", "yaml", "no-kind"})
"""Codes of what kgen refuses on purpose and kubeadm init does not (see CONTRIBUTING)."""

LONGEST_HOSTNAME = 63
"""The recording host cannot be given a longer name, so kubeadm would override it; some other names neither."""

OF_THE_DRY_RUN = ("hostname: ", "error printing files on dryrun")
"""Errors of the recording host, and of a dry run that shows files which the skipped phases were to write."""


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
    if any(text in recording.error for text in OF_THE_DRY_RUN):
        return "not tried", ""
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
    """The configuration without the fields and lines that the disagreement does not need."""
    subject = _subject(judge(content, minor)[1])

    def differs(shorter: str) -> bool:
        verdict, difference = judge(shorter, minor)
        return verdict == "differs" and _subject(difference) == subject

    return _fewer_lines(_fewer_fields(content, differs), differs)


def _subject(difference: str) -> str:
    """What a disagreement is about, so that a smaller one is the same: who refuses, or the first file or object."""
    return difference.partition(":")[0]


def _fewer_fields(content: str, differs: Callable[[str], bool]) -> str:
    """Fields and items are left out from the top down; unchanged if the text cannot be read and written again."""
    try:
        found = list(yaml.safe_load_all(content))
    except (yaml.YAMLError, ValueError):
        return content
    if not differs(_written(found)):
        return content
    pending = [path for path in paths(found) if path]
    while pending:
        path = min(pending, key=len)
        shorter = copy.deepcopy(found)
        del holder(shorter, path)[path[-1]]
        pending.remove(path)
        if differs(_written(shorter)):
            found = shorter
            pending = [each for each in pending if each[: len(path)] != path]
            if isinstance(path[-1], int):  # the items that follow move up
                pending = [_moved(each, path) for each in pending]
    return _written(found)


def _moved(path: Steps, gone: Steps) -> Steps:
    last = len(gone) - 1
    if path[:last] == gone[:last] and len(path) > last and path[last] > gone[last]:
        return (*path[:last], path[last] - 1, *path[last + 1 :])
    return path


def _written(found: Documents) -> str:
    return str(yaml.safe_dump_all(found, allow_unicode=True, sort_keys=False))


def _fewer_lines(content: str, differs: Callable[[str], bool]) -> str:
    lines = content.splitlines(keepends=True)
    size = max(len(lines) // 2, 1)
    while size:
        start = 0
        while start < len(lines):
            shorter = lines[:start] + lines[start + size :]
            if differs("".join(shorter)):
                lines = shorter
            else:
                start += size
        size //= 2
    return "".join(lines)


def contents(options: argparse.Namespace, minor: str) -> list[str]:
    """The configurations for a minor, with keys that take no time."""
    drawn = configuration_texts(options.seed, minor, options.count)
    changed = (text.decode() for text in itertools.islice(mutants(options.seed, minor), options.mutants))
    return [text.replace("RSA-2048", "ECDSA-P256") for text in (*drawn, *changed)]


def main() -> int:
    """Compare, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=500, help="configurations a minor (default: 500)")
    parser.add_argument("--mutants", type=int, default=100, help="files of the corpus, changed (default: 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="directory for disagreements")
    parser.add_argument("minors", nargs="*", default=build.MINORS)
    options = parser.parse_args()
    wrong = 0
    for minor in options.minors:
        given = contents(options, minor)
        counts: Counter[str] = Counter()
        shown: set[str] = set()
        with ThreadPoolExecutor(2) as pool:
            for number, (verdict, difference) in enumerate(pool.map(partial(judge, minor=minor), given)):
                counts[verdict] += 1
                if difference:
                    print(f"{minor}, seed {options.seed}, number {number}: {difference}", flush=True)
                if difference and _subject(difference) not in shown:
                    shown.add(_subject(difference))
                    small = smaller(given[number], minor)
                    print(small, flush=True)
                    if options.save:
                        (options.save / f"{minor}-{options.seed}-{number}.yaml").write_text(small)
        wrong += counts["differs"]
        figures = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        print(f"{minor}: {len(given)} configurations, seed {options.seed}: {figures}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
