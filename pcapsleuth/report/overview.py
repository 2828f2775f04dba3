"""The sessions as a table: when, who, what became of them, what was changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import orjson

from pcapsleuth.detect.finding import Place
from pcapsleuth.report.columns import fit, left, right, width
from pcapsleuth.report.escape import harmless
from pcapsleuth.report.judging import judged
from pcapsleuth.report.kinds import short
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report, SessionKey
from pcapsleuth.report.words import count, endpoint, moment

ROWS = 40
"""Sessions that are shown unless all are asked for."""

MOST = (11, 19, 21, 15, 9)
"""The most cells of each column; what was changed has the rest of the line."""

SERVER = 3
"""The column that says nothing where all sessions have one server."""

DAY = 86_400_000_000_000

Row = list[str]


def overview(report: Report, look: Look) -> Iterator[str]:
    """The table, or its first rows and how many there are more."""
    found = list(entries(report))
    if not found:
        return
    shown = found if look.all else found[:ROWS]
    said = noted(report, {place for place, _ in shown})
    dated = _dated(report)
    rows = (
        _row(place, orjson.loads(report.sessions.json(key)), said[place], look, dated=dated) for place, key in shown
    )
    # The columns are as wide as the first rows need, so that a long table need not be held.
    first = list(islice(rows, ROWS))
    servers = {row[SERVER] for row in first}
    alone = len(servers) == 1 and len(shown) <= ROWS
    last = "changes" if report.mode == "compare" else "marks"
    first.insert(0, ["#", f"start ({look.zone_name})", "client", "server", "outcome", last])
    widths = _widths(first, alone=alone)
    yield ""
    yield f"Sessions{'' if dated else _day(report, look)}{f' with {servers.pop()}' if alone else ''}"
    yield from (_line(row, widths, look) for row in chain(first, rows))
    if len(shown) < len(found):
        yield f"  and {count(len(found) - len(shown), 'session')} more; --all shows every one"


def _widths(rows: list[Row], *, alone: bool) -> dict[int, int]:
    """The cells of each column that is shown: `alone` leaves out the server that all have in common."""
    columns = [k for k in range(len(MOST)) if k != SERVER or not alone]
    return {k: min(MOST[k], max(width(row[k]) for row in rows)) for k in columns}


def entries(report: Report) -> Iterator[tuple[Place, SessionKey]]:
    """What is judged, and behind it the sessions that found no partner."""
    paired: set[SessionKey] = set()
    for place, key in judged(report):
        paired |= {("outside", place[0] or 0), ("inside", place[1] or 0)} if report.mode == "compare" else {key}
        yield place, key
    for side, index in report.sessions:
        if (side, index) not in paired:
            yield (index, None, None) if side == "outside" else (None, index, None), (side, index)


def noted(report: Report, places: set[Place]) -> dict[Place, list[str]]:
    """In short what the findings say of each of these sessions."""
    said: dict[Place, list[str]] = defaultdict(list)
    for brief in report.findings.briefs():
        if brief.matters and brief.place in places:
            word = short(brief.name)
            if word not in said[brief.place]:
                said[brief.place].append(word)
    return said


def _dated(report: Report) -> bool:
    """Whether the captures are long enough that a time needs its day."""
    times = [time for one in report.captures for time in (one.first, one.last) if time is not None]
    return bool(times) and max(times) - min(times) >= DAY


def _day(report: Report, look: Look) -> str:
    """The day of the first frame."""
    times = [one.first for one in report.captures if one.first is not None]
    return f" of {moment(min(times), look.zone, date=True).partition(' ')[0]}" if times else ""


def _row(place: Place, session: dict[str, Any], noted: list[str], look: Look, *, dated: bool) -> Row:
    """The cells of one session."""
    outside, inside, single = place
    if single is not None:
        number = f"{single}"
    else:
        number = f"{'-' if outside is None else outside}/{'-' if inside is None else inside}"
        number = f"{outside}" if outside == inside else number
    time = moment(session["start"], look.zone, date=dated)
    client, server = session["client"], session["server"]
    alone = single is None and None in (outside, inside)
    said = ["no partner"] if alone and not noted else noted
    return [number, time, endpoint(**client), server["address"], session["outcome"], _words(said, look.width)]


def _words(words: list[str], cells: int) -> str:
    """All the words, to be cut where the line ends."""
    return ", ".join(harmless(word) for word in words[:cells])


def _line(row: Row, widths: dict[int, int], look: Look) -> str:
    """A row in its columns; the words that do not fit become a number."""
    cells = [left(row[k], cells) if k else right(row[k], cells) for k, cells in widths.items()]
    start = f"  {'  '.join(cells)}  "
    room = max(look.width - len(start), 8)
    words = row[5].split(", ")
    text = row[5]
    keep = len(words)
    while width(text) > room and keep > 1:
        keep -= 1
        text = f"{', '.join(words[:keep])} +{len(words) - keep}"
    return (start + fit(text, room)).rstrip()
