# SPDX-License-Identifier: Apache-2.0
"""Whoever does to the letter what a message says would be right has a configuration that is taken, and means the same.

Each row: a document, the part of it that is wrong, what is said of it, and what then stands in the place of this part.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kgen.config.migrate import migrate
from kgen.config.validate import Findings, check

V1BETA4 = "kubeadm.k8s.io/v1beta4"
CLUSTER = f"apiVersion: {V1BETA4}\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n"
BARE = CLUSTER.replace("kubernetesVersion: v1.37.2\n", "")
OLD = BARE.replace("v1beta4", "v1beta3") + "kubernetesVersion: v1.36.3\n"
INIT = f"apiVersion: {V1BETA4}\nkind: InitConfiguration\n"
RESET = INIT.replace("Init", "Reset")
KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
ARGS = "apiServer:\n  extraArgs"
ENVS = "apiServer:\n  extraEnvs"
RUNTIME = "nodeRegistration: {criSocket: X}\n"
ENDPOINT = "controlPlaneEndpoint: "


def judge(text: str, **how: Any) -> Findings:
    """The findings about one file."""
    return check([("config.yaml", text.encode())], **how)


@pytest.mark.parametrize(
    ("document", "wrong", "said", "right"),
    [
        # arguments
        (
            f"{CLUSTER}{ARGS}:\n  - --feature-gates=A=true\n",
            "- --feature-gates=A=true",
            'write - {name: feature-gates, value: "A=true"}',
            '- {name: feature-gates, value: "A=true"}',
        ),
        (
            f"{CLUSTER}{ARGS}: [{{feature-gates: A=true}}]\n",
            "{feature-gates: A=true}",
            "write {name: feature-gates, value: …}",
            "{name: feature-gates, value: A=true}",
        ),
        (f"{CLUSTER}{ARGS}: [{{names: v, value: '5'}}]\n", "names", "did you mean name?", "name"),
        (
            f"{CLUSTER}{ARGS}: [--v 5]\n",
            "--v 5",
            'write - {name: v, value: "5"}',
            '{name: v, value: "5"}',
        ),
        (
            f"{CLUSTER}{ARGS}: [--profiling]\n",
            "--profiling",
            'write - {name: profiling, value: "true"}',
            '{name: profiling, value: "true"}',
        ),
        (
            f"{CLUSTER}{ARGS}: [nothing]\n",
            "nothing",
            "write its fields instead, such as name and value",
            "{name: profiling, value: 'false'}",
        ),
        (
            f"{CLUSTER}{ARGS}:\n    name: profiling\n    value: 'false'\n",
            "    name: profiling\n    value",
            'write its fields as one item: "- " in front of the first, two blanks in front of the others',
            "  - name: profiling\n    value",
        ),
        (
            f"{CLUSTER}{ENVS}: {{HTTP_PROXY: hushhush}}\n",
            "{HTTP_PROXY: hushhush}",
            "write extraEnvs: [{name: HTTP_PROXY, value: …}]",
            "[{name: HTTP_PROXY, value: hushhush}]",
        ),
        (
            f"{OLD}{ARGS}: [{{name: profiling, value: 'false'}}, --oidc-client-id=x]\n",
            "[{name: profiling, value: 'false'}, --oidc-client-id=x]",
            'write extraArgs: {profiling: "false", oidc-client-id: "x"}, or apiVersion',
            '{profiling: "false", oidc-client-id: "x"}',
        ),
        (
            f"{KUBELET}featureGates: A=false,B\n---\n{CLUSTER}",
            "A=false,B",
            "write featureGates: {A: false, B: true}",
            "{A: false, B: true}",
        ),
        (
            f"{CLUSTER}apiServer: {{featureGates: {{A: true}}}}\n",
            "featureGates: {A: true}",
            "write feature-gates in apiServer.extraArgs",
            "extraArgs: [{name: feature-gates, value: A=true}]",
        ),
        # networking
        (
            f"{CLUSTER}networking: {{podCIDR: 10.244.0.0/16}}\n",
            "podCIDR",
            "write networking.podSubnet",
            "podSubnet",
        ),
        (
            f"{CLUSTER}networking: {{pod-network-cidr: 10.244.0.0/16}}\n",
            "pod-network-cidr",
            "write networking.podSubnet",
            "podSubnet",
        ),
        (
            f"{CLUSTER}networking: {{serviceCIDR: 10.100.0.0/16}}\n",
            "serviceCIDR",
            "write networking.serviceSubnet",
            "serviceSubnet",
        ),
        (
            f"{CLUSTER}clusterDomain: k8s.example.com\n",
            "clusterDomain: k8s.example.com",
            "write networking.dnsDomain",
            "networking: {dnsDomain: k8s.example.com}",
        ),
        (
            f"{CLUSTER}networking: {{podSubnet: [10.244.0.0/16, 'fd00:1::/56'], "
            "serviceSubnet: '10.9.0.0/16,fd00::/112'}",
            "[10.244.0.0/16, 'fd00:1::/56']",
            'write "10.244.0.0/16,fd00:1::/56"',
            '"10.244.0.0/16,fd00:1::/56"',
        ),
        (f"{CLUSTER}networking: []\n", "[]", "write networking: {}", "{}"),
        # documents
        (BARE.replace(V1BETA4, "v1beta4"), " v1beta4", f"apiVersion: {V1BETA4}", f" {V1BETA4}"),
        (
            KUBELET.replace("kubelet.config.k8s.io/", ""),
            "v1beta1",
            "apiVersion: kubelet.config.k8s.io/v1beta1",
            "kubelet.config.k8s.io/v1beta1",
        ),
        (BARE.replace(V1BETA4, "kubeadm/v1beta4"), "kubeadm/v1beta4", f"apiVersion: {V1BETA4}", V1BETA4),
        (
            KUBELET.replace("kubelet.config.k8s.io/v1beta1", V1BETA4),
            V1BETA4,
            "apiVersion: kubelet.config.k8s.io/v1beta1",
            "kubelet.config.k8s.io/v1beta1",
        ),
        (
            KUBELET.replace("kubelet.config", "kubelet"),
            "kubelet.k8s.io/v1beta1",
            "apiVersion: kubelet.config.k8s.io/v1beta1",
            "kubelet.config.k8s.io/v1beta1",
        ),
        (BARE.replace("kind: Cl", "kind: cl"), "clusterC", "kind: ClusterConfiguration", "ClusterC"),
        (
            BARE.replace("Configuration", "Config"),
            "ClusterConfig",
            "kind: ClusterConfiguration",
            "ClusterConfiguration",
        ),
        # versions
        (f"{BARE}kubernetesVersion: 1.37\n", "1.37", "write it in full, e.g. v1.37.2", "v1.37.2"),
        (f"{BARE}kubernetesVersion: 1.36\n", "1.36", "write it in full, e.g. v1.36.3", "v1.36.3"),
        (f"{BARE}kubernetesVersion: 1.40\n", "1.40", "write it in full, e.g. v1.37.2", "v1.37.2"),
        (f"{BARE}kubernetesVersion: v1.35\n", "v1.35", "e.g. v1.35.4", "v1.35.4"),
        (f"{BARE}kubernetesVersion: 1.36.x\n", "1.36.x", "e.g. v1.36.3", "v1.36.3"),
        (f"{BARE}kubernetesVersion: V1.36.1\n", "V1.36.1", "e.g. v1.36.1", "v1.36.1"),
        (f"{BARE}kubernetesVersion: stable-1.36.1\n", "stable-1.36.1", "e.g. v1.36.1", "v1.36.1"),
        (f"{BARE}kubernetesVersion: v1.21\n", "v1.21", "e.g. v1.37.2", "v1.37.2"),
        (f"{BARE}kubernetesVersion: v1.28.0\n", "v1.28.0", "e.g. v1.37.2", "v1.37.2"),
        # values
        (f"{CLUSTER}certificateValidityPeriod: 1y\n", "1y", "write 8760h", "8760h"),
        (f"{CLUSTER}caCertificateValidityPeriod: 300y\n", "300y", "write numbers with units out of", "87600h"),
        (
            f"{INIT}localAPIEndpoint: {{bindPort: 3000000000}}\n",
            "3000000000",
            "write one from 1 to 65535",
            "65535",
        ),
    ],
)
def test_followed(document: str, wrong: str, said: str, right: str) -> None:
    """A configuration that is refused."""
    (problem,) = [each for each in judge(document).problems if each.instead.startswith(said)]
    assert problem.level == "error"
    assert "hushhush" not in str(problem)
    assert document.count(wrong) == 1
    assert judge(document.replace(wrong, right)).accepted


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [
        ("serviceSubnet", "0.0.0.0/0", "10.96.0.0/12"),
        ("podSubnet", "0.0.0.0/1", "10.244.0.0/16"),
        ("serviceSubnet", "::/0", "fd00:10:96::/112"),
        ("podSubnet", "'::/1'", "fd00:10:244::/56"),
        ("serviceSubnet", "10.96.0.0/33", "10.96.0.0/12"),
    ],
)
def test_subnets(field: str, wrong: str, right: str) -> None:
    """A range that is far too large does not get one by being told how large it has to be at least."""
    text = f"{CLUSTER}networking: {{{field}: '{wrong}'}}\n".replace("''", "'")
    assert judge(text).problems[0].instead.endswith(f"e.g. {right}")
    assert judge(text.replace(wrong.strip("'"), right)).accepted


def test_no_version_that_is_too_old() -> None:
    """A kubeadm that is named installs only its own minor and the one before."""
    (problem,) = judge(f"{BARE}kubernetesVersion: stable-1.34.1\n", kubeadm="1.36").problems
    assert problem.instead == "e.g. v1.36.3"
    (problem,) = judge(f"{BARE}kubernetesVersion: v1.38.0\n").problems
    assert "--kubeadm" in problem.instead
    assert judge(f"{BARE}kubernetesVersion: v1.38.0\n", kubeadm="1.37").accepted


@pytest.mark.parametrize(
    "place", ["apiServer: {bindAddress: 10.0.0.1}", "bindAddress: 10.0.0.1", "scheduler: {port: 1}", "address: a"]
)
def test_no_other_document_for_what_is_not_about_it(place: str) -> None:
    """A field that has the name of one of the kubelet's or kube-proxy's, but is about something else."""
    (problem,) = judge(f"{CLUSTER}{place}\n").problems
    assert problem.instead == ""


@pytest.mark.parametrize(
    ("document", "lint", "wrong", "said", "right"),
    [
        (RUNTIME, "cri-socket", "X", "unix:///run/crio/crio.sock", "/run/crio/crio.sock"),
        (RUNTIME, "cri-socket", "X", "unix:///run/containerd/containerd.sock", "unix://run/containerd/containerd.sock"),
        (RUNTIME, "cri-socket", "X", "unix:///var/run/crio/crio.sock", "var/run/crio/crio.sock"),
        (RUNTIME, "cri-socket", "X", "unix:///run/containerd/containerd.sock", "containerd"),
        (RUNTIME, "cri-socket", "X", "unix:///run/containerd/containerd.sock", "unix://containerd"),
        (RUNTIME, "cri-socket", "X", "unix:///run/containerd/containerd.sock", "unix://localhost/run/a.sock"),
    ],
)
def test_sockets(document: str, lint: str, wrong: str, said: str, right: str) -> None:
    """A socket without its scheme or its first slash."""
    (problem,) = judge(f"{INIT}{document.replace(wrong, right)}").problems
    assert problem.code == f"lint/{lint}"
    assert problem.instead.partition(",")[0] == said
    assert not judge(f"{INIT}{document.replace(wrong, said)}").problems
    assert [each.instead for each in judge(f"{RESET}criSocket: {right}\n").problems] == [problem.instead]


@pytest.mark.parametrize("socket", ["unix:/run/crio/crio.sock", "unix:////run/crio.sock", "''"])
def test_sockets_that_work(socket: str) -> None:
    """What leads to an absolute path is right, in whatever form."""
    assert not judge(f"{RESET}criSocket: {socket}\n").problems
    assert not judge(f"{INIT}nodeRegistration: {{criSocket: {socket}}}\n").problems


@pytest.mark.parametrize(
    ("pods", "argument", "said", "followed"),
    [
        ("10.244.0.0/16", "node-cidr-mask-size: 16", "a larger node-cidr-mask-size ", "node-cidr-mask-size: 24"),
        ("11.0.0.0/8", "node-cidr-mask-size: 8", "a larger node-cidr-mask-size ", "node-cidr-mask-size: 16"),
        (
            "10.244.0.0/22",
            "node-cidr-mask-size-ipv4: 22",
            "a larger node-cidr-mask-size-ipv4 ",
            "node-cidr-mask-size-ipv4: 24",
        ),
        ("10.244.0.0/24", "", "a larger range, such as 10.244.0.0/16, or", "podSubnet: 10.244.0.0/16"),
        ("10.96.128.0/24", "", "a larger range, or a larger node-cidr-mask-size-ipv4 ", "node-cidr-mask-size-ipv4: 26"),
        ("192.0.3.0/24", "", "a larger range, or a larger node-cidr-mask-size-ipv4 ", "node-cidr-mask-size-ipv4: 26"),
    ],
)
def test_room_for_nodes(pods: str, argument: str, said: str, followed: str) -> None:
    """The range itself is widened in the second place, and no example of it takes in what is in use."""

    def cluster(pods: str, argument: str) -> str:
        name, _, value = argument.partition(": ")
        arguments = f"controllerManager: {{extraArgs: [{{name: {name}, value: '{value}'}}]}}\n" if name else ""
        ranges = f"networking: {{podSubnet: {pods}, serviceSubnet: 10.96.0.0/17}}\n"
        return f"{INIT}localAPIEndpoint: {{advertiseAddress: 192.0.2.10}}\n---\n{CLUSTER}{ranges}{arguments}"

    (problem,) = judge(cluster(pods, argument)).problems
    assert problem.code == "lint/one-node-pod-range"
    assert problem.instead.startswith(said)
    name, _, value = followed.partition(": ")
    assert value in problem.instead or value == "26"
    assert not judge(cluster(value, argument) if name == "podSubnet" else cluster(pods, followed)).problems


def test_spelling_in_both_forms() -> None:
    """What is said of an argument's name holds for a key of a map as well as for a name in a list."""
    for text in (
        f"{OLD}{ARGS}: {{--profiling: 'false'}}\n",
        f"{CLUSTER}{ARGS}: [{{name: --profiling, value: 'false'}}]\n",
    ):
        problem = judge(text).problems[-1]
        assert problem.instead == "write profiling"
        assert {each.code for each in judge(text.replace("--", "")).problems} <= {"lint/old-api-version"}


def test_an_old_version() -> None:
    """It is converted: its arguments are a map, which v1beta4 does not take."""
    text = f"{OLD}{ARGS}: {{profiling: 'false'}}\n"
    (problem,) = judge(text).problems
    assert problem.instead == f"`kgen config migrate` writes it as {V1BETA4}"
    migrated = migrate([("config.yaml", text.encode())]).text
    assert yaml.safe_load(migrated)["apiVersion"] == V1BETA4
    assert not judge(migrated).problems
    (refused,) = judge(text, kubeadm="1.37").problems
    assert refused.instead == problem.instead


def test_a_proxy_on_every_machine() -> None:
    """An endpoint on the machine itself is right with another port than the API server's."""
    proxied = f"{INIT}localAPIEndpoint: {{bindPort: 7443}}\n---\n{CLUSTER}{ENDPOINT}127.0.0.1:6443\n"
    assert not judge(proxied).problems
    assert [problem.code for problem in judge(proxied.replace("7443", "6443")).problems] == ["lint/endpoint-loopback"]
