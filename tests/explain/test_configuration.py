# SPDX-License-Identifier: Apache-2.0
"""The configuration, annotated, and the effective configuration. The secrets here are made up."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

import kgen
from helpers import CannedKeys
from kgen.explain.configuration import INDEX, configuration, line_target, source_page
from kgen.explain.effective import PAGE as EFFECTIVE
from kgen.explain.page import artifact_page
from kgen.explain.reference import reference
from kgen.explain.view import View, view
from kgen.sinks.earlier import Earlier
from kgen.tree import Origin

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NAME = "cluster.yaml"
INIT = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: cp-1}
localAPIEndpoint:
  advertiseAddress: 192.0.2.10
timeouts:
  discovery: 7m0s
---
"""
CLUSTER = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.37.2
encryptionAlgorithm: ECDSA-P256
networking:
  podSubnet: 10.244.0.0/16  # see (2)
"""
TEXT = INIT + CLUSTER


@functools.cache
def render(text: str = TEXT) -> View:
    """The tree of a configuration as the site sees it."""
    return render_with(text, None)


def render_with(text: str, flags: kgen.Flags | None) -> View:
    """The same for a configuration, or flags."""
    cluster = kgen.load([(NAME, text.encode())] if text else [], flags=flags)
    secrets = kgen.gather(cluster, keys=CannedKeys(), start=NOW, random=lambda count: b"\1" * count)
    return view(Earlier.of(kgen.plan(cluster, secrets)))


def pages(shown: View, text: str | None = TEXT) -> Mapping[str, str]:
    """All pages by path."""
    sources = None if text is None else {NAME: text.encode()}
    return {page.path: page.body for page in configuration(shown, sources)}


def block(body: str) -> list[str]:
    """The lines of the one block of code on a page."""
    found = re.fullmatch(r".*?^(`{3,})\{ \.yaml #given linenums=\"1\" \}\n(.*?)\n\1\n.*", body, re.M | re.S)
    assert found
    return found[2].split("\n")


def notes(body: str) -> dict[int, str]:
    """The notes by the line that they are at."""
    lines = block(body)
    told = re.split(r"^(\d+)\.\s+", body.partition("\n## ")[0], flags=re.M)
    by_number = dict(zip(map(int, told[1::2]), told[2::2], strict=True))
    marks = {int(found[1]): at for at, line in enumerate(lines, 1) if (found := re.search(r"\((\d+)\)!?$", line))}
    assert marks.keys() == by_number.keys() and list(marks) == sorted(marks)
    return {at: by_number[number] for number, at in marks.items()}


def test_each_line_tells_what_it_changed() -> None:
    """With links to the lines of the artifacts, which do hold the value."""
    shown = render()
    told = notes(pages(shown)[source_page(NAME)])
    at = TEXT.split("\n").index("  podSubnet: 10.244.0.0/16  # see (2)") + 1
    assert "ClusterConfiguration.md#Networking.podSubnet" in told[at]
    manifest = "manifests/kube-controller-manager.yaml"
    line = next(
        number for number, line in enumerate(shown.items[manifest].text.split("\n"), 1) if "--cluster-cidr" in line
    )
    assert f"[{line}](../../{artifact_page(manifest)}#__codelineno-content-{line})" in told[at]
    assert "through `KubeProxyConfiguration.clusterCIDR`" in told[at]


def test_every_field_that_was_given_has_a_note() -> None:
    """Whatever the index says is on a line of the file; and what nothing depends on says so."""
    shown = render()
    told = notes(pages(shown)[source_page(NAME)])
    assert {origin.line for origin in shown.index.origins.values() if origin.source == NAME} <= told.keys()
    assert "Nothing in this tree depends on it." in told[TEXT.split("\n").index("  discovery: 7m0s") + 1]


def test_without_the_marks_it_is_the_file() -> None:
    """The user's own comments stay; a `(2)` in one of them is no mark."""
    shown = [re.sub(r"(?: #)? \(\d+\)!?$", "", line) for line in block(pages(render())[source_page(NAME)])]
    assert [line.replace("\u2060", "") for line in shown] == TEXT.removesuffix("\n").split("\n")
    assert any("# see (\u20602) (" in line for line in block(pages(render())[source_page(NAME)]))


