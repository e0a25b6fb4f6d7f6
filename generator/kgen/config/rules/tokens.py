# SPDX-License-Identifier: Apache-2.0
"""Rules for bootstrap tokens and for how a joining node finds the cluster. No value of a token is ever quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgen.config import net, url
from kgen.config.rules.fields import Field
from kgen.config.rules.values import better_endpoint
from kgen.errors import Problem

_TOKEN = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}")
_GROUP = re.compile(r"system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]")
USAGES = ("signing", "authentication")


def token(field: Field) -> Iterator[Problem]:
    """A bootstrap token, `id.secret` (cluster-bootstrap token/api BootstrapTokenPattern)."""
    if not _TOKEN.fullmatch(field.text):
        instead = "6 and 16 lower-case letters or digits with a dot between; kubeadm token generate makes one"
        if field.text.startswith("$"):
            instead += "; a configuration is not a template, nothing is substituted"
        yield field.problem("token", "the value is not a bootstrap token", instead)


def bootstrap_tokens(field: Field) -> Iterator[Problem]:
    """The tokens of an InitConfiguration; one without a token value gets a random one and is fine."""
    for item in field:
        if item["token"].given:
            yield from token(item["token"])
        yield from _usages(item["usages"])
        yield from _groups(item["groups"], item["usages"].texts)
        if item["expires"].given and item["ttl"].given:
            what = "ttl and expires exclude each other, and kubeadm gives every token a ttl"
            yield item.problem("token-expiry", what, "ttl instead of expires")


def _usages(field: Field) -> Iterator[Problem]:
    for item in field:
        if item.text not in USAGES:
            yield item.problem("token-usage", f"{item.text!r} is not a token usage", " or ".join(USAGES))


def _groups(field: Field, usages: list[str]) -> Iterator[Problem]:
    if field.texts and "authentication" not in usages:
        yield field.problem("token-group", "groups need the usage authentication", "usages: [signing, authentication]")
    for item in field:
        if not _GROUP.fullmatch(item.text):
            what = f"{item.text!r} is not a group of bootstrap tokens"
            instead = "system:bootstrappers: and lower-case letters, digits, : and -, e.g. system:bootstrappers:kubeadm"
            yield item.problem("token-group", what, instead)


def discovery(field: Field) -> Iterator[Problem]:
    """How a joining node finds and trusts the cluster: by token or by file."""
    by_token, by_file, tls_token = field["bootstrapToken"], field["file"], field["tlsBootstrapToken"]
    if by_token.given == by_file.given:
        what = "bootstrapToken and file are both set" if by_token.given else "neither bootstrapToken nor file is set"
        yield field.problem("discovery", what, "one of them")
    if by_token.given:
        yield from _token_discovery(by_token)
    if by_file.given:
        yield from _discovery_file(by_file["kubeConfigPath"])
    defaulted = by_token.given and tls_token.text == by_token["token"].text
    if not defaulted and (by_token.given or tls_token.text):
        yield from token(tls_token)


def _token_discovery(field: Field) -> Iterator[Problem]:
    endpoint = field["apiServerEndpoint"]
    try:
        net.split_host_port(endpoint.text)
    except ValueError:
        yield endpoint.problem(
            "endpoint", f"{endpoint.text!r} is not host:port", better_endpoint(endpoint.text, "6443")
        )
    hashes = field["caCertHashes"]
    if not hashes.texts and field["unsafeSkipCAVerification"].value is not True:
        what = "without a hash of its CA certificate the cluster cannot be told from an impostor"
        yield hashes.problem("ca-certificate-hash", what, "a hash, or unsafeSkipCAVerification: true")
    yield from token(field["token"])


def _discovery_file(field: Field) -> Iterator[Problem]:
    """An HTTPS URL or a file of the joining node, which kgen cannot look for."""
    instead = "an HTTPS URL or a file on the joining node"
    try:
        scheme = url.scheme(field.text)
    except ValueError as error:
        yield field.problem("discovery-file", f"the value is not a URL: {error}", instead)
        return
    if not field.text:
        yield field.problem("discovery-file", "there is no path", instead)
    elif scheme not in ("", "https"):
        yield field.problem("discovery-file", f"the scheme is {scheme}", instead)
