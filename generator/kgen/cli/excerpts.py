# SPDX-License-Identifier: Apache-2.0
"""Lines of artifacts as they may be shown: without what may be secret, in a document in a text as well."""

from __future__ import annotations

from textwrap import dedent

from kgen.config.masking import masked
from kgen.lines import layout
from kgen.sinks.index import Entry, ObjectEntry

_MASKABLE = ("ConfigMap", "DaemonSet", "Deployment")


def withheld(entry: Entry) -> bool:
    """Whether no line may be shown: it holds secrets, and more of them than values that are masked in a manifest."""
    manifest = entry.kind in _MASKABLE if isinstance(entry, ObjectEntry) else entry.topic.startswith("manifests/")
    return entry.sensitive and not manifest


def shown(entry: Entry, content: bytes) -> list[str]:
    """The lines of an artifact; of one that may not be shown nothing but its length."""
    lines = content.decode(errors="replace").removesuffix("\n").split("\n")
    if withheld(entry):
        return ["(not shown: the file holds secrets)"] * len(lines)
    known = layout(content, entry.places)
    result = masked(lines, entry.path)
    for text in {place.partition("#")[0] for place in entry.places if "#" in place}:
        if taken := known.get(text):
            inner = dedent("\n".join(lines[taken[0] : taken[-1]])).split("\n")
            result[taken[0] : taken[-1]] = masked(inner, entry.path)
    return result
