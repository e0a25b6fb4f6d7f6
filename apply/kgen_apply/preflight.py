# SPDX-License-Identifier: Apache-2.0
"""Whether a host is fit for the tree, before anything is written. Pure: facts in, findings out.

Ids are kubeadm's where kubeadm has one (kubeadm app/preflight/checks.go, k8s.io/system-validators). What kubeadm
refuses at a second run, because its own files are there, is no finding here: a host that already holds files of this
cluster is finished, not begun.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kgen_apply.facts import Facts
from kgen_apply.layout import Layout
from kgen_apply.tree import File, Tree

if TYPE_CHECKING:
    from cryptography import x509

NEEDED = ("base64", "chmod", "chown", "cp", "cut", "flock", "mkdir", "mv", "rm", "rmdir", "sha256sum", "stat", "sync")
_CPUS = 2
_MEMORY_MB = 1700
_KUBELET_SKEW = 3
_CGROUP_V1_REFUSED_FROM = 35
_DISK_RESERVE_KIB = 20 * 1024
_SKEW_SECONDS = 240
"""The certificates of kubeadm are dated five minutes back."""
OTHER_CLUSTER = "OtherCluster"
"""Ignored by name only, not by `all`: what is overwritten there is somebody's cluster."""
ALWAYS = (OTHER_CLUSTER, "IsPrivilegedUser")
"""What makes no sense of a comparison, too."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a host."""

    id: str
    level: Literal["error", "warning"]
    text: str


def check(tree: Tree, layout: Layout, facts: Facts, ignored: Iterable[str] = ()) -> list[Finding]:
    """Everything that is wrong with this host; errors whose id is ignored, in any capitals, become warnings."""
    lower = {name.lower() for name in ignored}
    found: list[Finding] = []
    for finding in _all(tree, layout, facts):
        waived = finding.id.lower() in lower or ("all" in lower and finding.id != OTHER_CLUSTER)
        found.append(Finding(finding.id, "warning", finding.text) if waived else finding)
    return found


def _all(tree: Tree, layout: Layout, facts: Facts) -> Iterator[Finding]:
    yield from _shell(facts)
    yield from _other_cluster(layout, facts)
    yield from _places(layout, facts)
    yield from _machine(tree, layout, facts)
    yield from _identity(layout, facts)
    yield from _clock(layout, facts)
    yield from _kubelet(tree, layout, facts)
    yield from _ports(layout, facts)
    yield from _network(layout, facts)


def _error(id_: str, text: str) -> Finding:
    return Finding(id_, "error", text)


def _warning(id_: str, text: str) -> Finding:
    return Finding(id_, "warning", text)


def _shell(facts: Facts) -> Iterator[Finding]:
    if facts.uid != 0:
        yield _error("IsPrivilegedUser", f"the shell there runs as user {facts.uid}, not as root")
    for name in NEEDED:
        if name not in facts.commands:
            yield _error(f"FileExisting-{name}", f"{name} is not there; kgen needs it")
    for name in ("mount", "losetup"):
        if name not in facts.commands:
            yield _warning(f"FileExisting-{name}", f"{name} is not there; the kubelet may need it")


def begun(layout: Layout, facts: Facts) -> bool:
    """Whether the host already holds the CA of this cluster."""
    return layout.ca is not None and facts.files[layout.ca.target].sha256 == layout.ca.sha256


def _other_cluster(layout: Layout, facts: Facts) -> Iterator[Finding]:
    if begun(layout, facts):
        return
    if layout.ca and facts.files[layout.ca.target].kind != "missing":
        yield _error(
            OTHER_CLUSTER,
            f"{layout.ca.target} there is not this cluster's: the host belongs to another cluster. "
            f"kgen reset takes it out of that one",
        )
        return
    for pod in layout.pods:
        found = facts.files[pod.file.target]
        if found.kind != "missing" and found.sha256 != pod.file.sha256:
            yield _error(
                _id("FileAvailable", pod.file.target), f"{pod.file.target} already exists, without this cluster's CA"
            )
    if layout.etcd_data and facts.data_full:
        yield _error(_id("DirAvailable", layout.etcd_data), f"{layout.etcd_data} is not empty: data of another etcd")


