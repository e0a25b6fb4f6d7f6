# SPDX-License-Identifier: Apache-2.0
"""Flags of a component: kubeadm's own and the user's extraArgs (kubeadm app/util/arguments.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgen.provenance import Given, given, plain, unnoted

Args = Sequence[Mapping[str, str]]
"""extraArgs: a list of `{name, value}`; names may repeat, order counts."""


Flags = Mapping[str, str | Given[str]]
"""Name of a flag without dashes -> its value."""


def command(base: Flags, extra: Args) -> list[Given[str]]:
    """kubeadm's flags sorted by name, less those that the user sets; then the user's, as they stand."""
    theirs = unnoted(lambda: {argument["name"] for argument in extra})
    ours = [_flag(name, base[name]) for name in sorted(base) if name not in theirs]
    return ours + [_extra(argument) for argument in extra]


def _extra(argument: Mapping[str, str]) -> Given[str]:
    return given(lambda: f"--{argument['name']}={argument.get('value', '')}")


def _flag(name: str, value: str | Given[str]) -> Given[str]:
    return Given(f"--{name}={plain(value)}", value.paths if isinstance(value, Given) else ())


def last(extra: Args, name: str) -> str | None:
    """The value that counts where a flag is given more than once; None if it is not given."""
    found = unnoted(lambda: [index for index, argument in enumerate(extra) if argument["name"] == name])
    return dict(extra[found[-1]].items()).get("value", "") if found else None
