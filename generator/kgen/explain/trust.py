# SPDX-License-Identifier: Apache-2.0
"""The trust map: which CA signed what, who presents it, and who checks it against which CA. Pure."""

from __future__ import annotations

from kgen.explain import facts
from kgen.explain.chains import NOBODY, Chain, End, chains, uses
from kgen.explain.diagram import Box, Column, Diagram, svg
from kgen.explain.markdown import Md, code, plain, sentence, table, text
from kgen.explain.page import Page, artifact_page
from kgen.explain.view import Item, View

PATH = "maps/trust.md"


def page(view: View) -> Page:
    """The page of the map."""
    found = chains(view)
    parts: list[str] = [
        "# Trust map\n",
        sentence(
            "Read it from left to right: a CA signs a certificate, a program presents the certificate because a flag "
            "or a kubeconfig names it, and the other side checks it against a CA that it was told to trust."
        ),
        "\n",
    ]
    several = len({chain.node for chain in found}) > 1
    for number, node in enumerate(facts.hosts(view)):
        here = [chain for chain in found if chain.node == node]
        if several and here:
            parts.append(f"## {text(node)}\n")
        parts.append(svg(_diagram(here, node, f"trust-{number}"), PATH))
        parts.append(_chains_table(here))
    if not found:
        parts.append("There is no certificate in this tree.\n")
    parts.append(_authorities(view, found))
    parts.append(_tokens(view))
    parts += [_absent(view), _unchecked(view)]
    return Page(PATH, "Trust", "\n".join(filter(None, parts)))


def _diagram(found: list[Chain], node: str, name: str) -> Diagram:
    order = [_ca_box(chain).key for chain in found]
    arrows: list[tuple[str, str]] = []
    cas: list[Box] = []
    certificates: list[Box] = []
    presenters: list[Box] = []
    checkers: list[Box] = []
    for chain in sorted(found, key=lambda chain: order.index(_ca_box(chain).key)):
        ca, here, presents = _ca_box(chain), f"certificate {chain.item.path}", f"{chain.item.path} {chain.presents.how}"
        cas.append(ca)
        certificates.append(Box(here, (chain.item.path, chain.certificate.name), artifact_page(chain.item.path)))
        presenters.append(_end_box(presents, chain.presents))
        arrows += [(ca.key, here), (here, presents)]
        if chain.checks.who:
            checks = f"{chain.checks.who} {chain.checks.how}"
            checkers.append(_end_box(checks, chain.checks))
            arrows.append((presents, checks))
    return Diagram(
        name=name,
        title=f"Trust map of {node}",
        description="From each CA to the certificates that it signed, to who presents them, to who checks them. "
        "The table below says the same.",
        columns=(
            Column("CA", tuple(cas)),
            Column("Certificate", tuple(certificates)),
            Column("Presented by", tuple(presenters)),
            Column("Checked by", tuple(checkers)),
        ),
        arrows=tuple(arrows),
    )


def _ca_box(chain: Chain) -> Box:
    if chain.issuer is None:
        issuer = ", ".join(f"{name}={value}" for name, value in chain.certificate.issuer)
        return Box(f"ca {issuer}", (issuer or "no issuer", "not in this tree"), weight="outside")
    item = chain.issuer
    return Box(f"ca {item.path}", (item.path, item.certificates[0].name), artifact_page(item.path), "strong")


def _end_box(key: str, end: End) -> Box:
    lines = tuple(filter(None, (end.who, end.how)))
    return Box(key, lines, artifact_page(end.item.path) if end.item else "", "plain" if end.item else "outside")


def _chains_table(found: list[Chain]) -> Md:
    return table(
        ("CA", "Certificate", "Presented by", "Checked by"),
        (
            (
                facts.to(PATH, chain.issuer) if chain.issuer else "not in this tree",
                Md(f"{facts.to(PATH, chain.item)}<br>{code(chain.certificate.name)}<br>{chain.role}"),
                _end(chain.presents),
                _end(chain.checks),
            )
            for chain in found
        ),
    )


