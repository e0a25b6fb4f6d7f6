# SPDX-License-Identifier: Apache-2.0
"""kgen explain"""

from __future__ import annotations

import json

import pytest

from cli.running import CLUSTER, INIT, Kgen
from kgen.sinks.earlier import read

CONFIGURATION = (
    INIT
    + "bootstrapTokens: [{token: abcdef.canary0123456789}]\n"
    + CLUSTER
    + """\
networking:
  podSubnet: 10.244.0.0/16
apiServer:
  extraArgs:
  - name: oidc-client-secret
    value: canary-argument
  extraEnvs:
  - {name: HTTPS_PROXY, value: "http://user:canary-variable@proxy.example.com"}
featureGates: {RootlessControlPlane: false}
---
apiVersion: kgen/v1
kind: RenderConfiguration
host: {proxy: {http_proxy: "http://user:canary-proxy@proxy.example.com"}}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
featureGates: {GracefulNodeShutdown: true}
"""
)


@pytest.fixture
def rendered(kgen: Kgen) -> Kgen:
    """A directory with a tree in out/, whose configuration is gone."""
    assert kgen.render(CONFIGURATION, "--upload-certs").code == 0
    (kgen.directory / "config.yaml").unlink()
    return kgen


def line_of(kgen: Kgen, path: str, text: str) -> int:
    """The number of the one line of a file that begins like this."""
    lines = (kgen.directory / path).read_text().splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if line.strip().startswith(text)]
    return found


def test_line(rendered: Kgen) -> None:
    """A line is shown with where it stands, and where in the configuration it comes from."""
    path = "out/manifests/kube-controller-manager.yaml"
    line = line_of(rendered, path, "- --cluster-cidr=")
    assert rendered("explain", f"{path}:{line}").out == (
        f"{path}:{line}: spec.containers[0].command[6]\n"
        "    - --cluster-cidr=10.244.0.0/16\n\n"
        "ClusterConfiguration.networking.podSubnet  config.yaml:12:3\n"
    )


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("out/cluster/kubelet-config.yaml", "- 10.96.0.10", "its tenth address"),
        ("out/cluster/kubelet-config.yaml", "- 10.96.0.10", "ClusterConfiguration.networking.serviceSubnet default"),
        ("out/addons/coredns/service.yaml", "clusterIP:", "the tenth address of the service range"),
        (
            "out/addons/coredns/deployment.yaml",
            "image:",
            "release.coredns a fact of kubeadm v1.37.2",
        ),
        ("out/addons/coredns/deployment.yaml", "replicas:", "kubeadm's own: nothing you gave decided it"),
        (
            "out/addons/coredns/configmap.yaml",
            "kubernetes cluster.local",
            "ClusterConfiguration.networking.dnsDomain default",
        ),
        ("out/manifests/kube-apiserver.yaml", "- --etcd-servers=", "derived.loopback"),
    ],
)
def test_kinds_of_origins(rendered: Kgen, path: str, text: str, said: str) -> None:
    """Defaults, derivations, facts of the release and kubeadm's own are told apart."""
    assert said in " ".join(rendered("explain", f"{path}:{line_of(rendered, path, text)}").out.split())


