# SPDX-License-Identifier: Apache-2.0
"""The plugin with which MkDocs shows a tree: `mkdocs serve` in a checkout, and behind `kgen site`.

Which tree: the one that the option `tree` names, else KGEN_TREE; else the one in out/ beside mkdocs.yml; else an
example, rendered with keys that are made anew and never leave the memory.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config import config_options
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as MkDocsPage

import kgen
from kgen.errors import KgenError
from kgen.explain import sources
from kgen.explain.pages import Site, made
from kgen.explain.view import view
from kgen.material import Material
from kgen.sinks.earlier import Earlier, read
from kgen.tree import INDEX

if TYPE_CHECKING:
    from mkdocs.livereload import LiveReloadServer

_LINE_ANCHOR = re.compile(r'id="(__codelineno-[^"]+)"')
_EXAMPLE = "examples/minimal.yaml"
_OWN = ("index.md", "artifacts/", "configuration/", "maps/", "lists/")
_rendered: dict[bytes, Earlier] = {}
"""The example by its text: while MkDocs serves, its keys are made once."""


class Options(Config):  # type: ignore[no-untyped-call]
    """What mkdocs.yml may say below `kgen`."""

    tree = config_options.Type(str, default="")
    """The tree, a directory or an archive."""
    root = config_options.Type(str, default="")
    """Where its configuration is looked for; by default beside mkdocs.yml."""


class Plugin(BasePlugin[Options]):  # type: ignore[no-untyped-call]
    """Adds the pages of a tree."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Make the pages and the navigation."""
        beside = Path(config.config_file_path).parent
        self._root = Path(self.config.root) if self.config.root else beside
        self._place = self._choose(beside)
        try:
            earlier = read(self._place) if self._place else _example(beside / _EXAMPLE)
            if earlier is None:
                raise PluginError(f"kgen: there is no tree at {self._place}")
            self._index = earlier.index
            self._site: Site = made(view(earlier), self._root)
        except KgenError as error:
            raise PluginError(f"kgen: {error}") from error
        config.nav = self._site.nav
        config.site_name = earlier.index.cluster_name or "kgen"
        return config

    def on_files(self, files: Files, config: MkDocsConfig) -> Files:
        """Add the pages to the hand-written ones."""
        for page in self._site.pages:
            files.append(File.generated(config, page.path, content=page.body))
        for asset in self._site.assets:
            files.append(File.generated(config, asset.path, content=asset.content))
        return files

    def on_page_markdown(self, markdown: str, *, page: MkDocsPage, **_: object) -> str:
        """Let the search name what is of this cluster before what is true of every one."""
        if page.file.src_uri.startswith(_OWN):
            page.meta.setdefault("search", {"boost": 4})
        return markdown

    def on_page_content(self, html: str, page: MkDocsPage, **_: object) -> None:
        """Tell MkDocs, which checks links, of the anchors of lines of code: it does not look into code."""
        page.present_anchor_ids = (page.present_anchor_ids or set()) | set(_LINE_ANCHOR.findall(html))

    def on_serve(self, server: LiveReloadServer, **_: object) -> LiveReloadServer:
        """Build again when the tree or the configuration changes."""
        named = [self._root / name for name in sources.names(self._index)]
        for path in (self._place, *named):
            if path and path.exists():
                server.watch(str(path))
        return server

    def _choose(self, beside: Path) -> Path | None:
        """Where the tree is; None for the example."""
        if named := self.config.tree or os.environ.get("KGEN_TREE"):
            return Path(named)
        own = beside / "out"
        return own if (own / INDEX).is_file() else None


def _example(file: Path) -> Earlier:
    """The example cluster, as if it had been written and read back; after an edit with the keys that still fit."""
    text = file.read_bytes()
    if text not in _rendered:
        cluster = kgen.load([(_EXAMPLE, text)])
        kept = [
            Material({name.removeprefix("pki/"): each for name, each in before.contents.items()}, "earlier")
            for before in _rendered.values()
        ]
        with kgen.ThreadedKeys() as keys:
            secrets = kgen.gather(cluster, kept, keys=keys, start=datetime.now(UTC), random=os.urandom)
        _rendered.clear()
        _rendered[text] = Earlier.of(kgen.plan(cluster, secrets))
    return _rendered[text]
