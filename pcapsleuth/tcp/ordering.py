"""The order in which bytes reach the consumer, and when missing bytes are given up.

The bytes of a segment are delivered when all before them in their direction was, and all that the segment
acknowledges in the other: a reply is never seen before the command that it answers. A hole is judged only when a
segment of the connection arrives or the connection ends, so that it does not matter how a capture is cut in blocks.
"""

from __future__ import annotations

from pcapsleuth.tcp.connection import Connection, Consumer, Gap
from pcapsleuth.tcp.half import Half, Piece
from pcapsleuth.tcp.history import digest

PATIENCE_SEGMENTS = 64
PATIENCE_NS = 1_000_000_000
"""How long an acknowledged hole is kept open for a frame that the capture wrote late."""
BLIND = 4
"""So many times longer where the receiver's acknowledgments are not in the capture, and the hole may be real."""
HELD_BYTES = 4 << 20
HELD_PIECES = 4_096
"""Bounds of what waits in one direction."""


class Ordering:
    """Delivers the pieces of both directions of a connection."""

    __slots__ = ("_connection", "_consumer", "_halves")

    def __init__(self, connection: Connection, consumer: Consumer, halves: tuple[Half, Half]) -> None:
        """Begin with nothing delivered, or where `halves` stand."""
        self._connection = connection
        self._consumer = consumer
        self._halves = halves

    def settle(self, arrival: int, time: int) -> Half | None:
        """Deliver what can be and give up what must be; return a direction that holds more than it may."""
        self._drain()
        while self._give_up(arrival, time):
            self._drain()
        for half in self._halves:
            if half.held > HELD_BYTES or len(half.pending) > HELD_PIECES:
                return half
        return None

    def relieve(self, half: Half) -> None:
        """Give up what a direction that holds too much waits for."""
        self._force(half, "bound")
        self._drain()

    def _drain(self) -> None:
        """Deliver what is in order in both directions, by arrival."""
        to_server, to_client = self._halves
        while True:
            ready = [h for h, o in ((to_server, to_client), (to_client, to_server)) if _is_ready(h, o)]
            if not ready:
                return
            self._deliver(min(ready, key=_arrival))

    def _deliver(self, half: Half) -> None:
        """Hand the first waiting piece to the consumer."""
        self._tell_heads()
        piece = half.pop()
        payload = bytes(piece.payload)
        captured = len(payload)
        if captured:
            self._consumer.data(half.direction, piece.offset, payload, piece.frame, piece.time)
            value = digest(payload) if piece.digest is None else piece.digest
            half.history.add(piece.offset, captured, value, piece.ip_id, piece.time)
        if piece.length > captured:
            lost = Gap(piece.offset + captured, piece.length - captured, "snaplen", piece.frame, piece.time)
            self._gap(half, lost)

    def _tell_heads(self) -> None:
        """Before anything else of a connection that the capture joined late: say so."""
        for half in self._halves:
            if half.late:
                half.late = False
                began = self._connection
                self._gap(half, Gap(0, None, "before-capture", began.first_frame, began.start))

    def _gap(self, half: Half, gap: Gap) -> None:
        """Record missing bytes and tell the consumer."""
        half.stream.lack(gap)
        self._consumer.gap(half.direction, gap)

    # --- holes ---

    def _give_up(self, arrival: int, time: int) -> bool:
        """Declare the first hole whose time is over; False if there is none."""
        for half, other in (self._halves, self._halves[::-1]):
            blind = not other.stream.segments
            stop = half.hole(blind=blind)
            if stop is None:
                half.waiting = None
                if _is_at_head(half) and _is_at_head(other):
                    # Each waits for the other: only retransmissions with newer acknowledgments can tie this knot.
                    self._deliver(min(half, other, key=_arrival))
                    return True
                continue
            answer = _answer(half, other)
            if half.waiting is None:
                half.waiting = (answer.arrival, answer.time) if answer else (arrival, time)
            patience = BLIND if blind else 1
            waited = arrival - half.waiting[0], time - half.waiting[1]
            if waited[0] >= PATIENCE_SEGMENTS * patience or waited[1] >= PATIENCE_NS * patience:
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
            witness = _answer(half, self._halves[1 - half.direction])
        frame, time = (witness.frame, witness.time) if witness else half.shown or self._now
        gap = Gap(half.next, stop - half.next, why, frame, time)
        half.next = stop
        half.stream.length = max(half.stream.length, stop)
        self._gap(half, gap)

    @property
    def _now(self) -> tuple[int, int]:
        """Frame and time of the last segment."""
        return self._connection.last_frame, self._connection.end

    def _force(self, half: Half, why: str) -> None:
        """Remove the first thing that keeps the first waiting piece from being delivered."""
        other = self._halves[1 - half.direction]
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
        self._drain()
        while waiting := [h for h in self._halves if h.pending]:
            self._force(min(waiting, key=_arrival), "lost")
            self._drain()
        for half in self._halves:
            fin = half.stream.fin
            seen = half.acked if fin is None else min(half.acked, fin.offset)
            stop = max(seen, half.sent if fin is None else fin.offset)
            if stop > half.next:
                if fin is not None and stop == fin.offset:
                    half.shown = (fin.frame, fin.time)
                self._declare(half, stop, "lost")
        self._tell_heads()


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
