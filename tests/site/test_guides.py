# SPDX-License-Identifier: Apache-2.0
"""The hand-written pages: what they show is what happens, and they hold together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import blocks
from kgen.config.lints import IDS
from kgen.phases import NAMES

PAGES = Path(__file__).parents[2] / "site" / "pages"
GUIDES = sorted(PAGES.glob("guides/*.md"))
CONCEPTS = sorted(PAGES.glob("concepts/*.md"))
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_TOKEN = re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b")
MADE_UP = {"abcdef.0123456789abcdef"}
KUBEADM = (
    *("init", "init phase", "join", "reset", "completion", "version", "kubeconfig user"),
    *("upgrade apply", "upgrade diff", "upgrade node", "upgrade plan"),
    *("certs certificate-key", "certs check-expiration", "certs generate-csr", "certs renew"),
    *("config images list", "config images pull", "config migrate", "config validate"),
    *("config print init-defaults", "config print join-defaults"),
    *("config print reset-defaults", "config print upgrade-defaults"),
    *("token create", "token delete", "token generate", "token list"),
)
"""Every command that `kubeadm --help` and the help of its commands list, in 1.34 to 1.37."""


def name(page: Path) -> str:
    """How tests call a page."""
    return f"{page.parent.name}/{page.stem}"


@pytest.mark.parametrize("page", GUIDES + CONCEPTS, ids=name)
class TestPages:
    """What holds for each page."""

    @pytest.mark.slow
    def test_the_commands_do_what_is_shown(self, page: Path, tmp_path: Path) -> None:
        """Every titled file and every console block, in the order of the page, in an empty directory."""
        place = tmp_path / "page"
        place.mkdir()
        wrong = blocks.differences(page.read_text(), place)
        assert not wrong, "\n\n".join(wrong)

    def test_links_lead_to_pages(self, page: Path) -> None:
        """Links to other hand-written pages, with their anchors, exist."""
        for target in _LINK.findall(_prose(page)):
            path, _, anchor = target.partition("#")
            if "://" in target or (path and not path.endswith(".md")):
                continue
            other = page.parent / path if path else page
            assert other.is_file(), f"{target} leads nowhere"
            assert not anchor or anchor in _anchors(other), f"{target}: no such heading"

    def test_nothing_looks_like_a_secret(self, page: Path) -> None:
        """No key, and no token but the made-up one."""
        text = page.read_text()
        assert "PRIVATE KEY" not in text
        assert set(_TOKEN.findall(text)) <= MADE_UP

    def test_whole_documents_are_run(self, page: Path) -> None:
        """A configuration that is complete has a file name, so that the commands below it use it."""
        for block in blocks.blocks(page.read_text()):
            if block.language == "yaml" and block.text.startswith(("apiVersion: kubeadm", "apiVersion: kgen")):
                assert block.title, f"line {block.line}: a whole document without a file name"


@pytest.mark.parametrize("folder", ["guides", "concepts"])
def test_the_index_lists_every_page(folder: str) -> None:
    """A page that index.md does not name is found by nobody."""
    index = (PAGES / folder / "index.md").read_text()
    pages = {page.name for page in (PAGES / folder).glob("*.md")} - {"index.md"}
    assert pages - set(_LINK.findall(index)) == set()


@pytest.mark.parametrize("page", GUIDES, ids=name)
def test_lints_exist(page: Path) -> None:
    """What a guide names as a lint is one; `volume-…` stands for several."""
    for paragraph in re.findall(r"^Lints.*?(?=\n\n|\Z)", page.read_text(), re.MULTILINE | re.DOTALL):
        for lint in re.findall(r"`([a-z-]+…?)`", paragraph):
            assert [known for known in IDS if known == lint or (lint[-1] == "…" and known.startswith(lint[:-1]))], lint


@pytest.mark.parametrize("command", KUBEADM)
def test_every_command_of_kubeadm_has_an_answer(command: str) -> None:
    """commands.md has a row for it: `token create`, `list` in a row stands for `token create` and `token list`."""
    words = command.split()
    rows = [line.split("|")[1] for line in (PAGES / "guides" / "commands.md").read_text().splitlines() if "|" in line]
    assert any(f"`{command}" in row or (f"`{words[0]} " in row and f"`{words[-1]}`" in row) for row in rows)


def test_every_phase_is_explained() -> None:
    """The page on how a control plane is made has a row for each phase."""
    page = (PAGES / "concepts" / "control-plane.md").read_text()
    assert [phase for phase in {each.partition("/")[0] for each in NAMES} if f"| `{phase}` |" not in page] == []


class TestRunner:
    """The runner of the blocks notices what is wrong."""

    @pytest.mark.parametrize(
        ("shown", "real", "same"),
        [
            ("a\nb", "a\nb\n", True),
            ("a", "a\nb\n", False),
            ("", "", True),
            ("", "a\n", False),
            ("a …", "a b c\n", True),
            ("a …", "a b\nc\n", False),
            ("a\n…\nd", "a\nb\nc\nd\n", True),
            ("a\n…\nd", "a\nd\n", True),
            ("…\nd", "a\nb\n", False),
            ("a.c", "abc\n", False),
        ],
    )
    def test_output(self, shown: str, real: str, same: bool) -> None:
        """Only `…` stands for something else."""
        assert blocks.matches(shown, real) is same

    def test_a_page(self, tmp_path: Path) -> None:
        """Files are written, commands run in order, and a wrong line is told with its command."""
        place = tmp_path / "page"
        place.mkdir()
        page = (
            '```yaml title="d/a.yaml"\na: 1\n```\n\n'
            "!!! note\n    ```console\n    $ cat d/a.yaml\n    a: 1\n    $ cat \\\n      d/a.yaml\n    a: 2\n    ```\n"
            "```sh\nfalse\n```\n"
        )
        assert blocks.differences(page, place) == ["line 9: $ cat \\\n  d/a.yaml\na: 1\n"]

    def test_other_programs(self, tmp_path: Path) -> None:
        """What is not in TOOLS is not found."""
        place = tmp_path / "page"
        place.mkdir()
        [wrong] = blocks.differences("```console\n$ curl example.com\n```\n", place)
        assert "not found" in wrong


def _prose(page: Path) -> str:
    text = page.read_text()
    for block in blocks.blocks(text):
        text = text.replace(block.text, "")
    return text


def _anchors(page: Path) -> set[str]:
    """Anchors as Python-Markdown's toc extension makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}
