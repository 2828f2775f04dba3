"""The careful path: segments of one connection, in any order and condition, to pieces of its two directions."""

from __future__ import annotations

from dataclasses import replace

from pcapsleuth.tcp import options
from pcapsleuth.tcp.connection import Anomaly, Connection, Consumer, Mark, Retransmission
from pcapsleuth.tcp.duplicates import is_copy
from pcapsleuth.tcp.half import Half, Piece, Repeat, Segment
from pcapsleuth.tcp.memory import Memory
from pcapsleuth.tcp.ordering import Ordering
from pcapsleuth.tcp.segments import ACK, FIN, RST, SYN, Direction
from pcapsleuth.tcp.sequence import advance, distance

OPENING_SEGMENTS = 4
OPENING_NS = 50_000_000
OPENING_BYTES = 1 << 20
"""How long a connection whose SYN was not seen first may still turn out to begin earlier, and by how much."""
WINDOW_MAX = 1 << 30
"""No receiver offers more (RFC 7323 section 2.3), so what lies further ahead is of no use to it."""
UNSEEN_BYTES = 2_048
"""How far the acknowledgment of a RST is believed beyond what was seen: a command or a reply, no more."""
NOTHING = -(1 << 62)
"""The offset acknowledged by a segment that acknowledges nothing."""
REPEATS_KEPT = 1_000


