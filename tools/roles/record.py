# SPDX-License-Identifier: Apache-2.0
"""Writes generator/kgen/explain/roles.yaml: the API server's own roles and bindings that kubeadm's identities get.

They are read from the source of each minor (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata, which its own
tests compare with the code). `--check` writes nothing and fails on any difference. Needs the Go modules:
`go mod download k8s.io/kubernetes@v1.37.2` and so on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "generator" / "kgen" / "explain" / "roles.yaml"
ROLES = (
    *("cluster-admin", "system:basic-user", "system:discovery", "system:public-info-viewer"),
    *("system:kube-controller-manager", "system:kube-scheduler", "system:volume-scheduler"),
    *("system:kubelet-api-admin", "system:node-bootstrapper", "system:node-proxier"),
    "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
)
SUBJECTS = (
    *("system:masters", "system:kube-controller-manager", "system:kube-scheduler"),
    *("system:authenticated", "system:unauthenticated"),
)
HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# Made by tools/roles/record.py from the source of each minor. Built-in ClusterRoles and their bindings.
"""


def main() -> int:
    """Writes or checks; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    text = HEAD + yaml.safe_dump(_all(), sort_keys=False, width=110, default_flow_style=None)
    if check:
        return 0 if TARGET.read_text() == text else 1
    TARGET.write_text(text)
    return 0


def _all() -> dict[str, Any]:
    roles: dict[str, list[dict[str, Any]]] = {}
    bindings: list[dict[str, Any]] = []
    for release in sorted((ROOT / "generator" / "kgen" / "releases").glob("*.yaml"), key=lambda p: int(p.stem[2:])):
        version = yaml.safe_load(release.read_text())["kubeadm"]
        for name, rules in _roles(version).items():
            variants = roles.setdefault(name, [])
            if not variants or variants[-1]["rules"] != rules:
                variants.append({"minors": [], "rules": rules})
            variants[-1]["minors"].append(release.stem)
        found = _bindings(version)
        if bindings and found != bindings:
            raise SystemExit(f"the bindings of {version} differ from those before: {TARGET.name} has no place for that")
        bindings = found
    return {"roles": roles, "bindings": bindings}


def _roles(version: str) -> dict[str, Any]:
    items = {item["metadata"]["name"]: item["rules"] for item in _items(version, "cluster-roles.yaml")}
    return {name: items[name] for name in ROLES}


def _bindings(version: str) -> list[dict[str, Any]]:
    return [
        {"role": item["roleRef"]["name"], "kind": subject["kind"], "name": subject["name"]}
        for item in _items(version, "cluster-role-bindings.yaml")
        for subject in item.get("subjects") or ()
        if subject["name"] in SUBJECTS and item["roleRef"]["name"] in ROLES
    ]


def _items(version: str, name: str) -> list[dict[str, Any]]:
    modules = Path(subprocess.check_output(["go", "env", "GOMODCACHE"], text=True, env=os.environ).strip())
    source = modules / f"k8s.io/kubernetes@{version}/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata" / name
    items: list[dict[str, Any]] = yaml.safe_load(source.read_text())["items"]
    return items


if __name__ == "__main__":
    sys.exit(main())
