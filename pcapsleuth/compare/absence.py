"""Whether bytes that one side does not show were really not there: the judge of every absence.

A capture may have lost them, begun late, ended early, or seen one direction only. TCP itself is the witness: what
the receiver acknowledges was received, whatever the capture shows.
"""

from __future__ import annotations

from enum import IntEnum

from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.view import View, opposite
from pcapsleuth.tcp.segments import Direction

FOREVER = 1 << 62


class Absence(IntEnum):
    """How sure it is that bytes were not there."""

    UNKNOWN = 0
    """The capture cannot tell: no finding may rest on it."""
    LIKELY = 1
    PROVEN = 2


def to_side(time: int, origin: str, target: str, clock: Clock | None) -> int:
    """Convert a time of one capture's clock to the other's, ns."""
    if origin == target or clock is None:
        return time
    return clock.to_inside(time) if target == "inside" else clock.to_outside(time)


def absence(view: View, direction: Direction, after: int, before: int | None, time: int) -> Absence:
    """Judge whether a stream of `view` lacks something between two of its offsets.

    `after` is the end of the last unit before the place, `before` the start of the next unit behind it (None if
    there is none), `time` the moment by this capture's clock when the bytes should have passed.
    """
    stream = view.stream(direction)
    if (
        not stream.segments
        or not view.stream(opposite(direction)).segments
        or view.hole(direction, after, FOREVER if before is None else before)
    ):
        return Absence.UNKNOWN
    if after == 0 and stream.syn is None:
        return Absence.UNKNOWN
    if _receiver_gone(view, direction, time) and before is None:
        return Absence.UNKNOWN
    if before is not None or _closed_right_behind(view, direction):
        return Absence.PROVEN
    # Silence at the end of a stream is a single witness.
    return Absence.LIKELY if view.bounds.first <= time <= view.bounds.last else Absence.UNKNOWN


def _receiver_gone(view: View, direction: Direction, time: int) -> bool:
    """Tell whether the receiver had closed or reset by then: it acknowledges nothing any more."""
    receiver = view.stream(opposite(direction))
    return any(mark is not None and mark.time < time for mark in (receiver.fin, receiver.rst))


def _closed_right_behind(view: View, direction: Direction) -> bool:
    """Tell whether a FIN stands directly behind the last byte: nothing can have been between."""
    stream = view.stream(direction)
    return stream.fin is not None and stream.fin.offset == stream.length