NOT_SET = """\
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
reservedMemory: [{numaNode: 0, limits: {memory: 1Gi}}]
"""


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("kubelet/config.yaml", "runtimeRequestTimeout: 0s", "KubeletConfiguration.runtimeRequestTimeout not set"),
        (
            "kubelet/kubeadm-flags.env",
            "KUBELET_KUBEADM_ARGS",
            "InitConfiguration.nodeRegistration.kubeletExtraArgs not",
        ),
        ("addons/kube-proxy/configmap.yaml", "hostnameOverride:", "KubeProxyConfiguration.hostnameOverride not set"),
        ("cluster/kubeadm-config.yaml", "scheduler: {}", "ClusterConfiguration.scheduler not set"),
        (
            "manifests/kube-scheduler.yaml",
            "- --bind-address",
            "ClusterConfiguration.scheduler.extraArgs[bind-address] not",
        ),
        (
            "manifests/kube-apiserver.yaml",
            "- --authorization-mode",
            "apiServer.extraArgs[authorization-config] not set",
        ),
        ("manifests/kube-apiserver.yaml", 'fieldPath: ""', "extraEnvs[0].valueFrom.fieldRef.fieldPath not set"),
        (
            "manifests/kube-apiserver.yaml",
            "valueFrom:",
            "It opens what is below, which comes from: ClusterConfiguration.",
        ),
        ("cluster/node-cp-1.yaml", '- effect: ""', "InitConfiguration.nodeRegistration.taints[0].effect not set"),
        ("cluster/node-cp-1.yaml", "taints:", "InitConfiguration.nodeRegistration.taints[0].key config.yaml:4:"),
        ("kubelet/config.yaml", "- limits:", "KubeletConfiguration.reservedMemory[0].limits.memory config.yaml:"),
        ("manifests/kube-apiserver.yaml", "spec:", "kubeadm's own: nothing you gave decided it"),
        ("manifests/kube-scheduler.yaml", "- kube-scheduler", "kubeadm's own: nothing you gave decided it"),
    ],
)
def test_nothing_given(kgen: Kgen, path: str, text: str, said: str) -> None:
    """A field that nobody set is named where it would change the line; a line that opens others names theirs."""
    init = INIT.replace("cp-1", "cp-1, taints: [{key: a}]")
    assert init != INIT
    extra = "apiServer: {extraEnvs: [{name: A, valueFrom: {fieldRef: {apiVersion: v1}}}]}\n"
    assert kgen.render(init + CLUSTER + extra + NOT_SET, "--lint", "off").code == 0
    assert said in " ".join(kgen("explain", f"out/{path}:{line_of(kgen, f'out/{path}', text)}").out.split())


def test_file(rendered: Kgen) -> None:
    """Each place of a file is listed, also those without lines."""
    done = rendered("explain", "out/pki/apiserver.crt")
    rows = dict(line.split(maxsplit=2)[1:] for line in done.out.splitlines() if line.startswith("   -  "))
    assert rows["subjectAltName.dns.cp-1"] == "InitConfiguration.nodeRegistration.name"
    assert rows["validity.notAfter"] == "ClusterConfiguration.certificateValidityPeriod, RenderConfiguration.time"
    assert "its place on the node, /etc/kubernetes/pki/apiserver.crt" in done.out
    assert "RenderConfiguration.time default: the moment of rendering" in " ".join(done.out.split())


def test_path(rendered: Kgen) -> None:
    """Everything that depends on a field is listed, directly or not, and nothing else."""
    done = rendered("explain", "networking.podSubnet")
    assert done.out.splitlines()[0] == "ClusterConfiguration.networking.podSubnet  config.yaml:12:3"
    found = {line.split(":")[0]: line for line in done.out.splitlines()[2:]}
    assert found.keys() == {
        "out/manifests/kube-controller-manager.yaml",
        "out/cluster/kubeadm-config.yaml",
        "out/addons/kube-proxy/configmap.yaml",
    }
    assert found["out/addons/kube-proxy/configmap.yaml"].endswith(
        ("clusterCIDR: 10.244.0.0/16  (through KubeProxyConfiguration.clusterCIDR)", "(the hash of its data)")
    )
    for line in done.out.splitlines()[2:]:
        path, number, text = line.split(":", 2)
        shown = (rendered.directory / path).read_text().splitlines()[int(number) - 1].strip()
        assert text.partition("  (")[0].rstrip("…").strip() in shown


