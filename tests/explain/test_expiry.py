# SPDX-License-Identifier: Apache-2.0
"""When certificates end, as a list and as a calendar."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from explain.seen import EXAMPLES, edited, example, seen
from kgen import releases
from kgen.explain.expiry import calendar, expiries, page
from kgen.explain.view import View


def lines(view: View) -> list[str]:
    """The content lines of the calendar, unfolded (RFC 5545, 3.1)."""
    asset = calendar(view)
    assert asset is not None
    return asset.content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def how(view: View, path: str) -> str:
    """How a certificate is renewed."""
    return next(each.how for each in expiries(view) if each.item.path == path)


def test_sorted() -> None:
    """The first to end is first; the CAs, which last longer, are at the end."""
    found = expiries(example("hardened"))
    assert [each.certificate.not_after for each in found] == sorted(each.certificate.not_after for each in found)
    assert (found[0].length, found[-1].length) == ("90 days", "5 years")
    assert [each.certificate.is_ca for each in found][-3:] == [True] * 3


@pytest.mark.parametrize("minor", releases.minors())
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_certificate(name: str, minor: str) -> None:
    """Each certificate is on the page and in the calendar, and somebody renews it."""
    view = example(name, minor)
    listed = {each.item.path for each in expiries(view)}
    assert listed == {path for path, item in view.items.items() if item.certificates}
    assert sum(line == "BEGIN:VEVENT" for line in lines(view)) == len(expiries(view))
    assert not [each for each in expiries(view) if "does not know" in each.how]


def test_who_renews() -> None:
    """kubeadm, the kubelet, or somebody else."""
    view = seen()
    assert how(view, "pki/etcd/peer.crt") == "By `kubeadm upgrade`, or `kubeadm certs renew etcd-peer`."
    assert "rotateCertificates" in how(view, "kubelet.conf") and how(view, "kubelet.conf").startswith("By the kubelet")
    assert how(view, "pki/ca.crt").startswith("By hand")
    off = edited("kubelet/config.yaml", "rotateCertificates: true", "rotateCertificates: false")
    assert how(off, "kubelet.conf").startswith("By hand")
    assert "is not in this tree" in how(seen(without=["kubelet/config.yaml"]), "kubelet.conf")


def test_external_ca() -> None:
    """What a CA signed whose key is elsewhere, kubeadm cannot renew."""
    view = seen(without=["pki/ca.key"])
    assert how(view, "pki/apiserver.crt").startswith("By whoever has the CA's key")
    assert how(view, "pki/etcd/peer.crt").startswith("By `kubeadm upgrade`")


def test_calendar_is_rfc_5545() -> None:
    """CRLF, at most 75 octets a line, every event with what it must have, and an alarm a month before."""
    asset = calendar(example("ha"))
    assert asset is not None
    assert asset.content.count(b"\n") == asset.content.count(b"\r\n") and asset.content.endswith(b"\r\n")
    assert max(map(len, asset.content.split(b"\r\n"))) <= 75
    events = "\n".join(lines(example("ha"))).split("BEGIN:VEVENT")[1:]
    for event in events:
        for wanted in (r"^UID:\w+@kgen$", r"^DTSTAMP:\d{8}T\d{6}Z$", r"^DTSTART:\d{8}T\d{6}Z$", r"^TRIGGER:-P30D$"):
            assert re.search(wanted, event, re.M), wanted
    assert len({re.search(r"^UID:(.*)$", event, re.M)[1] for event in events}) == len(events)  # type: ignore[index]


def test_calendar_of_other_languages() -> None:
    """A line is folded between characters, never within one; nothing can end a line."""
    view = example("minimal")
    view = replace(view, index=replace(view.index, cluster_name="клъстер, в ; име\\\r\nBEGIN:VEVENT " * 4))
    asset = calendar(view)
    assert asset is not None
    assert all(piece.decode() is not None and len(piece) <= 75 for piece in asset.content.split(b"\r\n"))
    assert sum(line == "BEGIN:VEVENT" for line in lines(view)) == len(expiries(view))
    assert any("клъстер\\, в \\; име\\\\" in line for line in lines(view))


def test_calendar_is_reproducible() -> None:
    """The same tree gives the same bytes; a renewal by the same CA keeps the UIDs."""
    assert calendar(seen()) == calendar(seen())
    uids = [line for line in lines(seen()) if line.startswith("UID:")]
    later = seen("certificateValidityPeriod: 2160h\n")
    assert sorted(line for line in lines(later) if line.startswith("UID:")) == sorted(uids)


def test_tokens() -> None:
    """Tokens end too, and what they own goes with them."""
    body = page(seen(upload=True)).body
    assert "cluster/kubeadm-certs.yaml" in body and "goes with its owner" in body


def test_nothing() -> None:
    """Without certificates there is no calendar, and no link to one."""
    view = seen(without=list(seen().items))
    assert calendar(view) is None
    assert "expiry.ics" not in page(view).body
