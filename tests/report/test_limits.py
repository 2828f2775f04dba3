"""What a verdict does not rest on."""

from __future__ import annotations

from dataclasses import replace

from pcapsleuth.report.limits import remarks
from pcapsleuth.report.model import Report


def test_where_no_session_is_found_the_frames_of_other_ports_are_pointed_at(report: Report) -> None:
    outside = report.captures[0]
    assert outside.skipped["other-port"] == 20

    empty = replace(report, captures=(replace(outside, sessions=0), *report.captures[1:]))
    assert remarks(empty) == (
        "20 frames outside went to other ports: if one of them takes mail (587, 465, 2525), name it with --port.",
    )
    assert remarks(report) == ()
    assert remarks(replace(report, captures=(replace(outside, sessions=0, skipped={"not-ip": 3}),))) == ()