def test_no_line_depends_on_it(kgen: Kgen) -> None:
    """A field that is set is told from one that is nowhere, even if nothing is made of it."""
    init = INIT.replace("cp-1", "cp-1, imagePullPolicy: Never") + "skipPhases: [mark-control-plane]\n"
    assert kgen.render(init + CLUSTER).code == 0
    for field, place in (("nodeRegistration.imagePullPolicy", "4:32"), ("skipPhases", "5:14")):
        done = kgen("explain", field)
        assert f"config.yaml:{place}\n\nno line depends on it\n" in done.out
        assert done.code == 0


def test_argument_by_name(rendered: Kgen) -> None:
    """An argument is found by its name, as v1beta3 has it, whether it was given or is only kubeadm's."""
    given = rendered("explain", "apiServer.extraArgs[0]").out
    assert "oidc-client-secret=***" in given
    assert rendered("explain", "apiServer.extraArgs.oidc-client-secret").out == given
    assert rendered("explain", "ClusterConfiguration.apiServer.extraArgs[oidc-client-secret]").out == given
    unset = rendered("explain", "apiServer.extraArgs[allow-privileged]").out
    assert "ClusterConfiguration.apiServer.extraArgs[allow-privileged]  not set" in unset
    assert rendered("explain", "apiServer.extraArgs.allow-privileged").out == unset
    assert rendered("explain", "scheduler.extraArgs.oidc-client-secret").code == 2


def test_paths_below(rendered: Kgen) -> None:
    """What holds other fields stands for all of them."""
    some, more = rendered("explain", "networking.podSubnet").out, rendered("explain", "networking").out
    assert set(some.splitlines()[2:]) < set(more.splitlines())
    assert "ClusterConfiguration.networking.dnsDomain" in more


def test_ways_to_name_a_file(rendered: Kgen) -> None:
    """By its place on this machine, in the tree, or on the node; from inside of the tree; in an archive."""
    expected = rendered("explain", "out/manifests/etcd.yaml:16").out
    assert rendered("explain", "manifests/etcd.yaml:16").out == expected
    assert rendered("explain", "/etc/kubernetes/manifests/etcd.yaml:16").out == expected
    assert rendered("explain", "out/manifests/etcd.yaml:16:5").out == expected
    inside = Kgen(rendered.directory / "out/manifests", rendered._capture)
    assert inside("explain", "etcd.yaml:16").out.splitlines()[1:] == expected.splitlines()[1:]
    top = Kgen(rendered.directory / "out", rendered._capture)
    assert top("explain", "manifests/etcd.yaml:16").out == expected.replace("out/", "", 1)
    assert rendered.render(CONFIGURATION, "-o", "out.tar").code == 0
    (rendered.directory / "out").rename(rendered.directory / "away")
    archived = rendered("explain", "manifests/etcd.yaml:16", "--tree", "out.tar")
    assert archived.out == expected.replace("out/", "out.tar/", 1)
    assert rendered("explain", "out.tar/manifests/etcd.yaml:16").out == archived.out, "what is printed is understood"
    assert "out.tar is the tree" in rendered("explain", "out.tar").err


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("podSubnet", 2, "did you mean networking.podSubnet?"),
        ("extraEnvs", 2, "did you mean apiServer.extraEnvs?"),
        ("networking.podSubne", 2, "did you mean networking.podSubnet?"),
        ("etcd.yaml", 2, "did you mean manifests/etcd.yaml?"),
        ("out/manifests/etcd.yml", 2, "did you mean manifests/etcd.yaml?"),
        (
            "featureGates",
            2,
            "in several documents: ClusterConfiguration.featureGates, KubeletConfiguration.featureGates",
        ),
        ("manifests/etcd.yaml:9999", 2, "manifests/etcd.yaml has 94 lines"),
        ("manifests/etcd.yaml:x", 2, "'x' is no number of a line; write e.g. manifests/etcd.yaml:1"),
        ("out/manifests/etcd.yaml:", 2, "'' is no number of a line; write e.g. out/manifests/etcd.yaml:1"),
        ("out", 2, "out is the tree; name a file in it, a line of one, or a path of the configuration"),
        ("manifests/etcd.yaml:0", 2, "manifests/etcd.yaml has 94 lines"),
        ("nonsense", 2, "nonsense is no file of the tree, and nothing in it depends on a path of this name"),
        ("", 2, "nothing in it depends"),
    ],
)
def test_refusals(rendered: Kgen, target: str, code: int, said: str) -> None:
    """What cannot be meant is refused with what could be."""
    done = rendered("explain", target)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


