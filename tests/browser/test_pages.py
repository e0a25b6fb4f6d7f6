# SPDX-License-Identifier: Apache-2.0
"""Every page in Chromium: wide and narrow, light and dark, by keyboard, without JavaScript, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from browser.conftest import Built, Open

pytestmark = pytest.mark.browser

MANIFEST = "artifacts/manifests/kube-apiserver.yaml.html"
CERTIFICATE = "artifacts/pki/apiserver.crt.html"


def test_every_page_fits_a_phone(visit: Open, built: Built, address: str) -> None:
    """At a width of 360 pixels no page is to be scrolled sideways; what is wide scrolls in itself."""
    page = visit(viewport={"width": 360, "height": 740}, is_mobile=True)
    wide = []
    for path in built.pages:
        page.goto(address + path)
        if page.evaluate("document.scrollingElement.scrollWidth") > 360:
            wide.append(path)
    assert wide == []


def test_home_says_which_cluster(visit: Open) -> None:
    """The first page shows the version and the endpoint, and leads to a file and to every map."""
    page = visit()
    facts = page.locator("article table").first.inner_text()
    assert "v1.37." in facts
    assert "192.0.2.10:6443" in facts
    page.locator("article").get_by_role("link", name="manifests/kube-apiserver.yaml").click()
    assert page.locator("h1").inner_text().startswith("/etc/kubernetes/manifests/kube-apiserver.yaml")


def test_notes_open_on_click(visit: Open) -> None:
    """A click on the mark at a flag shows what is said of it."""
    page = visit(MANIFEST)
    line = page.locator("span[id^=__span]", has_text="--etcd-servers=")
    line.locator(".md-annotation__index").click()
    note = page.locator(".md-tooltip--active")
    note.wait_for()
    assert "etcd" in note.inner_text()


def test_notes_open_by_keyboard(visit: Open) -> None:
    """The marks are reached with Tab, have a name, and open when they have the focus."""
    page = visit(MANIFEST)
    page.locator(".md-annotation").first.wait_for()
    page.locator("#content .headerlink").focus()
    _tab_to(page, ".md-annotation")
    page.locator(".md-tooltip--active").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Note 1"
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.getAttribute('aria-label') == 'Note 2'")


def test_certificate_is_decoded(visit: Open) -> None:
    """A certificate's page has each of its names with a reason."""
    page = visit(CERTIFICATE)
    row = page.locator("tr", has=page.get_by_text("10.96.0.1", exact=True))
    assert "Service" in row.inner_text()
    assert page.get_by_role("img", name="365 days").is_visible()


def test_maps_are_drawn_and_lead_on(visit: Open, built: Built, address: str) -> None:
    """Every diagram has boxes that lead to pages that exist, and what it leads to is linked in the text, too."""
    page = visit()
    maps = built.below("maps")
    assert maps
    drawn = 0
    for path in maps:
        page.goto(address + path)
        diagrams = page.locator(".kgen-diagram svg")
        for index in range(diagrams.count()):
            box = diagrams.nth(index).bounding_box()
            assert box["width"] > 100, path
            assert box["height"] > 30, path
            drawn += 1
        targets = set(page.evaluate(_TARGETS, "article svg a"))
        assert targets <= set(page.evaluate(_TARGETS, "article a:not(svg a)")), path
        for target in targets:
            assert (built.root / target).is_file(), target
    assert drawn


_TARGETS = """selector => [...document.querySelectorAll(selector)].map(link =>
  new URL(link.getAttribute("href"), location).pathname.slice(1))"""
"""The pages that links lead to"""


@pytest.mark.parametrize("path", ["index.html", MANIFEST, "maps/trust.html"])
def test_dark_is_dark(visit: Open, path: str) -> None:
    """Who prefers dark gets light text on a dark ground, in diagrams, too."""
    page = visit(path, color_scheme="dark")
    assert _brightness(page, "document.body", "backgroundColor") < 60
    assert _brightness(page, "document.querySelector('article p')", "color") > 150
    if path.startswith("maps/"):
        assert _brightness(page, "document.querySelector('.kgen-diagram text')", "fill") > 150
        assert _brightness(page, "document.querySelector('.kgen-plain rect')", "fill") < 60


def test_keyboard_alone(visit: Open) -> None:
    """The first Tab offers to skip to the content; every stop up to the tabs shows where it is; a tab leads on."""
    page = visit(MANIFEST)
    page.keyboard.press("Tab")
    skip = page.locator(".md-skip")
    assert skip.evaluate("element => element === document.activeElement")
    page.wait_for_function("getComputedStyle(document.querySelector('.md-skip')).opacity == '1'")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.length > 1")
    page.goto(page.url.split("#")[0] + "?again")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(_MARKED), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("document.activeElement.innerText.trim() == 'Maps'"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/maps/*.html")


_MARKED = """() => {
  const element = document.activeElement
  const shown = [element, element.nextElementSibling].filter(Boolean).map(each => getComputedStyle(each))
  return shown.some(style => style.outlineStyle != "none" && parseFloat(style.outlineWidth) > 0)
    || element.matches(".md-search__input")
}"""
"""Whether the focus can be seen: on the element, on the label behind a hidden input, or by the open search."""


def test_diagram_scrolls_by_keyboard(visit: Open) -> None:
    """On a phone a wide map is moved with the arrow keys."""
    page = visit("maps/trust.html", viewport={"width": 360, "height": 740})
    diagram = page.locator(".kgen-diagram").first
    diagram.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.kgen-diagram').scrollLeft > 0")


def test_wide_tables_are_lists_on_a_phone(visit: Open) -> None:
    """On a phone each cell of a wide table stands below the one before it, with the name of its column."""
    page = visit("maps/trust.html", viewport={"width": 360, "height": 740})
    first, second = (page.locator("article tbody tr").first.locator("td").nth(index) for index in (0, 1))
    assert second.bounding_box()["y"] >= first.bounding_box()["y"] + first.bounding_box()["height"] - 1
    assert "Certificate" in second.evaluate("cell => getComputedStyle(cell, '::before').content")


@pytest.mark.parametrize("path", ["index.html", MANIFEST, CERTIFICATE, "maps/trust.html"])
def test_readable_without_javascript(visit: Open, path: str) -> None:
    """Without JavaScript the text, the tables and the notes are there, the notes as a list."""
    page = visit(path, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator("article table").first.is_visible()
    if path == MANIFEST:
        notes = page.locator("article ol > li")
        assert notes.count() > 20
        assert notes.first.is_visible()
        assert "# (1)!" in page.locator("article .highlight", has_text="apiVersion: v1").first.inner_text()


def test_opens_from_a_file(visit: Open, built: Built) -> None:
    """Without a server every link from page to page works, and so do the looks."""
    page = visit(file=True)
    page.locator("article").get_by_role("link", name="pki/apiserver.crt").first.click()
    page.wait_for_url((built.root / CERTIFICATE).as_uri())
    page.locator(".md-tabs__link", has_text="Maps").click()
    page.wait_for_url(built.root.as_uri() + "/maps/*.html")
    assert page.evaluate("getComputedStyle(document.querySelector('.md-header')).position") == "sticky"


def _tab_to(page: Any, selector: str) -> None:
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no {selector} within ten stops of the Tab key")


def _brightness(page: Any, element: str, attribute: str) -> float:
    """From 0 to 255, of a computed colour."""
    script = f"getComputedStyle({element}).{attribute}.match(/[0-9.]+/g).map(Number)"
    values = page.evaluate(script)
    alpha = values[3] if len(values) > 3 else 1.0
    return float(sum(values[:3]) / 3 * alpha)
