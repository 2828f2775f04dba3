"""The connections of a capture: which segment belongs to which, where each begins and where it ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush, nsmallest
from itertools import count

import numpy as np

from pcapsleuth.tcp import padding, state
from pcapsleuth.tcp.beginning import is_another, roles
from pcapsleuth.tcp.clean import Integers, Judgment, judge
from pcapsleuth.tcp.connection import Anomaly, Connection, ConsumerFactory, Endpoint
from pcapsleuth.tcp.flow import Flow
from pcapsleuth.tcp.graves import Graves
from pcapsleuth.tcp.grouping import Groups, Key, group, key_of
from pcapsleuth.tcp.icmp import IcmpError
from pcapsleuth.tcp.reading import CleanRows, Row, careful_rows, segment, select
from pcapsleuth.tcp.segments import SYN, SegmentBatch
from pcapsleuth.tcp.sharing import ALL, Crowded, Share

LINGER_NS = 8_000_000_000
"""Long enough for most of what comes late; `Graves` know what comes later still."""
MAX_OPEN = 100_000
CHECK_EVERY = 4_096
"""The bound is enforced whenever so many segments were read, so that it does not depend on the size of batches."""
FORGET_EVERY = 500_000
"""In segments."""

_new_endpoint = tuple.__new__


class ConnectionTable:
    """Sorts segments into connections and hands their bytes to consumers."""

    def __init__(
        self,
        make_consumer: ConsumerFactory,
        ports: Sequence[int] = (25,),
        linger_ns: int = LINGER_NS,
        max_open: int = MAX_OPEN,
        *,
        share: Share = ALL,
        keep_duplicates: bool = False,
        _careful: bool = False,
    ) -> None:
        """Begin with an empty capture.

        A connection ends `linger_ns` of capture time after its last segment once both FINs were acknowledged or a
        RST was seen; what comes later still without a SYN is counted and dropped. Of more than `max_open`
        connections the longest silent ones are ended early; a `share` of the connections raises Crowded when it
        comes near its part of that. `_careful` is for tests: every segment takes the careful path.
        """
        self.duplicates = 0
        """Frames dropped because the capture has them twice."""
        self.late = 0
        """Segments that came when their connection had long ended."""
        self.padded = 0
        """Acknowledgments whose padding a device had counted as payload."""
        self._make_consumer = make_consumer
        self._ports = frozenset(ports)
        self._linger = linger_ns
        self._share = share
        self._max_open = max_open // share.of
        self._keep_duplicates = keep_duplicates
        self._careful = _careful
        self._flows: dict[Key, Flow] = {}
        self._graves = Graves()
        self._state = state.State()
        self._indexes: dict[int, Iterator[int]] = {}
        self._position = 0
        self._now = np.iinfo(np.int64).min
        """The latest time of the capture."""
        self._clock: Integers = np.array([self._now])
        """The same at each segment of the batch."""
        self._ticks: list[int] = []
        """The same as a list: it is searched a lot."""
        self._lingering: list[tuple[int, int, Flow]] = []
        self._done: list[tuple[int, int, int, int, Flow]] = []

    def feed(self, batch: SegmentBatch) -> list[object]:
        """Take a batch and return what the consumers made of the connections that ended."""
        results: list[object] = []
        batch, clock = self._mine(select(batch, batch.point >= 0))
        padded = padding.find(batch)
        self.padded += len(padded)
        batch = padding.without(batch, padded)
        at = 0
        for stop, error in batch.cuts():
            for part in self._parts(at, stop):
                self._clock = clock[part]
                self._read(select(batch, part))
                results += self._close_done()
            at = stop
            if error is not None:
                self._note(error)
        return results

    def pass_time(self, now: int) -> list[object]:
        """Let time pass without a segment, as live traffic does when it is silent; return what `feed` would."""
        if now > self._now:
            self._now = now
            self._ticks = [now]
            self._sweep()
        return self._close_done()

    def close(self) -> list[object]:
        """End the connections that are still open."""
        for flow in list(self._flows.values()):
            self._retire(flow, self._position, 2)
        self._lingering.clear()
        return self._close_done()

    def _mine(self, batch: SegmentBatch) -> tuple[SegmentBatch, Integers]:
        """Take the share of a batch, with the time of the whole capture at each of its segments."""
        clock = np.maximum(np.maximum.accumulate(batch.time), self._now)
        if len(clock):
            self._now = int(clock[-1])
        if self._share.of == 1:
            return batch, clock
        mine = self._share.mine(batch)
        return select(batch, mine), clock[mine]

    def _note(self, error: IcmpError) -> None:
        """Give an ICMP error to the connection whose segment it quotes, if that is known and not over."""
        flow = self._flows.get(key_of(error.point, error.source, error.destination))
        if flow is None or (flow.lingers and error.time > self._deadline(flow)):
            return
        flow.connection.report(error)

    def _parts(self, at: int, size: int) -> Iterator[slice]:
        """Cut a batch where the bound is checked, if it may be reached."""
        while at < size:
            stop = size
            if len(self._flows) + len(self._graves) + stop - at > self._max_open:
                stop = min(stop, at + CHECK_EVERY - self._position % CHECK_EVERY)
            yield slice(at, stop)
            at = stop
            if self._position % CHECK_EVERY == 0:
                self._graves.limit(self._max_open)
                if len(self._flows) > self._max_open:
                    self._evict()

    def _evict(self) -> None:
        """End the longest silent connections; a few more than must be, for it is not cheap."""
        excess = len(self._flows) - self._max_open + self._max_open // 8
        positions = self._state.rows[:, state.POSITION].tolist()
        for flow in nsmallest(excess, self._flows.values(), key=lambda f: positions[f.slot]):
            self._retire(flow, self._position, 1)
            connection = flow.connection
            detail = f"more than {self._max_open} connections were open"
            connection.note(Anomaly("bound", 0, connection.last_frame, connection.end, detail))

    # --- one batch ---

    def _read(self, batch: SegmentBatch) -> None:
        """Read a batch, connection by connection, in the order of their first segments."""
        self._ticks = self._clock.tolist()
        groups = group(batch)
        flows = [self._flows.get(key) for key in groups.keys]
        verdict = self._judge(batch, groups, flows)
        clean = CleanRows(batch, groups, verdict, self._position)
        rests = careful_rows(batch, groups, verdict.clean, self._clock)
        waiting: list[tuple[int, Key, list[Row]]] = []
        for at in range(len(flows)):
            while waiting and waiting[0][0] < clean.first[at]:
                self._walk(*heappop(waiting)[1:], batch, waiting)
            if clean.counts[at]:
                self._run(groups.keys[at], flows[at], clean, at, batch)
            if at in rests:
                heappush(waiting, (rests[at][0].position, groups.keys[at], rests[at]))
        while waiting:
            self._walk(*heappop(waiting)[1:], batch, waiting)
        if self._share.of > 1 and len(self._flows) + len(self._graves) > self._max_open:
            raise Crowded
        self._sweep()
        self._forget(len(batch))
        self._position += len(batch)

    def _judge(self, batch: SegmentBatch, groups: Groups, flows: list[Flow | None]) -> Judgment:
        """Judge which segments take the fast path."""
        known = self._state.rows[[-1 if flow is None else flow.slot for flow in flows]]
        known[[flow is None for flow in flows]] = state.BEGINNING
        verdict = judge(batch, groups, known, self._clock, self._linger)
        verdict.rows[:, state.POSITION] += self._position
        if self._careful:
            verdict.clean[:] = 0
            verdict.inside[:] = False
        return verdict

    def _forget(self, more: int) -> None:
        """Now and then have connections that fell silent let go of the columns of old batches."""
        if self._position // FORGET_EVERY < (self._position + more) // FORGET_EVERY:
            for flow in self._flows.values():
                flow.memory.forget_batches(self._position - FORGET_EVERY)

    def _run(self, key: Key, flow: Flow | None, clean: CleanRows, at: int, batch: SegmentBatch) -> None:
        """Take the fast path with the clean segments of a group."""
        if flow is None:
            frame, time, from_first = clean.begin[at]
            flow = self._open(key, frame, time, clean.first[at] + self._position, SYN, from_first=from_first)
        flow.control(clean.controls(at), batch.buffer)
        flow.deliver(clean.payloads(at), whole=at not in clean.cut)
        start, stop = clean.records_of[at : at + 2]
        if start < stop:
            flow.memory.note(clean.records, start, stop)
        self._state.rows[flow.slot] = clean.rows[at]
        if clean.ended[at]:
            self._let_linger(flow)

    def _walk(self, key: Key, rows: list[Row], batch: SegmentBatch, waiting: list[tuple[int, Key, list[Row]]]) -> None:
        """Take the careful path; what begins another connection waits for its turn."""
        flow = self._flows.get(key)
        for at, row in enumerate(rows):
            flow = self._current(flow, row, batch)
            if flow is None and not row.flags & SYN and self._graves.takes(key, row.clock):
                self.late += 1
                continue
            if flow is None:
                if at:
                    heappush(waiting, (row.position, key, rows[at:]))
                    return
                frame, time, since = row.frame, row.time, row.position + self._position
                flow = self._open(key, frame, time, since, row.flags, from_first=row.from_first)
                flow.begin_carefully(self._state.rows)
            self._take(flow, row, batch)
        if flow is not None and not self._careful:
            flow.go_fast(self._state.rows)

    def _current(self, flow: Flow | None, row: Row, batch: SegmentBatch) -> Flow | None:
        """Keep the connection of a key for another segment, unless it ended or the segment begins another."""
        if flow is None:
            return None
        path = flow.go_carefully(self._state.rows)
        if path.ended and row.clock > self._deadline(flow):
            self._expire(flow)
            return None
        if is_another(path, segment(row, batch, client_first=flow.client_first)):
            self._retire(flow, row.position + self._position, 1)
            return None
        return flow

    def _take(self, flow: Flow, row: Row, batch: SegmentBatch) -> None:
        """Hand a segment to its connection."""
        path = flow.go_carefully(self._state.rows)
        taken = segment(row, batch, client_first=flow.client_first)
        if not self._keep_duplicates and path.is_copy(taken):
            self.duplicates += 1
            return
        path.take(taken)
        self._state.rows[flow.slot, state.CLOCK] = row.clock
        self._state.rows[flow.slot, state.POSITION] = row.position + self._position
        if path.ended:
            self._let_linger(flow)

    def _open(self, key: Key, frame: int, time: int, since: int, flags: int, *, from_first: bool) -> Flow:
        """Begin a connection."""
        point = key[0]
        first, second = _new_endpoint(Endpoint, key[1:4]), _new_endpoint(Endpoint, key[4:])
        source, destination = (first, second) if from_first else (second, first)
        client, server, role_by = roles(source, destination, flags, self._ports)
        index = next(self._indexes.setdefault(point, count()))
        connection = Connection(index, point, client, server, time, frame, role_by=role_by)
        flow = Flow(key, connection, self._make_consumer(connection), self._state.allocate(), since)
        self._flows[key] = flow
        self._graves.remove(key)
        return flow

    # --- the end of connections ---

    def _let_linger(self, flow: Flow) -> None:
        """Have a connection that ended closed after a while."""
        if not flow.lingers:
            flow.lingers = True
            heappush(self._lingering, (self._deadline(flow), flow.since, flow))

    def _sweep(self) -> None:
        """End the connections whose linger is over."""
        now = self._ticks[-1]
        while self._lingering and self._lingering[0][0] < now:
            _, since, flow = heappop(self._lingering)
            if self._flows.get(flow.key) is not flow:
                continue
            deadline = self._deadline(flow)
            if deadline < now:
                self._expire(flow)
            else:
                heappush(self._lingering, (deadline, since, flow))
        self._graves.sweep(now)

    def _deadline(self, flow: Flow) -> int:
        """When an ended connection is finished: each later segment makes it wait again (RFC 9293 section 3.10.7.4)."""
        return int(self._state.rows[flow.slot, state.CLOCK]) + self._linger

    def _expire(self, flow: Flow) -> None:
        """End a connection at the segment of the capture that showed its linger to be over."""
        deadline = self._deadline(flow)
        at = bisect_right(self._ticks, deadline)
        self._retire(flow, self._position + at, 0, deadline)
        self._graves.add(flow.key, deadline - self._linger)

    def _retire(self, flow: Flow, position: int, turn: int, deadline: int = 0) -> None:
        """Take a connection out of the table; it is closed with the others that the batch ended, in order."""
        del self._flows[flow.key]
        flow.complete(self._state.rows)
        self._state.release(flow.slot)
        self._done.append((position, turn, deadline, flow.since, flow))

    def _close_done(self) -> list[object]:
        """Close the connections that ended, in order of completion."""
        done, self._done = sorted(self._done, key=lambda d: d[:4]), []
        return [flow.consumer.close() for *_, flow in done]
