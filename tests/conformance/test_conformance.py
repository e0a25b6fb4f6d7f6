# SPDX-License-Identifier: Apache-2.0
"""kgen against the recorded kubeadm: every minor, every case."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache

import pytest

import kgen
from conformance import build
from conformance.cases import CORPUS, Case, cases
from conformance.compare import compare
from conformance.recordings import Recording, is_token, load
from helpers import CannedKeys
from kgen.cli import world
from kgen.cli.render import command, request
from kgen.cluster import Cluster
from kgen.errors import ConfigurationError, KgenError
from kgen.phases import rootless
from kgen.secrets import PROXY_TOKEN_DESCRIPTION, Earlier, Secrets, Upload
from kgen.testing import FIXED_TIME
from kgen.tree import Tree

CASES = {case.name: case for case in cases()}
CANNED = CannedKeys()
DELIBERATE = {
    "extra/validity-zero": "validity",  # certificates that are never valid
    "reports/210-validity-negative": "validity",
    "reports/273-deep-nesting": "yaml",  # memory and time stay bounded
}
"""Accepted by kubeadm init and refused by kgen on purpose, with the code of the problem (see CONTRIBUTING)."""

recordings = cache(load)


def render(case: Case, recording: Recording) -> Tree:
    """kgen's tree for a case, with the recording's release, host, clock and tokens.

    Tokens that the configuration leaves to chance are offered as those of an earlier tree.
    """
    release = recording.kubeadm
    options = command.make_context("render", list(case.arguments(release))).params
    options["skip_phases"] = [name for name in options["skip_phases"] or () if name != "preflight"] or None
    sources = [(case.config, case.text(release).encode(errors="surrogateescape"))] if case.config else []
    cluster = kgen.load(
        [*sources, ("host.yaml", _host(case, recording))],
        flags=request(options).flags,
        kubeadm=release.removeprefix("v").rpartition(".")[0],
        strict=False,
        read_directory=lambda path: world.directory(str(CORPUS / path)),
    )
    tokens = {each.name: each.text.encode() for each in recording.objects if is_token(each)}
    secrets = kgen.gather(
        cluster,
        keys=CANNED,
        start=recording.start if recording.started else FIXED_TIME,
        random=os.urandom,
        earlier=Earlier(tokens=tokens),
    )
    secrets = replace(secrets, upload=_recorded(secrets.upload, recording))
    return _as_the_dry_run(kgen.plan(cluster, secrets), cluster, secrets)


def _as_the_dry_run(tree: Tree, cluster: Cluster, secrets: Secrets) -> Tree:
    """The files as they are without RootlessControlPlane, which the dry run only talks about."""
    if not cluster.gate(rootless.GATE):
        return tree
    gates = {name: on for name, on in cluster.configuration["featureGates"].items() if name != rootless.GATE}
    rooted = kgen.plan(replace(cluster, configuration={**cluster.configuration, "featureGates": gates}), secrets)
    return replace(tree, artifacts=(*rooted.files, *tree.objects))


def _recorded(upload: Upload | None, recording: Recording) -> Upload | None:
    """The upload with the recorded token, whose name is random."""
    if upload is None:
        return None
    token = next(each for each in recording.tokens() if each.get("description") == PROXY_TOKEN_DESCRIPTION)
    return replace(upload, token=replace(upload.token, id=token["token-id"], secret=token["token-secret"]))


def _host(case: Case, recording: Recording) -> bytes:
    """The case's host as a RenderConfiguration."""
    host: dict[str, object] = {
        "caDirectories": list(case.host.ca_directories),
        "proxy": dict(case.host.environment),
        "hostname": recording.hostname,
    }
    if case.host.resolved:
        host["resolvConf"] = "/run/systemd/resolve/resolv.conf"
    return json.dumps({"apiVersion": "kgen/v1", "kind": "RenderConfiguration", "host": host}).encode()


def _pick(*, accepted: bool) -> list[tuple[str, str]]:
    return [
        (minor, name)
        for minor in build.MINORS
        for name, recording in recordings(minor).items()
        if (recording.rc == 0) is accepted and name not in DELIBERATE
    ]


@pytest.mark.parametrize(("minor", "name"), _pick(accepted=True))
def test_what_init_writes(minor: str, name: str) -> None:
    """Files and objects are those that kubeadm writes."""
    recording = recordings(minor)[name]
    assert compare(recording, render(CASES[name], recording)) == []


@pytest.mark.parametrize(("minor", "name"), _pick(accepted=False))
def test_what_init_refuses(minor: str, name: str) -> None:
    """What kubeadm refuses, kgen refuses, and before anything is rendered."""
    with pytest.raises(KgenError):
        render(CASES[name], recordings(minor)[name])


@pytest.mark.parametrize("minor", build.MINORS)
@pytest.mark.parametrize(("name", "code"), DELIBERATE.items())
def test_where_kgen_is_stricter(minor: str, name: str, code: str) -> None:
    """kubeadm init accepts these; kgen does not, and says why."""
    recording = recordings(minor)[name]
    assert recording.rc == 0
    with pytest.raises(ConfigurationError) as caught:
        render(CASES[name], recording)
    assert code in {problem.code for problem in caught.value.problems if problem.level == "error"}
