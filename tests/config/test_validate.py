# SPDX-License-Identifier: Apache-2.0
"""What `check` says, and about which documents; verdicts on whole reports are in test_verdicts.py."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgen.config.load import load
from kgen.config.validate import Findings, check
from kgen.errors import ConfigurationError, Mark, Place, format_path

VERDICTS: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "corpus" / "verdicts.yaml").read_text("utf-8"))

INIT = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
CLUSTER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.0\n"
JOIN = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n"
KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"


def judge(text: str, **how: Any) -> Findings:
    """The findings about one file."""
    return check([("config.yaml", text.encode())], **how)


def told(found: Findings) -> list[tuple[str, str, str]]:
    """Level, code and path of each problem."""
    return [(problem.level, problem.code, format_path(problem.path)) for problem in found.problems]


@pytest.mark.parametrize("minor", ["1.34", "1.35", "1.36", "1.37"])
@pytest.mark.parametrize("name", VERDICTS)
def test_odd_files(name: str, minor: str) -> None:
    """What the real programs accept is accepted, and nothing else."""
    found = judge(VERDICTS[name]["text"], kubeadm=minor)
    assert found.accepted == (minor in VERDICTS[name]["accepted"]), told(found)


def test_a_sound_file() -> None:
    """Nothing is said about it, and everything is told that was judged."""
    found = judge(f"{INIT}---\n{CLUSTER}")
    assert found.accepted
    assert found.problems == ()
    assert [document.kind for document in found.documents] == ["InitConfiguration", "ClusterConfiguration"]
    assert found.release.minor == "1.37"
    with pytest.raises(FrozenInstanceError):
        found.problems = ()  # type: ignore[misc]


def test_the_host_is_trusted() -> None:
    """A missing name and address are fine here, as on any host; rendering needs them."""
    assert judge(CLUSTER).problems == ()
    with pytest.raises(ConfigurationError) as refused:
        load([("config.yaml", CLUSTER.encode())])
    codes = {problem.code for problem in refused.value.problems}
    assert codes == {"advertise-address", "node-name"}


@pytest.mark.parametrize(
    ("text", "kubeadm", "minor"),
    [
        (CLUSTER.replace("1.37.0", "1.35.1"), None, "1.35"),
        (CLUSTER, "1.36", "1.36"),
        (INIT, None, "1.37"),
        (f"{INIT}---\napiVersion: kgen/v1\nkind: RenderConfiguration\nkubeadm: '1.34'\n", None, "1.34"),
    ],
)
def test_which_kubeadm(text: str, kubeadm: str | None, minor: str) -> None:
    """It is the one that was asked for, else that of the Kubernetes version, else the newest; as for rendering."""
    assert judge(text, kubeadm=kubeadm).release.minor == minor


@pytest.mark.parametrize(
    ("wrong", "instead"),
    [
        ("kubeadm: 1.37", "put quotes around it"),
        ("kubeadm: 1.40", "put quotes around it"),
        ("lints: {token-ttl: loud}", "write one of off, warning, error"),
    ],
)
def test_wrong_render_configuration(wrong: str, instead: str) -> None:
    """What is wrong in kgen's own document is said once, with all that would be right."""
    (problem,) = judge(f"apiVersion: kgen/v1\nkind: RenderConfiguration\n{wrong}\n").problems
    assert problem.instead == instead


@pytest.mark.parametrize(
    ("wrong", "column"),
    [("foo: {}", 1), ("featureGates: {NoSuchGate: true}", 16), ("networking: {podSubnet: x}", 25)],
)
def test_key_or_value(wrong: str, column: int) -> None:
    """A problem stands at the key if it is about a name that there is not, else at the value."""
    (problem,) = judge(f"{CLUSTER}{wrong}\n").problems
    assert problem.mark == Mark(4, column)


def test_render_configuration() -> None:
    """kgen's own document is checked and no reason to refuse the others, although kubeadm refuses a file with it."""
    render = "apiVersion: kgen/v1\nkind: RenderConfiguration\n"
    assert judge(f"{CLUSTER}---\n{render}").problems == ()
    assert told(judge(f"{CLUSTER}---\n{render}foo: 1\n")) == [("error", "unknown-field", "foo")]


