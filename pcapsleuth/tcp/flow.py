"""One open connection: its facts, its consumer, and the path that it is on."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from xxhash import xxh3_64_intdigest

from pcapsleuth.tcp.connection import Connection, Consumer, Mark
from pcapsleuth.tcp.grouping import Key
from pcapsleuth.tcp.history import Memory
from pcapsleuth.tcp.options import parse
from pcapsleuth.tcp.reassembly import Reassembly
from pcapsleuth.tcp.segments import SYN, Direction
from pcapsleuth.tcp.state import BEGINNING, CAREFUL, CLIENT_FIRST, STAGE, Rows, resume, settle, tell

DIRECTIONS = tuple(Direction)

Payload: TypeAlias = tuple[bool, int, int, int, int, int, int]
"""On the fast path: direction, stream offset, where it begins and ends in the buffer, frame, time, ip_id."""


class Control(NamedTuple):
    """A SYN or FIN on the fast path."""

    to_client: bool
    flags: int
    seq: int
    ack: int
    offset: int
    length: int
    ip_id: int
    frame: int
    time: int


class Flow:
    """A connection that has not ended."""

    __slots__ = ("client_first", "connection", "consumer", "key", "lingers", "memory", "path", "since", "slot")

    def __init__(self, key: Key, connection: Connection, consumer: Consumer, slot: int, since: int) -> None:
        """Begin with the segment at the position `since` of the capture."""
        self.key = key
        self.connection = connection
        self.consumer = consumer
        self.slot = slot
        self.since = since
        self.client_first = key[1:4] == connection.client
        """The client is the first endpoint of the key."""
        self.lingers = False
        """It ended, and waits for what comes late."""
        self.memory = Memory()
        self.path: Reassembly | None = None
        """The careful path, while the connection is on it."""

    def begin_carefully(self, rows: Rows) -> Reassembly:
        """Take the careful path from the first segment on."""
        self.path = Reassembly(self.connection, self.consumer, self.memory)
        rows[self.slot] = BEGINNING
        rows[self.slot, STAGE] = CAREFUL
        rows[self.slot, CLIENT_FIRST] = self.client_first
        return self.path

    def go_carefully(self, rows: Rows) -> Reassembly:
        """Take the careful path from here on."""
        if self.path is None:
            self.path = Reassembly(self.connection, self.consumer, self.memory)
            resume(rows[self.slot].tolist(), self.path)
            rows[self.slot, STAGE] = CAREFUL
        return self.path

    def go_fast(self, rows: Rows) -> None:
        """Take the fast path again if nothing is left to put right."""
        if self.path is not None and self.path.calm:
            settle(self.path, rows[self.slot])
            self.path = None

    def control(self, row: Control, options: bytes) -> None:
        """Take note of a SYN or FIN on the fast path."""
        stream = self.connection.streams[row.to_client]
        if row.flags & SYN:
            stream.isn = row.seq
            stream.syn = Mark(-1, row.frame, row.time)
            stream.syn_count = 1
            stream.options = parse(options)
        else:
            stream.fin = Mark(row.offset + row.length, row.frame, row.time)
        if not row.length:
            what = (int(row.to_client), row.flags, row.seq, row.ack)
            self.memory.controls.add(what, row.ip_id, row.time)

    def deliver(self, buffer: memoryview, payloads: list[Payload]) -> None:
        """Hand payloads to the consumer on the fast path."""
        data = self.consumer.data
        deliveries = self.memory.deliveries
        remember = (deliveries[0].rows.extend, deliveries[1].rows.extend)
        for to_client, offset, start, stop, frame, time, ip_id in payloads:
            view = buffer[start:stop]
            data(DIRECTIONS[to_client], offset, view, frame, time)
            remember[to_client]((offset, stop - start, xxh3_64_intdigest(view) >> 1, ip_id, time))
        for history in deliveries:
            history.trim()

    def complete(self, rows: Rows) -> None:
        """Complete the facts of the connection, and deliver what still waits."""
        if self.path is None:
            tell(rows[self.slot].tolist(), self.connection)
        else:
            self.path.close()
