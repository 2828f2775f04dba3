"""The charts of a report: what each of them shows, gathered from the report; drawing is left to `charts`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from pcapsleuth.detect.finding import Effect
from pcapsleuth.report.changes import changes
from pcapsleuth.report.escape import harmless, visible
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report, SessionKey
from pcapsleuth.report.page import talk
from pcapsleuth.report.strip import number
from pcapsleuth.report.verdict import Place, judged

if TYPE_CHECKING:
    from pcapsleuth.report.charts import Chart, Try

CODE = 4
"""What stands before the text of a line of a reply: code and blank or hyphen."""


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
        """A session as arrows between client, device and server."""
        from pcapsleuth.report.charts import ladder

        place = self._place(session)
        found = talk(self._report, Look(), place)
        outbound = found.outside.startswith("outside (server")
        title = f"#{number(place)} {found.session.client} to {found.session.server}: {found.session.outcome}"
        return ladder(found.lines, title, client_outside=not outbound)


def offered_and_shown(report: Report) -> Counter[tuple[str, str]]:
    """How often a keyword line was offered as one thing and shown as another; empty: not offered, not shown."""
    passed = Counter[tuple[str, str]]()
    for result in report.pairs:
        server = (
            ("outside", result.pair.outside) if result.pair.direction == "outbound" else ("inside", result.pair.inside)
        )
        offered = Counter(harmless(line) for line in orjson.loads(report.sessions.json(server))["capabilities"])
        for one in result.differences:
            if one.element == "ehlo-line":
                sent = visible(one.ingress.text)[CODE:] if one.ingress else ""
                shown = visible(one.egress.text)[CODE:] if one.egress else ""
                # Of several EHLO replies the last one counts, as in `capabilities` of the session.
                if sent and not offered[sent]:
                    continue
                offered[sent] -= bool(sent)
                passed[_keyword(sent), _keyword(shown)] += 1
        for line, times in offered.items():
            if times > 0:
                passed[_keyword(line), _keyword(line)] += times
    return passed


def _keyword(line: str) -> str:
    """The keyword; its parameters would make every server's SIZE a line of its own."""
    return line.partition(" ")[0]


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
