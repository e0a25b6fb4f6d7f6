# SPDX-License-Identifier: Apache-2.0
"""What `kgen render` takes, and where it puts what it makes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cli.running import CLUSTER, INIT, MINIMAL, Kgen, content, differing, lay_out, members, modes, process, umask

FIXED = """\
---
apiVersion: kgen/v1
kind: RenderConfiguration
time: "2030-01-01T00:00:00Z"
"""
TOKEN = "bootstrapTokens: [{token: abcdef.0123456789abcdef}]\n"


def _configuration(files: dict[str, bytes]) -> bytes:
    return files["cluster/kubeadm-config.yaml"]


def test_one_file(kgen: Kgen) -> None:
    """A file with both documents makes a whole tree, in out/ by default."""
    assert kgen.render(MINIMAL).code == 0
    files = content(kgen.directory / "out")
    assert {"kgen.json", "pki/ca.key", "admin.conf", "manifests/etcd.yaml", "kubelet/config.yaml"} <= files.keys()
    index = json.loads(files["kgen.json"])
    listed = {each["path"] for each in (*index["files"], *index["objects"])}
    assert files.keys() == listed | {"kgen.json"}


def test_several_files(kgen: Kgen) -> None:
    """Documents may be spread over files, in any order."""
    done = kgen("render", "cluster.yaml", "init.yaml", init=INIT, cluster=CLUSTER.replace("v1.37.2", "v1.36.3"))
    assert done.code == 0
    assert b"kubernetesVersion: v1.36.3" in _configuration(content(kgen.directory / "out"))


def test_standard_input(tmp_path: Path) -> None:
    """`-` reads the configuration from standard input."""
    done = process("render", "-", "-o", "tree.tar", cwd=tmp_path, stdin=MINIMAL.encode())
    assert (done.code, done.err) == (0, "")
    assert "manifests/etcd.yaml" in content(tmp_path / "tree.tar")


def test_json(kgen: Kgen) -> None:
    """A configuration may be JSON."""
    document = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "kubernetesVersion": "v1.35.4",
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {"podSubnet": "10.244.0.0/16"},
    }
    done = kgen("render", "init.yaml", "cluster.yaml", init=INIT, cluster=json.dumps(document))
    assert done.code == 0
    assert b"podSubnet: 10.244.0.0/16" in _configuration(content(kgen.directory / "out"))


def test_flags_alone(kgen: Kgen) -> None:
    """kubeadm's flags describe a cluster without a file."""
    done = kgen(
        "render",
        "--node-name=cp-1",
        "--apiserver-advertise-address=192.0.2.10",
        "--kubernetes-version=v1.34.4",
        "--feature-gates=PublicKeysECDSA=true",
        "--pod-network-cidr=10.244.0.0/16",
        "--apiserver-cert-extra-sans=api.example.com,198.51.100.1",
        "--token=abcdef.0123456789abcdef",
        "--token-ttl=0",
    )
    assert done.code == 0, done.err
    files = content(kgen.directory / "out")
    assert b"podSubnet: 10.244.0.0/16" in _configuration(files)
    assert b"expiration" not in files["cluster/bootstrap-token-abcdef.yaml"]
    assert b"- api.example.com" in _configuration(files)


@pytest.mark.parametrize("flag", ["--pod-network-cidr=10.244.0.0/16", "--token-ttl=1h", "--patches=patches"])
def test_flags_beside_a_file(kgen: Kgen, flag: str) -> None:
    """A flag that stands for a configuration field is refused beside a file, as kubeadm refuses it."""
    done = kgen.render(MINIMAL, flag)
    assert done.code == 2
    assert flag.partition("=")[0] in done.err
    assert not (kgen.directory / "out").exists()


def test_node_name_beside_a_file(kgen: Kgen) -> None:
    """--node-name is the one that kubeadm takes beside a file."""
    assert kgen.render(MINIMAL, "--node-name=Other-1", "-o", "tree.tar").code == 0
    assert "cluster/node-other-1.yaml" in content(kgen.directory / "tree.tar")


@pytest.mark.parametrize("name", ["tree.tar", "deep/er/tree.tar.gz", "deep/er/tree"])
def test_places(kgen: Kgen, name: str) -> None:
    """The name decides between a directory and an archive; directories above it are made."""
    assert kgen.render(MINIMAL, "-o", name).code == 0
    place = kgen.directory / name
    assert place.is_dir() is (name == "deep/er/tree")
    assert "pki/etcd/ca.key" in content(place)
    if name.endswith(".gz"):
        assert gzip.decompress(place.read_bytes())
    if place.is_file():
        assert place.stat().st_mode & 0o777 == 0o600


