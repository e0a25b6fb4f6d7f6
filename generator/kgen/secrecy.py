# SPDX-License-Identifier: Apache-2.0
"""What is secret: values of a document by its kind and their place, and text that looks like a secret anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MASK = "********"
"""Stands in messages in the place of what may be a secret."""

_NAMES = r"(?:token|secret|password|passwd|passphrase|credentials?|api-?key)"
SECRET_FLAG = re.compile(rf"--?(?!-?auth-token=)([\w.-]*{_NAMES})=(?!/|true$|false$)(.+)", re.IGNORECASE | re.DOTALL)
"""A flag with a secret: its name and its value. A value that is a path is none, nor is etcd's kind of token."""
USERINFO = re.compile(r"(?<=://)[^\s/?#\"]+(?=@)")
"""User and password of a URL; they may hold an @ (Go's net/url takes the last one)."""

_LOOKALIKES = (
    re.compile(r"(?<![a-z0-9])(?<![a-z0-9][.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9]|[.-][a-z0-9])"),  # a token
    re.compile(
        r"(?<![0-9a-z])(?<!sha256[:=])(?<!sha512[:=])[0-9a-f]{32,}(?![0-9a-z]|-\d)", re.IGNORECASE
    ),  # a certificate key
    re.compile(
        r"(?:(?<=token[:=])|(?<=secret[:=])|(?<=password[:=])|(?<=passwd[:=])|(?<=passphrase[:=])|(?<=credential[:=])"
        r"|(?<=key[:=])|(?<=value:))[^\s,;}\]'\"]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?:(?<=bearer )|(?<=basic ))[^\s,;}\]'\"]+", re.IGNORECASE),
)
_BEFORE_AT = re.compile(r"(?<![\w.%+-])(?!mailto:)([\w.%+-]+:(?://)?)(\S*)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")

_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
_PROXY_WITH_USER = re.compile(r"_proxy\n\s*value: [\"']?[^\s@]+@", re.IGNORECASE)
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
    for found in _BEFORE_AT.finditer(text):
        parts = re.split(r"@(?!sha\d)", found[0])
        if len(parts) > 1:
            start = found.start(2) if found[1].endswith("/") else found.start()
            yield start, max(start, found.end() - len(parts[-1]) - 1)
    for found in _BASE64.finditer(text):
        is_path = "/" in found[0] and re.search("[_-]", found[0])  # no alphabet of Base64 has both
        if not is_path and all(re.search(kind, found[0]) for kind in ("[0-9]", "[a-z]", "[A-Z]")):
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


def has_user(text: str) -> bool:
    """Whether a text holds user and password of a URL, or of a proxy, whose URL needs no scheme."""
    return bool(USERINFO.search(text) or _PROXY_WITH_USER.search(text))


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
        if "?" in str(document.get("staticPodURL")):
            yield ("staticPodURL",), document["staticPodURL"]
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
                if isinstance(variable, dict) and "value" in variable and not _is_shown(variable):
                    yield (*here, index, "value"), variable["value"]
        elif isinstance(item, str) and (found := SECRET_FLAG.fullmatch(item)):
            yield here, found[2]
        elif isinstance(value, dict) and SECRET_FLAG.fullmatch(_as_flag(value, step)):
            yield here, item
        else:
            yield from _variables(item, here)


def _as_flag(argument: Mapping[Any, Any], field: str | int) -> str:
    """What of a flag an item of extraArgs has up to this field: its name may hold the value by mistake."""
    name = f"--{argument.get('name')}"
    return {"name": name, "value": f"{name}={argument.get('value')}"}.get(str(field), "")


def _is_shown(variable: Mapping[Any, Any]) -> bool:
    """A proxy is no secret, but for a user in its URL, which USERINFO finds if there is a scheme."""
    value = str(variable["value"])
    return str(variable.get("name")).lower() in _PROXIES and ("@" not in value or "://" in value)


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items())
    elif isinstance(value, list):
        yield from enumerate(value)
