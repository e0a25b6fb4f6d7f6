# SPDX-License-Identifier: Apache-2.0
"""kgen apply, from beginning to end: look, plan, ask, write, wait, post, finish."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kgen_apply import facts as asking
from kgen_apply import files, finalize, layout, plan, preflight, services, ssh
from kgen_apply.errors import ApiError, RefusedError, UnhealthyError
from kgen_apply.facts import Facts
from kgen_apply.hosts import Host
from kgen_apply.layout import KUBELET, Layout
from kgen_apply.objects_plan import ObjectStep
from kgen_apply.parallel import each
from kgen_apply.plan import HostPlan, Step
from kgen_apply.report import Report
from kgen_apply.ssh import Session
from kgen_apply.tree import Object, Tree, verify

if TYPE_CHECKING:
    from kgen_apply.objects import Cluster

_PEM_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    ssh_config: Path | None = None
    server: str = ""
    only: Literal["files", "objects", ""] = ""
    phases: tuple[str, ...] | None = None
    skip_phases: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    take_conflicts: bool = False
    mode: Literal["apply", "dry-run", "check"] = "apply"


@dataclass(frozen=True, slots=True)
class Target:
    """One host of a run."""

    session: Session
    layout: Layout
    facts: Facts
    plan: HostPlan

    @property
    def name(self) -> str:
        """Its node's name."""
        return self.layout.node.name


def run(tree: Tree, hosts: Sequence[Host], options: Options, report: Report, agreed: Callable[[], bool]) -> bool:
    """Bring hosts and cluster to what the tree says; returns whether anything was, or would be, changed.

    agreed: asks the user once the plan is shown. Raises an ApplyError for everything that stops it.
    """
    chosen = _objects(tree, options)
    with ExitStack() as stack:
        sessions = stack.enter_context(ssh.opened(hosts if options.only != "objects" else (), options.ssh_config))
        targets = each(list(sessions.values()), lambda session: _look(session, tree, options))
        refused = _show_hosts(targets, tree, options, report)
        cluster = stack.enter_context(closing(_cluster(tree, options))) if chosen else None
        steps, unknown = _plan_objects(cluster, chosen)
        if chosen:
            report.objects(steps, unknown)
        if refused:
            raise RefusedError(
                f"{refused} preflight errors; nothing was changed. --ignore-preflight-errors passes over them by id"
            )
        if options.mode == "check" and unknown:
            raise ApiError(f"what is in the cluster cannot be compared: {unknown}")
        _refuse_conflicts(steps, options)
        changes = any(target.plan.changes for target in targets) or _change(steps)
        if options.mode != "apply" or not changes or not agreed():
            return changes
        verify(tree)
        each(targets, lambda target: files.lock(target.session))
        each(targets, lambda target: _write(target, report))
        if options.only == "files":
            each([target for target in targets if target.plan.finalize], lambda target: _finalize(target, report))
            return True
        moved = [target for target in targets if target.plan.changes]
        each([target for target in moved if target.layout.pods], lambda target: _wait(target, tree, report))
        if cluster:
            _post(cluster, chosen, steps, bool(unknown), targets, options, report)
        # a worker's kubelet comes up when the cluster accepts it
        each([target for target in moved if not target.layout.pods], lambda target: _wait(target, tree, report))
        each(targets, lambda target: _finalize(target, report))
    return True


def _objects(tree: Tree, options: Options) -> list[Object]:
    if options.only == "files":
        return []
    from kgen_apply.objects import chosen  # noqa: PLC0415 (the API client is slow to import)

    return chosen(tree.objects, options.phases, options.skip_phases)


def _look(session: Session, tree: Tree, options: Options) -> Target:
    node = next(node for node in tree.nodes if node.name == session.host.name)
    there = layout.of(tree, node)
    facts = asking.gather(session, there)
    return Target(session, there, facts, plan.of(there, facts, options.phases, options.skip_phases))


def _show_hosts(targets: Sequence[Target], tree: Tree, options: Options, report: Report) -> int:
    """Show findings and plans; returns how many errors there are."""
    refused = 0
    for target in targets:
        findings = preflight.check(tree, target.layout, target.facts, options.ignored)
        if options.mode == "check":  # drift is no question of what a host needs before it is begun
            findings = [finding for finding in findings if finding.id in preflight.ALWAYS]
        refused += len(preflight.errors(findings))
        report.findings(target.name, findings)
        changed = [step for step in target.plan.writes if step.change == "changed"]
        shown = [
            step for step in changed if not step.file.sensitive and target.facts.files[step.file.target].kind == "file"
        ]
        before = asking.contents(target.session, [step.file.target for step in shown if "content" in step.why])
        report.host(
            target.plan,
            {s.file.target: plan.diff(s, before.get(s.file.target, b"")) for s in changed if "content" in s.why},
        )
    return refused


