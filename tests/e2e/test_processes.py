# SPDX-License-Identifier: Apache-2.0
"""The rendered control plane of every minor, run as plain processes: it comes up, and everybody may do their part."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from e2e import processes, trees
from e2e.kubectl import Kubectl
from e2e.lab import Lab, until
from e2e.programs import build
from e2e.trees import Rendered

pytestmark = pytest.mark.e2e

_NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "cp-1", "labels": {"kubernetes.io/hostname": "cp-1", "kubernetes.io/os": "linux"}},
    "status": {
        "capacity": {"cpu": "2", "memory": "4Gi", "pods": "110"},
        "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"},
        "conditions": [{"type": "Ready", "status": "True", "reason": "Test", "message": ""}],
    },
}


@dataclass(frozen=True, slots=True)
class Plane:
    """A running control plane, after its objects were posted."""

    lab: Lab
    rendered: Rendered
    applied: str
    """What kgen apply said"""
    admin_before: bool
    """Whether admin.conf could do anything before"""

    def user(self, kubeconfig: str) -> Kubectl:
        """kubectl as the user of one of the tree's kubeconfigs."""
        return Kubectl(self.lab, self.rendered.tree / kubeconfig)


@pytest.fixture(scope="module", params=build.MINORS)
def plane(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """Render, install, start, post the objects with kgen apply."""
    minor = request.param
    place = tmp_path_factory.mktemp(f"plane-{minor}")
    rendered = trees.render(trees.config(build.version("kube-apiserver", minor)), place)
    programs = [build.program(name, minor) for name in build.SETS["processes"]]
    with Lab(place / "lab", [*programs, build.program("kubectl")]) as lab:
        lab.add(cp_1=trees.ADDRESS)
        processes.install(lab.hosts["cp-1"], rendered.tree)
        processes.start(lab.hosts["cp-1"], rendered.tree)
        Kubectl(lab, rendered.tree / "super-admin.conf").wait_ready(180)
        admin_before = Kubectl(lab, rendered.tree / "admin.conf").may("get", "pods")
        Kubectl(lab, rendered.tree / "kubelet.conf")("create", "-f", "-", given=json.dumps(_NODE))
        applied = trees.apply(lab, rendered.tree, "--only", "objects", "--yes").stdout
        yield Plane(lab, rendered, applied, admin_before)


def test_it_is_ready(plane: Plane) -> None:
    """With the rendered command lines, certificates and kubeconfigs all of the API server's own checks pass."""
    checks = plane.user("admin.conf")("get", "--raw", "/readyz?verbose").splitlines()
    assert [line for line in checks if line.startswith("[") and not line.startswith("[+]")] == []
    assert "[+]etcd ok" in checks


def test_the_objects_are_there_and_a_second_time_nothing_changes(plane: Plane) -> None:
    """Every object of the index is in the cluster, and kgen apply finds nothing to do after that."""
    admin = plane.user("admin.conf")
    for item in json.loads((plane.rendered.tree / "kgen.json").read_text())["objects"]:
        namespace = ["-n", item["namespace"]] if item["namespace"] else []
        assert admin.get(item["kind"], item["name"], *namespace)["metadata"]["name"] == item["name"]
    trees.apply(plane.lab, plane.rendered.tree, "--only", "objects", "--check")


def test_the_node_is_marked(plane: Plane) -> None:
    """The control-plane labels and the taint are on the node that registered with kubelet.conf."""
    node = plane.user("admin.conf").get("node", "cp-1")
    assert "node-role.kubernetes.io/control-plane" in node["metadata"]["labels"]
    assert "node-role.kubernetes.io/control-plane" in [taint["key"] for taint in node["spec"]["taints"]]


def test_cluster_info_is_signed_and_open_to_anyone(plane: Plane) -> None:
    """The controller manager signs cluster-info with the rendered token; whoever joins can read it unauthenticated."""
    token_id = plane.rendered.token.split(".")[0]
    admin = plane.user("admin.conf")

    def signature() -> str:
        return admin.get("cm", "-n", "kube-public", "cluster-info")["data"].get(f"jws-kubeconfig-{token_id}", "")

    until("cluster-info is signed", signature, 60)
    url = f"https://{trees.ADDRESS}:6443/api/v1/namespaces/kube-public/configmaps/cluster-info"
    answer = plane.lab.admin("curl", "--silent", "--cacert", plane.rendered.tree / "pki/ca.crt", url).stdout
    assert json.loads(answer)["data"][f"jws-kubeconfig-{token_id}"] == signature()


def test_a_node_gets_its_certificate_with_the_token(plane: Plane) -> None:
    """A request made with the bootstrap token is approved and signed, for a node and by the cluster's CA."""
    joining = _with_token(plane)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:nodes"),
        x509.NameAttribute(NameOID.COMMON_NAME, "system:node:w-9"),
    ]
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM)
    body = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "w-9"},
        "spec": {
            "request": base64.b64encode(pem).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
            "usages": ["digital signature", "client auth"],
        },
    }
    joining("create", "-f", "-", given=json.dumps(body))
    admin = plane.user("admin.conf")
    until("the request is signed", lambda: admin.get("csr", "w-9")["status"].get("certificate"), 60)
    issued = base64.b64decode(admin.get("csr", "w-9")["status"]["certificate"])
    certificate = x509.load_pem_x509_certificate(issued)
    certificate.verify_directly_issued_by(
        x509.load_pem_x509_certificate((plane.rendered.tree / "pki/ca.crt").read_bytes())
    )
    assert certificate.subject.rfc4514_string() == "CN=system:node:w-9,O=system:nodes"


