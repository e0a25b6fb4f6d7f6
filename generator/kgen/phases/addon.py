# SPDX-License-Identifier: Apache-2.0
"""addon: CoreDNS and kube-proxy (kubeadm app/phases/addons/dns and proxy)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kgen import gyaml, render
from kgen.config import schema
from kgen.config.codec import encode
from kgen.phases.interface import Context, Phase, api_object, as_object
from kgen.phases.patching import with_patches
from kgen.phases.static_pod import environment, proxies
from kgen.phases.upload_config import signature
from kgen.provenance import Sourced, embedded, given, own_places, resolve, with_unset
from kgen.tree import Artifact

COREDNS, KUBE_PROXY = "addon/coredns", "addon/kube-proxy"
_ANYTHING = "\ue000"
"""What no domain is, to see where in a text one goes."""


def _coredns(context: Context) -> Iterator[Artifact]:
    cluster = context.cluster
    deployment = render.sourced("addons/coredns/deployment", {"image": given(lambda: cluster.dns_image)})
    deployment = with_patches(cluster, "corednsdeployment", deployment)
    yield _corefile(context)
    yield api_object("addons/coredns/clusterrole", phase=COREDNS)
    yield api_object("addons/coredns/clusterrolebinding", phase=COREDNS)
    yield api_object("addons/coredns/serviceaccount", phase=COREDNS)
    yield as_object(deployment, "addons/coredns/deployment", phase=COREDNS)
    address = given(lambda: cluster.dns_address)
    yield api_object("addons/coredns/service", {"cluster_ip": address}, phase=COREDNS)


def _corefile(context: Context) -> Artifact:
    domain = given(lambda: context.cluster.dns_domain)
    text, marked = (
        render.text("addons/coredns/Corefile", "", {"dns_domain": name}) for name in (domain.value, _ANYTHING)
    )
    lines = {f"/{index}": domain.paths for index, line in enumerate(marked.splitlines()) if _ANYTHING in line}
    places = embedded("/data/Corefile", lines)
    return api_object("addons/coredns/configmap", {"corefile": text}, phase=COREDNS, places=places)


def _kube_proxy(context: Context) -> Iterator[Artifact]:
    yield _configuration(context)
    yield _daemon_set(context)
    for name in ("serviceaccount", "clusterrolebinding", "role", "rolebinding"):
        yield api_object(f"addons/kube-proxy/{name}", phase=KUBE_PROXY)


def _configuration(context: Context) -> Artifact:
    cluster = context.cluster
    proxy = cluster.kube_proxy
    encoded = encode(proxy, schema.load(cluster.release.minor, proxy["apiVersion"], proxy["kind"]))
    server = given(lambda: cluster.endpoint_url(context.node))
    kubeconfig = render.text("addons/kube-proxy/kubeconfig.conf", "", {"endpoint": server.value})
    data = {"config.conf": gyaml.dump(encoded).rstrip("\n"), "kubeconfig.conf": kubeconfig.rstrip("\n")}
    own = Sourced(encoded, own_places("KubeProxyConfiguration", proxy, encoded))
    in_kubeconfig = embedded("/data/kubeconfig.conf", {"/clusters/0/cluster/server": server.paths})
    signed_places = {**embedded("/data/config.conf", own.places), **in_kubeconfig}
    places = {**embedded("/data/config.conf", with_unset("KubeProxyConfiguration", own).places), **in_kubeconfig}
    signed = "KubeProxyConfiguration" not in cluster.user_supplied
    return api_object(
        "addons/kube-proxy/configmap",
        {
            "configuration": data["config.conf"],
            "kubeconfig": data["kubeconfig.conf"],
            "hash": signed and signature("kube-proxy", data, signed_places),
        },
        phase=KUBE_PROXY,
        places=places,
    )


def _daemon_set(context: Context) -> Artifact:
    cluster = context.cluster
    image = given(lambda: cluster.image("kube-proxy"))
    daemon_set = render.sourced("addons/kube-proxy/daemonset", {"image": image})
    daemon_set = with_patches(cluster, "kubeproxydaemonset", daemon_set)
    container = daemon_set.value["spec"]["template"]["spec"]["containers"][0]
    if variables := [*container.get("env", ()), *environment(proxies(context))]:
        container["env"] = variables
    with_proxies = resolve(daemon_set.value)
    places = {**daemon_set.places, **with_proxies.places}
    return as_object(Sourced(with_proxies.value, places), "addons/kube-proxy/daemonset", phase=KUBE_PROXY)


def _unless(path: str, artifacts: Callable[[Context], Iterator[Artifact]]) -> Callable[[Context], Iterator[Artifact]]:
    """The artifacts, with the field whose setting would do away with them."""

    def marked(context: Context) -> Iterator[Artifact]:
        for artifact in artifacts(context):
            yield replace(artifact, places={**artifact.places, "path": (path,)})

    return marked


PHASES: tuple[Phase, ...] = (
    Phase(
        COREDNS,
        "the cluster DNS, unless dns.disabled",
        _unless("ClusterConfiguration.dns.disabled", _coredns),
        uses_api=True,
    ),
    Phase(
        KUBE_PROXY,
        "kube-proxy, unless proxy.disabled",
        _unless("ClusterConfiguration.proxy.disabled", _kube_proxy),
        uses_api=True,
    ),
)
