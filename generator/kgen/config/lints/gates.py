# SPDX-License-Identifier: Apache-2.0
"""Lints: feature gates of kubeadm and of the programs that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgen import releases
from kgen.config import hints
from kgen.config.lints import facts
from kgen.config.lints.arguments import facts_for
from kgen.config.lints.facts import Facts
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Subject
from kgen.config.lints.values import FALSE, TRUE
from kgen.config.rules.fields import Field

_GROUPS = ("AllAlpha", "AllBeta")
"""Names that stand for many gates (component-base/featuregate)."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A gate that is set for a program."""

    facts: Facts
    field: Field
    name: str
    state: bool | None
    """None if it is neither true nor false."""
    key: bool = False
    """Whether the name is the key of the field."""


def _chosen(subject: Subject) -> Iterator[_Chosen]:
    for component, document in (("kubelet", subject.kubelet), ("kube-proxy", subject.kube_proxy)):
        gates = document["featureGates"]
        known = facts_for(subject, component) if gates.value else None
        if known and isinstance(gates.value, dict):
            for name, state in gates.value.items():
                yield _Chosen(known, gates[name], name, state is True, key=True)
    for argument in subject.arguments("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"):
        known = facts_for(subject, argument.component) if argument.name == "feature-gates" else None
        if known:
            for item in argument.value.split(","):
                name, equals, state = item.rpartition(":")[2].partition("=")
                if not equals:  # arguments.wrong_value finds it, and does not quote it
                    continue
                state = state.strip()
                chosen = state in TRUE if state in TRUE | FALSE else None
                yield _Chosen(known, argument.field["value"], name.strip(), chosen)


def unknown(subject: Subject) -> Iterator[Finding]:
    """A gate that the program does not have: it does not start."""
    for chosen in _chosen(subject):
        if chosen.name in chosen.facts.gates or chosen.name in _GROUPS:
            continue
        component, version = chosen.facts.component, chosen.facts.version
        what = f"{component} {version} has no feature gate {chosen.name!r}"
        instead = hints.near(chosen.name, chosen.facts.gates, 0.8)
        having = facts.having(component, facts.with_gate(component, chosen.name), subject.version.minor)
        if having:
            instead = f"remove it; {having}" if having.endswith("the last to have it") else having
        yield Finding(chosen.field, what, instead, key=chosen.key)


def locked(subject: Subject) -> Iterator[Finding]:
    """A gate that can no longer be set to this: the program does not start."""
    for chosen in _chosen(subject):
        gate = chosen.facts.gates.get(chosen.name)
        if gate and gate.locked and chosen.state is not None and chosen.state != gate.default:
            state = "on" if gate.default else "off"
            yield Finding(chosen.field, f"{chosen.facts.component} has {chosen.name} locked to {state}")


def settled(subject: Subject) -> Iterator[Finding]:
    """A gate that is on its way out."""
    for chosen in _chosen(subject):
        gate = chosen.facts.gates.get(chosen.name)
        if gate and gate.stage in ("ga", "deprecated") and not (gate.locked and chosen.state != gate.default):
            what = f"{chosen.name} is {_STAGES[gate.stage]} in {chosen.facts.component} {chosen.facts.version}"
            yield Finding(chosen.field, what, key=chosen.key)


_STAGES = {"ga": "generally available", "deprecated": "deprecated"}


def of_kubeadm(subject: Subject) -> Iterator[Finding]:
    """A gate of kubeadm's own that is settled, or that a later kubeadm refuses."""
    gates = subject.configuration["featureGates"]
    for name in gates.value if isinstance(gates.value, dict) else ():
        gate = subject.release.gates.get(name)
        if gate is None:
            continue
        known = releases.minors()
        later = known[known.index(subject.release.minor) + 1 :]
        without = next((minor for minor in later if name not in releases.load(minor).gates), "")
        if gate.stage in _STAGES:
            what = f"{name} is {_STAGES[gate.stage]} in kubeadm {subject.release.minor}"
            what += f", and kubeadm {without} refuses it" if without else ""
            yield Finding(gates[name], what, key=True)
        elif without:
            yield Finding(gates[name], f"kubeadm {without} no longer has {name} and refuses it", key=True)


LINTS: tuple[Lint, ...] = (
    Lint(
        "unknown-gate",
        "warning",
        "a feature gate that the program does not have in this version",
        "The program exits at once.",
        "remove it",
        unknown,
    ),
    Lint(
        "locked-gate",
        "warning",
        "a feature gate that cannot be set to this any more",
        "The program exits at once.",
        "remove it",
        locked,
    ),
    Lint(
        "settled-gate",
        "warning",
        "a feature gate that is generally available or deprecated",
        "A later version no longer knows it and does not start.",
        "remove it before the next upgrade",
        settled,
    ),
    Lint(
        "kubeadm-gate",
        "warning",
        "a feature gate of kubeadm that is settled or goes away",
        "A later kubeadm refuses the configuration.",
        "remove it before the next upgrade",
        of_kubeadm,
    ),
)
