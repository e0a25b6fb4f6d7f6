# SPDX-License-Identifier: Apache-2.0
"""Which machines, and how they are reached."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kgen_apply.errors import UsageError
from kgen_apply.tree import Node

_PLACE = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<address>\[[0-9A-Fa-f:.%]+\]|[\w][\w.-]*)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. `name` is its node's name in the tree."""

    name: str
    address: str
    user: str = ""
    """Empty: whom ssh_config says."""
    port: int = 0
    local: bool = False

    @property
    def destination(self) -> str:
        """As ssh takes it."""
        return f"{self.user}@{self.address}" if self.user else self.address


def parse(text: str, name: str = "") -> Host:
    """A host from `[user@]address[:port]`; an IPv6 address with a port is written [2001:db8::1]:22."""
    bare = text.rpartition("@")[2]
    match = None if _is_ip(bare) else _PLACE.fullmatch(text)
    address = bare if _is_ip(bare) else (match["address"].strip("[]") if match else "")
    user = text.rpartition("@")[0] if match is None else match["user"] or ""
    if not address or (user and not re.fullmatch(r"\w[\w.-]*", user)):
        raise UsageError(f"{text!r} is no host; write [user@]address[:port]")
    return Host(name or address, address, user, int(match["port"] or 0) if match else 0)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def choose(nodes: Sequence[Node], only: Sequence[str], given: Sequence[str], local: bool) -> tuple[Host, ...]:
    """The hosts of these nodes: where --host says, else at the node's address; UsageError if that does not work out.

    only: names of nodes; empty for all. given: NAME=[user@]address[:port] or, with one node, without NAME=.
    """
    known = {node.name: node for node in nodes}
    places: dict[str, Host] = {}
    for text in given:
        name, equals, place = text.partition("=")
        if not equals:
            if len(nodes) != 1:
                raise UsageError(f"--host {text}: say which node it is, as in --host {nodes[0].name}={text}")
            name, place = nodes[0].name, text
        if name not in known:
            raise UsageError(f"--host {text}: the tree has no node {name}; it has {', '.join(known)}")
        places[name] = parse(place, name)
    for name in only:
        if name not in known:
            raise UsageError(f"--node {name}: the tree has no such node; it has {', '.join(known)}")
    chosen = [node for node in nodes if not only or node.name in only]
    if local:
        if len(chosen) != 1 or given:
            raise UsageError("--local is for one node; choose it with --node, and leave out --host")
        return (Host(chosen[0].name, "localhost", local=True),)
    return tuple(places.get(node.name) or Host(node.name, node.address, node.user, node.port) for node in chosen)