def test_a_value_of_several_lines_is_left_alone() -> None:
    """A mark within a text would be a part of it; its note stands below."""
    text = TEXT.replace("10.244.0.0/16  # see (2)", '"10.244.\\\n    0.0/16"')
    body = pages(render(text), text)[source_page(NAME)]
    assert any(line.endswith('"10.244.\\') for line in block(body))
    assert re.search(r"^-\s+Line 14: \[`networking.podSubnet`\]", body, re.M)


@pytest.mark.parametrize(
    "secret",
    [
        "bootstrapTokens: [{token: canary.canarycanary1234}]\n",
        "certificateKey: canary0000000000000000000000000000000000000000000000000000000000\n",
        "skipPhases: [] # password: canary\n",
    ],
)
def test_no_secret_of_the_first_document_is_shown(secret: str) -> None:
    """Tokens and keys of the user's are masked, in comments as well."""
    text = TEXT.replace("---\n", f"{secret}---\n")
    assert "canary" not in "".join(pages(render(), text).values())


@pytest.mark.parametrize(
    "secret",
    [
        "apiServer: {extraEnvs: [{name: DB, value: canary}]}\n",
        "apiServer:\n  extraArgs:\n  - name: oidc-client-secret\n    value: canary\n",
        "etcd: {external: {endpoints: ['https://me:canary@192.0.2.1:2379']}}\n",
        "---\nkind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
        "staticPodURLHeader: {Authorization: [canary]}\n",
        "---\napiVersion: kgen/v1\nkind: RenderConfiguration\nhost:\n  proxy: {HTTPS_PROXY: 'http://me:canary@p:1'}\n",
        "---\napiVersion: v1\nkind: Secret\nstringData: {a: canary}\n",
        "---\napiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
        "resources: [{providers: [{aescbc: {keys: [{name: a, secret: canary}]}}]}]\n",
    ],
)
def test_no_secret_of_further_documents_is_shown(secret: str) -> None:
    """By what a field is, in kubeadm's documents and others."""
    assert "canary" not in "".join(pages(render(), TEXT + secret).values())


def test_a_file_that_has_changed_since() -> None:
    """It says so, and nothing breaks."""
    shown = render()
    assert "Not what was rendered" not in pages(shown)[source_page(NAME)]
    for other in (f"# new\n{TEXT}", "kind: ClusterConfiguration\n", "", ": [", "a: \x00\x02wzxhzdk:0\x03"):
        assert "Not what was rendered" in pages(shown, other)[source_page(NAME)]


def test_no_link_leads_behind_the_end_of_a_file() -> None:
    """A file that has become shorter has no anchors for the lines that it had."""
    assert "__codelineno-given" not in pages(render(), "kind: ClusterConfiguration\n")[EFFECTIVE]
    assert "__codelineno-given-14" in pages(render())[EFFECTIVE]


def test_places_of_lines() -> None:
    """The page of the file, and the anchor of the line there; names that are no file names are spelt out."""
    shown = render()
    assert line_target(shown, NAME, 14) == "configuration/files/cluster.yaml.md#__codelineno-given-14"
    assert source_page("../a b.yaml") == "configuration/files/_2e_._2f_a_20_b.yaml.md"
    assert source_page("README") != source_page("README_")
    assert len({source_page(name) for name in ("a/b", "a_2f_b", "a_b", "a b")}) == 4


def test_without_the_file_the_index_tells() -> None:
    """Line, field and what it changed, on the overview; no page for the file and no links to it."""
    found = pages(render(), None)
    assert found.keys() == {INDEX, EFFECTIVE}
    assert re.search(
        r"^\| 14 \| \[`networking.podSubnet`\]\(.*#Networking.podSubnet\) \| .*kube-proxy", found[INDEX], re.M
    )
    assert "configuration/files" not in "".join(found.values()) and "](files/" not in "".join(found.values())


