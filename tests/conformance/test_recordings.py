# SPDX-License-Identifier: Apache-2.0
"""The recordings themselves: whole, of the present corpus, and without secrets."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import build, recordings
from conformance.cases import cases
from conformance.normalise import NormalFile, NormalObject
from conformance.recordings import Recording, changed, digest, load, store

TOKEN = """\
apiVersion: v1
data:
  expiration: {expiration}
  token-id: {id}
  token-secret: {secret}
kind: Secret
"""


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def token(name: str, secret: str, expiration: str) -> NormalObject:
    text = TOKEN.format(expiration=encode(expiration), id=encode(name), secret=encode(secret))
    return NormalObject("create", "Secret", "kube-system", f"bootstrap-token-{name}", text)


RECORDING = Recording(
    case="a/case",
    kubeadm="v1.99.1",
    rc=0,
    error="",
    input=digest("input"),
    hostname="cp-1",
    started="2026-01-02T03:04:05Z",
    warnings=("careful",),
    log=("[init] Using token: aaaaaa.aaaaaaaaaaaaaaaa",),
    closing="kubeadm join --token aaaaaa.aaaaaaaaaaaaaaaa\n",
    files=(NormalFile("/etc/a", 0o600, "file", "one\n"), NormalFile("/etc/b", 0o644, "file", "one\n")),
    objects=(token("aaaaaa", "aaaaaaaaaaaaaaaa", "2026-01-03T03:04:06Z"),),
)


@pytest.mark.parametrize("minor", build.MINORS)
def test_all_cases_are_recorded(minor: str) -> None:
    """There is a recording of every case, made with the pinned kubeadm from the present input."""
    release = build.version(minor)
    expected = {case.name: (release, digest(case.given(release))) for case in cases()}
    assert {name: (each.kubeadm, each.input) for name, each in load(minor).items()} == expected


@pytest.mark.parametrize("minor", build.MINORS)
def test_no_secrets(minor: str) -> None:
    """No private key is in any text, neither as PEM nor in base64."""
    forbidden = ["PRIVATE KEY-----", *(encode(" " * shift + "-----BEGIN")[4:-4] for shift in range(3))]
    texts = [each.text for recording in load(minor).values() for each in recording.files]
    texts += [each.text for recording in load(minor).values() for each in recording.objects]
    assert [text for text in texts if any(word in text for word in forbidden)] == []


def test_round_trip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored is loaded again, and equal recordings give equal bytes."""
    monkeypatch.setattr(recordings, "HERE", tmp_path)
    store("1.99", {"a/case": RECORDING})
    first = (tmp_path / "1.99.json.xz").read_bytes()
    assert load("1.99") == {"a/case": RECORDING}
    store("1.99", load("1.99"))
    assert (tmp_path / "1.99.json.xz").read_bytes() == first


def test_chance_is_no_change() -> None:
    """A random token, its expiration and the clock may differ between two runs."""
    again = replace(
        RECORDING,
        started="2027-01-02T03:04:05Z",
        log=("[init] Using token: bbbbbb.bbbbbbbbbbbbbbbb",),
        closing="kubeadm join --token bbbbbb.bbbbbbbbbbbbbbbb\n",
        objects=(token("bbbbbb", "bbbbbbbbbbbbbbbb", "2027-01-03T03:04:06Z"),),
    )
    assert changed(RECORDING, again, "") == []


def test_given_token_is_no_chance() -> None:
    """A token that the input names must come out again."""
    again = replace(RECORDING, objects=(token("bbbbbb", "bbbbbbbbbbbbbbbb", "2027-01-03T03:04:06Z"),))
    assert "objects" in changed(RECORDING, again, "--token=aaaaaa.aaaaaaaaaaaaaaaa")


@pytest.mark.parametrize(
    "other",
    [
        replace(RECORDING, rc=1),
        replace(RECORDING, warnings=()),
        replace(RECORDING, files=RECORDING.files[:1]),
        replace(RECORDING, objects=()),
        replace(RECORDING, closing="kubeadm join --token aaaaaa.aaaaaaaaaaaaaaaa --more\n"),
    ],
)
def test_change_is_seen(other: Recording) -> None:
    """Anything else that differs is a change."""
    assert changed(RECORDING, other, "") != []
