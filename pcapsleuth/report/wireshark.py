"""Where to look in Wireshark: frames as it numbers them, and display filters."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from pcapsleuth.detect.finding import Evidence, Finding
from pcapsleuth.report.escape import harmless
from pcapsleuth.report.model import Report
from pcapsleuth.tcp.segments import frame_file, frame_number


def frame_text(frame: int, files: int) -> str:
    """A frame by its number, with its file where there are several."""
    return f"{frame_file(frame) + 1}:{frame_number(frame)}" if files > 1 else f"{frame_number(frame)}"


def display_filter(report: Report, finding: Finding, one: Evidence) -> str:
    """What shows a finding's evidence: its session, if that is in the report, from its frame on."""
    after = f"frame.number >= {frame_number(one.frame)}"
    index = finding.session_on(one.side)
    if index is None:
        return after
    client = orjson.loads(report.sessions.json((one.side, index)))["client"]
    family = "ipv6" if ":" in client["address"] else "ip"
    # The client's port names a session nearly always.
    return f"{family}.addr == {client['address']} && tcp.port == {client['port']} && {after}"


def first_look(report: Report, position: int) -> Iterator[tuple[str, str]]:
    """The file and the display filter for a finding, for the end of a text."""
    finding = report.findings[position]
    for one in finding.evidence:
        capture = next((capture for capture in report.captures if capture.side == one.side), None)
        if finding.session_on(one.side) is None or capture is None or frame_file(one.frame) >= len(capture.files):
            continue
        yield "Wireshark", f"{harmless(capture.files[frame_file(one.frame)])}: {display_filter(report, finding, one)}"
        return