def _cluster(tree: Tree, options: Options) -> Cluster:
    from kgen_apply.objects import Cluster  # noqa: PLC0415 (the API client is slow to import)

    return Cluster(tree, options.server)


def _plan_objects(cluster: Cluster | None, chosen: Sequence[Object]) -> tuple[list[ObjectStep], str]:
    """Steps, and why nothing is known of what is there."""
    if cluster is None:
        return [], ""
    if why := cluster.unreachable():
        return [ObjectStep(item, "unknown") for item in chosen], why
    return cluster.plan(chosen, _now()), ""


def _change(steps: Sequence[ObjectStep]) -> bool:
    return any(step.change in ("new", "changed", "unknown") for step in steps)


def _refuse_conflicts(steps: Sequence[ObjectStep], options: Options) -> None:
    lines = [f"\n  {step.object}: {conflict}" for step in steps for conflict in step.conflicts]
    if lines and not options.take_conflicts and options.mode == "apply":
        raise ApiError(
            f"other managers own fields; no object was changed. --take-conflicts takes them:{''.join(lines)}"
        )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _write(target: Target, report: Report) -> None:
    if not target.plan.lands:
        return
    report.tick(f"writing to {target.name}")
    backup = files.land(target.session, target.plan, target.layout)
    if target.plan.writes:
        kept = f"; earlier ones are kept in {backup}" if backup else ""
        report.note(f"{len(target.plan.writes)} files written{kept}", target.name)
    _restart(target, target.plan, report)


def _restart(target: Target, planned: HostPlan, report: Report) -> None:
    if planned.restart_kubelet or planned.restart_pods:
        for sentence in services.restart(target.session, planned, target.layout):
            report.note(sentence, target.name)


def _wait(target: Target, tree: Tree, report: Report) -> None:
    for component in services.components(target.layout):
        kind = "kubeletHealthCheck" if component == KUBELET else "controlPlaneComponentHealthCheck"
        sentence = services.wait_for(target.session, target.layout, component, tree.timeouts[kind], report.tick)
        report.note(sentence or f"{component} is well", target.name)


def _post(
    cluster: Cluster,
    chosen: Sequence[Object],
    steps: Sequence[ObjectStep],
    unknown: bool,
    targets: Sequence[Target],
    options: Options,
    report: Report,
) -> None:
    _wait_api(cluster, targets, report)
    if unknown:
        steps = cluster.plan(chosen, _now())
        _refuse_conflicts(steps, options)
    todo = [step for step in steps if step.change in ("new", "changed")]
    for number, step in enumerate(todo, 1):
        report.tick("applying objects", f"{number} of {len(todo)}, {step.object}")
        cluster.apply(step, take_conflicts=options.take_conflicts)
    report.note(f"{len(todo)} objects applied, {len(steps) - len(todo)} were as they should be")


def _wait_api(cluster: Cluster, targets: Sequence[Target], report: Report) -> None:
    timeout = cluster.tree.timeouts["controlPlaneComponentHealthCheck"]
    end = time.monotonic() + timeout
    while why := cluster.unreachable():
        if time.monotonic() > end:
            logs = [
                f"{pod.name} on {target.name}:\n{services.last_lines(target.session, pod.name, target.layout)}"
                for target in targets
                for pod in target.layout.pods
                if pod.name in ("etcd", "kube-apiserver")
            ]
            raise UnhealthyError(
                "\n".join([f"the API server at {cluster.server} is not ready after {timeout:.0f} s: {why}", *logs])
            )
        report.tick(f"waiting for the API server at {cluster.server}")
        time.sleep(0.5)
    report.note(f"the API server at {cluster.server} is ready")


def _finalize(target: Target, report: Report) -> None:
    conf = target.layout.kubelet_conf
    if (
        conf is None
        or conf not in [step.file for step in target.plan.steps]
        or not target.layout.kubelet.get("rotateCertificates")
    ):
        return
    end = time.monotonic() + (_PEM_TIMEOUT if target.plan.restart_kubelet else 0)
    while True:
        facts = asking.gather(target.session, target.layout)
        if facts.files[conf.target].sha256 != conf.sha256:
            return
        if facts.pem:
            break
        if time.monotonic() > end:
            report.note(
                "the kubelet has not made the certificate that it renews; kubelet.conf keeps the one it has",
                target.name,
            )
            return
        report.tick(f"waiting for the certificate that the kubelet of {target.name} renews")
        time.sleep(1)
    content = finalize.finalized(conf.content, target.layout.pem)
    new = replace(conf, content=content, sha256=finalize.finalized_sha256(conf.content, target.layout.pem))
    step = HostPlan(target.name, (Step(new, "changed", conf.sha256),), {}, False, True, (), True)
    files.land(target.session, step, target.layout)
    _restart(target, step, report)
    report.note("kubelet.conf points to the certificate that the kubelet renews", target.name)
