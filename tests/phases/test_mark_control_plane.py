# SPDX-License-Identifier: Apache-2.0
"""mark-control-plane: labels and taints of the node."""

from __future__ import annotations

import pytest

from phases.plans import document, objects, plan


@pytest.mark.parametrize(
    ("node", "taints"),
    [
        ("cp-1", [{"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}]),
        ("cp-1, taints: []", None),
        ("cp-1, taints: [{key: a, value: b, effect: NoExecute}]", [{"effect": "NoExecute", "key": "a", "value": "b"}]),
    ],
)
def test_patch(node: str, taints: list[dict[str, str]] | None) -> None:
    """The node is patched: two labels, and the taints of the configuration, by default the control plane's."""
    tree = plan(node=node)
    (patch,) = objects(tree, "mark-control-plane")
    assert (patch.verb, patch.kind, patch.name) == ("patch", "Node", "cp-1")
    content = document(tree, patch.path)
    assert content["metadata"]["labels"].keys() == {
        "node-role.kubernetes.io/control-plane",
        "node.kubernetes.io/exclude-from-external-load-balancers",
    }
    assert content.get("spec", {}).get("taints") == taints