def test_what_is_not_looked_at() -> None:
    """Problems in a document that kubeadm does not look at in this file are warnings, and that is said."""
    found = judge(f"{KUBELET}syncFrequency: 5\nfoo: 1\n")
    assert told(found) == [
        ("warning", "not-looked-at", ""),
        ("warning", "wrong-type", "syncFrequency"),
        ("warning", "unknown-field", "foo"),
    ]
    beside = judge(f"{KUBELET}foo: 1\n---\n{CLUSTER}")
    assert told(beside) == [("error", "unknown-field", "foo")]


def test_an_upgrade_that_no_rule_judges() -> None:
    """Beside an InitConfiguration kubeadm 1.35 reads an UpgradeConfiguration's fields, and asks not what they mean."""
    text = f"{INIT}---\n{INIT.replace('Init', 'Upgrade')}node: {{imagePullPolicy: x, foo: 1}}\n"
    unknown = ("error", "unknown-field", "node.foo")
    assert told(judge(text, kubeadm="1.35")) == [("warning", "pull-policy", "node.imagePullPolicy"), unknown]
    assert told(judge(text, kubeadm="1.36")) == [("error", "pull-policy", "node.imagePullPolicy"), unknown]


def test_nothing_at_all() -> None:
    """An empty file is accepted, with a word about it."""
    found = judge("")
    assert found.accepted
    assert told(found) == [("warning", "nothing-to-look-at", "")]
    assert found.problems[0].source == "config.yaml"


def test_only_at_init() -> None:
    """What kubeadm refuses only later is a warning."""
    text = f"{INIT}localAPIEndpoint: {{advertiseAddress: 224.0.0.1}}\n---\n{CLUSTER}certificateValidityPeriod: -1h\n"
    assert told(judge(text)) == [
        ("warning", "bind-address", "localAPIEndpoint.advertiseAddress"),
        ("warning", "validity", "certificateValidityPeriod"),
    ]


def test_not_strict() -> None:
    """Then unknown and repeated fields are warnings, as at init; a kind that stands twice never is."""
    assert told(judge(f"{CLUSTER}foo: 1\ndns: {{}}\ndns: {{}}\n", strict=False)) == [
        ("warning", "unknown-field", "foo"),
        ("warning", "duplicate-key", "dns"),
    ]
    assert not judge(f"{CLUSTER}---\n{CLUSTER}", strict=False).accepted


def test_experimental() -> None:
    """kubeadm.k8s.io/v1 is read where kubeadm has it and one asks for it, with what only it has."""
    text = CLUSTER.replace("v1beta4", "v1")
    assert judge(f"{text}apiServer: {{extraArgs: [{{name: a, mergeMethod: append}}]}}\n", experimental=True).accepted
    bad = judge(f"{text}apiServer: {{extraArgs: [{{name: a, mergeMethod: up}}]}}\n", experimental=True)
    assert told(bad) == [("error", "merge-method", "apiServer.extraArgs[0]")]
    assert not judge(text).accepted
    assert not judge(text, kubeadm="1.36", experimental=True).accepted


def test_every_problem_at_once() -> None:
    """Structure and meaning of all documents are judged in one run, in the order of the text."""
    found = judge(f"{INIT}nodeRegistration: {{name: a_b, foo: 1}}\n---\n{JOIN}discovery: {{}}\n---\n{CLUSTER}dns: 5\n")
    assert told(found) == [
        ("error", "node-name", "nodeRegistration.name"),
        ("error", "unknown-field", "nodeRegistration.foo"),
        ("error", "discovery", "discovery"),
        ("error", "wrong-type", "dns"),
    ]


def test_no_problem_only_follows_from_another() -> None:
    """A document in a version that cannot be read has that problem alone."""
    found = judge(f"{INIT}---\n{CLUSTER}".replace("v1beta4", "v1beta1"))
    assert [problem.code for problem in found.problems] == ["api-version", "api-version"]
    instead = "`kgen config migrate` writes it as kubeadm.k8s.io/v1beta4"
    assert {problem.instead for problem in found.problems} == {instead}
    older = judge(INIT.replace("v1beta4", "v1alpha2")).problems[0]
    assert older.instead.endswith("kubeadm 1.12 was the last to convert it")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (
            f"{CLUSTER}etcd: {{external: {{endpoints: ['https://a:1'], certFile: /a, keyFile: 5}}}}\n",
            {"etcd.external.keyFile"},
        ),
        (f"{CLUSTER}etcd: {{external: {{endpoints: [5]}}}}\n", {"etcd.external.endpoints[0]"}),
        (
            f"{CLUSTER}etcd: {{external: {{endpoints: ['https://a:1'], certFile: /a, foo: 5}}}}\n",
            {"etcd.external", "etcd.external.foo"},
        ),
    ],
)
def test_nothing_is_missing_that_is_wrong(text: str, paths: set[str]) -> None:
    """What is there with the wrong type is not missing as well; a field that there is not explains nothing."""
    assert {path for _, _, path in told(judge(text))} == paths