def _end(end: End) -> Md:
    who = facts.to(PATH, end.item, end.who) if end.item else text(end.who)
    return Md(f"{who}, {code(end.how)}") if end.how else who


def _authorities(view: View, found: tuple[Chain, ...]) -> str:
    rows = []
    for item in view.files:
        if item.form != "certificate" or not item.certificates or not item.certificates[0].is_ca:
            continue
        signed = [chain.item for chain in found if chain.issuer is item]
        key = item.target.removesuffix(".crt") + ".key"
        private = facts.at(view, item.node, key)
        namers = [
            Md(f"{facts.to(PATH, where, who)} {code(how)}")
            for who, where, how in facts.mentions(view, item.node, item.target)
        ]
        carried = [
            facts.to(PATH, each)
            for each in facts.kubeconfigs(view, item.node)
            if any(ca.fingerprint == item.certificates[0].fingerprint for ca in facts.authorities(each))
        ]
        rows.append(
            (
                facts.to(PATH, item),
                code(item.certificates[0].name),
                facts.to(PATH, private) if private else "not in this tree: whoever has it signs",
                len(dict.fromkeys(each.path for each in signed)),
                Md("<br>".join([*namers, *carried])) if namers or carried else NOBODY,
            )
        )
    heading = "## The CAs\n\nWho holds a CA's key can make any of its certificates; who trusts it takes them.\n\n"
    return heading + table(("CA", "Subject", "Its key", "Signed", "Trusted by"), rows) if rows else ""


def _tokens(view: View) -> str:
    """Tokens of ServiceAccounts are trusted by a bare key, without a CA."""
    flags = {"service-account-signing-key-file": "signs", "service-account-private-key-file": "signs"}
    flags["service-account-key-file"] = "checks"
    rows = [
        (
            facts.named(view, PATH, each.node, each.flags[flag]),
            Md(f"{facts.to(PATH, each.item, each.name)}, {code(f'--{flag}')}"),
            f"{does} tokens of ServiceAccounts",
        )
        for each in facts.programs(view)
        for flag, does in flags.items()
        if each.flags.get(flag)
    ]
    return "## Keys without a certificate\n\n" + table(("Key", "Named by", "Which"), rows) if rows else ""


def _absent(view: View) -> str:
    """Certificates that flags name and that come from elsewhere."""
    rows = [
        (code(target), text(node), Md(f"{facts.to(PATH, ends.item, ends.who)} {code(ends.how)}"))
        for node in facts.hosts(view)
        for _, ends, target, _ in uses(view, node)
        if ends.item and facts.at(view, node, target) is None
    ]
    heading = "## Not in this tree\n\nCertificates that flags name, and that somebody else has to bring.\n\n"
    return heading + table(("Certificate", "Node", "Presented by"), rows) if rows else ""


def _unchecked(view: View) -> str:
    """Where a server's certificate is nobody's business, because no flag says against what to check it."""
    lines = []
    for node in facts.hosts(view):
        api, config = facts.program(view, "kube-apiserver", node), facts.kubelet(view, node)
        if api and not api.flags.get("kubelet-certificate-authority"):
            own = "" if config is None or config.data.get("tlsCertFile") else _serving(config)
            lines.append(
                sentence(
                    "The API server does not check the certificates of kubelets: `--kubelet-certificate-authority` is "
                    "not set." + own
                )
            )
    for each in facts.programs(view):
        if each.name in ("kube-controller-manager", "kube-scheduler") and not each.flags.get("tls-cert-file"):
            lines.append(
                sentence(
                    f"`{plain(each.name)}` makes a certificate for itself at each start, in memory: "
                    "`--tls-cert-file` is not set."
                )
            )
    lines = list(dict.fromkeys(lines))
    return "## What is not checked\n\n" + "\n".join(f"- {line}" for line in lines) + "\n" if lines else ""


def _serving(config: Item) -> str:
    if config.data.get("serverTLSBootstrap"):
        return " The kubelet asks the cluster's CA for one (`serverTLSBootstrap`), and somebody has to approve it."
    return " The kubelet signs its own, `kubelet.crt` in its certificate directory."
