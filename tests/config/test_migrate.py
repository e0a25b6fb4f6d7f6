# SPDX-License-Identifier: Apache-2.0
"""Older configurations as v1beta4 ones.

data/config/migrate/ holds old configurations (.yaml), what becomes of them (.migrated), and for some of them what
`kubeadm config migrate` of 1.36 makes of them, the last that reads v1beta3, after that of the older ones that it takes
to get there (.kubeadm, see record.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.record import LAST, OLDER, V1BETA3
from kgen.config import convert, defaults, documents, migrate, validate
from kgen.config.effective import as_go_writes
from kgen.config.effective import documents as effective
from kgen.config.load import load
from kgen.errors import ConfigurationError, Mark, format_path

TESTS = Path(__file__).parents[1]
DATA = TESTS / "data/config/migrate"
CASES = sorted(path.stem for path in DATA.glob("*.yaml"))
CORPUS = [
    TESTS / "corpus/extra/v1beta3-many.yaml",
    TESTS / "corpus/init/40-v1beta3-old-shapes.yaml",
    TESTS / "corpus/reports/230-v1beta3-full.yaml",
    TESTS / "corpus/reports/232-v1beta2.yaml",
    TESTS / "corpus/reports/233-v1beta1.yaml",
]
HEADER = "apiVersion: kubeadm.k8s.io/{}\nkind: {}\n"


def _migrated(text: str, kubeadm: str | None = None) -> migrate.Migrated:
    return migrate.migrate([("old.yaml", text.encode())], kubeadm)


def _cluster(version: str, text: str) -> str:
    return HEADER.format(version, "ClusterConfiguration") + text


def _warnings(text: str, kubeadm: str | None = None) -> list[tuple[int, str]]:
    """Lines and paths of what is not carried over."""
    found = _migrated(text, kubeadm).problems
    assert {(problem.level, problem.source) for problem in found} <= {("warning", "old.yaml")}
    return [(problem.mark.line if problem.mark else 0, format_path(problem.path)) for problem in found]


def _meaning(text: str) -> dict[str, Any]:
    """What a configuration means to kubeadm 1.36: every document with its defaults, as Go writes it."""
    read, problems = documents.parse(text.encode(), "text")
    assert not problems
    by_kind = {document.kind: document.value for document in read}
    if "JoinConfiguration" in by_kind:
        return {"JoinConfiguration": _joining(by_kind["JoinConfiguration"])}
    cluster = load([("text", text.encode())], kubeadm=LAST, strict=False, read_directory=lambda _: {})
    meaning = dict(effective(cluster))
    for token in meaning["InitConfiguration"]["bootstrapTokens"]:
        token.setdefault("token", "random")
    return meaning


def _joining(value: Mapping[str, Any]) -> dict[str, Any]:
    join = convert.to_current({"JoinConfiguration": dict(value)})["JoinConfiguration"]
    defaults.join_configuration(join, "host", "192.0.2.1")
    return as_go_writes(join, LAST)


@pytest.mark.parametrize("case", CASES)
def test_text(case: str) -> None:
    """Comments, order and layout are kept, and components' documents to the byte."""
    assert _migrated((DATA / f"{case}.yaml").read_text()).text == (DATA / f"{case}.migrated").read_text()


@pytest.mark.parametrize("case", CASES)
def test_result_is_accepted(case: str) -> None:
    """What comes out is v1beta4 that validates, and stays the same when it is migrated again."""
    text = (DATA / f"{case}.migrated").read_text()
    assert {d["apiVersion"] for d in yaml.safe_load_all(text) if "kubeadm" in d["apiVersion"]} == {convert.CURRENT}
    assert validate.check([("new", text.encode())]).accepted
    again = _migrated(text)
    assert (again.text, again.problems) == (text, ())


@pytest.mark.parametrize("case", V1BETA3)
def test_means_what_kubeadms_result_means(case: str) -> None:
    """With all defaults filled in, the result is the same as that of `kubeadm config migrate`."""
    ours, theirs = _migrated((DATA / f"{case}.yaml").read_text(), LAST).text, (DATA / f"{case}.kubeadm").read_text()
    # Without a ClusterConfiguration of v1beta3 kubeadm writes 0s, whatever there was (defaultMigrateMutators in
    # util/config/common.go), which nobody wants.
    theirs = theirs.replace("controlPlaneComponentHealthCheck: 0s", "controlPlaneComponentHealthCheck: 4m0s")
    meaning, expected = _meaning(ours), _meaning(theirs)
    for kind in {document["kind"] for document in yaml.safe_load_all(theirs)}:
        assert meaning[kind] == expected[kind], kind


