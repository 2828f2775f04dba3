"""The clock offset where no session is named by anything: identical sessions, told apart by when they come.

The offset at which many sessions of a short stretch of one side fall on sessions of the other side is the clocks'.
From there the offset is followed in both directions, so that drift does not smear it.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.candidates import Block, joins
from pcapsleuth.compare.clock import densest, median
from pcapsleuth.compare.columns import Side

Numbers = npt.NDArray[np.int64]

STRETCH, LONG_STRETCH = 32, 256
"""Sessions that vote together: more of them in a burst."""
BALLOTS = 3_000_000
"""Votes of a long stretch at most: where there are many to vote for, it is shorter."""
BURST = 5_000_000_000
"""How long the long stretch may last, ns, so that drift does not spread its votes."""
STRETCHES = 8
WIDTHS = (200_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
"""How exactly their votes must agree, ns: jitter decides which serves best."""
FOLLOWED = 5
"""The latest offsets whose median predicts the next."""
NARROWEST, WIDEST = 2_000_000, 1_000_000_000
"""How far from the prediction a session may start, ns: between these an eighth of the usual pause between sessions, so
that chance alone lets no more than a quarter of them pass."""
MOST = 20_000
"""Sessions that are followed at most, from either side."""


def voted(first: Side, second: Side) -> tuple[Numbers, Numbers, bool]:
    """Points (first side's time, difference) of sessions that fall on one another, and whether most of them do."""
    block = _largest(first, second)
    here, there = first.times["start"][block.first], second.times["start"][block.second]
    most = max(STRETCH, min(LONG_STRETCH, BALLOTS // len(there)))
    stretches = [_stretch(here, start, most) for start in _starts(len(here))]
    _, _, place, offset = max(
        (_elected(here[start:end], there, start) for start, end in stretches),
        key=lambda vote: (vote[0], -abs(vote[3]), -vote[2]),
    )
    reach = max(NARROWEST, min(_pause(here) // 8, _pause(there) // 8, WIDEST))
    followed = _followed(here.tolist(), there.tolist(), (place, offset), reach)
    times, differences = np.array([p[0] for p in followed], np.int64), np.array([p[1] for p in followed], np.int64)
    return times, differences, 5 * len(followed) >= 2 * min(len(here), len(there), MOST)


def _pause(times: Numbers) -> int:
    """The usual time from one start to the next."""
    return median(np.diff(times)) if len(times) > 1 else WIDEST


def _largest(first: Side, second: Side) -> Block:
    """The largest block of sessions of equal content; all sessions, where no content repeats."""
    best = Block(np.arange(len(first), dtype=np.intp), np.arange(len(second), dtype=np.intp))
    size = 2
    for name, join in joins(first, second):
        if name in {"commands", "replies", "envelope", "ehlo"}:
            for block in join.large():
                smaller = min(len(block.first), len(block.second))
                if smaller > size:
                    best, size = block, smaller
    return best


def _starts(size: int) -> list[int]:
    """Where the stretches begin: spread over the block."""
    room = max(size - STRETCH, 0)
    return sorted({room * number // (STRETCHES - 1) for number in range(STRETCHES)})


def _stretch(here: Numbers, start: int, most: int) -> tuple[int, int]:
    """From where to where a stretch goes."""
    longest = here[start : start + most]
    burst = int(np.searchsorted(longest, longest[0] + BURST))
    return start, start + max(burst, min(STRETCH, len(longest)))


def _elected(here: Numbers, there: Numbers, start: int) -> tuple[int, int, int, int]:
    """By how many of a stretch's votes an offset leads, its votes, where the stretch begins, and the offset."""
    differences = (there[None, :] - here[:, None]).ravel()
    differences.sort()
    ones = np.ones(len(differences), np.int64)
    best = (-1, 0, start, 0)
    for width in WIDTHS:
        edge, votes = densest(differences, ones, width)
        inside = (differences >= edge) & (differences <= edge + width)
        outside = (differences < edge - width) | (differences > edge + 2 * width)
        second = densest(differences[outside], ones, width)[1] if outside.any() else votes
        # A session has one partner: what is beyond one vote each says nothing.
        votes, second = min(votes, len(here)), min(second, len(here))
        if votes - second > best[0]:
            best = (votes - second, votes, start, median(differences[inside]))
    return best


def _followed(here: list[int], there: list[int], begin: tuple[int, int], reach: int) -> list[tuple[int, int]]:
    """Nearest sessions, walking away from the stretch while the offset drifts."""
    place, offset = begin
    later = range(place, min(len(here), place + MOST))
    earlier = range(place - 1, max(-1, place - MOST), -1)
    return _walk(here, there, later, offset, reach) + _walk(here, there, earlier, offset, reach)


def _walk(here: list[int], there: list[int], places: range, offset: int, reach: int) -> list[tuple[int, int]]:
    points: list[tuple[int, int]] = []
    recent: list[int] = []
    for place in places:
        expected = here[place] + offset
        at = bisect_left(there, expected)
        near = min((there[i] for i in (at - 1, at) if 0 <= i < len(there)), key=lambda time: abs(time - expected))
        if abs(near - expected) <= reach:
            points.append((here[place], near - here[place]))
            recent = [*recent[1 - FOLLOWED :], near - here[place]]
            offset = sorted(recent)[(len(recent) - 1) // 2]
    return points
