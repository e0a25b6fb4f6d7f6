# SPDX-License-Identifier: Apache-2.0
"""Record what the real kubeadms print: PYTHONPATH=generator:tests python -m config.record [--check]

Into data/config/: `defaults/<minor>/<command>.yaml` of `kubeadm config print`, `images/<minor>.json` of `kubeadm config
images list` for some configurations of the corpus, `migrate/<case>.kubeadm` of `kubeadm config migrate` by the last
minor that reads v1beta3. With --check nothing is written, and any difference makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from conformance import build
from conformance.cases import CORPUS

DATA = Path(__file__).parents[1] / "data/config"
HOSTNAME = "host-1"
LAST = "1.36"
"""The last kubeadm that reads v1beta3"""

COMPONENTS = "KubeletConfiguration,KubeProxyConfiguration"
COMMANDS = {"init": ("--component-configs", COMPONENTS), "join": (), "reset": (), "upgrade": ()}

IMAGES = (
    "extra/image-repository-coredns.yaml",
    "extra/older-minor.yaml",
    "extra/version-build-metadata.yaml",
    "extra/version-ci-with-repository.yaml",
    "extra/version-ci.yaml",
    "init/01-minimal.yaml",
    "init/07-external-etcd-tls.yaml",
    "init/17-image-repository.yaml",
    "init/18-dns-etcd-images.yaml",
    "init/20-dns-disabled.yaml",
    "init/21-proxy-disabled.yaml",
    "init/25-skip-phases.yaml",
)
"""Files of the corpus whose images are recorded."""

V1BETA3 = ("commented", "external", "join", "json")
"""Cases in data/config/migrate that kubeadm itself migrates."""


def given(file: str, minor: str) -> str:
    """A file of the corpus for a minor."""
    release = build.version(minor)
    older = f"1.{int(minor.partition('.')[2]) - 1}.0"
    return (CORPUS / file).read_text().replace("@VERSION@", release).replace("@OLDER@", older)


def _kubeadm(minor: str, *arguments: str, stdin: str = "") -> str:
    """What `kubeadm config …` prints on a host without a network."""
    sandbox = ["unshare", "--map-root-user", "--net", "--uts", "sh", "-c", f'hostname {HOSTNAME} && exec "$@"', "sh"]
    command = [*sandbox, str(build.kubeadm(minor)), "config", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


def record() -> Iterator[tuple[str, str]]:
    """Every file below data/config and its content."""
    for minor in build.MINORS:
        for name, options in COMMANDS.items():
            yield f"defaults/{minor}/{name}.yaml", _kubeadm(minor, "print", f"{name}-defaults", *options)
        images = {
            file: _kubeadm(minor, "images", "list", "--config=/dev/stdin", stdin=given(file, minor)).split()
            for file in IMAGES
        }
        yield f"images/{minor}.json", json.dumps(images, indent=2) + "\n"
    for case in V1BETA3:
        old = DATA / f"migrate/{case}.yaml"
        yield f"migrate/{case}.kubeadm", _kubeadm(LAST, "migrate", "--old-config", str(old))


def main() -> int:
    """Record or check; exit code 1 for differences found by --check."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--check", action="store_true", help="compare with the recordings and write nothing")
    check = parser.parse_args().check
    different = 0
    for name, content in record():
        path = DATA / name
        if path.exists() and path.read_text() == content:
            continue
        different += 1
        print(f"{name}: {'differs' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return 1 if check and different else 0


if __name__ == "__main__":
    sys.exit(main())
