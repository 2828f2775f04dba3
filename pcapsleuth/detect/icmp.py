"""What routers and hosts say by ICMP of a connection's segments, in words and as evidence."""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.tcp.connection import Connection
from pcapsleuth.tcp.icmp import EXPIRED, PORT, PROHIBITED, TOO_BIG, UNREACHABLE, IcmpError
from pcapsleuth.tcp.segments import TO_SERVER, Direction

REFUSING = (PROHIBITED, UNREACHABLE, PORT)
"""Reasons for which a connection does not come about."""

_WORDS = {
    PROHIBITED: "this communication is prohibited",
    UNREACHABLE: "the destination cannot be reached",
    PORT: "nothing listens on the port",
    EXPIRED: "the packet was too long on its way",
}
_WRAP = 1 << 32


def about(connection: Connection, direction: Direction, *reasons: str) -> Iterator[IcmpError]:
    """The errors about segments of one direction, for some reasons."""
    sender = connection.client if direction == TO_SERVER else connection.server
    return (one for one in connection.errors if one.source == sender and one.reason in reasons)


def said(error: IcmpError) -> str:
    """What an error says and who says it, as a clause."""
    words = _WORDS.get(error.reason, "something is wrong with the packet")
    if error.reason == TOO_BIG:
        mtu = f", which takes {error.mtu:,}" if error.mtu else ""
        words = f"a packet of {error.size:,} bytes is too big for the next hop{mtu}"
    return f"{error.sender.address} says by ICMP that {words} (type {error.type}, code {error.code})"


def unknown_to_sender(error: IcmpError, connection: Connection, direction: Direction) -> bool:
    """Tell whether an error quotes a sequence number that the sender never used: it ignores such (RFC 5927)."""
    stream = connection.streams[direction]
    if error.seq is None or stream.isn is None:
        return False
    return (error.seq - stream.isn) % _WRAP > stream.length + 1
