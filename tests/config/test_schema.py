# SPDX-License-Identifier: Apache-2.0
"""kgen.config.schema. Which documents are refused was compared with `kubeadm config validate` of all four minors."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from jsonschema import Draft202012Validator

from kgen.config import documents, schema
from kgen.config.catalogue import minors
from kgen.errors import Problem

CLUSTER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
INIT = CLUSTER.replace("Cluster", "Init")
JOIN = CLUSTER.replace("Cluster", "Join")
KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
KUBE_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
RENDER = "apiVersion: kgen/v1\nkind: RenderConfiguration\n"


def check(text: str, minor: str = "1.37") -> list[Problem]:
    """The structural problems of the one document in a text."""
    (document,), problems = documents.parse(text.encode(), "f.yaml")
    assert not problems
    return schema.check(document, minor)


def only(text: str, minor: str = "1.37") -> Problem:
    """The one problem of the document."""
    problems = check(text, minor)
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (
            CLUSTER + "clusterName: 5",
            "wrong-type",
            "f.yaml:3:14: clusterName: a string is needed here, this is a number; put quotes around it",
        ),
        (
            CLUSTER + "clusterName: yes",
            "wrong-type",
            "f.yaml:3:14: clusterName: a string is needed here, this is a boolean; put quotes around it",
        ),
        (
            CLUSTER + "ClusterName: x",
            "unknown-field",
            "f.yaml:3:1: ClusterName: there is no such field; did you mean clusterName? Capitals matter",
        ),
        (
            CLUSTER + "podSubnet: x",
            "unknown-field",
            "f.yaml:3:1: podSubnet: there is no such field; did you mean networking.podSubnet?",
        ),
        (
            CLUSTER + "certSANs: [x]",
            "unknown-field",
            "f.yaml:3:1: certSANs: there is no such field; did you mean apiServer.certSANs?",
        ),
        (
            CLUSTER + "etcd: {localEtcd: {}}",
            "unknown-field",
            "f.yaml:3:8: etcd.localEtcd: there is no such field; did you mean local?",
        ),
        (CLUSTER + "metadata: {}", "unknown-field", "f.yaml:3:1: metadata: there is no such field"),
        (
            CLUSTER + "apiServer: {timeoutForControlPlane: 4m}",
            "unknown-field",
            "f.yaml:3:13: apiServer.timeoutForControlPlane: there is no such field; "
            "write timeouts.controlPlaneComponentHealthCheck in the InitConfiguration",
        ),
        (
            CLUSTER + "apiServer:\n  extraVolumes:\n  - {name: a}\n  - writable: true",
            "unknown-field",
            "f.yaml:6:5: apiServer.extraVolumes[1].writable: there is no such field; "
            "write readOnly, with the opposite value",
        ),
        (
            CLUSTER + "dns: {type: CoreDNS}",
            "unknown-field",
            "f.yaml:3:7: dns.type: there is no such field; "
            "remove it; CoreDNS is the only DNS server that kubeadm installs",
        ),
        (
            CLUSTER + "kubeProxy: {config: {mode: ipvs}}",
            "unknown-field",
            "f.yaml:3:1: kubeProxy: there is no such field; write it in a document of apiVersion "
            "kubeproxy.config.k8s.io/v1alpha1, kind KubeProxyConfiguration",
        ),
        (
            CLUSTER + "localAPIEndpoint: {}",
            "unknown-field",
            "f.yaml:3:1: localAPIEndpoint: there is no such field; it belongs into the InitConfiguration",
        ),
        (
            CLUSTER + "scheduler: {extraArgs: [{name: a, mergeMethod: append}]}",
            "unknown-field",
            "f.yaml:3:35: scheduler.extraArgs[0].mergeMethod: there is no such field; "
            "only apiVersion kubeadm.k8s.io/v1 has it, which is experimental",
        ),
        (
            CLUSTER + "apiServer: {extraArgs: {audit-log-maxage: 30, profiling: false, oidc-token: abc}}",
            "wrong-type",
            "f.yaml:3:24: apiServer.extraArgs: a list is needed here, this is a map; write extraArgs: "
            '[{name: audit-log-maxage, value: "30"}, {name: profiling, value: "false"}, {name: oidc-token, value: …}]',
        ),
        (
            CLUSTER + "apiServer: {extraArgs: {a: [x, 1, true, [y]], b: {c: d}}}",
            "wrong-type",
            "f.yaml:3:24: apiServer.extraArgs: a list is needed here, this is a map; write extraArgs: "
            '[{name: a, value: "x,1,true,…"}, {name: b, value: …}]',
        ),
        (
            CLUSTER + "apiServer: {certSANs: a.example.com}",
            "wrong-type",
            "f.yaml:3:23: apiServer.certSANs: a list is needed here, this is a string; "
            'write one item a line, each with "- " in front',
        ),
        (
            CLUSTER + "featureGates: {X: 'true'}",
            "wrong-type",
            "f.yaml:3:19: featureGates.X: true or false is needed here, this is a string; remove the quotes",
        ),
        (
            CLUSTER + "featureGates: [X]",
            "wrong-type",
            "f.yaml:3:15: featureGates: a map is needed here, this is a list; write featureGates: {X: true}",
        ),
        (
            CLUSTER + "networking:\n- podSubnet: x",
            "wrong-type",
            "f.yaml:4:1: networking: a map is needed here, this is a list; remove the dash in front of its fields",
        ),
        (
            CLUSTER + "certificateValidityPeriod: 365d",
            "bad-duration",
            "f.yaml:3:28: certificateValidityPeriod: durations have no unit above hours; write 8760h",
        ),
        (
            CLUSTER + "certificateValidityPeriod: 9999999h",
            "bad-duration",
            "f.yaml:3:28: certificateValidityPeriod: this is no duration; "
            "write numbers with units out of h, m, s, ms, e.g. 1h30m",
        ),
        (
            INIT + "bootstrapTokens:\n- ttl: 0",
            "wrong-type",
            'f.yaml:4:8: bootstrapTokens[0].ttl: a duration is needed here, this is a number; write "0s"',
        ),
        (
            INIT + "bootstrapTokens:\n- token: ${TOKEN}",
            "bad-token",
            "f.yaml:4:10: bootstrapTokens[0].token: this is no token; "
            "the file is not a template; replace the placeholder",
        ),
        (
            INIT + "nodeRegistration: {taints: {}}",
            "wrong-type",
            "f.yaml:3:28: nodeRegistration.taints: a list is needed here, this is a map; write taints: []",
        ),
        (
            INIT + "localAPIEndpoint: {bindPort: '6443'}",
            "wrong-type",
            "f.yaml:3:30: localAPIEndpoint.bindPort: a whole number is needed here, this is a string; "
            "remove the quotes",
        ),
        (
            INIT + "localAPIEndpoint: {bindPort: 6443.5}",
            "wrong-type",
            "f.yaml:3:30: localAPIEndpoint.bindPort: a whole number is needed here, this is a number with a fraction",
        ),
        (
            INIT + "localAPIEndpoint: {bindPort: 2147483648}",
            "out-of-range",
            "f.yaml:3:30: localAPIEndpoint.bindPort: this number is out of range; write one from 1 to 65535",
        ),
        (
            INIT + "nodeRegistration: {taints: [{timeAdded: yesterday}]}",
            "bad-time",
            "f.yaml:3:41: nodeRegistration.taints[0].timeAdded: this is no time; write it as in 2030-01-31T12:00:00Z",
        ),
        (
            JOIN + "discovery: {timeout: 5m}",
            "unknown-field",
            "f.yaml:3:13: discovery.timeout: there is no such field; write timeouts.discovery at the top level",
        ),
        (
            KUBELET + "syncFrequency: null",
            "wrong-type",
            "f.yaml:3:16: syncFrequency: a duration is needed here, this is empty; write a value or remove the line",
        ),
        (
            KUBELET + "reservedMemory: [{limits: {memory: 1GB}}]",
            "bad-quantity",
            "f.yaml:3:36: reservedMemory[0].limits.memory: this is no quantity; "
            "write a number with a suffix, e.g. 500m, 1Gi",
        ),
        (
            KUBE_PROXY + "conntrack: {max: 1}",
            "unknown-field",
            "f.yaml:3:13: conntrack.max: there is no such field; write conntrack.min or conntrack.maxPerCore",
        ),
    ],
)
def test_problems(text: str, code: str, line: str) -> None:
    """Each fault has its code, its place, and says what would be right."""
    problem = only(text)
    assert (problem.code, str(problem)) == (code, line)


@pytest.mark.parametrize(
    "text",
    [
        CLUSTER + "networking: null\nproxy: {disabled: no}\napiServer: {certSANs: null, extraArgs: [{name: a}, null]}",
        CLUSTER + "featureGates: {X: null}\ncertificateValidityPeriod: null\netcd: {local: {}}",
        CLUSTER + "certificateValidityPeriod: +1.5h3µs",
        INIT + "localAPIEndpoint: {bindPort: 6443.0}\nbootstrapTokens: [{token: null}, {}]",
        INIT + "nodeRegistration: {taints: [null, {timeAdded: null}, {timeAdded: 2030-01-01T00:00:00Z}]}",
        JOIN + "controlPlane: {}\ntimeouts: {discovery: '0'}",
        KUBELET + "logging: {flushFrequency: null, verbosity: 3}\nmemoryThrottlingFactor: 1\nevictionHard: null",
        KUBELET + "logging: {flushFrequency: 5}\nreservedMemory: [{limits: {memory: 1.5}}]",
        KUBE_PROXY + "clientConnection: {qps: 5}\noomScoreAdj: 1e3\nnodePortAddresses: null",
    ],
)
def test_what_go_takes(text: str) -> None:
    """Null stands for absent where Go takes it, a number without a fraction is an integer, and so on."""
    assert check(text) == []


def test_fields_come_and_go_with_versions() -> None:
    """A field that another minor or apiVersion has is named with where it is known."""
    text = CLUSTER + "etcd: {external: {httpEndpoints: [x]}}"
    assert check(text, "1.35") == []
    assert only(text, "1.34").instead == "only kubeadm 1.35, 1.36, 1.37 has it"
    old = CLUSTER.replace("v1beta4", "v1beta3") + "encryptionAlgorithm: RSA-2048"
    assert only(old, "1.36").instead == "only apiVersion kubeadm.k8s.io/v1beta4 has it"


def test_all_problems_in_the_order_of_the_text() -> None:
    """One pass finds everything; unknown fields can be told apart from the rest by their code."""
    text = CLUSTER + "zzz: 1\nclusterName: 1\naaa: 1\ndns: {disabled: 1, x: 1}"
    found = [(p.code, p.mark.line if p.mark else 0) for p in check(text)]
    assert found == [
        ("unknown-field", 3),
        ("wrong-type", 4),
        ("unknown-field", 5),
        ("wrong-type", 6),
        ("unknown-field", 6),
    ]


@pytest.mark.parametrize(
    "text",
    [
        INIT + "bootstrapTokens: [{token: hushhush}]",
        INIT + "bootstrapTokens: [{token: 5550199}]",
        INIT + "certificateKey: 5550199",
        JOIN + "discovery: {bootstrapToken: {token: 5550199}, tlsBootstrapToken: [hushhush]}",
        CLUSTER + "apiServer: {extraArgs: {oidc-client-secret: hushhush}}",
        RENDER + "host: {proxy: {HTTP: 'http://user:hushhush@proxy'}}",
        RENDER + "time: hushhush\nkubeadm: hushhush",
    ],
)
def test_no_secret_in_a_message(text: str) -> None:
    """Values that are or could be secrets are never repeated."""
    problems = check(text)
    assert problems
    assert not any(secret in str(problem) for problem in problems for secret in ("hushhush", "5550199"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kubeadm: 1.37", "kubeadm: a string is needed here, this is a number with a fraction; put quotes around it"),
        ("kubeadm: v1.37.2", "kubeadm: this value does not have the right form; write it as in 1.37"),
        (
            "host: {caDirectories: [/etc/ssl]}",
            "host.caDirectories[0]: this value is not allowed here; "
            "write one of /etc/pki/ca-trust, /etc/pki/tls/certs, "
            "/etc/ca-certificates, /usr/share/ca-certificates, /usr/local/share/ca-certificates",
        ),
        (
            "host: {caDirectories: [/etc/pki/tls/certs, /etc/pki/tls/certs]}",
            "host.caDirectories: an item stands here twice",
        ),
        (
            "host: {proxy: {http: x}}",
            "host.proxy.http: this name does not have the right form; write it as in HTTPS_PROXY",
        ),
        (
            "host: {resolvConf: resolv.conf}",
            "host.resolvConf: this value does not have the right form; write it as in /run/systemd/resolve/resolv.conf",
        ),
        ("host: {resolveConf: /x}", "host.resolveConf: there is no such field; did you mean resolvConf?"),
        ("time: 2030-01-31", "time: this is no time; write it as in 2030-01-31T12:00:00Z"),
    ],
)
def test_render_configuration(text: str, line: str) -> None:
    """kgen's own document is checked in the same words."""
    assert str(only(RENDER + text)).split(": ", 1)[1] == line


