# SPDX-License-Identifier: Apache-2.0
"""What would change on a host, from what it says about itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apply.trees import facts
from kgen_apply import finalize, layout, plan
from kgen_apply.facts import Found
from kgen_apply.layout import Layout
from kgen_apply.tree import load

FLAGS = "/var/lib/kubelet/kubeadm-flags.env"


@pytest.fixture(scope="module")
def there(rendered: Path) -> Layout:
    """The layout of the first control-plane node."""
    tree = load(rendered)
    return layout.of(tree, tree.nodes[0])


def _differing(there: Layout, *targets: str) -> dict[str, Found]:
    found = dict(facts(there, installed=True).files)
    return found | {target: replace(found[target], sha256="0" * 64) for target in targets}


def test_new_host_gets_everything(there: Layout) -> None:
    """All files, all directories, the units read, the kubelet started; no static pod is restarted."""
    planned = plan.of(there, facts(there))
    assert {step.change for step in planned.steps} == {"new"}
    assert planned.directories == there.directories
    assert (planned.reload_units, planned.restart_kubelet, planned.restart_pods) == (True, True, ())


def test_host_that_has_everything_is_left_alone(there: Layout) -> None:
    """Nothing is written and nothing restarted."""
    planned = plan.of(there, facts(there, installed=True))
    assert not planned.changes
    assert {step.change for step in planned.steps} == {"same"}


def test_kubelet_is_restarted_only_for_what_it_reads(there: Layout) -> None:
    """Its flags do; a static pod does not, for the kubelet sees that by itself."""
    planned = plan.of(there, facts(there, files=_differing(there, FLAGS)))
    assert (planned.restart_kubelet, planned.reload_units) == (True, False)
    changed = plan.of(there, facts(there, files=_differing(there, "/etc/kubernetes/manifests/etcd.yaml")))
    assert (changed.restart_kubelet, changed.restart_pods) == (False, ())
    assert [step.why for step in changed.writes] == ["content"]


def test_static_pods_that_read_what_changes_are_restarted(there: Layout) -> None:
    """They read their files once; but not a pod that changes itself, for it starts anew anyhow."""
    changed = _differing(there, "/etc/kubernetes/scheduler.conf")
    assert plan.of(there, facts(there, files=changed)).restart_pods == ("kube-scheduler",)
    changed = _differing(there, "/etc/kubernetes/pki/etcd/peer.key", "/etc/kubernetes/manifests/kube-apiserver.yaml")
    assert plan.of(there, facts(there, files=changed)).restart_pods == ("etcd", "kube-controller-manager")


def test_mode_and_owner_count(there: Layout) -> None:
    """A key that others may read is changed although its content is right."""
    found = dict(facts(there, installed=True).files)
    key = "/etc/kubernetes/pki/ca.key"
    found[key] = replace(found[key], mode=0o644, owner="root:adm")
    (step,) = plan.of(there, facts(there, files=found)).writes
    assert step.why == "mode 0644 -> 0600, owner root:adm -> root:root"


def test_links_are_replaced_and_leftovers_cleared(there: Layout) -> None:
    """What is no plain file is not what is wanted; what an earlier run has left is work, too."""
    found = dict(facts(there, installed=True).files)
    found["/etc/kubernetes/pki/sa.pub"] = Found("link")
    (step,) = plan.of(there, facts(there, files=found)).writes
    assert (step.change, step.why, step.before) == ("changed", "a link", "-")
    assert plan.of(there, facts(there, installed=True, leftovers=("/etc/kubernetes",))).changes


def test_restarts_that_an_earlier_run_did_not_reach_are_made_up_for(there: Layout) -> None:
    """The host remembers them."""
    planned = plan.of(there, facts(there, installed=True, pending=frozenset({"kubelet", "etcd"})))
    assert (planned.restart_kubelet, planned.restart_pods, planned.writes) == (True, ("etcd",), ())


def test_kubelet_that_does_not_run_is_started(there: Layout) -> None:
    """Where systemd says so; a host without systemd says nothing."""
    assert plan.of(there, facts(there, installed=True, unit=("enabled", "inactive"))).restart_kubelet
    assert not plan.of(there, facts(there, installed=True, systemd=False, unit=("", "inactive"))).restart_kubelet


def test_finalized_kubelet_conf_is_the_same(there: Layout) -> None:
    """After kubelet-finalize kubelet.conf is another file than in the tree, and right all the same."""
    conf = there.kubelet_conf
    assert conf is not None
    found = dict(facts(there, installed=True).files)
    assert plan.of(there, facts(there, installed=True, pem=True)).finalize
    found[conf.target] = replace(found[conf.target], sha256="0" * 64)
    assert plan.of(there, facts(there, files=found, pem=True)).finalize
    found[conf.target] = replace(found[conf.target], sha256=finalize.finalized_sha256(conf.content, there.pem))
    assert not plan.of(
        there, facts(there, files=found, pem=True, directories=facts(there, installed=True).directories)
    ).changes


def test_phases_choose(there: Layout) -> None:
    """A phase stands for its sub-phases; a skipped one is left out, and so are directories nobody needs then."""
    planned = plan.of(there, facts(there), ("kubeconfig",), ("kubeconfig/kubelet",))
    assert {step.file.phase.partition("/")[0] for step in planned.steps} == {"kubeconfig"}
    assert len(planned.steps) == 4
    assert list(planned.directories) == ["/etc", "/etc/kubernetes"]


def test_diff_shows_what_changes_and_no_secret(there: Layout) -> None:
    """A manifest line by line; of a key or kubeconfig only that it changes."""
    steps = {step.file.path: step for step in plan.of(there, facts(there)).steps}
    etcd = steps["manifests/etcd.yaml"]
    shown = plan.diff(etcd, etcd.file.content.replace(b"priority: 2000001000", b"priority: 1"))
    assert "-  priority: 1\n+  priority: 2000001000\n" in shown
    for path in ("pki/ca.key", "admin.conf"):
        assert plan.diff(steps[path], b"old secret") == "(its content is secret and not shown)\n"
    assert plan.diff(steps["pki/ca.crt"], b"old") == "(another certificate or key)\n"
