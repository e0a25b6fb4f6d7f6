# SPDX-License-Identifier: Apache-2.0
"""The order in which the cluster comes up."""

from __future__ import annotations

import pytest

from explain.seen import EXAMPLES, example, nodes, seen
from kgen import releases
from kgen.explain.boot import Step, page, steps
from kgen.explain.view import View


def by_name(view: View) -> dict[str, Step]:
    """The steps of the first node."""
    return {step.name: step for step in steps(view, "cp-1")}


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize("name", EXAMPLES)
def test_order(name: str, minor: str) -> None:
    """What a step waits for comes before it, from the runtime to CoreDNS."""
    found = steps(example(name, minor), "cp-1")
    names = [step.name for step in found]
    assert (names[0], names[-1]) == ("Container runtime", "CoreDNS")
    for index, step in enumerate(found):
        assert set(step.waits_for) <= set(names[:index]), step.name


def test_files_that_a_step_reads() -> None:
    """The manifest and what its flags name; of the kubelet its configuration, kubeconfig and CA."""
    found = by_name(seen())
    scheduler = {item.path for item in found["kube-scheduler"].reads}
    assert scheduler == {"manifests/kube-scheduler.yaml", "scheduler.conf"}
    kubelet = {item.path for item in found["kubelet"].reads}
    assert {"kubelet/config.yaml", "kubelet/10-kubeadm.conf", "kubelet.conf", "pki/ca.crt"} <= kubelet
    assert "pki/sa.pub" in {item.path for item in found["kube-apiserver"].reads}


def test_every_file_is_read_by_somebody() -> None:
    """No step of a control plane leaves out a file, but for people's own and what only signs or asks."""
    view = seen()
    read = {item.path for step in steps(view, "cp-1") for item in step.reads}
    left = {item.path for item in view.files} - read
    assert left == {
        *("admin.conf", "super-admin.conf", "pki/front-proxy-ca.key", "pki/etcd/ca.key"),
        *("pki/etcd/healthcheck-client.crt", "pki/etcd/healthcheck-client.key"),
    }


def test_commands_fit_this_cluster() -> None:
    """Probes with the addresses and ports of the manifests."""
    view = example("ipv6-dual-stack")
    assert "curl -fsS 'http://[::1]:2381/livez'" in by_name(view)["etcd"].watch
    assert "curl -kfsS https://127.0.0.1:10259/livez" in by_name(view)["kube-scheduler"].watch
    assert "curl -fsS http://127.0.0.1:10248/healthz" in by_name(view)["kubelet"].watch


def test_external_etcd() -> None:
    """The API server waits for the external etcd."""
    found = by_name(example("external-etcd"))
    assert "External etcd" in found["kube-apiserver"].waits_for and "etcd" not in found


def test_cloud() -> None:
    """With an external cloud provider CoreDNS waits for it too."""
    view = seen(node="cp-1, kubeletExtraArgs: [{name: cloud-provider, value: external}]")
    assert "cloud controller" in by_name(view)["CoreDNS"].what
    assert "cloud controller" not in by_name(seen())["CoreDNS"].what


def test_several() -> None:
    """Each node has an order of its own."""
    body = page(nodes("cp-1", "cp-2")).body
    assert "## cp-1\n" in body and "## cp-2\n" in body


def test_skipped() -> None:
    """Steps of which the tree has nothing are not there."""
    found = by_name(seen("dns: {disabled: true}\nproxy: {disabled: true}\n"))
    assert "CoreDNS" not in found and "kube-proxy" not in found
    assert "neither a kubelet's configuration" in page(seen(without=list(seen().items))).body.replace("&#39;", "'")
