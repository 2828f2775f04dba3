"""What two sequences have in common, in order, as much of it as there is: in time that their length hardly tells.

A row of the table of lengths differs from the row above in few places, so that a whole row fits in one integer, a bit
for each column: 0 where the common subsequence grows (Hyyrö, Bit-Parallel LCS-length Computation Revisited, 2004).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

WINDOW = 4_096
"""Items of either side that are looked at together: with more of them time and memory would grow by the square."""


def in_common(one: Sequence[Hashable], other: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Yield the places of what is equal and in order on both sides; of several the earliest."""
    at = to = 0
    while at < len(one) and to < len(other):
        last = len(one) - at <= WINDOW and len(other) - to <= WINDOW
        begin = at, to
        for i, j in _longest(one[at : at + WINDOW], other[to : to + WINDOW]):
            # What is near the end of a window may find another partner behind it.
            if not last and max(i, j) >= WINDOW // 2:
                break
            at, to = begin[0] + i + 1, begin[1] + j + 1
            yield at - 1, to - 1
        if last:
            return
        if (at, to) == begin:
            step = WINDOW // 2
            at, to = (at + step, to) if len(one) - at > len(other) - to else (at, to + step)


def _longest(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence."""
    places: dict[Hashable, int] = {}
    for j, item in enumerate(other):
        places[item] = places.get(item, 0) | 1 << j
    every = (1 << len(other)) - 1
    rows, row = [every], every
    for item in one:
        met = row & places.get(item, 0)
        row = ((row + met) | (row - met)) & every
        rows.append(row)
    return _read(rows, len(one), len(other))


def _read(rows: Sequence[int], i: int, j: int) -> list[tuple[int, int]]:
    """Read the places off the rows of the table, from its end."""
    found: list[tuple[int, int]] = []
    while i and j:
        column = j - 1
        if rows[i] >> column & 1:
            j -= 1
        elif rows[i - 1] >> column & 1:
            i, j = i - 1, j - 1
            found.append((i, j))
        else:
            i -= 1
    return found[::-1]
