"""One open connection: its facts, its consumer, and whether a SYN belongs to it or begins another."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from pcapsleuth.tcp.connection import Connection, Consumer, Endpoint
from pcapsleuth.tcp.grouping import Key
from pcapsleuth.tcp.history import Memory
from pcapsleuth.tcp.reassembly import OPENING_BYTES, Reassembly, Segment
from pcapsleuth.tcp.segments import ACK, RST, SYN
from pcapsleuth.tcp.sequence import advance, distance

RECENT_NS = 1_000_000_000
WINDOW_UNSCALED = 65_536


class Flow:
    """A connection that has not ended."""

    __slots__ = ("client_first", "clock", "connection", "consumer", "key", "memory", "path", "position", "since")

    def __init__(self, key: Key, connection: Connection, consumer: Consumer, position: int) -> None:
        """Begin with the segment at this position of the capture."""
        self.key = key
        self.connection = connection
        self.consumer = consumer
        self.memory = Memory()
        self.path = Reassembly(connection, consumer, self.memory)
        self.client_first = key[1:4] == connection.client
        """The client is the first endpoint of the key."""
        self.since = position
        """Where in the capture it began."""
        self.position = position
        """Where in the capture its last segment is."""
        self.clock = 0
        """The latest time of the capture when its last segment came."""

    def is_followed_by(self, segment: Segment) -> bool:
        """Tell whether this SYN begins another connection between the same endpoints."""
        if segment.flags & (SYN | RST) != SYN:
            return False
        half, other = self.path.halves[segment.direction], self.path.halves[1 - segment.direction]
        isn = half.stream.isn
        if isn == segment.seq or half.base == advance(segment.seq, 1):
            return False
        if segment.flags & ACK:
            # It belongs to the SYN that it acknowledges; a second answer to the same SYN is evidence, kept here.
            return other.base not in {None, segment.ack}
        if self.path.ended:
            return True
        if isn is not None:
            return not self._is_inside(segment)
        if half.base is None:
            return other.stream.length > 0  # else a simultaneous open (RFC 9293 section 3.5)
        return not (self.path.opening and 0 <= distance(segment.seq, half.base) <= OPENING_BYTES)

    def _is_inside(self, segment: Segment) -> bool:
        """Tell a SYN within a living connection, which its receiver would challenge (RFC 5961 section 4)."""
        half = self.path.halves[segment.direction]
        if not self.connection.handshake or segment.time - self.connection.end > RECENT_NS:
            return False
        return abs(half.locate(segment.seq) - half.stream.length) < WINDOW_UNSCALED


def roles(
    source: Endpoint, destination: Endpoint, flags: int, ports: AbstractSet[int]
) -> tuple[Endpoint, Endpoint, str]:
    """Tell client, server and how they were told apart from the first segment of a connection."""
    if flags & SYN:
        return (destination, source, "syn") if flags & ACK else (source, destination, "syn")
    if (destination.port in ports) == (source.port in ports):
        return source, destination, "content"
    return (source, destination, "port") if destination.port in ports else (destination, source, "port")
