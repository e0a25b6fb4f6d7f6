# SPDX-License-Identifier: Apache-2.0
"""How the cluster comes up: who waits for what, which files each step reads, and how to watch it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgen.explain import facts
from kgen.explain.diagram import Box, Column, Diagram, svg
from kgen.explain.listeners import kubelet_flags, of_node
from kgen.explain.markdown import Md, fence, plain, sentence, text
from kgen.explain.page import Page, artifact_page
from kgen.explain.view import Item, View, dig

PATH = "maps/boot.md"


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way up."""

    name: str
    what: str
    """Sentences, with `code`"""
    waits_for: tuple[str, ...]
    """Names of earlier steps"""
    reads: tuple[Item, ...]
    watch: tuple[str, ...]
    """Commands, on the host"""
    column: int
    item: Item | None
    """Whose page the box leads to"""


def steps(view: View, node: str) -> tuple[Step, ...]:
    """The steps of a node, in order; only of what the tree has, with what it does not have but cannot do without."""
    return (*_host(view, node), *_static_pods(view, node), *_node(view, node), *_objects(view), *_addons(view, node))


def page(view: View) -> Page:
    """The page of the map."""
    parts: list[str] = [
        "# Boot order\n",
        sentence(
            "From the start of the kubelet to a cluster that resolves names. Nothing orders these steps: each program "
            "tries until what it needs is there, so after a reboot they come up by themselves. Look for the first step "
            "that is missing."
        ),
        "\n",
    ]
    nodes = [node for node in facts.hosts(view) if facts.kubelet(view, node) or _manifests(view, node)]
    for number, node in enumerate(nodes):
        found = steps(view, node)
        if len(nodes) > 1:
            parts.append(f"## {text(node)}\n")
        parts.append(svg(_diagram(found, node, f"boot-{number}"), PATH))
        mark = "###" if len(nodes) > 1 else "##"
        for count, step in enumerate(found, 1):
            parts += [f"{mark} {count}. {text(step.name)}\n", _body(step)]
    if not nodes:
        parts.append("This tree has neither a kubelet's configuration nor a static pod.\n")
    return Page(PATH, "Boot order", "\n".join(filter(None, parts)) + "\n")


def _body(step: Step) -> Md:
    lines = [f"{sentence(step.what)}\n"]
    if step.waits_for:
        lines.append(f"Waits for: {text(', '.join(step.waits_for))}.\n")
    if step.reads:
        lines.append(f"Reads: {', '.join(facts.to(PATH, item) for item in step.reads)}.\n")
    if step.watch:
        lines.append(fence("".join(f"{plain(command)}\n" for command in step.watch), "sh"))
    return Md("\n".join(lines))


def _manifests(view: View, node: str) -> list[facts.Program]:
    return [each for each in facts.programs(view) if each.node == node]


def _host(view: View, node: str) -> Iterator[Step]:
    config = facts.kubelet(view, node)
    if config is None:
        return
    socket = str(config.data.get("containerRuntimeEndpoint") or "")
    yield Step(
        "Container runtime",
        f"Not kubeadm's: it has to run before, and to answer at `{plain(socket)}`." if socket else "Not kubeadm's.",
        (),
        (),
        (f"crictl --runtime-endpoint {facts.word(socket)} version",) if socket else (),
        0,
        None,
    )
    files = [item for item in view.files if item.node == node and item.topic.startswith("kubelet/")]
    kubeconfig = [item for item in facts.kubeconfigs(view, node) if item.topic == "kubeconfig/kubelet"]
    ca = facts.at(view, node, str(dig(config.data, "authentication", "x509", "clientCAFile") or ""))
    health = next((each for each in of_node(view, node) if each.what == "health" and each.program == "kubelet"), None)
    what = "systemd starts it, again and again until its configuration is there."
    if dig(config.data, "staticPodPath"):
        what += f" It runs what is in `{plain(config.data['staticPodPath'])}` without an API server."
    watch = ["systemctl status kubelet", "journalctl -u kubelet -f"]
    if health:
        watch.append(f"curl -fsS {facts.word(f'http://{_bracketed(health.addresses[0])}:{health.port}/healthz')}")
    reads = (*files, *kubeconfig, *([ca] if ca else ()))
    yield Step("kubelet", what, ("Container runtime",), reads, tuple(watch), 0, config)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


