"""One direction of a connection while it is put together: what was delivered, what waits, what is missing.

Offsets count payload bytes from 0, the byte after the SYN. FIN occupies the offset behind the last byte in sequence
numbers and acknowledgments (RFC 9293 section 3.4), so both may be one more than there are bytes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import NamedTuple

from pcapsleuth.tcp import sequence
from pcapsleuth.tcp.connection import Stream
from pcapsleuth.tcp.duplicates import Original
from pcapsleuth.tcp.history import History
from pcapsleuth.tcp.segments import Direction

_by_offset = attrgetter("offset")


@dataclass(slots=True)
class Segment:
    """One segment, on the careful path."""

    direction: Direction
    seq: int
    ack: int
    flags: int
    length: int
    payload: memoryview
    """What was captured of it."""
    digest: int
    options: bytes
    ip_id: int
    frame: int
    time: int


@dataclass(slots=True)
class Piece:
    """Payload of one segment, or what of it is new."""

    offset: int
    length: int
    """Bytes on the wire; `payload` has fewer where a snaplen cut the frame."""
    payload: memoryview | bytes
    frame: int
    time: int
    needs: int
    """The offset in the other direction that the segment acknowledges: all before it was read by the sender."""
    arrival: int
    """Its place among the segments of the connection."""
    ip_id: int
    digest: int | None
    """Of `payload`, where it is still the whole segment's."""

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.offset + self.length

    def part(self, start: int, stop: int) -> Piece:
        """Cut out a range of offsets."""
        if (start, stop) == (self.offset, self.end):
            return self
        payload = self.payload[start - self.offset : stop - self.offset]
        return replace(self, offset=start, length=stop - start, payload=payload, digest=None)


class Repeat(NamedTuple):
    """A range of a segment that was seen before."""

    offset: int
    length: int
    same: bool | None