def test_schemas() -> None:
    """Every schema is valid, says where it lives, takes its own examples and needs nothing from elsewhere."""
    for minor in minors():
        for version, kind in schema.kinds(minor):
            loaded = schema.load(minor, version, kind)
            Draft202012Validator.check_schema(loaded)
            assert str(loaded["$id"]).endswith(f"/{version}/{kind}.json")
            assert '"$ref": "http' not in str(loaded).replace("'", '"')
            for example in loaded.get("examples", ()):
                assert list(schema.validator(minor, version, kind).iter_errors(example)) == []


def test_kinds() -> None:
    """v1beta3 is read up to 1.36, v1 from 1.37 on."""
    assert minors() == ("1.34", "1.35", "1.36", "1.37")
    old = {("kubeadm.k8s.io/v1beta3", f"{kind}Configuration") for kind in ("Init", "Cluster", "Join")}
    five = ("Init", "Cluster", "Join", "Reset", "Upgrade")
    new = {("kubeadm.k8s.io/v1", f"{kind}Configuration") for kind in five}
    now = {("kubeadm.k8s.io/v1beta4", f"{kind}Configuration") for kind in five} | {
        ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration"),
        ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration"),
        ("kgen/v1", "RenderConfiguration"),
    }
    assert [schema.kinds(minor) for minor in minors()] == [now | old, now | old, now | old, now | new]
    with pytest.raises(KeyError):
        schema.load("1.37", "kubeadm.k8s.io/v1beta3", "InitConfiguration")


def test_jsonschema_is_loaded_late() -> None:
    """Importing the module costs nothing of jsonschema's import time."""
    program = "import sys, kgen.config.schema; sys.exit('jsonschema' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_speed() -> None:
    """Checking three documents takes milliseconds, the loading of their schemas included."""
    text = f"{INIT}---\n{CLUSTER}apiServer: {{extraArgs: [{{name: a, value: b}}]}}\n---\n{KUBELET}maxPods: 110\n"
    parsed, _ = documents.parse(text.encode(), "f.yaml")
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert [schema.check(document, "1.37") for document in parsed] == [[], [], []]
        times.append(time.perf_counter() - start)
    assert min(times) < 0.005
