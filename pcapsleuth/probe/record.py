"""A conversation as a capture and as a dialogue: what the detectors and anybody's Wireshark can read.

The capture is written from what the socket sent and received. Its bytes, their order and their times are those of the
conversation; handshake, sequence numbers and acknowledgments are made to fit, for a socket does not show them.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcapsleuth.devices.wire import Ends, Packet, Wire
from pcapsleuth.devices.written import pcap, pcapng
from pcapsleuth.probe.talk import End, Talk
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.connection import Connection, Mark
from pcapsleuth.tcp.endpoint import Endpoint
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST, Direction

MADE = "synthetic: written from what the socket sent and received; handshake and TCP numbers are made to fit"
FIRST_DATA = 4
"""The frame behind SYN, SYN-ACK and ACK."""


def capture(talks: Iterable[Talk], name: str) -> bytes:
    """Conversations as one capture file, of the kind that its name says."""
    packets = [packet for talk in talks for packet in packets_of(talk)]
    return pcapng(packets) if name.endswith(".pcapng") else pcap(packets)


def packets_of(talk: Talk) -> list[Packet]:
    """The conversation as packets; all that was said is in one of them."""
    wire = Wire(Ends(Endpoint.of(*talk.client), Endpoint.of(*talk.server), (0, 0), (b"", b"")))
    wire.handshake(talk.start)
    # The connection took longer than the handshake that is written, so that nothing here runs backwards.
    wire.packets = [packet._replace(time=talk.start, comment=MADE) for packet in wire.packets]
    last = talk.start
    for who, data, last in talk.said:
        wire.send(who, last, PSH | ACK, data, comment=MADE)
    if talk.end is End.RESET:
        wire.send("S", last, RST | ACK, comment=MADE)
    elif talk.end is End.CLOSED:
        wire.send("S", last, FIN | ACK, comment=MADE)
    if talk.end is not End.RESET:
        wire.send("C", last, FIN | ACK, comment=MADE)
    return wire.packets


def dialogue(talk: Talk, before: int = 0) -> Dialogue:
    """The conversation as the detectors read it; frames are those of a capture that has so many before it."""
    connection = Connection(0, 0, Endpoint.of(*talk.client), Endpoint.of(*talk.server), talk.start, before + 1)
    builder = DialogueBuilder(connection)
    for frame, (who, data, time) in enumerate(talk.said, before + FIRST_DATA):
        way = Direction.TO_SERVER if who == "C" else Direction.TO_CLIENT
        stream = connection.streams[way]
        builder.data(way, stream.length, data, frame, time)
        stream.length += len(data)
        stream.acked = stream.length
        stream.segments += 1
        stream.last_time = connection.end = time
        connection.last_frame = frame
    _close(talk, connection)
    return builder.close()


def _close(talk: Talk, connection: Connection) -> None:
    """Note how the connection ended."""
    sent, received = connection.streams
    frame = connection.last_frame + 1
    if talk.end is End.RESET:
        received.rst = Mark(received.length, frame, connection.end)
    elif talk.end is End.CLOSED:
        received.fin = Mark(received.length, frame, connection.end)
        sent.fin = Mark(sent.length, frame + 1, connection.end)
