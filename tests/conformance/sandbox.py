# SPDX-License-Identifier: Apache-2.0
"""Run kubeadm on a host that has nothing but what a case says.

The host is a directory that holds kubeadm, the CA directories and the input, entered by chroot in a
network namespace without interfaces. So nothing of the recording machine can show in a recording,
nothing is written to it, and root is not needed where user namespaces are allowed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from conformance import build
from conformance.cases import PATCHES, Case
from conformance.normalise import Content

_ENTER = 'umask 022 && hostname "$0" && exec chroot "$@"'
_TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class Run:
    """What one run left."""

    rc: int
    stdout: str
    stderr: str
    written: dict[str, Content]
    """By path in the dry run's directory, `admin.conf`, `etcd/ca.crt`."""


def run(case: Case, minor: str) -> Run:
    """`kubeadm init --dry-run` for a case, with the kubeadm of a minor."""
    release = build.version(minor)
    with tempfile.TemporaryDirectory(dir=build.cache()) as directory:
        root = Path(directory)
        _furnish(root, case, minor)
        done = subprocess.run(
            [
                *("unshare", "--map-root-user", "--net", "--uts", "--", "sh", "-c", _ENTER),
                *(case.hostname(release), str(root), "/bin/kubeadm", "init", "--dry-run"),
                *_flags(case, release),
            ],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "KUBEADM_INIT_DRYRUN_DIR": "/dryrun",
                **dict(case.host.environment),
            },
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=_TIMEOUT,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr, _read(root / "dryrun"))


def _furnish(root: Path, case: Case, minor: str) -> None:
    """Make the host: programs, directories that kubeadm looks for, and the input in /."""
    for place in ("/bin", "/dev", "/dryrun", "/etc/ssl/certs", "/tmp", *case.host.ca_directories):  # noqa: S108 (of the host)
        (root / place[1:]).mkdir(parents=True)
    (root / "dev/null").touch()  # what kubeadm starts, systemctl, gets it as standard input
    if case.host.resolved:
        (root / "run/active/systemd-resolved").mkdir(parents=True)
    # Links, not copies: the sandbox is made inside the cache.
    os.link(build.kubeadm(minor), root / "bin/kubeadm")
    os.link(build.systemctl(), root / "bin/systemctl")
    shutil.copytree(PATCHES, root / "patches")
    if case.config:
        text = case.text(build.version(minor))
        (root / "config.yaml").write_bytes(text.encode(errors="surrogateescape"))


def _flags(case: Case, release: str) -> list[str]:
    """The case's flags and the configuration; preflight is skipped, or harmless where the case does not skip it."""
    flags = list(case.arguments(release))
    if case.config:
        flags.append("--config=/config.yaml")
    skipping = re.search(r"^[\"']?skipPhases[\"']?:.*(?:\r?\n[ -].*)*", case.text(release), re.M)
    if any(flag.startswith("--skip-phases") for flag in flags):
        return flags
    if not skipping:
        return [*flags, "--skip-phases=preflight"]
    return flags if "preflight" in skipping[0] else [*flags, "--ignore-preflight-errors=all"]


def _read(directory: Path) -> dict[str, Content]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): (path.read_bytes(), path.stat().st_mode & 0o7777) for path in files}
