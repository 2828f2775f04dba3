"""The charts of a report: what each of them shows, gathered from the report; drawing is left to `charts`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from pcapsleuth.compare.keyword import OK, KeywordLine, match_lines
from pcapsleuth.detect.finding import Effect, Place
from pcapsleuth.report.changes import changes
from pcapsleuth.report.escape import harmless, unescape, visible
from pcapsleuth.report.judging import judged
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report, SessionKey
from pcapsleuth.report.page import talk
from pcapsleuth.report.strip import number

if TYPE_CHECKING:
    from pcapsleuth.report.charts import Chart, Try

PAIRS = 20_000
"""Pairs whose keyword lists are counted: a matrix does not change its looks after that."""


class Plots:
    """Makes the charts; each is a matplotlib figure."""

    def __init__(self, report: Report, place: Callable[[int | str], Place]) -> None:
        """`place` finds a session by its number."""
        self._report = report
        self._place = place

    def labels(self) -> Chart:
        """In how many sessions each label was said."""
        from pcapsleuth.report.charts import Bar, labels

        caused: dict[str, set[Place]] = defaultdict(set)
        for brief in self._report.findings.briefs():
            if brief.effect is Effect.CAUSED:
                caused[brief.name].add(brief.place)
        found = changes(self._report.findings.briefs())
        bars = [Bar(harmless(one.name), one.severity.value, len(one.sessions), len(caused[one.name])) for one in found]
        bars.sort(key=lambda bar: (bar.severity == "info", -bar.sessions, bar.name))
        return labels(bars, sum(1 for _ in judged(self._report)))

    def capabilities(self) -> Chart:
        """What the server offered against what the client was shown."""
        from pcapsleuth.report.charts import capabilities

        ways = Counter(pair.direction == "outbound" for pair in self._report.pairs.matches())
        ends = ("outside", "inside") if ways[True] > ways[False] else ("inside", "outside")
        if ways[True] and ways[False]:
            ends = "at the server's end", "at the client's"
        return capabilities(offered_and_shown(self._report), ends)

    def duplicates(self) -> Chart:
        """Every try of the messages that came more than once."""
        from pcapsleuth.report.charts import duplicates

        return duplicates(repeated(self._report))

    def ladder(self, session: int | str) -> Chart:
        """A session as arrows between client, device and server; of one that one side alone shows from end to end."""
        from pcapsleuth.report.charts import ladder

        place = self._place(session)
        found = talk(self._report, Look(), place)
        outbound = found.outside.startswith("outside (server")
        title = f"#{number(place)} {found.session.client} to {found.session.server}: {found.session.outcome}"
        return ladder(found.lines, title, client_outside=not outbound, two=bool(found.inside))


def offered_and_shown(report: Report) -> Counter[tuple[str, str]]:
    """How often a keyword was offered as one thing and shown as another; empty: not offered, not shown."""
    passed = Counter[tuple[str, str]]()
    for pair in islice(report.pairs.matches(), PAIRS):
        outside, inside = (_capabilities(report, side, getattr(pair, side)) for side in ("outside", "inside"))
        sent, shown = (outside, inside) if pair.direction == "outbound" else (inside, outside)
        sent = [*sent, KeywordLine(len(sent), OK)] if sent else sent
        # Only where both got a list does the lack of a line say something. A bare OK that ends the list is no
        # capability, but may have been masked like one.
        for match in match_lines(sent, shown) if sent and shown else ():
            same = match.how in ("same", "changed")
            passed[_keyword(match.sent), _keyword(match.sent if same else match.shown)] += 1
    return passed


def _capabilities(report: Report, side: str, index: int) -> list[KeywordLine]:
    """The keyword lines of one side."""
    lines = orjson.loads(report.sessions.json((side, index)))["capabilities"]
    return [KeywordLine(place, unescape(line)) for place, line in enumerate(lines)]


def _keyword(line: KeywordLine | None) -> str:
    """The keyword; its parameters would make every server's SIZE a line of its own."""
    return visible(line.keyword) if line else ""


def repeated(report: Report) -> list[Try]:
    """The sessions that carried a message which came more than once, by message and time."""
    from pcapsleuth.report.charts import Try

    groups: dict[int, int] = {}
    views: dict[int, SessionKey] = {}
    for finding in report.findings:
        if finding.label != "duplicate-message":
            continue
        index = next(one for one in (finding.outside, finding.session, finding.inside) if one is not None)
        first = min((groups.get(one, one) for one in finding.related), default=index)
        for one in (*finding.related, index):
            groups[one] = first
            views[one] = _view(report, finding.outside, finding.session, one)
    found = []
    for index, first in groups.items():
        session: dict[str, Any] = orjson.loads(report.sessions.json(views[index]))
        known: dict[str, Any] = orjson.loads(report.sessions.json(views[first]))
        name = next((mail["message_id"] for mail in known["transactions"] if mail["message_id"]), f"first in #{first}")
        found.append(Try(harmless(name), session["start"], index, session["outcome"]))
    return sorted(found, key=lambda one: (one.message, one.time))


def _view(report: Report, outside: int | None, session: int | None, index: int) -> SessionKey:
    """The side on which a session is counted."""
    if session is not None or report.mode != "compare":
        return "single", index
    return ("outside" if outside is not None else "inside"), index
