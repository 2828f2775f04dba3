"""Where a connection begins: which end is the client, and whether a SYN is of a connection that is known."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from pcapsleuth.tcp.connection import Endpoint
from pcapsleuth.tcp.half import Segment
from pcapsleuth.tcp.reassembly import OPENING_BYTES, Reassembly
from pcapsleuth.tcp.segments import ACK, RST, SYN
from pcapsleuth.tcp.sequence import advance, distance

RECENT_NS = 1_000_000_000
WINDOW_UNSCALED = 65_536


def is_another(path: Reassembly, segment: Segment) -> bool:
    """Tell whether this segment is the SYN of another connection between the same endpoints."""
    if segment.flags & (SYN | RST) != SYN:
        return False
    half, other = path.halves[segment.direction], path.halves[1 - segment.direction]
    isn = half.stream.isn
    if isn == segment.seq or half.base == advance(segment.seq, 1):
        return False
    if segment.flags & ACK:
        # It belongs to the SYN that it acknowledges; a second answer to the same SYN is evidence, kept there.
        return other.base not in {None, segment.ack}
    if path.ended:
        return True
    if isn is not None:
        return not _is_inside(path, segment)
    if half.base is None:
        return other.stream.length > 0  # else a simultaneous open (RFC 9293 section 3.5)
    return not (path.opening and 0 <= distance(segment.seq, half.base) <= OPENING_BYTES)


def _is_inside(path: Reassembly, segment: Segment) -> bool:
    """Tell a SYN within a living connection, which its receiver would challenge (RFC 5961 section 4)."""
    half = path.halves[segment.direction]
    if not path.connection.handshake or segment.time - path.connection.end > RECENT_NS:
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
