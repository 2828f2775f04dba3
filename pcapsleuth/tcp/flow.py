"""One open connection: its facts, its consumer, and the path that it is on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from pcapsleuth.tcp.connection import DIRECTIONS, Connection, Consumer, Gap, Mark, Payload
from pcapsleuth.tcp.grouping import Key
from pcapsleuth.tcp.memory import Memory
from pcapsleuth.tcp.options import copied, parse
from pcapsleuth.tcp.reassembly import Reassembly
from pcapsleuth.tcp.segments import SYN
from pcapsleuth.tcp.state import BEGINNING, CAREFUL, CLIENT_FIRST, STAGE, Rows, resume, settle, tell

Control: TypeAlias = tuple[bool, int, int, int, int, int, int, int]
"""A SYN or FIN on the fast path: direction, flags, sequence number, stream offset behind it, start and end of its
options in the buffer, frame, time."""

_new_mark = tuple.__new__


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

    def control(self, controls: Iterator[Control], buffer: memoryview) -> None:
        """Take note of SYNs and FINs on the fast path."""
        for to_client, flags, seq, offset, start, size, frame, time in controls:
            stream = self.connection.streams[to_client]
            if flags & SYN:
                stream.isn = seq
                stream.syn = _new_mark(Mark, (-1, frame, time))
                stream.syn_count = 1
                stream.options = parse(copied(buffer, start, size))
            else:
                stream.fin = _new_mark(Mark, (offset, frame, time))

    def deliver(self, payloads: Iterator[Payload], *, whole: bool) -> None:
        """Hand payloads to the consumer on the fast path; `whole`: the capture cut none of them."""
        if whole:
            self.consumer.run(payloads)
            return
        for to_client, offset, payload, missing, frame, time in payloads:
            if payload:
                self.consumer.data(DIRECTIONS[to_client], offset, payload, frame, time)
            if missing:
                gap = Gap(offset + len(payload), missing, "snaplen", frame, time)
                self.connection.streams[to_client].lack(gap)
                self.consumer.gap(DIRECTIONS[to_client], gap)

    def complete(self, rows: Rows) -> None:
        """Complete the facts of the connection, and deliver what still waits."""
        if self.path is None:
            tell(rows[self.slot].tolist(), self.connection)
        else:
            self.path.close()
