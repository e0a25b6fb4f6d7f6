# SPDX-License-Identifier: Apache-2.0
"""The first page."""

from __future__ import annotations

import re

from explain.rendering import seen
from explain.seen import example
from kgen.explain.overview import overview
from kgen.explain.page import Page


def test_at_a_glance() -> None:
    """It says of the cluster what people ask first."""
    rows = dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", overview(example("ha"), None, [], []).body, re.MULTILINE))
    assert rows["API server"] == "`k8s.example.com:6443`"
    assert rows["Pods"] == "`10.244.0.0/16`"
    assert rows["etcd"] == "local, data in /var/lib/etcd"
    assert rows["Files, objects"] == "36 files, 30 objects of 11 kinds"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d: \[`pki/[\w-]+\.crt`\]\(artifacts/pki/[\w-]+\.crt\.md\)", rows["First to expire"]
    )


def test_external_etcd() -> None:
    """An external etcd has no data directory here, and no pod range is said to be none."""
    body = overview(example("external-etcd"), None, [], []).body
    assert "| etcd | external |" in body
    assert "no range set: the network plugin chooses" in overview(seen(), None, [], []).body


def test_findings() -> None:
    """What kgen says of the configuration is there where the configuration is, and nothing where it is not."""
    assert "What kgen says" not in overview(seen(), None, [], []).body
    assert "kgen has nothing to say against it" in overview(seen(), {"warning": []}, [], []).body
    assert "| warning | a &#60;b&#62; |" in overview(seen(), {"warning": ["a <b>"]}, [], []).body


def test_where_to_go() -> None:
    """It links to the sections that there are, and to no others."""
    body = overview(seen(), None, [Page("maps/trust.md", "Trust", "")], [("guides/index.md", "Guides")]).body
    assert "- To see how it fits together: [Trust](maps/trust.md)\n" in body
    assert "[Guides](guides/index.md)" in body
    assert "To plan" not in body
