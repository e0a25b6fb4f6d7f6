# SPDX-License-Identifier: Apache-2.0
"""Running lints and choosing among what they find."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.lints.subjects import arguments, found, plain, subject
from kgen import releases
from kgen.config import lints, validate
from kgen.config.load import load
from kgen.config.reading import read
from kgen.config.resolve import resolve
from kgen.errors import Problem, format_path
from kgen.resources import directory

OVERLAP = {"ClusterConfiguration": {"networking": {"podSubnet": "10.96.0.0/16"}}}
LOOPBACK_AND_PORT = {"ClusterConfiguration": {"controlPlaneEndpoint": "0.0.0.0:443"}}


def levels(problems: list[Problem]) -> dict[str, str]:
    """Level by the lint's name."""
    return {problem.code.removeprefix(lints.CODE): problem.level for problem in problems}


def test_by_default_some_are_off() -> None:
    """Without switches the table decides."""
    problems = lints.run(subject(LOOPBACK_AND_PORT))
    assert levels(problems) == {"endpoint-loopback": "warning", "endpoint-port": "warning"}
    assert levels(lints.select(problems, {})) == {"endpoint-loopback": "warning"}


def test_switches() -> None:
    """A switch turns a lint on, off, or into an error."""
    problems = lints.run(subject(LOOPBACK_AND_PORT))
    chosen = lints.select(problems, {"endpoint-loopback": "off", "endpoint-port": "error"})
    assert levels(chosen) == {"endpoint-port": "error"}


def test_a_level_for_all() -> None:
    """One level for all that are on; what is off by default stays off, and a switch wins."""
    problems = lints.run(subject({**OVERLAP, **LOOPBACK_AND_PORT}))
    assert levels(lints.select(problems, {}, "error")) == {"endpoint-loopback": "error"}
    assert levels(lints.select(problems, {"endpoint-loopback": "warning"}, "error")) == {"endpoint-loopback": "warning"}
    assert not lints.select(problems, {}, "off")


def test_other_problems_stay() -> None:
    """Only what lints found is selected from."""
    other = Problem("subnet", "", level="error")
    assert lints.select([other], {}, "off") == [other]


def test_no_such_lint() -> None:
    """A switch for a lint that there is not is a fault of the caller: the schema refuses it."""
    with pytest.raises(KeyError):
        lints.select([], {"no-such-lint": "off"})


@pytest.mark.parametrize(("given", "meant"), [("off", "off"), (False, "off"), (True, "warning"), ("error", "error")])
def test_switches_of_a_document(given: Any, meant: str) -> None:
    """What YAML 1.1 reads as a boolean means what was written."""
    assert lints.switches({"token-ttl": given}) == {"token-ttl": meant}


def test_schema_has_all_lints() -> None:
    """Editors offer the names that there are, by the schema of the kind and by those of all kinds."""
    schema = json.loads((directory("schema") / "kgen" / "v1" / "RenderConfiguration.json").read_text())
    assert schema["properties"]["lints"]["propertyNames"]["enum"] == sorted(lints.IDS)
    assert set(schema["properties"]["lints"]["examples"][0]) <= set(lints.IDS)
    for minor in releases.minors():
        combined = json.loads((directory("schema") / minor / "kubeadm.json").read_text())["$defs"]
        assert combined["kgen.v1.RenderConfiguration"]["properties"]["lints"] == schema["properties"]["lints"]


def test_place_in_the_old_form() -> None:
    """In a v1beta3 document arguments are a map, and a finding points into it."""
    cluster: dict[str, Any] = {
        "apiVersion": "kubeadm.k8s.io/v1beta3",
        "apiServer": {"extraArgs": {"no-such": "a", "audit-log-maxage": "b"}},
    }
    looked_at = subject({"ClusterConfiguration": cluster}, "1.36")
    assert [format_path(p.path) for p in found("unknown-argument", looked_at)] == ["apiServer.extraArgs.no-such"]
    assert [format_path(p.path) for p in found("argument-value", looked_at)] == ["apiServer.extraArgs.audit-log-maxage"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("featureGates: {NoSuch: true}", [(4, 16)]),
        ("evictionHard: {memory.free: 5%, memory.available: 5%}", [(4, 16)]),
        ("evictionHard:\n  memory.available: '0'", [(5, 21)]),
    ],
)
def test_names_are_marked(text: str, places: list[tuple[int, int]]) -> None:
    """What is wrong with a name in a map is marked there, what is wrong with a value at the value."""
    cluster = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
    kubelet = f"---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{text}\n"
    found = validate.check([("a.yaml", kubelet.encode()), ("b.yaml", cluster.encode())])
    assert [(p.mark.line, p.mark.column) for p in found.problems if p.mark] == places


