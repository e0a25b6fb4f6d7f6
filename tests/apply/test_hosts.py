# SPDX-License-Identifier: Apache-2.0
"""Which machines, and how they are reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgen_apply.errors import UsageError
from kgen_apply.hosts import Host, choose, parse
from kgen_apply.ssh import command
from kgen_apply.tree import Node

ONE = (Node("cp-1", "init", "192.0.2.10"),)
TWO = (*ONE, Node("w-1", "worker", "192.0.2.20", user="admin", port=2222))


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("192.0.2.1", Host("n", "192.0.2.1")),
        ("root@192.0.2.1:2222", Host("n", "192.0.2.1", "root", 2222)),
        ("jump-alias", Host("n", "jump-alias")),
        ("2001:db8::1", Host("n", "2001:db8::1")),
        ("admin@2001:db8::1", Host("n", "2001:db8::1", "admin")),
        ("admin@[2001:db8::1]:22", Host("n", "2001:db8::1", "admin", 22)),
        ("[2001:db8::1]", Host("n", "2001:db8::1")),
    ],
)
def test_places(text: str, host: Host) -> None:
    """As ssh users write them; IPv6 addresses too."""
    assert parse(text, "n") == host


@pytest.mark.parametrize("text", ["", "-oProxyCommand=reboot", "a b", "x@-l", "x@y@z", "ro ot@h", "h:port", "$(id)@h"])
def test_places_that_are_none(text: str) -> None:
    """Above all nothing that ssh would read as an option."""
    with pytest.raises(UsageError, match="is no host"):
        parse(text)


def test_hosts_are_those_of_the_tree_unless_told() -> None:
    """Address, user and port of the tree; --host wins; --node chooses."""
    assert choose(TWO, (), (), False) == (Host("cp-1", "192.0.2.10"), Host("w-1", "192.0.2.20", "admin", 2222))
    assert choose(TWO, ("w-1",), ("w-1=me@10.0.0.1",), False) == (Host("w-1", "10.0.0.1", "me"),)
    assert choose(ONE, (), ("10.0.0.1",), False) == (Host("cp-1", "10.0.0.1"),)
    assert choose(ONE, (), (), True) == (Host("cp-1", "localhost", local=True),)


@pytest.mark.parametrize(
    ("only", "given", "local", "what"),
    [
        ((), ("10.0.0.1",), False, "say which node"),
        ((), ("cp-9=10.0.0.1",), False, "no node cp-9; it has cp-1, w-1"),
        (("cp-9",), (), False, "no such node; it has cp-1, w-1"),
        ((), (), True, "--local is for one node"),
    ],
)
def test_choices_that_do_not_work_out(only: tuple[str, ...], given: tuple[str, ...], local: bool, what: str) -> None:
    """Say what would."""
    with pytest.raises(UsageError, match=what):
        choose(TWO, only, given, local)


def test_host_keys_are_always_checked() -> None:
    """Whatever ssh_config says, and nothing of the command weakens it."""
    words = command(Host("n", "h", "root", 2222), Path("config"))
    assert words[:6] == ["ssh", "-T", "-F", "config", "-p", "2222"]
    assert {"StrictHostKeyChecking=yes", "BatchMode=yes", "ForwardAgent=no"} <= set(words)
    assert not [word for word in words if "UserKnownHostsFile" in word or "GlobalKnownHostsFile" in word]
    assert words[-3:-1] == ["--", "root@h"]
