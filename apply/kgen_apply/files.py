# SPDX-License-Identifier: Apache-2.0
"""Puts files in place on a host, all in one request: stage, check, back up, rename."""

from __future__ import annotations

import base64
import shlex

from kgen_apply.errors import HostError
from kgen_apply.facts import script
from kgen_apply.layout import KUBELET, Layout
from kgen_apply.plan import HostPlan, Step
from kgen_apply.ssh import Session

LOCK = """
umask 077
mkdir -p /var/lib/kgen
exec 9>/var/lib/kgen/lock
flock -n 9"""
"""Held by the shell itself: a connection that is cut lets go of it, once the step it was in has ended."""

STAGE = ".kgen-apply"
"""Staging directory in each directory of targets; its dot keeps the kubelet from reading it."""


def lock(session: Session) -> None:
    """Keep every other run away from this host until the session ends; HostError if one is there."""
    try:
        session.run(LOCK, subshell=False)
    except HostError as error:
        if str(error).endswith("(exit code 1)"):
            raise HostError(f"{session.host.name}: another kgen apply or kgen reset is working on this host") from None
        raise


def land(session: Session, plan: HostPlan, layout: Layout) -> str:
    """Write what the plan says; returns where the earlier files were kept, if there were any.

    HostError if a step failed. Until all files are staged and checked, nothing that was there is touched; after that
    each is replaced as a whole, and another run does what is left.
    """
    output = session.run(transaction(plan, layout), timeout=300)
    return next((line.removeprefix("backup ") for line in output.splitlines() if line.startswith("backup ")), "")


def transaction(plan: HostPlan, layout: Layout) -> str:
    """The script that carries a plan out."""
    writes = plan.writes
    lines = [script("land.sh")]
    lines += [_call("before", step.file.target, step.before) for step in writes]
    directories = sorted({*(_split(step)[0] for step in writes), *plan.leftovers})
    tidy = _call("rm", "-rf", *(f"{directory}/{STAGE}" for directory in directories))
    lines += [f"tidy() {{ {tidy}; }}", "tidy", "trap tidy EXIT"]
    for path, mode in plan.directories.items():
        lines.append(_call("directory", path, f"{mode:04o}", layout.etcd_owner if path == layout.etcd_data else "0:0"))
    for step in writes:
        content = base64.b64encode(step.file.content).decode()
        lines.append(_call("put", *_split(step), f"{step.file.mode:04o}", step.file.owner, step.file.sha256, content))
    restarts = [*([KUBELET] if plan.restart_kubelet else []), *plan.restart_pods]
    if restarts:
        lines.append(_call("pending", " ".join(restarts)))
    lines += [_call("keep", step.file.target) for step in writes]
    lines += [_call("place", *_split(step)) for step in writes]
    return "\n".join(lines)


def _split(step: Step) -> tuple[str, str]:
    directory, _, name = step.file.target.rpartition("/")
    return directory, name


def _call(*words: str) -> str:
    return shlex.join(words)
