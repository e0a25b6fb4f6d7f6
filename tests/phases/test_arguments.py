# SPDX-License-Identifier: Apache-2.0
"""extraArgs against kubeadm's own flags."""

from __future__ import annotations

from kgen.phases.arguments import command, last


def _texts(base: dict[str, str], extra: list[dict[str, str]]) -> list[str]:
    return [str(each.value) for each in command(base, extra, "x.extraArgs")]


def test_order() -> None:
    """kubeadm's flags are sorted by name, the user's stand behind them as they were given, repeats and all."""
    extra = [{"name": "z", "value": "1"}, {"name": "m", "value": "x=y"}, {"name": "z", "value": "2"}]
    assert _texts({"b": "1", "a": "2"}, extra) == ["--a=2", "--b=1", "--z=1", "--m=x=y", "--z=2"]


def test_user_wins() -> None:
    """A flag that the user gives replaces kubeadm's, even if it is empty."""
    assert _texts({"a": "1", "b": "2"}, [{"name": "a"}]) == ["--b=2", "--a="]


def test_last() -> None:
    """Of a flag that is given more than once the last value counts; one that is not given is None."""
    extra = [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}, {"name": "b"}]
    assert (*(last(extra, name, "x.extraArgs") for name in "abc"),) == ("2", "", None)
