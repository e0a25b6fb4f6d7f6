# SPDX-License-Identifier: Apache-2.0
"""kgen config: kubeadm's defaults, the effective configuration, the images."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import kgen as package
from cli.running import Kgen
from conformance import build
from kgen.config import schema
from kgen.config.codec import encode

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("minimal", "ha", "hardened", "ipv6-dual-stack", "external-etcd")


def _written(document: Mapping[str, Any], minor: str) -> dict[str, Any]:
    """The document as Go writes it: what is left out and what is empty are the same then."""
    return encode(document, schema.load(minor, document["apiVersion"], document["kind"]))


@pytest.mark.parametrize("name", NAMES)
def test_effective_is_the_same_cluster(kgen: Kgen, name: str) -> None:
    """What is printed, read again, is the same cluster with nothing left to fill in."""
    text = (EXAMPLES / f"{name}.yaml").read_bytes()
    done = kgen("config", "effective", str(EXAMPLES / f"{name}.yaml"), "--show-secrets")
    assert done.code == 0
    before = package.load([(name, text)])
    after = package.load([("effective", done.out.encode())])
    minor = before.release.minor
    for part in ("configuration", "kubelet", "kube_proxy"):
        assert _written(getattr(after, part), minor) == _written(getattr(before, part), minor), part
    init = [{**_written(cluster.init, minor), "bootstrapTokens": 0} for cluster in (before, after)]
    assert init[0] == init[1]


def test_effective_says_where_values_come_from(kgen: Kgen) -> None:
    """A user's value has its line, a default is called one, and a derived one says from what."""
    (kgen.directory / "c.yaml").write_text((EXAMPLES / "ha.yaml").read_text())
    out = kgen("config", "effective", "c.yaml").out
    assert re.search(r"^kubernetesVersion: v1\.37\.2  # user c\.yaml:\d+$", out, re.MULTILINE)
    assert re.search(r"^certificatesDir: /etc/kubernetes/pki  # default$", out, re.MULTILINE)
    assert re.search(r"^clusterDNS:\n- 10\.96\.0\.10  # derived: .*serviceSubnet", out, re.MULTILINE)


def test_effective_withholds_tokens(kgen: Kgen) -> None:
    """A bootstrap token is printed only when it is asked for."""
    token = "canary." + "0" * 16
    text = (EXAMPLES / "minimal.yaml").read_text().replace("nodeReg", f"bootstrapTokens: [{{token: {token}}}]\nnodeReg")
    (kgen.directory / "c.yaml").write_text(text)
    assert token not in kgen("config", "effective", "c.yaml").out
    assert token in kgen("config", "effective", "c.yaml", "--show-secrets").out


@pytest.mark.parametrize("name", NAMES)
def test_images_are_those_of_the_rendered_files(kgen: Kgen, name: str) -> None:
    """The list holds every image that a manifest or an addon names, and the sandbox's, which no file names."""
    text = re.sub(r"^encryptionAlgorithm: .*$", "", (EXAMPLES / f"{name}.yaml").read_text(), flags=re.MULTILINE)
    quick = text.replace("kind: ClusterConfiguration", "kind: ClusterConfiguration\nencryptionAlgorithm: ECDSA-P256")
    (kgen.directory / "c.yaml").write_text(quick)
    listed = kgen("config", "images", "c.yaml").out.split()
    assert kgen("render", "c.yaml", "-q").code == 0
    rendered = set()
    for path in (*(kgen.directory / "out/manifests").iterdir(), *(kgen.directory / "out/addons").rglob("*.yaml")):
        rendered.update(re.findall(r"^ *image: (\S+)$", path.read_text(), re.MULTILINE))
    assert {image for image in listed if "/pause:" not in image} == rendered
    assert len(listed) == len(rendered) + 1


@pytest.mark.real
@pytest.mark.parametrize("minor", build.MINORS)
@pytest.mark.parametrize("command", ["init", "join", "reset", "upgrade"])
def test_defaults_are_kubeadms(kgen: Kgen, minor: str, command: str) -> None:
    """To the byte what `kubeadm config print` prints, component configurations included."""
    ours, theirs = ["--kubeadm", minor], []
    if command == "init":
        ours += ["--component-configs", "KubeletConfiguration,KubeProxyConfiguration"]
        theirs = ours[-2:]
    if command == "join":
        ours += ["--node-name", "host-1"]
    program = ["unshare", "--map-root-user", "--uts", "sh", "-c", 'hostname host-1 && exec "$@"', "sh"]
    real = [str(build.kubeadm(minor)), "config", "print", f"{command}-defaults", *theirs]
    printed = subprocess.run([*program, *real], capture_output=True, text=True, check=True).stdout
    assert kgen("config", "defaults", command, *ours).out == printed


@pytest.mark.real
@pytest.mark.parametrize("minor", build.MINORS)
def test_images_are_kubeadms(kgen: Kgen, minor: str) -> None:
    """The same images in the same order."""
    text = (EXAMPLES / "minimal.yaml").read_text().replace("v1.37.2", build.version(minor))
    path = kgen.directory / "c.yaml"
    path.write_text(text)
    real = [str(build.kubeadm(minor)), "config", "images", "list", "--config", str(path)]
    assert (
        kgen("config", "images", "c.yaml").out
        == subprocess.run(real, capture_output=True, text=True, check=True).stdout
    )


def test_documents_stay_readable(kgen: Kgen) -> None:
    """What is printed is YAML with one document of each kind."""
    out = kgen("config", "effective", str(EXAMPLES / "minimal.yaml")).out
    kinds = [document["kind"] for document in yaml.safe_load_all(out)]
    assert kinds == ["InitConfiguration", "ClusterConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"]
