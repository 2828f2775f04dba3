"""The fast path's judgment: which segments of a batch are exactly the next ones of their connections.

A connection is clean as long as every segment carries the next sequence number of its direction, acknowledges
nothing that was not seen, and is a SYN or a FIN only where one is due. That is decided for all connections of a batch
at once. What comes after the first segment that is not so is left to the careful path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp import state
from pcapsleuth.tcp.grouping import Groups
from pcapsleuth.tcp.segments import ACK, FIN, RST, SYN, URG, SegmentBatch

Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

_JUDGED = SYN | ACK | RST | URG
_MASK = (1 << 32) - 1
_HALF = 1 << 31
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the fast path takes of each group: its first `clean` segments."""

    clean: Integers
    rows: state.Rows
    """The state of each group's connection after them."""
    inside: Truths
    """Which segments these are, in the order of the groups."""
    to_client: Truths
    offset: Integers
    """Direction and stream offset of each segment, true of clean ones only."""


@dataclass(slots=True)
class _Columns:
    """The segments of a batch in the order of their groups; pairs are by direction."""

    seq: Integers
    ack: Integers
    flags: npt.NDArray[np.uint16]
    mine: tuple[Truths, Truths]
    fin: Truths
    used: Integers
    """Sequence numbers that a segment occupies (RFC 9293 section 3.4)."""
    clock: Integers
    before: tuple[Integers, Integers]
    """Sequence numbers that earlier segments of the group occupy."""


def judge(batch: SegmentBatch, groups: Groups, known: state.Rows, clock: Integers, linger: int) -> Judgment:
    """Judge the groups of a batch; `known` has the state of each one's connection."""
    columns = _sort(batch, groups, known, clock)
    first = known[:, state.STAGE] == state.NEW
    answered = (known[:, state.STAGE] <= state.SYN_SENT) & (groups.sizes > first)
    expect = known[:, state.EXPECT : state.EXPECT + 2].copy()
    expect[first, 0] = columns.seq[groups.starts[first]]
    expect[answered, 1] = columns.seq[(groups.starts + first)[answered]]
    bad = _is_unexpected(columns, groups, expect, first, answered)
    bad |= _is_behind_fin(columns, groups, known)
    bad |= _is_after_pause(columns, groups, known, first, linger)
    bad[groups.starts] |= known[:, state.STAGE] == state.CAREFUL
    places = np.arange(len(bad))
    ends = groups.starts + groups.sizes
    stops = np.minimum(np.minimum.reduceat(np.where(bad, places, _NEVER), groups.starts), ends)
    inside = places < np.repeat(stops, groups.sizes)
    rows = _advance(columns, groups, known, expect, inside)
    _stamp(rows, batch, groups, columns, inside, stops)
    base = [np.repeat(known[:, state.OFFSET + d], groups.sizes) + columns.before[d] for d in (0, 1)]
    return Judgment(stops - groups.starts, rows, inside, columns.mine[1], np.where(columns.mine[1], base[1], base[0]))


def _sort(batch: SegmentBatch, groups: Groups, known: state.Rows, clock: Integers) -> _Columns:
    """Put the columns in the order of the groups and tell the directions."""
    order = groups.order
    flags = batch.flags[order]
    fin = flags & FIN != 0
    length = batch.length[order]
    used = length.astype(np.int64) + fin + (flags & SYN != 0)
    client_first = np.where(
        known[:, state.STAGE] == state.NEW, groups.from_first[groups.starts], known[:, state.CLIENT_FIRST]
    )
    to_client = groups.from_first != np.repeat(client_first, groups.sizes)
    mine = (~to_client, to_client)
    before = (_before(used * mine[0], groups), _before(used * mine[1], groups))
    seq, ack = batch.seq[order].astype(np.int64), batch.ack[order].astype(np.int64)
    return _Columns(seq, ack, flags, mine, fin, used, clock[order], before)


def _before(values: Integers, groups: Groups) -> Integers:
    """Sum the values of the earlier segments of a group."""
    sums: Integers = np.cumsum(values) - values
    return sums - np.repeat(sums[groups.starts], groups.sizes)


