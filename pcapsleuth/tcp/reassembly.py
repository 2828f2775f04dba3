"""The careful path: segments of one connection in any order in, bytes in order and gaps out.

The bytes of a segment are delivered when all before them in their direction was, and all that the segment
acknowledges in the other: a reply is never seen before the command that it answers. A hole is judged only when a
segment of the connection arrives or the connection ends, so that it does not matter how a capture is cut in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

from pcapsleuth.tcp import options
from pcapsleuth.tcp.connection import Anomaly, Connection, Consumer, Gap, Mark, Retransmission
from pcapsleuth.tcp.duplicates import is_copy
from pcapsleuth.tcp.half import Half, Piece, Repeat
from pcapsleuth.tcp.history import digest
from pcapsleuth.tcp.memory import Memory
from pcapsleuth.tcp.segments import ACK, FIN, RST, SYN, Direction
from pcapsleuth.tcp.sequence import advance, distance

PATIENCE_SEGMENTS = 64
PATIENCE_NS = 1_000_000_000
"""How long an acknowledged hole is kept open for a frame that the capture wrote late."""
OPENING_SEGMENTS = 4
OPENING_NS = 50_000_000
OPENING_BYTES = 1 << 20
"""How long a connection whose SYN was not seen first may still turn out to begin earlier, and by how much."""
HELD_BYTES = 4 << 20
HELD_PIECES = 4_096
"""Bounds of what waits in one direction."""
WINDOW_MAX = 1 << 30
"""No receiver offers more (RFC 7323 section 2.3), so what lies further ahead is of no use to it."""
NOTHING = -(1 << 62)
"""The offset acknowledged by a segment that acknowledges nothing."""
REPEATS_KEPT = 1_000
ANOMALIES_KEPT = 100


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


class Reassembly:
    """Puts the two directions of a connection together."""

    __slots__ = ("_arrivals", "_controls", "connection", "consumer", "halves", "opening")

    def __init__(self, connection: Connection, consumer: Consumer, memory: Memory) -> None:
        """Begin before the first segment; `memory` outlives this object."""
        self.connection = connection
        self.consumer = consumer
        deliveries, self._controls = memory.recall()
        self.halves = tuple(
            Half(Direction(d), stream, history)
            for d, (stream, history) in enumerate(zip(connection.streams, deliveries, strict=True))
        )
        self._arrivals = 0
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
        self._arrivals += 1
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
            return False
        if half.base is None:
            half.begin(first, late=False)
        elif half.base != first:
            self._rebase(half, first)
        half.late = False
        stream.isn = segment.seq
        stream.syn = Mark(-1, segment.frame, segment.time)
        stream.syn_count = 1
        stream.options = options.parse(segment.options)
        return True

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
            if not min(stream.acked, half.next) <= offset <= top:
                self._note("reset-outside-window", segment, f"offset {offset}")
                return
        if stream.rst is None:
            stream.rst = Mark(offset, segment.frame, segment.time)
        if segment.flags & ACK and other.base is not None:
            # Some devices put anything here, so it may only confirm what was seen.
            acked = other.locate(segment.ack)
            if acked <= other.stream.length + (other.stream.fin is not None):
                other.acknowledge(acked, segment.frame, segment.time)

    # --- bytes out ---

    def _settle(self, segment: Segment) -> None:
        """Deliver what can be, give up what must be, and keep what waits."""
        if self.opening:
            began = self.connection.start
            self.opening = self._arrivals < OPENING_SEGMENTS and segment.time - began < OPENING_NS
        if not self.opening:
            self._drain()
            while self._give_up(segment.time):
                self._drain()
        for half in self.halves:
            while half.held > HELD_BYTES or len(half.pending) > HELD_PIECES:
                self._note("buffer-bound", segment, f"{half.held} bytes in {len(half.pending)} pieces")
                self._force(half, "bound")
                self._drain()
        for piece in self.halves[segment.direction].pending:
            if isinstance(piece.payload, memoryview):
                piece.payload = bytes(piece.payload)

    def _drain(self) -> None:
        """Deliver what is in order in both directions, by arrival."""
        to_server, to_client = self.halves
        while True:
            ready = [h for h, o in ((to_server, to_client), (to_client, to_server)) if _is_ready(h, o)]
            if not ready:
                return
            self._deliver(min(ready, key=_arrival))

    def _deliver(self, half: Half) -> None:
        """Hand the first waiting piece to the consumer."""
        self._tell_heads()
        piece = half.pop()
        captured = len(piece.payload)
        if captured:
            view = memoryview(piece.payload)
            self.consumer.data(half.direction, piece.offset, view, piece.frame, piece.time)
            value = digest(view) if piece.digest is None else piece.digest
            half.history.add(piece.offset, captured, value, piece.ip_id, piece.time)
        if piece.length > captured:
            lost = Gap(piece.offset + captured, piece.length - captured, "snaplen", piece.frame, piece.time)
            self._gap(half, lost)

    def _tell_heads(self) -> None:
        """Before anything else of a connection that the capture joined late: say so."""
        for half in self.halves:
            if half.late:
                half.late = False
                began = self.connection
                self._gap(half, Gap(0, None, "before-capture", began.first_frame, began.start))

    def _gap(self, half: Half, gap: Gap) -> None:
        """Record missing bytes and tell the consumer."""
        half.stream.gaps.append(gap)
        self.consumer.gap(half.direction, gap)

    # --- holes ---

    def _give_up(self, time: int) -> bool:
        """Declare the first hole whose time is over; False if there is none."""
        for half, other in (self.halves, self.halves[::-1]):
            stop = half.hole
            if stop is None:
                half.waiting = None
                if _is_at_head(half) and _is_at_head(other):
                    # Each waits for the other: only retransmissions with newer acknowledgments can tie this knot.
                    self._deliver(min(half, other, key=_arrival))
                    return True
                continue
            answer = _answer(half, other)
            if half.waiting is None:
                half.waiting = (answer.arrival, answer.time) if answer else (self._arrivals, time)
            if self._arrivals - half.waiting[0] >= PATIENCE_SEGMENTS or time - half.waiting[1] >= PATIENCE_NS:
                self._declare(half, min(stop, answer.needs) if answer else stop, "lost")
                return True
        return False

    def _declare(self, half: Half, stop: int, why: str) -> None:
        """Give up the bytes before an offset."""
        half.waiting = None
        if stop - half.next == 1 and not half.pending and half.stream.fin is None:
            # One number that no byte explains, and nothing behind it: a FIN that the capture lost, not a byte.
            half.presumed_end = half.next
            half.stream.acked = min(half.stream.acked, half.next)
            return
        self._tell_heads()
        witness = half.pending[0] if half.pending else None
        if witness is None or witness.offset > stop:
            witness = _answer(half, self.halves[1 - half.direction])
        frame, time = (witness.frame, witness.time) if witness else half.shown
        gap = Gap(half.next, stop - half.next, why, frame, time)
        half.next = stop
        half.stream.length = max(half.stream.length, stop)
        self._gap(half, gap)

    def _force(self, half: Half, why: str) -> None:
        """Remove the first thing that keeps the first waiting piece from being delivered."""
        other = self.halves[1 - half.direction]
        piece = half.pending[0]
        if not other.covers(piece.needs) and not _is_at_head(other):
            stop = min(piece.needs, other.pending[0].offset) if other.pending else piece.needs
            self._declare(other, stop, why)
        elif piece.offset > half.next:
            self._declare(half, piece.offset, why)
        else:
            self._deliver(half)

    def close(self) -> None:
        """End the connection: what is still missing will never come."""
        self.opening = False
        self._drain()
        while waiting := [h for h in self.halves if h.pending]:
            self._force(min(waiting, key=_arrival), "lost")
            self._drain()
        for half in self.halves:
            fin = half.stream.fin
            seen = half.acked if fin is None else min(half.acked, fin.offset)
            stop = max(seen, half.sent if fin is None else fin.offset)
            if stop > half.next:
                if fin is not None and stop == fin.offset:
                    half.shown = (fin.frame, fin.time)
                self._declare(half, stop, "lost")
        self._tell_heads()

    # --- facts ---

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
        anomalies = self.connection.anomalies
        if len(anomalies) < ANOMALIES_KEPT:
            anomalies.append(Anomaly(kind, segment.direction, segment.frame, segment.time, detail))


def _identity(segment: Segment) -> tuple[int, int, int, int]:
    """What a copy of a segment without payload has in common with it."""
    return (segment.direction, segment.flags, segment.seq, segment.ack)


def _arrival(half: Half) -> int:
    """When the first waiting piece came."""
    return half.pending[0].arrival


def _is_at_head(half: Half) -> bool:
    """Whether the next bytes are here."""
    return bool(half.pending) and half.pending[0].offset <= half.next


def _answer(half: Half, other: Half) -> Piece | None:
    """Pick the waiting piece of the other direction that shows that missing bytes were read."""
    piece = other.pending[0] if other.pending else None
    return piece if piece and piece.needs > half.next else None


def _is_ready(half: Half, other: Half) -> bool:
    """Whether the next bytes are here and all that they answer was delivered."""
    return _is_at_head(half) and other.covers(half.pending[0].needs)
