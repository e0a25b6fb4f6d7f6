# SPDX-License-Identifier: Apache-2.0
"""Flags of a component: kubeadm's own and the user's extraArgs (kubeadm app/util/arguments.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgen.provenance import Given, given, plain, reading, unnoted

Args = Sequence[Mapping[str, str]]
"""extraArgs: a list of `{name, value}`; names may repeat, order counts."""


Flags = Mapping[str, str | Given[str]]
"""Name of a flag without dashes -> its value."""


def command(base: Flags, extra: Args, path: str) -> list[Given[str]]:
    """kubeadm's flags sorted by name, less those that the user sets; then the user's, as they stand.

    `path` is where the user's are in the configuration. Flags of kubeadm's that depend on nothing else depend on not
    being there.
    """
    theirs = unnoted(lambda: {argument["name"] for argument in extra})
    ours = [_flag(name, base[name], path) for name in sorted(base) if name not in theirs]
    return ours + [_extra(argument) for argument in extra]


def _extra(argument: Mapping[str, str]) -> Given[str]:
    return given(lambda: f"--{argument['name']}={argument.get('value', '')}")


def _flag(name: str, value: str | Given[str], path: str) -> Given[str]:
    paths = value.paths if isinstance(value, Given) else ()
    return Given(f"--{name}={plain(value)}", paths or (absent(path, name),))


def last(extra: Args, name: str, path: str) -> str | None:
    """The value that counts where a flag is given more than once; None if it is not given, which is noted."""
    found = unnoted(lambda: [index for index, argument in enumerate(extra) if argument["name"] == name])
    if not found:
        reading(absent(path, name))
        return None
    return dict(extra[found[-1]].items()).get("value", "")


def absent(path: str, name: str) -> str:
    """The path of an argument that is not given: `ClusterConfiguration.apiServer.extraArgs[bind-address]`."""
    return f"{path}[{name}]"