@pytest.mark.parametrize("line", ["", ":3", ":x"])
def test_no_such_file(rendered: Kgen, line: str) -> None:
    """A tree is found by the place that a file would have in it; then the file is what is missing."""
    (rendered.directory / "here").mkdir()
    beside = Kgen(rendered.directory / "here", rendered._capture)
    done = beside("explain", f"../out/manifests/nosuch.yaml{line}")
    assert (done.code, done.out) == (2, "")
    assert f"../out/manifests/nosuch.yaml{line} is no file of the tree" in done.err
    assert "../out is the tree" in beside("explain", "../out").err


def test_file_of_no_tree(rendered: Kgen) -> None:
    """A file beside the tree is not looked for in it."""
    (rendered.directory / "other").mkdir()
    (rendered.directory / "other/admin.conf").write_text("a: b\n")
    done = rendered("explain", "other/admin.conf:1")
    assert (done.code, done.out) == (2, "")
    assert (
        "other/admin.conf is in no tree: no directory above it has a kgen.json; name its tree with --tree" in done.err
    )


def test_no_tree(kgen: Kgen) -> None:
    """Without a tree there is nothing to explain."""
    assert kgen("explain", "networking.podSubnet").code == 5
    assert "there is no tree at elsewhere" in kgen("explain", "networking.podSubnet", "--tree", "elsewhere").err
    (kgen.directory / "full").mkdir()
    (kgen.directory / "full" / "file").touch()
    refused = kgen("explain", "networking.podSubnet", "--tree", "full").err
    assert refused.endswith("so kgen did not write it; name another place\n")


def test_edited(rendered: Kgen) -> None:
    """Of a file that was changed by hand, the answer may be wrong, and that is said."""
    with (rendered.directory / "out/manifests/etcd.yaml").open("a") as file:
        file.write("# mine\n")
    done = rendered("explain", "out/manifests/etcd.yaml")
    assert "out/manifests/etcd.yaml was edited by hand; what is said is about what was rendered" in done.err
    assert done.code == 0
    rows = [line for line in done.out.splitlines() if "spec." in line]
    assert rows
    assert all(row.startswith("   -  ") for row in rows), "lines of another text"
    done = rendered("explain", "out/manifests/etcd.yaml:16")
    assert (done.code, done.out) == (2, "")
    assert "manifests/etcd.yaml was edited by hand, so nothing is known of its lines; leave the line out" in done.err
    found = [line for line in rendered("explain", "nodeRegistration.name").out.splitlines() if "etcd.yaml" in line]
    assert found
    assert all(line.startswith("out/manifests/etcd.yaml: spec.containers[0].command") for line in found)


def test_deleted(rendered: Kgen) -> None:
    """Of a file that is gone, the places are still known, without their lines."""
    (rendered.directory / "out/manifests/kube-controller-manager.yaml").unlink()
    assert (
        "kube-controller-manager.yaml: spec.containers[0].command[6]" in rendered("explain", "networking.podSubnet").out
    )
    done = rendered("explain", "manifests/kube-controller-manager.yaml:3")
    assert done.code == 2
    assert "kube-controller-manager.yaml was removed by hand" in done.err
    done = rendered("explain", "manifests/kube-controller-manager.yaml")
    assert "kube-controller-manager.yaml was removed by hand; what is said" in done.err
    assert "spec.containers[0].command[6]" in done.out