def test_names_of_arguments_are_marked() -> None:
    """In a v1beta3 document a wrong name is the key."""
    text = """\
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
apiServer: {extraArgs: {no-such: a, audit-log-maxage: b}}
"""
    found = validate.check([("a.yaml", text.encode())], kubeadm="1.36")
    places = {p.code: p.mark.column for p in found.problems if p.mark}
    assert (places["lint/unknown-argument"], places["lint/argument-value"]) == (25, 55)


def test_validated_documents() -> None:
    """Documents that are only validated have no address of their own and no flags; what they say is looked at."""
    text = b"""\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
skipPhases: [addon/coredns]
certificateKey: "0000000000000000000000000000000000000000000000000000000000000000"
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {serviceSubnet: "2001:db8::/112"}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
readOnlyPort: 10255
"""
    release = releases.load("1.37")
    reading = read([("a.yaml", text)], True)
    resolved = resolve(reading, release, hostname="node", address="192.0.2.1")
    given = {kind: document.value for kind, document in reading.found.items()}
    assert resolved.version
    kubeadms = {"InitConfiguration": resolved.init, "ClusterConfiguration": resolved.configuration}
    looked_at = lints.of_documents(kubeadms, given, resolved.version, release)
    assert set(levels(lints.run(looked_at))) == {"kubelet-read-only-port", "without-addon"}


def validated(**documents: Any) -> list[str]:
    """What lints find in documents of kubeadm that are only validated, each by its kind without Configuration."""
    texts = [
        json.dumps({"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": f"{kind}Configuration", **fields}) + "\n"
        for kind, fields in documents.items()
    ]
    found = validate.check([("a.yaml", "---\n".join(texts).encode())])
    return [f"{problem.code.removeprefix(lints.CODE)} {format_path(problem.path)}" for problem in found.problems]


@pytest.mark.parametrize("method", ["append", "prepend"])
def test_parts_of_values(method: str) -> None:
    """A value that is joined with kubeadm's own is judged by its items alone: a comma may stand at its end."""
    given = arguments(authorization_mode=",AlwaysDeny", enable_admission_plugins=",PodSecurity")
    server = {"extraArgs": [{**argument, "mergeMethod": method} for argument in given]}
    document = {"apiVersion": "kubeadm.k8s.io/v1", "kind": "ClusterConfiguration", "apiServer": server}
    assert not validate.check([("a.yaml", json.dumps(document).encode())], experimental=True).problems
    plainly = {**document, "apiVersion": "kubeadm.k8s.io/v1beta4", "apiServer": {"extraArgs": given}}
    codes = [each.code for each in validate.check([("a.yaml", json.dumps(plainly).encode())]).problems]
    assert codes == ["lint/argument-value", "lint/lost-default"]


def test_what_the_host_decides() -> None:
    """An argument contradicts no field that is left to the host, whose answer nobody knows."""
    server = {"extraArgs": arguments(advertise_address="192.0.2.77")}
    members = {"local": {"extraArgs": arguments(name="cp-7")}}
    node = {"kubeletExtraArgs": arguments(hostname_override="cp-7")}
    assert not validated(Init={"nodeRegistration": node}, Cluster={"apiServer": server, "etcd": members})
    known = {"localAPIEndpoint": {"advertiseAddress": "192.0.2.1"}, "nodeRegistration": {"name": "cp-1", **node}}
    assert validated(Init=known, Cluster={"apiServer": server, "etcd": members}) == [
        "argument-place nodeRegistration.kubeletExtraArgs[0]",
        "argument-place apiServer.extraArgs[0]",
        "argument-place etcd.local.extraArgs[0]",
    ]


def test_patches_that_are_not_read() -> None:
    """Validating reads no patches: what they may mend is not found."""
    manager = {"extraArgs": arguments(secure_port="11257", allocate_node_cidrs="true")}
    server = {"extraArgs": arguments(audit_policy_file="/etc/audit.yaml", authorization_mode="Node,RBAC,ABAC")}
    changes = {"apiServer": server, "controllerManager": manager}
    assert validated(Init={}, Cluster=changes) == [
        "lost-audit-log apiServer.extraArgs[0]",
        "unmounted-path apiServer.extraArgs[0].value",
        "exclusive-arguments apiServer.extraArgs[1].value",
        "argument-place controllerManager.extraArgs[0]",
        "node-cidr-mask controllerManager.extraArgs[1]",
    ]
    assert not validated(Init={"patches": {"directory": "patches"}}, Cluster=changes)


