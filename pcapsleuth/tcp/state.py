"""What the fast path knows of open connections: one row of integers each, so that many are judged at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.connection import Connection
from pcapsleuth.tcp.reassembly import Reassembly
from pcapsleuth.tcp.sequence import advance

EXPECT, OFFSET, ACKED, FIN_SEEN, SEGMENTS, TIME = 0, 2, 4, 6, 8, 10
"""Pairs of columns, to the server and to the client: the next sequence number; the next stream offset, -1 before the
SYN; the highest acknowledged offset, a FIN counted; whether a FIN was seen; segments; the time of the last one."""
STAGE, CLIENT_FIRST, END, FRAME, CLOCK, POSITION = 12, 13, 14, 15, 16, 17
"""Single columns; `END` and `FRAME` are of the last segment, `CLOCK` and `POSITION` of the capture when it came."""
COLUMNS = 18

NEW, SYN_SENT, OPEN, CAREFUL = 0, 1, 2, 3
"""Stages. A connection on the careful path is known by `CLIENT_FIRST`, `CLOCK` and `POSITION` only."""

Rows = npt.NDArray[np.int64]
BEGINNING: Rows = np.zeros(COLUMNS, np.int64)
"""The row of a connection before its first segment."""
BEGINNING[OFFSET : OFFSET + 2] = -1


class State:
    """The rows of all open connections, by slot."""

    def __init__(self) -> None:
        """Begin without connections."""
        self.rows: Rows = np.empty((1_024, COLUMNS), np.int64)
        self._free = list(range(len(self.rows)))[::-1]

    def allocate(self) -> int:
        """Take a free slot."""
        if not self._free:
            used = len(self.rows)
            self.rows = np.concatenate((self.rows, np.empty_like(self.rows)))
            self._free = list(range(used, len(self.rows)))[::-1]
        return self._free.pop()

    def release(self, slot: int) -> None:
        """Give a slot back."""
        self._free.append(slot)


def tell(row: list[int], connection: Connection) -> None:
    """Write what a row knows into the facts of its connection."""
    connection.end = row[END]
    connection.last_frame = row[FRAME]
    for at, stream in enumerate(connection.streams):
        stream.length = max(row[OFFSET + at], 0)
        stream.acked = min(row[ACKED + at], stream.length)
        stream.segments = row[SEGMENTS + at]
        stream.last_time = row[TIME + at]


def resume(row: list[int], path: Reassembly) -> None:
    """Let the careful path go on where the fast one ended."""
    tell(row, path.connection)
    for at, half in enumerate(path.halves):
        half.next = half.stream.length
        half.acked = row[ACKED + at]
        if row[OFFSET + at] >= 0:
            half.base = advance(row[EXPECT + at], -row[OFFSET + at] - row[FIN_SEEN + at])


def settle(path: Reassembly, row: Rows) -> None:
    """Let the fast path go on where the careful one has nothing left to put right."""
    row[STAGE] = OPEN
    row[END] = path.connection.end
    row[FRAME] = path.connection.last_frame
    for at, half in enumerate(path.halves):
        fin = half.stream.fin is not None
        row[EXPECT + at] = advance(half.base or 0, half.next + fin)
        row[OFFSET + at] = half.next
        row[ACKED + at] = half.acked
        row[FIN_SEEN + at] = fin
        row[SEGMENTS + at] = half.stream.segments
        row[TIME + at] = half.stream.last_time
