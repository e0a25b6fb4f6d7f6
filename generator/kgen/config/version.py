# SPDX-License-Identifier: Apache-2.0
"""kubernetesVersion: which Kubernetes is meant, without asking the internet (kubeadm app/util/version.go)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kgen import releases
from kgen.releases import Release

_NUMBER = r"(0|[1-9][0-9]*)"
_BUILD = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}[-\w.+]*", re.A)
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[-A-Za-z][-0-9A-Za-z]*)"
_SEMANTIC = re.compile(
    rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?(\+[-0-9A-Za-z]+(\.[-0-9A-Za-z]+)*)?"
)
_LABEL = re.compile(r"(latest|stable)+(-[1-9](\.[1-9][0-9]?)?)?")
_LOCATED = re.compile(r"(?:(release|ci)/)?([-\w.+]+)", re.A)
_LIKE_ONE = re.compile(r"(?<![0-9.])(1\.[1-9][0-9]*)(\.(?:0|[1-9][0-9]*))?(?![0-9])")


@dataclass(frozen=True, slots=True)
class Version:
    """A Kubernetes version."""

    text: str
    """With its `v`: `v1.37.2`."""
    ci: str
    """What the uploaded configuration names instead: `ci/v1.37.2-alpha.1`; empty for releases."""

    @property
    def minor(self) -> str:
        """e.g. `1.37`"""
        major, minor, _ = self.text.removeprefix("v").split(".", 2)
        return f"{major}.{minor}"

    @property
    def minor_number(self) -> int:
        """e.g. 37"""
        return int(self.minor.partition(".")[2])

    def precedes(self, minor: int) -> bool:
        """Whether it comes before the first release of this minor of Kubernetes 1, as its pre-releases do."""
        match = _SEMANTIC.fullmatch(self.text)
        return bool(match and (int(match[1]), int(match[2]), int(match[3]), not match[4]) < (1, minor, 0, True))


def resolve(text: str, kubeadm: str) -> Version:
    """The version that a kubernetesVersion means.

    A label such as `stable-1` is looked up on the internet by kubeadm, which falls back to its own
    version when it cannot. kgen is always offline: a label means `kubeadm`, the version of the
    kubeadm that is rendered as. Raises ValueError with what is wrong.
    """
    located = _LOCATED.fullmatch(text)
    if not located:
        raise ValueError(f"{text!r} is neither a version nor a label")
    if _BUILD.fullmatch(located[2]):
        version = located[2] if located[2].startswith("v") else f"v{located[2]}"
    elif _LABEL.fullmatch(located[2]):
        version = kubeadm
    else:
        raise ValueError(f"{text!r} is neither a version nor a label")
    match = _SEMANTIC.fullmatch(version)
    if not match or any(len(number) > 20 or int(number) >= 2**64 for number in match.group(1, 2, 3)):
        raise ValueError(f"{text!r} is not a semantic version")
    return Version(version, f"ci/{version}" if located[1] == "ci" else "")


def is_label(text: str) -> bool:
    """Whether a kubernetesVersion leaves the choice to a release server: `stable-1`, `ci/latest`."""
    located = _LOCATED.fullmatch(text)
    return bool(located and not _BUILD.fullmatch(located[2]) and _LABEL.fullmatch(located[2]))


def minor_in(text: str) -> str:
    """The minor that is named by a text that is no version: `1.36` for `v1.36.x`; empty if there is none."""
    found = _LIKE_ONE.search(text)
    return found[1] if found else ""


def full(text: str, release: Release) -> str:
    """The version that is likely meant by a text that is none; that of the kubeadm if it would not install it."""
    candidates = [text.strip().lower()]
    if (found := _LIKE_ONE.search(text)) and found[1] in releases.minors():
        candidates.append(f"v{found[0]}" if found[2] else releases.load(found[1]).kubeadm)
    for candidate in candidates:
        try:
            likely = resolve(candidate, release.kubeadm)
        except ValueError:
            continue
        known = not is_label(candidate) and likely.minor in releases.minors()
        if known and not likely.precedes(oldest_installable(release.minor)):
            return likely.text
    return release.kubeadm


def oldest_installable(minor: str) -> int:
    """The oldest Kubernetes minor that a kubeadm minor installs: the one before its own."""
    return int(minor.partition(".")[2]) - 1
