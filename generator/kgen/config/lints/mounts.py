# SPDX-License-Identifier: Apache-2.0
"""Lints: what the containers of the control plane see of the host."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from kgen import paths
from kgen.config.lints import names
from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import CONTROL_PLANE, Argument, Subject
from kgen.config.rules.fields import Field
from kgen.paths import KUBERNETES

_READS_FILE = re.compile(
    r"(.*-)?(file|config|kubeconfig|cafile|certfile|keyfile|certificate|certificate-authority|client-key|manifest"
    r"|data-dir|wal-dir|signing-endpoint|filepath-nfs|filepath-hostpath)"
)
"""Names of flags whose value is a path of something that has to be there"""
_ALWAYS_THERE = ("/dev/", "/proc/", "/sys/")
_PATH_TYPES = frozenset(
    {"", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"}
)
"""Types of a hostPath volume (k8s.io/api core/v1 HostPathType)"""


def own_mounts(subject: Subject, component: str, *, possible: bool = False) -> dict[str, str]:
    """What kubeadm mounts by itself: name of the volume to path in the container (controlplane/volumes.go, etcd).

    With `possible`, what it may mount as well, on a host of which nothing is known.
    """
    certificates = subject.configuration["certificatesDir"].text
    if component == "etcd":
        return {"etcd-certs": f"{certificates}/etcd", "etcd-data": subject.component("etcd")["dataDir"].text}
    if component == "kube-scheduler":
        return {"kubeconfig": paths.join(KUBERNETES, "scheduler.conf")}
    own = {"k8s-certs": certificates, "ca-certs": paths.CA_CERTIFICATES}
    unknown = paths.CA_DIRECTORIES if possible else ()
    directories = unknown if subject.ca_directories is None else subject.ca_directories
    own |= {path.replace("/", "-")[1:]: path for path in directories}
    if component == "kube-controller-manager":
        own["kubeconfig"] = paths.join(KUBERNETES, "controller-manager.conf")
        if subject.release.has("flexvolume-mount"):
            given = subject.argument(component, "flex-volume-plugin-dir")
            own["flexvolume-dir"] = (given.value if given else "") or paths.FLEXVOLUMES
    else:
        own |= {f"etcd-certs-{number}": path for number, path in enumerate(_etcd_directories(subject))}
    return own


def _etcd_directories(subject: Subject) -> list[str]:
    """The directories of an external etcd's files that are not in other mounted ones (getEtcdCertVolumes).

    kubeadm compares paths as texts: /etc/etcd counts as inside /etc/et.
    """
    external, certificates = subject.configuration["etcd"]["external"], subject.configuration["certificatesDir"].text
    files = [external[name].text for name in ("caFile", "certFile", "keyFile")]
    found = {paths.clean(file.rpartition("/")[0] or "/") for file in files if "/" in file} - {"."}
    found = {
        path for path in found if not path.startswith((*paths.CA_DIRECTORIES, paths.CA_CERTIFICATES, certificates))
    }
    return sorted(path for path in found if not any(path.startswith(other) for other in found - {path}))


def _volumes(subject: Subject, component: str) -> Field:
    return subject.component(component)["extraVolumes"]


def _inside(path: str, directory: str) -> bool:
    return bool(directory) and (path == directory or path.startswith(directory.rstrip("/") + "/"))


def _patched(subject: Subject, component: str) -> bool:
    """Whether patches may mount something."""
    known = any(patch.target == component and "mount" in str(patch.content).lower() for patch in subject.patches)
    return known or subject.unread_patches


def _mounted(subject: Subject, component: str) -> list[str]:
    extra = {volume["name"].text: volume["mountPath"].text for volume in _volumes(subject, component)}
    return [paths.clean(path) for path in (own_mounts(subject, component, possible=True) | extra).values() if path]


def _paths(argument: Argument) -> list[str]:
    """The paths in an argument's value."""
    if argument.name == "tls-sni-cert-key":
        return argument.value.partition(":")[0].split(",")
    if argument.component == "etcd" and argument.name == "auth-token":
        return [item.partition("=")[2] for item in argument.value.split(",")]
    return [argument.value] if _READS_FILE.fullmatch(argument.name) else []