_WHAT = {
    "etcd": "The store of the API server. It needs nobody, unless it has other members: then a majority of them.",
    "kube-apiserver": "It ends and is started again until etcd answers. It then makes its own roles and bindings, and "
    "the Service `kubernetes`.",
    "kube-controller-manager": "It waits for the API server and for its lock, then runs the controllers: without it a "
    "DaemonSet or Deployment makes no pods.",
    "kube-scheduler": "It waits for the API server and for its lock, then gives pods a node. Static pods do not need "
    "it.",
}
_NEEDS = {
    "etcd": ("kubelet",),
    "kube-apiserver": ("kubelet", "etcd", "External etcd"),
    "kube-controller-manager": ("kubelet", "kube-apiserver"),
    "kube-scheduler": ("kubelet", "kube-apiserver"),
}
_COLUMN = {"etcd": 1, "kube-apiserver": 2, "kube-controller-manager": 3, "kube-scheduler": 3}


def _static_pods(view: View, node: str) -> Iterator[Step]:
    there = sorted(_manifests(view, node), key=lambda each: list(_WHAT).index(each.name) if each.name in _WHAT else 9)
    names = {each.name for each in there} | ({"kubelet"} if facts.kubelet(view, node) else set())
    api = facts.program(view, "kube-apiserver", node)
    if api and "etcd" not in names and api.flags.get("etcd-servers"):
        yield Step("External etcd", f"At `{plain(api.flags['etcd-servers'])}`; not in this tree.", (), (), (), 1, None)
        names.add("External etcd")
    for each in there:
        needs = tuple(need for need in _NEEDS.get(each.name, ("kubelet",)) if need in names)
        reads = (each.item, *_named(view, each))
        what = _WHAT.get(each.name, "A static pod.")
        yield Step(each.name, what, needs, reads, tuple(_watch(view, each)), _COLUMN.get(each.name, 3), each.item)


def _named(view: View, program: facts.Program) -> Iterator[Item]:
    """The files of the tree that the flags of a program name, each once."""
    found: dict[str, Item] = {}
    for value in program.flags.values():
        for part in value.split(","):
            item = facts.at(view, program.node, part) if part.startswith("/") else None
            if item:
                found[item.path] = item
    yield from found.values()


def _watch(view: View, program: facts.Program) -> Iterator[str]:
    yield f"crictl ps -a --name {facts.word(f'^{program.name}$')}"
    if program.name == "kube-apiserver":
        admin = next((item for item in view.files if item.topic == "kubeconfig/admin"), None)
        if admin:
            yield f"export KUBECONFIG={facts.word(admin.target)}"
        yield "kubectl get --raw='/readyz?verbose'"
        return
    probe = dig(program.item.data, "spec", "containers", 0, "livenessProbe", "httpGet")
    ports = facts.entries(dig(program.item.data, "spec", "containers", 0, "ports"))
    port = next((each.get("containerPort") for each in ports if each.get("name") == dig(probe, "port")), None)
    if port:
        scheme, host = str(dig(probe, "scheme") or "HTTP").lower(), str(dig(probe, "host") or "127.0.0.1")
        insecure = "k" if scheme == "https" else ""
        url = f"{scheme}://{_bracketed(host)}:{port}{dig(probe, 'path')}"
        yield f"curl -{insecure}fsS {facts.word(url)}"
    if program.flags.get("leader-elect") == "true":
        yield f"kubectl -n kube-system get lease {facts.word(program.name)}"


