# SPDX-License-Identifier: Apache-2.0
"""The images that hosts of a lab hold, made from local programs and nothing else: no registry is asked.

They carry the names that kubeadm and the upstream suite use. A host only ever sees a name, so which one is meant by
it is decided here: the release that the tests are about.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from e2e.lab import run
from e2e.programs import build

_ETC = {
    "etc/passwd": "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\ndefault-user:x:1000:1000::/:/bin/sh\n",
    "etc/group": "root:x:0:\ndefault-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


@dataclass(frozen=True, slots=True)
class Image:
    """What goes into an image: files and links by their place in it."""

    entrypoint: Sequence[str]
    files: Mapping[str, Path]
    links: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()

    def write(self, name: str, directory: Path) -> Path:
        """An archive of it, as `docker save` writes one."""
        layer = self._layer()
        layer_id = hashlib.sha256(layer).hexdigest()
        settings = {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.command),
            "WorkingDir": "/",
        }
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": settings,
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_id}"]},
            }
        ).encode()
        config_name = f"{hashlib.sha256(config).hexdigest()}.json"
        manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [f"{layer_id}.tar"]}]
        path = directory / f"{re.sub('[/:]', '_', name)}.tar"
        with tarfile.open(path, "w") as archive:
            _add(archive, config_name, config)
            _add(archive, f"{layer_id}.tar", layer)
            _add(archive, "manifest.json", json.dumps(manifest).encode())
        return path

    def _layer(self) -> bytes:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            places = ("tmp/-", "run/-", "uploads/-", *_ETC, *self.files, *self.links)
            for directory in _above(places):
                entry = tarfile.TarInfo(directory)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if directory in ("tmp", "uploads") else 0o755
                archive.addfile(entry)
            for place, text in _ETC.items():
                _add(archive, place, text.encode())
            for place, source in self.files.items():
                _add(archive, place, source.read_bytes(), 0o755)
            for place, target in self.links.items():
                entry = tarfile.TarInfo(place)
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                archive.addfile(entry)
        return content.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _above(places: Iterable[str]) -> list[str]:
    return sorted({str(parent) for place in places for parent in PurePosixPath(place).parents} - {"."})


def write_all(directory: Path, minor: str = build.NEWEST, suite: bool = False) -> dict[str, Path]:
    """Every image that kubeadm lists for a minor, an agnhost, and with `suite` what the upstream suite's specs run.

    Returns the archives by the image's name.
    """
    directory.mkdir(parents=True)
    release = build.version("kube-apiserver", minor)
    listed = run([build.program("kubeadm", minor), "config", "images", "list", "--kubernetes-version", release]).stdout
    images = {name: _of_kubernetes(name.rsplit("/", 1)[1].split(":")[0], minor) for name in listed.split()}
    images["lab/agnhost:1"] = _agnhost()
    if suite:
        images |= _of_suite()
    return {name: image.write(name, directory) for name, image in images.items()}


def _of_kubernetes(name: str, minor: str) -> Image:
    program = build.program(name, minor)
    if name in ("pause", "coredns"):
        return Image([f"/{name}"], {name: program})
    if name == "kube-proxy":
        return _kube_proxy(program)
    return Image([f"/usr/local/bin/{name}"], {f"usr/local/bin/{name}": program})


def _kube_proxy(program: Path) -> Image:
    tools = [Path(f"/usr/sbin/{name}") for name in ("xtables-nft-multi", "nft", "conntrack")]
    names = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore")
    files = _with_libraries([*tools, *Path("/usr/lib/x86_64-linux-gnu/xtables").glob("*.so")])
    return Image(
        ["/usr/local/bin/kube-proxy"],
        {"usr/local/bin/kube-proxy": program, **files},
        {f"usr/sbin/{name}": "xtables-nft-multi" for name in names},
    )


def _shell() -> tuple[dict[str, Path], dict[str, str]]:
    """Files and links of a small userland.

    Its shell is bash: busybox's drops variables whose names hold a dash, which the upstream suite sets.
    """
    applets = {f"bin/{name}": "busybox" for name in run(["busybox", "--list"]).stdout.split()}
    files = {"bin/bash": Path("/bin/bash-static"), "bin/busybox": Path("/bin/busybox")}
    return files, {place: target for place, target in applets.items() if place not in files} | {"bin/sh": "bash"}


def _busybox() -> Image:
    return Image([], *_shell(), ["/bin/sh"])


def _agnhost() -> Image:
    files, links = _shell()
    tools = _with_libraries(Path(name) for name in ("/bin/curl", "/bin/dig", "/bin/getent", "/bin/nc.openbsd"))
    links = {**links, "bin/nc": "nc.openbsd", "agnhost-2": "agnhost"}
    return Image(["/agnhost"], {**files, **tools, "agnhost": build.program("agnhost")}, links, ["pause"])


def _of_suite() -> dict[str, Image]:
    names = run([build.program("e2e.test"), "--list-images"]).stdout.split()
    kinds = {"agnhost": _agnhost(), "glibc-dns-testing": _agnhost(), "busybox": _busybox()}
    found = {name: re.search(r"/e2e-test-images/([^/:]+):", name) for name in names}
    return {name: kinds[match[1]] for name, match in found.items() if match and match[1] in kinds}


def _with_libraries(programs: Iterable[Path]) -> dict[str, Path]:
    """The programs, and the shared libraries that they load, by their place."""
    files: dict[str, Path] = {}
    for program in programs:
        files[str(program)[1:]] = program.resolve()
        for library in re.findall(r"(/\S+) \(0x", run(["ldd", program], check=False).stdout):
            files[library[1:]] = Path(library).resolve()
    return files