@pytest.mark.parametrize(
    ("text", "line", "others"),
    [
        (f"{CLUSTER}dns: {{}}\ndns: {{}}\n", 5, [4]),
        (f"{CLUSTER}---\n{CLUSTER}", 5, [1]),
        (f"{CLUSTER}etcd:\n  local: {{}}\n  external: {{endpoints: ['https://a:1']}}\n", 5, [5, 6]),
        (
            f"{INIT}bootstrapTokens:\n- ttl: 1h\n  usages: [signing, authentication]\n  description: a\n"
            "  expires: 2030-01-01T00:00:00Z\n",
            4,
            [4, 7],
        ),
    ],
)
def test_both_places_of_a_clash(text: str, line: int, others: list[int]) -> None:
    """Two things that cannot stand together are shown together."""
    (problem,) = judge(text).problems
    assert problem.mark is not None
    assert problem.mark.line == line
    assert [place.mark.line for place in problem.others] == others
    assert {place.source for place in problem.others} == {"config.yaml"}


def test_clash_between_files() -> None:
    """The other place may be in another file."""
    (problem,) = check([("a", CLUSTER.encode()), ("b", CLUSTER.encode())]).problems
    assert problem.source == "b"
    assert problem.others == (Place("a", Mark(1, 1)),)


@pytest.mark.parametrize(
    ("text", "what", "instead"),
    [
        ("kind: InitConfiguration\n", "document 1 has no apiVersion", "e.g. apiVersion: kubeadm.k8s.io/v1beta4"),
        (f"{CLUSTER}---\napiVersion: kubeadm.k8s.io/v1beta4\n", "document 2 has no kind", "e.g. kind: "),
        ("apiversion: a/b\nkind: C\n", "document 1 has no apiVersion", "write apiVersion instead of apiversion"),
        ("apiVersion: v1\nkind: ConfigMap\n", "v1 ConfigMap has no API group", "take it out of the file"),
        ("apiVersion: v1beta3\nkind: JoinConfiguration\n", "v1beta3 JoinConfig", "apiVersion: kubeadm.k8s.io/v1beta3"),
        ("apiVersion: v1\nkind: ResetConfiguration\n", "v1 ResetConfig", "apiVersion: kubeadm.k8s.io/v1beta4"),
        ("apiVersion: a/b/c\nkind: ConfigMap\n", "a/b/c is no apiVersion", "e.g. kubeadm.k8s.io/v1beta4"),
        ("apiVersion: [1]\nkind: ConfigMap\n", "apiVersion and kind are texts", "e.g. "),
    ],
)
def test_documents_without_a_name(text: str, what: str, instead: str) -> None:
    """It is said what is missing in which document, and what was probably meant."""
    (problem,) = judge(text).problems
    assert problem.what.startswith(what)
    assert problem.instead.startswith(instead)


def test_kind_of_no_version() -> None:
    """A misspelt kind is answered with those that there are, a wrong version with the right one."""
    (kind,) = judge(CLUSTER.replace("ClusterConfiguration", "MasterConfiguration")).problems
    assert kind.instead.startswith("kind: ClusterConfiguration or InitConfiguration or ")
    (near,) = judge(CLUSTER.replace("ClusterConfiguration", "ClutserConfig")).problems
    assert near.instead == "kind: ClusterConfiguration"
    (version,) = judge(KUBELET.replace("v1beta1", "v1")).problems
    assert version.instead == "apiVersion: kubelet.config.k8s.io/v1beta1"


def test_discovery_file() -> None:
    """A file on the joining node is taken on trust, also as a URL; another scheme is not."""
    assert judge(f"{JOIN}discovery: {{file: {{kubeConfigPath: /nowhere}}}}\n").accepted
    assert judge(f"{JOIN}discovery: {{file: {{kubeConfigPath: 'file:///nowhere'}}}}\n").accepted
    found = judge(f"{JOIN}discovery: {{file: {{kubeConfigPath: 'ftp://a/b'}}}}\n")
    assert told(found) == [("error", "discovery-file", "discovery.file.kubeConfigPath")]
