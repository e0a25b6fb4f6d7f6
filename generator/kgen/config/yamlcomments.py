# SPDX-License-Identifier: Apache-2.0
"""The comments of a YAML text, which no parser's values have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from kgen.config import yamltree
from kgen.errors import Mark

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile("#[^\n\r\x85\u2028\u2029]*")
_BLOCK_HEADER = re.compile(r"[|>][-+\d]*[ \t]+(?=#)")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment and where it stands."""

    line: int
    """Of the text, from 0"""
    column: int
    text: str
    """From its `#`, without blanks at the end"""

    def mark(self, line: int) -> Mark:
        """Its place in a file where the text begins on this line."""
        return Mark(line + self.line, self.column + 1)


def of(text: str) -> Iterator[Comment]:
    """All comments of a text that can be read, in its order."""
    line = begin = 0
    for start, end in _gaps(text):
        for found in _COMMENT.finditer(text, start, end):
            line += text.count("\n", begin, found.start())
            begin = found.start()
            yield Comment(line, begin - text.rfind("\n", 0, begin) - 1, found[0].rstrip())


def _gaps(text: str) -> Iterator[tuple[int, int]]:
    """Where between two tokens there are only blanks and comments: start and end."""
    last = 0
    try:
        for token in yaml.scan(yamltree.readable(text), Loader=_LOADER):
            start, end = token.start_mark.index, token.end_mark.index
            if start > last:
                yield last, start
            if isinstance(token, yaml.ScalarToken) and (header := _BLOCK_HEADER.match(text, start, end)):
                yield header.end(), text.find("\n", start, end) if "\n" in text[start:end] else end
            last = max(last, end)
    except yaml.YAMLError:  # behind the end of the document, where nothing is read
        return
    yield last, len(text)
