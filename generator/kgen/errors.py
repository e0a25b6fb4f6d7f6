# SPDX-License-Identifier: Apache-2.0
"""Everything that can go wrong, as data first and text last.

    KgenError                   something a user can act on; the CLI prints it and exits with its code in EXIT_CODES
    ├── UsageError              the command line itself is wrong
    ├── ConfigurationError      the configuration is refused; carries every Problem
    ├── MaterialError           given certificates or keys are missing, wrong or do not fit
    ├── TargetError             the output place cannot be used (edited files, not a tree, …)
    └── BugError                kgen contradicts itself; please report

A `Problem` is one finding about a configuration. It is a value: rules yield problems, the loader
gives them their place in the text, and only the CLI turns them into lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from kgen import secrecy

EXIT_CODES: Mapping[int, str] = {
    0: "fine",
    1: "whoever read the output has gone, as `head` does",
    2: "the command line is wrong, or a named file cannot be read",
    3: "the configuration is refused",
    4: "certificates or keys are missing, unreadable or do not fit",
    5: "the target cannot be used or written",
    70: "a fault in kgen; please report it",
    130: "interrupted",
}
"""What the command line exits with, and what that means."""

Path = tuple[str | int, ...]
"""Where a value stands in a document: ("networking", "podSubnet") or ("etcd", "local", "extraArgs", 0)."""

Level = Literal["error", "warning"]


def format_path(path: Path) -> str:
    """The path as kubeadm writes it: `apiServer.extraArgs[0].name`; empty for a whole document."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text. Lines and columns count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a named text."""

    source: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a configuration."""

    code: str
    """Stable identifier, e.g. `unknown-field`."""
    what: str
    """What is wrong, one clause without a full stop."""
    instead: str = ""
    """What would be right; empty where `what` already says it."""
    kind: str = ""
    """Kind of the document, e.g. `ClusterConfiguration`; empty for a file that could not be read."""
    path: Path = ()
    level: Level = "error"
    source: str = ""
    """File name as the user gave it, `<stdin>`, or the flag, e.g. `--pod-network-cidr`."""
    mark: Mark | None = None
    key: bool = False
    """Whether it is about the key that the path ends with: a field that there is not. Else it is about the value."""
    others: tuple[Place, ...] = ()
    """Where else it stands, if two things clash: the first of two equal keys, each of two that exclude another."""

    def __post_init__(self) -> None:
        """What is quoted of the configuration loses what looks like a secret."""
        object.__setattr__(self, "what", secrecy.told(self.what))
        object.__setattr__(self, "instead", secrecy.told(self.instead))

    @property
    def field(self) -> str:
        """The path as text, without what looks like a secret; empty for a whole document"""
        return secrecy.told(format_path(self.path))

    def at(self, source: str, mark: Mark | None) -> Problem:
        """The same problem with its place in the text."""
        return replace(self, source=source, mark=mark)

    def __str__(self) -> str:
        """`file:line:column: path: what is wrong; what would be right`."""
        place = self.source
        if self.mark:
            place += f":{self.mark.line}:{self.mark.column}"
        parts = [place, self.field or self.kind, self.what]
        text = ": ".join(part for part in parts if part)
        text = f"{text}; {self.instead}" if self.instead else text
        return f"{text} [{self.code}]" if self.code.startswith("lint/") else text


class KgenError(Exception):
    """Base of everything that is the user's to solve. `exit_code` is what the CLI exits with."""

    exit_code = 1


class UsageError(KgenError):
    """The command line is wrong."""

    exit_code = 2


@dataclass
class ConfigurationError(KgenError):
    """The configuration is refused. `problems` holds all of them, in the order of the text."""

    problems: tuple[Problem, ...] = field(default=())
    sources: Sequence[tuple[str, bytes]] = field(default=(), repr=False)
    """The files that the problems point into, by name; they may hold secrets."""
    exit_code = 3

    def __str__(self) -> str:
        return "\n".join(("warning: " if p.level == "warning" else "") + str(p) for p in self.problems)


class MaterialError(KgenError):
    """Given certificates, keys or kubeconfigs are missing, unreadable or do not fit."""

    exit_code = 4


class TargetError(KgenError):
    """The place to write to cannot be used as asked."""

    exit_code = 5


class BugError(KgenError):
    """kgen contradicts itself; please report."""

    exit_code = 70
