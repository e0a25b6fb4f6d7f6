# SPDX-License-Identifier: Apache-2.0
"""When certificates and tokens end, as a list and as a calendar (RFC 5545). Pure: without a clock."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from kgen.explain import facts
from kgen.explain.certificates import Decoded
from kgen.explain.markdown import Md, code, link, sentence, table, text
from kgen.explain.page import Asset, Page
from kgen.explain.view import Item, View, dig

PATH = "lists/expiry.md"
CALENDAR = "lists/expiry.ics"

_RENEWED = {
    "pki/apiserver": "apiserver",
    "pki/apiserver-kubelet-client": "apiserver-kubelet-client",
    "pki/apiserver-etcd-client": "apiserver-etcd-client",
    "pki/front-proxy-client": "front-proxy-client",
    "pki/etcd/server": "etcd-server",
    "pki/etcd/peer": "etcd-peer",
    "pki/etcd/healthcheck-client": "etcd-healthcheck-client",
    "kubeconfig/admin": "admin.conf",
    "kubeconfig/super-admin": "super-admin.conf",
    "kubeconfig/controller-manager": "controller-manager.conf",
    "kubeconfig/scheduler": "scheduler.conf",
}
"""kubeadm's names for `kubeadm certs renew` (app/phases/certs/certlist.go, app/phases/certs/renewal/manager.go)."""
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Expiry:
    """A certificate and its end."""

    item: Item
    certificate: Decoded
    how: str
    """Who renews it and how, in sentences with `code`."""

    @property
    def length(self) -> str:
        """How long it is valid, in the largest unit that says it."""
        seconds = (self.certificate.not_after - self.certificate.not_before).total_seconds()
        days = round(seconds / _DAY)
        if days >= 730:
            return f"{days / 365.25:.0f} years"
        return f"{days} days" if days >= 2 else f"{seconds / 3600:.0f} hours"


def expiries(view: View) -> tuple[Expiry, ...]:
    """Every certificate of the tree, the first that ends first."""
    found = [
        Expiry(item, certificate, _renewal(view, item, certificate))
        for item in view.files
        for certificate in item.certificates
    ]
    return tuple(sorted(found, key=lambda each: (each.certificate.not_after, each.item.path)))


def page(view: View) -> Page:
    """The page of the list."""
    found = expiries(view)
    parts = [
        "# Certificate expiry\n",
        sentence(
            "The first to end comes first. A renewed certificate counts from its renewal, so this page is right until "
            "then. On a host `kubeadm certs check-expiration` says what is true there."
        ),
        "\n",
    ]
    if found:
        first = min(each.certificate.not_before for each in found)
        last = max(each.certificate.not_after for each in found)
        rows = [
            (
                Md(f"{facts.to(PATH, each.item)}<br>{'CA' if each.certificate.is_ca else 'leaf'}"),
                _date(each.certificate.not_before),
                _date(each.certificate.not_after),
                Md(f"{text(each.length)}<br>{_bar(each.certificate, first, last)}"),
                sentence(each.how),
            )
            for each in found
        ]
        parts += [
            f"{link('The same as a calendar', 'expiry.ics')}, with an alarm 30 days before each end.\n",
            table(("Certificate", "From", "To", "Length", "Renewed"), rows),
        ]
    else:
        parts.append("There is no certificate in this tree.\n")
    tokens = list(_tokens(view))
    if tokens:
        parts += ["## Tokens and the like\n", table(("What", "To", "Then"), tokens)]
    parts += _notes(view)
    return Page(PATH, "Certificate expiry", "\n".join(parts) + "\n")


def calendar(view: View) -> Asset | None:
    """The calendar; None if the tree has no certificate. Its bytes depend on the tree alone."""
    found = expiries(view)
    if not found:
        return None
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//kgen//certificate expiry//EN"]
    for each in found:
        lines += _event(view, each)
    lines.append("END:VCALENDAR")
    return Asset(CALENDAR, b"".join(_folded(line) for line in lines))


def _renewal(view: View, item: Item, certificate: Decoded) -> str:
    if certificate.is_ca:
        return "By hand: kubeadm renews no CA. A new one has to reach everybody who trusts the old one first."
    ca = facts.issuer(view, certificate, item.node)
    key = facts.at(view, ca.node, ca.target.removesuffix(".crt") + ".key") if ca else None
    if item.topic == "kubeconfig/kubelet":
        config = facts.kubelet(view, item.node)
        if config is None:
            return "By the kubelet, if its configuration says `rotateCertificates`; that is not in this tree."
        if config.data.get("rotateCertificates"):
            return (
                "By the kubelet itself (`rotateCertificates`): it asks for one of its own as soon as the API server "
                "answers, keeps it in its own directory, and asks again before it ends."
            )
        return "By hand: the kubelet does not rotate it (`rotateCertificates` is off)."
    name = _RENEWED.get(item.topic)
    if key is None:
        return "By whoever has the CA's key, which is not in this tree; then put it in its place."
    if name is None:
        return "By hand: kubeadm does not know it."
    return f"By `kubeadm upgrade`, or `kubeadm certs renew {name}`."


