# SPDX-License-Identifier: Apache-2.0
"""mark-control-plane: labels and taints of the node (kubeadm app/phases/markcontrolplane)."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.phases.interface import Context, Phase, api_object
from kgen.provenance import Given, each_given, given
from kgen.tree import Artifact

_ALWAYS = ("effect", "key")
"""Fields of a taint that Go writes even if they are empty."""

PHASE = "mark-control-plane"


def _artifacts(context: Context) -> Iterator[Artifact]:
    name = context.node.name
    taints = [
        {
            **{field: Given("", (f"InitConfiguration.nodeRegistration.taints[{index}].{field}",)) for field in _ALWAYS},
            **taint,
        }
        for index, taint in enumerate(each_given(context.node.registration["taints"]))
    ]
    path = f"cluster/node-{name}.yaml"
    yield api_object(
        "cluster/node",
        {"name": given(lambda: context.node.name), "taints": taints},
        phase=PHASE,
        path=path,
        verb="patch",
        places={"path": given(lambda: context.node.name).paths},
    )


PHASES: tuple[Phase, ...] = (Phase(PHASE, "the node's control-plane labels and its taints", _artifacts, uses_api=True),)
