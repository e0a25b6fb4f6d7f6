# SPDX-License-Identifier: Apache-2.0
"""What is secret: values of a document by its kind and their place, and text that looks like a secret anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MASK = "********"
"""Stands in messages in the place of what may be a secret."""

SECRET_FLAG = re.compile(
    r"--?([\w.-]*(?:token|secret|password|passphrase|credentials?))=(?!/|true$|false$|\d+$)(.+)", re.S
)
"""A flag with a secret: its name and its value. A value that is a path is none."""
USERINFO = re.compile(r"(?<=://)[^\s/@'\"]++(?=@)")
"""User and password of a URL"""

_LOOKALIKES = (
    re.compile(r"(?<![a-z0-9])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9])"),  # a bootstrap token
    re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{32,}(?![0-9A-Za-z])"),  # a certificate key, but not sha256:…
    USERINFO,
    re.compile(r"(?<![\w.%+-])[\w.%+-]{1,100}+:[^\s/@'\"]{1,100}+(?=@(?!sha256:))"),  # the same without a scheme
    re.compile(
        r"(?:(?<=token=)|(?<=secret=)|(?<=password=)|(?<=passwd=)|(?<=passphrase=)|(?<=credential=)|(?<=key=))"
        r"[^\s,;}\]'\"]+",
        re.IGNORECASE,
    ),
)
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{40,}")

_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
_TOKEN_DATA = ("token-id", "expiration", "description", "auth-extra-groups")
_USER = ("client-certificate", "client-certificate-data", "client-key", "tokenFile")
"""What a kubeconfig's user has that is no secret: public certificates and names of files."""

Span = tuple[int, int]
"""First character, and the first one after it"""
Path = tuple[str | int, ...]


def lookalikes(text: str) -> Iterator[Span]:
    """Where something stands that looks like a secret; rather too much than too little."""
    for pattern in _LOOKALIKES:
        yield from (found.span() for found in pattern.finditer(text))
    for found in _BASE64.finditer(text):
        if all(re.search(kind, found[0]) for kind in ("[0-9]", "[a-z]", "[A-Z]")):
            yield found.span()


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, without empty ones and overlaps."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def masked(text: str, spans: Iterable[Span]) -> str:
    """The text with MASK in the place of these parts."""
    for start, end in reversed(merged(spans)):
        text = f"{text[:start]}{MASK}{text[end:]}"
    return text


def told(text: str) -> str:
    """A text for messages, without what looks like a secret."""
    return masked(text, lookalikes(text))


def places(document: Mapping[Any, Any]) -> Iterator[tuple[Path, Any]]:
    """Where secret values stand in a document, by its kind and type, with what is there."""
    kind = document.get("kind")
    if kind == "Secret":
        public = _TOKEN_DATA if document.get("type") == "bootstrap.kubernetes.io/token" else ()
        for field in ("data", "stringData"):
            yield from (
                ((field, name), value)
                for name, value in _items(document.get(field))
                if name not in public and not (public and str(name).startswith("usage-bootstrap-"))
            )
    elif kind == "Config":
        for index, user in _items(document.get("users")):
            for name, value in _items(user.get("user") if isinstance(user, dict) else None):
                if name not in _USER:
                    yield ("users", index, "user", name), value
    elif kind == "KubeletConfiguration":
        for name, value in _items(document.get("staticPodURLHeader")):
            yield ("staticPodURLHeader", name), value
    elif kind == "InitConfiguration":
        for index, token in _items(document.get("bootstrapTokens")):
            if isinstance(token, dict):
                yield ("bootstrapTokens", index, "token"), token.get("token")
        yield ("certificateKey",), document.get("certificateKey")
    yield from _variables(document, ())


def _variables(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Values of environment variables, wherever they stand, and of flags whose value is a secret."""
    for step, item in _items(value):
        here = (*path, step)
        if step in ("env", "extraEnvs") and isinstance(item, list):
            for index, variable in enumerate(item):
                if isinstance(variable, dict) and "value" in variable and not _is_proxy(variable.get("name")):
                    yield (*here, index, "value"), variable["value"]
        elif isinstance(item, str) and (found := SECRET_FLAG.fullmatch(item)):
            yield here, found[2]
        elif step == "value" and isinstance(value, dict) and SECRET_FLAG.fullmatch(f"--{value.get('name')}={item}"):
            yield here, item
        else:
            yield from _variables(item, here)


def _is_proxy(name: Any) -> bool:
    return str(name).lower() in _PROXIES


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items())
    elif isinstance(value, list):
        yield from enumerate(value)
