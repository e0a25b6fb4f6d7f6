# SPDX-License-Identifier: Apache-2.0
"""The calendars and lists of a cluster, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.explain import after, expiry, files, images, ports, secret_places
from kgen.explain.page import Asset, Page
from kgen.explain.view import View


def lists(view: View) -> Iterator[Page | Asset]:
    """Every list of this tree, with what can be downloaded beside it."""
    yield from files.pages(view)
    yield expiry.page(view)
    calendar = expiry.calendar(view)
    if calendar:
        yield calendar
    yield ports.page(view)
    yield images.page(view)
    yield secret_places.page(view)
    yield after.page(view)
