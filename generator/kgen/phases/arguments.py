# SPDX-License-Identifier: Apache-2.0
"""Flags of a component: kubeadm's own and the user's extraArgs (kubeadm app/util/arguments.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Args = Sequence[Mapping[str, str]]
"""extraArgs: a list of `{name, value}`; names may repeat, order counts."""


def command(base: Mapping[str, str], extra: Args) -> list[str]:
    """kubeadm's flags sorted by name, less those that the user sets; then the user's, as they stand."""
    theirs = {argument["name"] for argument in extra}
    ours = [f"--{name}={base[name]}" for name in sorted(base) if name not in theirs]
    return ours + [f"--{argument['name']}={argument.get('value', '')}" for argument in extra]


def last(extra: Args, name: str) -> str | None:
    """The value that counts where a flag is given more than once; None if it is not given."""
    values = [argument.get("value", "") for argument in extra if argument["name"] == name]
    return values[-1] if values else None
