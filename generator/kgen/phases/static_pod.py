# SPDX-License-Identifier: Apache-2.0
"""What the static pods have in common (kubeadm app/util/staticpod/utils.go, app/util/env.go)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

from kgen import gyaml, paths, render
from kgen.config import schema
from kgen.config.codec import encode
from kgen.phases import rootless
from kgen.phases.interface import Context, file
from kgen.phases.patching import with_patches
from kgen.provenance import Given, derived, each_given, given, plain, unnoted
from kgen.tree import File

Text = str | Given[str]
Variable = Mapping[str, Any]
"""A variable of the environment of a container."""


def volume(name: Text, path: Text, kind: Text) -> dict[str, Any]:
    """A hostPath volume; `kind` may be empty, but is written all the same."""
    return {"hostPath": {"path": path, "type": kind}, "name": name}


def mount(name: Text, path: Text, read_only: bool | Given[bool]) -> dict[str, Any]:
    """Where a volume appears in the container."""
    return {"mountPath": path, "name": name, **({"readOnly": read_only} if read_only else {})}


def environment(*lists: Iterable[Variable]) -> list[Variable]:
    """Variables merged by name, later lists win, sorted by name."""
    merged = {str(plain(each["name"])): each for each in itertools.chain(*lists)}
    return [merged[name] for name in sorted(merged)]


def variables(context: Context, holder: Mapping[str, Any], path: str) -> list[Variable]:
    """The extraEnvs of a component, with what Go writes in an EnvVar by itself; `path` is that of the component."""
    return [
        _complete(each_given(each), _encoded(context, each), f"{path}.extraEnvs[{index}]")
        for index, each in enumerate(holder.get("extraEnvs", []))
    ]


def _encoded(context: Context, variable: Mapping[str, Any]) -> dict[str, Any]:
    """The variable as Go writes it, through the type of the configuration that holds it."""
    configuration = context.cluster.configuration
    version, kind = configuration["apiVersion"], configuration["kind"]
    document = {"apiVersion": version, "kind": kind, "scheduler": {"extraEnvs": [variable]}}
    written = unnoted(lambda: encode(document, schema.load(context.cluster.release.minor, version, kind)))
    encoded: dict[str, Any] = written["scheduler"]["extraEnvs"][0]
    return encoded


def _complete(variable: dict[str, Any], encoded: Mapping[str, Any], path: str) -> dict[str, Any]:
    """What is encoded, each value with where it comes from: the field that was given, or the one that was not."""
    return {key: _sourced(variable.get(key), value, f"{path}.{key}") for key, value in encoded.items()}


def _sourced(value: Any, encoded: Any, path: str) -> Any:
    if isinstance(encoded, dict) and isinstance(value, dict):
        return _complete(value, encoded, path)
    return Given(encoded, value.paths if isinstance(value, Given) else (path,))


def proxies(context: Context) -> list[Variable]:
    """The proxy variables that kubeadm would find in its environment."""
    found = context.node.host.proxy
    wanted = {name: value for name, value in found.items() if name.lower().endswith("_proxy") and value}
    place = "RenderConfiguration.host.proxy"
    return [
        {"name": Given(name, (f"{place}.{name}",)), "value": Given(value, (f"{place}.{name}",))}
        for name, value in wanted.items()
    ]


def probe_host(address: str) -> str:
    """Where the kubelet probes: an unspecified address means the pod's own, which is written by leaving it out."""
    return "" if address in ("0.0.0.0", "::") else address


def manifest(context: Context, component: str, phase: str, values: Mapping[str, Any]) -> File:
    """The manifest of a static pod: without root if its gate says so, then patched."""
    failures = given(
        lambda: derived(
            "startup-failures",
            "one every ten seconds for as long as the health check may take",
            lambda: math.ceil(context.cluster.health_check_seconds / 10),
        )
    )
    pod = render.sourced(f"manifests/{component}", {"startup_failures": failures, **values})
    pod = with_patches(context.cluster, component, rootless.secured(context, component, pod))
    return file(
        context,
        f"manifests/{component}.yaml",
        paths.join(paths.MANIFESTS, f"{component}.yaml"),
        gyaml.dump(pod.value),
        phase=phase,
        topic=f"manifests/{component}",
        places=pod.places,
    )
