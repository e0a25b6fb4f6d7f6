# SPDX-License-Identifier: Apache-2.0
"""What is left to do around the installation of this cluster. Only what holds for this tree. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kgen.explain import facts
from kgen.explain.expiry import expiries
from kgen.explain.facts import Program
from kgen.explain.listeners import kubelet_flags
from kgen.explain.markdown import Md, code, fence, link, plain, sentence, table, text
from kgen.explain.page import Page
from kgen.explain.view import Item, View, dig

PATH = "lists/after.md"
_FILE_FLAGS = ("-file", "-config", "-kubeconfig", "-certificate", "-key", "cafile", "certfile", "keyfile")
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do."""

    title: str
    why: str
    """Sentences with `code`"""
    commands: tuple[str, ...] = ()
    extra: Md = Md("")  # noqa: RUF009 (a text)


def tasks(view: View) -> tuple[Task, ...]:
    """Everything to do, in the order in which to do it."""
    return tuple(task for find in _FINDERS for task in find(view))


def page(view: View) -> Page:
    """The page of the list."""
    parts = [
        "# After the installation\n",
        sentence(
            "What kubeadm leaves to you, for this cluster. The commands run as root on a control-plane node, with:"
        ),
        "\n",
        fence(f"export KUBECONFIG={facts.word(_admin(view))}", "sh") if _admin(view) else "",
    ]
    for count, task in enumerate(tasks(view), 1):
        parts += [f"## {count}. {text(task.title)}\n", f"{sentence(task.why)}\n"]
        if task.extra:
            parts.append(task.extra)
        if task.commands:
            parts.append(fence("".join(f"{plain(command)}\n" for command in task.commands), "sh"))
    return Page(PATH, "After the installation", "\n".join(filter(None, parts)) + "\n")


def _admin(view: View) -> str:
    return next((item.target for item in view.files if item.topic == "kubeconfig/admin"), "")


def _files(view: View) -> Iterator[Task]:
    rows = []
    for each in facts.programs(view):
        for flag, value in each.flags.items():
            if value.startswith("/") and flag.endswith(_FILE_FLAGS) and not facts.at(view, each.node, value):
                rows.append((code(value), text(each.node), facts.to(PATH, each.item, f"{each.name} --{flag}")))
    if rows:
        why = "Flags name these, and they are not in this tree. Without them the program ends at once, again and again."
        yield Task("Before the kubelet starts: put files in place", why, (), table(("File", "Node", "Named by"), rows))


def _network(view: View) -> Iterator[Task]:
    if not view.objects and not facts.programs(view):
        return
    pods = view.cluster.pod_subnet
    why = "Nodes stay NotReady and CoreDNS stays Pending until there is a network plugin (CNI)."
    why += (
        f" Give it the pod network `{plain(pods)}`." if pods else " The configuration names no pod network; give the "
    )
    "plugin one."
    if not facts.find(view, "DaemonSet", "kube-proxy", "kube-system"):
        why += " This tree has no kube-proxy: the plugin has to make Services work too."
    yield Task("Install a network plugin", why, ("kubectl get nodes",))


def _cloud(view: View) -> Iterator[Task]:
    if any(kubelet_flags(view, node).get("cloud-provider") == "external" for node in facts.hosts(view)):
        yield Task(
            "Install the cloud controller manager",
            "The kubelet runs with `--cloud-provider=external`, so nodes keep the taint "
            "`node.cloudprovider.kubernetes.io/uninitialized` until one has taken it away.",
        )


def _serving(view: View) -> Iterator[Task]:
    if any(item.topic == "kubelet/config" and item.data.get("serverTLSBootstrap") for item in view.files):
        yield Task(
            "Approve the kubelets' serving certificates",
            "`serverTLSBootstrap` is on: each kubelet asks for a serving certificate, and nobody approves it by "
            "itself. Until then logs and exec fail. Look at the names in the request before you approve.",
            ("kubectl get csr", "kubectl describe csr NAME", "kubectl certificate approve NAME"),
        )


def _super_admin(view: View) -> Iterator[Task]:
    files = [item for item in view.files if item.topic == "kubeconfig/super-admin"]
    if files:
        yield Task(
            "Take super-admin.conf off the host",
            "It is in `system:masters`, which RBAC cannot hold back. Keep it where you keep what opens everything, "
            "if at all: `kubeadm init phase kubeconfig super-admin` makes a new one. kubeadm's renewal passes over "
            "it when it is not there.",
            tuple(f"shred -u {facts.word(item.target)}   # on {item.node}, after a copy is safe" for item in files),
        )


def _joining(view: View) -> Iterator[Task]:
    commands = [
        f"kubeadm token delete {facts.word(item.name.removeprefix('bootstrap-token-'))}"
        for item in view.objects
        if item.topic == "cluster/bootstrap-token"
    ]
    certs = facts.find(view, "Secret", "kubeadm-certs", "kube-system")
    if certs:
        commands.append("kubectl -n kube-system delete secret kubeadm-certs")
    if facts.find(view, "RoleBinding", "kubeadm:bootstrap-signer-clusterinfo", "kube-public"):
        commands.append("kubectl -n kube-public delete rolebinding kubeadm:bootstrap-signer-clusterinfo")
    if not commands:
        return
    forever = [
        item.name
        for item in view.objects
        if item.topic == "cluster/bootstrap-token" and not dig(item.data, "data", "expiration")
    ]
    why = "When all nodes have joined, take away what let them in: tokens"
    why += ", the CA keys that are in the API (encrypted)" if certs else ""
    why += (
        ", and the right of everybody to read where the cluster is. `kubeadm init phase bootstrap-token` gives all of "
    )
    why += "it back, with a token."
    if forever:
        why += f" {', '.join(f'`{plain(name)}`' for name in forever)} never ends by itself."
    yield Task("Close the door behind the nodes", why, tuple(commands))


