"""Capture files to segments: what everything else reads captures with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pcapsleuth.capture.account import CaptureAccount, FileAccount
from pcapsleuth.capture.containers import BLOCK_SIZE, RecordStream
from pcapsleuth.capture.decode import Decoder, port_table
from pcapsleuth.capture.points import Selector
from pcapsleuth.capture.records import Records
from pcapsleuth.capture.source import is_file, is_pipe
from pcapsleuth.tcp.segments import SegmentBatch

Progress = Callable[[int, int | None], None]
"""Told how many bytes of all (compressed) input were read, and how many there are if that is known."""

_FIRST_LOOK = 1 << 16


class CaptureReader:
    """The TCP segments of a capture that is one or several files, in batches; iterate once.

    Several files are read in the order of their first frames, pipes last; a frame id names its file by the index in
    `paths`. Segments come as recorded, not sorted. A batch is valid until the next one is asked for. `account` grows
    with the reading and is complete at its end.
    """

    def __init__(
        self,
        paths: Sequence[str],
        ports: Sequence[int] | None = (25,),
        points: Sequence[Selector] | None = None,
        *,
        latency_ns: int | None = None,
        progress: Progress | None = None,
        block_size: int = BLOCK_SIZE,
    ) -> None:
        """Choose what is read.

        `paths`: files or pipes, `-` is standard input. `ports`: segments from or to these; None is all. `points`:
        the observation points of the capture; segments that none selects have the point -1, and without selectors
        all have the point 0. `latency_ns`: for live input, what has arrived is given when that time has passed
        since its first byte, and an empty batch when nothing has arrived for as long. `progress`: told the bytes
        read of all (compressed) input and, if known, how many there are.
        """
        self._paths = list(paths)
        self._table = port_table(ports)
        self._points = points
        self._latency_ns = latency_ns
        self._progress = progress
        self._block_size = block_size
        self._size = _total_size(self._paths)
        self._read_before = 0
        self.account = CaptureAccount([FileAccount(path) for path in self._paths])

    def __iter__(self) -> Iterator[SegmentBatch]:
        """Yield the batches; raise CaptureError for a file that cannot be read at all."""
        for file in self._order():
            yield from self._read(file)

    def _order(self) -> list[int]:
        """The files by the time of their first frame."""
        everything = list(range(len(self._paths)))
        if len(everything) == 1:
            return everything
        return sorted(everything, key=lambda file: _first_time(self._paths[file]))

    def _read(self, file: int) -> Iterator[SegmentBatch]:
        account = self.account.files[file]
        decoder = Decoder(file, self._table, self._points)
        account.skipped, account.link_types = decoder.skipped, decoder.link_types
        stream = RecordStream(self._paths[file], self._block_size, self._latency_ns, self._advance)
        account.notes = stream.notes
        for records in stream:
            batch = decoder.decode(stream.block, records, stream.interfaces)
            _count(account, records)
            account.used = decoder.used
            account.dropped = stream.dropped
            if len(batch) or batch.errors or self._latency_ns is not None:
                yield batch
        account.dropped = stream.dropped
        self._read_before += stream.position

    def _advance(self, position: int) -> None:
        if self._progress is not None:
            self._progress(self._read_before + position, self._size)


def _count(account: FileAccount, records: Records) -> None:
    if not len(records):
        return
    account.frames += len(records)
    account.bytes += int(records.wire.sum())
    times = records.time[records.time != 0]
    if len(times):
        first, last = int(times.min()), int(times.max())
        account.first = first if account.first is None else min(account.first, first)
        account.last = last if account.last is None else max(account.last, last)


def _total_size(paths: Sequence[str]) -> int | None:
    """Bytes of all files; None if one is a pipe (or cannot be looked at)."""
    if all(is_file(path) for path in paths):
        return sum(Path(path).stat().st_size for path in paths)
    return None


def _first_time(path: str) -> float:
    if is_pipe(path):
        return math.inf
    for records in RecordStream(path, _FIRST_LOOK):
        return int(records.time[0])
    return math.inf
