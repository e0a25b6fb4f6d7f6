# SPDX-License-Identifier: Apache-2.0
"""examples/: each renders without a warning, by the command that stands in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from cli.running import Kgen, content
from helpers import decode

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


def render(kgen: Kgen, name: str, *, quick: bool = True) -> dict[str, bytes]:
    """Run the command in an example's first lines; ECDSA keys are quicker than RSA ones."""
    text = (EXAMPLES / f"{name}.yaml").read_text()
    command = re.search(r"^#   kgen (.+)$", text, re.MULTILINE)
    assert command, "the example does not say how to render it"
    (kgen.directory / "examples").mkdir(exist_ok=True)
    for path in EXAMPLES.glob("*.yaml"):
        text = path.read_text()
        if quick and "encryptionAlgorithm" not in text:
            text = re.sub(r"^kind: Cluster.*$", r"\g<0>\nencryptionAlgorithm: ECDSA-P256", text, flags=re.MULTILINE)
        (kgen.directory / "examples" / path.name).write_text(text)
    done = kgen(*shlex.split(command[1]))
    assert (done.code, done.err) == (0, "")
    return content(kgen.directory / "out")


@pytest.mark.parametrize("name", NAMES)
def test_renders(kgen: Kgen, name: str) -> None:
    """Every example does."""
    files = render(kgen, name)
    assert {"pki/apiserver.crt", "manifests/kube-apiserver.yaml", "kgen.json"} <= files.keys()


def test_all_are_there() -> None:
    """What the examples are about."""
    assert NAMES == ["external-etcd", "ha", "hardened", "host", "ipv6-dual-stack", "minimal"]


def test_minimal(kgen: Kgen) -> None:
    """Left as it is, the smallest one has kubeadm's default keys."""
    files = render(kgen, "minimal", quick=False)
    assert decode(files["pki/ca.crt"]).key == "RSA-2048"


def test_ha(kgen: Kgen) -> None:
    """Further control-plane nodes find the certificates."""
    assert "cluster/kubeadm-certs.yaml" in render(kgen, "ha")


def test_hardened(kgen: Kgen) -> None:
    """Every file that the API server is told to read or write lies below a directory that is mounted."""
    files = render(kgen, "hardened")
    pod = yaml.safe_load(files["manifests/kube-apiserver.yaml"])["spec"]["containers"][0]
    mounted = tuple(mount["mountPath"] + "/" for mount in pod["volumeMounts"])
    paths = [argument.partition("=")[2] for argument in pod["command"] if re.match(r"--[a-z-]+=/", argument)]
    assert any("audit" in path for path in paths)
    assert [path for path in paths if not path.startswith(mounted)] == []
    ca = decode(files["pki/ca.crt"])
    assert (ca.key, (ca.not_after - ca.not_before).days) == ("ECDSA-P384", 1825)


def test_dual_stack(kgen: Kgen) -> None:
    """The control plane speaks IPv6, services have both families."""
    manifest = render(kgen, "ipv6-dual-stack")["manifests/kube-apiserver.yaml"].decode()
    assert "--advertise-address=2001:db8::10" in manifest
    assert "--service-cluster-ip-range=2001:db8:43::/112,10.96.0.0/16" in manifest


def test_external_etcd(kgen: Kgen) -> None:
    """The API server gets at the files for etcd, and no etcd is on the node."""
    files = render(kgen, "external-etcd")
    assert "manifests/etcd.yaml" not in files
    assert b"path: /etc/etcd/pki\n" in files["manifests/kube-apiserver.yaml"]


def test_host(kgen: Kgen) -> None:
    """What the host is like shows in the manifests and in what the kubelet is told."""
    files = render(kgen, "host")
    assert b"/etc/pki/tls/certs" in files["manifests/kube-apiserver.yaml"]
    assert b"name: HTTPS_PROXY" in files["addons/kube-proxy/daemonset.yaml"]
    assert b"--hostname-override=cp-1" in files["kubelet/kubeadm-flags.env"]
    assert b"resolvConf: /run/systemd/resolve/resolv.conf" in files["kubelet/config.yaml"]
