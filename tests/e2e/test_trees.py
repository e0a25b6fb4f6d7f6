# SPDX-License-Identifier: Apache-2.0
"""The join command is read from what kgen and kubeadm print."""

from __future__ import annotations

import pytest

from e2e.trees import join_command

_WORDS = ["kubeadm", "join", "192.0.2.10:6443", "--token", "t", "--discovery-token-ca-cert-hash", "sha256:0"]


@pytest.mark.parametrize("indent", ["        ", "\t"])
def test_the_last_command_is_the_one_for_workers(indent: str) -> None:
    """Over its lines, with spaces as kgen lays it out or a tab as kubeadm does."""
    command = f"kubeadm join 192.0.2.10:6443 --token t \\\n{indent}--discovery-token-ca-cert-hash sha256:0"
    said = f"as root:\n\n{command} \\\n{indent}--control-plane --certificate-key k\n\nWorkers:\n\n{command}\n"
    assert join_command(said) == _WORDS


def test_without_one_there_is_nothing_to_run() -> None:
    """The failure shows what was said instead."""
    with pytest.raises(AssertionError, match="refused"):
        join_command("refused")
