# SPDX-License-Identifier: Apache-2.0
"""Where every value of the effective configuration comes from: the user's line, a flag, a default, or other values.

Found by comparing the user's documents, in current shape, with the effective ones. What kubeadm makes of other values
is in two small tables; their facts are those of config/defaults.py and config/convert.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kgen.cluster import Cluster
from kgen.config import convert, effective, version
from kgen.config import flags as flag
from kgen.config.catalogue import RENDER
from kgen.config.reading import Document
from kgen.errors import Mark, Path, format_path

Place = tuple[str, Path]
"""Kind and path of a value: ("ClusterConfiguration", ("networking", "podSubnet"))."""

NOT_SET = "not set"

_INIT, _CLUSTER, _RENDER = "InitConfiguration", "ClusterConfiguration", RENDER[1]
_KUBELET, _PROXY = "KubeletConfiguration", "KubeProxyConfiguration"
_TIMEOUT: Place = (_INIT, ("timeouts", "controlPlaneComponentHealthCheck"))
_OLD_TIMEOUT: Place = (_CLUSTER, ("apiServer", "timeoutForControlPlane"))
_VERSION: Place = (_CLUSTER, ("kubernetesVersion",))
_NODE_NAME: Path = ("nodeRegistration", "name")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value comes from."""

    kind: Literal["user", "flag", "default", "derived"]
    source: str = ""
    """File, or flag with its dashes: of the value itself, or of the user's value that this one was made of."""
    mark: Mark | None = None
    """Where in the file."""
    why: str = ""
    """What was done to derive it, or NOT_SET for a field that nobody sets; a clause."""
    inputs: tuple[Place, ...] = ()
    """The other values that it is derived from; each has an origin of its own."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """How kubeadm makes a value; `[]` in paths stands for any index, the same one in all of them."""

    why: str
    inputs: tuple[tuple[str, str], ...] = ()


_SKIPPED = _Rule("its phase is skipped", ((_INIT, "skipPhases"),))

_MADE: Mapping[tuple[str, str], _Rule] = {
    (_INIT, "bootstrapTokens[].token"): _Rule("random, made when rendered"),
    (_INIT, "nodeRegistration.name"): _Rule("the name of the host", ((_RENDER, "host.hostname"),)),
    (_CLUSTER, "dns.disabled"): _SKIPPED,
    (_CLUSTER, "etcd.external.httpEndpoints[]"): _Rule("as endpoints", ((_CLUSTER, "etcd.external.endpoints[]"),)),
    (_CLUSTER, "kubernetesVersion"): _Rule("stable-1, which is kubeadm's own version without a network"),
    (_CLUSTER, "proxy.disabled"): _SKIPPED,
    (_KUBELET, "authentication.x509.clientCAFile"): _Rule("its ca.crt", ((_CLUSTER, "certificatesDir"),)),
    (_KUBELET, "clusterDNS[]"): _Rule("its tenth address", ((_CLUSTER, "networking.serviceSubnet"),)),
    (_KUBELET, "clusterDomain"): _Rule("the same", ((_CLUSTER, "networking.dnsDomain"),)),
    (_KUBELET, "resolvConf"): _Rule("that of the host", ((_RENDER, "host.resolvConf"),)),
    (_PROXY, "bindAddress"): _Rule("all addresses of its family", ((_INIT, "localAPIEndpoint.advertiseAddress"),)),
    (_PROXY, "clusterCIDR"): _Rule("the same", ((_CLUSTER, "networking.podSubnet"),)),
}
"""Values that kubeadm makes where the user gives none."""

_CHANGED: Mapping[tuple[str, str], _Rule] = {
    (_INIT, "localAPIEndpoint.advertiseAddress"): _Rule("in Go's spelling"),
    (_INIT, "nodeRegistration.criSocket"): _Rule("with the scheme unix://"),
    (_INIT, "nodeRegistration.name"): _Rule("trimmed and in lower case"),
    (_CLUSTER, "apiServer.certSANs[]"): _Rule("in lower case"),
    (_CLUSTER, "controlPlaneEndpoint"): _Rule("with the port", ((_INIT, "localAPIEndpoint.bindPort"),)),
    (_CLUSTER, "dns.disabled"): _SKIPPED,
    (_CLUSTER, "kubernetesVersion"): _Rule("as kubeadm resolves it without a network"),
    (_CLUSTER, "proxy.disabled"): _SKIPPED,
    (_KUBELET, "rotateCertificates"): _Rule("kubeadm always turns it on"),
}
"""What kubeadm does to values that the user gives."""

_MISSING = object()


@dataclass(frozen=True, slots=True)
class _Given:
    """A document of the user's: in its own shape, in current shape, and in that as Go writes it."""

    document: Document
    current: Mapping[str, Any]
    encoded: Mapping[str, Any]

    def place(self, path: Path) -> tuple[str, Mark | None]:
        """Where the value at a path of the current shape was given."""
        if isinstance(self.document, flag.FlagDocument):
            return flag.flag_for(self.document.kind, path), None
        return self.document.source, self.document.key_mark(self._own(path))

    def _own(self, path: Path) -> Path:
        """The path in the user's document: v1beta3 has arguments as a map."""
        own: list[str | int] = []
        value: Any = self.document.value
        current: Any = self.current
        for step in path:
            current = _at(current, (step,))
            if isinstance(value, dict) and isinstance(step, int):
                return (*own, current["name"])
            value = _at(value, (step,))
            own.append(step)
        return tuple(own)


