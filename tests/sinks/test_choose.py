# SPDX-License-Identifier: Apache-2.0
"""Targets as given on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kgen.errors import TargetError
from kgen.sinks import write
from kgen.sinks.choose import sink_for
from kgen.sinks.directory import DirectorySink
from kgen.sinks.interface import Sink
from kgen.sinks.tar import StreamSink, TarSink
from sinks.trees import holds, make_tree

STDOUT = io.BytesIO()


@pytest.mark.parametrize(
    ("target", "sink"),
    [
        ("-", StreamSink(STDOUT, 7)),
        ("out", DirectorySink("out", 7)),
        ("out.tar", TarSink("out.tar", 7)),
        ("x/out.tar.gz", TarSink("x/out.tar.gz", 7)),
        ("out.tgz", TarSink("out.tgz", 7)),
        ("out.tar/", DirectorySink("out.tar/", 7)),
    ],
)
def test_targets(target: str, sink: Sink) -> None:
    """The form of a target says what is written."""
    assert sink == sink_for(target, STDOUT, 7)


def test_write(tmp_path: Path) -> None:
    """One call writes, says what happened to each file, and asks for force where something would be lost."""
    out = str(tmp_path / "out")
    assert {change.status for change in write(make_tree(), out)} == {"new"}
    (tmp_path / "out/admin.conf").write_text("mine")
    with pytest.raises(TargetError, match=r"admin\.conf was edited by hand"):
        write(make_tree(), out)
    assert [change.path for change in write(make_tree(), out, force=True) if change.status == "changed"] == [
        "admin.conf"
    ]
    assert holds(tmp_path / "out", make_tree())


def test_without_epoch() -> None:
    """Without SOURCE_DATE_EPOCH, files get the time of writing; archives hold none and say 1970."""
    assert sink_for("out", STDOUT) == DirectorySink("out", None)
    assert sink_for("out.tar", STDOUT) == TarSink("out.tar", 0)
