# SPDX-License-Identifier: Apache-2.0
"""Tokens and uploaded certificates: made from the randomness that is passed in, kept while they are good."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

import kgen
from cli.running import CLUSTER, INIT
from helpers import CannedKeys
from kgen import secrets
from kgen.cluster import Cluster
from kgen.errors import MaterialError
from kgen.secrets import TOKEN_ALPHABET, Earlier, Secrets, Token

START = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def cluster(tokens: str = "", more: str = "", *, upload: bool = False) -> Cluster:
    """A cluster with these bootstrap tokens."""
    init = INIT + (f"bootstrapTokens: {tokens}\n" if tokens else "")
    return kgen.load([("config.yaml", (init + CLUSTER + more).encode())], flags=kgen.Flags(upload_certs=upload))


def counting(first: int = 0) -> Callable[[int], bytes]:
    """Bytes that are not the same twice for long."""
    number = iter(range(first, 10**9))
    return lambda count: b"".join(bytes([next(number) % 251]) for _ in range(count))


def made(tokens: str = "", earlier: Earlier | None = None, start: datetime = START) -> tuple[Token, ...]:
    """The tokens of a cluster."""
    return secrets.tokens(cluster(tokens), earlier or Earlier(), start, counting())


def written(*tokens: Token, **changes: str) -> Earlier:
    """An earlier tree that holds these tokens; `changes` to the data of their Secrets, already in base64."""
    contents = {}
    for token in tokens:
        data = {"token-id": token.id, "token-secret": token.secret, "description": token.description}
        if token.expires:
            data["expiration"] = f"{token.expires:%Y-%m-%dT%H:%M:%SZ}"
        encoded = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
        content = yaml.safe_dump({"kind": "Secret", "data": encoded | changes}).encode()
        contents[f"cluster/bootstrap-token-{token.id}.yaml"] = content
    return Earlier(contents)


def test_default_token() -> None:
    """Without any in the configuration there is one token, for a day, that authenticates and signs."""
    (token,) = made()
    assert len(token.id) == 6
    assert len(token.secret) == 16
    assert set(token.text) <= set(TOKEN_ALPHABET + ".")
    assert token.expires == START + 24 * HOUR
    assert token.usages == ("signing", "authentication")
    assert token.groups == ("system:bootstrappers:kubeadm:default-node-token",)


def test_configured_tokens() -> None:
    """Tokens are those of the configuration, in its order; a ttl of 0 means no end."""
    first, second = made(
        "[{token: bbbbbb.0123456789abcdef, ttl: 2h, description: d, usages: [authentication]}, "
        "{token: aaaaaa.0123456789abcdef, ttl: 0s}]"
    )
    assert (first.text, first.expires, first.description, first.usages) == (
        "bbbbbb.0123456789abcdef",
        START + 2 * HOUR,
        "d",
        ("authentication",),
    )
    assert (second.text, second.expires) == ("aaaaaa.0123456789abcdef", None)


def test_new_tokens_differ() -> None:
    """Tokens that are left open are drawn one by one."""
    first, second = made("[{ttl: 1h}, {ttl: 2h}]")
    assert first.id != second.id
    assert first.secret != second.secret


def test_characters_are_even() -> None:
    """Every character is as likely as any other: bytes that would favour some are drawn again."""
    draws = iter([bytes(range(252, 256)) * 6, bytes(range(256))[:22], bytes(range(22, 44))])
    text = secrets._characters(lambda _: next(draws), 40)
    assert text[:22] == TOKEN_ALPHABET[:22]
    every = iter([bytes(range(252))])
    assert set(Counter(secrets._characters(lambda _: next(every), 252)).values()) == {7}


def test_token_is_kept() -> None:
    """A token of the earlier tree that still lives takes the place of one that is left open, with its expiry."""
    (before,) = made()
    (after,) = made(earlier=written(before), start=START + 23 * HOUR)
    assert (after.text, after.expires) == (before.text, before.expires)


@pytest.mark.parametrize("hours", [24, 25, 1000])
def test_token_is_over(hours: int) -> None:
    """An expired one is replaced."""
    (before,) = made()
    (after,) = secrets.tokens(cluster(), written(before), START + hours * HOUR, bytes)
    assert after.text != before.text
    assert after.expires == START + (hours + 24) * HOUR


def test_shorter_life() -> None:
    """An earlier expiry that lies beyond what is asked for now does not count."""
    (before,) = made("[{ttl: 24h}]")
    (after,) = made("[{ttl: 2h}]", written(before))
    assert (after.text, after.expires) == (before.text, START + 2 * HOUR)


def test_configured_token_keeps_its_expiry() -> None:
    """A configured token keeps the earlier expiry while that lies ahead, and gets a new one after."""
    (before,) = made("[{token: abcdef.0123456789abcdef}]")
    earlier = written(before)
    assert made("[{token: abcdef.0123456789abcdef}]", earlier, START + HOUR)[0].expires == before.expires
    assert made("[{token: abcdef.0123456789abcdef}]", earlier, START + 30 * HOUR)[0].expires == START + 54 * HOUR
    other = made("[{token: abcdef.fedcba9876543210}]", earlier, START + HOUR)[0]
    assert other.expires == START + 25 * HOUR, "another secret is another token"


def test_no_token_twice() -> None:
    """An earlier token serves one of those that are left open, and none if the configuration names it."""
    (before,) = made("[{token: abcdef.0123456789abcdef}]")
    tokens = made("[{token: abcdef.0123456789abcdef}, {ttl: 1h}, {ttl: 1h}]", written(before))
    assert len({token.id for token in tokens}) == 3
    (spare,) = secrets.tokens(cluster(), Earlier(), START, counting(100))
    first, second = made("[{ttl: 24h}, {ttl: 24h}]", written(spare))
    assert first.text == spare.text
    assert second.text != spare.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"data: x",
        b"[]",
        b"a: [",
        b"data: {token-id: '***', token-secret: AAAA}",
        b"data: {token-id: YQ==}",
        b"data: {token-id: 5, token-secret: [1]}",
        b"data: {token-id: /w==, token-secret: /w==}",
        b"data: {token-id: YWJjZGVm, token-secret: YWJjZGVm, expiration: bm8=}",
        b"data: {token-id: YWJjZGVm, token-secret: YWJjZGVm, expiration: 2030-01-01}",
        b"data: {token-id: YWJjZGVm, token-secret: YWJjZGVm, expiration: MjAzMS0wMS0wMVQwMDowMDowMA==}",
        b"data: {token-id: YWJjZGVm, token-secret: YWJjZGVm, description: null}",
        b"data: {token-id: null, token-secret: ''}",
    ],
)
def test_ruined_token(content: bytes) -> None:
    """What is no token any more, because somebody edited it, is not kept and does no harm."""
    (token,) = made(earlier=Earlier({"cluster/bootstrap-token-x.yaml": content}))
    assert token.text == made()[0].text


def test_not_utf8_expiration() -> None:
    """The same for a Secret whose fields are not what they should be."""
    (before,) = made()
    assert made(earlier=written(before, expiration=base64.b64encode(b"\xff").decode()))


def gathered(configuration: Cluster, host_files: Mapping[str, bytes] | None = None, **changes: Any) -> Secrets:
    """The secrets of a cluster."""
    arguments = {"keys": CannedKeys(), "start": START, "random": counting(), "host_files": host_files}
    return kgen.gather(configuration, **(arguments | changes))


def uploaded(found: Secrets) -> Earlier:
    """The tree that these secrets are written to, as far as uploads go."""
    assert found.upload
    data = {name: base64.b64encode(box).decode() for name, box in found.upload.encrypted.items() if box}
    tokens = written(found.upload.token).tokens
    return Earlier(tokens, yaml.safe_dump({"data": data}).encode())


KEY = "0123456789abcdef" * 4


def with_key(key: str = KEY) -> Cluster:
    """A cluster that uploads its certificates under a given key."""
    text = (INIT + f"certificateKey: {key}\n" + CLUSTER).encode()
    return kgen.load([("config.yaml", text)], flags=kgen.Flags(upload_certs=True))


def test_no_upload() -> None:
    """Certificates are uploaded if that is asked for."""
    assert gathered(cluster()).upload is None


def test_upload() -> None:
    """The key is the configured one or 32 new bytes; the token has no usages and lives for two hours."""
    found = gathered(cluster(upload=True)).upload
    assert found
    assert len(bytes.fromhex(found.certificate_key)) == 32
    assert (found.token.usages, found.token.groups) == ((), ())
    assert found.token.expires == START + 2 * HOUR
    assert gathered(with_key()).upload.certificate_key == KEY  # type: ignore[union-attr]


def test_nonces_differ() -> None:
    """No two files are encrypted with the same nonce."""
    found = gathered(with_key()).upload
    assert found
    nonces = [box[:12] for box in found.encrypted.values() if box]
    assert len(set(nonces)) == len(nonces) == 8


def test_upload_is_kept() -> None:
    """With the same key and the same files an earlier upload is kept while its token lives."""
    ring = {"keys": CannedKeys()}
    before = gathered(with_key(), **ring)
    material = [kgen.Material(_files(before), "earlier")]
    kept = kgen.gather(
        with_key(),
        material,
        keys=CannedKeys(),
        start=START + HOUR,
        random=counting(),
        earlier=uploaded(before),
    )
    assert kept.upload == before.upload
    for change in ({"start": START + 2 * HOUR}, {"configuration": with_key("f" * 64)}, {"materials": []}):
        arguments: dict[str, Any] = {"configuration": with_key(), "materials": material, "start": START + HOUR} | change
        other = kgen.gather(
            arguments["configuration"],
            arguments["materials"],
            keys=CannedKeys(),
            start=arguments["start"],
            random=counting(),
            earlier=uploaded(before),
        )
        assert other.upload
        assert other.upload.encrypted != before.upload.encrypted  # type: ignore[union-attr]


def _files(found: Secrets) -> dict[str, bytes]:
    names = ("ca", "etcd/ca", "front-proxy-ca")
    pairs = {f"{name}.crt": found.keyring.certificate(name) for name in names}
    pairs |= {f"{name}.key": found.keyring.key(name) or b"" for name in names}
    return pairs | {"sa.key": found.keyring.key("sa") or b"", "sa.pub": found.keyring.public_key("sa")}


@pytest.mark.parametrize("certificates", [b"", b"\xff", b"data: {ca.crt: '***'}", b"data: {ca.crt: AAAA}", b"data: []"])
def test_ruined_upload(certificates: bytes) -> None:
    """An upload that cannot be read is made anew."""
    before = gathered(with_key())
    earlier = Earlier(uploaded(before).tokens, certificates)
    found = gathered(with_key(), earlier=earlier).upload
    assert found
    assert set(found.encrypted) >= {"ca.key", "sa.key"}


def test_external_etcd() -> None:
    """With an external etcd its files from the host go along; one that is not at hand is null, as in kubeadm."""
    external = (
        "etcd: {external: {endpoints: ['https://192.0.2.21:2379'], "
        "caFile: /etcd/ca.crt, certFile: /etcd/c.crt, keyFile: /etcd/c.key}}\n"
    )
    found = gathered(cluster(more=external, upload=True), {"/etcd/ca.crt": b"ca", "/etcd/c.key": b"key"}).upload
    assert found
    assert {name for name in found.encrypted if "etcd" in name} == {
        "external-etcd-ca.crt",
        "external-etcd.crt",
        "external-etcd.key",
    }
    assert [name for name, box in found.encrypted.items() if box is None] == ["external-etcd.crt"]


def test_external_ca() -> None:
    """Without the key of a CA there is nothing to share."""
    before = gathered(cluster())
    files = _files(before)
    del files["front-proxy-ca.key"]
    names = ("front-proxy-client",)
    files |= {f"{name}.crt": before.keyring.certificate(name) for name in names}
    files |= {f"{name}.key": before.keyring.key(name) or b"" for name in names}
    with pytest.raises(MaterialError, match=r"pki/front-proxy-ca\.key"):
        kgen.gather(
            cluster(upload=True), [kgen.Material(files, "given")], keys=CannedKeys(), start=START, random=counting()
        )


def test_no_secret_is_shown() -> None:
    """Neither a token's secret nor the certificate key is in a repr."""
    found = gathered(with_key())
    shown = repr(found)
    assert KEY not in shown
    assert found.tokens[0].secret not in shown
    assert found.upload
    assert found.upload.token.secret not in shown
    assert "PRIVATE KEY" not in shown
    assert "PRIVATE KEY" not in repr(uploaded(found))
