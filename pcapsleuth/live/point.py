"""One observation point of running traffic: sessions as they close."""

from __future__ import annotations

import time
from typing import cast

from pcapsleuth.capture.live import Interface
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.compare.view import Bounds
from pcapsleuth.errors import CaptureError
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.spool.reading import Options
from pcapsleuth.tcp.segments import SegmentBatch
from pcapsleuth.tcp.table import ConnectionTable

LATENCY_NS = 100_000_000
"""How long one point is listened to before it is the other's turn."""

ON_ITS_WAY_NS = 500_000_000
"""How old a frame may be before it comes: the kernel and the capturing program hold it back for that long."""

LINGER_NS = 700_000_000
"""How long a session that ended waits for what comes late. Together the three make less than two seconds; what comes
later still is in the report at the end, which is made from the recording and waits as long as for any file."""


class Point:
    """An interface, its open connections, and what closed."""

    def __init__(self, interface: Interface, options: Options) -> None:
        self.interface = interface
        self.ended = False
        """Nothing more will come."""
        self._reader = CaptureReader([interface.path], options.ports, latency_ns=LATENCY_NS, block_size=1 << 20)
        self._batches = iter(self._reader)
        self._table = ConnectionTable(
            DialogueBuilder, options.ports, LINGER_NS, keep_duplicates=options.keep_duplicates
        )
        self._closed: list[object] = []
        self._since = time.time_ns()

    @property
    def bounds(self) -> Bounds:
        """From when to when this point was watched."""
        account = self._reader.account
        return Bounds(min(account.first or self._since, self._since), max(account.last or 0, time.time_ns()))

    @property
    def frames(self) -> int:
        """How many came so far."""
        return self._reader.account.frames

    def begin(self) -> None:
        """Wait until capturing has begun; raise CaptureError where it cannot."""
        try:
            self._closed = self._feed(next(self._batches))
        except (CaptureError, StopIteration):
            raise self.interface.complaint() from None
        self.interface.opened()

    def step(self) -> list[Dialogue]:
        """Listen for a moment and return the sessions that closed."""
        batch = next(self._batches, None)
        if batch is None:
            self.ended = True
            found = self._table.close()
        else:
            found = self._feed(batch) + self._table.pass_time(time.time_ns() - ON_ITS_WAY_NS)
        before, self._closed = self._closed, []
        return [cast(Dialogue, one) for one in (*before, *found)]

    def _feed(self, batch: SegmentBatch) -> list[object]:
        """Take what came, which may be nothing."""
        return self._table.feed(batch) if len(batch) or batch.errors else []