def unmounted(subject: Subject) -> Iterator[Finding]:
    """A file that the container does not see."""
    for component in (*CONTROL_PLANE, "etcd"):
        if _patched(subject, component):
            continue
        mounted = _mounted(subject, component)
        for argument in subject.arguments(component):
            for path in (paths.clean(each) for each in _paths(argument) if each.startswith("/")):
                if path.startswith(_ALWAYS_THERE) or any(_inside(path, directory) for directory in mounted):
                    continue
                what = f"{argument.name} names {path}, which {component}'s container does not see"
                yield Finding(argument.field["value"], what, _volume(component, path))


def _volume(component: str, path: str) -> str:
    if component == "etcd":
        return "a file below certificatesDir/etcd or dataDir: etcd has no extraVolumes; or a patch that mounts it"
    return f"an item of {CONTROL_PLANE[component]}.extraVolumes with hostPath and mountPath {path}"


def lost_log(subject: Subject) -> Iterator[Finding]:
    """An audit log inside the container, or one that nothing is written to."""
    yield from _no_events(subject)
    argument = subject.argument("kube-apiserver", "audit-log-path")
    if argument is None or not argument.value.startswith("/") or _patched(subject, "kube-apiserver"):
        return
    path = paths.clean(argument.value)
    if path.startswith(_ALWAYS_THERE):
        return
    extra = {volume["name"].text: volume for volume in _volumes(subject, "kube-apiserver")}
    places = own_mounts(subject, "kube-apiserver") | {name: volume["mountPath"].text for name, volume in extra.items()}
    holding = {name: place for name, each in places.items() if _inside(path, place := paths.clean(each))}
    if not holding:
        yield Finding(argument.field["value"], f"the log {path} is on no volume and is lost with its container")
        return
    name = max(holding, key=lambda each: len(holding[each]))  # the innermost one is what the container sees
    if name not in extra:
        what = f"{holding[name]} is mounted read-only, and the API server cannot write its log there"
        yield Finding(argument.field["value"], what)
    elif extra[name]["readOnly"].value is True:
        what = f"the API server cannot write its log {path} here"
        yield Finding(extra[name]["readOnly"], what, "readOnly: false")
    elif holding[name] == path and extra[name]["pathType"].text.startswith("Directory"):
        what = f"{path} is a directory, and the API server cannot write its log to it"
        yield Finding(argument.field["value"], what, paths.join(path, "audit.log"))


def _no_events(subject: Subject) -> Iterator[Finding]:
    """Half of what auditing needs (apiserver pkg/server/options/audit.go ApplyTo)."""
    if subject.may_be_patched("kube-apiserver"):
        return
    given = (subject.argument("kube-apiserver", name) for name in ("audit-policy-file", *_AUDIT_LOGS))
    policy, *places = (argument if argument and argument.value else None for argument in given)
    if policy and not any(places):
        what = "no event is recorded: the API server is told no place for them"
        yield Finding(policy.field, what, f"{' or '.join(_AUDIT_LOGS)} as well")
    for place in filter(None, () if policy else places):
        yield Finding(place.field, "no event is recorded without audit-policy-file", "audit-policy-file as well")


_AUDIT_LOGS = ("audit-log-path", "audit-webhook-config-file")


def refused(subject: Subject) -> Iterator[Finding]:
    """A volume with which the kubelet refuses the pod (pkg/apis/core/validation ValidateVolumes)."""
    for volume in _all_volumes(subject):
        name, path, inside = (volume[each] for each in ("name", "hostPath", "mountPath"))
        for field, what in ((name, "name"), (path, "path on the host"), (inside, "path in the container")):
            if not field.text:
                wanted = f"{field.path[-1]}: …"
                yield Finding(field if field.given else volume, f"the volume has no {what}", wanted)
        if name.text and not names.is_dns_label(name.text):
            wanted = "at most 63 small letters, digits and dashes, and no dash at an end"
            yield Finding(name, f"{name.text!r} is no name that a volume can have", wanted)
        if ".." in path.text.split("/"):
            yield Finding(path, "the path has .. in it", f"hostPath: {paths.clean(path.text)}")


def environment(subject: Subject) -> Iterator[Finding]:
    """A variable with whose name the kubelet refuses the pod (apimachinery util/validation IsRelaxedEnvVarName)."""
    for component in (*CONTROL_PLANE, "etcd"):
        for variable in subject.component(component)["extraEnvs"]:
            name = variable["name"]
            if not name.text:
                yield Finding(name if name.given else variable, "the variable has no name", "name: …")
            elif not re.fullmatch(r"[ -<>-~]+", name.text):
                yield Finding(name, "the name holds an equals sign, or a character that is not plain ASCII")


