# SPDX-License-Identifier: Apache-2.0
"""Text -> Cluster: read, check, resolve, and fill in the rest. Collects every problem before it refuses."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kgen import patches as patching
from kgen.cluster import Cluster, Host, Node
from kgen.config import catalogue, convert, defaults, hints, lints, schema, structure
from kgen.config import flags as flag
from kgen.config.reading import Reading, in_order, read
from kgen.config.resolve import has_documents, resolve
from kgen.errors import ConfigurationError, Problem, UsageError
from kgen.phases import JOIN_COMMAND_NEEDS, NAMES, SKIPPABLE, expand, skipped
from kgen.provenance import trace
from kgen.releases import Release

Files = Mapping[str, bytes]
ReadDirectory = Callable[[str], Files]

_OF_OTHER_COMMANDS = ("JoinConfiguration", "ResetConfiguration", "UpgradeConfiguration")
_COMPONENT_KINDS = ("KubeletConfiguration", "KubeProxyConfiguration")


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
    lint: lints.Choice = lints.Choice(),  # noqa: B008 (frozen)
) -> Cluster:
    """The cluster that a configuration describes, as kubeadm would see it.

    `sources` are files as (name for messages, content); without any, or with a RenderConfiguration alone, `flags`
    describe the cluster.
    `kubeadm` is the minor to be, e.g. `1.37`; by default the RenderConfiguration's or that of
    kubernetesVersion. With `strict` off, unknown and repeated fields are warnings, as in `kubeadm init`.
    `read_directory` gives the files of a patches directory by relative path. With `only`, all other
    phases are skipped.
    `lint` says which lints count. Raises ConfigurationError with all problems.
    """
    given = flags or flag.Flags()
    reading = read(sources, strict)
    if not sources or (flags is not None and _only_says_how(reading)):
        reading.found |= {document.kind: document for document in flag.documents(given)}
    else:
        _refuse_mixture(given)
    release = structure.release_for(reading, kubeadm)
    for document in list(reading.found.values()):
        structure.check(document, release, reading)
    reading.problems = [_passed_over(problem, strict) for problem in reading.problems]
    cluster = _resolve(reading, release, given, read_directory, only)
    if cluster is not None:
        render = convert.without_nulls(reading.sound_part("RenderConfiguration") or {})
        reading.add_all(lint.of(lints.of_cluster(cluster), render.get("lints", {})))
        cluster = None if reading.failed else replace(cluster, kubeadm=kubeadm, warnings=in_order(reading.problems))
    if cluster is None:
        raise ConfigurationError(in_order(reading.problems), sources)
    return cluster


def _only_says_how(reading: Reading) -> bool:
    """Whether the files are a RenderConfiguration and nothing else; kubeadm takes an empty file for a configuration."""
    render = reading.found.get("RenderConfiguration")
    return bool(render) and len(reading.found) == len(reading.names) == 1 and not reading.problems


def _passed_over(problem: Problem, strict: bool) -> Problem:
    """Of a document that it does not use, init only warns (util/config/initconfiguration.go)."""
    of_another_command = problem.kind in _OF_OTHER_COMMANDS and problem.code in schema.WRONG_VALUES
    return replace(problem, level="warning") if of_another_command and not strict else problem


def _refuse_mixture(flags: flag.Flags) -> None:
    mixed = [f"--{name}" for name in flags.fields if name not in flag.BESIDE_FILES]
    if mixed:
        raise UsageError(f"{', '.join(mixed)} cannot be mixed with a configuration file; write it into the file")


def _resolve(
    reading: Reading, release: Release, flags: flag.Flags, read_directory: ReadDirectory, only: Sequence[str]
) -> Cluster | None:
    """The cluster; None if there are errors, which then are in `reading`."""
    if not has_documents(reading):
        return None
    host, time = _host(reading)
    resolved = resolve(reading, release, name=flags.fields.get("node-name", ""), hostname=host.hostname)
    init, configuration = resolved.init, resolved.configuration
    skipped = _skipped_phases(init, configuration, flags, reading)
    if reading.failed or resolved.version is None:
        return None
    kubelet = _component(reading, release, "kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")
    proxy = _component(reading, release, "kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration")
    defaults.kubelet(kubelet, configuration)
    defaults.kube_proxy(proxy, init, configuration, release)
    patches = _patches(init, release, reading, read_directory)
    if reading.failed:
        return None
    init = trace(init, "InitConfiguration")
    return Cluster(
        release=release,
        version=resolved.version,
        init=init,
        configuration=trace(configuration, "ClusterConfiguration"),
        kubelet=trace(kubelet, "KubeletConfiguration"),
        kube_proxy=trace(proxy, "KubeProxyConfiguration"),
        user_supplied=frozenset(kind for kind in _COMPONENT_KINDS if kind in reading.found),
        nodes=(Node("init", init["localAPIEndpoint"], init["nodeRegistration"], host),),
        patches=patches,
        skipped=skipped | _others(only),
        skip_phases=skipped,
        upload_certs=flags.upload_certs,
        time=time,
        documents=dict(reading.found),
        flags=flags,
    )


def _component(reading: Reading, release: Release, version: str, kind: str) -> dict[str, Any]:
    """What is known of a component's document; an empty one if there is none."""
    document = reading.sound_part(kind) or {"apiVersion": version, "kind": kind}
    return convert.known(document, catalogue.load(release.minor, version, kind))


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


def _skipped_phases(
    init: Mapping[str, Any], configuration: dict[str, Any], flags: flag.Flags, reading: Reading
) -> frozenset[str]:
    """skipPhases with the addons that are disabled; a skipped addon becomes a disabled one (cmd/init.go)."""

    def add(code: str, what: str, instead: str, *item: int) -> None:
        if flags.skip_phases:
            reading.add(Problem(code, what, instead, source="--skip-phases"))
        else:
            reading.add(Problem(code, what, instead, "InitConfiguration", ("skipPhases", *item)))

    names = flags.skip_phases or init.get("skipPhases", [])
    for index, name in enumerate(names):
        if name not in SKIPPABLE:
            instead = hints.near_phase(name, SKIPPABLE) or "kgen phases lists them"
            add("unknown-phase", f"there is no phase {name!r}", instead, index)
    left_out = skipped(names)
    missing = sorted(JOIN_COMMAND_NEEDS & left_out)
    if missing and "show-join-command" not in left_out:
        what = f"show-join-command needs {' and '.join(missing)}, which is skipped"
        add("missing-phase", what, "skip show-join-command as well")
    for field_name, phase in (("dns", "addon/coredns"), ("proxy", "addon/kube-proxy")):
        if phase in left_out:
            configuration.setdefault(field_name, {})["disabled"] = True
        elif configuration.get(field_name, {}).get("disabled"):
            left_out |= {phase}
    return left_out


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
        reading.add(replace(problem, source=posixpath.join(directory, problem.source)))
    return tuple(replace(patch, directory=directory) for patch in found)
