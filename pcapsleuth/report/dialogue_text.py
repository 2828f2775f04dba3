"""One dialogue to read: as one capture shows it, or side by side as both do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.icmp import said
from pcapsleuth.report.columns import chunks, fit, left, paragraph, right, width
from pcapsleuth.report.couples import Couple, couples, matched
from pcapsleuth.report.look import Look
from pcapsleuth.report.units import Unit, units
from pcapsleuth.report.wireshark import frame_text
from pcapsleuth.report.words import duration, endpoint, moment, since
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.outcome import outcome

TIME = 9
"""Cells of the column of times."""

MOST_LINES = 6
"""Lines that a changed line is broken into before it is cut."""


def one_side(dialogue: Dialogue, look: Look, files: int = 1) -> Iterator[str]:
    """A dialogue as one capture shows it."""
    yield from _head(dialogue, look)
    yield from _icmp(dialogue, look, files)
    yield ""
    yield from spoken(dialogue, look, files)


def spoken(dialogue: Dialogue, look: Look, files: int = 1) -> Iterator[str]:
    """What was said, with times and frames."""
    found = units(dialogue)
    frames = [frame_text(unit.frame, files) for unit in found]
    edge = max((len(frame) for frame in frames), default=0)
    room = look.width - TIME - 2 - 2 - edge
    for unit, frame in zip(found, frames, strict=True):
        margins = [(since(unit.time, dialogue.connection.start), frame)]
        for line in unit.lines:
            for number, part in enumerate(chunks(line, room, MOST_LINES)):
                time, where = margins.pop() if margins else ("", "")
                who = " " if number else unit.who
                yield f"{left(time, TIME)}{who} {left(part, room)}  {right(where, edge)}".rstrip()


def both_sides(comparison: Comparison, look: Look, files: tuple[int, int] = (1, 1)) -> Iterator[str]:
    """A dialogue as both captures show it: `=` what passed as it was, `≠` what did not."""
    pairs = list(couples(comparison))
    frames = [_frames(couple, files) for couple in pairs]
    edge = max((len(frame) for frame in frames), default=0)
    room = (look.width - TIME - edge - 2 - 5) // 2
    yield from _head(comparison.client.dialogue, look)
    for view, number in zip((comparison.outside, comparison.inside), files, strict=True):
        yield from _icmp(view.dialogue, look, number, f"{view.side}: ")
    yield ""
    ends = ("client side", "server side") if comparison.direction != "outbound" else ("server side", "client side")
    yield f"{' ' * TIME}{left(f'{ends[0]} (outside)', room + 5)}{ends[1]} (inside)"
    for couple, frame in zip(pairs, frames, strict=True):
        clock = couple[0] or couple[1]
        view = comparison.outside if couple[0] is not None else comparison.inside
        margins = [(since(clock.time, view.dialogue.connection.start) if clock else "", frame)]
        for one, mark, other in _lines(couple, room):
            time, where = margins.pop() if margins else ("", "")
            row = f"{left(time, TIME)}{left(one, room)}  {mark}  {left(other, room)}"
            yield f"{row}  {right(where, edge)}".rstrip()


def _head(dialogue: Dialogue, look: Look) -> Iterator[str]:
    """Who talked to whom, when, and what came of it."""
    connection = dialogue.connection
    start = moment(connection.start, look.zone, date=True, fraction=3)
    client, server = (endpoint(one.address, one.port) for one in (connection.client, connection.server))
    yield f"Session {connection.index}: {client} to {server}"
    yield f"{start} {look.zone_name}, {duration(connection.end - connection.start)}, {outcome(dialogue)}"


def _icmp(dialogue: Dialogue, look: Look, files: int, where: str = "") -> Iterator[str]:
    """What was said by ICMP about segments of the connection."""
    for error in dialogue.connection.errors:
        time = since(error.time, dialogue.connection.start)
        text = f"{where}{time} {said(error)}, frame {frame_text(error.frame, files)}"
        yield from paragraph(text, look.width, "  ", "")


def _frames(couple: Couple, files: tuple[int, int]) -> str:
    """The frames of both sides."""
    return "/".join("-" if unit is None else frame_text(unit.frame, n) for unit, n in zip(couple, files, strict=True))


def _lines(couple: Couple, room: int) -> Iterator[tuple[str, str, str]]:
    """The lines of a couple side by side; what differs is shown whole, what does not is cut."""
    one, other = couple
    same = one is not None and other is not None and one.said == other.said
    for first, second in matched(one.lines if one else (), other.lines if other else ()):
        mark = "=" if first == second and (same or len(one.lines if one else ()) > 1) else "≠"
        cells = [_cell(unit, line, room, whole=mark == "≠") for unit, line in ((one, first), (other, second))]
        for number, (mine, theirs) in enumerate(zip_longest(*cells, fillvalue="")):
            yield mine, " " if number else mark, theirs


def _cell(unit: Unit | None, line: str | None, room: int, *, whole: bool) -> list[str]:
    """A line of one side, broken where all of it matters."""
    if unit is None or line is None:
        return [""]
    parts = chunks(line, room - 2, MOST_LINES) if whole and width(line) > room - 2 else [fit(line, room - 2)]
    return [f"{unit.who} {parts[0]}", *(f"  {part}" for part in parts[1:])]