def origins(cluster: Cluster) -> Mapping[Place, Origin]:
    """The origin of every value in `effective.documents`, and of every value in the user's documents.

    Lists and maps have one too: that of their key. A RenderConfiguration is included; `find` answers for values
    that nobody gave.
    """
    given = _given(cluster)
    written = {
        _INIT: cluster.init,
        _CLUSTER: cluster.configuration,
        _KUBELET: cluster.kubelet,
        _PROXY: cluster.kube_proxy,
    }
    found: dict[Place, Origin] = {}
    for kind, document in effective.documents(cluster).items():
        for path, value in walk(document):
            found[kind, path] = _origin(cluster, given, written[kind], kind, path, value)
    for kind, mine in given.items():
        for path, _ in walk(mine.current):
            if (kind, path) not in found:
                found[kind, path] = _user(mine, path)
    moved = found.get(_TIMEOUT)
    if moved and _OLD_TIMEOUT in moved.inputs:
        found[_OLD_TIMEOUT] = Origin("user", moved.source, moved.mark)
    return found


def find(known: Mapping[Place, Origin], kind: str, path: Path) -> Origin:
    """The origin of a value, also of one that is nowhere: a default that is not set."""
    return known.get((kind, path)) or Origin("default", why=NOT_SET)


def by_name(known: Mapping[Place, Origin]) -> Mapping[str, Origin]:
    """The same by the names of provenance.py: `ClusterConfiguration.networking.podSubnet`."""
    return {f"{kind}.{format_path(path)}": origin for (kind, path), origin in known.items()}


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below a map or a list with its path, outer ones first."""
    steps = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield (*path, step), item
        yield from walk(item, (*path, step))


def _given(cluster: Cluster) -> dict[str, _Given]:
    """The user's documents by kind."""
    values = {kind: document.value for kind, document in cluster.documents.items()}
    current = convert.to_current({kind: values[kind] for kind in (_INIT, _CLUSTER) if kind in values})
    found = {}
    for kind, document in cluster.documents.items():
        value = current.get(kind) or convert.without_nulls(document.value)
        known = kind in (_INIT, _CLUSTER, _KUBELET, _PROXY)
        encoded = effective.as_go_writes(value, cluster.release.minor) if known else value
        found[kind] = _Given(document, value, encoded)
    return found


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step, _MISSING)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return _MISSING
    return value


