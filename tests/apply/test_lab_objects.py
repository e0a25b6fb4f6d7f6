# SPDX-License-Identifier: Apache-2.0
"""Objects into a real API server."""

from __future__ import annotations

import base64
import contextlib
import datetime
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lightkube import ApiError as Refusal

from apply.machines import Done
from apply.servers import Servers, serving
from apply.trees import change_file, change_index, render
from kgen_apply import api as api_module
from kgen_apply import node
from kgen_apply.api import Api
from kgen_apply.errors import ApiError, TreeError
from kgen_apply.objects import Cluster, expired_tokens
from kgen_apply.tree import Object, load

pytestmark = pytest.mark.lab
ROOT = Path(__file__).parents[2]
INIT = """\
bootstrapTokens: [{token: abcdef.0123456789abcdef, ttl: 24h}]
certificateKey: "0000000000000000000000000000000000000000000000000000000000000001"
"""
CLUSTER = "apiServer: {certSANs: [127.0.0.1]}"


@pytest.fixture(scope="module")
def cluster_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree whose API server may be reached on loopback."""
    return render(tmp_path_factory.mktemp("objects") / "tree", cluster=CLUSTER, init=INIT, upload_certs=True)


@pytest.fixture(scope="module")
def servers(cluster_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Its servers."""
    with serving(cluster_tree, tmp_path_factory.mktemp("servers")) as made:
        yield made


@pytest.fixture
def own(cluster_tree: Path, tmp_path: Path) -> Path:
    """A copy of the tree, for a test's own changes."""
    return Path(shutil.copytree(cluster_tree, tmp_path / "tree"))


@pytest.fixture
def applied(servers: Servers, own: Path) -> Path:
    """The copy, once all its objects are in the cluster."""
    done = apply(servers, own, "--take-conflicts")
    assert done.code == 0, done.all
    return own


def words(servers: Servers, tree: Path, *arguments: str) -> list[str]:
    """kgen-apply of objects. There is no kubelet, so there are no nodes to mark."""
    only = ["--only", "objects", "--skip-phases", "mark-control-plane", "--server", servers.url]
    return [sys.executable, "-m", "kgen_apply", str(tree), *only, *arguments]


def apply(servers: Servers, tree: Path, *arguments: str) -> Done:
    """The same, run without asking."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "apply")}
    done = subprocess.run(
        words(servers, tree, "--yes", *arguments), env=env, capture_output=True, text=True, check=False, timeout=120
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def client(servers: Servers, cluster_tree: Path) -> Iterator[Api]:
    """Somebody who may do everything."""
    kubeconfig = load(cluster_tree).find("super-admin.conf")
    assert kubeconfig is not None
    with contextlib.closing(Api(kubeconfig, servers.url)) as made:
        yield made


def edit(client: Api, manager: str, **data: str) -> None:
    """Have somebody else write into kubeadm-config."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kubeadm-config", "namespace": "kube-system"}}
    kind = api_module._resource("v1", "ConfigMap", True)
    from lightkube.types import PatchType

    client._client.patch(
        kind,
        "kubeadm-config",
        {**body, "data": data},
        namespace="kube-system",
        patch_type=PatchType.APPLY,
        field_manager=manager,
        force=True,
    )


def test_all_objects_then_nothing_to_do(client: Api, servers: Servers, applied: Path) -> None:
    """Everything that the index lists is there and is kgen's; the next run, and a check, find nothing to do."""
    for done in (apply(servers, applied), apply(servers, applied, "--check"), apply(servers, applied, "--dry-run")):
        assert (done.code, done.out.splitlines()[-1]) == (0, "nothing to change")
    for item in load(applied).objects:
        if item.verb == "create":
            live = client.get(item.api_version, item.kind, item.namespace, item.name)
            assert live is not None, str(item)
            managers = {entry["manager"] for entry in live["metadata"].get("managedFields", ())}
            assert "kgen" in managers or item.kind == "ServiceAccount", str(item)  # one without fields has no managers


def test_uploaded_certificates_belong_to_their_token(client: Api, servers: Servers, applied: Path) -> None:
    """kubeadm-certs goes when the token Secret goes: its owner's uid is the cluster's."""
    certs = client.get("v1", "Secret", "kube-system", "kubeadm-certs")
    assert certs is not None
    (owner,) = certs["metadata"]["ownerReferences"]
    token = client.get("v1", "Secret", "kube-system", owner["name"])
    assert token is not None
    assert owner["uid"] == token["metadata"]["uid"] != ""


