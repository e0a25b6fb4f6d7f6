# SPDX-License-Identifier: Apache-2.0
"""mark-control-plane: labels, annotations and taints of a node that its kubelet has registered.

Not by server-side apply: it would take over the whole list of taints, which others write as well. As kubeadm does
(app/phases/markcontrolplane, app/util/apiclient/idempotency.go): read, add, patch; taints that are there stay.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import yaml
from lightkube import ApiError as Refusal

from kgen_apply.api import Api, retried
from kgen_apply.errors import UnhealthyError
from kgen_apply.masked import object_diff
from kgen_apply.objects_plan import ObjectStep
from kgen_apply.tree import Object

_HOSTNAME = "kubernetes.io/hostname"


def plan(api: Api, item: Object) -> ObjectStep:
    """What marking would change; unknown as long as the node has not registered."""
    live = api.get("v1", "Node", "", item.name)
    if live is None:
        return ObjectStep(item, "new")
    patch = wanted(item, live)
    if patch is None:
        return ObjectStep(item, "same")
    labels, notes = ({**(live["metadata"].get(key) or {})} for key in ("labels", "annotations"))
    old = {"labels": labels, "annotations": notes, "taints": live["spec"].get("taints") or []}
    new = {
        "labels": {**labels, **patch["metadata"].get("labels", {})},
        "annotations": {**notes, **patch["metadata"].get("annotations", {})},
        "taints": patch["spec"].get("taints", old["taints"]),
    }
    return ObjectStep(item, "changed", object_diff(old, new, sensitive=False))


def apply(api: Api, item: Object, timeout: float) -> None:
    """Mark the node once it has registered; UnhealthyError if it does not in time."""
    end = time.monotonic() + timeout
    while True:
        try:
            live = retried(lambda: api.get("v1", "Node", "", item.name), timeout, str(item), timeout)
            if live and _HOSTNAME in live["metadata"].get("labels", {}):
                if patch := wanted(item, live):
                    retried(partial(api.merge, "Node", item.name, patch), timeout, str(item), timeout)
                return
        except Refusal as error:
            if error.status.code != 409:  # someone else has written it meanwhile: read again
                raise UnhealthyError(f"{item}: {error.status.message}") from None
        if time.monotonic() > end:
            raise UnhealthyError(f"{item} has not registered after {timeout:.0f} s; see the log of its kubelet")
        time.sleep(0.5)


def wanted(item: Object, live: dict[str, Any]) -> dict[str, Any] | None:
    """The merge patch that marks this node; None if it is marked."""
    body = yaml.safe_load(item.content)
    metadata: dict[str, Any] = {}
    for key in ("labels", "annotations"):
        there = live["metadata"].get(key) or {}
        missing = {k: v for k, v in (body["metadata"].get(key) or {}).items() if there.get(k) != v}
        if missing:
            metadata[key] = missing
    taints = body.get("spec", {}).get("taints") or []
    there = live["spec"].get("taints") or []
    spec = {"taints": [*taints, *(t for t in there if t not in taints)]} if any(t not in there for t in taints) else {}
    if not metadata and not spec:
        return None
    metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
    return {"metadata": metadata, "spec": spec}
