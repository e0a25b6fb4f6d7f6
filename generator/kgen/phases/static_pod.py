# SPDX-License-Identifier: Apache-2.0
"""What the static pods have in common (kubeadm app/util/staticpod/utils.go, app/util/env.go)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from kgen import gyaml, paths, render
from kgen.phases import rootless
from kgen.phases.interface import Context, file
from kgen.phases.patching import patched
from kgen.tree import File


def volume(name: str, path: str, kind: str) -> dict[str, Any]:
    """A hostPath volume; `kind` may be empty, but is written all the same."""
    return {"hostPath": {"path": path, "type": kind}, "name": name}


def mount(name: str, path: str, read_only: bool) -> dict[str, Any]:
    """Where a volume appears in the container."""
    return {"mountPath": path, "name": name, **({"readOnly": True} if read_only else {})}


def environment(*lists: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Variables merged by name, later lists win, sorted by name."""
    merged = {each.get("name", ""): {"name": "", **each} for variables in lists for each in variables}
    return [merged[name] for name in sorted(merged)]


def proxies(context: Context) -> list[dict[str, str]]:
    """The proxy variables that kubeadm would find in its environment."""
    found = context.node.host.proxy
    return [
        {"name": name, "value": value} for name, value in found.items() if name.lower().endswith("_proxy") and value
    ]


def probe_host(address: str) -> str:
    """Where the kubelet probes: an unspecified address means the pod's own, which is written by leaving it out."""
    return "" if address in ("0.0.0.0", "::") else address


def manifest(context: Context, component: str, phase: str, values: Mapping[str, Any]) -> File:
    """The manifest of a static pod: without root if its gate says so, then patched."""
    failures = math.ceil(context.cluster.health_check_seconds / 10)
    pod = render.document(f"manifests/{component}", {"startup_failures": failures, **values})
    pod = rootless.secured(context, component, pod)
    return file(
        context,
        f"manifests/{component}.yaml",
        paths.join(paths.MANIFESTS, f"{component}.yaml"),
        gyaml.dump(patched(context.cluster, component, pod)),
        phase=phase,
        topic=f"manifests/{component}",
    )
