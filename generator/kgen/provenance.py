# SPDX-License-Identifier: Apache-2.0
"""Where rendered values come from, noted while they are made.

Configuration is held in `Traced` dictionaries and lists, which know their own paths. `given(compute)`
makes a value and notes every path that was read for it; a value that is not given that way is
kubeadm's own. What was noted travels with the value through templates into the document, where
`resolve` turns it into a map from places in the document to paths.

Paths: `ClusterConfiguration.networking.podSubnet`, `RenderConfiguration.host.proxy`,
`release.coredns` (a fact of the kubeadm minor), `patch:etcd+json.yaml` (a file of the user's),
`derived.dns-address` (what kubeadm makes of others, named once by `derived`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, SupportsIndex, TypeVar, overload

T = TypeVar("T")

Paths = tuple[str, ...]
"""Configuration paths, in the order in which they were read, each once."""

Places = Mapping[str, Paths]
"""Place in an artifact -> what it depends on.

A place is a JSON pointer into the document. Beside it there are

    /data/kubelet#/clusterDNS/0          a document in a text of the document
    /data/Corefile#/6                    a line of any other text, from 0
    /KUBELET_KUBEADM_ARGS/1              a flag in a file of variables
    /subjectAltName/dns/cp-1             a field of a certificate
    path, target, mode, owner            what the index says of the artifact; `path` also for that there is one

What holds other places is a place, too: all that is in it depends on its paths as well.
"""


@dataclass(frozen=True, slots=True)
class Derivation:
    """What is made of other values and then used as one."""

    why: str
    """What it is, a clause."""
    inputs: Paths


_reads: ContextVar[dict[str, None] | None] = ContextVar("reads", default=None)
_derivations: ContextVar[dict[str, Derivation] | None] = ContextVar("derivations", default=None)


def reading(path: str) -> None:
    """Note that a value is being read."""
    reads = _reads.get()
    if reads is not None:
        reads[path] = None


@contextmanager
def noted() -> Iterator[dict[str, None]]:
    """Collect what is read inside; it is read for what surrounds it as well."""
    with _apart() as reads:
        yield reads
    for path in reads:
        reading(path)


@contextmanager
def _apart() -> Iterator[dict[str, None]]:
    reads: dict[str, None] = {}
    token = _reads.set(reads)
    try:
        yield reads
    finally:
        _reads.reset(token)


@contextmanager
def deriving() -> Iterator[Mapping[str, Derivation]]:
    """Collect by path what is derived inside."""
    found: dict[str, Derivation] = {}
    token = _derivations.set(found)
    try:
        yield found
    finally:
        _derivations.reset(token)


def derived(name: str, why: str, compute: Callable[[], T]) -> T:
    """A value with a name of its own: who reads it depends on `derived.<name>`, and that on what was read for it."""
    path = f"derived.{name}"
    with _apart() as reads:
        value = compute()
    found = _derivations.get()
    if found is not None:
        found[path] = Derivation(why, tuple(reads))
    reading(path)
    return value


def unnoted(compute: Callable[[], T]) -> T:
    """A value for which nothing is noted: looking for something is not depending on all that was looked at."""
    token = _reads.set(None)
    try:
        return compute()
    finally:
        _reads.reset(token)


@dataclass(frozen=True, slots=True)
class Given(Generic[T]):
    """A value and the paths it depends on."""

    value: T
    paths: Paths

    def __bool__(self) -> bool:
        """As the value: templates ask `{% if value %}`."""
        return bool(self.value)


def given(compute: Callable[[], T]) -> Given[T]:
    """The value with everything that was read to make it."""
    with noted() as reads:
        value = compute()
    return Given(value, tuple(reads))


def plain(value: T | Given[T]) -> T:
    """The value alone."""
    return value.value if isinstance(value, Given) else value


class Traced(dict[str, Any]):
    """A dictionary of the configuration. Reading a value in it, or finding that it is missing, is noted."""

    __slots__ = ("path",)

    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        super().__init__(values)
        self.path = path

    def _note(self, key: str, value: Any) -> Any:
        if not isinstance(value, Traced | TracedList):
            reading(f"{self.path}.{key}")
        return value

    def __getitem__(self, key: str) -> Any:
        return self._note(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        """As a dictionary's."""
        return self._note(key, super().get(key, default))

    def __contains__(self, key: object) -> bool:
        reading(f"{self.path}.{key}")
        return super().__contains__(key)

    def values(self) -> Any:
        """As a dictionary's."""
        return [self[key] for key in self]

    def items(self) -> Any:
        """As a dictionary's."""
        return [(key, self[key]) for key in self]


class TracedList(list[Any]):
    """A list of the configuration."""

    __slots__ = ("path",)

    def __init__(self, values: Iterable[Any], path: str) -> None:
        super().__init__(values)
        self.path = path

    def _note(self, index: int, value: Any) -> Any:
        if not isinstance(value, Traced | TracedList):
            reading(f"{self.path}[{index}]")
        return value

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        return self._note(int(index), super().__getitem__(index))

    def __iter__(self) -> Iterator[Any]:
        for index, value in enumerate(super().__iter__()):
            yield self._note(index, value)

    def __len__(self) -> int:
        reading(self.path)
        return super().__len__()


