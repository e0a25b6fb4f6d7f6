# SPDX-License-Identifier: Apache-2.0
"""Record what kubeadm does for every case: PYTHONPATH=generator:tests python -m conformance.record [--check] [MINOR...]

Without --check the recordings are brought up to date: cases that still give what is recorded are
left as they are, so that a re-recording changes only what changed. With --check nothing is written,
and any difference between the recordings and the programs is printed and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import yaml

from conformance import build
from conformance.cases import Case, cases
from conformance.compare import file_differences, object_differences, text_difference
from conformance.normalise import Authorities, NormalObject, normalise_files, normalise_object
from conformance.recordings import Recording, changed, digest, load, store, without_chance
from conformance.sandbox import Run, run

_MANIFESTS = ("etcd.yaml", "kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml")
_KUBELET = ("config.yaml", "instance-config.yaml", "kubeadm-flags.env")


def record(case: Case, minor: str) -> Recording:
    """Run one case and describe what came of it."""
    release = build.version(minor)
    done = run(case, minor)
    blocks, log, closing = _read_stdout(done.stdout)
    certificates = _certificates_directory(blocks)
    written = {_target(path, certificates): content for path, content in done.written.items()} if not done.rc else {}
    authorities = Authorities.of(written)
    return Recording(
        case=case.name,
        kubeadm=release,
        rc=done.rc,
        error=_error(done),
        input=digest(case.given(release)),
        hostname=case.hostname(release),
        started=f"{authorities.start:%Y-%m-%dT%H:%M:%SZ}" if authorities.start else "",
        warnings=_warnings(done.stderr) if not done.rc else (),
        log=log if not done.rc else (),
        closing=re.sub(r"sha256:[0-9a-f]{64}", "sha256:<ca>", closing) if not done.rc else "",
        files=normalise_files(written),
        objects=tuple(normalise_object(each, authorities) for each in blocks) if not done.rc else (),
    )


_ACTION = re.compile(r'\[dryrun\] Would perform action (\w+) on resource "(\w+)"')
_NAME = re.compile(r'\[dryrun\] Resource name "([^"]*)", namespace "([^"]*)"')
_CLOSING = "Your Kubernetes control-plane has initialized successfully!"


def _read_stdout(stdout: str) -> tuple[tuple[NormalObject, ...], tuple[str, ...], str]:
    """Split what the dry run prints into objects, log lines and the closing text.

    A line that starts with `[` ends an object (util/apiclient/dryrun.go): no line of its YAML does.
    """
    body, mark, rest = stdout.partition(f"\n{_CLOSING}")
    chunks = re.split(r"^(?=\[)", body, flags=re.M)
    objects: list[NormalObject] = []
    log: list[str] = []
    verb = name = ""
    for chunk in chunks:
        line, _, content = chunk.partition("\n")
        if found := _ACTION.match(line):
            verb, name = found[1], ""
        elif found := _NAME.match(line):
            name = found[1]
        elif line == "[dryrun] Attached object:" and verb in ("CREATE", "UPDATE", "PATCH"):
            objects.append(_object(verb, name, content, log))
        elif line and not line.startswith("[dryrun]"):  # of a message of several lines, the first
            log.append(line)
    return tuple(objects), tuple(log), mark.lstrip("\n") + rest


_MARK = re.compile(r"\[mark-control-plane\] Marking the node \S+ as control-plane by adding the (.*)")


def _object(verb: str, name: str, content: str, log: list[str]) -> NormalObject:
    text = content.removesuffix("\n")  # the dry run adds an empty line
    document = _texts(text)
    metadata = document["metadata"]
    if verb == "PATCH":  # what is shown is the node, not the patch
        lines = [found[1] for line in log[-2:] if (found := _MARK.match(line))]
        text = "".join(f"{line}\n" for line in lines)
    return NormalObject(verb.lower(), document["kind"], metadata.get("namespace", ""), name or metadata["name"], text)


def _texts(text: str) -> Any:
    """The document with every scalar as text: what Go writes plainly, PyYAML may take as something odd, as `<<`."""
    return yaml.load(text, yaml.BaseLoader)  # noqa: S506 (makes nothing but texts)


def _certificates_directory(objects: tuple[NormalObject, ...]) -> str:
    for each in objects:
        if (each.namespace, each.name) == ("kube-system", "kubeadm-config"):
            cluster = _texts(_texts(each.text)["data"]["ClusterConfiguration"])
            return str(cluster["certificatesDir"])
    return "/etc/kubernetes/pki"


def _target(path: str, certificates: str) -> str:
    """Where a file of the dry run's flat directory belongs."""
    if path in _MANIFESTS:
        return f"/etc/kubernetes/manifests/{path}"
    if path in _KUBELET:
        return f"/var/lib/kubelet/{path}"
    if path.endswith(".conf"):
        return f"/etc/kubernetes/{path}"
    if path.endswith((".crt", ".key", ".pub")):
        return posixpath.join(posixpath.normpath(certificates), path)
    raise LookupError(f"kubeadm wrote {path}, and nobody knows where it belongs")