@pytest.mark.parametrize("case", OLDER)
def test_means_what_the_old_kubeadms_result_means(case: str) -> None:
    """One step makes the same of it as one kubeadm after the other, but for the version of Kubernetes."""
    meaning, expected = (
        _meaning(text)
        for text in (
            _migrated((DATA / f"{case}.yaml").read_text(), LAST).text,
            (DATA / f"{case}.kubeadm").read_text(),
        )
    )
    for each in (meaning, expected):
        each.get("ClusterConfiguration", {}).pop("kubernetesVersion", None)
    assert meaning == expected


@pytest.mark.parametrize(
    "path", [*CORPUS[:3], *(DATA / f"{case}.yaml" for case in V1BETA3)], ids=lambda path: path.stem
)
def test_v1beta3_means_the_same(path: Path) -> None:
    """kubeadm 1.36 makes the same of a v1beta3 configuration and of what it is migrated to."""
    old = path.read_text().replace("@VERSION@", "v1.36.3")
    assert _meaning(_migrated(old, LAST).text) == _meaning(old)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_nothing_is_lost_without_need(path: Path) -> None:
    """Configurations that use what kubeadm still has are carried over whole."""
    assert _warnings(path.read_text().replace("@VERSION@", "v1.36.3"), LAST) == []


@pytest.mark.parametrize(
    ("case", "lost"),
    [
        (
            "v1alpha3",
            [
                (12, "kubernetesVersion"),
                (37, "auditPolicy"),
                (40, "unifiedControlPlaneImage"),
                (44, "featureGates.DynamicKubeletConfig"),
                (47, ""),
            ],
        ),
        ("v1alpha3-join", [(3, "clusterName"), (8, "discoveryTokenAPIServers[1]")]),
        ("v1beta1", [(3, "kubernetesVersion"), (4, "useHyperKubeImage"), (8, "dns.type"), (9, "dns.imageTag")]),
        ("v1beta2", [(3, "kubernetesVersion")]),
        ("v1alpha3-full", [(25, "kubernetesVersion"), (31, "")]),
        ("v1beta1-full", [(19, "kubernetesVersion"), (46, "")]),
        ("v1beta2-full", [(21, "kubernetesVersion"), (49, "")]),
        ("v1alpha3-join-file", [(7, "")]),
        ("v1alpha3-join-tokens", [(7, "")]),
        ("json", [(1, "")]),
        *((case, []) for case in ("commented", "external", "join", "v1beta1-join", "v1beta2-join")),
    ],
)
def test_what_is_lost(case: str, lost: list[tuple[int, str]]) -> None:
    """Everything without a successor is named, each at its own line, comments and a layout too, and nothing else."""
    assert _warnings((DATA / f"{case}.yaml").read_text()) == lost


@pytest.mark.parametrize(
    ("image", "result"),
    [
        ("example.test/etcd:3.6.8-0", {"imageRepository": "example.test", "imageTag": "3.6.8-0"}),
        ("example.test:5000/a/etcd:3.6.8-0", {"imageRepository": "example.test:5000/a", "imageTag": "3.6.8-0"}),
        ("example.test/etcd3:3.6.8-0", None),
        ("example.test:5000/etcd", None),
        ("etcd:3.6.8-0", None),
        ("", None),
    ],
)
def test_the_image_of_v1alpha3s_etcd(image: str, result: dict[str, str] | None) -> None:
    """An image is divided where it has all parts; any other is named."""
    text = _cluster("v1alpha3", f"kubernetesVersion: v1.37.2\netcd: {{local: {{image: '{image}', dataDir: /d}}}}\n")
    found = yaml.safe_load(_migrated(text).text)["etcd"]["local"]
    assert found == {"dataDir": "/d", **(result or {})}
    assert bool(_warnings(text)) is (bool(image) and result is None)


def _join(text: str) -> Any:
    return yaml.safe_load(_migrated(HEADER.format("v1alpha3", "JoinConfiguration") + text).text)


T1, T2, T3 = (f"{letter * 6}.{letter * 16}" for letter in "abc")
SERVER = "discoveryTokenAPIServers: ['192.0.2.10:6443']\ndiscoveryTokenUnsafeSkipCAVerification: true\n"