def trace(value: Any, path: str) -> Any:
    """The value with all dictionaries and lists in it traced."""
    if isinstance(value, Mapping):
        return Traced({key: trace(item, f"{path}.{key}") for key, item in value.items()}, path)
    if isinstance(value, list):
        return TracedList([trace(item, f"{path}[{index}]") for index, item in enumerate(value)], path)
    return value


def each_given(value: Traced | TracedList) -> Any:
    """A part of the configuration as a plain map or list, each value in it given by itself."""
    if isinstance(value, Traced):
        return {key: _given_item(item, f"{value.path}.{key}") for key, item in dict.items(value)}
    return [_given_item(item, f"{value.path}[{index}]") for index, item in enumerate(list.__iter__(value))]


def _given_item(item: Any, path: str) -> Any:
    return each_given(item) if isinstance(item, Traced | TracedList) else Given(item, (path,))


@dataclass(frozen=True, slots=True)
class Sourced:
    """A document, and what each place in it depends on. Places that are not listed are kubeadm's own."""

    value: Any
    places: Places = field(default_factory=dict)


def resolve(value: Any) -> Sourced:
    """A document with `Given` values anywhere in it, as the plain document and its places."""
    places: dict[str, Paths] = {}
    return Sourced(_unwrap(value, "", places), places)


def _unwrap(value: Any, pointer: str, places: dict[str, Paths]) -> Any:
    if isinstance(value, Given):
        if value.paths:
            places[pointer] = value.paths
        value = value.value
    if isinstance(value, dict):
        return {key: _unwrap(item, f"{pointer}/{escape(key)}", places) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_unwrap(item, f"{pointer}/{index}", places) for index, item in enumerate(value)]
    return value


def leaves(value: Any, pointer: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    """JSON pointer and configuration path, without a kind, of each value in a document that holds no others."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{pointer}/{escape(key)}", f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{pointer}/{index}", f"{path}[{index}]")
    else:
        yield pointer, path


def own_places(kind: str, document: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Paths]:
    """The places of a configuration document as it is written: each value that it holds comes from itself."""
    known = {path for _, path in leaves(unnoted(lambda: _copy(document)))}
    return {
        pointer: (f"{kind}{path}",)
        for pointer, path in leaves(written)
        if path in known and path not in (".apiVersion", ".kind")
    }


def with_unset(kind: str, document: Sourced) -> Sourced:
    """A configuration document as it is written; a value in it that comes from nothing comes from its own field.

    Go writes the zero values of many fields that nobody gives.
    """
    places = {
        pointer: (f"{kind}{path}",)
        for pointer, path in leaves(document.value)
        if path not in (".apiVersion", ".kind") and not _is_within(pointer, document.places)
    }
    return Sourced(document.value, {**places, **document.places})


def _is_within(pointer: str, places: Places) -> bool:
    steps = pointer.split("/")
    return any("/".join(steps[:count]) in places for count in range(1, len(steps) + 1))


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def embedded(pointer: str, places: Places) -> dict[str, Paths]:
    """The places of a document that stands as text at `pointer` of another one: `/data/kubelet#/clusterDNS/0`."""
    return {f"{pointer}#{inner}": paths for inner, paths in places.items()}


def changed(before: Sourced, value: Any, paths: Paths) -> Sourced:
    """The document after someone changed it: what differs now depends on `paths`, the rest on what it did."""
    places: dict[str, Paths] = {}
    _compare(before.value, value, ("", ""), before.places, (), paths, places)
    return Sourced(value, places)


def _compare(
    old: Any, new: Any, at: tuple[str, str], before: Places, above: Paths, paths: Paths, places: dict[str, Paths]
) -> None:
    """Carry the places of what is the same from the old pointer to the new one; mark what is not.

    `above` is what all of it depends on because of what it is in, if that is not the same any more.
    """
    was, now = at
    if old == new:
        for pointer, known in before.items():
            if pointer == was or pointer.startswith((f"{was}/", f"{was}#")):
                places[now + pointer[len(was) :]] = known
        if above:
            places[now] = _together(above, before.get(was, ()))
    elif isinstance(old, dict) and isinstance(new, dict) and new:
        above = _together(above, before.get(was, ()))
        for key, item in new.items():
            step = f"/{escape(key)}"
            _compare(old.get(key, _NOTHING), item, (was + step, now + step), before, above, paths, places)
    elif isinstance(old, list) and isinstance(new, list) and new:
        above = _together(above, before.get(was, ()))
        for index, item in enumerate(new):
            place = _same_item(old, item, index)
            former = old[place] if place is not None else _NOTHING
            _compare(former, item, (f"{was}/{place}", f"{now}/{index}"), before, above, paths, places)
    else:
        places[now] = paths


def _together(some: Paths, more: Paths) -> Paths:
    return tuple(dict.fromkeys((*some, *more)))


_NOTHING = object()


def _same_item(old: list[Any], item: Any, index: int) -> int | None:
    """Where an item of a list stood before: the same value, else one of the same name, else none."""
    if item in old:
        return old.index(item)
    if isinstance(item, dict) and "name" in item:
        names = [other.get("name") if isinstance(other, dict) else None for other in old]
        return names.index(item["name"]) if item["name"] in names else None
    return index if index < len(old) and isinstance(old[index], dict | list) else None


def escape(step: str) -> str:
    """A step of a JSON pointer (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")
