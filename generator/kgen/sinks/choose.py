# SPDX-License-Identifier: Apache-2.0
"""Which sink a target means, as given to `--output`."""

from __future__ import annotations

from typing import BinaryIO

from kgen.sinks.directory import DirectorySink
from kgen.sinks.interface import Sink
from kgen.sinks.tar import SUFFIXES, StreamSink, TarSink


def sink_for(target: str, stdout: BinaryIO, epoch: int | None = None) -> Sink:
    """`-` is an archive on standard output, a name like an archive's is one in a file, all else a directory.

    `epoch` is SOURCE_DATE_EPOCH where it is set: the time that everything written gets.
    """
    if target == "-":
        return StreamSink(stdout, epoch or 0)
    if target.endswith(SUFFIXES):
        return TarSink(target, epoch or 0)
    return DirectorySink(target, epoch)