def _workers(view: View) -> Iterator[Task]:
    for node in facts.hosts(view):
        item = facts.find(view, "Node", node)
        taints = facts.entries(dig(item.data, "spec", "taints")) if item else []
        own = [taint for taint in taints if taint.get("key") == _CONTROL_PLANE]
        if own and len(view.index.nodes) == 1:
            yield Task(
                "Join workers, or let this node do their work",
                "The only node has a taint that keeps ordinary pods away.",
                (
                    "kubeadm token create --print-join-command",
                    f"kubectl taint nodes {facts.word(node)} {_CONTROL_PLANE}:NoSchedule-",
                ),
            )


def _endpoint(view: View) -> Iterator[Task]:
    configuration = facts.configuration(view)
    if configuration and not configuration.get("controlPlaneEndpoint"):
        yield Task(
            "Decide whether it stays one control-plane node",
            "There is no `controlPlaneEndpoint`, so every kubeconfig names this node's own address, and no second "
            "control-plane node can join. It is easy to set before the installation and hard afterwards.",
        )


def _backup(view: View) -> Iterator[Task]:
    directory = view.cluster.certificates_dir
    if any(item.form == "private-key" for item in view.files) and directory:
        yield Task(
            "Back up the keys",
            "Without the CA keys and the ServiceAccount keys a lost host is a new cluster. The archive opens "
            "everything: encrypt it, and keep it elsewhere.",
            (f"umask 077; tar -C / -czf pki-backup.tar.gz {facts.word(directory.lstrip('/'))}",),
        )
    for each in facts.programs(view):
        client = next(
            (
                item
                for item in view.files
                if item.topic == "pki/etcd/healthcheck-client" and item.form == "certificate" and item.node == each.node
            ),
            None,
        )
        if each.name == "etcd" and client and each.flags.get("trusted-ca-file") and each.flags.get("data-dir"):
            yield _snapshot(each, client)
    if view.cluster.etcd == "external":
        yield Task("Back up etcd, and again every day", "It is external: back it up where it runs.")


def _snapshot(etcd: Program, client: Item) -> Task:
    key = client.target.removesuffix(".crt") + ".key"
    url = etcd.flags.get("listen-client-urls", "").split(",")[0]
    snapshot = facts.word(f"{etcd.flags['data-dir'].rstrip('/')}/snapshot.db")
    return Task(
        "Back up etcd, and again every day",
        f"It is all state there is. The snapshot holds every Secret. On `{plain(etcd.node)}`:",
        (
            f"kubectl -n kube-system exec {facts.word(f'etcd-{etcd.node}')} -- etcdctl \\",
            f"  --endpoints={facts.word(url)} --cacert={facts.word(etcd.flags['trusted-ca-file'])} \\",
            f"  --cert={facts.word(client.target)} --key={facts.word(key)} \\",
            f"  snapshot save {snapshot}",
            f"mv {snapshot} /somewhere/safe/",
        ),
    )


def _at_rest(view: View) -> Iterator[Task]:
    for each in facts.programs(view):
        if each.name == "kube-apiserver" and not each.flags.get("encryption-provider-config"):
            yield Task(
                "Encrypt Secrets at rest",
                "`--encryption-provider-config` is not set, so Secrets are in etcd and its backups in plain text. "
                "Write an EncryptionConfiguration, name it in `apiServer.extraArgs`, mount it by `extraVolumes`, and "
                "then write every Secret anew:",
                ("kubectl get secrets -A -o json | kubectl replace -f -",),
            )
            return


def _audit(view: View) -> Iterator[Task]:
    for each in facts.programs(view):
        if each.name == "kube-apiserver" and not any(
            each.flags.get(flag) for flag in ("audit-log-path", "audit-webhook-config-file")
        ):
            yield Task(
                "Keep an audit log",
                "Neither `--audit-log-path` nor `--audit-webhook-config-file` is set: nobody can say later who did "
                "what. It also needs a policy, `--audit-policy-file`.",
            )
            return


def _renewal(view: View) -> Iterator[Task]:
    leaves = [each for each in expiries(view) if not each.certificate.is_ca and each.item.topic != "kubeconfig/kubelet"]
    if leaves:
        first = leaves[0]
        yield Task(
            "Note when certificates end",
            f"The first is `{plain(first.item.target)}`, on {first.certificate.not_after:%Y-%m-%d}. `kubeadm upgrade` "
            "renews them on its way, so a cluster that is upgraded every few months has nothing else to do.",
            ("kubeadm certs check-expiration",),
            Md(f"All dates, and a calendar: {link('certificate expiry', 'expiry.md')}.\n"),
        )


def _spread(view: View) -> Iterator[Task]:
    dns = facts.find(view, "Deployment", "coredns", "kube-system")
    replicas = dig(dns.data, "spec", "replicas") if dns else None
    if isinstance(replicas, int) and replicas > 1 and len(view.index.nodes) == 1:
        yield Task(
            "Spread CoreDNS",
            f"All {replicas} replicas start on the only node. When others have joined:",
            ("kubectl -n kube-system rollout restart deployment coredns",),
        )


_FINDERS: tuple[Callable[[View], Iterator[Task]], ...] = (
    *(_files, _network, _cloud, _serving, _workers, _endpoint, _spread),
    *(_super_admin, _joining, _backup, _at_rest, _audit, _renewal),
)
