"""The columns of a batch as Python values, converted at once, for the part of the work that is done one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp import state
from pcapsleuth.tcp.clean import Integers, Judgment
from pcapsleuth.tcp.flow import Control, Payload
from pcapsleuth.tcp.grouping import Groups
from pcapsleuth.tcp.history import digest
from pcapsleuth.tcp.reassembly import Segment
from pcapsleuth.tcp.segments import FIN, SYN, Direction, SegmentBatch


class Row(NamedTuple):
    """One segment on the careful path, before its direction is known."""

    from_first: bool
    """Sent by the first endpoint of the key."""
    position: int
    """In the batch."""
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


class CleanRows:
    """What the fast path takes of a batch, by group."""

    def __init__(self, batch: SegmentBatch, groups: Groups, verdict: Judgment) -> None:
        """Convert the columns."""
        order, starts = groups.order, groups.starts
        self.buffer = batch.buffer
        self.rows = verdict.rows
        self.counts: list[int] = verdict.clean.tolist()
        self.first: list[int] = order[starts].tolist()
        self._from_first: list[bool] = groups.from_first[starts].tolist()
        self._frames: list[int] = batch.frame[order[starts]].tolist()
        self._times: list[int] = batch.time[order[starts]].tolist()
        self.ended: list[bool] = _ended(verdict.rows).tolist()
        inside = np.arange(len(order)) < np.repeat(starts + verdict.clean, groups.sizes)
        payload = np.flatnonzero(inside & (batch.captured[order] > 0))
        at = order[payload]
        start = batch.start[at]
        stop = start + batch.captured[at]
        columns = (
            verdict.to_client[payload], verdict.offset[payload], start, stop,
            batch.frame[at], batch.time[at], batch.ip_id[at],
        )  # fmt: skip
        self._payloads: list[Payload] = list(zip(*(c.tolist() for c in columns), strict=True))
        self._payload_bounds = [*np.searchsorted(payload, starts).tolist(), len(payload)]
        special = np.flatnonzero(inside & (batch.flags[order] & (SYN | FIN) != 0))
        at = order[special]
        facts = (
            verdict.to_client[special], batch.flags[at], batch.seq[at], batch.ack[at], verdict.offset[special],
            batch.length[at], batch.ip_id[at], batch.frame[at], batch.time[at],
        )  # fmt: skip
        self._controls = [Control(*c) for c in zip(*(c.tolist() for c in facts), strict=True)]
        self._control_bounds = [*np.searchsorted(special, starts).tolist(), len(special)]
        begin = batch.options_start[at]
        self._options = list(zip(begin.tolist(), (begin + batch.options_length[at]).tolist(), strict=True))

    def begin(self, at: int) -> tuple[int, int, bool]:
        """Frame, time and sender of the first segment of a group."""
        return self._frames[at], self._times[at], self._from_first[at]

    def payloads(self, at: int) -> list[Payload]:
        """The payloads of a group."""
        return self._payloads[self._payload_bounds[at] : self._payload_bounds[at + 1]]

    def controls(self, at: int) -> Iterator[tuple[Control, bytes]]:
        """The SYN and FIN segments of a group, with their options."""
        for number in range(self._control_bounds[at], self._control_bounds[at + 1]):
            start, stop = self._options[number]
            yield self._controls[number], bytes(self.buffer[start:stop])


def _ended(rows: state.Rows) -> npt.NDArray[np.bool_]:
    """Tell the connections of which both FINs were acknowledged."""
    fins = rows[:, state.FIN_SEEN] & rows[:, state.FIN_SEEN + 1] > 0
    for d in (0, 1):
        fins &= rows[:, state.ACKED + d] > rows[:, state.OFFSET + d]
    ended: npt.NDArray[np.bool_] = fins
    return ended


def careful_rows(batch: SegmentBatch, groups: Groups, clean: Integers, clock: Integers) -> dict[int, list[Row]]:
    """Convert the segments that are not clean, by the number of their group."""
    numbers = np.flatnonzero(clean < groups.sizes)
    if not len(numbers):
        return {}
    outside = np.flatnonzero(np.arange(len(groups.order)) >= np.repeat(groups.starts + clean, groups.sizes))
    at = groups.order[outside]
    columns: list[npt.NDArray[Any]] = [groups.from_first[outside], at, clock[at]]
    columns += [getattr(batch, name)[at] for name in Row._fields[3:]]
    rows = [Row(*r) for r in zip(*(c.tolist() for c in columns), strict=True)]
    counts = (groups.sizes - clean)[numbers]
    stops = np.cumsum(counts)
    return {
        number: rows[start:stop]
        for number, start, stop in zip(numbers.tolist(), (stops - counts).tolist(), stops.tolist(), strict=True)
    }


def segment(row: Row, batch: SegmentBatch, *, client_first: bool) -> Segment:
    """Give a row the direction that it has in its connection, and its bytes."""
    payload = batch.buffer[row.start : row.start + row.captured]
    return Segment(
        Direction(row.from_first != client_first),
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


def select(batch: SegmentBatch, where: slice | npt.NDArray[np.bool_]) -> SegmentBatch:
    """Take some segments of a batch; the buffer stays."""
    if not isinstance(where, slice) and bool(where.all()):
        return batch
    names = [f.name for f in fields(batch) if f.name != "buffer"]
    return replace(batch, **{name: getattr(batch, name)[where] for name in names})