@pytest.mark.parametrize(
    ("path", "told", "places"),
    [
        ("/etc/pki/tls/certs/ca-bundle.crt", None, []),
        ("/etc/pki/tls/private/ca.crt", None, ["apiServer.extraArgs[0].value"]),
        ("/etc/pki/tls/certs/ca-bundle.crt", ["/etc/pki/tls/certs"], []),
        ("/usr/share/ca-certificates/ca.crt", ["/etc/pki/tls/certs"], ["apiServer.extraArgs[0].value"]),
        ("/usr/share/ca-certificates/ca.crt", [], ["apiServer.extraArgs[0].value"]),
    ],
)
def test_directories_of_the_host(path: str, told: list[str] | None, places: list[str]) -> None:
    """A CA directory may be mounted where nothing is known of the host; a RenderConfiguration says whether it is."""
    cluster = {"apiServer": {"extraArgs": arguments(oidc_ca_file=path)}}
    documents = [{"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration", **cluster}]
    if told is not None:
        documents.append({"apiVersion": "kgen/v1", "kind": "RenderConfiguration", "host": {"caDirectories": told}})
    text = "---\n".join(json.dumps(document) + "\n" for document in documents)
    found = validate.check([("a.yaml", text.encode())]).problems
    assert [format_path(each.path) for each in found if each.code == "lint/unmounted-path"] == places


def test_volumes_where_nothing_is_known_of_the_host() -> None:
    """That a directory may be mounted is no reason against a volume at the same place."""
    at = "/etc/pki/tls/certs"
    volume = {"name": "mine", "hostPath": at, "mountPath": at, "readOnly": True}
    cluster = {"apiServer": {"extraVolumes": [volume]}}
    text = json.dumps({"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration", **cluster})
    assert not validate.check([("a.yaml", text.encode())]).problems


SECRET = "correct-horse-battery"


def test_secrets_are_not_quoted() -> None:
    """Values of arguments and texts with placeholders may be secrets, and so may what stands behind an equals sign."""
    strange = ["argument-value", "argument-spelling", "placeholder", "repeated-argument", "unknown-argument"]
    values = {"profiling": SECRET, "request-timeout": f"${{{SECRET}}}$PASSWORD", "no-such": SECRET}
    given = [
        *arguments(**values),
        *arguments(profiling=SECRET),
        {"name": f"--oidc-client-id={SECRET}", "value": SECRET},
        {"name": f"token={SECRET}", "value": SECRET},
    ]
    looked_at = subject({"ClusterConfiguration": {"apiServer": {"extraArgs": given}}})
    problems = lints.run(looked_at)
    assert {problem.code.removeprefix(lints.CODE) for problem in problems} == set(strange)
    assert SECRET not in "".join(str(problem) for problem in problems)


def test_patches_may_mount() -> None:
    """A volume that a patch adds is not asked for."""
    documents = plain()
    documents["InitConfiguration"]["patches"] = {"directory": "patches"}
    documents["ClusterConfiguration"]["apiServer"] = {"extraArgs": arguments(audit_policy_file="/etc/audit.yaml")}
    text = "---\n".join(
        json.dumps({"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": kind, **value}) + "\n"
        for kind, value in documents.items()
    )

    def findings(patch: str) -> list[Problem]:
        files = {"kube-apiserver.yaml": patch.encode()}
        cluster = load([("a.yaml", text.encode())], read_directory=lambda _: files)
        return found("unmounted-path", lints.of_cluster(cluster))

    assert findings("metadata: {labels: {a: b}}")
    assert not findings("spec: {containers: [{name: kube-apiserver, volumeMounts: [{name: a, mountPath: /etc}]}]}")


def test_patches_of_the_kubelet() -> None:
    """Patches that nobody has read may add what the KubeletConfiguration lacks, but not take away what is wrong."""
    kubelet = (
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncpuManagerPolicy: static\nmaxPods: -1\n"
    )
    init = "---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
    patched = f"{init}patches: {{directory: /etc/patches}}\n"
    for text, places in ((init, ["cpuManagerPolicy", "maxPods"]), (patched, ["maxPods"])):
        found = validate.check([("a.yaml", f"{kubelet}{text}".encode())])
        assert [format_path(p.path) for p in found.problems if p.code == "lint/kubelet-value"] == places
