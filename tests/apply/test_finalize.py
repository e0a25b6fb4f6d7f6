# SPDX-License-Identifier: Apache-2.0
"""kubelet-finalize."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from apply.trees import CONFIG
from conformance import build
from kgen_apply import finalize

PEM = "/var/lib/kubelet/pki/kubelet-client-current.pem"


def test_only_the_credentials_move(rendered: Path) -> None:
    """The embedded certificate and key give way to the file; everything else stays to the byte."""
    before = (rendered / "kubelet.conf").read_bytes()
    after = finalize.finalized(before, PEM)
    user = yaml.safe_load(after)["users"][0]["user"]
    assert user == {"client-certificate": PEM, "client-key": PEM}
    kept = [line for line in before.splitlines() if b"client-" not in line]
    assert kept == [line for line in after.splitlines() if b"client-" not in line]
    assert finalize.finalized(after, PEM) == after


@pytest.mark.real
@pytest.mark.parametrize("minor", ["1.34", "1.37"])
def test_it_is_what_kubeadm_writes(minor: str, rendered: Path, tmp_path: Path) -> None:
    """Byte for byte, run with a root of its own."""
    root = tmp_path / "root"
    for place in ("etc/kubernetes", "var/lib/kubelet/pki", "proc"):
        (root / place).mkdir(parents=True)
    shutil.copy(rendered / "kubelet.conf", root / "etc/kubernetes/kubelet.conf")
    (root / PEM[1:]).write_text("")
    config = CONFIG.format(address="192.0.2.10", version=f"v{minor}.0", init="", cluster="")
    (root / "config.yaml").write_text(config)
    phase = ["init", "phase", "kubelet-finalize", "enable-client-cert-rotation"]
    command = ["unshare", "--net", str(build.kubeadm(minor)), *phase, "--rootfs", str(root), "--config", "/config.yaml"]
    subprocess.run(command, check=True, capture_output=True)
    expected = finalize.finalized((rendered / "kubelet.conf").read_bytes(), PEM)
    assert (root / "etc/kubernetes/kubelet.conf").read_bytes() == expected
