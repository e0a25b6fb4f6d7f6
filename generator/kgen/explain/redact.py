# SPDX-License-Identifier: Apache-2.0
"""The gate of the site: what of an artifact may be seen. Pure.

It goes by what a thing is: a private key, the data of a Secret, the credentials of a kubeconfig, the values of
environment variables, the headers that a kubelet sends, user and password in a URL. Neither the name of a file nor
what the index says of it can make it visible; the index can only hide more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from kgen import secrecy
from kgen.sinks.index import Entry, ObjectEntry

Form = Literal["certificate", "private-key", "public-key", "kubeconfig", "manifest", "object", "configuration", "text"]
MARK = "(not shown)"
"""Stands in the place of what is hidden."""

_PRIVATE = re.compile(r"PRIVATE KEY")
_PRIVATE_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.S)
_FLAG_WITHIN = re.compile(r"(--[\w.-]*(?:token|secret|password|passphrase|credentials?)=)(?!/)([^\s\"']+)")
_TELLING = 12
"""From this length on a secret is also looked for everywhere else."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be seen of an artifact."""

    form: Form
    text: str
    """Without anything secret; empty if nothing may be seen."""
    hidden: str
    """Why nothing may be seen, as a sentence; else empty."""
    secrets: frozenset[str] = field(repr=False)
    """What was taken out, to look for it elsewhere. For the gate alone."""


def shown(entry: Entry, content: bytes) -> Shown:
    """What may be seen of an artifact with this content."""
    text = content.decode(errors="replace")
    data = parsed(text)
    form = _form(entry, text, data)
    if form == "private-key":
        return Shown(form, "", "A private key is never shown.", frozenset())
    if form in ("certificate", "public-key"):
        return Shown(form, text, "", frozenset())
    if form == "text" and (entry.sensitive or not entry.topic.startswith("kubelet/")):
        why = "The index calls it sensitive" if entry.sensitive else "It should be YAML or PEM and is not"
        return Shown(form, "", f"{why}, so it is not shown.", frozenset())
    redacted, secrets = _without_secrets(text, data)
    return Shown(form, redacted, "", frozenset(secret for secret in secrets if len(secret) >= _TELLING))


def parsed(text: str) -> Any:
    """The mapping in a YAML text, with what is not JSON as text; None for any other text."""
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _form(entry: Entry, text: str, data: Any) -> Form:
    if isinstance(data, dict) and data.get("kind") == "Config":
        return "kubeconfig"
    if isinstance(data, dict) and isinstance(entry, ObjectEntry):
        return "object"
    if isinstance(data, dict) and data.get("kind") == "Pod":
        return "manifest"
    if isinstance(data, dict):
        return "configuration"
    if _PRIVATE.search(text):
        return "private-key"
    if text.startswith("-----BEGIN CERTIFICATE-----"):
        return "certificate"
    if text.startswith("-----BEGIN PUBLIC KEY-----"):
        return "public-key"
    return "text"


def _without_secrets(text: str, data: Any) -> tuple[str, set[str]]:
    """The text with MARK in the place of each secret value, and these values."""
    secrets: set[str] = set()
    if isinstance(data, dict):
        hidden = dict(secrecy.places(data))
        secrets |= {value for value in hidden.values() if isinstance(value, str)}
        text = _replaced(text, set(hidden), secrets)
    else:
        secrets |= {found[2] for found in _FLAG_WITHIN.finditer(text)}
        text = _FLAG_WITHIN.sub(rf"\1{MARK}", text)
    for found in secrecy.USERINFO.finditer(text):
        secrets.add(found[0])
    text = secrecy.USERINFO.sub(MARK, text)
    return _PRIVATE_BLOCK.sub(MARK, text), secrets


def _replaced(text: str, paths: set[secrecy.Path], secrets: set[str]) -> str:
    """The text with MARK in place of the values at these paths, and nothing secret in the texts that it holds."""
    root = yaml.compose(text, Loader=_Loader)
    edits = sorted(_edits(text, root, (), paths, secrets), reverse=True)
    for start, end, instead in edits:
        text = text[:start] + instead + text[end:]
    return text


def _edits(
    text: str, node: yaml.Node | None, path: secrecy.Path, paths: set[secrecy.Path], secrets: set[str]
) -> Iterator[tuple[int, int, str]]:
    if node is None:
        return
    if path in paths:
        yield node.start_mark.index, _end(text, node), f"{_flag(node)}{MARK}"
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _edits(text, value, (*path, key.value), paths, secrets)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _edits(text, item, (*path, index), paths, secrets)
    elif isinstance(node, yaml.ScalarNode) and isinstance(inner := parsed(node.value), dict):
        redacted, found = _without_secrets(node.value, inner)
        secrets |= found
        if redacted != node.value:
            yield node.start_mark.index, _end(text, node), _literal(text, node, redacted)


def _flag(node: yaml.Node) -> str:
    """A flag keeps its name."""
    found = secrecy.SECRET_FLAG.fullmatch(node.value) if isinstance(node, yaml.ScalarNode) else None
    return f"--{found[1]}=" if found else ""


def _end(text: str, node: yaml.Node) -> int:
    """One past the last character of the value; the mark of a block is beyond the blanks that follow it."""
    return len(text[: node.end_mark.index].rstrip())


def _literal(text: str, node: yaml.ScalarNode, value: str) -> str:
    """The value as a literal block, with the indentation that the one in its place has."""
    line = text.rfind("\n", 0, node.start_mark.index) + 1
    own = len(text[line:]) - len(text[line:].lstrip(" "))
    body = text[node.start_mark.index : _end(text, node)].partition("\n")[2]
    blanks = len(body) - len(body.lstrip(" ")) if body else own + 2
    lines = [f"{' ' * blanks}{each}" if each else "" for each in value.removesuffix("\n").split("\n")]
    return "\n".join(["|", *lines])