def test_drift_is_shown_and_mended(client: Api, servers: Servers, applied: Path) -> None:
    """A field that somebody removed comes back; --check says so with its exit code and changes nothing."""
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:get-nodes"
    client._plain.delete(path)
    check = apply(servers, applied, "--check")
    assert check.code == 1
    assert "cluster: + ClusterRoleBinding kubeadm:get-nodes" in check.out
    assert client.get("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "kubeadm:get-nodes") is None
    done = apply(servers, applied)
    assert (done.code, "1 objects applied" in done.out) == (0, True), done.all


def test_conflict_is_shown_and_refused(client: Api, servers: Servers, applied: Path) -> None:
    """With the other manager and the field; taken over only if told to."""
    edit(client, "somebody", ClusterConfiguration="theirs")
    done = apply(servers, applied)
    assert done.code == 6
    assert 'ConfigMap kube-system/kubeadm-config: .data.ClusterConfiguration: conflict with "somebody"' in done.err
    assert "no object was changed. --take-conflicts takes them" in done.err
    check = apply(servers, applied, "--check")
    assert (check.code, "-  ClusterConfiguration: theirs" in check.out) == (1, True)
    taken = apply(servers, applied, "--take-conflicts")
    assert taken.code == 0, taken.all
    assert apply(servers, applied).out.splitlines()[-1] == "nothing to change"


def test_other_fields_of_others_stay(client: Api, servers: Servers, applied: Path) -> None:
    """What the tree does not speak of is not its business: the bootstrap signer writes into cluster-info."""
    edit(client, "signer", more="theirs")
    assert apply(servers, applied).out.splitlines()[-1] == "nothing to change"
    live = client.get("v1", "ConfigMap", "kube-system", "kubeadm-config")
    assert live is not None
    assert live["data"]["more"] == "theirs"


def test_unknown_field_is_refused(servers: Servers, applied: Path) -> None:
    """Strict field validation; in the plan already, before anything is written."""
    path = "addons/kube-proxy/serviceaccount.yaml"
    change_file(applied, path, (applied / path).read_bytes() + b"automount: true\n")
    done = apply(servers, applied)
    assert done.code == 6
    assert "ServiceAccount kube-system/kube-proxy: the API server refuses it" in done.err
    assert "automount" in done.err


def test_secrets_are_not_printed(servers: Servers, applied: Path) -> None:
    """Neither when a token changes, nor when the server refuses it."""
    path = "cluster/bootstrap-token-abcdef.yaml"
    old = (applied / path).read_text()
    hidden = base64.b64encode(b"fedcba9876543210").decode()
    secret = yaml.safe_load(old)["data"]["token-secret"]
    change_file(applied, path, old.replace(secret, hidden).encode())
    done = apply(servers, applied)
    assert (done.code, "(secret; these differ: data.token-secret)" in done.out) == (0, True)
    change_file(applied, path, old.replace(secret, f"'%{hidden}'").encode())
    refused = apply(servers, applied)
    assert refused.code == 6
    assert "Secret kube-system/bootstrap-token-abcdef: the API server refuses it (500)" in refused.err
    for text in (secret, hidden, "fedcba9876543210", "0123456789abcdef"):
        assert text not in done.all + refused.all


def test_server_that_is_down_for_a_while(servers: Servers, applied: Path) -> None:
    """The run waits for it, and goes on when it goes away in the middle."""
    change = {f"addons/coredns/{name}.yaml": name for name in ("configmap", "serviceaccount")}
    for path in change:
        text = (applied / path).read_text()
        change_file(applied, path, text.replace("metadata:\n", "metadata:\n  annotations: {a: b}\n").encode())
    servers.stop_apiserver()
    back = threading.Timer(2, servers.start)
    back.start()
    done = apply(servers, applied)
    back.join()
    assert done.code == 0, done.all
    assert "the API server at" in done.out
    assert "2 objects applied" in done.out


def test_server_that_restarts_while_objects_are_applied(servers: Servers, own: Path) -> None:
    """Nothing is lost."""
    for item in load(own).objects:
        if item.verb == "create" and item.kind in ("ConfigMap", "ServiceAccount", "Role", "RoleBinding"):
            text = (own / item.path).read_text()
            change_file(own, item.path, text.replace("metadata:\n", "metadata:\n  labels: {again: again}\n").encode())
    env = {**os.environ, "PYTHONPATH": str(ROOT / "apply")}
    with subprocess.Popen(
        words(servers, own, "--yes", "--take-conflicts"),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr
        for line in running.stderr:
            if line.startswith("applying objects"):
                break
        servers.stop_apiserver()
        time.sleep(1)
        servers.start()
        out, err = running.communicate(timeout=120)
    assert running.returncode == 0, out + err
    servers.wait()
    assert apply(servers, own).out.splitlines()[-1] == "nothing to change"


def test_server_that_does_not_come(servers: Servers, applied: Path) -> None:
    """In the time that the index gives it: said, with how long."""
    change_index(applied, lambda data: data.update(timeouts={"controlPlaneComponentHealthCheck": "1s"}))
    command = [word if word != servers.url else "https://127.0.0.1:1" for word in words(servers, applied, "--yes")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "apply")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 7
    assert "the API server at https://127.0.0.1:1 is not ready after 1 s" in done.stderr
    check = subprocess.run([*command, "--check"], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert check.returncode == 6
    assert "cannot be compared" in check.stderr


def test_server_of_another_cluster(servers: Servers, own: Path, tmp_path: Path) -> None:
    """It is not of this cluster's CA: nothing is sent to it, and it is said at once."""
    other = render(tmp_path / "other", cluster=CLUSTER, init=INIT, first=40)
    change_index(other, lambda data: data.update(timeouts={"controlPlaneComponentHealthCheck": "60s"}))
    start = time.monotonic()
    done = apply(servers, other)
    assert (done.code, time.monotonic() - start < 20) == (6, True)
    assert "the API server's certificate is not of this cluster's CA" in done.err


def test_node_is_marked_and_keeps_what_others_gave_it(client: Api, servers: Servers, applied: Path) -> None:
    """As kubeadm does: labels and taints are added; a second time changes nothing."""
    taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    body = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "cp-1", "labels": {"kubernetes.io/hostname": "cp-1", "own": "yes"}},
        "spec": {"taints": [taint]},
    }
    response = client._plain.post("/api/v1/nodes", json=body)
    assert response.status_code == 201, response.text
    item = next(item for item in load(applied).objects if item.verb == "patch")
    assert node.plan(client, item).change == "changed"
    node.apply(client, item, 5)
    live = client.get("v1", "Node", "", "cp-1")
    assert live is not None
    assert {"own", "node-role.kubernetes.io/control-plane"} <= set(live["metadata"]["labels"])
    keys = {entry["key"] for entry in live["spec"]["taints"]}
    assert {"node.kubernetes.io/not-ready", "node-role.kubernetes.io/control-plane"} <= keys
    assert node.plan(client, item).change == "same"
    version = live["metadata"]["resourceVersion"]
    node.apply(client, item, 5)
    again = client.get("v1", "Node", "", "cp-1")
    assert again is not None
    assert again["metadata"]["resourceVersion"] == version
    client._plain.delete("/api/v1/nodes/cp-1")


def test_client_key_touches_no_disk(client: Api, servers: Servers, applied: Path) -> None:
    """Nothing is opened for writing while a client is made and used."""
    program = (
        "import sys, os\n"
        "from kgen_apply.api import Api\n"
        "from kgen_apply.tree import load\n"
        "from pathlib import Path\n"
        "conf = load(Path(sys.argv[1])).find('super-admin.conf')\n"
        "def watch(event, args):\n"
        "    if event == 'open' and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT): os._exit(99)\n"
        "    if event in ('tempfile.mkstemp', 'tempfile.mkdtemp'): os._exit(98)\n"
        "sys.addaudithook(watch)\n"
        "api = Api(conf, sys.argv[2])\n"
        "print(api.get('v1', 'ConfigMap', 'kube-system', 'kubeadm-config')['kind'])\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "apply")}
    run = [sys.executable, "-B", "-c", program, str(applied), servers.url]
    done = subprocess.run(run, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ConfigMap\n"), done.stderr


def test_without_super_admin(client: Api, servers: Servers, own: Path) -> None:
    """admin.conf may do nothing on a cluster without the first binding; the tree has to bring who can."""
    client._plain.delete("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins")
    time.sleep(1)

    def without(data: dict[str, Any]) -> None:
        data["files"] = [entry for entry in data["files"] if entry["path"] != "super-admin.conf"]

    lacking = Path(shutil.copytree(own, own.parent / "lacking"))
    change_index(lacking, without)
    done = apply(servers, lacking)
    assert done.code == 6
    assert "forbidden" in done.err.lower()
    assert apply(servers, own, "--take-conflicts").code == 0


def test_expired_tokens_are_left_out(own: Path) -> None:
    """The cluster has deleted them, and would again."""
    tree = load(own)
    now = datetime.datetime.now(datetime.UTC)
    assert expired_tokens(tree.objects, now) == set()
    later = expired_tokens(tree.objects, now + datetime.timedelta(hours=3))
    assert len(later) == 1
    assert "bootstrap-token-abcdef" not in later
    assert "bootstrap-token-abcdef" in expired_tokens(tree.objects, now + datetime.timedelta(days=2))


def test_object_that_is_not_what_the_index_says(servers: Servers, own: Path) -> None:
    """Kind and name in the file are those of the index."""
    change_file(own, "cluster/kubeadm-config.yaml", b"apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n")
    done = apply(servers, own)
    assert done.code == 3
    assert "is not the ConfigMap kube-system/kubeadm-config that kgen.json says it is" in done.err


def test_kubeconfigs_that_are_none(own: Path) -> None:
    """Said by name, without their content."""
    change_file(own, "admin.conf", b"users: secret")
    with pytest.raises(TreeError, match=r"admin\.conf is not a kubeconfig with a current context"):
        Cluster(load(own))


def test_unknown_kind(client: Api, servers: Servers, own: Path) -> None:
    """Named, with those that are known."""
    with pytest.raises(ApiError, match="objects of kind Shrub are not known"):
        client.get("v1", "Shrub", "", "x")
    with pytest.raises(Refusal):
        client.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "-"}}, force=False, dry_run=True)
    assert isinstance(load(own).objects[0], Object)