@pytest.mark.parametrize(
    ("given", "discovery"),
    [
        (f"token: {T1}\n{SERVER}", {"bootstrapToken": T1}),
        (f"token: {T1}\ndiscoveryToken: {T2}\n{SERVER}", {"bootstrapToken": T2, "tlsBootstrapToken": T1}),
        (f"discoveryToken: {T2}\ntlsBootstrapToken: {T3}\n{SERVER}", {"bootstrapToken": T2, "tlsBootstrapToken": T3}),
        (f"token: {T1}\ndiscoveryFile: https://a/b\n", {"file": "https://a/b", "tlsBootstrapToken": T1}),
        (f"token: {T1}\ndiscoveryToken: ''\ntlsBootstrapToken: ''\n{SERVER}", {"bootstrapToken": T1}),
        (f"token: ''\ndiscoveryToken: {T2}\n{SERVER}", {"bootstrapToken": T2}),
    ],
)
def test_the_tokens_of_a_v1alpha3_join(given: str, discovery: dict[str, str]) -> None:
    """One token serves for both ends unless there is one for each; a file needs none to be found."""
    found = _join(given)["discovery"]
    if "bootstrapToken" in found:
        found["bootstrapToken"] = found["bootstrapToken"]["token"]
    if "file" in found:
        found["file"] = found["file"]["kubeConfigPath"]
    assert found == discovery


def test_a_v1alpha3_worker() -> None:
    """`controlPlane: false` is no control plane, and its address has no use."""
    text = f"token: {T1}\n{SERVER}controlPlane: false\napiEndpoint: {{advertiseAddress: 192.0.2.11}}\n"
    assert "controlPlane" not in _join(text)
    assert _warnings(HEADER.format("v1alpha3", "JoinConfiguration") + text) == [(7, "apiEndpoint")]


@pytest.mark.parametrize(
    ("gate", "kubeadm", "kept", "lost"),
    [
        ("CoreDNS: true", "1.37", None, False),
        ("CoreDNS: false", "1.37", None, True),
        ("SelfHosting: false", "1.37", None, False),
        ("EtcdLearnerMode: true", "1.37", None, False),
        ("RootlessControlPlane: true", "1.37", {"RootlessControlPlane": True}, False),
        ("PublicKeysECDSA: true", "1.36", {"PublicKeysECDSA": True}, False),
        ("PublicKeysECDSA: true", "1.37", None, False),
        ("PublicKeysECDSA: false", "1.37", None, False),
    ],
)
def test_feature_gates(gate: str, kubeadm: str, kept: dict[str, bool] | None, lost: bool) -> None:
    """A gate that is gone is named where kubeadm no longer does what it asks for."""
    text = _cluster("v1beta2", f"kubernetesVersion: v{kubeadm}.0\nfeatureGates: {{{gate}}}\n")
    done = yaml.safe_load(_migrated(text, kubeadm).text)
    assert done.get("featureGates") == kept
    ecdsa = kubeadm == "1.37" and gate == "PublicKeysECDSA: true"
    assert done.get("encryptionAlgorithm") == ("ECDSA-P256" if ecdsa else None)
    assert bool(_warnings(text, kubeadm)) is lost


@pytest.mark.parametrize(("timeout", "moved"), [("10m", True), ("4m", False), ("240s", False), ("0s", False)])
def test_timeout_without_init_configuration(timeout: str, moved: bool) -> None:
    """The API server's timeout makes an InitConfiguration where it counts and there is none."""
    text = _cluster("v1beta3", f"kubernetesVersion: v1.36.3\napiServer: {{timeoutForControlPlane: {timeout}}}\n")
    read = list(yaml.safe_load_all(_migrated(text).text))
    assert [document.get("timeouts") for document in read[1:]] == (
        [{"controlPlaneComponentHealthCheck": timeout}] if moved else []
    )


def test_timeout_reaches_a_join_beside_it() -> None:
    """As kubeadm has it, which converts all documents of a file together."""
    join = (
        HEADER.format("v1beta3", "JoinConfiguration")
        + f"discovery: {{file: {{kubeConfigPath: 'https://a/b'}}, tlsBootstrapToken: {T1}}}\n"
    )
    old = _cluster("v1beta3", "kubernetesVersion: v1.36.3\napiServer: {timeoutForControlPlane: 7m}\n")
    read = {document["kind"]: document for document in yaml.safe_load_all(_migrated(f"{old}---\n{join}").text)}
    assert read["JoinConfiguration"]["timeouts"] == {"controlPlaneComponentHealthCheck": "7m"}