def path_type(subject: Subject) -> Iterator[Finding]:
    """A pathType that Kubernetes does not know: the pod is refused."""
    for volume in _all_volumes(subject):
        kind = volume["pathType"].text
        if kind not in _PATH_TYPES:
            near = {each.lower(): each for each in _PATH_TYPES}.get(kind.lower())
            instead = f"pathType: {near}" if near else f"one of {', '.join(sorted(filter(None, _PATH_TYPES)))}"
            yield Finding(volume["pathType"], f"{kind!r} is no type of a hostPath volume", instead)


def repeated_name(subject: Subject) -> Iterator[Finding]:
    """Two volumes of one name, of which kubeadm takes the last one, or one that takes the place of kubeadm's own."""
    for component in CONTROL_PLANE:
        volumes = list(_volumes(subject, component))
        own = own_mounts(subject, component)
        for number, volume in enumerate(volumes):
            name, path = volume["name"].text, volume["mountPath"].text
            if name in {later["name"].text for later in volumes[number + 1 :]}:
                yield Finding(volume["name"], f"a later volume is called {name!r} as well and replaces this one")
            elif name in own and paths.clean(path) != own[name]:
                what = f"{name!r} is the name of kubeadm's own volume with {own[name]}, which is then missing"
                yield Finding(volume["name"], what)


def repeated_path(subject: Subject) -> Iterator[Finding]:
    """Two volumes at one place: the pod is refused."""
    for component in CONTROL_PLANE:
        extra = {volume["name"].text: volume for volume in _volumes(subject, component)}
        own = {name: path for name, path in own_mounts(subject, component).items() if name not in extra}
        counts = Counter([*own.values(), *(volume["mountPath"].text for volume in extra.values())])
        for volume in extra.values():
            path = volume["mountPath"].text
            if counts[path] > 1:
                yield Finding(volume["mountPath"], f"{path} is mounted twice in {component}'s container")


def writable(subject: Subject) -> Iterator[Finding]:
    """Keys that a container can change."""
    certificates = paths.clean(subject.configuration["certificatesDir"].text)
    for volume in _all_volumes(subject):
        path = paths.clean(volume["hostPath"].text)
        sensitive = path == KUBERNETES or _inside(path, certificates) or _inside(certificates, path)
        if sensitive and volume["readOnly"].value is not True:
            yield Finding(volume, f"the container can write to {path}, where keys are", "readOnly: true")


def _all_volumes(subject: Subject) -> Iterator[Field]:
    for component in CONTROL_PLANE:
        yield from _volumes(subject, component)


LINTS: tuple[Lint, ...] = (
    Lint(
        "unmounted-path",
        "warning",
        "an argument that names a file which no volume brings into the container",
        "The program does not find the file and exits.",
        "an extra volume",
        unmounted,
    ),
    Lint(
        "lost-audit-log",
        "warning",
        "an audit log that is on no volume or on one that is read-only, or that nothing is written to",
        "The log is gone with the container or stays empty, or the API server does not start.",
        "a directory of the host in apiServer.extraVolumes",
        lost_log,
    ),
    Lint(
        "volume-refused",
        "warning",
        "an extra volume with a wrong name or path, or without one",
        "The kubelet refuses the pod.",
        "a name and two paths",
        refused,
    ),
    Lint(
        "environment-name",
        "warning",
        "an environment variable of the control plane with a wrong name",
        "The kubelet refuses the pod.",
        "the name in name, the value in value",
        environment,
    ),
    Lint(
        "volume-path-type",
        "warning",
        "an extra volume with an unknown pathType",
        "The kubelet refuses the pod.",
        "one of Kubernetes' own",
        path_type,
    ),
    Lint(
        "volume-name",
        "warning",
        "an extra volume that replaces another one of the same name",
        "The other one is missing in the container.",
        "another name",
        repeated_name,
    ),
    Lint(
        "volume-mount-path",
        "warning",
        "two volumes at the same place in a container",
        "The kubelet refuses the pod.",
        "one of them",
        repeated_path,
    ),
    Lint(
        "volume-writable",
        "warning",
        "an extra volume that lets a container change the cluster's keys",
        "Whoever takes over the container takes over the cluster for good.",
        "readOnly: true",
        writable,
    ),
)
