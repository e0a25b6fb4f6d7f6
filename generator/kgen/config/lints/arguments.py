# SPDX-License-Identifier: Apache-2.0
"""Lints: does the program know these arguments? Values are never quoted, they may be secrets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from kgen.config import hints
from kgen.config.lints import facts, values
from kgen.config.lints.facts import Facts, Flag
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Argument, Subject, words

_LISTS = re.compile(r"slice|array|strings|map|stringTo|pattern|namedCertKey|reserved-memory", re.IGNORECASE)
"""Types of flags that can be given more than once (pflag, component-base/cli/flag, pkg/util/flag)."""

_NEEDED_BY_KUBEADM = frozenset({("kube-scheduler", "kubeconfig")})
"""Flags that are deprecated and that kubeadm itself writes"""


def facts_for(subject: Subject, component: str) -> Facts | None:
    """What is recorded of a component in the version that is installed; None if nothing is."""
    minor = facts.etcd_minor(subject.etcd_tag()) if component == "etcd" else subject.version.minor
    return facts.load(component, minor)


def clean(name: str) -> str:
    """A flag's name as the program has it."""
    return name.strip().lstrip("-").partition("=")[0].replace("_", "-")


def _known(subject: Subject) -> Iterator[tuple[Argument, Flag]]:
    """The arguments that their component has a flag for."""
    for argument in subject.arguments():
        known = facts_for(subject, argument.component)
        if known and argument.name in known.flags:
            yield argument, known.flags[argument.name]


def spelling(subject: Subject) -> Iterator[Finding]:
    """A name that is not just the flag's name.

    With dashes or an equals sign it makes a command line that cannot be read. Underscores are read as dashes
    (component-base/cli/flag WordSepNormalizeFunc), but not by kubeadm, which then leaves its own flag beside it.
    """
    for argument in subject.arguments():
        name = argument.name
        if name.startswith("-"):
            yield Finding(argument.field["name"], f"{clean(name)!r} has dashes in front", f"write {clean(name)}")
        elif "=" in name or any(c.isspace() for c in name):
            what = "the name holds an equals sign or a blank"
            yield Finding(argument.field["name"], what, "the flag's name alone, with its value as the value")
        elif "_" in name and argument.component != "etcd":
            known = facts_for(subject, argument.component)
            if known and name not in known.flags and clean(name) in known.flags:
                yield Finding(argument.field["name"], f"{name!r} has underscores", f"write {clean(name)}")


def unknown(subject: Subject) -> Iterator[Finding]:
    """A name that the program does not know: it prints its usage and exits."""
    for argument in subject.arguments():
        known = facts_for(subject, argument.component)
        name = argument.name
        if known is None or not name or name in known.flags or not re.fullmatch(r"[^-\s=][^\s=]*", name):
            continue
        if clean(name) in known.flags and argument.component != "etcd":
            continue
        version = facts.etcd_minor(known.version) if argument.component == "etcd" else known.version
        what = f"{argument.component} {version} has no flag {name!r}"
        yield Finding(argument.field["name"], what, _instead(subject, argument, known))


