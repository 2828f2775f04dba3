"""The connections of a capture: which segment belongs to which, where each begins and where it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from heapq import heapify, heappop, heappush, nsmallest
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.connection import Anomaly, Connection, ConsumerFactory, Endpoint
from pcapsleuth.tcp.flow import Flow, roles
from pcapsleuth.tcp.grouping import Groups, Key, group
from pcapsleuth.tcp.history import digest
from pcapsleuth.tcp.reassembly import ANOMALIES_KEPT, Segment
from pcapsleuth.tcp.segments import Direction, SegmentBatch

LINGER_NS = 30_000_000_000
MAX_OPEN = 100_000
CHECK_EVERY = 4_096
"""The bound is enforced whenever so many segments were read, so that it does not depend on the size of batches."""


class Row(NamedTuple):
    """One segment on the careful path, before its direction is known."""

    first: bool
    """Sent by the first endpoint of the key."""
    position: int
    clock: int
    seq: int
    ack: int
    flags: int
    length: int
    start: int
    captured: int
    options_start: int
    options_length: int
    ip_id: int
    frame: int
    time: int


class ConnectionTable:
    """Sorts segments into connections and hands their bytes to consumers."""

    def __init__(
        self,
        make_consumer: ConsumerFactory,
        ports: Sequence[int] = (25,),
        linger_ns: int = LINGER_NS,
        max_open: int = MAX_OPEN,
        *,
        keep_duplicates: bool = False,
    ) -> None:
        """Begin with an empty capture.

        A connection ends `linger_ns` of capture time after its last segment once both FINs were acknowledged or a
        RST was seen. Of more than `max_open` connections the longest silent ones are ended early.
        """
        self.duplicates = 0
        """Frames dropped because the capture has them twice."""
        self._make_consumer = make_consumer
        self._ports = frozenset(ports)
        self._linger = linger_ns
        self._max_open = max_open
        self._keep_duplicates = keep_duplicates
        self._flows: dict[Key, Flow] = {}
        self._indexes: dict[int, Iterator[int]] = {}
        self._position = 0
        self._clock = -(1 << 63)
        self._lingering: list[tuple[int, int, Flow]] = []
        self._done: list[tuple[int, int, int, Flow]] = []

    def feed(self, batch: SegmentBatch) -> list[object]:
        """Take a batch and return what the consumers made of the connections that ended."""
        results: list[object] = []
        for part in self._parts(_select(batch, batch.point >= 0)):
            self._read(part)
            results += self._close_done()
        return results

    def close(self) -> list[object]:
        """End the connections that are still open."""
        for flow in self._flows.values():
            self._done.append((self._position, 2, flow.since, flow))
        self._flows.clear()
        self._lingering.clear()
        return self._close_done()

    def _parts(self, batch: SegmentBatch) -> Iterator[SegmentBatch]:
        """Cut the batch where the bound is checked, if it may be reached."""
        at = 0
        while at < len(batch):
            stop = len(batch)
            if len(self._flows) + stop - at > self._max_open:
                stop = min(stop, at + CHECK_EVERY - self._position % CHECK_EVERY)
            yield batch if stop - at == len(batch) else _select(batch, slice(at, stop))
            at = stop
            if self._position % CHECK_EVERY == 0 and len(self._flows) > self._max_open:
                self._evict()

    def _evict(self) -> None:
        """End the longest silent connections; a few more than must be, for it is not cheap."""
        excess = len(self._flows) - self._max_open + self._max_open // 8
        for flow in nsmallest(excess, self._flows.values(), key=lambda f: f.position):
            connection = flow.connection
            if len(connection.anomalies) < ANOMALIES_KEPT:
                detail = f"more than {self._max_open} connections were open"
                connection.anomalies.append(Anomaly("bound", 0, connection.last_frame, connection.end, detail))
            self._retire(flow, self._position, 1)

    # --- the careful path ---

    def _read(self, batch: SegmentBatch) -> None:
        """Walk through a batch, connection by connection, in the order of their first segments."""
        clock = np.maximum(np.maximum.accumulate(batch.time), self._clock)
        groups = group(batch)
        runs = self._runs(batch, groups, clock)
        heapify(runs)
        while runs:
            _, key, rows = heappop(runs)
            rest = self._walk(key, rows, batch, clock)
            if rest:
                heappush(runs, (rest[0].position, key, rest))
        self._clock = int(clock[-1])
        self._sweep(clock)
        self._position += len(batch)

    def _runs(
        self, batch: SegmentBatch, groups: Groups, clock: npt.NDArray[np.int64]
    ) -> list[tuple[int, Key, list[Row]]]:
        """Turn the columns of each group into rows."""
        order = groups.order
        columns: list[npt.NDArray[Any]] = [
            groups.from_low,
            order + self._position,
            clock[order],
            *(
                c[order]
                for c in (
                    batch.seq,
                    batch.ack,
                    batch.flags,
                    batch.length,
                    batch.start,
                    batch.captured,
                    batch.options_start,
                    batch.options_length,
                    batch.ip_id,
                    batch.frame,
                    batch.time,
                )
            ),
        ]
        rows = [Row(*r) for r in zip(*(c.tolist() for c in columns), strict=True)]
        bounds = zip(groups.keys, groups.starts.tolist(), groups.sizes.tolist(), strict=True)
        return [(rows[at].position, key, rows[at : at + size]) for key, at, size in bounds]

    def _walk(self, key: Key, rows: list[Row], batch: SegmentBatch, clock: npt.NDArray[np.int64]) -> list[Row]:
        """Hand segments to the connection of their key; stop before one that begins another connection."""
        flow = self._flows.get(key)
        for at, row in enumerate(rows):
            if flow is not None and flow.path.ended and row.clock > flow.clock + self._linger:
                self._expire(flow, clock)
                flow = None
            if flow is not None and flow.is_followed_by(_segment(row, flow, batch)):
                self._retire(flow, row.position, 1)
                flow = None
            if flow is None:
                if at:
                    return rows[at:]
                flow = self._open(key, row)
            self._take(flow, row, batch)
        return []

    def _take(self, flow: Flow, row: Row, batch: SegmentBatch) -> None:
        """Hand a segment to its connection."""
        segment = _segment(row, flow, batch)
        if not self._keep_duplicates and flow.path.is_copy(segment):
            self.duplicates += 1
            return
        ended = flow.path.ended
        flow.path.take(segment)
        flow.position = row.position
        flow.clock = row.clock
        if flow.path.ended and not ended:
            heappush(self._lingering, (row.clock + self._linger, flow.since, flow))

    def _open(self, key: Key, row: Row) -> Flow:
        """Begin a connection."""
        point, *ends = key
        first, second = Endpoint(*ends[:3]), Endpoint(*ends[3:])
        source, destination = (first, second) if row.first else (second, first)
        client, server, role_by = roles(source, destination, row.flags, self._ports)
        index = next(self._indexes.setdefault(point, count()))
        connection = Connection(index, point, client, server, row.time, row.frame, role_by=role_by)
        flow = Flow(key, connection, self._make_consumer(connection), row.position)
        self._flows[key] = flow
        return flow

    # --- the end of connections ---

    def _sweep(self, clock: npt.NDArray[np.int64]) -> None:
        """End the connections whose linger is over."""
        while self._lingering and self._lingering[0][0] < self._clock:
            _, since, flow = heappop(self._lingering)
            if self._flows.get(flow.key) is not flow:
                continue
            deadline = flow.clock + self._linger
            if deadline < self._clock:
                self._expire(flow, clock)
            else:
                heappush(self._lingering, (deadline, since, flow))

    def _expire(self, flow: Flow, clock: npt.NDArray[np.int64]) -> None:
        """End a connection at the segment of the capture that showed its linger to be over."""
        at = int(np.searchsorted(clock, flow.clock + self._linger, side="right"))
        self._retire(flow, self._position + at, 0)

    def _retire(self, flow: Flow, position: int, turn: int) -> None:
        """Take a connection out of the table."""
        del self._flows[flow.key]
        self._done.append((position, turn, flow.since, flow))

    def _close_done(self) -> list[object]:
        """Close the connections that ended, in order of completion."""
        done, self._done = sorted(self._done, key=lambda d: d[:3]), []
        results = []
        for *_, flow in done:
            flow.path.close()
            results.append(flow.consumer.close())
        return results


def _segment(row: Row, flow: Flow, batch: SegmentBatch) -> Segment:
    """Give a row the direction that it has in its connection, and its bytes."""
    payload = batch.buffer[row.start : row.start + row.captured]
    return Segment(
        Direction(row.first != flow.client_first),
        row.seq,
        row.ack,
        row.flags,
        row.length,
        payload,
        digest(payload),
        bytes(batch.buffer[row.options_start : row.options_start + row.options_length]),
        row.ip_id,
        row.frame,
        row.time,
    )


def _select(batch: SegmentBatch, where: slice | npt.NDArray[np.bool_]) -> SegmentBatch:
    """Take some segments of a batch; the buffer stays."""
    if not isinstance(where, slice) and bool(where.all()):
        return batch
    names = [f.name for f in fields(batch) if f.name != "buffer"]
    return replace(batch, **{name: getattr(batch, name)[where] for name in names})
