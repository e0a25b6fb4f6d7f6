# SPDX-License-Identifier: Apache-2.0
"""kgen config: kubeadm's defaults, the effective configuration, the images, and what is older than v1beta4."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import kgen as package
from cli.running import Kgen
from config import record
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


@pytest.mark.parametrize("minor", build.MINORS)
@pytest.mark.parametrize("command", list(record.COMMANDS))
def test_defaults_are_kubeadms(kgen: Kgen, minor: str, command: str) -> None:
    """To the byte what `kubeadm config print` prints, component configurations included."""
    options = (*record.COMMANDS[command], *(("--node-name", record.HOSTNAME) if command == "join" else ()))
    printed = (record.DATA / "defaults" / minor / f"{command}.yaml").read_text()
    assert kgen("config", "defaults", command, "--kubeadm", minor, *options).out == printed


def test_defaults_without_components(kgen: Kgen) -> None:
    """By default those of init alone, of the newest kubeadm."""
    printed = (record.DATA / f"defaults/{build.MINORS[-1]}/init.yaml").read_text()
    assert kgen("config", "defaults").out == "---\n".join(printed.split("---\n")[:2])


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([""], []),
        (['"KubeletConfiguration",KubeProxyConfiguration'], ["KubeletConfiguration", "KubeProxyConfiguration"]),
        (["KubeProxyConfiguration", "KubeletConfiguration"], ["KubeProxyConfiguration", "KubeletConfiguration"]),
        (["KubeletConfiguration\nKubeProxyConfiguration"], ["KubeletConfiguration"]),
        (["\nKubeletConfiguration\n", ""], ["KubeletConfiguration"]),
    ],
)
def test_defaults_of_components(kgen: Kgen, values: list[str], kinds: list[str]) -> None:
    """The kinds are CSV and the flag may be repeated, as kubeadm 1.37 has it."""
    done = kgen("config", "defaults", "init", *(f"--component-configs={value}" for value in values))
    found = [line.removeprefix("kind: ") for line in done.out.splitlines() if line.startswith("kind: ")]
    assert (done.code, found[2:]) == (0, kinds)


@pytest.mark.parametrize(
    "arguments",
    [
        ("join", "--component-configs", "KubeletConfiguration"),
        ("join", "--component-configs", ""),
        ("reset", "--component-configs", ""),
        ("upgrade", "--component-configs", ""),
        ("init", "--component-configs", "Kubelet"),
        ("init", "--component-configs", "KubeletConfiguration,"),
        ("init", "--component-configs", '"KubeletConfiguration'),
        ("init", "--component-configs", '"KubeletConfiguration"x'),
        ("init", "--component-configs", '""'),
        ("init", "--component-configs", "\n"),
        ("init", "--node-name", "a"),
        ("init", "--kubeadm", "1.33"),
    ],
)
def test_defaults_that_there_are_not(kgen: Kgen, arguments: tuple[str, ...]) -> None:
    """A kubeadm, kind or combination that does not exist is a wrong command line."""
    done = kgen("config", "defaults", *arguments)
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize("minor", build.MINORS)
@pytest.mark.parametrize("file", record.IMAGES)
def test_images_are_kubeadms(kgen: Kgen, minor: str, file: str) -> None:
    """The same images in the same order."""
    (kgen.directory / "c.yaml").write_text(record.given(file, minor))
    listed = json.loads((record.DATA / f"images/{minor}.json").read_text())[file]
    assert kgen("config", "images", "c.yaml", "--kubeadm", minor).out.split() == listed
    printed = json.loads(kgen("config", "images", "c.yaml", "--kubeadm", minor, "-o", "json").out)
    assert printed == {"kind": "Images", "apiVersion": "output.kubeadm.k8s.io/v1alpha3", "images": listed}


def test_images_of_half_a_configuration(kgen: Kgen) -> None:
    """Neither a node's name nor its address is needed, nor a file at all."""
    text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.0\n"
    assert kgen("config", "images", "c.yaml", c=text).out.startswith("registry.k8s.io/kube-apiserver:v1.36.0\n")
    done = kgen("config", "images", "--kubeadm", "1.36")
    assert done.out.startswith("registry.k8s.io/kube-apiserver:v1.36.3\n")
    assert "stable-1 is v1.36.3" in done.err


