# SPDX-License-Identifier: Apache-2.0
"""kgen schema"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from kgen import releases
from kgen.config.catalogue import minors
from kgen.errors import TargetError, UsageError
from kgen.resources import directory
from kgen.sinks.disk import told

_ANY = "kubeadm"
"""Stands for the schema of a document of any kind, schema/<minor>/kubeadm.json."""


@click.command("schema")
@click.argument("kind", required=False, metavar="[KIND]")
@click.option("--kubeadm", "minor", metavar="MINOR", help="The schemas of this kubeadm, e.g. 1.36.  [the newest]")
@click.option("--api-version", "version", metavar="VERSION", help="e.g. v1beta3  [the one that kubeadm writes]")
@click.option("--all", "target", metavar="DIR", help="Write every schema into DIR, of every kubeadm or the one named.")
def command(kind: str | None, minor: str | None, version: str | None, target: str | None) -> None:
    """Print the JSON Schema of a kind of document, with a text and examples for its fields.

    Without KIND, list the kinds. KIND `kubeadm` stands for all of them at once: it looks at apiVersion
    and kind of a document.

    Editors with yaml-language-server, as the YAML extension of VS Code, check and complete a document,
    and explain its fields, if a comment in it names its schema. A relative path starts at the file's
    own directory:

    \b
        # yaml-language-server: $schema=schemas/1.37/kubeadm.json

    The comment speaks for its own document: in a file of several, write it into each, below the `---`.
    Never above a `---` that opens the file: kubeadm refuses a document of comments alone. Or have no
    comments and tell the editor once, here in VS Code's settings.json; this counts for each document of a file:

    \b
        "yaml.schemas": {"./schemas/1.37/kubeadm.json": "*.kubeadm.yaml"}

    The `$id` of a schema is its name. Nothing is fetched from there.
    """
    if target is not None:
        if kind or version:
            raise UsageError("--all writes every kind in every version; leave out KIND and --api-version")
        click.echo(_write(Path(target), _all(minor)))
        return
    chosen = _minor(minor)
    if kind is None:
        if version:
            raise UsageError("--api-version needs a KIND")
        for line in _list(chosen):
            click.echo(line)
        return
    click.echo(_text(_find(kind, chosen, version)), nl=False)


def published(node: Any) -> Any:
    """A schema without what only kgen's codec reads, `x-go-…`: beside a $ref it keeps editors from following that."""
    if isinstance(node, dict):
        return {key: published(value) for key, value in node.items() if not key.startswith("x-go-")}
    return [published(item) for item in node] if isinstance(node, list) else node


def _text(file: Path) -> str:
    return json.dumps(published(json.loads(file.read_text(encoding="utf-8"))), indent=1, ensure_ascii=False) + "\n"


def _minor(name: str | None) -> str:
    if name is not None and name not in minors():
        raise UsageError(f"there are no schemas of kubeadm {name}; --kubeadm takes {', '.join(minors())}")
    return name or minors()[-1]


def _kinds(minor: str) -> dict[tuple[str, str], Path]:
    """The schema file of every (kind, apiVersion), kgen's own included."""
    places = [(file, directory("schema") / minor) for file in sorted((directory("schema") / minor).glob("*/*/*.json"))]
    places += [(file, directory("schema")) for file in sorted((directory("schema") / "kgen").glob("*/*.json"))]
    return {(file.stem, file.parent.relative_to(root).as_posix()): file for file, root in places}


def _list(minor: str) -> list[str]:
    read = _versions(minor)
    kinds = sorted(_kinds(minor).items(), key=lambda item: read.index(item[0][1]) if item[0][1] in read else len(read))
    rows = [(kind, version, _summary(file)) for (kind, version), file in kinds]
    rows.append((_ANY, "any", _summary(directory("schema") / minor / f"{_ANY}.json")))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [f"{kind:{widths[0]}}  {version:{widths[1]}}  {text}" for kind, version, text in rows]


def _versions(minor: str) -> list[str]:
    """The API versions that this kubeadm reads, the one that it writes first."""
    return [f"kubeadm.k8s.io/{version}" for version in reversed(releases.load(minor).config_versions)]


def _summary(file: Path) -> str:
    """The beginning of a schema's description."""
    return re.split(r"[.:](?: |$)", json.loads(file.read_text(encoding="utf-8")).get("description", ""))[0]


def _find(kind: str, minor: str, version: str | None) -> Path:
    if kind == _ANY:
        if version:
            raise UsageError(f"the schema {_ANY} is of all versions; leave out --api-version")
        return directory("schema") / minor / f"{_ANY}.json"
    files = {of: file for (name, of), file in _kinds(minor).items() if name == kind}
    if not files:
        near = difflib.get_close_matches(kind, {name for name, _ in _kinds(minor)}, n=1)
        hint = f"did you mean {near[0]}?" if near else "`kgen schema` lists the kinds"
        raise UsageError(f"kubeadm {minor} has no kind {kind}; {hint}")
    if version is None:
        return files[next((name for name in _versions(minor) if name in files), next(iter(files)))]
    for name, file in files.items():
        if version in (name, name.rpartition("/")[2]):
            return file
    raise UsageError(f"kubeadm {minor} has no {kind} in {version}; --api-version takes {', '.join(files)}")


def _all(minor: str | None) -> Mapping[Path, str]:
    """The text of each schema by its place below schema/."""
    root = directory("schema")
    names = [_minor(minor)] if minor else minors()
    files = {file for name in names for file in [root / name / f"{_ANY}.json", *_kinds(name).values()]}
    return {file.relative_to(root): _text(file) for file in sorted(files)}


def _write(target: Path, files: Mapping[Path, str]) -> str:
    """Write the files below a directory that holds nothing else; returns what to say of it."""
    with told(f"cannot write schemas to {target}"):
        present = (path.relative_to(target) for path in sorted(target.rglob("*")) if not path.is_dir())
        foreign = next((path for path in present if path not in files), None)
        if foreign:
            raise TargetError(f"{target} holds {foreign}, which is none of these schemas; name an empty directory")
        for path, text in files.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(text, encoding="utf-8")
    return f"{len(files)} schemas in {target}"