@pytest.mark.parametrize(
    ("timeout", "own", "result"),
    [("8m", "3m", "8m"), ("4m", "3m", "4m"), ("8m", "480s", "480s"), ("0s", "3m", "3m")],
)
def test_timeout_in_the_place_of_another(timeout: str, own: str, result: str) -> None:
    """The old timeout overrides that of a v1beta4 document beside it, as in kubeadm, and that is said."""
    init = HEADER.format("v1beta4", "InitConfiguration") + "timeouts:\n  controlPlaneComponentHealthCheck:"
    cluster = f"kubernetesVersion: v1.36.3\napiServer:\n  timeoutForControlPlane: {timeout}\n"
    done = _migrated(f"{init} {own} # mine\n---\n{_cluster('v1beta3', cluster)}")
    assert done.text.startswith(f"{init} {result} # mine\n---\n")
    told = [(problem.mark and problem.mark.line, problem.instead) for problem in done.problems]
    assert told == ([(4, f"the result has {timeout}")] if own != result else [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_cluster("v1beta2", "networking: {podSubnet: nonsense}\n"), 3),
        (_cluster("v1beta3", "apiserver: {}\n"), 3),
        (_cluster("v1beta3", "clusterName: a\napiServer:\n  timeoutForControlPlane: soon\n"), 5),
        (_cluster("v1alpha2", "clusterName: a\n"), 1),
        (_cluster("v1beta9", "clusterName: a\n"), 1),
        (HEADER.format("v1beta2", "MasterConfiguration"), 1),
        (_cluster("v1beta3", "clusterName: a\nclusterName: b\n"), 4),
        ("apiVersion: [\n", 2),
    ],
)
def test_refusals(text: str, line: int) -> None:
    """What would be wrong afterwards as well, or cannot be read at all, is refused at its place in the old text."""
    with pytest.raises(ConfigurationError) as caught:
        _migrated(text)
    errors = [problem for problem in caught.value.problems if problem.level == "error"]
    assert {(problem.source, problem.mark and abs(problem.mark.line - line) <= 1) for problem in errors} == {
        ("old.yaml", True)
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "imageRepository: A b\n",
        "networking: {podSubnet: nonsense}\n",
        "apiServer:\n  certSANs: [a, b_c]\n",
        "etcd: {external: {endpoints: ['192.0.2.1:2379']}}\n",
        "kubernetesVersin: v1.36.3\n",
    ],
)
def test_refused_as_by_validate(wrong: str) -> None:
    """What is wrong before and after has the place and the words that it has for `kgen validate`."""
    text = _cluster("v1beta3", f"kubernetesVersion: v1.36.3\n{wrong}")
    with pytest.raises(ConfigurationError) as caught:
        _migrated(text)
    found = validate.check([("old.yaml", text.encode())]).problems
    assert caught.value.problems == tuple(problem for problem in found if problem.level == "error")


@pytest.mark.parametrize(
    ("old", "code"),
    [
        (
            "apiServer:\n  extraArgs: &args\n    # the level\n    v: '2'\nscheduler: {extraArgs: *args}\n",
            "comments-lost",
        ),
        ("apiServer:\n  # the level\n  extraArgs:\n    <<: {v: '2'}\n", "comments-lost"),
        ("apiServer: {extraArgs: &a {v: '2', w: '#x'}}\nscheduler: {extraArgs: *a}\n", "layout-lost"),
    ],
)
def test_written_anew(old: str, code: str) -> None:
    """A text with aliases and merge keys loses its layout, and its comments if it had any; it keeps its meaning."""
    text = _cluster("v1beta3", f"kubernetesVersion: v1.36.3\n{old}")
    done = _migrated(text)
    assert yaml.safe_load(done.text)["apiServer"]["extraArgs"][0] == {"name": "v", "value": "2"}
    assert [problem.code for problem in done.problems] == [code]
    assert ("its comments" in done.problems[0].what) is (code == "comments-lost")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "apiServer: &api # 0\n  extraArgs: &args !!map # 1\n    # 2\n    v: '2' # 3\n",
            "apiServer: &api # 0\n  extraArgs: # 1\n  # 2\n  - name: v\n    value: '2' # 3\n",
        ),
        (
            "apiServer:\n  certSANs: &names\n    # 1\n    - a\n  extraArgs: {v: '2'}\n",
            'apiServer:\n  certSANs: &names\n    # 1\n    - a\n  extraArgs:\n  - name: v\n    value: "2"\n',
        ),
        (
            "apiServer:\n  # 0\n  extraArgs: { # 1\n    v: '2', # 2\n    # 3\n  } # 4\n  # 5\n",
            'apiServer:\n  # 0\n  # 1\n  # 2\n  # 3\n  # 4\n  # 5\n  extraArgs:\n  - name: v\n    value: "2"\n',
        ),
        (
            "apiServer: {extraArgs: {v: '#2' # 1\n  }}\n",
            "# 1\napiServer:\n  extraArgs:\n  - name: v\n    value: '#2'\n",
        ),
    ],
)
def test_comments_stay(old: str, new: str) -> None:
    """They stand where they stood, or above what is written anew; a `#` in a text is none."""
    done = _migrated(_cluster("v1beta3", f"kubernetesVersion: v1.36.3\n{old}"))
    assert done.text == _cluster("v1beta4", f"kubernetesVersion: v1.36.3\n{new}")
    assert done.problems == ()


