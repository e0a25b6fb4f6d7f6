# SPDX-License-Identifier: Apache-2.0
"""What is known of a flag of a rendered manifest: out of schema/flags, which tools/flags records from the programs."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from kgen.config.lints import facts


@dataclass(frozen=True, slots=True)
class FlagFact:
    """A flag of a program in one minor."""

    component: str
    name: str
    type: str
    """pflag's name for it: bool, int, duration, stringSlice, …"""
    default: str
    """As the program's help prints it; empty where that is empty or nothing."""
    deprecated: bool
    hidden: bool
    """Whether the program's help leaves it out."""
    known: tuple[str, ...]
    """The recorded minors that have the flag, oldest first; those of etcd for a flag of etcd."""
    recorded: tuple[str, ...]
    """All minors that are recorded, oldest first."""
    url: str
    """The upstream reference."""

    @property
    def since(self) -> str:
        """The first minor that has it; empty if the oldest recorded one does: it may be older than that."""
        return "" if self.known[0] == self.recorded[0] else self.known[0]

    @property
    def until(self) -> str:
        """The last minor that has it; empty if the newest recorded one does."""
        return "" if self.known[-1] == self.recorded[-1] else self.known[-1]

    @property
    def history(self) -> str:
        """Which minors have it, in words without a full stop; Markdown would call it plain text."""
        if self.since and self.until:
            return (
                f"only in {' and '.join(self.known)}" if len(self.known) < 3 else f"from {self.since} to {self.until}"
            )
        if self.since:
            return f"since {self.since}"
        return f"until {self.until}" if self.until else f"in every minor from {self.recorded[0]} to {self.recorded[-1]}"


@functools.cache
def fact(component: str, flag: str, minor: str) -> FlagFact | None:
    """The flag `flag`, without dashes in front, of a component of a Kubernetes minor.

    For `etcd` the minor is one of etcd, as `etcd_minor` takes it from the image. None if this minor has no such flag
    or nothing is recorded of it.
    """
    name = flag.lstrip("-").replace("_", "-")  # the programs take either (component-base cli/flag WordSepNormalizeFunc)
    program = facts.load(component, minor)
    found = program.flags.get(name) if program else None
    if found is None:
        return None
    recorded = facts.minors(component)
    known = tuple(each for each in recorded if name in _names(component, each))
    default = "" if found.default == "<nil>" else found.default
    url = reference(component, minor)
    return FlagFact(component, name, found.type, default, found.deprecated, found.hidden, known, recorded, url)


def reference(component: str, minor: str) -> str:
    """The address of the upstream page about a program's flags."""
    if component == "etcd":
        return f"https://etcd.io/docs/v{minor}/op-guide/configuration/"
    return f"https://kubernetes.io/docs/reference/command-line-tools-reference/{component}/"


def etcd_minor(image: str) -> str:
    """The etcd minor of an image, `3.6` of `registry.k8s.io/etcd:3.6.8-0`; empty if its tag is no version."""
    return facts.etcd_minor(image.partition("@")[0].rpartition(":")[2])


def _names(component: str, minor: str) -> frozenset[str]:
    program = facts.load(component, minor)
    return frozenset(program.flags) if program else frozenset()
