# SPDX-License-Identifier: Apache-2.0
"""How the dry run's output is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.cases import cases
from conformance.normalise import NormalObject
from conformance.record import _certificates_directory, _read_stdout, _target, _warnings, drifted, merged
from conformance.test_recordings import RECORDING

STDOUT = """\
[init] Using Kubernetes version: v1.99.1
[upload-certs] Using certificate key:
0123
[dryrun] Would perform action GET on resource "configmaps" in API group "core/v1"
[dryrun] Resource name "kubeadm-config", namespace "kube-system"
[dryrun] Attached object:
kind: Ignored

[dryrun] Would perform action CREATE on resource "configmaps" in API group "core/v1"
[dryrun] Attached object:
apiVersion: v1
data:
  ClusterConfiguration: |
    certificatesDir: /srv/pki

    apiServer: {}
kind: ConfigMap
metadata:
  name: kubeadm-config
  namespace: kube-system

[mark-control-plane] Marking the node cp-1 as control-plane by adding the labels: [a b]
[mark-control-plane] Marking the node cp-1 as control-plane by adding the taints [a:NoSchedule]
[dryrun] Would perform action PATCH on resource "nodes" in API group "core/v1"
[dryrun] Resource name "cp-1", namespace ""
[dryrun] Attached object:
kind: Node
metadata:
  name: cp-1

[addons] Applied essential addon: kube-proxy

Your Kubernetes control-plane has initialized successfully!

kubeadm join
"""


def test_read_stdout() -> None:
    """Objects keep every byte but the dry run's own empty line; what was only read is left out."""
    objects, log, closing = _read_stdout(STDOUT)
    text = STDOUT[STDOUT.index("apiVersion: v1") : STDOUT.index("\n[mark")]
    assert objects == (
        NormalObject("create", "ConfigMap", "kube-system", "kubeadm-config", text),
        NormalObject("patch", "Node", "", "cp-1", "labels: [a b]\ntaints [a:NoSchedule]\n"),
    )
    assert log[:2] == ("[init] Using Kubernetes version: v1.99.1", "[upload-certs] Using certificate key:")
    assert log[-1] == "[addons] Applied essential addon: kube-proxy"
    assert closing == "Your Kubernetes control-plane has initialized successfully!\n\nkubeadm join\n"


def test_targets() -> None:
    """The flat names of the dry run's directory become places on the host."""
    certificates = _certificates_directory(_read_stdout(STDOUT)[0])
    names = ("etcd/ca.crt", "sa.pub", "etcd.yaml", "config.yaml", "admin.conf")
    assert [_target(name, certificates) for name in names] == [
        "/srv/pki/etcd/ca.crt",
        "/srv/pki/sa.pub",
        "/etc/kubernetes/manifests/etcd.yaml",
        "/var/lib/kubelet/config.yaml",
        "/etc/kubernetes/admin.conf",
    ]
    with pytest.raises(LookupError, match=r"surprise\.bin"):
        _target("surprise.bin", certificates)


def test_warnings() -> None:
    """Of a line of klog only the message is kept."""
    assert _warnings("W1125 10:08:22.037565   22906 kubelet_unix.go:41] careful: [x] y\n\nplain\n") == (
        "careful: [x] y",
        "plain",
    )


def test_drift_is_told() -> None:
    """A difference between a stored and a fresh recording names minor, case, file, and what was there."""
    name = "init/01-minimal"
    stored = replace(RECORDING, case=name)
    fresh = replace(stored, rc=1, files=(replace(stored.files[0], text="two\n"), stored.files[1]))
    first, second = drifted({name: stored}, {name: fresh}, "1.37")
    assert first == "1.37 init/01-minimal: rc was 0, is 1"
    assert second.startswith("1.37 init/01-minimal: /etc/a: differs")
    assert "-one\n+two" in second


def test_missing_recording_is_told() -> None:
    """A case without a recording, and a recording without a case, are drift."""
    assert list(drifted({}, {"init/01-minimal": RECORDING}, "1.37")) == ["1.37 init/01-minimal: never recorded"]
    assert list(drifted({"gone": RECORDING}, {}, "1.37")) == ["1.37 gone: no longer a case"]


def test_rerecording_keeps_what_is_the_same() -> None:
    """A fresh recording that differs by chance only does not replace the stored one."""
    name = "init/01-minimal"
    stored = replace(RECORDING, case=name)
    same, other = replace(stored, started="2027-01-01T00:00:00Z"), replace(stored, warnings=())
    fresh = {each.name: same for each in cases()}
    assert merged({name: stored}, {**fresh, name: same}, "1.37")[name] is stored
    assert merged({name: stored}, {**fresh, name: other}, "1.37")[name] is other
