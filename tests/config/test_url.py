# SPDX-License-Identifier: Apache-2.0
"""Schemes of URLs; the expected values are what Go's net/url answers."""

from __future__ import annotations

import pytest

from kgen.config import url


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("HTTPS://a:1", "https"),
        ("etcd1:2379", "etcd1"),
        ("unix:///run/a b.sock", "unix"),
        ("unix:run", "unix"),
        ("/a/b", ""),
        ("///a:b", ""),
        ("", ""),
        ("*", ""),
        ("https://[fe80::1%25eth0]:1", "https"),
        ("https://a?%zz", "https"),
        ("https://a@b@c", "https"),
        ("mysql://a:1,b:2", "mysql"),
        ("https:\\\\a", "https"),
    ],
)
def test_schemes(text: str, scheme: str) -> None:
    """A scheme is what stands before the first colon, if that can be one."""
    assert url.scheme(text) == scheme


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.1:2379",
        ":a",
        "ht tp://a",
        "https://a:b",
        "https://a b",
        "https://a%zz",
        "https://a%41",
        "https://a/%zz",
        "https://a#%zz",
        "https://a\x7f",
        "https://fd00::1:2379",
        "https://[1.2.3.4]",
        "https://[::1",
        "https://[::1]x",
        "https://x[::1]",
        "https://[::1%25]",
        "https://u p@h",
    ],
)
def test_other_texts_are_no_urls(text: str) -> None:
    """Ports without scheme, bad escapes, bad hosts and brackets around anything but IPv6."""
    with pytest.raises(ValueError):
        url.scheme(text)