def _node(view: View, node: str) -> Iterator[Step]:
    kubeconfig = next((each for each in facts.kubeconfigs(view, node) if each.topic == "kubeconfig/kubelet"), None)
    if kubeconfig is None:
        return
    what = (
        f"The kubelet makes the object Node `{plain(node)}` and a mirror of each static pod. It stays NotReady until "
        "there is a network plugin."
    )
    needs = tuple(each for each in ("kubelet", "kube-apiserver") if each == "kubelet" or _has(view, node, each))
    watch = (f"kubectl get node {facts.word(node)} -o wide", "kubectl -n kube-system get pods -o wide")
    yield Step("The node registers", what, needs, (kubeconfig,), watch, 3, kubeconfig)


def _has(view: View, node: str, name: str) -> bool:
    return facts.program(view, name, node) is not None


def _objects(view: View) -> Iterator[Step]:
    items = tuple(item for item in view.objects if not item.phase.startswith("addon"))
    if items:
        what = (
            "kubeadm, or who takes its place, posts the configuration, the roles for nodes that join, the tokens, and "
            "labels and taints of the node. A control plane that only restarts needs nobody for this: they are in etcd."
        )
        watch = ("kubectl -n kube-system get configmaps,secrets", "kubectl get clusterrolebindings | grep kubeadm:")
        yield Step("Objects", what, ("kube-apiserver",), items, watch, 3, items[0])


def _addons(view: View, node: str) -> Iterator[Step]:
    proxy = facts.find(view, "DaemonSet", "kube-proxy", "kube-system")
    dns = facts.find(view, "Deployment", "coredns", "kube-system")
    pods = ("kube-controller-manager", "kube-scheduler", "The node registers")
    if proxy:
        items = tuple(item for item in view.objects if item.topic.startswith("addons/kube-proxy/"))
        what = (
            "It is on the host's network, so it needs no network plugin. It goes to the API server directly, not by "
            "the Service `kubernetes`, for it is what makes Services work."
        )
        rollout = "kubectl -n kube-system rollout status daemonset kube-proxy"
        yield Step("kube-proxy", what, pods, items, (rollout,), 4, proxy)
    what = "Not kubeadm's: somebody has to install it. The runtime looks for its configuration on the host."
    watch = (
        "ls /etc/cni/net.d",
        f"kubectl get node {facts.word(node)} -o jsonpath='{{.status.conditions[?(@.type==\"Ready\")].message}}'",
    )
    needs = ("kube-proxy",) if proxy else ("The node registers",)
    yield Step("Network plugin (CNI)", what, needs, (), watch, 4, None)
    if dns:
        items = tuple(item for item in view.objects if item.topic.startswith("addons/coredns/"))
        what = "Its pods are Pending while every node is NotReady, so a CoreDNS that runs says that the rest works."
        if kubelet_flags(view, node).get("cloud-provider") == "external":
            what += (
                " The kubelet runs with `--cloud-provider=external`: until a cloud controller manager has removed the "
                "taint `node.cloudprovider.kubernetes.io/uninitialized`, they are Pending too."
            )
        rollout = "kubectl -n kube-system rollout status deployment coredns"
        yield Step("CoreDNS", what, ("Network plugin (CNI)",), items, (rollout,), 5, dns)


def _diagram(found: tuple[Step, ...], node: str, name: str) -> Diagram:
    columns: list[list[Box]] = [[] for _ in range(6)]
    for count, step in enumerate(found, 1):
        page = artifact_page(step.item.path) if step.item else ""
        columns[step.column].append(Box(step.name, (f"{count}. {step.name}",), page, "plain" if page else "outside"))
    where = {step.name: step.column for step in found}
    arrows = [
        (need, step.name)
        for step in found
        for need in step.waits_for
        if need in where and where[step.name] - where[need] == 1
    ]
    return Diagram(
        name=name,
        title=f"Boot order of {node}",
        description="Each step, with an arrow from what it waits for. The steps follow below.",
        columns=tuple(Column(" ", tuple(boxes)) for boxes in columns),
        arrows=tuple(arrows),
    )