@pytest.mark.real
def test_recordings_are_what_kubeadm_prints() -> None:
    """Defaults, images and migrated configurations are those of the real programs."""
    wrong = [name for name, content in record.record() if (record.DATA / name).read_text() != content]
    assert wrong == []


def test_documents_stay_readable(kgen: Kgen) -> None:
    """What is printed is YAML with one document of each kind."""
    out = kgen("config", "effective", str(EXAMPLES / "minimal.yaml")).out
    kinds = [document["kind"] for document in yaml.safe_load_all(out)]
    assert kinds == ["InitConfiguration", "ClusterConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"]


OLD = """\
# Ours.
apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: v1.37.2
useHyperKubeImage: true
"""
NEW = """\
# Ours.
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.37.2
"""


def test_migrate_to_standard_output(kgen: Kgen) -> None:
    """The result goes to standard output, what is lost to standard error, with its place."""
    done = kgen("config", "migrate", "c.yaml", c=OLD)
    assert (done.code, done.out) == (0, NEW)
    assert "warning: c.yaml:5:1: useHyperKubeImage: " in done.err


def test_migrate_in_place(kgen: Kgen) -> None:
    """The result may replace the file that it was read from, and its mode stays."""
    path = kgen.directory / "c.yaml"
    path.write_text(OLD)
    path.chmod(0o640)
    assert kgen("config", "migrate", "c.yaml", "-o", "c.yaml").out == ""
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (NEW, 0o640)
    assert [each.name for each in kgen.directory.iterdir()] == ["c.yaml"]


def test_migrate_into_a_new_file(kgen: Kgen) -> None:
    """A new file is for its owner alone: it may hold tokens. Where none can be, nothing is left."""
    assert kgen("config", "migrate", "c.yaml", "-o", "new.yaml", c=OLD).code == 0
    assert stat.S_IMODE((kgen.directory / "new.yaml").stat().st_mode) == 0o600
    assert kgen("config", "migrate", "c.yaml", "-o", "missing/new.yaml").code == 5
    assert {each.name for each in kgen.directory.iterdir()} == {"c.yaml", "new.yaml"}


def test_migrate_writes_nothing_wrong(kgen: Kgen) -> None:
    """What would be refused afterwards is not written, and the message has its place in the old text."""
    done = kgen("config", "migrate", "c.yaml", "-o", "new.yaml", c=OLD + "clusterNam: a\n")
    assert done.code == 3
    assert "c.yaml:6:1: clusterNam" in done.err
    assert not (kgen.directory / "new.yaml").exists()


@pytest.mark.parametrize("minor", build.MINORS)
def test_migrated_renders(kgen: Kgen, minor: str) -> None:
    """What comes out is what every kubeadm minor renders."""
    text = (record.DATA / "migrate/commented.yaml").read_text().replace("v1.36.3", build.version(minor))
    new = kgen("config", "migrate", "c.yaml", c=text).out
    assert kgen("config", "effective", "new.yaml", "--kubeadm", minor, new=new).code == 0


@pytest.mark.parametrize("place", ["token", "discoveryToken", "tlsBootstrapToken"])
def test_migrate_tells_no_token(kgen: Kgen, place: str) -> None:
    """Neither a message nor the line below it shows what stands in an old field for a token."""
    join = "apiVersion: kubeadm.k8s.io/v1alpha3\nkind: JoinConfiguration\ndiscoveryTokenAPIServers: [a_b]\n"
    done = kgen("config", "migrate", "c.yaml", c=f"{join}{place}: canary canary\n")
    assert done.code == 3
    assert "canary" not in done.out + done.err


def test_migrate_knows_its_minors(kgen: Kgen) -> None:
    """A kubeadm that kgen cannot be is a wrong command line."""
    assert kgen("config", "migrate", "c.yaml", "--kubeadm", "1.20", c=OLD).code == 2
