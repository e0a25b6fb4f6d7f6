# SPDX-License-Identifier: Apache-2.0
"""Record what the real kubeadms print: PYTHONPATH=generator:tests python -m config.record [--check] [--old DIRECTORY]

Into data/config/: `defaults/<minor>/<command>.yaml` of `kubeadm config print`, `images/<minor>.json` of `kubeadm config
images list` for some configurations of the corpus, `migrate/<case>.kubeadm` of `kubeadm config migrate` by the last
minor that reads v1beta3. With --check nothing is written, and any difference makes the exit code 1.

Only with --old: `migrate/<case>.kubeadm` of cases older than v1beta3, which one kubeadm after the other migrates. The
directory has the programs of OLD as `<release>/kubeadm`. They can be built with k8s.io/kubernetes from the Go module
proxy and the stamps of conformance.build: v1.22.17 and v1.15.12 by the `replace` lines of their own go.mod, with
`./staging/src/k8s.io/NAME` as k8s.io/NAME v0.22.17 and v0.15.12; v1.13.12, which has no go.mod, by those of v1.15.12,
with its own staging/src/k8s.io/NAME as local modules. A Go of today needs a newer github.com/modern-go/reflect2 (or it
panics), golang.org/x/sys and golang.org/x/net than those; the proxy lacks vbom.ml/util, of which an empty
sortorder.NaturalLess does, and github.com/renstrom/dedent, which is github.com/lithammer/dedent.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
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

OLD = {"v1alpha3": "v1.13.12", "v1beta1": "v1.15.12", "v1beta2": "v1.22.17"}
"""The kubeadm that reads a version and writes the next one; oldest first."""

OLDER = (
    "v1alpha3-full",
    "v1alpha3-join-file",
    "v1alpha3-join-tokens",
    "v1beta1-full",
    "v1beta1-join",
    "v1beta2-external",
    "v1beta2-full",
    "v1beta2-join",
)
"""Cases that the kubeadms of OLD and then that of LAST migrate. They give all whose default was another then."""


def given(file: str, minor: str) -> str:
    """A file of the corpus for a minor."""
    release = build.version(minor)
    older = f"1.{int(minor.partition('.')[2]) - 1}.0"
    return (CORPUS / file).read_text().replace("@VERSION@", release).replace("@OLDER@", older)


def _kubeadm(program: Path, *arguments: str, stdin: str = "") -> str:
    """What `kubeadm config …` prints on a host without a network."""
    sandbox = ["unshare", "--map-root-user", "--net", "--uts", "sh", "-c", f'hostname {HOSTNAME} && exec "$@"', "sh"]
    command = [*sandbox, str(program), "config", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


def _migrated(program: Path, release: str, text: str) -> str:
    """What `kubeadm config migrate` of a release makes of a configuration, whatever Kubernetes that is for."""
    given = re.sub(r"^kubernetesVersion: .*$", f"kubernetesVersion: {release}", text, flags=re.MULTILINE)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:  # v1.13 reads it more than once
        file.write(given)
        file.flush()
        return _kubeadm(program, "migrate", "--old-config", file.name)


def record_older(directory: Path) -> Iterator[tuple[str, str]]:
    """Every file that the kubeadms of OLD are needed for, and its content."""
    for case in OLDER:
        text = (DATA / f"migrate/{case}.yaml").read_text()
        versions = tuple(OLD)
        for version in versions[versions.index(case.partition("-")[0]) :]:
            text = _migrated(directory / OLD[version] / "kubeadm", OLD[version], text)
        yield f"migrate/{case}.kubeadm", _migrated(build.kubeadm(LAST), build.version(LAST), text)


def record() -> Iterator[tuple[str, str]]:
    """Every other file below data/config and its content."""
    for minor in build.MINORS:
        for name, options in COMMANDS.items():
            yield f"defaults/{minor}/{name}.yaml", _kubeadm(build.kubeadm(minor), "print", f"{name}-defaults", *options)
        images = {
            file: _kubeadm(
                build.kubeadm(minor), "images", "list", "--config=/dev/stdin", stdin=given(file, minor)
            ).split()
            for file in IMAGES
        }
        yield f"images/{minor}.json", json.dumps(images, indent=2) + "\n"
    for case in V1BETA3:
        old = DATA / f"migrate/{case}.yaml"
        yield f"migrate/{case}.kubeadm", _kubeadm(build.kubeadm(LAST), "migrate", "--old-config", str(old))


def main() -> int:
    """Record or check; exit code 1 for differences found by --check."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--check", action="store_true", help="compare with the recordings and write nothing")
    parser.add_argument("--old", type=Path, metavar="DIRECTORY", help="record with the programs in it, and only those")
    arguments = parser.parse_args()
    check = arguments.check
    different = 0
    for name, content in record_older(arguments.old) if arguments.old else record():
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
