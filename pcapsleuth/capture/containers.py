"""Capture files as a stream of records: any container, any compression, one reused block."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

from pcapsleuth.capture.foreign import describe
from pcapsleuth.capture.pcap import FILE_HEADER, MAGICS, PcapFile
from pcapsleuth.capture.pcapng import ORDERS, SECTION, SECTION_HEADER, PcapngFile
from pcapsleuth.capture.records import SLACK, Container, Interface, Records
from pcapsleuth.capture.source import Damage, Source
from pcapsleuth.errors import CaptureError

BLOCK_SIZE = 1 << 23
"""Bytes read at a time: enough that the cost of a numpy call does not show, few enough to stay in the cache."""

PIPE_LATENCY_NS = 50_000_000
"""How long a pipe is listened to for more before what came is decoded."""

_LONGEST_HEADER = max(FILE_HEADER, SECTION_HEADER)


class RecordStream:
    """The records of one capture file, block by block.

    `latency_ns` is for live input: what has arrived is handed on when the pipe has been read for that long, and when
    nothing arrives for that long, an empty Records is. `advance` is told the bytes read so far.
    """

    def __init__(
        self,
        path: str,
        block_size: int = BLOCK_SIZE,
        latency_ns: int | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> None:
        """Open the file and read its header; raise CaptureError if it cannot be read at all."""
        self._source = Source(path)
        self._latency_ns = latency_ns
        self._advance = advance
        self.block = bytearray(max(block_size, _LONGEST_HEADER) + SLACK)
        """Holds the frames of the Records given last."""
        self._begin = self._end = 0
        self._finished = False
        self.notes: Counter[str] = Counter()
        try:
            self._container = self._open()
        except CaptureError:
            self._source.close()
            raise

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces known so far."""
        return self._container.interfaces

    @property
    def position(self) -> int:
        """Bytes read so far, of the compressed input."""
        return self._source.position

    @property
    def dropped(self) -> int:
        """Frames that the capturing machine says it lost."""
        return self._container.dropped

    def __iter__(self) -> Iterator[Records]:
        """Yield the records of the file; each is valid until the next is asked for."""
        try:
            while True:
                records, self._begin = self._container.parse(self.block, self._begin, self._end)
                if len(records) or self._latency_ns is not None:
                    yield records
                if self._finished or self._container.stopped:
                    break
                self._carry()
                self._fill()
        finally:
            self._source.close()
            if self._finished and not self._container.stopped and self._begin < self._end and not self.notes:
                self.notes["truncated-file"] += 1
            self.notes += self._container.notes

    def _open(self) -> Container:
        while not self._finished and self._end < _LONGEST_HEADER:
            self._read()
            if self._end >= FILE_HEADER and bytes(self.block[:4]) in MAGICS:
                break  # a live pcap has no more than this until its first frame
        head = bytes(self.block[: self._end])
        if head[:4] in MAGICS and len(head) >= FILE_HEADER:
            self._begin = FILE_HEADER
            return PcapFile(head)
        if head[:4] == SECTION and head[8:12] in ORDERS and len(head) >= SECTION_HEADER:
            return PcapngFile()
        if self.notes["read-error"]:
            raise CaptureError(f"{self._source.path}: cannot be read; is the disk damaged, or the share gone?")
        if self.notes and not head:
            raise CaptureError(f"{self._source.path}: is damaged, and nothing of it can be decompressed; copy it again")
        raise CaptureError(f"{self._source.path}: {describe(head, self._source.path)}")

    def _carry(self) -> None:
        """Move the incomplete record to the front of the block, or of a larger one if it does not fit."""
        rest = self.block[self._begin : self._end]
        needed = self._container.needed(self.block, self._begin, self._end)
        if needed > len(self.block) - SLACK:
            self.block = bytearray(needed + SLACK)
        self.block[: len(rest)] = rest
        self._begin, self._end = 0, len(rest)

    def _fill(self) -> None:
        """Read until the block is full, the input has ended, or it has been silent for too long."""
        if self._latency_ns is not None and not self._source.wait(self._latency_ns / 1e9):
            return
        latency = (PIPE_LATENCY_NS if self._latency_ns is None else self._latency_ns) / 1e9
        self._read()
        deadline = time.monotonic() + latency
        while not self._finished and self._end < len(self.block) - SLACK:
            if not self._source.regular and not self._source.wait(max(0.0, deadline - time.monotonic())):
                break
            self._read()
        if self._advance is not None:
            self._advance(self.position)

    def _read(self) -> None:
        try:
            with memoryview(self.block) as view:
                count = self._source.readinto(view[self._end : len(view) - SLACK])
        except Damage as damage:
            self.notes[str(damage)] += 1
            count = 0
        self._finished = count == 0
        self._end += count
