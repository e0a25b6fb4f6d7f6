# SPDX-License-Identifier: Apache-2.0
"""The kubelet and what it runs: restarts, health, last log lines."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

from kgen_apply.errors import HostError, UnhealthyError
from kgen_apply.facts import script
from kgen_apply.layout import Layout
from kgen_apply.plan import HostPlan
from kgen_apply.ssh import Session


def restart(session: Session, plan: HostPlan, layout: Layout) -> list[str]:
    """Restart what reads what has changed, and forget that it was to be; returns what could not be done."""
    words = [f"reload={int(plan.reload_units)}", f"kubelet={int(plan.restart_kubelet)}"]
    words += [f"pods={shlex.quote(' '.join(plan.restart_pods))}", f"socket={shlex.quote(layout.socket)}"]
    output = session.run("\n".join([*words, script("restart.sh")]), timeout=180)
    return [line for line in output.splitlines() if line]


def wait_for_kubelet(session: Session, layout: Layout, timeout: float, tick: Callable[[str], None]) -> str:
    """Wait until the kubelet says that it is well; UnhealthyError with its last log lines if it does not in time.

    Returns a sentence if it could not be asked.
    """
    port = layout.kubelet.get("healthzPort", 10248)
    address = layout.kubelet.get("healthzBindAddress", "127.0.0.1")
    if not port:
        return "the kubelet has no health port; not waited for"
    ask = f"address={shlex.quote(str(address))} port={int(port)}\n" + script("health.sh")
    end = time.monotonic() + timeout
    while True:
        answer = session.run(ask).strip()
        if answer == "ok":
            return ""
        if answer == "cannot ask":
            return "the kubelet's health cannot be asked for: the host has no curl, wget or bash"
        if time.monotonic() > end:
            raise UnhealthyError(
                f"{session.host.name}: the kubelet is not well after {timeout:.0f} s: {answer or 'no answer'}\n"
                f"{last_lines(session, 'kubelet', layout)}"
            )
        tick(f"waiting for the kubelet of {session.host.name}")
        time.sleep(1)


def last_lines(session: Session, component: str, layout: Layout) -> str:
    """The last lines that a component logged, as far as they can be had."""
    head = f"component={shlex.quote(component)} socket={shlex.quote(layout.socket)}\n"
    try:
        text = session.run("set +e\n" + head + script("logs.sh"), timeout=30)
    except HostError as error:
        return f"  (its log cannot be read: {error})"
    return "\n".join(f"  | {line}" for line in text.splitlines()[-15:]) or "  (it has logged nothing that can be found)"