_KLOG = re.compile(r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] ")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC")


def _warnings(stderr: str) -> tuple[str, ...]:
    lines = (_KLOG.sub("", line) for line in stderr.splitlines() if line.strip())
    return tuple(_TIME.sub("<time>", line) for line in lines)


def _error(done: Run) -> str:
    if not done.rc:
        return ""
    lines = _warnings(
        "\n".join(line for line in done.stderr.splitlines() if line[:1] not in "WI" or not _KLOG.match(line))
    )
    starts = [line for line in lines if line.startswith(("error", "Error"))]
    return (starts or lines or [""])[0]


def merged(stored: Mapping[str, Recording], fresh: Mapping[str, Recording], minor: str) -> dict[str, Recording]:
    """The fresh recordings, with the stored one in place of each that says the same."""
    release = build.version(minor)
    result = dict(fresh)
    for case in cases():
        old = stored.get(case.name)
        if old and not changed(old, fresh[case.name], case.given(release)):
            result[case.name] = old
    return result


def drifted(stored: Mapping[str, Recording], fresh: Mapping[str, Recording], minor: str) -> Iterator[str]:
    """Lines about everything in which the stored recordings and the fresh ones differ beyond chance."""
    for name in sorted(stored.keys() ^ fresh.keys()):
        yield f"{minor} {name}: {'no longer a case' if name in stored else 'never recorded'}"
    for case in cases():
        if case.name in stored:
            text = case.given(build.version(minor))
            old, new = (without_chance(each[case.name], text) for each in (stored, fresh))
            yield from (f"{minor} {case.name}: {line}" for line in _differences(old, new))


def _differences(old: Recording, new: Recording) -> Iterator[str]:
    for name in ("kubeadm", "rc", "error", "input", "hostname"):
        if getattr(old, name) != getattr(new, name):
            yield f"{name} was {getattr(old, name)!r}, is {getattr(new, name)!r}"
    for name in ("warnings", "log"):
        yield from text_difference(name, "\n".join(getattr(old, name)), "\n".join(getattr(new, name)))
    yield from text_difference("closing", old.closing, new.closing)
    yield from file_differences(old.files, new.files)
    yield from object_differences(old.objects, new.objects)


def main() -> int:
    """Record or check; exit code 1 for differences found by --check."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--check", action="store_true", help="compare with the recordings and write nothing")
    parser.add_argument("minors", nargs="*", metavar="MINOR", default=build.MINORS)
    options = parser.parse_args()
    build.systemctl()
    drift = False
    for minor in options.minors:
        began = time.monotonic()
        build.kubeadm(minor)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            fresh = {each.case: each for each in pool.map(partial(record, minor=minor), cases())}
        print(f"{minor}: {len(fresh)} cases in {time.monotonic() - began:.0f} s", file=sys.stderr)
        if options.check:
            lines = list(drifted(load(minor), fresh, minor))
            print(*lines, sep="\n", end="\n" if lines else "")
            drift = drift or bool(lines)
        else:
            store(minor, merged(load(minor), fresh, minor))
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main())
