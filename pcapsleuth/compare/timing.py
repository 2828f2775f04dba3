"""What time says of candidate pairs: how far apart they are, and what that is worth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.agreement import agreement
from pcapsleuth.compare.candidates import Edges
from pcapsleuth.compare.columns import Side, Times, Truth
from pcapsleuth.compare.pair import Clock

MILLISECOND = 1_000_000
UNKNOWN = np.iinfo(np.int64).max
"""A gap in time where no time can be compared."""
IMMEDIATE = 3
"""Pairs that a clock must rest on before it is called independent of any one of them."""
FAR = 32
"""How many times the clock's tolerance is no longer the same time."""
TOO_LATE = -90
"""What being far too far apart is worth."""
RELAY_LATE = -20
"""The same, where a relay may have kept the message."""


def time_gap(first: Side, second: Side, edges: Edges, clock: Clock | None) -> Times:
    """The smallest distance between moments that both sides should have seen at once."""
    one, other = edges
    if clock is None:
        return np.full(len(one), UNKNOWN, np.int64)
    gap = _distance(first, second, edges, "start", clock)
    for name in ("syn_time", "synack_time"):
        both = (first.times[name][one] >= 0) & (second.times[name][other] >= 0)
        gap = np.where(both, np.minimum(gap, _distance(first, second, edges, name, clock)), gap)
    # The clock rests on the middle of the handshakes: those of a proxy's two connections may take unlike times.
    here, there = _middle(first)[one], _middle(second)[other]
    between = np.abs(there - clock.all_to_inside(here))
    gap = np.where((here >= 0) & (there >= 0), np.minimum(gap, between), gap)
    # A capture that starts late or ends early leaves another end of the session to compare.
    partial = (first.times["syn_time"][one] < 0) | (second.times["syn_time"][other] < 0)
    gap = np.where(partial, np.minimum(gap, _distance(first, second, edges, "end", clock)), gap)
    same, _ = agreement(first, second, edges, "envelope")
    both = same & (first.times["envelope_time"][one] >= 0) & (second.times["envelope_time"][other] >= 0)
    return np.where(both, np.minimum(gap, _distance(first, second, edges, "envelope_time", clock)), gap)


def _middle(side: Side) -> Times:
    """The moment between SYN and SYN-ACK of each session; -1 where one of them was not captured."""
    syn, answer = side.times["syn_time"], side.times["synack_time"]
    return np.where((syn >= 0) & (answer >= 0), syn + (answer - syn) // 2, -1)


def _distance(first: Side, second: Side, edges: Edges, name: str, clock: Clock) -> Times:
    moved = clock.all_to_inside(first.times[name][edges.first])
    distance: Times = np.abs(second.times[name][edges.second] - moved)
    return distance


def tolerance(clock: Clock) -> int:
    """The distance in time below which two sessions are as good as simultaneous."""
    least = MILLISECOND if clock.pairs >= IMMEDIATE else 100 * MILLISECOND
    return max(clock.error, least)


def time_worth(gap: Times, clock: Clock | None) -> npt.NDArray[np.int64]:
    """20 within the clock's tolerance, nothing at some 40 times that, then ever more against the pair."""
    if clock is None:
        return np.zeros(len(gap), np.int64)
    # The number of bits is exact: frexp of an integer below 2^53.
    level = np.frexp((gap // tolerance(clock)).clip(0, 1 << 40).astype(np.float64))[1].astype(np.int64)
    worth: npt.NDArray[np.int64] = np.maximum(20 - 2 * level - 10 * np.maximum(level - 5, 0), TOO_LATE)
    return worth


def relayed(first: Side, second: Side, edges: Edges, gap: Times, clock: Clock | None) -> tuple[Truth, Truth]:
    """Where a late message may have come through a relay, and where it may be a retry."""
    one, other = edges
    here, there = first.accepted[one], second.accepted[other]
    if clock is None:
        return np.ones(len(one), np.bool_), here != there
    first_earlier = clock.all_to_inside(first.times["start"][one]) <= second.times["start"][other]
    passed_on = np.where(first_earlier, here, there)
    far = gap > FAR * tolerance(clock)
    doubtful = (far & ~passed_on) | (here != there) if clock.pairs < IMMEDIATE else far & ~passed_on
    return passed_on, doubtful


def once(first: Side, second: Side, edges: Edges, gap: Times, clock: Clock | None) -> Truth:
    """Where the message cannot have been another try's: it was accepted, or the time is the same by others' clock."""
    accepted: Truth = first.accepted[edges.first] & second.accepted[edges.second]
    if clock is None or clock.pairs < IMMEDIATE:
        return accepted
    return accepted | (gap <= FAR * tolerance(clock))
