# SPDX-License-Identifier: Apache-2.0
"""Configurations with a few values changed at random, for comparing verdicts. The same seed gives the same ones."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import yaml

from conformance import build
from conformance.cases import cases
from kgen.config import documents
from kgen.config.catalogue import fields

Documents = list[dict[str, Any]]

_LARGEST = 6000
"""Bytes; the few larger files are there for their size."""

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 70000, 6443, 3.5, 1e30, "", "x", "a b", "é", [], {}, [None], [""], ["a", None], [1]),
    *([{}], [{"name": "a", "value": "b"}], [{"name": "", "value": "b"}], {"a": "b"}, {"a": None}, {"a": True}),
    *({"directory": "/a"}, {"directory": "a"}, "Always", "always", "Never", "NoSchedule", "all", "signing"),
    *(
        "10.0.0.0/8",
        "10.96.0.0/12",
        "10.0.0.0/16,fd00::/56",
        "10.0.0.0/30",
        "10.0.0.0/28",
        "010.1.1.0/24",
        "10.0.0.0/33",
    ),
    *("fd00::/64", "fd00::/108", "fd00::/112", "fd00::/120", "::/0", "0.0.0.0/0", "fec0::/56"),
    *("1.2.3.4", "::1", "::", "0.0.0.0", "127.0.0.1", "fe80::1", "010.0.0.1", "1.2.3", "::ffff:1.2.3.4"),
    *("a.b.c", "*.a.b", "A.b", "a_b", "-a", "a-", "a..b", "a:1", "a:", "a:0", "a:70000", ":1"),
    *("[::1]:1", "[::1]", "::1:1", "fd00::5", "1.2.3.4:1"),
    *("https://a", "http://a:1", "https://a:b", "unix:///a", "/a", "a/b", "tcp://a", "unix", "unixx://", "file:///a"),
    *("file:a", "%zz", "https://[::1", "v1.36.0", "1.36.2", "v1.34.0", "stable-1.36", "latest"),
    *("5m", "1d", "0s", "-1h", "1h30m", "1.5h", "1us", "2030-01-01T00:00:00Z", "2030"),
    *("abcdef.0123456789abcdef", "Abcdef.0123456789abcdef", "abcdef.0123456789abcde", "0" * 64, "f" * 63, "zz" * 32),
    *("sha256:" + "a" * 64, "RSA-2048", "rsa-2048", "ECDSA-P256", "MNT_FORCE", "authentication"),
    *("system:bootstrappers:a", "system:bootstrappers:", "system:masters"),
    *("registry.k8s.io", "a//b", "A/b", "localhost:5000/a", "a.b/C", "a:80/b", "a@b"),
)


def mutants(seed: int, minor: str) -> Iterator[bytes]:
    """Endlessly many configurations."""
    chance = random.Random(seed)  # noqa: S311 (a test wants the same every time)
    originals = list(_originals(build.version(minor)))
    while True:
        mutant = copy.deepcopy(chance.choice(originals))
        for _ in range(chance.choice((1, 1, 1, 2))):
            mutate(mutant, originals, minor, chance)
        yield yaml.safe_dump_all(mutant, allow_unicode=True, sort_keys=False).encode()


def _originals(release: str) -> Iterator[Documents]:
    for case in cases():
        text = case.text(release).encode(errors="surrogateescape")
        if len(text) < _LARGEST:
            values = [document.value for document in documents.parse(text, case.name)[0]]
            yield from [values] if values else []


def mutate(mutant: Documents, originals: list[Documents], minor: str, chance: random.Random) -> None:
    """Change, add or remove one thing, most often so that it is wrong."""
    document = chance.choice(mutant)
    places = [path for path in paths(document) if path]
    match chance.random():
        case part if part < 0.4 and places:
            path = chance.choice(places)
            holder(document, path)[path[-1]] = _value(chance)
        case part if part < 0.85:
            _set_field(document, minor, chance)
        case part if part < 0.9 and places:
            path = chance.choice(places)
            del holder(document, path)[path[-1]]
        case part if part < 0.95:
            document[chance.choice(("foo", "Kind", "networking"))] = _value(chance)
        case _:
            mutant.append(copy.deepcopy(chance.choice(originals)[0]))


def _value(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(_VALUES))


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within, parents first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from paths(item, (*path, step))


def holder(document: Any, path: tuple[Any, ...]) -> Any:
    """What holds the value at a path."""
    for step in path[:-1]:
        document = document[step]
    return document


def _set_field(document: dict[str, Any], minor: str, chance: random.Random) -> None:
    """Set any field that the document's kind has, with what must be there above it."""
    try:
        place = chance.choice(fields(minor, document.get("apiVersion", ""), document.get("kind", "")))
    except (KeyError, TypeError):
        return
    holder: Any = document
    *above, last = place.split(".")
    for step in above:
        name = step.removesuffix("[]")
        holder = holder.setdefault(name, [{}] if step.endswith("[]") else {})
        if step.endswith("[]") and isinstance(holder, list) and holder:
            holder = chance.choice(holder)
        if not isinstance(holder, dict):
            return
    holder[last.removesuffix("[]")] = _value(chance)
