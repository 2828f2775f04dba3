"""Whether bytes that one side does not show were really not there: the judge of every absence.

A capture may have lost them, begun late, ended early, or seen one direction only. TCP itself is the witness: what
the receiver acknowledges was received, whatever the capture shows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.view import View, opposite
from pcapsleuth.tcp.segments import TO_SERVER, Direction

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


class Shown(NamedTuple):
    """What the other capture shows of the bytes that one lacks."""

    view: View
    time: int
    """When they passed there, by its own clock."""
    received: bool
    """They came out: it is the capture on the receiver's side."""
    delay: int = 0
    """ns by which they may pass the other capture later than its clock seems to say."""


def absence(
    view: View, direction: Direction, after: int, before: int | None, shown: Shown, clock: Clock | None
) -> Absence:
    """Judge whether a stream of `view` lacks something between two of its offsets that the other capture shows.

    `after` is the end of the last unit before the place, `before` the start of the next unit behind it (None if
    there is none).
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
    time = to_side(shown.time, shown.view.side, view.side, clock) if clock else FOREVER
    if before is None and _receiver_gone(view, direction, shown, time):
        return Absence.UNKNOWN
    if before is not None or _closed_right_behind(view, direction):
        return Absence.PROVEN
    # Silence at the end of a stream is a single witness, and one frame that the capture lost makes it.
    latest = time + shown.delay
    covered = view.bounds.first <= time and latest <= view.bounds.last
    return Absence(covered and _noticed(view, direction, shown, latest))


def _noticed(view: View, direction: Direction, shown: Shown, time: int) -> bool:
    """Tell whether anything else shows that bytes had not come by then: TCP forgets none (RFC 9293 section 3.8).

    The connection goes on without them, their sender repeats them, or somebody acknowledges them in the place of the
    receiver.
    """
    if max(view.stream(way).last_time for way in (direction, opposite(direction))) > time:
        return True
    if shown.received:
        return False
    there = shown.view.stream(direction)
    if any(one.time >= shown.time for one in there.retransmissions):
        return True
    if there.acked < there.length:
        return False
    # Devices answer in the server's name, hardly ever in the client's: commands that this capture lacks as well bear
    # the client's own acknowledgments, and it lost both.
    return direction == TO_SERVER or view.stream(TO_SERVER).length >= shown.view.stream(TO_SERVER).length


def _receiver_gone(view: View, direction: Direction, shown: Shown, time: int) -> bool:
    """Tell whether the receiver had closed or reset by then: it acknowledges nothing any more.

    Its own capture tells it; where that shows no close, the sender's. What was received is there by the same clock.
    """
    captures = ((shown.view, shown.time), (view, time))
    for capture, moment in captures if shown.received else reversed(captures):
        if ends := capture.stream(opposite(direction)).ends:
            return min(ends) < moment
    return False


def _closed_right_behind(view: View, direction: Direction) -> bool:
    """Tell whether a FIN stands directly behind the last byte: nothing can have been between."""
    stream = view.stream(direction)
    return stream.fin is not None and stream.fin.offset == stream.length
