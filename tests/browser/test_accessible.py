# SPDX-License-Identifier: Apache-2.0
"""axe-core finds nothing serious or critical on any kind of page, in light and in dark."""

from __future__ import annotations

import pytest

from browser.conftest import AXE, Built, Open

pytestmark = pytest.mark.browser

KINDS = [
    "index.html",
    "artifacts/manifests/kube-apiserver.yaml.html",
    "artifacts/manifests/etcd.yaml.html",
    "artifacts/pki/ca.crt.html",
    "artifacts/pki/apiserver.crt.html",
    "artifacts/pki/sa.key.html",
    "artifacts/admin.conf.html",
    "artifacts/kubelet/config.yaml.html",
    "artifacts/kubelet/kubeadm-flags.env.html",
    "artifacts/kubelet/10-kubeadm.conf.html",
    "artifacts/addons/coredns/configmap.yaml.html",
    "artifacts/addons/kube-proxy/daemonset.yaml.html",
    "artifacts/cluster/kubeadm-config.yaml.html",
    "guides/first-cluster.html",
    "guides/external-etcd.html",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_serious(visit: Open, built: Built, address: str, scheme: str, width: int) -> None:
    """No rule of axe-core whose breach keeps someone from reading or using a page is broken."""
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    found = []
    for path in [*KINDS, *built.below("maps", "lists", "configuration", "reference")]:
        page.goto(address + path)
        page.add_script_tag(path=AXE)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{path}: {broken['id']}, {len(broken['nodes'])} times: {broken['nodes'][0]['html'][:200]}"
            for broken in result["violations"]
            if broken["impact"] in ("serious", "critical")
        ]
    assert found == []