@pytest.mark.parametrize("path", ["pki/apiserver.key", "pki/apiserver.crt", "pki/sa.pub"])
def test_line_of_what_has_none(rendered: Kgen, path: str) -> None:
    """Each line of a certificate or key comes from where the whole of it comes from."""
    whole = rendered("explain", path).out.splitlines()
    line = rendered("explain", f"{path}:3").out.splitlines()
    assert line[0] == f"out/{path}:3"
    assert sorted(line[3:]) == sorted(whole[2:])
    assert any("ClusterConfiguration.encryptionAlgorithm" in row for row in line)
    data = json.loads(rendered("explain", f"{path}:3", "--output", "json").out)
    assert "ClusterConfiguration.encryptionAlgorithm" in data["from"]


def test_json(rendered: Kgen) -> None:
    """For programs, the same as data."""
    data = json.loads(rendered("explain", "networking.podSubnet", "--output", "json").out)
    assert data["paths"] == ["ClusterConfiguration.networking.podSubnet"]
    assert data["origins"]["KubeProxyConfiguration.clusterCIDR"]["from"] == data["paths"]
    places = {(each["path"], each["place"]): each["line"] for each in data["places"]}
    line = places["manifests/kube-controller-manager.yaml", "/spec/containers/0/command/6"]
    (place,) = json.loads(
        rendered("explain", f"manifests/kube-controller-manager.yaml:{line}", "--output", "json").out
    )["places"]
    assert (place["line"], place["lastLine"], place["from"]) == (line, line, data["paths"])
    whole = json.loads(rendered("explain", "pki/apiserver.crt", "--output", "json").out)
    assert {each["line"] for each in whole["places"]} == {None}


def test_secrets(rendered: Kgen) -> None:
    """No answer shows a secret: not of files that hold them, nor where arguments and variables are passed on."""
    earlier = read(str(rendered.directory / "out"))
    assert earlier
    said = "".join(rendered("explain", path).out for path in earlier.index.entries)
    said += "".join(rendered("explain", path).out for path in earlier.index.origins if path.startswith("Init"))
    said += rendered("explain", "apiServer").out + rendered("explain", "RenderConfiguration").out
    manifest = (rendered.directory / "out/manifests/kube-apiserver.yaml").read_text().splitlines()
    lines = [number for number, line in enumerate(manifest, 1) if "canary" in line]
    assert len(lines) == 3
    said += "".join(rendered("explain", f"out/manifests/kube-apiserver.yaml:{number}").out for number in lines)
    daemon_set = "out/addons/kube-proxy/daemonset.yaml"
    proxy = line_of(rendered, daemon_set, "value: http://user:canary-proxy@")
    shown = rendered("explain", f"{daemon_set}:{proxy}").out
    assert "value: ***" in shown, "the rest of a manifest is no secret"
    said += shown
    token = "out/cluster/bootstrap-token-abcdef.yaml"
    last = len((rendered.directory / token).read_text().splitlines())
    said += "".join(rendered("explain", f"{token}:{number}").out for number in range(1, last + 1))
    assert "oidc-client-secret=***" in said
    assert "canary" not in said
    assert "Y2FuYXJ5" not in said, "base64 of canary"
    assert "PRIVATE KEY" not in said


def test_terminal(kgen: Kgen) -> None:
    """What would do something to a terminal is not printed."""
    assert kgen.render(INIT + CLUSTER + 'clusterName: "\\u202eevil"\n').code == 0
    assert "\u202e" not in kgen("explain", "clusterName").out


def test_tree_of_someone_else(rendered: Kgen) -> None:
    """An index that leads nowhere is answered from as far as it goes."""
    index = rendered.directory / "out/kgen.json"
    data = json.loads(index.read_text())
    data["origins"] = {"a.b": {"kind": "derived", "from": ["a.b", "a.c"]}}
    index.write_text(json.dumps(data))
    assert rendered("explain", "b").code == 0
    assert rendered("explain", "out/manifests/etcd.yaml").code == 0
