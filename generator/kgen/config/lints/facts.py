# SPDX-License-Identifier: Apache-2.0
"""The flags and feature gates of the programs that kubeadm runs, as tools/flags records them in schema/flags."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from kgen.resources import directory


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag of a program."""

    type: str
    """pflag's name for it: bool, int, duration, stringSlice, …"""
    default: str
    section: str = ""
    """Heading in the help text"""
    deprecated: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """A feature gate of a program."""

    default: bool
    stage: str
    """alpha, beta, ga or deprecated"""
    locked: bool = False
    """Whether it cannot be set to anything but its default."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a program in one minor."""

    component: str
    version: str
    flags: Mapping[str, Flag]
    gates: Mapping[str, Gate]
    admission_plugins: frozenset[str]
    """Those that the API server has; empty for other programs."""
    controllers: frozenset[str]
    """Those that the controller manager has, by all their names; empty for other programs."""


@functools.cache
def load(component: str, minor: str) -> Facts | None:
    """Facts of `kube-apiserver`, … for a Kubernetes minor, or of `etcd` for one of etcd; None if none are recorded."""
    root = directory("schema") / "flags"
    file = root / "etcd" / f"{minor}.json" if component == "etcd" else root / minor / f"{component}.json"
    if not file.is_file():
        return None
    data = json.loads(file.read_text(encoding="utf-8"))
    return Facts(
        data["component"],
        data["version"],
        {name: Flag(**flag) for name, flag in data["flags"].items()},
        {name: Gate(**gate) for name, gate in data.get("featureGates", {}).items()},
        frozenset(data.get("admissionPlugins", ())),
        frozenset(data.get("controllers", ())),
    )


@functools.cache
def minors(component: str) -> tuple[str, ...]:
    """The minors that there are facts for, oldest first."""
    root = directory("schema") / "flags"
    names = (
        [file.stem for file in root.glob("etcd/*.json")]
        if component == "etcd"
        else [file.parent.name for file in root.glob(f"*/{component}.json")]
    )
    return tuple(sorted(names, key=lambda name: [int(part) for part in name.split(".")]))


def etcd_minor(tag: str) -> str:
    """The etcd minor of an image tag, e.g. `3.6` of `3.6.8-0`; empty if the tag is no version."""
    match = re.match(r"v?(\d+\.\d+)\.\d+", tag)
    return match[1] if match else ""


def with_flag(component: str, name: str) -> tuple[str, ...]:
    """The minors that have a flag, of those recorded; oldest first."""
    return tuple(minor for minor in minors(component) if name in _loaded(component, minor).flags)


def with_gate(component: str, name: str) -> tuple[str, ...]:
    """The minors that have a feature gate, of those recorded; oldest first."""
    return tuple(minor for minor in minors(component) if name in _loaded(component, minor).gates)


def having(component: str, found: tuple[str, ...], ours: str) -> str:
    """Which of these minors nearest to ours has something that ours lacks; empty if there are none."""
    known = minors(component)
    later = [each for each in known[known.index(ours) :] if each in found]
    if later:
        return f"{component} {later[0]} has it"
    return f"{component} {found[-1]} was the last to have it" if found else ""


def _loaded(component: str, minor: str) -> Facts:
    facts = load(component, minor)
    if facts is None:
        raise KeyError(f"no facts of {component} {minor}")
    return facts
