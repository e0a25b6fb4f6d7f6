# SPDX-License-Identifier: Apache-2.0
"""A whole cluster made by kgen render and kgen apply over SSH: real kubelet, real containerd, real kubeadm join."""

from __future__ import annotations

import datetime
import json
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from e2e import clusterdiff, trees
from e2e.cluster import Cluster
from e2e.lab import Host, until

pytestmark = pytest.mark.e2e

_PEM = "/var/lib/kubelet/pki/kubelet-client-current.pem"


def test_the_clusters_are_the_same(by_kgen: Cluster, by_kubeadm: Cluster) -> None:
    """Object by object nothing differs from the cluster that kubeadm init made, but times and what keys make."""
    ours, theirs = clusterdiff.dump(by_kgen.admin), clusterdiff.dump(by_kubeadm.admin)
    assert len(theirs) > 200
    assert clusterdiff.differences(ours, theirs) == []


def test_the_hosts_are_the_same(by_kgen: Cluster, by_kubeadm: Cluster) -> None:
    """cp-1 has the same files and directories with the same owners and modes, and what holds no key byte for byte."""
    assert len(_files(by_kubeadm.first)) > 35
    assert _files(by_kgen.first) == _files(by_kubeadm.first)
    keyless = "sha256sum /etc/kubernetes/manifests/* /var/lib/kubelet/*.yaml /var/lib/kubelet/kubeadm-flags.env"
    sums = [cluster.first.run("sh", "-c", keyless).stdout for cluster in (by_kgen, by_kubeadm)]
    assert len(sums[0].splitlines()) == 7
    assert sums[0] == sums[1]


def test_a_second_time_nothing_changes(by_kgen: Cluster) -> None:
    """kgen apply of what is there finds nothing to do, and neither does its check for drift; no pod restarts."""
    before = _containers(by_kgen)
    again = trees.apply(
        by_kgen.lab, by_kgen.rendered.tree, "--yes", f"--ignore-preflight-errors={'SystemVerification'}"
    )
    assert "nothing to change" in again.stdout
    trees.apply(by_kgen.lab, by_kgen.rendered.tree, "--check")
    assert _containers(by_kgen) == before


def test_drift_is_found(by_kgen: Cluster) -> None:
    """A file and an object that were changed by hand are named by --check, which then exits with 1."""
    target = "/etc/kubernetes/pki/sa.pub"
    content = by_kgen.first.read(target)
    by_kgen.admin("label", "cm", "-n", "kube-system", "kubeadm-config", "by=hand")
    patch = '{"rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list"]}]}'
    by_kgen.admin("patch", "clusterrole", "kubeadm:get-nodes", "--type=merge", "-p", patch)
    by_kgen.first.write(target, content + "\n", 0o600)
    drift = trees.apply(by_kgen.lab, by_kgen.rendered.tree, "--check", check=False)
    assert drift.returncode == 1, drift.stdout + drift.stderr
    assert target in drift.stdout
    assert "kubeadm:get-nodes" in drift.stdout
    assert "kubeadm-config" not in drift.stdout  # an own label is nobody's business
    trees.apply(by_kgen.lab, by_kgen.rendered.tree, "--yes", "--take-conflicts")
    assert by_kgen.first.read(target) == content
    trees.apply(by_kgen.lab, by_kgen.rendered.tree, "--check")
    by_kgen.admin("label", "cm", "-n", "kube-system", "kubeadm-config", "by-")


def test_all_is_ready(by_kgen: Cluster) -> None:
    """Both nodes are Ready, the first is marked as control plane, every pod of the system runs."""
    nodes = {item["metadata"]["name"]: item for item in by_kgen.admin.get("nodes")["items"]}
    assert set(nodes) == {"cp-1", "w-1"}
    for item in nodes.values():
        ready = next(each for each in item["status"]["conditions"] if each["type"] == "Ready")
        assert ready["status"] == "True"
    assert "node-role.kubernetes.io/control-plane" in nodes["cp-1"]["metadata"]["labels"]
    pods = by_kgen.admin.get("pods", "-n", "kube-system")["items"]
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    assert len(pods) == 8


def test_the_worker_joined_with_the_printed_command(by_kgen: Cluster) -> None:
    """The token's request for a certificate was approved by the controller that the rendered binding allows it."""
    assert "This node has joined the cluster" in by_kgen.said["join"].stdout
    requests = by_kgen.admin.get("csr")["items"]
    ours = [each for each in requests if each["spec"]["username"].startswith("system:bootstrap:")]
    assert [each["status"]["conditions"][0]["type"] for each in ours] == ["Approved"]
    assert all(each["status"].get("certificate") for each in ours)


def test_dns_and_services_work_from_a_pod(by_kgen: Cluster) -> None:
    """A pod on the worker resolves names by CoreDNS, and reaches pods of both hosts through kube-proxy."""
    admin = by_kgen.admin
    for name, host in (("a", "cp-1"), ("b", "w-1")):
        admin("create", "-f", "-", given=_pod(name, host, "netexec"))
        admin("expose", "pod", name, "--port=80", "--target-port=8080")
    admin("create", "-f", "-", given=_pod("client", "w-1", "pause"))
    admin("wait", "--for=condition=Ready", "pod/a", "pod/b", "pod/client", "--timeout=120s")
    name = "kubernetes.default.svc.cluster.local"
    assert "10.96.0.1" in admin("exec", "client", "--", "nslookup", name)

    def answers(server: str) -> bool:
        url = f"http://{server}.default.svc.cluster.local/hostname"
        return admin.run("exec", "client", "--", "curl", "-s", "-m", "5", url).stdout == server

    for server in ("a", "b"):
        until(f"the service {server} answers", lambda each=server: answers(each), 60)
    admin("delete", "pod/a", "pod/b", "pod/client", "svc/a", "svc/b")


