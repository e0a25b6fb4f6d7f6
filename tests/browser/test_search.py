# SPDX-License-Identifier: Apache-2.0
"""The search finds what a reader has in front of them: a flag, a file, a name in a certificate, a port."""

from __future__ import annotations

from typing import Any

import pytest

from browser.conftest import Open

pytestmark = pytest.mark.browser

FOUND = [
    ("--etcd-servers", "artifacts/manifests/kube-apiserver.yaml.html"),
    ("etcd-servers", "artifacts/manifests/kube-apiserver.yaml.html"),
    ("apiserver.crt", "artifacts/pki/apiserver.crt.html"),
    ("/etc/kubernetes/pki/etcd/ca.crt", "artifacts/pki/etcd/ca.crt.html"),
    ("10.96.0.1", "artifacts/pki/apiserver.crt.html"),
    ("kubernetes.default.svc", "artifacts/pki/apiserver.crt.html"),
    ("10250", "artifacts/manifests/kube-apiserver.yaml.html"),
    ("scheduler", "artifacts/manifests/kube-scheduler.yaml.html"),
    ("podSubnet", "reference/configuration/ClusterConfiguration.html"),
    ("192.0.2.10:6443", "artifacts/admin.conf.html"),
]


@pytest.mark.parametrize("file", [False, True], ids=["server", "file"])
def test_finds(visit: Open, file: bool) -> None:
    """Each of these is among the first ten pages found, from a server and from a file."""
    page = visit("artifacts/pki/ca.crt.html", file=file)
    missing = {query: found for query, wanted in FOUND if wanted not in (found := _found(page, query))[:10]}
    assert missing == {}


def test_leads_to_what_was_found(visit: Open) -> None:
    """With the keyboard alone: the search opens with `/`, and Enter goes to the first page found."""
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("front-proxy-ca.key")
    page.locator(".md-search-result__link").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/artifacts/pki/front-proxy-ca.key.html*")


def _found(page: Any, query: str) -> list[str]:
    """The pages that are found, best first."""
    field = page.locator(".md-search__input")
    field.click()
    field.fill("")
    field.press("Space")
    page.wait_for_function("document.querySelectorAll('.md-search-result__item').length == 0")
    field.fill(query[:-1])
    field.press("End")
    page.keyboard.type(query[-1])
    page.wait_for_function(
        "document.querySelector('.md-search-result__meta').innerText.match(/matching|No match/)", timeout=10_000
    )
    page.wait_for_timeout(300)
    links = page.eval_on_selector_all(
        ".md-search-result__item > .md-search-result__link", "links => links.map(link => link.href)"
    )
    root = page.evaluate(
        "new URL(JSON.parse(document.querySelector('#__config').textContent).base + '/', location).href"
    )
    return list(dict.fromkeys(link.removeprefix(root).split("?")[0].split("#")[0] for link in links))
