"""Where the records of a block begin: found by many cursors at once, or one record after the other.

A record says how long it is, so its successor is known only once it has been read: a chain, and a loop in Python.
Faster: guess record boundaries at regular distances ("lanes"), and let all cursors step together. A guess is never
trusted. The first lane begins at a true boundary; when each lane ends exactly where the next one begins, all of them
are true; otherwise the block is walked plainly.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.records import unaligned

LANE_BYTES = 48 << 10
"""The distance of the lanes. More lanes mean fewer steps but more guesses: both cost about the same here."""

FEWEST_LANES = 16
"""Below this, the plain walk is as fast."""

_STEPS_PER_CHECK = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """How the records of a format are chained."""

    order: str
    """`<` or `>`: the byte order of the length."""
    length_at: int
    """Offset of the 32-bit length in the record."""
    overhead: int
    """Bytes of the record that the length does not count."""
    head: int
    """Bytes to have before the length can be trusted."""
    least: int
    most: int
    """The bounds of a believable length."""
    multiple: int = 1
    """What the length is a multiple of."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Consecutive records."""

    positions: npt.NDArray[np.int64]
    """Where the complete ones begin."""
    stop: int
    """Where the first incomplete (or damaged) one begins."""
    damaged: bool
    """The record at `stop` has an impossible length."""


Guess = Callable[[int, int], int]
"""Find a likely record boundary between two offsets; -1 if there is none."""


def walk(block: bytearray, begin: int, end: int, layout: Layout, guess: Guess) -> Walk:
    """Find the complete records of `block[begin:end]`, whose first one begins at `begin`."""
    lanes = _walk_lanes(block, begin, end, layout, guess)
    if lanes is None:
        return _walk_plainly(block, begin, end, layout)
    # The last record of the lanes may be incomplete: the plain walk decides.
    tail = _walk_plainly(block, int(lanes[-1]), end, layout)
    return Walk(np.concatenate((lanes[:-1], tail.positions)), tail.stop, tail.damaged)


def _walk_plainly(block: bytearray, begin: int, end: int, layout: Layout) -> Walk:
    read_length = Struct(layout.order + "I").unpack_from
    length_at, overhead = layout.length_at, layout.overhead
    least, most, multiple = layout.least, layout.most, layout.multiple
    last = end - layout.head
    positions = array("q")
    position = begin
    damaged = False
    while position <= last:
        (length,) = read_length(block, position + length_at)
        if not least <= length <= most or length % multiple:
            damaged = True
            break
        following = position + overhead + length
        if following > end:
            break
        positions.append(position)
        position = following
    return Walk(np.array(positions, np.int64), position, damaged)


def _walk_lanes(block: bytearray, begin: int, end: int, layout: Layout, guess: Guess) -> npt.NDArray[np.int64] | None:
    """Find the records, the last one complete or not; None where the guesses were not good enough."""
    if end - begin < FEWEST_LANES * LANE_BYTES:
        return None
    starts = _lane_starts(begin, end, guess)
    if len(starts) < FEWEST_LANES:
        return None
    cursor = np.array(starts, np.int64)
    goals = np.append(cursor[1:], end)
    rows = _step(block, cursor, goals, end, layout)
    if rows is None:
        return None
    table = np.array(rows)
    mine = table < goals
    if not np.array_equal(table[mine.sum(axis=0), np.arange(len(starts))], goals):
        return None
    positions = table.T[mine.T]
    lengths = np.diff(positions) - layout.overhead
    if lengths.max() > layout.most or lengths.min() < layout.least or (lengths % layout.multiple).any():
        return None
    return positions


def _lane_starts(begin: int, end: int, guess: Guess) -> list[int]:
    starts = [begin]
    target = begin + LANE_BYTES
    while target < end:
        start = guess(target, min(target + LANE_BYTES, end))
        if start > 0:
            starts.append(start)
        target += LANE_BYTES
    return starts


def _step(
    block: bytearray, cursor: npt.NDArray[np.int64], goals: npt.NDArray[np.int64], end: int, layout: Layout
) -> list[npt.NDArray[np.int64]] | None:
    """Step all cursors until each has reached its goal; a cursor goes on behind it, which does no harm."""
    lengths = unaligned(block, layout.order + "u4")[layout.length_at :]
    shortest = layout.overhead + max(layout.least, 1)
    bound = int((goals - cursor).max()) // shortest + _STEPS_PER_CHECK
    rows = [cursor]
    while len(rows) <= bound:
        for _ in range(_STEPS_PER_CHECK):
            cursor = cursor + lengths[cursor]
            cursor += layout.overhead
            np.minimum(cursor, end, out=cursor)
            rows.append(cursor)
        if (cursor >= goals).all():
            return rows
    return None
