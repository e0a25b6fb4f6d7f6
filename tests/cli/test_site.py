# SPDX-License-Identifier: Apache-2.0
"""kgen site: from a tree on disk to a site on disk."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
import yaml

from cli.running import Kgen
from explain.test_redact import CANARY, PLACES
from kgen.errors import TargetError
from kgen.explain import build, pages, plugin
from kgen.explain.page import Page

pytestmark = pytest.mark.slow

SECRETS = "\n---\n".join(
    [
        PLACES["token"].partition("---")[0].strip(),
        PLACES["token"].partition("---\n")[2]
        + f"apiServer: {{extraEnvs: [{{name: A, value: {CANARY}}}], extraArgs: [{{name: a-secret, value: {CANARY}}}]}}",
        PLACES["header of the kubelet"].rpartition("---\n")[2],
        PLACES["proxy of the host"].rpartition("---\n")[2],
    ]
)
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio)[^>]*\ssrc="?([^"\s>]+)|<link[^>]*\shref="?([^"\s>]+)"""
)


@pytest.fixture
def tree(kgen: Kgen, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of a tree that holds secrets, beside its configuration, in the current directory."""
    monkeypatch.chdir(kgen.directory)
    Path("cluster.yaml").write_text(SECRETS)
    assert kgen("render", "cluster.yaml", "-o", "tree.tar.gz", "--lint", "off").code == 0
    return kgen.directory / "tree.tar.gz"


def test_build(kgen: Kgen, tree: Path) -> None:
    """One command makes a site of an archive; nothing secret is in any file of it, nothing comes from elsewhere."""
    done = kgen("site", "tree.tar.gz", "-o", "public")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"\d{3} pages in public; open public/index.html\n", done.out)
    files = [file for file in Path("public").rglob("*") if file.is_file()]
    key = base64.b64encode(CANARY.encode())
    for file in files:
        content = file.read_bytes()
        assert CANARY.encode() not in content, file
        assert key not in content, file
        assert b"PRIVATE KEY-----\n" not in content, file
    assert b"kube-apiserver" in Path("public/search/search_index.json").read_bytes()
    for page in Path("public").rglob("*.html"):
        for found in _FETCHED.findall(page.read_text()):
            assert not re.match(r"\w+:|//", found[0] or found[1]), (page, found)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o644}


def test_pages(kgen: Kgen, tree: Path) -> None:
    """--pages writes Markdown, the theme's parts and a mkdocs.yml that another builder can take."""
    assert kgen("site", "tree.tar.gz", "--pages", "md").code == 0
    settings = yaml.safe_load(Path("md/mkdocs.yml").read_text())
    assert "kgen" not in settings["plugins"]
    assert settings["nav"][0] == {"Overview": "index.md"}
    text = Path("md/docs/index.md").read_text()
    assert text.startswith("# The cluster `kubernetes`\n")
    assert not [file for file in Path("md").rglob("*.*") if CANARY.encode() in file.read_bytes()]
    again = kgen("site", "tree.tar.gz", "--pages", "md")
    assert (again.code, again.err) == (0, "")


@pytest.mark.parametrize("made", ["-o", "--pages"])
def test_refuses_others(kgen: Kgen, tree: Path, made: str) -> None:
    """What kgen did not make is not replaced, whatever it is."""
    Path("mine").mkdir()
    Path("mine/file").write_text("x")
    Path("file").write_text("x")
    for target in ("mine", "file"):
        done = kgen("site", "tree.tar.gz", made, target)
        place = tree.parent / target
        why = "is there and kgen did not make it; name another directory, or move it away"
        assert (done.code, done.err) == (5, f"kgen: {place} {why}\n")
    assert Path("mine/file").read_text() == "x"


def test_failure_leaves_the_earlier(kgen: Kgen, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails leaves the earlier site as it was, and nothing beside it."""
    target = Path("public")
    target.mkdir()
    (target / "kgen-site").write_text("")
    (target / "index.html").write_text("earlier")
    before = sorted(tree.parent.iterdir())

    def broken(project: Path) -> int:
        raise TargetError("broken")

    monkeypatch.setattr(build, "_run", broken)
    assert kgen("site", "tree.tar.gz").err == "kgen: broken\n"
    assert (target / "index.html").read_text() == "earlier"
    assert sorted(tree.parent.iterdir()) == before


@pytest.mark.parametrize("made", ["-o", "--pages"])
def test_no_tree(kgen: Kgen, made: str) -> None:
    """Without a tree there is a sentence that says so."""
    done = kgen("site", "nothing", made, "x")
    assert done.code == 5
    assert "there is no tree at" in done.err
    assert not (kgen.directory / "x").exists()


def test_one_of_three(kgen: Kgen) -> None:
    """What to make is one thing."""
    assert kgen("site", "out", "-o", "a", "--serve").err == "kgen: choose one of --output, --serve and --pages\n"


def test_says_what_mkdocs_says(kgen: Kgen, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning of MkDocs ends the build, and is told."""
    monkeypatch.setattr(plugin, "made", lambda *_: pages.Site((Page("index.md", "x", "# x\n[a](b.md)\n"),), (), []))
    done = kgen("site", "tree.tar.gz")
    assert done.code == 5
    assert done.err.startswith("kgen: the site cannot be built:\n  Doc file 'index.md' contains a link 'b.md'")
    assert not Path("public").exists()
