# SPDX-License-Identifier: Apache-2.0
"""Text -> Cluster: parse, check, convert, default, check again. Collects every problem before it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kgen import patches as patching
from kgen import releases
from kgen.cluster import Cluster, Host, Node
from kgen.config import convert, defaults, documents, rules, schema, version
from kgen.config import flags as flag
from kgen.config.reading import Document, Reading
from kgen.errors import ConfigurationError, Problem, UsageError
from kgen.phases import JOIN_COMMAND_NEEDS, NAMES, expand
from kgen.releases import Release

Files = Mapping[str, bytes]
ReadDirectory = Callable[[str], Files]

_KUBEADM_KINDS = ("InitConfiguration", "ClusterConfiguration")
_COMPONENT_KINDS = ("KubeletConfiguration", "KubeProxyConfiguration")
_GROUPS = (convert.GROUP, "kubelet.config.k8s.io", "kubeproxy.config.k8s.io")
_LAST_READER = {
    "v1alpha1": "1.11",
    "v1alpha2": "1.12",
    "v1alpha3": "1.14",
    "v1beta1": "1.15",
    "v1beta2": "1.22",
    "v1beta3": "1.36",
}


def _no_directory(path: str) -> Files:
    raise UsageError(f"no way to read the directory {path} was given")


def load(
    sources: Sequence[tuple[str, bytes]],
    *,
    flags: flag.Flags | None = None,
    kubeadm: str | None = None,
    strict: bool = True,
    read_directory: ReadDirectory = _no_directory,
    only: Sequence[str] = (),
) -> Cluster:
    """The cluster that a configuration describes, as kubeadm would see it.

    `sources` are files as (name for messages, content); without kubeadm's documents in them, `flags`
    describe the cluster.
    `kubeadm` is the minor to be, e.g. `1.37`; by default the RenderConfiguration's or that of
    kubernetesVersion. With `strict` off, unknown and repeated fields are warnings, as in `kubeadm init`.
    `read_directory` gives the files of a patches directory by relative path. With `only`, all other
    phases are skipped.
    Raises ConfigurationError with all problems.
    """
    given = flags or flag.Flags()
    reading = Reading(strict)
    for name, text in sources:
        parsed, problems = documents.parse(text, name)
        for problem in problems:
            reading.add(problem)
        _sort_in(parsed, reading)
    if reading.found.keys() <= {"RenderConfiguration"} and not reading.problems:
        reading.found |= {document.kind: document for document in flag.documents(given)}
    else:
        _refuse_mixture(given)
    release = _release(reading, kubeadm)
    for document in list(reading.found.values()):
        _check_structure(document, release, reading)
    cluster = _resolve(reading, release, given, read_directory, only)
    if cluster is None:
        raise ConfigurationError(tuple(sorted(reading.problems, key=_place)))
    return cluster


def _place(problem: Problem) -> tuple[str, int, int]:
    return (problem.source, problem.mark.line, problem.mark.column) if problem.mark else (problem.source, 0, 0)


def _refuse_mixture(flags: flag.Flags) -> None:
    mixed = [f"--{name}" for name in flags.fields if name not in flag.BESIDE_FILES]
    if mixed:
        raise UsageError(f"{', '.join(mixed)} cannot be mixed with a configuration file; write it into the file")


def _sort_in(parsed: Sequence[Document], reading: Reading) -> None:
    """Take each document that can be used by its kind."""
    for document in parsed:
        group, slash, _ = document.api_version.partition("/")
        if not slash:
            what = f"{document.api_version} {document.kind} has no API group, and kubeadm reads no such document"
            reading.add(_document_problem(document, "no-group", what, "take it out of the file"))
            continue
        known = group in _GROUPS or (document.api_version, document.kind) == schema.RENDER
        if not known:
            reading.add(
                _document_problem(
                    document,
                    "unknown-kind",
                    f"{document.api_version} {document.kind} is none of kubeadm's documents",
                    "it is ignored at init",
                )
            )
        elif document.kind in reading.found:
            first = reading.found[document.kind]
            reading.add(
                _document_problem(
                    document,
                    "repeated-kind",
                    f"there is a second {document.kind}; the first is at {first.source}:{first.line}",
                    "one of each kind",
                )
            )
        else:
            reading.found[document.kind] = document


def _document_problem(document: Document, code: str, what: str, instead: str = "") -> Problem:
    return Problem(code, what, instead, document.kind).at(document.source, document.mark(()))


def _release(reading: Reading, kubeadm: str | None) -> Release:
    """Which kubeadm to be. One that kgen cannot be is a problem, and the newest stands in to find further ones."""
    known = releases.minors()
    newest = releases.load(known[-1])
    render = reading.found.get("RenderConfiguration")
    chosen = kubeadm or (render.value.get("kubeadm") if render and isinstance(render.value, dict) else None)
    if chosen is not None:
        if chosen in known:
            return releases.load(chosen)
        what = f"there is no kubeadm {chosen}"
        reading.add(Problem("kubeadm", what, f"one of {', '.join(known)}", "RenderConfiguration", ("kubeadm",)))
        return newest
    cluster = reading.found.get("ClusterConfiguration")
    text = cluster.value.get("kubernetesVersion") if cluster and isinstance(cluster.value, dict) else None
    if not isinstance(text, str) or not text or version.is_label(text):
        return releases.load(_label_minor(text, known)) if isinstance(text, str) and text else newest
    try:
        minor = version.resolve(text, newest.kubeadm).minor
    except ValueError:
        return newest
    if minor in known:
        return releases.load(minor)
    what = f"kgen renders Kubernetes {known[0]} to {known[-1]}, not {text}"
    instead = f"e.g. {newest.kubeadm}; or name the kubeadm to render as: --kubeadm, or RenderConfiguration.kubeadm"
    reading.add(Problem("kubernetes-version", what, instead, "ClusterConfiguration", ("kubernetesVersion",)))
    return newest


def _label_minor(label: str, known: Sequence[str]) -> str:
    """`stable-1.36` means kubeadm 1.36; any other label the newest."""
    minor = label.rpartition("-")[2]
    return minor if minor in known else known[-1]


def _check_structure(document: Document, release: Release, reading: Reading) -> None:
    """Is the kind readable by this kubeadm, and is it built as its type says?"""
    place = (document.api_version, document.kind)
    group, _, api_version = document.api_version.partition("/")
    if group == convert.GROUP and api_version not in release.config_versions:
        reading.add(_version_problem(document, api_version, release))
    elif place in schema.kinds(release.minor):
        for problem in schema.check(document, release.minor):  # type: ignore[arg-type]
            reading.add(problem)
    else:
        names = sorted(kind for its_version, kind in schema.kinds(release.minor) if its_version == document.api_version)
        versions = sorted(v for v, kind in schema.kinds(release.minor) if kind == document.kind)
        instead = f"one of {', '.join(names)}" if names else f"apiVersion {' or '.join(versions)}" if versions else ""
        code = "unknown-kind" if group == convert.GROUP else "unknown-version"
        reading.add(
            Problem(
                code, f"kubeadm {release.minor} knows no {document.api_version} {document.kind}", instead, document.kind
            )
        )


def _version_problem(document: Document, api_version: str, release: Release) -> Problem:
    what = f"kubeadm {release.minor} does not read {document.api_version}"
    instead = f"apiVersion: {convert.CURRENT}"
    if api_version in _LAST_READER:
        instead += f"; kubeadm {_LAST_READER[api_version]} was the last to convert it"
    return Problem("api-version", what, instead, document.kind, ("apiVersion",))


def _resolve(
    reading: Reading, release: Release, flags: flag.Flags, read_directory: ReadDirectory, only: Sequence[str]
) -> Cluster | None:
    """The cluster; None if there are errors, which then are in `reading`."""
    if not any(kind in reading.found for kind in _KUBEADM_KINDS):
        if not reading.failed:
            what = "there is neither an InitConfiguration nor a ClusterConfiguration"
            reading.problems.append(Problem("nothing-to-init", what, "at least one of them"))
        return None
    parts = {kind: reading.sound_part(kind) for kind in (*_KUBEADM_KINDS, *_COMPONENT_KINDS)}
    values = {kind: part for kind, part in parts.items() if part is not None}
    converted = convert.to_current({kind: value for kind, value in values.items() if kind in _KUBEADM_KINDS})
    init = converted.get("InitConfiguration") or {"apiVersion": convert.CURRENT, "kind": "InitConfiguration"}
    configuration = converted.get("ClusterConfiguration") or {
        "apiVersion": convert.CURRENT,
        "kind": "ClusterConfiguration",
    }
    host, time = _host(reading)
    _override(init, flags)
    defaults.init_configuration(init)
    defaults.cluster_configuration(configuration, release)
    defaults.dynamic(init, configuration, host.hostname)
    skipped = _skipped_phases(init, configuration, flags, reading)
    resolved = _version(configuration, release, reading)
    for problem in rules.init(init, configuration, release):
        if not reading.explained(problem):
            reading.add(problem)
    if reading.failed or resolved is None:
        return None
    kubelet = convert.without_nulls(
        values.get("KubeletConfiguration")
        or {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
    )
    proxy = convert.without_nulls(
        values.get("KubeProxyConfiguration")
        or {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}
    )
    defaults.kubelet(kubelet, configuration)
    defaults.kube_proxy(proxy, init, configuration, release)
    patches = _patches(init, release, reading, read_directory)
    if reading.failed:
        return None
    return Cluster(
        release=release,
        version=resolved,
        init=init,
        configuration=configuration,
        kubelet=kubelet,
        kube_proxy=proxy,
        user_supplied=frozenset(kind for kind in _COMPONENT_KINDS if kind in reading.found),
        nodes=(_first_node(init, host),),
        patches=patches,
        skipped=skipped | _others(only),
        skip_phases=skipped,
        upload_certs=flags.upload_certs,
        time=time,
        warnings=tuple(sorted(reading.problems, key=_place)),
    )


def _override(init: dict[str, Any], flags: flag.Flags) -> None:
    """The flags that count beside a file."""
    if "node-name" in flags.fields:
        init.setdefault("nodeRegistration", {})["name"] = flags.fields["node-name"]


def _first_node(init: Mapping[str, Any], host: Host) -> Node:
    local, registration = init["localAPIEndpoint"], init["nodeRegistration"]
    return Node(registration["name"], "init", local["advertiseAddress"], local["bindPort"], registration, host)


def _host(reading: Reading) -> tuple[Host, datetime | None]:
    """What the RenderConfiguration says about the host, and the time that it fixes."""
    render = convert.without_nulls(reading.sound_part("RenderConfiguration") or {})
    told = render.get("host", {})
    host = Host(
        ca_directories=tuple(told.get("caDirectories", Host().ca_directories)),
        resolv_conf=told.get("resolvConf", ""),
        proxy=told.get("proxy", {}),
        hostname=told.get("hostname", "").strip().lower(),
        users=told.get("users", Host().users),
        groups=told.get("groups", Host().groups),
    )
    return host, datetime.fromisoformat(render["time"]) if "time" in render else None


def _version(configuration: dict[str, Any], release: Release, reading: Reading) -> version.Version | None:
    """kubernetesVersion resolved, or None with the problem noted (util/config/common.go NormalizeKubernetesVersion)."""
    text = configuration["kubernetesVersion"]
    place = ("ClusterConfiguration", ("kubernetesVersion",))
    try:
        resolved = version.resolve(text, release.kubeadm)
    except ValueError as error:
        reading.add(Problem("kubernetes-version", str(error), f"e.g. {release.kubeadm}", *place))
        return None
    oldest = _oldest_installable(release.minor)
    if resolved.minor_number < oldest:
        what = f"kubeadm {release.minor} installs Kubernetes 1.{oldest} or later, not {resolved.text}"
        reading.add(Problem("kubernetes-version", what, f"e.g. {release.kubeadm}", *place))
        return None
    if version.is_label(text):
        what = f"{text} is {resolved.text} here: kgen is offline, as kubeadm would be without a network"
        label = Problem("version-label", what, f"kubernetesVersion: {resolved.text}", *place, level="warning")
        if not reading.explained(label):
            reading.add(label)
    configuration["kubernetesVersion"] = resolved.text
    return resolved


def _oldest_installable(minor: str) -> int:
    """The oldest Kubernetes minor that a kubeadm minor installs: the one before its own."""
    return int(minor.partition(".")[2]) - 1


def _skipped_phases(
    init: Mapping[str, Any], configuration: dict[str, Any], flags: flag.Flags, reading: Reading
) -> frozenset[str]:
    """skipPhases with the addons that are disabled; a skipped addon becomes a disabled one (cmd/init.go)."""
    try:
        skipped = expand(flags.skip_phases or init.get("skipPhases", []))
    except ValueError as error:
        reading.add(Problem("unknown-phase", str(error), "", "InitConfiguration", ("skipPhases",)))
        return frozenset()
    missing = sorted(JOIN_COMMAND_NEEDS & skipped)
    if missing and "show-join-command" not in skipped:
        what = f"show-join-command needs {' and '.join(missing)}, which is skipped"
        reading.add(
            Problem("missing-phase", what, "skip show-join-command as well", "InitConfiguration", ("skipPhases",))
        )
    for field_name, phase in (("dns", "addon/coredns"), ("proxy", "addon/kube-proxy")):
        if phase in skipped:
            configuration.setdefault(field_name, {})["disabled"] = True
        elif configuration.get(field_name, {}).get("disabled"):
            skipped |= {phase}
    return skipped


def _others(only: Sequence[str]) -> frozenset[str]:
    """All phases but these; none if none are named."""
    try:
        return NAMES - expand(only) if only else frozenset()
    except ValueError as error:
        raise UsageError(f"--only: {error}") from None


def _patches(
    init: Mapping[str, Any], release: Release, reading: Reading, read_directory: ReadDirectory
) -> tuple[patching.Patch, ...]:
    directory = init.get("patches", {}).get("directory")
    if not directory:
        return ()
    found, problems = patching.load(read_directory(directory), release.patch_targets)
    for problem in problems:
        reading.add(problem)
    return tuple(found)