def test_flags_are_told_beside_files() -> None:
    """What was given on the command line has a table."""
    fields = {"node-name": "cp-1", "apiserver-advertise-address": "192.0.2.10", "pod-network-cidr": "10.244.0.0/16"}
    body = pages(render_with("", kgen.Flags(fields=fields)), None)[INDEX]
    assert "## `--pod-network-cidr`" in body and "The file is not at hand" not in body


def test_the_effective_configuration_has_every_value() -> None:
    """Each value of the document in the tree, with its origin."""
    shown = render()
    body = pages(shown)[EFFECTIVE]
    section = body.partition("## `ClusterConfiguration`")[2].partition("\n## ")[0]
    document = yaml.safe_load(shown.items["cluster/kubeadm-config.yaml"].data["data"]["ClusterConfiguration"])
    rows = dict(re.findall(r"^\| \[`([^`]+)`\]\([^)]*\) \| (.*) \|$", section, re.M))
    left = section.partition("Not set")[2]
    for name in document.keys() - {"apiVersion", "kind"}:
        assert any(row.split(".")[0].split("[")[0] == name for row in rows) or f"`{name}`" in left, name
    assert rows["networking.podSubnet"] == (
        "`10.244.0.0/16` | **user** [`cluster.yaml:14`](files/cluster.yaml.md#__codelineno-given-14)"
    )
    assert rows["networking.serviceSubnet"] == "`10.96.0.0/12` | default"
    proxy = body.partition("## `KubeProxyConfiguration`")[2].partition("\n## ")[0]
    assert "**derived**: the same, from `ClusterConfiguration.networking.podSubnet`" in proxy


def test_nothing_in_an_index_breaks_out() -> None:
    """Names and reasons of a tree from elsewhere are text."""
    shown = render()
    evil = "<script>alert(1)</script>`|\n# x [a](javascript:b)"
    origins = {
        **shown.index.origins,
        "ClusterConfiguration.networking.podSubnet": Origin("user", evil, 1, 1),
        f"KubeletConfiguration.{evil}": Origin("derived", evil, why=evil, inputs=(evil,)),
        "KubeProxyConfiguration.clusterCIDR": Origin("derived", why=evil, inputs=(evil,)),
    }
    changed = replace(shown, index=replace(shown.index, origins=origins))
    for text in (None, TEXT):
        for body in pages(changed, text).values():
            assert "<script" not in body and "](javascript" not in body
            assert not re.search(r"^# x", body, re.M)


def test_arguments_are_flags() -> None:
    """Name and value in one row, with the line of both."""
    text = TEXT + "apiServer:\n  extraArgs:\n  - {name: v, value: '4'}\n"
    body = pages(render(text), text)[EFFECTIVE]
    assert re.search(
        r"^\| \[`apiServer.extraArgs\[0\]`\]\([^)]*\) \| `--v=4` \| \*\*user\*\* \[`cluster.yaml:17`\]", body, re.M
    )


@pytest.mark.parametrize("at_hand", [True, False])
@pytest.mark.parametrize("name", ["external-etcd", "ha", "hardened", "ipv6-dual-stack", "minimal"])
def test_links_of_the_examples_lead_somewhere(name: str, at_hand: bool) -> None:
    """To artifacts and lines that they have, to fields of the reference, to lines of the file."""
    text = (Path(__file__).parents[2] / "examples" / f"{name}.yaml").read_text()
    shown = render(text)
    found = pages(shown, text if at_hand else None)
    there = {page.path: page.body for page in reference()} | found
    lines = {artifact_page(path): item.text.count("\n") + 1 for path, item in shown.items.items()}
    for path, body in found.items():
        for link in re.findall(r"\]\(([^)]+)\)", body):
            to, _, anchor = link.partition("#")
            page = posixpath.normpath(posixpath.join(posixpath.dirname(path), to)) if to else path
            if line := re.fullmatch(r"__codelineno-(?:given|content)-(\d+)", anchor):
                assert int(line[1]) <= (lines[page] if page in lines else len(block(there[page]))), link
            else:
                assert page in there or (page in lines and not anchor), link
                assert not anchor or f"{{#{anchor}}}\n" in there[page], link