def _origin(
    cluster: Cluster, given: Mapping[str, _Given], written: Mapping[str, Any], kind: str, path: Path, value: Any
) -> Origin:
    mine = given.get(kind)
    if kind == _INIT and path in (_TIMEOUT[1][:1], _TIMEOUT[1]) and (moved := _moved_timeout(given, path)):
        return moved
    if (kind, path) == (_INIT, _NODE_NAME) and "node-name" in cluster.flags.fields:
        return _named_by_flag(cluster, value)
    raw = _at(mine.current, path) if mine else _MISSING
    if mine and raw is not _MISSING:
        if path == ("apiVersion",) and mine.document.api_version != value:
            return Origin("derived", *mine.place(path), f"converted from {mine.document.api_version}")
        if bool(raw) >= bool(value) if isinstance(value, dict | list) else _at(mine.encoded, path) == value:
            return _user(mine, path)
        rule = _CHANGED.get((kind, _pattern(path)))
        if (kind, path) == _VERSION and not version.is_label(str(raw)):
            rule = _Rule("with a v in front" if value == f"v{raw}" else "as kubeadm writes it")
        if rule and raw != "":
            source, mark = mine.place(path)
            return _by_rule(cluster, rule, path, source, mark)
    rule = _MADE.get((kind, _pattern(path)))
    if rule and (value or path[-1] == "token"):
        return _by_rule(cluster, rule, path)
    return Origin("default", why=NOT_SET if value in ("", None) or _at(written, path) is _MISSING else "")


def _user(mine: _Given, path: Path) -> Origin:
    source, mark = mine.place(path)
    if not isinstance(mine.document, flag.FlagDocument):
        return Origin("user", source, mark)
    if source != flag.SOURCE:
        return Origin("flag", source)
    above = any(its_path[: len(path)] == path for its_path in _flag_paths(mine.document.kind))
    return Origin("flag", source) if above else Origin("default")


def _flag_paths(kind: str) -> list[Path]:
    return [path for its_kind, path in flag.PATHS.values() if its_kind == kind]


def _by_rule(cluster: Cluster, rule: _Rule, path: Path, source: str = "", mark: Mark | None = None) -> Origin:
    if rule.inputs == _SKIPPED.inputs and cluster.flags.skip_phases:
        return Origin("derived", "--skip-phases", why=rule.why)
    return Origin("derived", source, mark, rule.why, tuple((kind, _filled(text, path)) for kind, text in rule.inputs))


def _named_by_flag(cluster: Cluster, value: Any) -> Origin:
    if cluster.flags.fields["node-name"] == value:
        return Origin("flag", "--node-name")
    return Origin("derived", "--node-name", why=_CHANGED[_INIT, "nodeRegistration.name"].why)


def _moved_timeout(given: Mapping[str, _Given], path: Path) -> Origin | None:
    """v1beta3's apiServer.timeoutForControlPlane, if the value at this path of the other document is made of it."""
    init, mine = given.get(_INIT), given.get(_CLUSTER)
    if not mine or isinstance(mine.document, flag.FlagDocument) or _given_as_is(init, path):
        return None
    if _INIT not in convert.to_current({_CLUSTER: mine.document.value}):
        return None
    mark = mine.document.key_mark(_OLD_TIMEOUT[1])
    return Origin("derived", mine.document.source, mark, "moved here", (_OLD_TIMEOUT,))


def _given_as_is(init: _Given | None, path: Path) -> bool:
    """Whether the user has a map at this path himself; the timeout in it is replaced all the same."""
    return bool(init and path != _TIMEOUT[1] and _at(init.document.value, path) is not _MISSING)


def _pattern(path: Path) -> str:
    return format_path(tuple("[]" if isinstance(step, int) else step for step in path)).replace(".[]", "[]")


def _filled(pattern: str, path: Path) -> Path:
    """`etcd.external.endpoints[]` with the index of the path that it is derived for."""
    indices = (step for step in path if isinstance(step, int))
    filled: list[str | int] = []
    for name in pattern.split("."):
        filled.append(name.removesuffix("[]"))
        if name.endswith("[]"):
            filled.append(next(indices))
    return tuple(filled)
