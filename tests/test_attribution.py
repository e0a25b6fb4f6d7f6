# SPDX-License-Identifier: Apache-2.0
"""Where the paths that places name come from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

import kgen
from cli.running import CLUSTER, INIT
from helpers import CannedKeys
from kgen import planning
from kgen.sinks.earlier import Earlier
from kgen.tree import Origin, Tree

RENDER = "apiVersion: kgen/v1\nkind: RenderConfiguration\n"
START = datetime(2030, 1, 1, tzinfo=UTC)
VERSION, KUBEADM = "ClusterConfiguration.kubernetesVersion", "RenderConfiguration.kubeadm"
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
    assert origins["release.coredns"] == Origin("release", "kubeadm v1.37.2", inputs=(VERSION,))
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


@pytest.mark.parametrize(
    ("text", "kubeadm", "chooser", "origin"),
    [
        (CLUSTER, None, VERSION, Origin("user", "config.yaml", 8, 1)),
        (CLUSTER, "1.37", KUBEADM, Origin("flag", "--kubeadm")),
        (f"{CLUSTER}---\n{RENDER}kubeadm: '1.37'\n", None, KUBEADM, Origin("user", "config.yaml", 13, 1)),
        (f"{CLUSTER}---\n{RENDER}kubeadm: '1.36'\n", "1.37", KUBEADM, Origin("flag", "--kubeadm")),
        ("", None, KUBEADM, Origin("default", why="the newest")),
    ],
)
def test_what_chose_the_release(text: str, kubeadm: str | None, chooser: str, origin: Origin) -> None:
    """A fact of the release says by what that was chosen; the version is what depends on it, where it was left out."""
    cluster = kgen.load([("config.yaml", (INIT + text).encode())], kubeadm=kubeadm)
    secrets = kgen.gather(cluster, keys=CannedKeys(), start=START, random=lambda count: b"\1" * count)
    origins = kgen.plan(cluster, secrets).origins
    assert origins["release.coredns"].inputs == (chooser,)
    assert origins[chooser] == origin


def test_set_and_without_effect() -> None:
    """What is set has its origin, even if nothing depends on it; a kind has none."""
    text = INIT + "timeouts: {discovery: 9m}\nnodeRegistration: {imagePullPolicy: Never, name: cp-1}\n"
    origins = render(text=text.replace("nodeRegistration: {name: cp-1}\n", "")).origins
    assert origins["InitConfiguration.timeouts.discovery"] == Origin("user", "config.yaml", 4, 12)
    assert origins["InitConfiguration.nodeRegistration.imagePullPolicy"] == Origin("user", "config.yaml", 5, 20)
    assert "InitConfiguration.kind" not in origins and "InitConfiguration.timeouts" not in origins


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
    assert tree.origins[REUSED[0]].why.startswith("what was there already: given with --cert-dir")
    for path in ("pki/ca.crt", "pki/apiserver.crt"):
        parts = ("/validity/notBefore", "/validity/notAfter", "/subjectPublicKeyInfo")
        assert {tree[path].places[part] for part in parts} == {REUSED}
    assert tree["pki/apiserver.key"].places[""] == REUSED
    assert tree["admin.conf"].places == {"": REUSED}
    assert "/subjectAltName/dns/cp-1" in tree["pki/apiserver.crt"].places
    assert tree["pki/etcd/server.crt"].places["/validity/notAfter"][0] == LEAF_PERIOD


REUSED = ("derived.reused",)
LEAF_PERIOD, CA_PERIOD = (f"ClusterConfiguration.{name}ValidityPeriod" for name in ("certificate", "caCertificate"))
ALGORITHM = ("ClusterConfiguration.encryptionAlgorithm",)
MOMENT = "RenderConfiguration.time"


def again(text: str, origin: Literal["given", "earlier"], later: timedelta = timedelta(hours=1)) -> Tree:
    """The tree of a small cluster, then that of another configuration with the same certificates."""
    first = render()
    files = {each.path.removeprefix("pki/"): each.content for each in first}
    cluster = kgen.load([("config.yaml", text.encode())])
    material = kgen.Material(files, origin, "there")
    secrets = kgen.gather(cluster, [material], keys=CannedKeys(), start=START + later, random=lambda n: b"\1" * n)
    return kgen.plan(cluster, secrets)


@pytest.mark.parametrize("origin", ["given", "earlier"])
def test_reused_as_they_would_be_made(origin: Literal["given", "earlier"]) -> None:
    """Certificates that are what the configuration says come from it, whoever kept them."""
    first, second = render(), again(INIT + CLUSTER, origin)
    assert second.origins == first.origins
    assert {each.path: each.places for each in second} == {each.path: each.places for each in first}


@pytest.mark.parametrize("origin", ["given", "earlier"])
def test_reused_and_other(origin: Literal["given", "earlier"]) -> None:
    """A certificate that is not what the configuration says comes from where it was."""
    key = again(INIT + CLUSTER.replace("P256", "P384"), origin)
    leaf = again(INIT + CLUSTER + "certificateValidityPeriod: 100h\n", origin)
    longer = again(INIT + CLUSTER + "certificateValidityPeriod: 10000h\n", origin)
    ca = again(INIT + CLUSTER + "caCertificateValidityPeriod: 100000h\n", origin)
    end, algorithm, certificate = "/validity/notAfter", "/subjectPublicKeyInfo", "/users/0/user/client-certificate-data"
    for path in ("pki/ca.crt", "pki/apiserver.crt"):
        assert key[path].places[algorithm] == REUSED
        assert leaf[path].places[algorithm] == ALGORITHM
    assert key["pki/apiserver.key"].places[""] == key["pki/sa.pub"].places[""] == REUSED
    assert key["admin.conf"].places["/users/0/user/client-key-data"] == REUSED
    assert key["pki/apiserver.crt"].places[end] == ca["pki/apiserver.crt"].places[end] == (LEAF_PERIOD, MOMENT)
    for tree in (leaf, longer):
        assert (
            tree["pki/apiserver.crt"].places[end] == tree["pki/apiserver.crt"].places["/validity/notBefore"] == REUSED
        )
        assert tree["pki/ca.crt"].places[end] == (CA_PERIOD, MOMENT)
        assert tree["admin.conf"].places[certificate] == REUSED
    assert ca["pki/ca.crt"].places[end] == REUSED
    authority = "/clusters/0/cluster/certificate-authority-data"
    assert ca["admin.conf"].places[authority] == key["admin.conf"].places[authority] == REUSED
    assert leaf["admin.conf"].places[authority] == ("derived.ca-certificate",)


def test_reused_from_another_moment() -> None:
    """Where the configuration says when, a certificate of another time comes from where it was."""
    fixed = "---\napiVersion: kgen/v1\nkind: RenderConfiguration\ntime: 2030-01-01T01:00:00Z\n"
    assert again(INIT + CLUSTER + fixed, "earlier")["pki/apiserver.crt"].places["/validity/notBefore"] == REUSED
    same = again(INIT + CLUSTER + fixed.replace("T01", "T00"), "earlier", timedelta())
    assert same["pki/apiserver.crt"].places["/validity/notBefore"] == (MOMENT,)


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
