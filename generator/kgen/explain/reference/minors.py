# SPDX-License-Identifier: Apache-2.0
"""What differs between the kubeadm minors, out of the release files, the recorded flags and the schemas."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from kgen import releases
from kgen.config.lints import facts
from kgen.explain.flags import reference
from kgen.explain.markdown import Md, code, link, table, text
from kgen.explain.page import Page, relative
from kgen.explain.reference import schemas
from kgen.explain.reference.model import all_kinds
from kgen.releases import BEHAVIOURS, Release

PAGE = "reference/minors.md"
GATES_PAGE = "reference/feature-gates.md"
COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
_KEY_IDENTIFIERS = {"sha1": "SHA-1", "sha256-160": "SHA-256, the first 160 bits"}


def pages() -> Iterator[Page]:
    """The differences, and the feature gates of all minors."""
    yield Page(PAGE, "Differences between minors", "\n".join(_differences()))
    yield Page(GATES_PAGE, "Feature gates", "\n".join(_gates()))


def _differences() -> Iterator[Md]:
    known = [releases.load(minor) for minor in releases.minors()]
    yield Md(
        "# Differences between minors\n\nWhat an upgrade changes, and what one configuration means to another "
        "kubeadm. kgen takes the minor from `kubernetesVersion`, or from `--kubeadm`.\n"
    )
    head = ("Fact", *(release.minor for release in known))
    yield Md(f"## At a glance\n\n{table(head, _glance(known))}")
    yield Md(f"## What patches can change\n\n{table(head, _patches(known))}")
    yield Md(f"## How kubeadm behaves\n\n{table(head, _behaviours(known))}")
    yield Md(
        "## Feature gates of kubeadm\n\nIn `featureGates` of the ClusterConfiguration. "
        f"Those of the components are in {link('feature gates', relative(PAGE, GATES_PAGE))}.\n\n"
        f"{table(head, _kubeadm_gates(known))}"
    )
    yield Md(
        f"## etcd\n\nWhich etcd kubeadm runs for a control plane of an older Kubernetes.\n\n{table(head, _etcd(known))}"
    )
    yield Md(f"Flags that it gives to etcd besides those that are the same everywhere:\n\n{_etcd_flags(known)}")
    yield from _flags()
    yield from _fields()


def _glance(known: Sequence[Release]) -> Iterator[tuple[object, ...]]:
    rows: list[tuple[str, Callable[[Release], Md]]] = [
        ("Checked against kubeadm", lambda release: code(release.kubeadm)),
        ("Configuration versions", lambda release: _codes(release.config_versions)),
        ("with `--allow-experimental-api`", lambda release: _codes(release.experimental_versions)),
        ("CoreDNS", lambda release: code(release.coredns)),
        ("etcd", lambda release: code(release.etcd_default)),
        ("pause", lambda release: code(release.pause)),
        (
            "`mode` of kube-proxy that it writes",
            lambda release: code(release.kube_proxy_mode) if release.kube_proxy_mode else Md("empty"),
        ),
        (
            "Subject key identifier of a CA",
            lambda release: text(_KEY_IDENTIFIERS[release.subject_key_identifier]),
        ),
    ]
    for title, value in rows:
        yield Md(title), *map(value, known)


def _codes(values: Sequence[str]) -> Md:
    return Md("<br>".join(map(code, values)) or "none")


def _patches(known: Sequence[Release]) -> Iterator[tuple[object, ...]]:
    for name in dict.fromkeys(name for release in known for name in release.patch_targets):
        yield code(name), *("yes" if name in release.patch_targets else "no" for release in known)


def _behaviours(known: Sequence[Release]) -> Iterator[tuple[object, ...]]:
    for name, meaning in BEHAVIOURS.items():
        yield text(meaning), *("yes" if release.has(name) else "no" for release in known)


def _kubeadm_gates(known: Sequence[Release]) -> Iterator[tuple[object, ...]]:
    for name in sorted({name for release in known for name in release.gates}):
        stages = []
        for release in known:
            gate = release.gates.get(name)
            stages.append(f"{gate.stage}, {'on' if gate.default else 'off'}" if gate else "")
        yield code(name), *stages


def _etcd(known: Sequence[Release]) -> Iterator[tuple[object, ...]]:
    for minor in sorted({minor for release in known for minor in release.etcd_by_minor}):
        yield (
            code(f"1.{minor}"),
            *(code(release.etcd_by_minor[minor]) if minor in release.etcd_by_minor else "" for release in known),
        )


def _etcd_flags(known: Sequence[Release]) -> Md:
    rows = []
    for release in known:
        for each in release.etcd_flags:
            flags = [code(f"--{name}={value}") for name, value in each.flags.items()]
            since = f"since etcd {each.since}" if each.since else "older ones" if len(release.etcd_flags) > 1 else "any"
            rows.append((release.minor, since, Md("<br>".join(flags))))
    return table(("kubeadm", "etcd", "Flags"), rows)


def _flags() -> Iterator[Md]:
    yield Md(
        "## Flags of the components\n\nFlags that came, went, or changed. One that has gone keeps a program from "
        "starting if it is still in `extraArgs`; the lints `unknown-argument` and `deprecated-argument` find such.\n"
    )
    for component in (*COMPONENTS, "etcd"):
        recorded = facts.minors(component)
        rows = [row for pair in itertools.pairwise(recorded) for row in _flag_changes(component, *pair)]
        upstream = link("upstream reference", reference(component, recorded[-1]))
        body = table(("Since", "Flag", "Change"), rows) or "Nothing.\n"
        yield Md(f"### {code(component)}\n\n{body}\nAll flags: {upstream}.\n")


def _flag_changes(component: str, older: str, newer: str) -> Iterator[tuple[object, ...]]:
    before, after = facts.load(component, older), facts.load(component, newer)
    if before is None or after is None:
        return
    for name in sorted({*before.flags, *after.flags}):
        was, now = before.flags.get(name), after.flags.get(name)
        for change in _changes(was, now):
            yield newer, code(f"--{name}"), change


def _changes(was: facts.Flag | None, now: facts.Flag | None) -> Iterator[Md]:
    if was is None or now is None:
        if now is not None:
            yield Md(f"new: {code(now.type)}, default {_value(now.default)}{', deprecated' if now.deprecated else ''}")
        else:
            yield Md("gone; it was deprecated" if was and was.deprecated else "gone")
        return
    if was.type != now.type:
        yield Md(f"type {code(was.type)} is now {code(now.type)}")
    if was.default != now.default:
        yield Md(f"default {_value(was.default)} is now {_value(now.default)}")
    if was.deprecated != now.deprecated:
        yield Md("deprecated" if now.deprecated else "no longer deprecated")


def _value(default: str) -> Md:
    return code(default) if default not in ("", "<nil>") else Md("empty")


def _fields() -> Iterator[Md]:
    yield Md("## Fields of the configuration\n\nFields that not every minor knows, or whose default changed.\n")
    rows = []
    for kind in all_kinds():
        rows += [(code(kind), place, said) for place, said in schemas.differences(kind, PAGE)]
    yield table(("Kind", "Field", "Minors"), rows)


def _gates() -> Iterator[Md]:
    recorded = facts.minors(COMPONENTS[0])
    yield Md(
        "# Feature gates\n\nSwitches of the components, in their flag `--feature-gates` and in `featureGates` of the "
        "kubelet's and kube-proxy's configuration, by minor: stage, and whether it is on by default. One that is "
        "locked cannot be set to anything else. A gate that a program does not know keeps it from starting. "
        f"The gates of kubeadm itself are among the {link('differences', relative(GATES_PAGE, PAGE))}.\n"
    )
    programs = {
        minor: {component: its.gates for component in COMPONENTS if (its := facts.load(component, minor))}
        for minor in recorded
    }
    names = sorted({name for minor in recorded for gates in programs[minor].values() for name in gates})
    rows = [(code(name), *(_gate(name, programs[minor]) for minor in recorded)) for name in names]
    yield table(("Gate", *recorded), rows)


def _gate(name: str, programs: Mapping[str, Mapping[str, facts.Gate]]) -> Md:
    """What a gate is in one minor; where not all programs agree, what it is in each."""
    stages: dict[str, list[str]] = {}
    for program, gates in programs.items():
        if gate := gates.get(name):
            said = f"{gate.stage}, {'on' if gate.default else 'off'}{', locked' if gate.locked else ''}"
            stages.setdefault(said, []).append(program)
    if len(stages) == 1 and len(next(iter(stages.values()))) == len(programs):
        return text(next(iter(stages)))
    return Md("<br>".join(f"{text(said)}: {', '.join(map(code, its))}" for said, its in stages.items()))
