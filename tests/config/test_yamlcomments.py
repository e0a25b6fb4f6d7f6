# SPDX-License-Identifier: Apache-2.0
"""Where comments are, and where a `#` is part of a text."""

from __future__ import annotations

import pytest
import yaml

from kgen.config import yamlcomments
from kgen.errors import Mark

TEXT = """\
# 1
a: 1 # 2
b: "# no" # 3
c: # 4
  # 5
  |- # 6
  # no
  x
 # 7
d: {a: b, # 8
  c: [x, y]}# 9
e: 'it''s # no
   # no'
f: plain
  more # 10
g: a#no
h: >
   x # no

# 11
i: !!map # 12
  &x # 13
  k: v
j: [fd00::, "a\\'b", é] # 14
k: |
# 15
... # 16
# 17
"""


@pytest.mark.parametrize("loader", [yamlcomments._LOADER, yaml.SafeLoader])
def test_comments(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are found, each at its place, with libyaml and without."""
    monkeypatch.setattr(yamlcomments, "_LOADER", loader)
    found = list(yamlcomments.of(TEXT))
    assert [comment.text for comment in found] == [f"# {number}" for number in range(1, 18)]
    lines = TEXT.split("\n")
    assert all(lines[comment.line][comment.column :] == comment.text for comment in found)
    assert found[2].mark(10) == Mark(12, 11)


@pytest.mark.parametrize("text", ["", "a: '#'\n", "a: b#c\n", "a: |\n  # x\n", "a: b\n...\n@ #\n"])
def test_none(text: str) -> None:
    """A text without any, or with what only looks like one where nothing is read any more."""
    assert list(yamlcomments.of(text)) == []
