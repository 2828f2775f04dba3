"""One dialogue to read: as one capture shows it, or side by side as both do."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.report.columns import chunks, fit, left, right, width
from pcapsleuth.report.look import Look
from pcapsleuth.report.units import Unit, frame_text, units
from pcapsleuth.report.words import SECOND, duration, moment
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.views import outcome
from pcapsleuth.tcp.connection import Endpoint
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

TIME = 9
"""Cells of the column of times."""

MOST_LINES = 6
"""Lines that a changed line is broken into before it is cut."""

Couple = tuple[Unit | None, Unit | None]
"""A unit as the outside and as the inside shows it."""


def one_side(dialogue: Dialogue, look: Look, files: int = 1) -> Iterator[str]:
    """A dialogue as one capture shows it."""
    yield from _head(dialogue, look)
    yield ""
    found = units(dialogue)
    frames = [frame_text(unit.frame, files) for unit in found]
    edge = max((len(frame) for frame in frames), default=0)
    room = look.width - TIME - 2 - 2 - edge
    for unit, frame in zip(found, frames, strict=True):
        margins = [(_since(unit.time, dialogue.connection.start), frame)]
        for line in unit.lines:
            for number, part in enumerate(chunks(line, room, MOST_LINES)):
                time, where = margins.pop() if margins else ("", "")
                who = " " if number else unit.who
                yield f"{left(time, TIME)}{who} {left(part, room)}  {right(where, edge)}".rstrip()


def both_sides(comparison: Comparison, look: Look, files: tuple[int, int] = (1, 1)) -> Iterator[str]:
    """A dialogue as both captures show it: `=` what passed as it was, `≠` what did not."""
    couples = list(_couples(comparison))
    frames = [_frames(couple, files) for couple in couples]
    edge = max((len(frame) for frame in frames), default=0)
    room = (look.width - TIME - edge - 2 - 5) // 2
    yield from _head(comparison.client.dialogue, look)
    yield ""
    ends = ("client side", "server side") if comparison.direction != "outbound" else ("server side", "client side")
    yield f"{' ' * TIME}{left(f'{ends[0]} (outside)', room + 5)}{ends[1]} (inside)"
    for couple, frame in zip(couples, frames, strict=True):
        clock = couple[0] or couple[1]
        view = comparison.outside if couple[0] is not None else comparison.inside
        margins = [(_since(clock.time, view.dialogue.connection.start) if clock else "", frame)]
        for one, mark, other in _lines(couple, room):
            time, where = margins.pop() if margins else ("", "")
            row = f"{left(time, TIME)}{left(one, room)}  {mark}  {left(other, room)}"
            yield f"{row}  {right(where, edge)}".rstrip()


def _head(dialogue: Dialogue, look: Look) -> Iterator[str]:
    """Who talked to whom, when, and what came of it."""
    connection = dialogue.connection
    start = moment(connection.start, look.zone, date=True, fraction=3)
    yield f"Session {connection.index}: {_endpoint(connection.client)} to {_endpoint(connection.server)}"
    yield f"{start} {look.zone_name}, {duration(connection.end - connection.start)}, {outcome(dialogue)}"


def _endpoint(one: Endpoint) -> str:
    """An address with its port."""
    return f"[{one.address}]:{one.port}" if ":" in one.address else f"{one.address}:{one.port}"


def _since(time: int, start: int) -> str:
    """Seconds since the session began."""
    since = time - start
    sign = "+" if since >= 0 else "-"
    return f"{sign}{abs(since) // SECOND}.{abs(since) % SECOND // 1_000_000:03d}"


def _couples(comparison: Comparison) -> Iterator[Couple]:
    """The units of both sides, those that are one together, in the order of the outside."""
    outside, inside = units(comparison.outside.dialogue), units(comparison.inside.dialogue)
    partners = _partners(comparison)
    taken = set(partners.values())
    done = 0
    for index, unit in enumerate(outside):
        partner = partners.get(index)
        if partner is None:
            yield unit, None
            continue
        yield from ((None, inside[k]) for k in range(done, partner) if k not in taken)
        done = max(done, partner)
        yield unit, inside[partner]
    yield from ((None, inside[k]) for k in range(done, len(inside)) if k not in taken)


def _partners(comparison: Comparison) -> dict[int, int]:
    """For each row of the outside its row of the inside."""
    partners = {}
    for direction in (TO_SERVER, TO_CLIENT):
        ingress, egress = comparison.ingress(direction), comparison.egress(direction)
        for match in comparison.matches(direction):
            if match.ingress is not None and match.egress is not None:
                rows = ingress.units(direction)[match.ingress].at, egress.units(direction)[match.egress].at
                outside, inside = rows if ingress is comparison.outside else rows[::-1]
                partners[outside] = inside
    return partners


def _frames(couple: Couple, files: tuple[int, int]) -> str:
    """The frames of both sides."""
    return "/".join("-" if unit is None else frame_text(unit.frame, n) for unit, n in zip(couple, files, strict=True))


def _lines(couple: Couple, room: int) -> Iterator[tuple[str, str, str]]:
    """The lines of a couple side by side; what differs is shown whole, what does not is cut."""
    one, other = couple
    same = one is not None and other is not None and one.said == other.said
    for first, second in _matched(one.lines if one else (), other.lines if other else ()):
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


def _matched(one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[tuple[str | None, str | None]]:
    """Lines of two replies that belong together: by their place, or by what is equal where their number differs."""
    if len(one) == len(other):
        yield from zip(one, other, strict=True)
        return
    for _, start, stop, from_, to in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        yield from zip_longest(one[start:stop], other[from_:to])
