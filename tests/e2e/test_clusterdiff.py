# SPDX-License-Identifier: Apache-2.0
"""The comparison of clusters sees what differs, and only that."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from e2e import clusterdiff


def _role(verb: str = "get", uid: str = "1") -> dict[str, Any]:
    metadata = {"name": "r", "namespace": "n", "uid": uid, "creationTimestamp": f"2026-01-0{uid}T00:00:00Z"}
    return {"kind": "Role", "metadata": metadata, "rules": [{"verbs": [verb]}]}


def _token(identity: str, description: str, secret: str) -> dict[str, Any]:
    data = {"token-id": identity, "token-secret": secret, "description": description, "expiration": identity}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"name": f"bootstrap-token-{identity}", "namespace": "n"}, "data": encoded}


def _compare(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
    return clusterdiff.differences(clusterdiff.texts(ours), clusterdiff.texts(theirs))


def test_ids_and_times_are_no_difference() -> None:
    """What the API server gives to any object is passed over."""
    assert _compare([_role(uid="1")], [_role(uid="2")]) == []


def test_another_rule_is_a_difference() -> None:
    """It is named, and shown in both forms."""
    (found,) = _compare([_role("get")], [_role("list")])
    assert found.startswith("Role n r")
    assert "-  - list" in found
    assert "+  - get" in found


@pytest.mark.parametrize(("ours", "theirs", "said"), [(1, 0, "only in ours"), (0, 1, "only in theirs")])
def test_an_object_more_is_a_difference(ours: int, theirs: int, said: str) -> None:
    """On either side."""
    (found,) = _compare([_role()] * ours, [_role()] * theirs)
    assert found == f"{said}: Role n r"


def test_tokens_are_compared_unless_each_program_drew_its_own() -> None:
    """The token of --upload-certs is random; any other has to be the same, but for its end."""
    proxy = "Proxy for managing TTL for the kubeadm-certs secret"
    assert _compare([_token("aaaaaa", proxy, "x")], [_token("bbbbbb", proxy, "y")]) == []
    assert len(_compare([_token("aaaaaa", "for nodes", "x")], [_token("aaaaaa", "for nodes", "y")])) == 1


def test_certificates_and_signatures_are_made_of_keys() -> None:
    """They are left out; the text around them is not."""

    def info(certificate: str, server: str) -> dict[str, Any]:
        text = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n{server}"
        return {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"kubeconfig": text}}

    assert _compare([info("AAAA", "s")], [info("BBBB", "s")]) == []
    assert len(_compare([info("AAAA", "s")], [info("AAAA", "t")])) == 1