def test_logs_and_exec_reach_the_kubelet(by_kgen: Cluster) -> None:
    """The API server is a client that kubelets let in: logs come through, from both hosts."""
    admin = by_kgen.admin
    assert "etcd" in admin("logs", "-n", "kube-system", "etcd-cp-1", "--tail=20")
    pods = admin.get("pods", "-n", "kube-system", "-l", "k8s-app=kube-proxy")["items"]
    for pod in pods:
        assert admin("logs", "-n", "kube-system", pod["metadata"]["name"], "--tail=5")


def test_the_kubelets_certificate_rotates(by_kgen: Cluster) -> None:
    """A kubelet whose certificate is about to expire gets another; on cp-1 too, with kgen's kubelet.conf."""
    assert f"client-certificate: {_PEM}" in by_kgen.first.read("/etc/kubernetes/kubelet.conf")
    for host in (by_kgen.first, by_kgen.worker):
        old = _expiring(by_kgen, host)
        host.run("systemctl", "restart", "kubelet")

        def renewed(host: Host = host, old: int = old) -> bool:
            return _certificate(host).serial_number != old

        until(f"the kubelet of {host.name} has another certificate", renewed, 120, 1)
    by_kgen.admin("wait", "--for=condition=Ready", "node", "--all", "--timeout=120s")


def test_kubeadm_knows_the_certificates(by_kgen: Cluster) -> None:
    """The real kubeadm finds nothing missing among the certificates that kgen made, and renews them."""
    said = by_kgen.first.run("kubeadm", "certs", "check-expiration").stdout
    assert "MISSING" not in said
    assert len(re.findall(r"\b364d\b|\b365d\b|\b9y\b|\b10y\b", said)) >= 13
    before = _serial(by_kgen.first, "/etc/kubernetes/pki/apiserver.crt")
    by_kgen.first.run("kubeadm", "certs", "renew", "apiserver")
    assert _serial(by_kgen.first, "/etc/kubernetes/pki/apiserver.crt") != before
    drift = trees.apply(by_kgen.lab, by_kgen.rendered.tree, "--check", check=False)
    assert drift.returncode == 1
    assert "/etc/kubernetes/pki/apiserver.crt" in drift.stdout
    trees.apply(by_kgen.lab, by_kgen.rendered.tree, "--yes")
    by_kgen.admin.wait_ready(120)
    assert _serial(by_kgen.first, "/etc/kubernetes/pki/apiserver.crt") == before


def _files(host: Host) -> list[str]:
    """Kind, mode, owner and path of all that kubeadm writes; backups and generated certificates' names left out."""
    find = "find /etc/kubernetes /var/lib/kubelet -maxdepth 3 -path '*/pods' -prune -o -printf '%y %m %u:%g %p\\n'"
    lines = host.run("sh", "-c", find).stdout.splitlines()
    ours = re.compile(r"/etc/kubernetes|/var/lib/kubelet($|/(config\.yaml|instance-config\.yaml|kubeadm-flags\.env)$)")
    return sorted(line for line in lines if ours.match(line.split()[3]))


def _containers(cluster: Cluster) -> list[str]:
    return sorted(cluster.first.run("crictl", "ps", "-q").stdout.split())


def _pod(name: str, host: str, *arguments: str) -> str:
    container = {"name": "c", "image": "lab/agnhost:1", "args": arguments, "imagePullPolicy": "Never"}
    metadata = {"name": name, "labels": {"app": name}}
    spec = {"nodeName": host, "containers": [container], "terminationGracePeriodSeconds": 1}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def _certificate(host: Host) -> x509.Certificate:
    return x509.load_pem_x509_certificate(host.run("cat", _PEM).stdout.encode())


def _serial(host: Host, path: str) -> int:
    return x509.load_pem_x509_certificate(host.read(path).encode()).serial_number


def _expiring(cluster: Cluster, host: Host) -> int:
    """Give the kubelet a certificate that ends in ten minutes; returns its serial number."""
    tree = cluster.rendered.tree
    pem = host.run("cat", _PEM).stdout.encode()
    key = serialization.load_pem_private_key(pem, None)
    ca = x509.load_pem_x509_certificate((tree / "pki/ca.crt").read_bytes())
    ca_key = serialization.load_pem_private_key((tree / "pki/ca.key").read_bytes(), None)
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=ca.subject,
        subject_name=_certificate(host).subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(days=100),
        not_valid_after=now + datetime.timedelta(minutes=10),
        extensions=list(_certificate(host).extensions),
    )
    short = builder.sign(ca_key, hashes.SHA256())  # type: ignore[arg-type] # kgen makes RSA and ECDSA keys only
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    target = host.run("readlink", "-f", _PEM).stdout.strip()
    host.write(target, short.public_bytes(serialization.Encoding.PEM) + private, 0o600)
    return short.serial_number
