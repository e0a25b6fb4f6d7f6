# SPDX-License-Identifier: Apache-2.0
"""What would change on a host: tree and facts in, steps out. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from kgen_apply import finalize
from kgen_apply.facts import Facts
from kgen_apply.layout import KUBELET, Layout, is_static_pod, moves_kubelet
from kgen_apply.tree import File

Change = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one file."""

    file: File
    change: Change
    before: str
    """SHA-256 of what is there, `-` if nothing is."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class HostPlan:
    """What happens on one host."""

    name: str
    steps: tuple[Step, ...]
    directories: Mapping[str, int]
    """Those to be made, with their modes."""
    reload_units: bool
    restart_kubelet: bool
    restart_pods: tuple[str, ...]
    """Static pods that read a file which changes, while they themselves do not."""
    finalize: bool
    leftovers: tuple[str, ...] = ()
    """Directories with what a run that was ended early has left."""

    @property
    def writes(self) -> tuple[Step, ...]:
        """Steps that write."""
        return tuple(step for step in self.steps if step.change != "same")

    @property
    def changes(self) -> bool:
        """Whether anything happens at all."""
        return self.lands or self.finalize

    @property
    def lands(self) -> bool:
        """Whether something is written or restarted."""
        return bool(self.writes or self.directories or self.restart_kubelet or self.restart_pods or self.leftovers)


def of(layout: Layout, facts: Facts, phases: Iterable[str] | None = None, skipped: Iterable[str] = ()) -> HostPlan:
    """The plan for a host. phases: only files of these; None for all. skipped: no files of these."""
    chosen = [
        file
        for file in layout.files
        if (phases is None or _chosen(file.phase, phases)) and not _chosen(file.phase, skipped)
    ]
    steps = tuple(_step(file, layout, facts) for file in chosen)
    written = [step for step in steps if step.change != "same"]
    pending = facts.pending
    moving = [step for step in written if moves_kubelet(step.file)]
    restarts = {pod.name for pod in layout.pods if facts.files[pod.file.target].kind == "file"} & (
        {name for name in pending if name != KUBELET} | _readers(layout, written)
    )
    conf = layout.kubelet_conf
    embedded = conf is not None and (
        conf in [step.file for step in written] or (conf in chosen and facts.files[conf.target].sha256 == conf.sha256)
    )
    parents = {step.file.target.rpartition("/")[0] for step in steps} | (
        {layout.etcd_data} if phases is None else set()
    )
    return HostPlan(
        name=layout.node.name,
        steps=steps,
        directories={
            path: mode
            for path, mode in layout.directories.items()
            if facts.directories[path].kind == "missing"
            and any(f"{parent}/".startswith(f"{path}/") for parent in parents)
        },
        reload_units=any(step.file.target.startswith("/usr/lib/systemd/") for step in moving),
        restart_kubelet=bool(moving) or KUBELET in pending or _stopped(layout, facts),
        restart_pods=tuple(sorted(restarts)),
        finalize=embedded and facts.pem,
        leftovers=facts.leftovers,
    )


def _stopped(layout: Layout, facts: Facts) -> bool:
    return bool(layout.kubelet) and facts.systemd and len(facts.unit) > 1 and facts.unit[1] in ("inactive", "failed")


def _chosen(phase: str, phases: Iterable[str]) -> bool:
    return any(phase == name or phase.startswith(f"{name}/") for name in phases)


def _step(file: File, layout: Layout, facts: Facts) -> Step:
    found = facts.files[file.target]
    wanted = {file.sha256}
    if file == layout.kubelet_conf:
        wanted.add(finalize.finalized_sha256(file.content, layout.pem))
    if found.kind != "file":
        return Step(
            file, "changed" if found.kind == "link" else "new", found.sha256, "a link" if found.kind == "link" else ""
        )
    why = []
    if found.sha256 not in wanted:
        why.append("content")
    if found.mode != file.mode:
        why.append(f"mode {found.mode:04o} -> {file.mode:04o}")
    if found.owner != file.owner:
        why.append(f"owner {found.owner} -> {file.owner}")
    return Step(file, "changed" if why else "same", found.sha256, ", ".join(why))


def _readers(layout: Layout, written: Iterable[Step]) -> set[str]:
    """Static pods that stay as they are and read something that is replaced."""
    changed = {step.file.target for step in written if step.change == "changed" and not is_static_pod(step.file)}
    own = {step.file.target for step in written}
    return {
        pod.name
        for pod in layout.pods
        if pod.file.target not in own
        and any(target == mount or target.startswith(f"{mount}/") for mount in pod.mounts for target in changed)
    }


def diff(step: Step, before: bytes) -> str:
    """A unified diff of a file that changes; of a sensitive one only that it does."""
    if step.file.sensitive:
        return "(its content is secret and not shown)\n"
    old, new = before.decode(errors="replace"), step.file.content.decode(errors="replace")
    if "-----BEGIN" in new:
        return "(another certificate or key)\n"
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "on the host", "in the tree", lineterm="", n=2)
    return "".join(f"{line}\n" for line in lines)
