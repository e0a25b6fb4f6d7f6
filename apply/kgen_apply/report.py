# SPDX-License-Identifier: Apache-2.0
"""What the user sees: the plan, progress and the result, as text or as one JSON document."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from kgen_apply.objects_plan import ObjectStep
from kgen_apply.plan import HostPlan
from kgen_apply.preflight import Finding

_SIGNS = {"new": "+", "changed": "~", "same": "=", "expired": "x", "unknown": "?"}
_COLOURS = {"new": "green", "changed": "yellow", "error": "red", "warning": "yellow"}


class Report:
    """Collects what is said, and says it in the form that was asked for."""

    def __init__(self, form: str) -> None:
        self._json = form == "json"
        self._data: dict[str, Any] = {"apiVersion": "kgen/v1", "kind": "ApplyReport", "hosts": {}, "objects": []}
        self._said = ""
        self._start = time.monotonic()

    def findings(self, host: str, findings: Sequence[Finding]) -> None:
        """What preflight found on a host."""
        self._host(host)["preflight"] = [{"id": f.id, "level": f.level, "text": f.text} for f in findings]
        for finding in findings:
            self._line(f"{host}: [{finding.level.upper()} {finding.id}] {finding.text}", finding.level)

    def host(self, plan: HostPlan, diffs: Mapping[str, str]) -> None:
        """What would happen on a host."""
        self._host(plan.name).update(
            directories=[{"path": path, "mode": f"{mode:04o}"} for path, mode in plan.directories.items()],
            files=[
                {"path": s.file.path, "target": s.file.target, "change": s.change, "why": s.why} for s in plan.steps
            ],
            restart=[*(["kubelet"] if plan.restart_kubelet else []), *plan.restart_pods],
            finalize=plan.finalize,
        )
        for path, mode in plan.directories.items():
            self._line(f"{plan.name}: + {path}/  ({mode:04o})", "new")
        for step in plan.writes:
            why = f"  ({step.why})" if step.why else ""
            self._line(f"{plan.name}: {_SIGNS[step.change]} {step.file.target}{why}", step.change)
            self._block(diffs.get(step.file.target, ""))
        if plan.restart_kubelet:
            self._line(f"{plan.name}: the kubelet is {'restarted' if not plan.directories else 'started'}")
        for pod in plan.restart_pods:
            self._line(f"{plan.name}: {pod} is restarted: it reads what changes")
        if plan.finalize:
            self._line(f"{plan.name}: kubelet.conf is pointed to the certificate that the kubelet renews")
        same = len(plan.steps) - len(plan.writes)
        self._line(f"{plan.name}: {len(plan.writes)} files to write, {same} the same")

    def objects(self, steps: Sequence[ObjectStep], why_unknown: str) -> None:
        """What would happen in the API."""
        self._data["objects"] = [
            {
                "path": s.object.path,
                "kind": s.object.kind,
                "namespace": s.object.namespace,
                "name": s.object.name,
                "change": s.change,
                "conflicts": list(s.conflicts),
            }
            for s in steps
        ]
        if why_unknown:
            self._line(f"cluster: {len(steps)} objects to apply; what is there is not known yet: {why_unknown}")
            return
        for step in steps:
            if step.change in ("new", "changed"):
                self._line(f"cluster: {_SIGNS[step.change]} {step.object}", step.change)
                self._block(step.diff)
            if step.change == "expired":
                self._line(f"cluster: x {step.object}  (its time is over; it is left out)")
            for conflict in step.conflicts:
                self._line(f"cluster: ! {step.object}: {conflict}", "error")
        changes = sum(step.change in ("new", "changed") for step in steps)
        self._line(f"cluster: {changes} objects to apply, {len(steps) - changes} the same")

    def note(self, text: str, host: str = "") -> None:
        """Something that was done, or that the user has to know."""
        if host:
            self._host(host).setdefault("notes", []).append(text)
        self._line(f"{host}: {text}" if host else text)

    def tick(self, text: str, detail: str = "") -> None:
        """Progress: one line that stays in place on a terminal; elsewhere a line when the text changes."""
        if sys.stderr.isatty():
            passed = f"{time.monotonic() - self._start:.0f} s"
            click.echo(f"\r\033[K{text}{': ' if detail else ''}{detail} … {passed}", nl=False, err=True)
            self._said = text
        elif text != self._said:
            click.echo(f"{text} …", err=True)
            self._said = text

    def clear(self) -> None:
        """Take the progress away from a terminal."""
        if self._said and sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)
        self._said = ""

    def end(self, result: str, error: str = "") -> None:
        """The last word."""
        if self._json:
            self._data["result"] = result
            if error:
                self._data["error"] = error
            self._data["hosts"] = [{"name": name, **data} for name, data in self._data["hosts"].items()]
            click.echo(json.dumps(self._data, indent=2))
        else:
            self._line(f"{result} in {time.monotonic() - self._start:.1f} s" if result == "applied" else result)

    def _host(self, name: str) -> dict[str, Any]:
        hosts: dict[str, dict[str, Any]] = self._data["hosts"]
        return hosts.setdefault(name, {})

    def _line(self, text: str, kind: str = "") -> None:
        if self._json:
            return
        self.clear()
        colour = None if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else _COLOURS.get(kind)
        click.echo(click.style(text, fg=colour) if colour else text)

    def _block(self, text: str) -> None:
        for line in text.splitlines():
            self._line(f"    {line}")