class Half:
    """One direction: its segments in, pieces in order out."""

    __slots__ = (
        "acked",
        "base",
        "direction",
        "fresh",
        "held",
        "history",
        "late",
        "next",
        "pending",
        "presumed_end",
        "rival",
        "sent",
        "shown",
        "stream",
        "waiting",
    )

    def __init__(self, direction: Direction, stream: Stream, history: History) -> None:
        """Begin before the first segment."""
        self.direction = direction
        self.stream = stream
        self.history = history
        self.base: int | None = None
        """The sequence number of offset 0."""
        self.next = 0
        """All before it was delivered or declared a gap."""
        self.acked = 0
        """The highest acknowledgment; one more than there are bytes where it covers the FIN."""
        self.sent = 0
        """The highest sequence number of a segment without payload: bytes before it were sent."""
        self.shown: tuple[int, int] | None = None
        """Frame and time that raised `acked` or `sent` beyond what was seen."""
        self.late = False
        """The capture began behind offset 0, and the consumer was not told yet."""
        self.presumed_end: int | None = None
        """Where a FIN must have been that the capture has not: one acknowledged number that no byte explains."""
        self.waiting: tuple[int, int] | None = None
        """Arrival and time since when an acknowledged hole is open."""
        self.rival: Segment | None = None
        """A SYN with another sequence number."""
        self.pending: list[Piece] = []
        self.fresh: list[Piece] = []
        """Those of the last segment, whose bytes are still the capture's."""
        self.held = 0
        """Bytes of payload in `pending`."""

    def locate(self, seq: int) -> int:
        """Turn a sequence number into an offset."""
        return sequence.offset(seq, self.base or 0, self.stream.length)

    @property
    def end(self) -> int | None:
        """The offset of the FIN, seen or presumed."""
        return self.presumed_end if self.stream.fin is None else self.stream.fin.offset

    def begin(self, seq: int, *, late: bool) -> None:
        """Fix the sequence number of offset 0."""
        self.base = seq
        self.late = late

    def rebase(self, seq: int) -> int:
        """Move offset 0 back to an earlier sequence number and return how far; nothing was delivered yet."""
        shift = sequence.distance(seq, self.base or 0)
        self.base = seq
        self.acked += shift
        self.sent += shift
        self.stream.length += shift
        if self.stream.fin is not None:
            self.stream.fin = self.stream.fin._replace(offset=self.stream.fin.offset + shift)
        for piece in self.pending:
            piece.offset += shift
        return shift

    def acknowledge(self, offset: int, frame: int, time: int) -> None:
        """Take an acknowledgment by the receiver."""
        if offset > self.acked:
            self.acked = offset
            self._expect(offset, frame, time)
        end = self.end
        limit = self.acked if end is None else max(end, self.stream.length)
        self.stream.acked = max(self.stream.acked, min(self.acked, limit))

    def show_sent(self, offset: int, frame: int, time: int) -> None:
        """Note that all before this offset was sent: an empty segment carries the next sequence number."""
        if offset > self.sent:
            self.sent = offset
            self._expect(offset, frame, time)

    def _expect(self, offset: int, frame: int, time: int) -> None:
        """Remember what shows that bytes up to an offset exist."""
        if offset > self.next:
            self.shown = (frame, time)
        if self.presumed_end is not None and offset > self.presumed_end + 1:
            self.presumed_end = None

    def covers(self, offset: int) -> bool:
        """Tell whether all before an acknowledged offset was delivered; a FIN has nothing to deliver."""
        end = self.end
        return offset <= self.next or (end is not None and self.next >= end)

    def hole(self, *, blind: bool) -> int | None:
        """Where missing bytes end that the receiver has got: they will not be sent again.

        If its acknowledgments are not in the capture (`blind`), it is taken to have got all before what came later.
        """
        end = self.end
        acked = self.stream.length if blind else self.acked
        stop = acked if end is None else min(acked, max(end, self.stream.length))
        if self.pending:
            stop = min(stop, self.pending[0].offset)
        return stop if stop > self.next else None

    def original(self, offset: int, length: int, value: int) -> Original | None:
        """Find an earlier segment with this very payload, delivered or waiting."""
        at = bisect_left(self.pending, offset, key=_by_offset)
        if at < len(self.pending) and self.pending[at].offset == offset:
            piece = self.pending[at]
            same = piece.digest == value and len(piece.payload) == length
            return Original(piece.ip_id, piece.time) if same else None
        found = self.history.find(offset)
        if found is None or (found.length, found.digest) != (length, value):
            return None
        return Original(found.ip_id, found.time)

    @property
    def untouched(self) -> bool:
        """No byte of this direction is known."""
        return not (self.next or self.stream.length or self.acked or self.pending)

    @property
    def calm(self) -> bool:
        """The next segment of this direction is known, and nothing before it is missing."""
        stream = self.stream
        if self.late or self.pending or self.base is None or stream.rst is not None or self.next != stream.length:
            return False
        if self.rival is not None and self.untouched:
            return False
        if self.presumed_end is not None or (stream.fin is not None and stream.fin.offset != self.next):
            return False
        return max(self.acked, self.sent) <= self.next + (stream.fin is not None)

    def insert(self, piece: Piece) -> list[Repeat]:
        """Take the payload of a segment and return what of it came before: the first copy is kept."""
        start, stop = piece.offset, piece.end
        repeats = []
        if start < self.next:
            old = min(stop, self.next)
            payload = piece.payload[: old - start]
            same = self.history.compare(start, payload) if len(payload) == old - start else None
            repeats.append(Repeat(start, old - start, same))
            start = old
        fresh = []
        for held in self._overlapping(start, stop):
            if held.offset > start:
                fresh.append(piece.part(start, held.offset))
            low, high = max(start, held.offset), min(stop, held.end)
            repeats.append(Repeat(low, high - low, _same(piece.part(low, high), held.part(low, high))))
            held.needs = min(held.needs, piece.needs)
            start = high
        if start < stop:
            fresh.append(piece.part(start, stop))
        for new in fresh:
            insort(self.pending, new, key=_by_offset)
            self.held += len(new.payload)
        self.fresh = fresh
        self.stream.length = max(self.stream.length, stop)
        return repeats

    def _overlapping(self, start: int, stop: int) -> list[Piece]:
        """Pick the waiting pieces that share bytes with a range: they are disjoint and in order."""
        first = max(bisect_right(self.pending, start, key=_by_offset) - 1, 0)
        last = bisect_right(self.pending, stop - 1, key=_by_offset)
        return [p for p in self.pending[first:last] if p.end > start]

    def keep(self) -> None:
        """Copy the bytes of what waits: the buffer of the capture is used again."""
        for piece in self.fresh:
            if piece.offset >= self.next:
                piece.payload = bytes(piece.payload)
        self.fresh = []

    def pop(self) -> Piece:
        """Take the first waiting piece out: it is delivered now."""
        piece = self.pending.pop(0)
        self.held -= len(piece.payload)
        self.next = piece.end
        return piece


def _same(piece: Piece, other: Piece) -> bool | None:
    """Compare two copies of the same range; None where a snaplen hides a part of it."""
    known = min(len(piece.payload), len(other.payload))
    if piece.payload[:known] != other.payload[:known]:
        return False
    return True if known == piece.length else None
