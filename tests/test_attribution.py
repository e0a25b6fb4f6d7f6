# SPDX-License-Identifier: Apache-2.0
"""Where the paths that places name come from."""

from __future__ import annotations

from datetime import UTC, datetime

import kgen
from cli.running import CLUSTER, INIT
from helpers import CannedKeys
from kgen import planning
from kgen.sinks.earlier import Earlier
from kgen.tree import Origin, Tree

START = datetime(2030, 1, 1, tzinfo=UTC)
SUBNET = "ClusterConfiguration.networking.podSubnet"


def render(cluster: str = "", flags: kgen.Flags | None = None, only: tuple[str, ...] = (), text: str = INIT) -> Tree:
    """The tree of a small cluster."""
    sources = [("config.yaml", (text + CLUSTER + cluster).encode())] if text else []
    resolved = kgen.load(sources, flags=flags, only=only)
    secrets = kgen.gather(resolved, keys=CannedKeys(), start=START, random=lambda count: b"\1" * count)
    return kgen.plan(resolved, secrets)


def test_kinds() -> None:
    """A line of the user's, a default, a derivation, a fact of the release, and what is left open."""
    origins = render("networking:\n  podSubnet: 10.244.0.0/16\n").origins
    assert origins[SUBNET] == Origin("user", "config.yaml", 11, 3)
    assert origins["ClusterConfiguration.certificatesDir"] == Origin("default")
    assert origins["derived.dns-address"] == Origin(
        "derived",
        why="the tenth address of the service range",
        inputs=("ClusterConfiguration.networking.serviceSubnet",),
    )
    assert origins["KubeProxyConfiguration.clusterCIDR"].inputs == (SUBNET,)
    assert origins["release.coredns"] == Origin("release", "kubeadm v1.37.2")
    assert origins["RenderConfiguration.time"] == Origin("default", why="the moment of rendering")
    assert origins["RenderConfiguration.host.caDirectories[1]"].why == "those of Debian 12 with ca-certificates"
    assert origins["ClusterConfiguration.controlPlaneEndpoint"] == Origin("default", why="not set")
    assert list(origins) == sorted(origins)


def test_flags() -> None:
    """Without a file, the flags are where things come from."""
    fields = {"node-name": "cp-1", "apiserver-advertise-address": "192.0.2.10", "pod-network-cidr": "10.244.0.0/16"}
    origins = render(flags=kgen.Flags(fields=fields), text="").origins
    assert origins[SUBNET] == Origin("flag", "--pod-network-cidr")
    assert origins["InitConfiguration.bootstrapTokens[0].token"].why == "random, made when rendered"


def test_nothing_secret() -> None:
    """Origins have no values, so no secrets either."""
    tree = render("", text=INIT + "bootstrapTokens: [{token: abcdef.0123456789abcdef}]\n")
    assert tree.origins["InitConfiguration.bootstrapTokens[0].token"].line == 5
    assert b"0123456789abcdef" not in tree.index()


def test_given_certificates() -> None:
    """What someone else made does not come from the configuration."""
    supplied = {each.path.removeprefix("pki/"): each.content for each in render()}
    del supplied["ca.key"]
    cluster = kgen.load([("config.yaml", (INIT + CLUSTER).encode())])
    materials = [kgen.Material(supplied, "given", "ca")]
    secrets = kgen.gather(cluster, materials, keys=CannedKeys(), start=START, random=lambda count: b"\1" * count)
    tree = kgen.plan(cluster, secrets)
    assert set(tree["pki/ca.crt"].places) == {"target"}
    assert "/subjectAltName/dns/cp-1" in tree["pki/apiserver.crt"].places
    assert "/validity/notAfter" not in tree["pki/apiserver.crt"].places
    assert "/validity/notAfter" in tree["pki/etcd/server.crt"].places


def test_render_of_some_phases() -> None:
    """A render of some phases keeps the origins of what is kept, with the places where they were then."""
    subnet = "networking: {podSubnet: 10.244.0.0/16}\n"
    earlier = Earlier.of(render(subnet))
    again = render("clusterName: blue\n" + subnet, only=("addon/coredns",))
    merged = planning.merged(again, earlier, ("addon/coredns",))
    assert merged.origins[SUBNET] == Origin("user", "config.yaml", 10, 14)
    assert Earlier.of(merged).index.origins == merged.origins
    paths = {path for artifact in merged for paths in artifact.places.values() for path in paths}
    assert paths <= merged.origins.keys()