def test_the_token_is_good_for_joining_and_nothing_else(plane: Plane) -> None:
    """It may ask for a certificate and read the two configurations that a join reads."""
    joining = _with_token(plane)
    for name in ("kubeadm-config", "kubelet-config"):
        assert joining.get("cm", "-n", "kube-system", name)["metadata"]["name"] == name
    assert joining.may("create", "certificatesigningrequests.certificates.k8s.io")
    assert joining.may("get", "nodes")
    refused = (("get", "secrets", "-n", "kube-system"), ("list", "pods", "-A"), ("create", "nodes"), ("list", "nodes"))
    assert [words for words in refused if joining.may(*words)] == []


def test_admin_conf_is_an_administrator_by_its_binding_alone(plane: Plane) -> None:
    """Without kubeadm:cluster-admins it may do nothing; with it everything; super-admin.conf needs no binding."""
    admin, super_admin = plane.user("admin.conf"), plane.user("super-admin.conf")
    assert not plane.admin_before
    assert admin.may("*", "*", "-A")
    assert _groups(admin) == {"kubeadm:cluster-admins", "system:authenticated"}
    assert _groups(super_admin) == {"system:masters", "system:authenticated"}
    super_admin("delete", "clusterrolebinding", "kubeadm:cluster-admins")
    until("admin.conf may do nothing", lambda: not admin.may("get", "pods"), 30)
    assert super_admin.may("*", "*", "-A")
    trees.apply(plane.lab, plane.rendered.tree, "--only", "objects", "--yes")
    until("admin.conf may do everything", lambda: admin.may("*", "*", "-A"), 30)


@pytest.mark.parametrize(
    ("kubeconfig", "user", "allowed", "refused"),
    [
        (
            "scheduler.conf",
            "system:kube-scheduler",
            ["list pods -A", "create pods --subresource=binding", "update leases/kube-scheduler -n kube-system"],
            ["create deployments", "get secrets -n kube-system", "create clusterrolebindings", "delete nodes"],
        ),
        (
            "controller-manager.conf",
            "system:kube-controller-manager",
            ["create serviceaccounts --subresource=token -n kube-system", "list pods -A", "get secrets -n kube-system"],
            ["create clusterrolebindings", "create deployments", "escalate clusterroles"],
        ),
        (
            "kubelet.conf",
            "system:node:cp-1",
            ["create nodes", "create certificatesigningrequests.certificates.k8s.io", "list services -A"],
            ["list secrets -A", "create deployments", "delete namespaces", "create clusterrolebindings"],
        ),
    ],
)  # fmt: skip
def test_an_identity_may_do_its_part_and_no_more(
    plane: Plane, kubeconfig: str, user: str, allowed: list[str], refused: list[str]
) -> None:
    """The rendered kubeconfigs are the users that the built-in roles are bound to."""
    kubectl = plane.user(kubeconfig)
    assert json.loads(kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"] == user
    assert [words for words in allowed if not kubectl.may(*words.split())] == []
    assert [words for words in refused if kubectl.may(*words.split())] == []


def test_scheduler_and_controller_manager_do_their_work(plane: Plane) -> None:
    """A Deployment becomes pods, which get the node; a namespace gets its service account and the cluster's CA."""
    admin = plane.user("admin.conf")
    admin("create", "namespace", "work")
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "work", "namespace": "work"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "a", "image": "a"}], "tolerations": [{"operator": "Exists"}]},
            },
        },
    }
    admin("create", "-f", "-", given=json.dumps(deployment))

    def nodes() -> list[str]:
        return [pod["spec"].get("nodeName", "") for pod in admin.get("pods", "-n", "work")["items"]]

    until("the pod has its node", lambda: nodes() == ["cp-1"], 60)
    root = admin.get("cm", "kube-root-ca.crt", "-n", "work")["data"]["ca.crt"]
    assert root == (plane.rendered.tree / "pki/ca.crt").read_text()


def _with_token(plane: Plane) -> Kubectl:
    path = plane.rendered.tree.parent / "bootstrap.conf"
    ca = str(plane.rendered.tree / "pki/ca.crt")
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [
            {"name": "c", "cluster": {"server": f"https://{trees.ADDRESS}:6443", "certificate-authority": ca}}
        ],
        "users": [{"name": "c", "user": {"token": plane.rendered.token}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    }
    path.touch(0o600)
    path.write_text(json.dumps(content))
    return Kubectl(plane.lab, Path(path))


def _groups(kubectl: Kubectl) -> set[str]:
    return set(json.loads(kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]["groups"])
