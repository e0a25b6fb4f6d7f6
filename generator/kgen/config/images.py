# SPDX-License-Identifier: Apache-2.0
"""The container images of a control-plane node, as `kubeadm config images list` has them."""

from __future__ import annotations

from collections.abc import Sequence

from kgen.cluster import Cluster
from kgen.config import structure
from kgen.config.reading import in_order, read
from kgen.config.resolve import has_documents, resolve
from kgen.errors import ConfigurationError


def control_plane(cluster: Cluster) -> Sequence[str]:
    """Every image in kubeadm's order (app/images/images.go GetControlPlaneImages); pause is in no rendered file."""
    addons = {"proxy": cluster.image("kube-proxy"), "dns": cluster.dns_image}
    return [
        *(cluster.image(name) for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")),
        *(image for field, image in addons.items() if not cluster.configuration.get(field, {}).get("disabled")),
        cluster.pause_image,
        *([cluster.etcd_image] if "local" in cluster.configuration["etcd"] else []),
    ]


def load(sources: Sequence[tuple[str, bytes]], *, kubeadm: str | None = None, strict: bool = True) -> Cluster:
    """A cluster that knows its images, and no more than that: what a host would have to answer is taken on trust.

    Arguments as for `kgen.load`; without sources, the defaults. `skipPhases` counts for nothing here, as in
    `kubeadm config images list`. Raises ConfigurationError with all problems.
    """
    reading = read(sources, strict)
    release = structure.release_for(reading, kubeadm)
    for document in list(reading.found.values()):
        structure.check(document, release, reading)
    if sources and not has_documents(reading):
        raise ConfigurationError(in_order(reading.problems), sources)
    resolved = resolve(reading, release, hostname="node", address="192.0.2.1")
    if reading.failed or resolved.version is None:
        raise ConfigurationError(in_order(reading.problems), sources)
    return Cluster(
        release=release,
        version=resolved.version,
        init=resolved.init,
        configuration=resolved.configuration,
        kubelet={},
        kube_proxy={},
        user_supplied=frozenset(),
        nodes=(),
        patches=(),
        skipped=frozenset(),
        skip_phases=frozenset(),
        upload_certs=False,
        time=None,
        warnings=in_order(reading.problems),
        documents=dict(reading.found),
    )
