# SPDX-License-Identifier: Apache-2.0
"""kgen site"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from kgen.errors import UsageError


@click.command("site")
@click.argument("tree", default="out", metavar="[TREE]")
@click.option("-o", "--output", metavar="DIR", help="Build the site into DIR.  [public]")
@click.option(
    "--serve", is_flag=True, help="Build, serve on this machine alone, and build again when the tree changes."
)
@click.option("--address", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="Where to serve.")
@click.option("--pages", metavar="DIR", help="Write the pages as Markdown, with a mkdocs.yml, for another builder.")
def command(tree: str, output: str | None, serve: bool, address: str, pages: str | None) -> None:
    """Build a site that explains every file and object of TREE, a directory or an archive.

    Nothing secret is in it, nothing in it comes from a network, and it opens from file:// as well as from a server. If
    the configuration that TREE was rendered from lies below the current directory, under the name that it was given
    by then, it is shown with what each of its lines changed.
    """
    if sum(map(bool, (output, serve, pages))) > 1:
        raise UsageError("choose one of --output, --serve and --pages")
    if not pages and importlib.util.find_spec("material") is None:
        raise UsageError("building a site needs MkDocs and its theme: pip install 'kgen[site]'")
    from kgen.explain import build  # noqa: PLC0415 (slow, and only for this)

    root = Path.cwd()
    if serve:
        click.echo(f"serving on http://{address}/, to be stopped with Ctrl-C")
        build.serve(tree, address, root)
    elif pages:
        click.echo(f"{build.write_pages(tree, pages, root)} pages in {pages}")
    else:
        target = output or "public"
        click.echo(f"{build.build(tree, target, root)} pages in {target}; open {target}/index.html")