def _date(when: datetime) -> Md:
    return Md(f'<span style="white-space:nowrap">{when:%Y-%m-%d}</span><br>{when:%H:%M:%S} UTC')


def _bar(certificate: Decoded, first: datetime, last: datetime) -> Md:
    """Where its time lies in that of all certificates together; the dates beside it say the same."""
    whole = (last - first).total_seconds() or 1.0
    left = (certificate.not_before - first).total_seconds() / whole * 100
    width = max((certificate.not_after - certificate.not_before).total_seconds() / whole * 100, 1.0)
    return Md(
        '<svg class="kgen-bar" width="100" height="8" viewBox="0 0 100 8" aria-hidden="true">'
        '<rect width="100" height="8" fill="var(--md-default-fg-color--lightest, #8884)"/>'
        f'<rect x="{min(left, 99):.1f}" width="{min(width, 100 - min(left, 99)):.1f}" height="8"'
        ' fill="var(--md-primary-fg-color, #4051b5)"/></svg>'
    )


def _tokens(view: View) -> Iterator[tuple[object, ...]]:
    for item in view.objects:
        if item.topic == "cluster/bootstrap-token":
            end = _decoded(item, "expiration")
            yield facts.to(PATH, item), end or "never", "the controller manager deletes it (controller `tokencleaner`)"
        for owner in facts.entries(dig(item.data, "metadata", "ownerReferences")):
            named = facts.find(view, str(owner.get("kind")), str(owner.get("name")), item.namespace)
            end = _decoded(named, "expiration") if named else ""
            yield facts.to(PATH, item), end or "with its owner", Md(f"it goes with its owner {code(owner.get('name'))}")


def _decoded(item: Item, key: str) -> str:
    try:
        return base64.b64decode(str(dig(item.data, "data", key) or "")).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _notes(view: View) -> Iterator[str]:
    if any(each.how.startswith("By `kubeadm upgrade`") for each in expiries(view)):
        yield "## Renew them all\n"
        yield (
            "```sh\nkubeadm certs renew all\n"
            "# then restart what reads them only at its start: each static pod, one after the other\n"
            "crictl ps --name '^(etcd|kube-apiserver|kube-controller-manager|kube-scheduler)$'\n"
            "crictl stop CONTAINER-ID    # the kubelet starts it again\n```\n"
        )
        yield sentence(
            "`kubeadm upgrade apply` and `kubeadm upgrade node` renew them unless told "
            "`--certificate-renewal=false`. On each control-plane node; copies of `admin.conf` elsewhere have to be "
            "replaced by hand."
        )


def _event(view: View, expiry: Expiry) -> Iterator[str]:
    certificate, item = expiry.certificate, expiry.item
    what = f"{item.target or item.path} on {item.node} ends"
    detail = expiry.how.replace("`", "")
    # Stable over a renewal by the same CA, different from cluster to cluster.
    signer = certificate.public_key_hash if certificate.is_ca else certificate.authority_key_identifier
    name = "\n".join((signer, view.index.cluster_name, item.node, item.target))
    yield from (
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(name.encode()).hexdigest()[:32]}@kgen",
        f"DTSTAMP:{_utc(certificate.not_before)}",
        f"DTSTART:{_utc(certificate.not_after)}",
        f"SUMMARY:{_escaped(f'{view.index.cluster_name}: {what}')}",
        f"DESCRIPTION:{_escaped(f'{certificate.name}. {detail}')}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-P30D",
        f"DESCRIPTION:{_escaped(f'{what} in 30 days')}",
        "END:VALARM",
        "END:VEVENT",
    )


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(value: str) -> str:
    """A text of RFC 5545, 3.3.11: without control characters, which have no place in one."""
    flat = "".join(character if character.isprintable() else " " for character in value)
    return flat.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> bytes:
    """A content line in pieces of at most 75 octets, each but the first with a blank before it (3.1)."""
    return b"\r\n ".join(_pieces(line)) + b"\r\n"


def _pieces(line: str) -> Iterable[bytes]:
    piece = b""
    room = 75
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > room:
            yield piece
            piece, room = b"", 74
        piece += octets
    yield piece
