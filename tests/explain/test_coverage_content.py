# SPDX-License-Identifier: Apache-2.0
"""templates/**: each artifact is explained, line by line, and nothing is explained that is not rendered."""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import kgen
from conformance.cases import Case
from explain.seen import EXAMPLES, ROOT, see
from helpers import CannedKeys
from kgen.explain import fields
from kgen.explain.markdown import code, plain, text
from kgen.explain.redact import parsed
from kgen.explain.sentences import matching, topics
from kgen.explain.view import Item, View
from kgen.releases import load, minors
from phases.plans import START

pytestmark = pytest.mark.slow

TEMPLATES = ROOT / "templates"
HEADINGS = ["What it is", "Who reads it, and when", "Without it", "By hand"]
HOST = b"""\
apiVersion: kgen/v1
kind: RenderConfiguration
host:
  caDirectories: [/etc/pki/ca-trust, /etc/pki/tls/certs]
  resolvConf: /run/systemd/resolve/resolv.conf
  proxy: {HTTP_PROXY: a, HTTPS_PROXY: b, NO_PROXY: c, http_proxy: d, https_proxy: e, no_proxy: f}
"""
CORPUS = (
    "extra/etcd-tag-3-5-9-0",
    "extra/external-etcd-odd-directories",
    "extra/gate-local-cri-socket-off",
    "extra/gate-rootless",
    "extra/hostname-override",
    "extra/token-everything",
    "init/07-external-etcd-tls",
    "init/09-cert-sans",
    "init/12-extra-envs",
    "init/19-etcd-local",
    "init/23-taints-labels-kubelet-args",
    "init/26-kubelet-config",
    "init/36-node-cidr-mask",
)
"""What is rendered in these cases only."""

SHARED = {"manifests/static-pod": "manifests/", "addons/common": "addons/", "object": ""}
_THEIRS = re.compile(r"extra(Args|Envs|Volumes)|ExtraArgs|host\.proxy")
_OBVIOUS = re.compile(r"(.*#)?/(apiVersion|kind)|.*/name|.*/apiGroup")

Place = tuple[str, tuple[str, ...]]
"""What a line is called, and what it depends on."""


@functools.cache
def views() -> tuple[View, ...]:
    """The examples and some of the corpus, for each minor that takes them."""
    release = {minor: load(minor).kubeadm for minor in minors()}
    found = []
    for minor, name in itertools.product(minors(), EXAMPLES):
        text = (ROOT / "examples" / f"{name}.yaml").read_text()
        text = re.sub(r"kubernetesVersion: \S+", f"kubernetesVersion: {release[minor]}", text)
        found.append(_view(text, minor))
        if name == "minimal":
            found.append(_view(text, minor, HOST))
    for minor, name in itertools.product((minors()[0], minors()[-1]), CORPUS):
        found += _taken(Case(name, f"{name}.yaml").text(release[minor]), minor)
    return tuple(found)


def _taken(text: str, minor: str) -> list[View]:
    try:
        return [_view(text, minor)]
    except kgen.ConfigurationError:
        return []  # a feature gate that this minor does not have


def _view(text: str, minor: str, *more: bytes) -> View:
    sources = [(f"{number}.yaml", each) for number, each in enumerate((text.encode(), *more))]
    cluster = kgen.load(sources, kubeadm=minor, flags=kgen.Flags(upload_certs=True), strict=False)
    external = cluster.external_etcd or {}
    files = {path: b"x" for field in ("caFile", "certFile", "keyFile") if (path := external.get(field))}
    random = itertools.count(1)
    secrets = kgen.gather(
        cluster,
        keys=CannedKeys(),
        start=START,
        random=lambda count: bytes(next(random) % 251 for _ in range(count)),
        host_files=files,
    )
    return see(kgen.plan(cluster, secrets))


def items() -> Iterator[tuple[View, Item]]:
    """Each artifact of each view."""
    return ((view, item) for view in views() for item in view.items.values())


@pytest.mark.parametrize("topic", sorted(topics()))
def test_is_explained(topic: str) -> None:
    """There are two files, and in the prose these headings in this order."""
    headings = re.findall(r"^## (.+)$", (TEMPLATES / f"{topic}.md.j2").read_text(), re.MULTILINE)
    assert headings == HEADINGS
    assert isinstance(yaml.safe_load((TEMPLATES / f"{topic}.lines.yaml").read_text()), dict)


def test_all_are_explained() -> None:
    """What is rendered has an explanation, and nothing else has."""
    assert {item.topic for _, item in items()} == topics()


