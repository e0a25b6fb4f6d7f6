# SPDX-License-Identifier: Apache-2.0
"""Lints: can further nodes join with what the configuration gives them? No token or key is ever quoted."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.config.defaults import NODE_TOKEN_GROUP
from kgen.config.lints.certificates import length
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Subject
from kgen.config.rules.fields import Field
from kgen.config.scalars import parse_duration

_LONG_ENOUGH = parse_duration("10m")


def _tokens(subject: Subject) -> Field:
    return subject.init["bootstrapTokens"]


def short_ttl(subject: Subject) -> Iterator[Finding]:
    """A token that is gone before a node can use it."""
    for token in _tokens(subject):
        nanoseconds = length(token["ttl"])
        if nanoseconds is not None and nanoseconds != 0 and nanoseconds < _LONG_ENOUGH:
            yield Finding(token["ttl"], f"the token lives {token['ttl'].text} from when it is rendered")


def no_expiry(subject: Subject) -> Iterator[Finding]:
    """A token that never expires."""
    for token in _tokens(subject):
        if length(token["ttl"]) == 0 and not token["expires"].given:
            yield Finding(token["ttl"], "the token never expires")


def repeated_id(subject: Subject) -> Iterator[Finding]:
    """A token that is written to the same Secret as a later one (bootstraptoken/node UpdateOrCreateTokens)."""
    tokens = [token["token"] for token in _tokens(subject)]
    ids = [token.text.partition(".")[0] for token in tokens]
    for index, token in enumerate(tokens):
        if token.text and ids[index] in ids[index + 1 :]:
            yield Finding(token, "a later token has the same ID, which is what stands before the dot, and replaces it")


def no_join(subject: Subject) -> Iterator[Finding]:
    """No token is good for `kubeadm join`, which finds the cluster and authenticates with the same one."""
    usages = [set(token["usages"].texts) for token in _tokens(subject)]
    if usages and not any({"signing", "authentication"} <= each for each in usages):
        missing = "authentication" if any("signing" in each for each in usages) else "signing"
        yield Finding(_tokens(subject), f"no token has the usage {missing} together with the other one")


def other_groups(subject: Subject) -> Iterator[Finding]:
    """Nodes that join with these tokens are in no group that kubeadm gives rights to."""
    tokens = [token for token in _tokens(subject) if "authentication" in token["usages"].texts]
    if tokens and not any(NODE_TOKEN_GROUP in token["groups"].texts for token in tokens):
        yield Finding(tokens[0]["groups"], f"no token is in the group {NODE_TOKEN_GROUP}")


def unused_certificate_key(subject: Subject) -> Iterator[Finding]:
    """A certificateKey without anything to encrypt."""
    key = subject.init["certificateKey"]
    if key.text and subject.upload_certs is False:
        yield Finding(key, "the key is not used: certificates are only uploaded with --upload-certs")


LINTS: tuple[Lint, ...] = (
    Lint(
        "token-ttl",
        "warning",
        "a bootstrap token that lives less than ten minutes",
        "It has expired before nodes can join.",
        "a longer ttl",
        short_ttl,
    ),
    Lint(
        "token-no-expiry",
        "warning",
        "a bootstrap token that never expires",
        "Whoever finds it can join nodes for as long as the cluster lives.",
        "a ttl such as 24h",
        no_expiry,
    ),
    Lint(
        "token-id",
        "warning",
        "two bootstrap tokens with the same ID",
        "The last one takes the place of the other, with which nobody can join.",
        "another ID",
        repeated_id,
    ),
    Lint(
        "token-usages",
        "warning",
        "no bootstrap token that kubeadm join can use",
        "It takes one token both to trust cluster-info (signing) and to authenticate (authentication).",
        "usages: [signing, authentication]",
        no_join,
    ),
    Lint(
        "token-groups",
        "warning",
        "no bootstrap token in the group that kubeadm gives rights to",
        "The certificate requests of joining nodes are not approved.",
        "the group as well",
        other_groups,
    ),
    Lint(
        "unused-certificate-key",
        "warning",
        "a certificateKey without --upload-certs",
        "Further control-plane nodes find nothing to decrypt.",
        "--upload-certs, or no key",
        unused_certificate_key,
    ),
)