class Reassembly:
    """Puts the two directions of a connection together."""

    __slots__ = ("_controls", "_ordering", "connection", "halves", "opening")

    def __init__(self, connection: Connection, consumer: Consumer, memory: Memory) -> None:
        """Begin before the first segment; `memory` outlives this object."""
        self.connection = connection
        deliveries, self._controls = memory.recall()
        self.halves = (
            Half(Direction.TO_SERVER, connection.streams[0], deliveries[0]),
            Half(Direction.TO_CLIENT, connection.streams[1], deliveries[1]),
        )
        self._ordering = Ordering(connection, consumer, self.halves)
        self.opening = False

    # --- segments in ---

    def is_copy(self, segment: Segment) -> bool:
        """Tell whether the segment is a frame that the capture has twice."""
        half, other = self.halves[segment.direction], self.halves[1 - segment.direction]
        original = None
        if segment.length and half.base is not None:
            start = half.locate(segment.seq) + bool(segment.flags & SYN)
            original = half.original(start, len(segment.payload), segment.digest)
        elif segment.flags & (SYN | FIN | RST):
            original = self._controls.find(_identity(segment))
        return original is not None and is_copy(original, segment.ip_id, segment.time, other.stream.last_time)

    def take(self, segment: Segment) -> None:
        """Take the next segment of the capture."""
        half = self.halves[segment.direction]
        stream, connection = half.stream, self.connection
        stream.segments += 1
        stream.last_time = connection.end = segment.time
        connection.last_frame = segment.frame
        if not segment.length and segment.flags & (SYN | FIN | RST):
            self._controls.add(_identity(segment), segment.ip_id, segment.time)
        if segment.flags & RST:
            self._reset(half, segment)
        elif not segment.flags & SYN or self._synchronize(half, segment):
            self._accept(half, segment)
        self._settle(segment)

    def _accept(self, half: Half, segment: Segment) -> None:
        """Take acknowledgment, payload and FIN, in the order of RFC 9293 section 3.10.7.4."""
        if half.base is None:
            half.begin(segment.seq, late=True)
            self.opening = True
        start = half.locate(segment.seq) + bool(segment.flags & SYN)
        if self.opening and half.stream.isn is None and -OPENING_BYTES <= start < 0:
            self._rebase(half, segment.seq)
            start = 0
        if not -WINDOW_MAX <= start - max(half.stream.length, half.acked) <= WINDOW_MAX:
            self._note("outside-window", segment, f"offset {start}")
            return
        needs = self._acknowledge(segment)
        if segment.length:
            self._payload(half, segment, start, needs)
        else:
            half.show_sent(start, segment.frame, segment.time)
        if segment.flags & FIN:
            self._finish(half, segment, start + segment.length)

    def _acknowledge(self, segment: Segment) -> int:
        """Take the acknowledgment; return the offset in the other direction that must be delivered first."""
        if not segment.flags & ACK:
            return NOTHING
        other = self.halves[1 - segment.direction]
        if other.base is None:
            # The ACK of a SYN-ACK is exactly the first byte's; any other may come after bytes that nobody saw.
            exact = bool(segment.flags & SYN)
            other.begin(segment.ack, late=not exact)
            self.opening = self.opening or not exact
            return 0
        if other.rival is not None and other.untouched and segment.ack == advance(other.rival.seq, 1):
            # Two answered the SYN, a device and the server behind it or two servers: the client chose this one.
            other.begin(segment.ack, late=False)
            self._open(other, other.rival)
        needs = other.locate(segment.ack)
        if needs > other.stream.length + WINDOW_MAX:
            self._note("acknowledgment-outside-window", segment, f"offset {needs}")
            return NOTHING
        other.acknowledge(needs, segment.frame, segment.time)
        return needs

    def _payload(self, half: Half, segment: Segment, start: int, needs: int) -> None:
        """Take the payload."""
        if start + segment.length <= 0 or (start < half.next and self._keeps_alive(half, segment, start)):
            return
        if half.stream.fin is not None and start + segment.length > half.stream.fin.offset:
            self._note("data-after-fin", segment, f"offset {start}, length {segment.length}")
        if half.presumed_end is not None and start + segment.length > half.presumed_end:
            half.presumed_end = None
        piece = Piece(
            start,
            segment.length,
            segment.payload,
            segment.frame,
            segment.time,
            needs,
            self._arrivals,
            segment.ip_id,
            segment.digest,
        )
        repeats = half.insert(piece.part(max(start, 0), piece.end))
        if repeats:
            self._repeat(half, segment, repeats)

    def _keeps_alive(self, half: Half, segment: Segment, start: int) -> bool:
        """Tell a keep-alive: one octet of garbage before the next (RFC 9293 section 3.8.4), all else acknowledged."""
        if segment.length > 1 or start != half.next - 1 or half.acked < half.next:
            return False
        return half.history.compare(start, segment.payload) is not True

    def _repeat(self, half: Half, segment: Segment, repeats: list[Repeat]) -> None:
        """Record payload that came again, as evidence where it is not the same."""
        verdicts = {r.same for r in repeats}
        same = False if False in verdicts else None if None in verdicts else True
        length = sum(r.length for r in repeats)
        half.stream.retransmitted += 1
        if len(half.stream.retransmissions) < REPEATS_KEPT:
            again = Retransmission(repeats[0].offset, length, segment.frame, segment.time, same)
            half.stream.retransmissions.append(again)
        if same is False:
            # Never the bytes themselves: they may be a password. Frame and offset say where to read them again.
            self._note("conflicting-overlap", segment, f"offset {repeats[0].offset}, length {length}")

    # --- SYN, FIN, RST ---

    def _synchronize(self, half: Half, segment: Segment) -> bool:
        """Take a SYN; False if it is not this connection's (the table starts another where it can be one)."""
        stream = half.stream
        if stream.isn == segment.seq:
            stream.syn_count += 1
            return True
        first = advance(segment.seq, 1)
        known = stream.isn is not None or (half.base not in {None, first} and not self.opening)
        if known or not 0 <= distance(first, first if half.base is None else half.base) <= OPENING_BYTES:
            self._note("other-syn", segment, f"sequence number {segment.seq}")
            half.rival = replace(segment, payload=memoryview(b""))
            return False
        if half.base is None:
            half.begin(first, late=False)
        elif half.base != first:
            self._rebase(half, first)
        self._open(half, segment)
        return True

    def _open(self, half: Half, segment: Segment) -> None:
        """Note the SYN that opened a direction."""
        half.late = False
        half.stream.isn = segment.seq
        half.stream.syn = Mark(-1, segment.frame, segment.time)
        half.stream.syn_count = 1
        half.stream.options = options.parse(segment.options)

    def _rebase(self, half: Half, seq: int) -> None:
        """Move the beginning of a direction back, and what the other direction knows of it."""
        shift = half.rebase(seq)
        for piece in self.halves[1 - half.direction].pending:
            piece.needs += shift

    def _finish(self, half: Half, segment: Segment, offset: int) -> None:
        """Take a FIN."""
        if half.stream.fin is None:
            half.stream.fin = Mark(offset, segment.frame, segment.time)
            half.presumed_end = None
            half.stream.acked = min(half.stream.acked, max(offset, half.stream.length))
        elif half.stream.fin.offset != offset:
            self._note("other-fin", segment, f"offset {offset}")

    def _reset(self, half: Half, segment: Segment) -> None:
        """Take a RST: only one inside the window ends a connection (RFC 9293 section 3.10.7.4)."""
        offset = 0 if half.base is None else half.locate(segment.seq)
        stream = half.stream
        other = self.halves[1 - segment.direction]
        if half.base is not None:
            scale = other.stream.options.window_scale if other.stream.options else None
            top = max(stream.length, half.acked) + (65_535 << min(scale or 0, 14))
            if not min(stream.acked, half.next) - (not stream.acked) <= offset <= top:
                self._note("reset-outside-window", segment, f"offset {offset}")
                return
        if stream.rst is None:
            stream.rst = Mark(offset, segment.frame, segment.time)
        if segment.flags & ACK and other.base is not None:
            # Some devices put anything here, so it may confirm little more than what was seen.
            acked = other.locate(segment.ack)
            if acked <= other.stream.length + (other.stream.fin is not None) + UNSEEN_BYTES:
                other.acknowledge(acked, segment.frame, segment.time)

    def _settle(self, segment: Segment) -> None:
        """Have delivered what can be, and keep the bytes of what waits."""
        if self.opening:
            began = self.connection.start
            self.opening = self._arrivals < OPENING_SEGMENTS and segment.time - began < OPENING_NS
        if not self.opening:
            while (full := self._ordering.settle(self._arrivals, segment.time)) is not None:
                self._note("buffer-bound", segment, f"{full.held} bytes in {len(full.pending)} pieces")
                self._ordering.relieve(full)
        self.halves[segment.direction].keep()
        if self.calm:  # from here the fast path could go on, which knows of nothing that was put right
            for half in self.halves:
                half.shown = None

    def close(self) -> None:
        """End the connection: what is still missing will never come."""
        self.opening = False
        self._ordering.close()

    # --- facts ---

    @property
    def _arrivals(self) -> int:
        """The segments of the connection so far, on whichever path."""
        return sum(half.stream.segments for half in self.halves)

    @property
    def ended(self) -> bool:
        """Both FINs were acknowledged, or a RST was accepted."""
        if any(h.stream.rst is not None for h in self.halves):
            return True
        return all(h.stream.fin is not None and h.acked > h.stream.fin.offset for h in self.halves)

    @property
    def calm(self) -> bool:
        """Nothing waits, nothing is missing, and the next segment of either direction is known."""
        return not self.opening and all(h.calm for h in self.halves)

    def _note(self, kind: str, segment: Segment, detail: str) -> None:
        """Keep something odd as evidence."""
        self.connection.note(Anomaly(kind, segment.direction, segment.frame, segment.time, detail))


def _identity(segment: Segment) -> tuple[int, int, int, int]:
    """What a copy of a segment without payload has in common with it."""
    return (segment.direction, segment.flags, segment.seq, segment.ack)
