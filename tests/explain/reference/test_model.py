# SPDX-License-Identifier: Apache-2.0
"""The schemas as types and fields, and the pages made of them."""

from __future__ import annotations

import re

import pytest

from kgen.config import catalogue
from kgen.errors import Path
from kgen.explain.reference import model, schemas

PAGES = {page.path: page for page in schemas.pages()}


def test_every_kind_of_every_minor_has_a_page() -> None:
    """And so has the index."""
    known = {kind for minor in catalogue.minors() for _, kind in catalogue.kinds(minor)}
    assert {model.page(kind) for kind in known | {"Tree"}} <= PAGES.keys()


@pytest.mark.parametrize("kind", model.all_kinds())
def test_every_field_of_every_minor_is_on_its_page(kind: str) -> None:
    """With an anchor of its own, which occurs once."""
    body = PAGES[model.page(kind)].body
    version = next(iter(model.versions(kind)))
    anchors = re.findall(r"\{#(\S+)\}$", body, re.M)
    assert len(anchors) == len(set(anchors))
    for minor in model.versions(kind)[version]:
        for each in model.types(minor, version, kind).values():
            assert {model.anchor(each.name, field) for field in each.fields} <= set(anchors)


@pytest.mark.parametrize("kind", model.all_kinds())
def test_links_within_a_page_lead_somewhere(kind: str) -> None:
    """Each link to an anchor of the same page has one."""
    body = PAGES[model.page(kind)].body
    assert set(re.findall(r"\]\(#([^)]+)\)", body)) <= set(re.findall(r"\{#(\S+)\}$", body, re.M))


@pytest.mark.parametrize(
    ("kind", "path", "place"),
    [
        ("ClusterConfiguration", ("networking", "podSubnet"), "Networking.podSubnet"),
        ("ClusterConfiguration", ("apiServer", "extraArgs", 0, "name"), "Arg.name"),
        ("KubeletConfiguration", ("evictionHard", "memory.available"), "KubeletConfiguration.evictionHard"),
        ("RenderConfiguration", ("host", "caDirectories", 1), "RenderConfiguration.host.caDirectories"),
        ("RenderConfiguration", ("host", "proxy", "HTTP_PROXY"), "RenderConfiguration.host.proxy"),
    ],
)
def test_the_place_of_a_path(kind: str, path: Path, place: str) -> None:
    """Through types, lists and maps."""
    assert model.target(kind, path) == f"{model.page(kind)}#{place}"


def test_what_the_newest_minor_does_not_know_has_no_place() -> None:
    """Neither a kind nor a field."""
    assert model.target("Nonsense", ("a",)) == ""
    assert model.target("ClusterConfiguration", ("podSubnet",)) == ""


def test_since_and_what_other_versions_lack() -> None:
    """A field that came later says so; what v1beta3 has differently is told."""
    body = PAGES["reference/configuration/ClusterConfiguration.md"].body
    assert re.search(r"`httpEndpoints` \{#ExternalEtcd.httpEndpoints\}\n\nlist of string · \*\*since 1.35\*\*", body)
    old = body.partition("What is different in `kubeadm.k8s.io/v1beta3`")[2]
    assert "`APIServer.timeoutForControlPlane`" in old
    assert "| [`ControlPlaneComponent.extraArgs`](#ControlPlaneComponent.extraArgs) | map of names to string |" in old
