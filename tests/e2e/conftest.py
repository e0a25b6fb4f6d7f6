# SPDX-License-Identifier: Apache-2.0
"""The clusters that the end-to-end tests share. All of them need root and Linux."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e import cluster, images, trees
from e2e.cluster import Cluster
from e2e.programs import build


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The reset ends both clusters, so it comes last, however tests are chosen."""
    items.sort(key=lambda item: item.path == Path(__file__).with_name("test_reset.py"))


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The images that hosts hold."""
    return images.write_all(tmp_path_factory.mktemp("images") / "archives", suite=True)


@pytest.fixture(scope="session")
def config() -> str:
    """The configuration of both clusters, with one token, so that they are alike."""
    token = f"{secrets.token_hex(3)}.{secrets.token_hex(8)}"
    return trees.config(build.version("kubelet"), token)


@pytest.fixture(scope="session")
def by_kgen(archives: dict[str, Path], config: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that kgen made."""
    with cluster.hosts(tmp_path_factory.mktemp("by-kgen") / "lab", archives) as lab:
        yield cluster.by_kgen(lab, config)


@pytest.fixture(scope="session")
def by_kubeadm(archives: dict[str, Path], config: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that the real kubeadm made, the control of everything that is said about the other."""
    with cluster.hosts(tmp_path_factory.mktemp("by-kubeadm") / "lab", archives) as lab:
        yield cluster.by_kubeadm(lab, config)
