# SPDX-License-Identifier: Apache-2.0
"""The kubelet and what it runs: restarts, health, last log lines."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

from kgen_apply.errors import HostError, UnhealthyError
from kgen_apply.facts import script
from kgen_apply.layout import KUBELET, Layout
from kgen_apply.plan import HostPlan
from kgen_apply.ssh import Session


def restart(session: Session, plan: HostPlan, layout: Layout) -> list[str]:
    """Restart what reads what has changed, and forget that it was to be; returns what could not be done."""
    words = [f"reload={int(plan.reload_units)}", f"kubelet={int(plan.restart_kubelet)}"]
    words += [f"pods={shlex.quote(' '.join(plan.restart_pods))}", f"socket={shlex.quote(layout.socket)}"]
    output = session.run("\n".join([*words, script("restart.sh")]), timeout=180)
    return [line for line in output.splitlines() if line]


def wait_for(session: Session, layout: Layout, component: str, timeout: float, tick: Callable[[str], None]) -> str:
    """Wait until the kubelet, or a static pod, says that it is well; the host is asked, for it answers to itself alone.

    Returns a sentence if it could not be asked. UnhealthyError, with its last log lines, if it is not well in time.
    """
    url = layout.health(component)
    if not url:
        return f"{component} has no address for its health; not waited for"
    ask = f"url={shlex.quote(url)}\n{script('health.sh')}"
    end = time.monotonic() + timeout
    while (answer := session.run(ask).strip()) != "ok":
        if answer.startswith("cannot ask"):
            return f"{component} is not waited for: {answer}"
        if time.monotonic() > end:
            raise UnhealthyError(
                f"{session.host.name}: {component} is not well after {timeout:.0f} s: {answer or 'no answer'}\n"
                f"{last_lines(session, component, layout)}"
            )
        tick(f"waiting for {component} of {session.host.name}")
        time.sleep(0.5)
    return ""


def last_lines(session: Session, component: str, layout: Layout) -> str:
    """The last lines that a component logged, as far as they can be had."""
    head = f"component={shlex.quote(component)} socket={shlex.quote(layout.socket)}\n"
    try:
        text = session.run("set +e\n" + head + script("logs.sh"), timeout=30)
    except HostError as error:
        return f"  (its log cannot be read: {error})"
    return "\n".join(f"  | {line}" for line in text.splitlines()[-15:]) or "  (it has logged nothing that can be found)"


def components(layout: Layout) -> list[str]:
    """What is waited for before objects are posted, besides the API server, in order."""
    return [KUBELET, *(pod.name for pod in layout.pods if pod.name != "kube-apiserver")]
