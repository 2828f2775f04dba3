"""The heat strip: sessions by labels, so that the eye sees at once what is in all of them and what in some."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from pcapsleuth.detect.finding import Effect, Place, Severity, Where
from pcapsleuth.report.escape import harmless
from pcapsleuth.report.model import Brief, Report, SessionKey
from pcapsleuth.smtp.outcome import FAILED

ROWS = 200
"""Sessions that are shown."""

COLUMNS = 24
"""Labels that are shown."""

HEAT = {
    3: "caused mail to fail",
    2: "could have made mail fail",
    1: "was changed",
}
"""What the heat of a cell means; 0: nothing was said of that session."""


class Row(NamedTuple):
    """A session."""

    number: str
    anchor: str
    outcome: str
    failed: bool
    cells: tuple[int, ...]


class Strip(NamedTuple):
    """The strip; without columns there is nothing to show."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    more_rows: int
    more_columns: int


def number(place: Place) -> str:
    """A session as the text names it: `5`, `5/7` where the sides count differently, `5/-` without a partner."""
    outside, inside, single = place
    if single is not None:
        return f"{single}"
    if outside == inside:
        return f"{outside}"
    return "/".join("-" if index is None else f"{index}" for index in (outside, inside))


def anchor(place: Place) -> str:
    """The name of a session within the page."""
    return "s" + "-".join("x" if index is None else f"{index}" for index in place)


def strip(report: Report, entries: list[tuple[Place, SessionKey]]) -> Strip:
    """Put the strip together: the most frequent labels first, the sessions in their order."""
    heats: dict[Place, dict[str, int]] = defaultdict(dict)
    often = Counter[str]()
    for brief in report.findings.briefs():
        if not counts(report, brief):
            continue
        said = heats[brief.place]
        often[brief.name] += brief.name not in said
        said[brief.name] = max(said.get(brief.name, 0), _heat(brief))
    names = [name for name, _ in sorted(often.items(), key=lambda one: (-one[1], one[0]))]
    shown = names[:COLUMNS]
    rows = []
    for place, key in entries[:ROWS]:
        outcome = report.sessions.facts(key).outcome
        cells = tuple(heats[place].get(name, 0) if place in heats else 0 for name in shown)
        rows.append(Row(number(place), anchor(place), outcome, outcome in FAILED, cells))
    columns = tuple(harmless(name) for name in shown)
    return Strip(columns, tuple(rows), max(len(entries) - ROWS, 0), max(len(names) - COLUMNS, 0))


def counts(report: Report, brief: Brief) -> bool:
    """Whether a finding is part of the verdict: of weight, and in a comparison made between the two points."""
    return brief.severity is not Severity.INFO and (report.mode != "compare" or brief.where is Where.BETWEEN)


def _heat(brief: Brief) -> int:
    """How bad it was for that session."""
    return {Effect.CAUSED: 3, Effect.COULD_HAVE_CAUSED: 2}.get(brief.effect, 1)