def _id(kind: str, path: str) -> str:
    return f"{kind}-{path.replace('/', '-')}"


def _places(layout: Layout, facts: Facts) -> Iterator[Finding]:
    for file in layout.files:
        if facts.files[file.target].kind == "other":
            yield _error(_id("FileAvailable", file.target), f"{file.target} is there and is not a file")
    needed: dict[str, int] = {}
    for path, directory in facts.directories.items():
        if directory.kind == "other":
            yield _error(_id("DirAvailable", path), f"{path} is there and is not a directory")
        size = sum(len(file.content) // 1024 + 8 for file in layout.files if file.target.rpartition("/")[0] == path)
        needed[directory.device] = needed.get(directory.device, 0) + 2 * size
    for path, directory in facts.directories.items():
        wanted = needed.pop(directory.device, 0)
        if wanted and directory.free_kib < wanted + _DISK_RESERVE_KIB:
            free, least = directory.free_kib // 1024, (wanted + _DISK_RESERVE_KIB) // 1024
            yield _error("DiskSpace", f"{path} has {free} MiB free; {least} MiB are needed")
    for owner, number in layout.owners().items():
        kind, _, name = owner.partition(":")
        there = facts.owners.get(owner, "")
        if not there:
            wanted_number = f" with the number {number}" if number else ""
            yield _error(
                f"Owner-{name}", f"the {kind} {name}, who is to own files, does not exist; add it{wanted_number}"
            )
        elif number and there != number:
            yield _error(
                f"Owner-{name}", f"the {kind} {name} has the number {there}; the static pods know it as {number}"
            )


def _machine(tree: Tree, layout: Layout, facts: Facts) -> Iterator[Finding]:
    if layout.pods and facts.cpus < _CPUS:
        yield _error("NumCPU", f"there are {facts.cpus} CPUs; a control plane needs {_CPUS}")
    if layout.pods and facts.memory_kib < _MEMORY_MB * 1000:
        yield _error(
            "Mem", f"there are {facts.memory_kib // 1024} MiB of memory; a control plane needs {_MEMORY_MB} MB"
        )
    if facts.swap:
        kubelet_wants_none = layout.kubelet.get("failSwapOn", True)
        yield (_error if kubelet_wants_none and not facts.cgroup_v2 else _warning)(
            "Swap", "swap is on; turn it off, or configure the kubelet for it (failSwapOn, memorySwap)"
        )
    if not facts.cgroup_v2:
        text = "the host uses cgroup v1"
        if _minor(facts.kubelet, tree.minor) >= _CGROUP_V1_REFUSED_FROM and layout.kubelet.get("failCgroupV1", True):
            yield _error(
                "SystemVerification", f"{text}; this kubelet does not start there unless failCgroupV1 is false"
            )
        else:
            yield _warning("SystemVerification", f"{text}, which Kubernetes is giving up")


def _identity(layout: Layout, facts: Facts) -> Iterator[Finding]:
    node, shown = layout.node, ", ".join(sorted(facts.addresses - {"127.0.0.1", "::1"})) or "none"
    if _is_ip(node.address) and str(ipaddress.ip_address(node.address)) not in facts.addresses:
        yield _error("HostAddress", f"the host does not have the address {node.address}; it has {shown}")
    name = layout.arguments.get("hostname-override", facts.hostname.lower())
    if name != node.name:
        yield _error(
            "Hostname", f"the host is called {facts.hostname}; its kubelet would register as {name}, not as {node.name}"
        )
    elif not facts.resolves:
        yield _warning("Hostname", f"the host cannot resolve its own name {facts.hostname}")
    for file in layout.files:
        if file.phase == "certs/apiserver" and file.target.endswith(".crt") and (certificate := _certificate(file)):
            names = _names(certificate)
            for wanted in (node.address, node.name):
                if wanted and wanted.lower() not in names:
                    yield _error("CertificateNames", f"{file.path} does not serve {wanted}")


def _clock(layout: Layout, facts: Facts) -> Iterator[Finding]:
    for file in layout.files:
        certificate = _certificate(file) if file.target.endswith(".crt") else None
        if certificate is None:
            continue
        begin, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
        if facts.now < begin:
            days = (begin - facts.now) / 86400
            yield _error(
                "Clock", f"by the host's clock {file.path} is not valid for another {days:.1f} days; set the clock"
            )
            return
        if facts.now > end:
            yield _error("Clock", f"by the host's clock {file.path} expired {(facts.now - end) / 86400:.1f} days ago")
            return
    if abs(facts.clock_offset) > _SKEW_SECONDS:
        yield _error("Clock", f"the host's clock is {facts.clock_offset:+.0f} s from this machine's; set it")


def _kubelet(tree: Tree, layout: Layout, facts: Facts) -> Iterator[Finding]:
    if not layout.kubelet:
        return
    if not facts.kubelet:
        yield _error("KubeletVersion", "there is no kubelet in the path")
    elif not tree.minor - _KUBELET_SKEW <= _minor(facts.kubelet, 0) <= tree.minor:
        yield _error(
            "KubeletVersion",
            f"the kubelet is {facts.kubelet}; with Kubernetes {tree.version} it may be "
            f"v1.{tree.minor - _KUBELET_SKEW} to v1.{tree.minor}",
        )
    if not facts.systemd:
        yield _warning("Service-kubelet", "systemd does not run there; start and restart the kubelet by hand")
    elif facts.unit[:1] not in (("enabled",), ("static",), ()) and begun(layout, facts):
        yield _warning("Service-kubelet", "the kubelet's service is not enabled")
    if not layout.socket:
        return
    if not facts.socket:
        yield _error("CRI", f"there is no socket {layout.socket}; is the container runtime running?")
    elif "crictl" in facts.commands and "RuntimeName" not in facts.runtime:
        last = facts.runtime.strip().splitlines()[-1:] or ["no answer"]
        yield _error("CRI", f"the container runtime at {layout.socket} does not answer: {last[0][:200]}")


def _ports(layout: Layout, facts: Facts) -> Iterator[Finding]:
    ports = {port for pod in layout.pods for port in pod.ports if facts.files[pod.file.target].kind == "missing"}
    conf = layout.kubelet_conf
    if layout.kubelet and (conf is None or facts.files[conf.target].kind == "missing"):
        ports.add(int(layout.kubelet.get("port", 10250)))
    for port in sorted(ports & facts.listening):
        yield _error(f"Port-{port}", f"port {port} is in use")
    if facts.firewalld:
        yield _warning("Firewalld", f"firewalld is active; the ports {sorted(ports | {10250})} have to be open")


def _network(layout: Layout, facts: Facts) -> Iterator[Finding]:
    key = "net/ipv6/conf/default/forwarding" if ":" in layout.node.address else "net/ipv4/ip_forward"
    if facts.sysctls.get(key, "0") != "1":
        yield _error(
            _id("FileContent", f"/proc/sys/{key}"), f"/proc/sys/{key} is not 1: the host does not forward packets"
        )


def _minor(version: str, otherwise: int) -> int:
    match = re.match(r"v1\.(\d+)\.", version)
    return int(match[1]) if match else otherwise


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _certificate(file: File) -> x509.Certificate | None:
    from cryptography import x509  # noqa: PLC0415 (slow to import)

    try:
        return x509.load_pem_x509_certificates(file.content)[0]
    except ValueError:
        return None


def _names(certificate: x509.Certificate) -> set[str]:
    from cryptography import x509  # noqa: PLC0415 (slow to import)

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {name.lower() for name in names.get_values_for_type(x509.DNSName)} | {
        str(address) for address in names.get_values_for_type(x509.IPAddress)
    }


def errors(findings: Sequence[Finding]) -> list[Finding]:
    """Those that stop."""
    return [finding for finding in findings if finding.level == "error"]
