# SPDX-License-Identifier: Apache-2.0
"""addon: CoreDNS and kube-proxy (kubeadm app/phases/addons/dns and proxy)."""

from __future__ import annotations

from collections.abc import Iterator

from kgen import gyaml, render
from kgen.config import net, schema
from kgen.config.codec import encode
from kgen.phases.interface import Context, Phase, api_object, as_object
from kgen.phases.patching import patched
from kgen.phases.static_pod import environment, proxies
from kgen.phases.upload_config import signature
from kgen.tree import Artifact

COREDNS, KUBE_PROXY = "addon/coredns", "addon/kube-proxy"


def _coredns(context: Context) -> Iterator[Artifact]:
    cluster = context.cluster
    corefile = render.text("addons/coredns/Corefile", "", {"dns_domain": cluster.dns_domain})
    deployment = render.document("addons/coredns/deployment", {"image": cluster.dns_image})
    yield api_object("addons/coredns/configmap", {"corefile": corefile}, phase=COREDNS)
    yield api_object("addons/coredns/clusterrole", phase=COREDNS)
    yield api_object("addons/coredns/clusterrolebinding", phase=COREDNS)
    yield api_object("addons/coredns/serviceaccount", phase=COREDNS)
    yield as_object(patched(cluster, "corednsdeployment", deployment), "addons/coredns/deployment", phase=COREDNS)
    address = str(net.nth_address(cluster.service_subnet, 10))
    yield api_object("addons/coredns/service", {"cluster_ip": address}, phase=COREDNS)


def _kube_proxy(context: Context) -> Iterator[Artifact]:
    cluster = context.cluster
    proxy = cluster.kube_proxy
    encoded = encode(proxy, schema.load(cluster.release.minor, proxy["apiVersion"], proxy["kind"]))
    kubeconfig = render.text("addons/kube-proxy/kubeconfig.conf", "", {"endpoint": cluster.endpoint_url(context.node)})
    data = {"config.conf": gyaml.dump(encoded).rstrip("\n"), "kubeconfig.conf": kubeconfig.rstrip("\n")}
    signed = "KubeProxyConfiguration" not in cluster.user_supplied
    yield api_object(
        "addons/kube-proxy/configmap",
        {
            "configuration": data["config.conf"],
            "kubeconfig": data["kubeconfig.conf"],
            "hash": signature(data) if signed else "",
        },
        phase=KUBE_PROXY,
    )
    daemon_set = render.document("addons/kube-proxy/daemonset", {"image": cluster.image("kube-proxy")})
    daemon_set = patched(cluster, "kubeproxydaemonset", daemon_set)
    daemon_set["spec"]["template"]["spec"]["containers"][0].setdefault("env", []).extend(environment(proxies(context)))
    yield as_object(daemon_set, "addons/kube-proxy/daemonset", phase=KUBE_PROXY)
    for name in ("serviceaccount", "clusterrolebinding", "role", "rolebinding"):
        yield api_object(f"addons/kube-proxy/{name}", phase=KUBE_PROXY)


PHASES: tuple[Phase, ...] = (
    Phase(COREDNS, "the cluster DNS, unless dns.disabled", _coredns, uses_api=True),
    Phase(KUBE_PROXY, "kube-proxy, unless proxy.disabled", _kube_proxy, uses_api=True),
)
