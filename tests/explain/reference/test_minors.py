# SPDX-License-Identifier: Apache-2.0
"""The page about what differs between minors."""

from __future__ import annotations

import itertools

import pytest

from kgen import releases
from kgen.config.lints import facts
from kgen.explain.markdown import text
from kgen.explain.reference import minors

PAGES = {page.path: page.body for page in minors.pages()}
BODY = PAGES[minors.PAGE]
PROGRAMS = (*minors.COMPONENTS, "etcd")


def test_every_behaviour_has_its_words_and_a_row() -> None:
    """Whatever a release file switches on is told, with the minors that do it."""
    known = [releases.load(minor) for minor in releases.minors()]
    names = {name for release in known for name in release.behaviours}
    assert names <= releases.BEHAVIOURS.keys()
    for name, meaning in releases.BEHAVIOURS.items():
        cells = " | ".join("yes" if release.has(name) else "no" for release in known)
        assert f"| {text(meaning)} | {cells} |" in BODY


def test_images_and_configuration_versions_are_told() -> None:
    """Of each minor, in a column of its own."""
    for name in ("kubeadm", "coredns", "pause", "etcd_default"):
        row = " | ".join(f"`{getattr(releases.load(minor), name)}`" for minor in releases.minors())
        assert f" | {row} |" in BODY
    for minor in releases.minors():
        assert "<br>".join(f"`{version}`" for version in releases.load(minor).config_versions) in BODY


@pytest.mark.parametrize("component", PROGRAMS)
def test_every_difference_between_flags_is_told(component: str) -> None:
    """Flags that came, went, or have another type, default or state."""
    section = BODY.partition(f"### `{component}`\n")[2].partition("\n#")[0]
    assert section
    for older, newer in itertools.pairwise(facts.minors(component)):
        before, after = facts.load(component, older), facts.load(component, newer)
        assert before and after
        for name in before.flags.keys() | after.flags.keys():
            was, now = before.flags.get(name), after.flags.get(name)
            differs = (was and (was.type, was.default, was.deprecated)) != (
                now and (now.type, now.default, now.deprecated)
            )
            assert (f"| {newer} | `--{name}` |" in section) is differs, name


@pytest.mark.parametrize("component", minors.COMPONENTS)
def test_every_gate_is_told(component: str) -> None:
    """Those of all programs and minors."""
    rows = {line.split("`")[1]: line for line in PAGES[minors.GATES_PAGE].split("\n") if line.startswith("| `")}
    for minor in facts.minors(component):
        known = facts.load(component, minor)
        assert known
        assert known.gates.keys() <= rows.keys()
    newest = facts.load("kube-apiserver", facts.minors("kube-apiserver")[-1])
    assert newest
    for name, gate in newest.gates.items():
        last = rows[name].split(" | ")[-1]
        assert gate.stage in last and ("on" if gate.default else "off") in last and ("locked" in last) is gate.locked


def test_fields_that_came_later() -> None:
    """Of the kubelet and kube-proxy, too, with a link."""
    place = "configuration/ClusterConfiguration.md#ExternalEtcd.httpEndpoints"
    assert f"| `ClusterConfiguration` | [`ExternalEtcd.httpEndpoints`]({place}) | since 1.35 |" in BODY
    assert "#KubeletConfiguration.tlsCurvePreferences) | since 1.36 |" in BODY
    assert (
        "| default none until 1.36, `&#34;iptables&#34;`" in BODY or '| default none until 1.36, `"iptables"`' in BODY
    )
