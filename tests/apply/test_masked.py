# SPDX-License-Identifier: Apache-2.0
"""Differences between objects do not give secrets away."""

from __future__ import annotations

from kgen_apply.masked import object_diff


def test_difference_of_an_open_object_is_shown() -> None:
    """Line by line."""
    shown = object_diff({"data": {"a": "1", "b": "2"}}, {"data": {"a": "1", "b": "3"}}, sensitive=False)
    assert "-  b: '2'\n+  b: '3'\n" in shown


def test_of_a_secret_only_names_are_shown() -> None:
    """Which fields differ, and not what they hold."""
    before = {"data": {"token-id": "aaa", "token-secret": "old"}, "stringData": {"x": "gone"}}
    after = {"data": {"token-id": "aaa", "token-secret": "new"}}
    shown = object_diff(before, after, sensitive=True)
    assert shown == "(secret; these differ: data.token-secret, stringData.x)\n"
    assert object_diff({"type": "a"}, {"type": "b"}, sensitive=True).startswith("(secret")
