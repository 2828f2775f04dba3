"""The columns of a batch as Python values, converted at once, for the part of the work that is done one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from pcapsleuth.tcp import options, state
from pcapsleuth.tcp.clean import Integers, Judgment, Truths
from pcapsleuth.tcp.connection import Payload
from pcapsleuth.tcp.flow import Control
from pcapsleuth.tcp.grouping import Groups
from pcapsleuth.tcp.half import Segment
from pcapsleuth.tcp.history import digest
from pcapsleuth.tcp.memory import Records
from pcapsleuth.tcp.segments import FIN, SYN, Direction, SegmentBatch

STRETCH = 256
"""Payloads that are converted at once: they are still near the processor when they are read, and so is their memory
when it is used again."""


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

    def __init__(self, batch: SegmentBatch, groups: Groups, verdict: Judgment, position: int) -> None:
        """Convert the columns of a batch at a position of the capture."""
        first = groups.order[groups.starts]
        self.rows = verdict.rows
        self.counts: list[int] = verdict.clean.tolist()
        self.ended: list[bool] = _ended(verdict.rows).tolist()
        self.first: list[int] = first.tolist()
        """The place of each group's first segment in the batch; `begin` has its frame, time and sender."""
        begin = (batch.frame[first], batch.time[first], groups.from_first[groups.starts])
        self.begin: list[tuple[int, int, bool]] = list(zip(*(c.tolist() for c in begin), strict=True))
        length, flags = batch.length[groups.order], batch.flags[groups.order]
        worth = np.flatnonzero(verdict.inside & ((length > 0) | (flags & (SYN | FIN) != 0)))
        at = groups.order[worth]
        self.records = _records(batch, verdict, worth, at, position)
        self.records_of = _bounds(worth, groups)
        paid = self.records.length > 0
        self._payloads = _payloads(batch, self.records, paid, at)
        self._payload_counts = np.diff(_bounds(worth[paid], groups)).tolist()
        cut = self.records.captured < self.records.length
        self.cut: set[int] = set(groups.group[worth[cut]].tolist())
        """The groups of which the capture cut a payload."""
        special = self.records.flags & (SYN | FIN) != 0
        self._controls: Iterator[Control] = zip(*_controls(batch, self.records, special, at), strict=True)
        self._control_counts = np.diff(_bounds(worth[special], groups)).tolist()

    def payloads(self, group: int) -> Iterator[Payload]:
        """The payloads of the next group: they must be taken group by group, all of them."""
        return islice(self._payloads, self._payload_counts[group])

    def controls(self, group: int) -> Iterator[Control]:
        """The SYN and FIN segments of the next group, likewise."""
        return islice(self._controls, self._control_counts[group])


def _bounds(places: Integers, groups: Groups) -> list[int]:
    """Where the places of each group begin, and where the last ones end."""
    return [*np.searchsorted(places, groups.starts).tolist(), len(places)]


def _records(batch: SegmentBatch, verdict: Judgment, worth: Integers, at: Integers, position: int) -> Records:
    """Gather what is remembered of the segments that are worth it."""
    return Records(
        position,
        verdict.to_client[worth],
        batch.flags[at],
        batch.seq[at],
        batch.ack[at],
        verdict.offset[worth],
        batch.length[at],
        batch.captured[at],
        np.zeros(len(at), np.int64),
        batch.ip_id[at],
        batch.time[at],
    )


def _payloads(batch: SegmentBatch, records: Records, paid: Truths, at: Integers) -> Iterator[Payload]:
    """Convert the columns of payloads, a stretch at a time."""
    captured, start = records.captured[paid], batch.start[at[paid]]
    first = int(start.min(initial=len(batch.buffer)))
    # To slice a copy of all between takes half the time that it takes to slice the view and copy the slices.
    data = bytes(batch.buffer[first : int((start + captured).max(initial=first))])
    begin, missing = start - first, records.length[paid] - captured
    columns = (records.to_client[paid], records.offset[paid], begin, begin + captured, missing, batch.frame[at[paid]])
    all_: list[npt.NDArray[Any]] = [*columns, records.time[paid], np.flatnonzero(paid)]
    stretches = (slice(place, place + STRETCH) for place in range(0, len(captured), STRETCH))
    return chain.from_iterable(_stretch(data, records, [c[some] for c in all_]) for some in stretches)


def _stretch(data: bytes, records: Records, columns: list[npt.NDArray[Any]]) -> Iterator[Payload]:
    """Copy some payloads and digest them for the records."""
    *values, places = columns
    to_client, offset, begin, end, missing, frame, time = (c.tolist() for c in values)
    texts = [data[a:z] for a, z in zip(begin, end, strict=True)]
    records.digest[places] = np.fromiter(map(xxh3_64_intdigest, texts), np.uint64, len(texts)) >> np.uint64(1)
    return zip(to_client, offset, texts, missing, frame, time, strict=True)


def _controls(batch: SegmentBatch, records: Records, special: Truths, at: Integers) -> list[list[Any]]:
    """Convert the columns of SYN and FIN segments."""
    start, size = batch.options_start[at], batch.options_length[at]
    behind = records.offset + records.length
    columns = (records.to_client, records.flags, records.seq, behind, start, size, batch.frame[at], batch.time[at])
    return [c[special].tolist() for c in columns]


def _ended(rows: state.Rows) -> Truths:
    """Tell the connections of which both FINs were acknowledged."""
    fins = rows[:, state.FIN_SEEN] & rows[:, state.FIN_SEEN + 1] > 0
    for d in (0, 1):
        fins &= rows[:, state.ACKED + d] > rows[:, state.OFFSET + d]
    ended: Truths = fins
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
        options.copied(batch.buffer, row.options_start, row.options_length),
        row.ip_id,
        row.frame,
        row.time,
    )


def select(batch: SegmentBatch, where: slice | Truths) -> SegmentBatch:
    """Take some segments of a batch; the buffer stays."""
    if not isinstance(where, slice) and bool(where.all()):
        return batch
    names = [f.name for f in fields(batch) if f.name not in ("buffer", "errors")]
    return replace(batch, **{name: getattr(batch, name)[where] for name in names})