def test_prose() -> None:
    """Each explanation can be filled in with the values of each cluster: nothing in it is undefined or left over."""
    environment = Environment(  # noqa: S701 (Markdown: `finalize` escapes every value)
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": code, "plain": plain}
    for view, item in items():
        prose = environment.get_template(f"{item.topic}.md.j2").render(
            item=item,
            flags=item.flags,
            cluster=view.cluster,
            link=lambda path, label=None: text(label or path),
            has=view.items.__contains__,
        )
        assert re.findall(r"^## (.+)$", prose, re.MULTILINE) == HEADINGS, item.topic
        assert prose.count("```") % 2 == 0, item.topic


def test_every_line_is_explained() -> None:
    """Each flag, volume, variable, rule, subject, name and usage that is not the user's has a sentence."""
    missing = {
        f"{item.topic}: {name}"
        for view, item in items()
        for place, name, paths in _lines(item)
        if not (_theirs(item, place) or _OBVIOUS.fullmatch(place) or _said(view, item, place, name, paths))
    }
    assert sorted(missing) == []


def test_nothing_is_explained_in_vain() -> None:
    """Each pattern is the one that explains some line of some cluster."""
    used = defaultdict(set)
    for _, item in items():
        for place, name, paths in _lines(item, inner=True):
            for each in (name, place):
                used[item.topic].add(matching(item.topic, each, paths))
    unused = [f"{topic}: {each}" for topic in topics() for each in _own(topic) if each not in used[topic]]
    for shared, prefix in SHARED.items():
        by = [topic for topic in topics() if topic.startswith(prefix)]
        lines = (each for each in _own(shared) if not any(each in used[t] and each not in _own(t) for t in by))
        unused += [f"{shared}: {each}" for each in lines]
    assert unused == []


@functools.cache
def _own(name: str) -> frozenset[str]:
    return frozenset(yaml.safe_load((TEMPLATES / f"{name}.lines.yaml").read_text()))


def _said(view: View, item: Item, place: str, name: str, paths: tuple[str, ...]) -> bool:
    """Whether the line or what it is part of has a sentence, or its schema a description."""
    if matching(item.topic, name, paths):
        return True
    outer, mark, within = place.rpartition("#")
    above = list(itertools.accumulate(within.split("/")[1:], lambda path, step: f"{path}/{step}", initial=""))[1:]
    embedded = dict(_walk(item.data))[outer] if mark else ""
    document = (parsed(embedded) or {}) if mark else item.data if item.topic == "kubelet/config" else {}
    return any(
        matching(item.topic, f"{outer}{mark}{each}", paths) or fields.description(view.cluster.minor, document, each)
        for each in above
    )


def _theirs(item: Item, place: str) -> bool:
    """Whether the user asked for the line, which is explained by the reference then."""
    paths = {path for each, paths in item.entry.places.items() if f"{place}/".startswith(f"{each}/") for path in paths}
    inside = {path for each, paths in item.entry.places.items() if each.startswith(f"{place}/") for path in paths}
    return any(_THEIRS.search(path) for path in paths | inside)


def _lines(item: Item, *, inner: bool = False) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The place of each line, what it is called in lines.yaml, and what it depends on; `inner`: all places."""
    for place, paths in _certified(item):
        yield place, place, paths
    if not item.data and item.form == "text":
        yield from ((place, name, ()) for place, name in _settings(item.text))
    for place, value in _walk(item.data):
        if inner or not isinstance(value, dict | list):
            yield place, _name(item.data, place, value), item.entry.places.get(place, ())
        if isinstance(value, str) and place.startswith("/data/") and item.kind == "ConfigMap" and "\n" in value:
            document = parsed(value)
            words = [line.split()[0] for line in value.splitlines() if line.split()[0] != "}"]
            steps = [step for step, at in _walk(document) if inner or not isinstance(at, dict | list)] or words
            yield from ((f"{place}#{step}", f"{place}#{step}", ()) for step in steps)


def _certified(item: Item) -> Iterator[Place]:
    for each in item.certificates:
        found = [
            "/subject/CN",
            "/validity/notBefore",
            "/validity/notAfter",
            "/subjectPublicKeyInfo",
            "/basicConstraints",
        ]
        found += ["/subject/O"] if each.organizations else []
        found += [f"/keyUsage/{usage}" for usage in each.key_usages]
        found += [f"/extKeyUsage/{usage}" for usage in each.extended_key_usages]
        found += [f"/subjectAltName/dns/{name}" for name in each.dns_names]
        found += [f"/subjectAltName/ip/{address}" for address in each.ip_addresses]
        yield from ((place, item.entry.places.get(place, ())) for place in found)


def _settings(content: str) -> Iterator[tuple[str, str]]:
    for line in content.splitlines():
        if found := re.match(r"(\w+)=", line):
            yield found[1], found[1]
            flags = re.findall(r"--[\w-]+", line) if found[1] == "KUBELET_KUBEADM_ARGS" else []
            yield from ((f"/{found[1]}/{index}", name) for index, name in enumerate(flags))


def _walk(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        here = f"{place}/{str(step).replace('~', '~0').replace('/', '~1')}"
        yield here, inner
        yield from _walk(inner, here)


def _name(data: Any, place: str, value: Any) -> str:
    """A flag is called by its name; so are volumes, the mounts of static pods, and variables, with all in them."""
    if re.search(r"/command/\d+$", place) and str(value).startswith("--"):
        return str(value).partition("=")[0]
    if found := re.match(r"(?:(/spec)/containers/\d+/volumeMounts|(.*/(?:volumes|env)))/(\d+)", place):
        named = dict(_walk(data))[found[0]]["name"]
        return f"{f'{found[1]}/volumes' if found[1] else found[2]}/{named}"
    return place
