# SPDX-License-Identifier: Apache-2.0
"""What kgen says about itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cli.running import Kgen, process
from kgen.phases import NAMES, PHASES, expand

ROOT = Path(__file__).parents[2]

KUBEADM_PHASES = [
    "preflight",
    *(f"certs/{name}" for name in ("ca", "apiserver", "apiserver-kubelet-client", "front-proxy-ca")),
    *(f"certs/{name}" for name in ("front-proxy-client", "etcd-ca", "etcd-server", "etcd-peer")),
    *(f"certs/{name}" for name in ("etcd-healthcheck-client", "apiserver-etcd-client", "sa")),
    *(f"kubeconfig/{name}" for name in ("admin", "super-admin", "kubelet", "controller-manager", "scheduler")),
    "etcd/local",
    *(f"control-plane/{name}" for name in ("apiserver", "controller-manager", "scheduler")),
    "kubelet-start",
    "wait-control-plane",
    "upload-config/kubeadm",
    "upload-config/kubelet",
    "upload-certs",
    "mark-control-plane",
    "bootstrap-token",
    "kubelet-finalize/enable-client-cert-rotation",
    "addon/coredns",
    "addon/kube-proxy",
    "show-join-command",
]
"""As `kubeadm init --help` lists them, the same in every minor."""

KUBEADM_FLAGS = {
    *("apiserver-advertise-address", "apiserver-bind-port", "apiserver-cert-extra-sans", "cert-dir"),
    *("certificate-key", "control-plane-endpoint", "cri-socket", "dry-run", "feature-gates", "image-repository"),
    *("kubernetes-version", "node-name", "patches", "pod-network-cidr", "rootfs", "service-cidr"),
    *("service-dns-domain", "skip-certificate-key-print", "skip-phases", "skip-token-print", "token", "token-ttl"),
    "upload-certs",
}
"""The flags of `kubeadm init` that have a meaning without a host: all but --config and --ignore-preflight-errors."""


def test_version(kgen: Kgen) -> None:
    """--version says the version of the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert kgen("--version").out == f"kgen {project['version']}\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(kgen: Kgen, option: str) -> None:
    """--help lists the commands, with a line about each."""
    done = kgen(option)
    assert done.code == 0
    listed = dict(re.findall(r"^  ([a-z]+)  +(\S.*)$", done.out.partition("Commands:\n")[2], re.MULTILINE))
    assert {"phases", "render"} <= listed.keys()
    assert kgen().code == 2, "no command is no command"


def test_help_of_render(kgen: Kgen) -> None:
    """`kgen render --help` explains every option; kubeadm's own flags are among them, by their names."""
    done = kgen("render", "--help")
    options = re.findall(r"^  (?:-\w, )?--([a-z-]+)(.*(?:\n {10,}.*)*)", done.out, re.MULTILINE)
    assert {name for name, _ in options} >= KUBEADM_FLAGS
    assert [name for name, text in options if len(text.split()) < 3] == []


def test_phases(kgen: Kgen) -> None:
    """`kgen phases` lists kubeadm's phases by kubeadm's names, in kubeadm's order, each with what it makes."""
    done = kgen("phases")
    rows = [line.split(maxsplit=1) for line in done.out.splitlines()]
    assert [name for name, _ in rows] == KUBEADM_PHASES
    assert all(text for _, text in rows)


def test_names_of_phases() -> None:
    """A name stands for its sub-phases, `/all` too; what kubeadm does not have is an error."""
    assert set(KUBEADM_PHASES) == NAMES
    assert expand(["addon"]) == {"addon/coredns", "addon/kube-proxy"} == expand(["addon/all"])
    assert expand(["certs/CA", "preflight"]) == {"certs/ca", "preflight"}
    assert expand([]) == set()
    for name in ("addons", "certs/", "", "cert", "certs/ca/x"):
        with pytest.raises(ValueError, match="no phase"):
            expand([name])


def test_summaries() -> None:
    """What a phase makes is one clause."""
    assert [phase.name for phase in PHASES if not phase.summary or phase.summary.endswith(".")] == []


def test_help_imports_little(tmp_path: Path) -> None:
    """`kgen --help` is quick because it imports neither cryptography nor jinja2 nor a YAML reader."""
    done = process("--help", cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
    imported = set(re.findall(r"\| +([a-z_]+)(?:\.|$)", done.err, re.MULTILINE))
    assert "click" in imported
    assert not imported & {"cryptography", "jinja2", "yaml", "jsonschema"}
