# SPDX-License-Identifier: Apache-2.0
"""What is refused, with which exit code and in which words; and that nothing is refused with a traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.running import CLUSTER, INIT, MINIMAL, Kgen, process

BEGIN = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nencryptionAlgorithm: ECDSA-P256\n"
NODE = ("--node-name=cp-1", "--apiserver-advertise-address=192.0.2.10")


def test_all_problems_at_once(kgen: Kgen) -> None:
    """Every problem of a configuration is a line with file, line, column, path, fault and remedy."""
    text = (
        INIT.replace("192.0.2.10", "192.0.2.300")
        + CLUSTER
        + "networking: {podSubnt: 10.244.0.0/16}\napiServer: {certSANs: [a_b]}\ncertificatesDir: pki\n"
    )
    done = kgen.render(text)
    assert (done.code, done.out) == (3, "")
    lines = [line.split(": ", 2) for line in done.err.splitlines() if line.startswith("config.yaml:")]
    assert [(place, path) for place, path, _ in lines] == [
        ("config.yaml:3:38", "localAPIEndpoint.advertiseAddress"),
        ("config.yaml:10:14", "networking.podSubnt"),
        ("config.yaml:11:24", "apiServer.certSANs[0]"),
        ("config.yaml:12:18", "certificatesDir"),
    ]
    assert "podSubnet" in lines[1][2]
    assert not (kgen.directory / "out").exists()


def test_problems_of_flags(kgen: Kgen) -> None:
    """A problem of a flag names the flag."""
    done = kgen("render", *NODE, "--kubernetes-version=v1.37.2", "--service-cidr=10.96.0.0/33", "--token-ttl=soon")
    assert done.code == 3
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["--service-cidr", "--token-ttl"]


RENDER = "apiVersion: kgen/v1\nkind: RenderConfiguration\n"


def test_an_empty_file_is_a_file(kgen: Kgen) -> None:
    """To kubeadm it is a configuration without documents, which flags cannot complete; no file is something else."""
    done = kgen("render", "a.yaml", "--node-name=cp-1", a="")
    assert (done.code, done.err.partition(";")[0]) == (
        3,
        "a.yaml: there is neither an InitConfiguration nor a ClusterConfiguration",
    )
    for files in (["a.yaml"], ["a.yaml", "b.yaml"]):
        done = kgen("render", *files, *NODE, a="", b=RENDER)
        assert (done.code, done.err.partition(" cannot")[0]) == (2, "kgen: --apiserver-advertise-address")
    assert kgen("render", "b.yaml", *NODE, "--kubernetes-version=v1.37.2", "--dry-run", b=RENDER).code == 0


@pytest.mark.parametrize(("name", "missing"), [("n", False), ("''", True)])
def test_a_name_that_is_no_text(kgen: Kgen, name: str, missing: bool) -> None:
    """A name of the wrong type is not missing as well."""
    done = kgen.render(MINIMAL.replace("cp-1", name))
    assert (done.code, done.err.count("a string is needed here")) == (3, 0 if missing else 1)
    assert ("the node has no name" in done.err) is missing


@pytest.mark.parametrize("command", ["effective", "images"])
@pytest.mark.parametrize("text", ["", RENDER, BEGIN.replace("ClusterConf", "JoinConf").replace("encrypt", "#")])
def test_nothing_to_init(kgen: Kgen, command: str, text: str) -> None:
    """What is missing is said of the file, and of nothing that was not given."""
    done = kgen("config", command, "a.yaml", a=text)
    missing = "there is neither an InitConfiguration nor a ClusterConfiguration; at least one of them"
    assert (done.code, done.out) == (3, "")
    assert f"a.yaml: {missing}\n" in done.err
    assert "stable-1" not in done.err


@pytest.mark.parametrize(
    ("phase", "place", "says"),
    [
        (
            "bootstrap-token",
            "5:13: skipPhases",
            "show-join-command needs bootstrap-token, which is skipped; skip show-join-command as well",
        ),
        ("bootstrap", "5:14: skipPhases[0]", "there is no phase 'bootstrap'; kgen phases lists them"),
    ],
)
def test_skipped_by_flag(kgen: Kgen, phase: str, place: str, says: str) -> None:
    """What is wrong with --skip-phases is said of the flag; of the file, if its skipPhases say so."""
    assert kgen.render(MINIMAL, f"--skip-phases={phase}").err.startswith(f"--skip-phases: {says}")
    text = MINIMAL.replace("---", f"skipPhases: [{phase}]\n---")
    assert kgen.render(text).err.startswith(f"config.yaml:{place}: {says}")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("etcd+strategik.yaml", "a: 1\n"),
        ("etcd+json.json", '[{"op": "remove", "path": "/spec/x"}]\n'),
        ("etcd+merge.json", '{"spec": {"containers": 1}}\n'),
    ],
)
def test_patches_that_do_not_apply(kgen: Kgen, file: str, content: str) -> None:
    """The file is named with the patches directory, as the configuration names it."""
    (kgen.directory / "patches").mkdir()
    (kgen.directory / "patches" / file).write_text(content)
    done = kgen.render(MINIMAL.replace("---", "patches: {directory: ./patches}\n---"))
    assert done.code == 3
    assert done.err.startswith(f"./patches/{file}: ")


def test_lenient(kgen: Kgen) -> None:
    """--no-strict makes warnings of what `kubeadm init` only warns about, and still refuses what it refuses."""
    text = MINIMAL + "clusterNam: x\n"
    assert kgen.render(text).code == 3
    done = kgen.render(text, "--no-strict", "-o", "tree.tar")
    assert done.code == 0
    assert re.match(r"warning: config.yaml:\d+:1: clusterNam: ", done.err)
    assert kgen.render(text + "certificatesDir: pki\n", "--no-strict").code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option",),
        ("--apiserver-bind-port=http", *NODE),
        ("--feature-gates=RootlessControlPlane", *NODE),
        ("--only=addon/flannel", *NODE),
        ("no-such-file.yaml",),
        (".",),
        ("nul\0.yaml",),
        ("--cert-dir=no-such-directory", *NODE),
        ("--rootfs=no-such-directory", *NODE),
        ("--patches=no-such-directory", *NODE),
    ],
)
def test_wrong_usage(kgen: Kgen, arguments: tuple[str, ...]) -> None:
    """A command line that cannot be carried out is told from a configuration that is wrong, and says what is."""
    done = kgen("render", *arguments)
    assert (done.code, done.out) == (2, "")
    named = re.match(r"--[a-z-]+", arguments[0])
    assert (named[0] if named else arguments[0].partition("\0")[0]) in done.err or "is not a directory" in done.err
    assert list(kgen.directory.iterdir()) == []


def test_no_such_command(kgen: Kgen) -> None:
    """There is no other command."""
    assert kgen("rendre").code == 2


@pytest.mark.parametrize("place", ["", "/", ".", "config.yaml", "nul\0", "/dev/null", "config.yaml/below"])
def test_unusable_places(kgen: Kgen, place: str) -> None:
    """A place that kgen did not write, or that cannot be written, is left alone."""
    done = kgen.render(MINIMAL, "-o", place)
    assert (done.code, done.out) == (5, "")
    assert done.err.startswith("kgen: ")
    assert (kgen.directory / "config.yaml").read_text() == MINIMAL
    assert [path.name for path in kgen.directory.iterdir()] == ["config.yaml"]


def test_full_disk(tmp_path: Path) -> None:
    """An archive that cannot be written to standard output is an error."""
    (tmp_path / "config.yaml").write_text(MINIMAL)
    with Path("/dev/full").open("wb") as full:
        done = process("render", "config.yaml", "-o", "-", cwd=tmp_path, stdout=full)
    assert done.code == 5
    assert done.err.startswith("kgen: cannot write to standard output")
    assert "Traceback" not in done.err


FIELDS = (
    "networking: null\netcd: null\napiServer: null\n",
    "networking: []\netcd: 5\napiServer: x\ncontrollerManager: {extraArgs: {a: b}}\ndns: true\n",
    "apiServer: {extraArgs: [null, 5, {}, {name: ''}, {value: x}]}\n",
    "apiServer: {extraEnvs: [{}, {value: x}, {name: A, valueFrom: {fieldRef: {fieldPath: x}}}]}\n",
    "apiServer: {extraVolumes: [{}]}\n",
    "kubernetesVersion: 1.37\n",
    "kubernetesVersion: v999999999999999999999999999999999999.1.2\n",
    'kubernetesVersion: "v1.37.2\\n"\n',
    "networking: {serviceSubnet: 10.0.0.0/32, podSubnet: x}\n",
    'networking: {serviceSubnet: "10.0.0.0/16,,fd00::/112", podSubnet: ","}\n',
    'networking: {serviceSubnet: "٣.0.0.0/16"}\n',
    'controlPlaneEndpoint: "[::1"\n',
    'controlPlaneEndpoint: "a b:99999999999"\n',
    'clusterName: "x: y\\n# {{ 7*7 }} {% raw %} \\u2028 \\U0001F600"\n',
    "certificateValidityPeriod: 99999999999h\n",
    "certificateValidityPeriod: -5h\n",
    "caCertificateValidityPeriod: 2500000h\ncertificateValidityPeriod: 2500000h\n",
    "caCertificateValidityPeriod: 0s\n",
    "etcd: {local: {}, external: {}}\n",
    'etcd: {local: {imageTag: "", extraArgs: [{name: listen-metrics-urls, value: "http://[::1:99999"}]}}\n',
    "etcd: {external: {endpoints: [], caFile: x}}\n",
    "featureGates: {PublicKeysECDSA: x, '': true}\n",
)
NODES = (
    "nodeRegistration: {name: ../../x}\n",
    "nodeRegistration: {name: 5, taints: [null, {}], kubeletExtraArgs: [{name: hostname-override, value: '\"'}]}\n",
    "bootstrapTokens: [null]\n",
    "bootstrapTokens: [{token: abcdef.0123456789abcdef}, {token: abcdef.0123456789abcdef}]\n",
    "bootstrapTokens: [{token: abcdef.0123456789abcdef, expires: 2020-01-01}]\n",
    "bootstrapTokens: [{ttl: 2500000h}, {ttl: -1h}]\n",
    "certificateKey: 00\n",
    "skipPhases: [nope, 5]\n",
    "skipPhases: [certs]\n",
    "patches: {directory: /no/such}\n",
    "timeouts: {controlPlaneComponentHealthCheck: -9h}\n",
    "localAPIEndpoint: {advertiseAddress: '::', bindPort: 99999999999999999999}\n",
)
RENDERING = "apiVersion: kgen/v1\nkind: RenderConfiguration\n"
NASTY = (
    b"",
    b"\0",
    b"kind: \xe9",
    MINIMAL.encode("utf-16"),
    b"hello",
    b"- a",
    b"---\n---\n...\n---",
    b"a: &a [*a]",
    b"a: &a [x, x]\nb: &b [*a, *a, *a, *a]\n" + b"".join(b"c%d: [*b, *b, *b, *b, *b, *b]\n" % i for i in range(50)),
    b"[" * 5000,
    b'{"a":' * 5000,
    b"!!python/object/apply:os.system [id]",
    b"<<: {kind: ClusterConfiguration}\napiVersion: kubeadm.k8s.io/v1beta4\n",
    b"? [a, b]\n: c\n",
    b"apiVersion: 1\nkind: [2]\n",
    b"kind: ClusterConfiguration\n",
    b"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nx: .inf\ny: 1e999\nz: 0x\n",
    b'{"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "\\ud800"}',
    b"apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n",
    MINIMAL.encode().replace(b"v1beta4", b"v1beta3"),
    MINIMAL.encode().replace(b"v1beta4", b"v1"),
    MINIMAL.encode().replace(b"v1beta4", b"v1alpha1"),
    MINIMAL.encode() + b"---\n" + MINIMAL.encode(),
    *(f"{INIT}---\n{BEGIN}{fields}".encode() for fields in FIELDS),
    *((INIT.rpartition("localAPI")[0] + fields + CLUSTER).encode() for fields in NODES),
    *((INIT + fields + CLUSTER).encode() for fields in NODES),
    *(
        f"{MINIMAL}---\n{RENDERING}{fields}".encode()
        for fields in (
            "time: 9999-12-31T23:59:59Z\n",
            'time: "9999-12-31T23:59:59Z"\n',
            'time: "0001-01-01T00:00:00Z"\n',
            "host: 5\n",
            "kubeadm: [1]\n",
            "host: {proxy: {http_proxy: 5}, hostname: '', caDirectories: [/]}\n",
        )
    ),
    *(
        f"{MINIMAL}---\napiVersion: {version}\nkind: {kind}Configuration\n{fields}".encode()
        for version, kind, fields in (
            (
                "kubelet.config.k8s.io/v1beta1",
                "Kubelet",
                "clusterDNS: [5]\nsyncFrequency: {a: 1}\nauthentication: null\n",
            ),
            (
                "kubeproxy.config.k8s.io/v1alpha1",
                "KubeProxy",
                "mode: zzz\nconntrack: {maxPerCore: 99999999999999999999}\n",
            ),
            ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxy", "clientConnection: null\nmetricsBindAddress: 5\n"),
        )
    ),
)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_no_input_brings_it_down(kgen: Kgen, text: bytes) -> None:
    """Whatever the configuration says, kgen renders it or says why not, and never that it is at fault itself."""
    (kgen.directory / "config.yaml").write_bytes(text)
    done = kgen("render", "config.yaml", "--only=control-plane,etcd,bootstrap-token,mark-control-plane")
    assert done.code in (0, 2, 3, 4), done.err
    assert done.err or done.code == 0
    assert "Traceback" not in done.err
    assert (kgen.directory / "out").exists() is (done.code == 0)


def test_no_argument_brings_it_down(tmp_path: Path) -> None:
    """The same goes for arguments that are no text at all, in a process of their own."""
    done = process("render", "--node-name=\udcff", "--apiserver-advertise-address=\udcfe", "\udcfd", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("kgen: ")
    assert "Traceback" not in done.err


def test_json_problems(kgen: Kgen) -> None:
    """Places are told in JSON, too."""
    document = {"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration", "dns": []}
    done = kgen("render", "init.yaml", "cluster.yaml", init=INIT, cluster=json.dumps(document))
    assert done.code == 3
    assert any(line.startswith("cluster.yaml:1:81: dns: ") for line in done.err.splitlines()), done.err
