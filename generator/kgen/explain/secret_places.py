# SPDX-License-Identifier: Apache-2.0
"""Where secrets are, who can read them, what they allow, how to replace them. Never the secrets. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.explain import facts, grants
from kgen.explain.expiry import expiries
from kgen.explain.markdown import Md, code, plain, sentence, table, text
from kgen.explain.page import Page
from kgen.explain.redact import MARK
from kgen.explain.view import Item, View

PATH = "lists/secrets.md"

_ALLOWS = {
    "pki/ca": "Sign any identity: be every user, every node and the API server itself.",
    "pki/etcd/ca": "Sign a client of etcd, which reads and writes everything in the cluster.",
    "pki/front-proxy-ca": "Sign a front proxy, which may be any user towards the API server.",
    "pki/front-proxy-client": "Be any user towards the API server, which takes the name from this bearer's headers.",
    "pki/sa": "Make a token for any ServiceAccount.",
    "pki/apiserver": "Pass for the API server.",
    "pki/apiserver-kubelet-client": "Do anything on every kubelet: run a command in any container, read any log.",
    "pki/apiserver-etcd-client": "Read and write everything in etcd, past the API server.",
    "pki/etcd/healthcheck-client": "Read and write everything in etcd: it has no rights of its own that could be "
    "fewer.",
    "pki/etcd/server": "Pass for etcd; as a client, read and write everything in it.",
    "pki/etcd/peer": "Pass for a member of etcd; as a client, read and write everything in it.",
}
_TOPIC_TOKEN, _TOPIC_CERTS = "cluster/bootstrap-token", "cluster/kubeadm-certs"
_NAMING = ("encryption-provider-config", "token-auth-file", "authentication-token-webhook-config-file")
"""Flags of the API server that name files with secrets that kubeadm does not write."""


def page(view: View) -> Page:
    """The page of the list."""
    keys = [item for item in view.files if item.form == "private-key"]
    kubeconfigs = [item for item in view.files if item.form == "kubeconfig" and _has_credential(item)]
    secrets = [item for item in view.objects if item.kind == "Secret"]
    named = {item.path for item in (*keys, *kubeconfigs, *secrets)}
    others = [item for item in view.items.values() if item.path not in named and (MARK in item.text or _hidden(item))]
    parts = [
        "# Secrets and where they are\n",
        sentence(
            "Everything in this tree that gives its bearer rights. None of it is on this site. Whoever holds one needs "
            "no other credential, so copies of the tree itself are to be kept like these."
        ),
        "\n",
    ]
    for title, items in (("Private keys", keys), ("Kubeconfigs", kubeconfigs), ("Secrets in the API", secrets)):
        if items:
            parts += [f"## {title}\n", _table(view, items)]
    if others:
        parts += [
            "## Others\n",
            sentence("A value in each of these is kept back: its type, or the index, says that it is secret."),
            "\n",
            "\n".join(f"- {facts.to(PATH, item)}" for item in others) + "\n",
        ]
    if not (keys or kubeconfigs or secrets or others):
        parts.append("There are none in this tree.\n")
    parts += ["## Not in this tree\n", "\n".join(f"- {line}" for line in _elsewhere(view))]
    return Page(PATH, "Secrets", "\n".join(parts) + "\n")


def _has_credential(item: Item) -> bool:
    return MARK in item.text


def _hidden(item: Item) -> bool:
    return bool(item.hidden) and item.form != "private-key"


def _table(view: View, items: list[Item]) -> Md:
    return table(
        ("Where", "Who reads it", "What its bearer may do", "To replace it"),
        ((_where(item), _readers(view, item), _allows(view, item), _replace(view, item)) for item in items),
    )


def _where(item: Item) -> Md:
    if item.target:
        return Md(f"{facts.to(PATH, item, item.target)}<br>{text(item.node)}, {code(item.mode)} {code(item.owner)}")
    return Md(f"{facts.to(PATH, item, item.name)}<br>{text(item.kind)} in {code(item.namespace)}")


def _readers(view: View, item: Item) -> Md:
    if not item.target:
        return text("Whoever may get Secrets in this namespace, or read etcd or its backups.")
    programs = dict.fromkeys(who for who, _, _ in facts.mentions(view, item.node, item.target))
    if item.topic == "kubeconfig/kubelet":
        programs["kubelet"] = None
    readers = [code(who) for who in programs]
    return Md(", ".join([text(f"user {item.owner.partition(':')[0]}"), *readers]))


def _allows(view: View, item: Item) -> Md:
    if item.form == "private-key":
        return _key_allows(view, item)
    if item.topic == _TOPIC_CERTS:
        return sentence("With the certificate key: have every CA key, so everything. Without it: nothing.")
    identity = next((each for each in grants.identities(view) if each.item.path == item.path), None)
    if identity is None:
        return text("This tree does not say.")
    if "system:masters" in identity.groups:
        return sentence("Everything, whatever RBAC says: `system:masters` is let through before it is asked.")
    roles = _roles(view, identity)
    if "system:nodes" in identity.groups:
        roles.insert(0, sentence("what the Node authorizer gives this node"))
    return Md(f"As {code(identity.user)}:<br>" + ("<br>".join(roles) or "nothing"))


def _key_allows(view: View, item: Item) -> Md:
    """What the key of a certificate or CA is good for, with the rights in the API that its certificate has."""
    first = sentence(_ALLOWS.get(item.topic, "This tree does not say."))
    certificate = item.path.removesuffix(".key") + ".crt"
    identity = next((each for each in grants.identities(view) if each.item.path == certificate), None)
    roles = _roles(view, identity) if identity else []
    return Md(f"{first}<br>In the API: {', '.join(roles)}") if roles else first


def _roles(view: View, identity: grants.Identity) -> list[Md]:
    return [
        Md(f"{code(grant.role)} in {code(grant.namespace)}") if grant.namespace else code(grant.role)
        for grant in grants.granted(view, identity)
        if grant.subject.name != "system:authenticated"
    ]


def _replace(view: View, item: Item) -> Md:
    if item.topic == "pki/sa":
        return sentence(
            "Make a new pair on every control-plane node, name the old `sa.pub` in a second "
            "`--service-account-key-file` until the old tokens have ended, restart the API server and the controller "
            "manager."
        )
    if item.topic == _TOPIC_TOKEN:
        return sentence(
            f"`kubeadm token delete {plain(item.name.removeprefix('bootstrap-token-'))}`, then `kubeadm token create`."
        )
    if item.topic == _TOPIC_CERTS:
        return sentence("`kubeadm init phase upload-certs --upload-certs` makes it anew, with a new key.")
    if item.kind == "Secret":
        return text("This tree does not say.")
    wanted = item.path.removesuffix(".key") + ".crt" if item.form == "private-key" else item.path
    found = next((each for each in expiries(view) if each.item.path == wanted), None)
    return sentence(found.how) if found else text("With its certificate, which is not in this tree.")


def _elsewhere(view: View) -> Iterator[Md]:
    data = sorted({each.flags["data-dir"] for each in facts.programs(view) if each.flags.get("data-dir")})
    for path in data:
        encrypted = any(each.flags.get("encryption-provider-config") for each in facts.programs(view))
        how = "as the encryption configuration says" if encrypted else "in plain text"
        yield sentence(f"`{plain(path)}`: the data of etcd holds every Secret, {how}.")
    for each in facts.programs(view):
        for flag in _NAMING:
            if each.flags.get(flag) and not facts.at(view, each.node, each.flags[flag]):
                yield sentence(f"`{plain(each.flags[flag])}`, named by `--{flag}` of `{plain(each.name)}`.")
    if any(item.topic == "kubelet/config" for item in view.files):
        yield sentence(
            "`/var/lib/kubelet/pki`: the kubelet's own certificates and keys, unless its `--cert-dir` says otherwise."
        )
    yield sentence("Tokens of ServiceAccounts: the API server makes them for pods; they end by themselves.")