def _instead(subject: Subject, argument: Argument, known: Facts) -> str:
    name, component = argument.name, argument.component
    ours = facts.etcd_minor(known.version) if component == "etcd" else subject.version.minor
    having = facts.having(component, facts.with_flag(component, name), ours)
    if having:
        stable = name.removeprefix("experimental-")
        return f"{having}; {stable} is its name now" if stable != name and stable in known.flags else having
    if near := hints.near(name, known.flags, 0.8):
        return near
    others = {a for a in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet") if a != component}
    others_with = [other for other in sorted(others) if (theirs := facts_for(subject, other)) and name in theirs.flags]
    return f"it is a flag of {' and '.join(others_with)}" if others_with else ""


def deprecated(subject: Subject) -> Iterator[Finding]:
    """A flag that will go away."""
    for argument, flag in _known(subject):
        if flag.deprecated and (argument.component, argument.name) not in _NEEDED_BY_KUBEADM:
            instead = "the KubeletConfiguration's field, if it has one" if argument.component == "kubelet" else ""
            yield Finding(argument.field["name"], f"{argument.component}'s {argument.name} is deprecated", instead)


def wrong_value(subject: Subject) -> Iterator[Finding]:
    """A value that the flag cannot be set to."""
    for argument, flag in _known(subject):
        wanted = values.wanted(values.kind(argument.component, argument.name, flag.type), argument.value)
        value = argument.field["value"]
        if argument.component == "kubelet" and _splits(value.text):
            what = "systemd splits the value at a blank, and the kubelet takes what follows for a command"
            yield Finding(value, what, "no blank, or quotes within the value around it")
        elif wanted and not argument.merged:
            yield Finding(value, f"this is no value of {argument.name}", wanted)
        elif argument.name == "controllers":
            yield from _controllers(subject, argument)


def _splits(value: str) -> bool:
    """Whether a part of a kubelet's argument is no argument (cmd/kubelet/app/server.go NewKubeletCommand).

    A part can be a further flag, and the one behind that its value.
    """
    first, *others = words(value)
    parts = pairwise([f"={first}", *others])
    return any(not part.startswith("-") and (before[0] != "-" or "=" in before) for before, part in parts)


def _controllers(subject: Subject, argument: Argument) -> Iterator[Finding]:
    """Names that are no controller's (k8s.io/controller-manager options/generic.go Validate)."""
    known = facts_for(subject, argument.component)
    names = {item.removeprefix("-") for item in argument.items if item and item != "*"}
    if known is None or not known.controllers:
        return
    for name in sorted(names - known.controllers):
        what = f"{argument.component} {known.version} has no controller {name!r}"
        yield Finding(argument.field["value"], what, instead_of(name, known.controllers) or "remove it")


def instead_of(name: str, known: frozenset[str]) -> str:
    """What to write for an item of a list that the program does not know; empty if nothing is near."""
    return f"{name.strip()}, without blanks" if name.strip() in known else hints.near(name.strip(), known, 0.9)


def repeated(subject: Subject) -> Iterator[Finding]:
    """A flag with one value that is given several: the last one counts."""
    counts = Counter(_place(argument) for argument in subject.arguments())
    seen: Counter[tuple[str, ...]] = Counter()
    for argument, flag in _known(subject):
        place = _place(argument)
        seen[place] += 1
        if seen[place] < counts[place] and not _LISTS.search(flag.type):
            yield Finding(argument.field, f"{argument.name} is given again below, and only the last one counts")


def _place(argument: Argument) -> tuple[str, ...]:
    """Whose command line this is on, and which flag."""
    return argument.field.kind, argument.component, argument.name


LINTS: tuple[Lint, ...] = (
    Lint(
        "argument-spelling",
        "warning",
        "an argument's name with dashes in front, with = or with underscores",
        "The command line cannot be read, or kubeadm's own flag stays beside it.",
        "the flag's name alone",
        spelling,
    ),
    Lint(
        "unknown-argument",
        "warning",
        "an argument that the program does not have in this version",
        "The program prints its usage and exits; kubeadm waits for it until it gives up.",
        "remove it",
        unknown,
    ),
    Lint(
        "deprecated-argument",
        "warning",
        "an argument that is deprecated in this version",
        "A later version does not start with it.",
        "the program's help says what takes its place",
        deprecated,
    ),
    Lint(
        "argument-value",
        "warning",
        "a value that its flag cannot be set to",
        "The program exits at once.",
        "a value that the flag takes",
        wrong_value,
    ),
    Lint(
        "repeated-argument",
        "warning",
        "a flag with a single value that is given several times",
        "Only the last one counts.",
        "one of them",
        repeated,
    ),
)