@pytest.mark.parametrize("value", ["# c\n  {}", "|- # c\n  {}", "! # c\n  '{}'"])
def test_comments_stay_at_the_version(value: str) -> None:
    """A version over several lines becomes one line, with its comment above it."""
    old = _cluster("v1beta3", "kubernetesVersion: v1.36.3\n")
    version = "kubeadm.k8s.io/v1beta3"
    done = _migrated(old.replace(version, value.format(version)))
    assert (done.text, done.problems) == ("# c\n" + old.replace("v1beta3", "v1beta4"), ())


def test_comments_stay_at_separators() -> None:
    """A line between documents may have one, which goes with the document below."""
    cluster, init = _cluster("{0}", "kubernetesVersion: v1.36.3\n"), HEADER.format("{0}", "InitConfiguration")
    kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    text = f"---\n{cluster}--- # the first node\n{init}---# all\n{kubelet}"
    assert _migrated(text.format("v1beta3")).text == text.format("v1beta4")
    status, text = HEADER.format("v1beta2", "ClusterStatus"), f"--- # the cluster\n{cluster}"
    assert _migrated(status + text.format("v1beta3")).text == text.format("v1beta4")


def test_lost_comments_are_named() -> None:
    """All of a document at once, each with its place, but for those at what is named itself."""
    old = (
        "apiServerExtraVolumes:\n- {name: a, hostPath: /a, mountPath: /b, writable: true} # twice\n"
        "clusterName: a # twice\n# gone\nauditPolicy: {path: /x} # gone\nfeatureGates:\n  CoreDNS: true # one\n"
    )
    found = _migrated(_cluster("v1alpha3", f"kubernetesVersion: v1.37.2\n{old}")).problems
    assert [problem.code for problem in found] == ["comments-lost", "not-carried-over"]
    assert "and 1 more" in found[0].what
    # Of two comments with the same words the last counts as lost.
    assert [found[0].mark, *(place.mark for place in found[0].others)] == [Mark(6, 16), Mark(10, 17)]


def test_several_files() -> None:
    """Files become one text, each document once, and a component's to the byte."""
    kubelet = b"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods:   200   # many\n"
    sources = [("kubelet.yaml", kubelet), ("old.yaml", _cluster("v1beta3", "kubernetesVersion: v1.36.3\n").encode())]
    text = migrate.migrate(sources).text
    assert text == kubelet.decode() + "---\n" + _cluster("v1beta4", "kubernetesVersion: v1.36.3\n")


def test_line_ends() -> None:
    """Lines end as they did, those that are new as well; of files that differ in it, as most do."""
    old = _cluster("v1beta3", "kubernetesVersion: v1.36.3\napiServer: {timeoutForControlPlane: 7m}\n")
    new = _migrated(old).text
    assert new.count("\n") > old.count("\n")
    assert _migrated(old.replace("\n", "\r\n")).text == new.replace("\n", "\r\n")
    kubelet = b"apiVersion: kubelet.config.k8s.io/v1beta1\r\nkind: KubeletConfiguration\r\n"
    assert "\r" not in migrate.migrate([("old.yaml", old.encode()), ("kubelet.yaml", kubelet)]).text


@pytest.mark.parametrize("case", ["v1alpha3", "v1alpha3-join", "v1beta1", "v1beta2", "external"])
@pytest.mark.parametrize("odd", [None, 5, [None], {"a": [{}]}], ids=str)
def test_odd_values_are_refused_not_a_fault(case: str, odd: Any) -> None:
    """Whatever stands in the place of any old field, there is a result or a refusal that names a problem."""
    olds = list(yaml.safe_load_all((DATA / f"{case}.yaml").read_text()))
    for number, old in enumerate(olds):
        for field in old:
            changed = [*olds[:number], {**old, field: odd}, *olds[number + 1 :]]
            try:
                assert _migrated(yaml.safe_dump_all(changed)).text
            except ConfigurationError as error:
                assert error.problems