def _is_unexpected(columns: _Columns, groups: Groups, expect: Integers, first: Truths, answered: Truths) -> Truths:
    """Tell the segments whose flags, sequence or acknowledgment number are not the next ones.

    A new connection (`first`) must begin with a SYN, one that is `answered` go on with a SYN-ACK.
    """
    due = [np.repeat(expect[:, d], groups.sizes) + columns.before[d] for d in (0, 1)]
    to_client = columns.mine[1]
    ahead = (columns.ack - np.where(to_client, due[0], due[1]) + _HALF & _MASK) - _HALF
    wanted = np.full(len(to_client), ACK, np.uint16)
    wanted[groups.starts[first]] = SYN
    answers = (groups.starts + first)[answered]
    wanted[answers] = SYN | ACK
    bad: Truths = columns.flags & _JUDGED != wanted
    bad |= columns.seq - np.where(to_client, due[1], due[0]) & _MASK != 0
    bad |= (ahead > 0) & (wanted != SYN)
    bad |= (columns.used != 1) & (wanted != ACK)
    bad[answers] |= (ahead[answers] != 0) | ~to_client[answers]
    return bad


def _is_behind_fin(columns: _Columns, groups: Groups, known: state.Rows) -> Truths:
    """Tell the segments that occupy sequence numbers although their direction ended."""
    behind: Truths = np.zeros(len(columns.fin), np.bool_)
    for d in (0, 1):
        ended = _before((columns.fin & columns.mine[d]).astype(np.int64), groups)
        ended += np.repeat(known[:, state.FIN_SEEN + d], groups.sizes)
        behind |= columns.mine[d] & (ended > 0)
    return behind & (columns.used > 0)


def _is_after_pause(columns: _Columns, groups: Groups, known: state.Rows, first: Truths, linger: int) -> Truths:
    """Tell the segments that come so late that their connection may have ended before."""
    earlier = np.empty_like(columns.clock)
    earlier[1:] = columns.clock[:-1]
    earlier[groups.starts] = np.where(first, columns.clock[groups.starts], known[:, state.CLOCK])
    return columns.clock - earlier > linger


def _advance(columns: _Columns, groups: Groups, known: state.Rows, expect: Integers, inside: Truths) -> state.Rows:
    """Move the state of each group's connection behind its clean segments."""
    rows = known.copy()
    used = columns.used * inside
    for d in (0, 1):
        mine, other = columns.mine[d] & inside, columns.mine[1 - d] & inside
        total = np.add.reduceat(used * columns.mine[d], groups.starts)
        fins = np.add.reduceat((mine & columns.fin).astype(np.int64), groups.starts)
        rows[:, state.EXPECT + d] = expect[:, d] + total & _MASK
        rows[:, state.OFFSET + d] += total - fins
        rows[:, state.FIN_SEEN + d] += fins
        rows[:, state.SEGMENTS + d] += np.add.reduceat(mine.astype(np.int64), groups.starts)
        due = np.repeat(rows[:, state.EXPECT + d], groups.sizes)
        ahead = (columns.ack - due + _HALF & _MASK) - _HALF
        ahead = np.where(other & (columns.flags & ACK != 0), ahead, -_NEVER // 2)
        reached = np.maximum.reduceat(ahead, groups.starts) + rows[:, state.OFFSET + d] + rows[:, state.FIN_SEEN + d]
        rows[:, state.ACKED + d] = np.maximum(rows[:, state.ACKED + d], reached)
    seen = rows[:, state.OFFSET + 1] >= 0
    rows[:, state.STAGE] = np.where(seen, state.OPEN, state.SYN_SENT)
    return rows


def _stamp(
    rows: state.Rows, batch: SegmentBatch, groups: Groups, columns: _Columns, inside: Truths, stops: Integers
) -> None:
    """Note when the last clean segments came; rows of groups without any are of no use."""
    last = groups.order[np.maximum(stops - 1, 0)]
    rows[:, state.END] = batch.time[last]
    rows[:, state.FRAME] = batch.frame[last]
    rows[:, state.CLOCK] = columns.clock[np.maximum(stops - 1, 0)]
    rows[:, state.POSITION] = last
    rows[:, state.CLIENT_FIRST] = groups.from_first[groups.starts] == columns.mine[0][groups.starts]
    places = np.arange(len(inside))
    for d in (0, 1):
        at = np.maximum.reduceat(np.where(columns.mine[d] & inside, places, -1), groups.starts)
        times = batch.time[groups.order[np.maximum(at, 0)]]
        rows[:, state.TIME + d] = np.where(at >= 0, times, rows[:, state.TIME + d])
