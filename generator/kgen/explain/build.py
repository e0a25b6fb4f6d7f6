# SPDX-License-Identifier: Apache-2.0
"""From a tree to a site on disk: built beside the target by MkDocs, and put in its place when whole."""

from __future__ import annotations

import functools
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from kgen.errors import TargetError
from kgen.explain import pages, written
from kgen.explain.view import view
from kgen.resources import directory
from kgen.sinks.disk import told
from kgen.sinks.earlier import Earlier, read
from kgen.sinks.swap import real, replace

CONFIG = "mkdocs.yml"
_MARKER = "kgen-site"
"""A file in what kgen built, so that nothing else is ever replaced."""


def build(tree: str, output: str, root: Path) -> int:
    """Build the site of a tree; returns the number of pages. TargetError if it cannot be; then the earlier is left."""
    _tree(tree)
    target = real(output)
    _refuse_others(target, _MARKER)
    with told(f"cannot write {output}"), _project(tree, root) as project:
        count = _run(project)
        (project / "site" / _MARKER).write_text("made by kgen site, which replaces it as a whole\n", encoding="utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        replace(target, output, functools.partial(_copy, project / "site"))
    return count


def _copy(built: Path, fresh: Path) -> None:
    shutil.copytree(built, fresh)


def serve(tree: str, address: str, root: Path) -> None:
    """Build, serve at host:port, and build again when the tree changes, until interrupted."""
    from mkdocs.commands.serve import serve as mkdocs_serve  # noqa: PLC0415 (slow, and an extra)

    _tree(tree)
    with _project(tree, root) as project, _told_by_mkdocs():
        mkdocs_serve(str(project / CONFIG), dev_addr=address)


def write_pages(tree: str, output: str, root: Path) -> int:
    """Write the Markdown of a tree's site and a mkdocs.yml; returns the number of pages. TargetError if it cannot."""
    earlier = _tree(tree)
    site = pages.made(view(earlier), root)
    target = real(output)
    _refuse_others(target, CONFIG)
    settings = _settings(earlier.index.cluster_name, "docs", "overrides") | {"nav": site.nav}
    with told(f"cannot write {output}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        replace(target, output, lambda fresh: _fill(fresh, site, settings))
    return len(site.pages)


def _tree(place: str) -> Earlier:
    earlier = read(place)
    if earlier is None:
        raise TargetError(f"there is no tree at {place}; `kgen render` makes one")
    return earlier


def _fill(fresh: Path, site: pages.Site, settings: dict[str, Any]) -> None:
    shutil.copytree(written.root(), fresh / "docs")
    shutil.copytree(directory("site") / "overrides", fresh / "overrides")
    for page in site.pages:
        _write(fresh / "docs" / page.path, page.body.encode())
    for asset in site.assets:
        _write(fresh / "docs" / asset.path, asset.content)
    _write(fresh / CONFIG, _yaml(settings))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@contextmanager
def _project(tree: str, root: Path) -> Iterator[Path]:
    """A directory with a mkdocs.yml for this tree, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="kgen-site-") as scratch:
        place = Path(scratch)
        settings = _settings("", str(written.root()), str(directory("site") / "overrides"))
        settings["plugins"] = {"kgen": {"tree": str(Path(tree).absolute()), "root": str(root)}, **settings["plugins"]}
        (place / CONFIG).write_bytes(_yaml(settings))
        yield place


def _run(project: Path) -> int:
    """Build the project into its site/; returns the number of pages."""
    from mkdocs.commands.build import build as mkdocs_build  # noqa: PLC0415 (slow, and an extra)
    from mkdocs.config import load_config  # noqa: PLC0415

    with _told_by_mkdocs():
        config = load_config(str(project / CONFIG), strict=True)
        mkdocs_build(config)
    return sum(1 for _ in (project / "site").rglob("*.html")) - 1  # without 404.html


class _Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _told_by_mkdocs() -> Iterator[None]:
    """Turn what MkDocs raises, and the warnings that made it, into a TargetError."""
    from mkdocs.exceptions import Abort, MkDocsException  # noqa: PLC0415 (slow, and an extra)

    logger, kept = logging.getLogger("mkdocs"), _Kept()
    logger.setLevel(logging.WARNING)
    logger.addHandler(kept)
    try:
        yield
    except (Abort, MkDocsException) as error:
        said = [message.removeprefix("kgen: ") for message in (*kept.messages, str(error)) if message]
        raise TargetError("the site cannot be built:\n" + "\n".join(f"  {each}" for each in said)) from error
    finally:
        logger.removeHandler(kept)


def _settings(name: str, docs: str, overrides: str) -> dict[str, Any]:
    """What mkdocs.yml says, but for the plugin."""
    settings: dict[str, Any] = yaml.safe_load((directory("site") / CONFIG).read_text(encoding="utf-8"))
    settings["theme"]["custom_dir"] = overrides
    return settings | {"site_name": name or "kgen", "docs_dir": docs, "site_dir": "site"}


def _yaml(settings: dict[str, Any]) -> bytes:
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).encode()


def _refuse_others(target: Path, mark: str) -> None:
    """Never replace what kgen did not make."""
    if target.exists() and not (target.is_dir() and ((target / mark).is_file() or not any(target.iterdir()))):
        raise TargetError(f"{target} is there and kgen did not make it; name another directory, or move it away")
