"""The findings as a table for a spreadsheet: one row each, with the session that it is said of.

A cell that a spreadsheet would take for a formula begins with an apostrophe, for a peer chooses what it says.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC
from functools import lru_cache
from io import StringIO
from typing import Any

import orjson

from pcapsleuth.detect.finding import Finding
from pcapsleuth.report.escape import harmless, visible
from pcapsleuth.report.model import Report
from pcapsleuth.report.words import endpoint, moment
from pcapsleuth.tcp.segments import frame_number

COLUMNS = (
    "label", "subject", "severity", "effect", "confidence", "where", "outside", "inside", "session", "start", "client",
    "server", "outcome", "outside_frame", "inside_frame", "frame", "came_in", "went_out", "summary", "doubts",
)  # fmt: skip

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with."""


def table(report: Report) -> Iterator[str]:
    """The lines of the table, each with its end (RFC 4180)."""

    @lru_cache(64)
    def facts(side: str, index: int) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(report.sessions.json((side, index)))
        return found

    yield _line(COLUMNS)
    for finding in report.findings:
        places = ((side, finding.session_on(side)) for side in ("outside", "single", "inside"))
        session = next((facts(side, index) for side, index in places if index is not None), {})
        yield _line(_row(finding, session))


def _row(finding: Finding, session: dict[str, Any]) -> tuple[object, ...]:
    """The cells of a finding."""
    frames = {one.side: frame_number(one.frame) for one in reversed(finding.evidence)}
    start = moment(session["start"], UTC, date=True, fraction=6) if session else ""
    ends = [endpoint(**session[end]) if session else "" for end in ("client", "server")]
    return (
        finding.label,
        finding.subject,
        finding.severity.value,
        finding.effect.value,
        finding.confidence.value,
        finding.where.value,
        finding.outside,
        finding.inside,
        finding.session,
        start,
        *ends,
        session.get("outcome"),
        frames.get("outside"),
        frames.get("inside"),
        frames.get("single"),
        None if finding.ingress is None else visible(finding.ingress),
        None if finding.egress is None else visible(finding.egress),
        finding.summary,
        "; ".join(finding.doubts),
    )


def _line(cells: tuple[object, ...]) -> str:
    """One line, quoted where it must be."""
    out = StringIO()
    csv.writer(out).writerow([_cell(one) for one in cells])
    return out.getvalue()


def _cell(value: object) -> object:
    """Text that no spreadsheet works out."""
    if value is None or isinstance(value, int):
        return value
    text = harmless(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text
