# SPDX-License-Identifier: Apache-2.0
"""Writes schema/<minor>/<group>/<version>/<Kind>.json from the Go types of each kubeadm minor, and
schema/objects/<minor>.json, which holds the API objects that users can patch; schema/<minor>/kubeadm.json
holds all of a minor's kinds for editors.

    python tools/gotypes/generate.py            rewrite all schemas
    python tools/gotypes/generate.py --check    exit 1 if a schema in the checkout is not what Go says

Each directory beside this file that has a go.mod is one minor. Needs Go; the first build of a minor
takes a minute, later ones seconds. Texts for editors come from descriptions.json, if there is one:
`{"Networking.podSubnet": {"title": …, "description": …, "examples": […]}}`, by Go type and field, or by
the type alone. `v1beta3 APIServer.extraArgs` or `1.37 KubeProxyConfiguration.mode` counts for that API
version or minor alone, on top of the text for all. A text that no minor has a place for is an error.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from combine import combined

HERE = Path(__file__).parent
SCHEMAS = HERE.parents[1] / "schema"
DESCRIPTIONS = HERE / "descriptions.json"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://kgen.dev/schema"

Node = dict[str, Any]
Texts = dict[str, Node]


def minors() -> list[str]:
    """The minors that there is a go.mod for, oldest first."""
    return sorted((path.parent.name for path in HERE.glob("*/go.mod")), key=lambda minor: int(minor.split(".")[1]))


def build(minor: str, directory: Path) -> Path:
    """Build the Go program for one minor in an empty directory; returns the path of the program."""
    for source in (*HERE.glob("*.go"), *(HERE / minor).glob("go.*")):
        shutil.copy(source, directory)
    subprocess.run(["go", "build", "-trimpath", "-o", "gotypes", "."], cwd=directory, check=True)
    return directory / "gotypes"


def schemas(minor: str, texts: Texts, used: set[str]) -> dict[Path, str]:
    """The text of every schema file of a minor, by its place below schema/; adds to `used` which texts went in."""
    with tempfile.TemporaryDirectory() as directory:
        program = build(minor, Path(directory))
        kinds, objects = (
            json.loads(subprocess.run([program, command], stdout=subprocess.PIPE, check=True).stdout)
            for command in ("schema", "objects")
        )
    files = {}
    for name, root in kinds.items():
        used |= describe(f"{minor}/{name}", root, texts)
        schema = {"$schema": DRAFT, "$id": f"{BASE}/{minor}/{name}.json", **root}
        files[Path(minor, f"{name}.json")] = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    render = "kgen/v1/RenderConfiguration"
    kinds[render] = json.loads((SCHEMAS / f"{render}.json").read_text(encoding="utf-8"))
    schema = {"$schema": DRAFT, "$id": f"{BASE}/{minor}/kubeadm.json", **combined(minor, kinds)}
    files[Path(minor, "kubeadm.json")] = compact(schema)
    schema = {"$schema": DRAFT, "$id": f"{BASE}/objects/{minor}.json", **objects}
    files[Path("objects", f"{minor}.json")] = compact(schema)
    return files


def compact(schema: Node) -> str:
    """A large schema as text, one definition a line."""
    head = "".join(f'"{key}": {json.dumps(value)},\n' for key, value in schema.items() if key != "$defs")
    lines = (f'"{name}": {json.dumps(node, separators=(",", ":"))}' for name, node in schema["$defs"].items())
    return "{\n" + head + '"$defs": {\n' + ",\n".join(lines) + "\n}\n}\n"


def describe(place: str, root: Node, texts: Texts) -> set[str]:
    """Put the hand-written texts that belong to a schema, e.g. 1.37/kubeadm.k8s.io/v1/InitConfiguration, into it.

    Returns their names.
    """
    parts = place.split("/")
    nodes = {}
    for name, node in {parts[-1]: root, **root.get("$defs", {})}.items():
        nodes[name] = node
        nodes.update({f"{name}.{field}": value for field, value in node["properties"].items()})
    used = set()
    for key in sorted(texts, key=lambda key: " " in key):
        only, _, name = key.rpartition(" ")
        if name in nodes and (not only or only in parts):
            nodes[name].update(texts[key])
            used.add(key)
    return used


def main() -> int:
    """Write or check all schemas; returns the exit code."""
    parser = argparse.ArgumentParser(description="JSON Schemas from kubeadm's Go types")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a schema is stale")
    check = parser.parse_args().check
    texts: Texts = json.loads(DESCRIPTIONS.read_text(encoding="utf-8")) if DESCRIPTIONS.exists() else {}
    stale, used = 0, set[str]()
    for minor in minors():
        wanted = schemas(minor, texts, used)
        present = {path.relative_to(SCHEMAS) for path in (SCHEMAS / minor).rglob("*.json")}
        present |= {path for path in (Path("objects", f"{minor}.json"),) if (SCHEMAS / path).exists()}
        for path in sorted(present - wanted.keys()):
            stale += 1
            print(f"{path}: no such kind")
            if not check:
                (SCHEMAS / path).unlink()
        for path, text in wanted.items():
            if path in present and (SCHEMAS / path).read_text(encoding="utf-8") == text:
                continue
            stale += 1
            print(f"{path}: {'stale' if check else 'written'}")
            if not check:
                (SCHEMAS / path).parent.mkdir(parents=True, exist_ok=True)
                (SCHEMAS / path).write_text(text, encoding="utf-8")
    for name in sorted(texts.keys() - used):
        print(f"{DESCRIPTIONS.name}: nothing is called {name}")
    return 1 if texts.keys() - used or (check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