def test_standard_output(kgen: Kgen) -> None:
    """`-o -` writes a tar and nothing else to standard output; what is to be read goes to standard error."""
    done = kgen.render(MINIMAL, "-o", "-")
    assert done.code == 0
    assert "pki/ca.key" in members(done.stdout)
    assert done.stdout.endswith(bytes(1024)), "a text follows the archive"
    assert "kubeadm join 192.0.2.10:6443" in done.err


def test_dry_run(kgen: Kgen) -> None:
    """--dry-run says what would be written and writes nothing."""
    done = kgen.render(MINIMAL, "--dry-run")
    assert done.code == 0
    assert "would be written to out" in done.out
    assert [path.name for path in kgen.directory.iterdir()] == ["config.yaml"]


def test_quiet(kgen: Kgen) -> None:
    """--quiet leaves warnings only."""
    text = MINIMAL.replace("v1.37.2", "stable-1")
    done = kgen.render(text, "-q", "-o", "tree.tar")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("warning: config.yaml:")


def test_skip_phases(kgen: Kgen) -> None:
    """--skip-phases leaves out phases, whole or in part; without show-join-command none is printed."""
    done = kgen.render(MINIMAL, "--skip-phases=addon/kube-proxy,etcd", "--skip-phases", "show-join-command")
    assert done.code == 0
    files = content(kgen.directory / "out")
    assert "manifests/etcd.yaml" not in files
    assert "addons/kube-proxy/daemonset.yaml" not in files
    assert "addons/coredns/deployment.yaml" in files
    assert "kubeadm join" not in done.out


def test_only(kgen: Kgen) -> None:
    """--only renders some phases and nothing else."""
    assert kgen.render(MINIMAL, "--only=control-plane,etcd/local").code == 0
    names = {path.rpartition("/")[2] for path in content(kgen.directory / "out")}
    pods = {f"kube-{name}.yaml" for name in ("apiserver", "controller-manager", "scheduler")}
    assert names == pods | {"etcd.yaml", "kgen.json"}


def test_only_a_leaf(kgen: Kgen) -> None:
    """A certificate alone would be signed by a CA that is lost at once, so one that exists is demanded."""
    done = kgen.render(MINIMAL, "--only=certs/apiserver")
    assert done.code == 4
    assert "pki/ca.crt" in done.err
    assert not (kgen.directory / "out").exists()


def test_same_secrets_same_bytes(kgen: Kgen) -> None:
    """From the same configuration, secrets and time, an archive is the same to the byte, whenever it is made."""
    text = INIT + TOKEN + CLUSTER + FIXED
    assert kgen.render(text, "-o", "first.tar.gz").code == 0
    lay_out(kgen.directory / "first.tar.gz", kgen.directory / "host")
    for name in ("second", "third"):
        assert kgen.render(text, "-o", f"{name}.tar.gz", "--rootfs=host").code == 0
    first, second, third = ((kgen.directory / f"{name}.tar.gz").read_bytes() for name in ("first", "second", "third"))
    assert second == third
    assert differing(members(first), members(second)) == set()
    assert first == second


def test_source_date_epoch(tmp_path: Path) -> None:
    """SOURCE_DATE_EPOCH dates every file; without it files of a directory get the present."""
    (tmp_path / "config.yaml").write_text(MINIMAL)
    done = process("render", "config.yaml", cwd=tmp_path, SOURCE_DATE_EPOCH="1000000000")
    assert done.code == 0
    times = {int(path.stat().st_mtime) for path in (tmp_path / "out").rglob("*")}
    assert times == {1000000000}
    refused = process("render", "config.yaml", cwd=tmp_path, SOURCE_DATE_EPOCH="yesterday")
    assert refused.code == 2
    assert "SOURCE_DATE_EPOCH" in refused.err


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_modes(kgen: Kgen, mask: int) -> None:
    """Modes do not follow the umask: secrets are for the owner alone, the rest is as on the host."""
    with umask(mask):
        assert kgen.render(MINIMAL, "--upload-certs").code == 0
    found = modes(kgen.directory / "out")
    expected = {
        ".": 0o700,
        "pki": 0o700,
        "pki/ca.key": 0o600,
        "pki/ca.crt": 0o644,
        "pki/sa.pub": 0o600,
        "admin.conf": 0o600,
        "manifests/kube-apiserver.yaml": 0o600,
        "kubelet/config.yaml": 0o644,
        "cluster/kubeadm-certs.yaml": 0o600,
        "cluster/kubeadm-config.yaml": 0o644,
        "kgen.json": 0o644,
    }
    assert {path: oct(mode) for path, mode in found.items() if path in expected} == {
        path: oct(mode) for path, mode in expected.items()
    }
