# SPDX-License-Identifier: Apache-2.0
"""InitConfiguration and ClusterConfiguration as kubeadm sees them: converted, defaulted, checked by its rules.

For load and validate alike. What is wrong is noted in the reading; nothing is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kgen.config import catalogue, convert, defaults, rules, version
from kgen.config.reading import Reading
from kgen.errors import Problem
from kgen.releases import Release

KINDS = ("InitConfiguration", "ClusterConfiguration")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The two documents in v1beta4 shape with all defaults. After a problem they may be anything but complete."""

    init: dict[str, Any]
    configuration: dict[str, Any]
    version: version.Version | None
    """None if the kubernetesVersion has a problem"""


def resolve(reading: Reading, release: Release, *, name: str = "", hostname: str = "", address: str = "") -> Resolved:
    """Both documents, with every problem that kubeadm's rules find noted in `reading`.

    `name` overrides the node's name. `hostname` and `address` are what the host would answer where kubeadm asks it:
    for a name that is missing, for an address that is missing or unspecified.
    """
    parts = {kind: part for kind in KINDS if (part := reading.sound_part(kind)) is not None}
    converted = convert.to_current({kind: _known(kind, part, release) for kind, part in parts.items()})
    init = converted.get("InitConfiguration") or {"apiVersion": convert.CURRENT, "kind": "InitConfiguration"}
    configuration = converted.get("ClusterConfiguration") or {
        "apiVersion": convert.CURRENT,
        "kind": "ClusterConfiguration",
    }
    if name:
        init.setdefault("nodeRegistration", {})["name"] = name
    defaults.init_configuration(init)
    defaults.cluster_configuration(configuration, release)
    defaults.api_endpoint(init["localAPIEndpoint"], address)
    defaults.dynamic(init, configuration, hostname)
    resolved = _version(configuration, release, reading)
    reading.add_all(reading.unexplained(rules.init(init, configuration, release)))
    return Resolved(init, configuration, resolved)


def has_documents(reading: Reading) -> bool:
    """Whether one of the two documents is there; if not, that is noted, unless what is wrong already explains it."""
    if any(kind in reading.found for kind in KINDS):
        return True
    if not reading.failed:
        what = "there is neither an InitConfiguration nor a ClusterConfiguration"
        reading.add(Problem("nothing-to-init", what, "at least one of them", source=reading.files))
    return False


def _known(kind: str, part: dict[str, Any], release: Release) -> dict[str, Any]:
    """The fields that kubeadm takes; all of a document that has a problem because of its apiVersion."""
    if (part["apiVersion"], kind) not in catalogue.kinds(release.minor):
        return part
    return convert.known(part, catalogue.load(release.minor, part["apiVersion"], kind))


def _version(configuration: dict[str, Any], release: Release, reading: Reading) -> version.Version | None:
    """kubernetesVersion resolved, or None with the problem noted (util/config/common.go NormalizeKubernetesVersion)."""
    text = configuration["kubernetesVersion"]
    place = ("ClusterConfiguration", ("kubernetesVersion",))
    try:
        resolved = version.resolve(text, release.kubeadm)
    except ValueError as error:
        reading.add(Problem("kubernetes-version", str(error), f"e.g. {version.full(text, release)}", *place))
        return None
    oldest = version.oldest_installable(release.minor)
    if resolved.precedes(oldest):
        what = f"kubeadm {release.minor} installs Kubernetes 1.{oldest} or later, not {resolved.text}"
        reading.add(Problem("kubernetes-version", what, f"e.g. {release.kubeadm}", *place))
        return None
    if version.is_label(text):
        what = f"{text} is {resolved.text} here: kgen is offline, as kubeadm would be without a network"
        instead = f"kubernetesVersion: {resolved.text}"
        reading.add_all(reading.unexplained([Problem("version-label", what, instead, *place, level="warning")]))
    configuration["kubernetesVersion"] = resolved.text
    return resolved
