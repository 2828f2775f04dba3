"""What a verdict does not rest on, beside what the counts say: partners that are missing, frames that were lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC

from pcapsleuth.compare.pair import Pairing, Unpaired
from pcapsleuth.report.model import Capture, Report
from pcapsleuth.report.selection import Selection
from pcapsleuth.report.words import count, moment, numbers

REASONS = 3
"""Reasons for missing partners that are told for each side."""


OTHER_PORT = "other-port"
"""The reason for which a frame of TCP is left out that has no port of SMTP."""


def remarks(report: Report, pairing: Pairing | None = None) -> tuple[str, ...]:
    """The limits of a report, a sentence each, the gravest first."""
    found = []
    if report.interrupted:
        found.append("Reading was interrupted: this is judged on what was read until then.")
    if pairing is not None:
        if pairing.swapped:
            found.append(f"The two sides seem to have been named the wrong way round: {pairing.swapped_why}.")
        # What a finding says of a session without a partner (a blocked connection) says why it has none.
        said = {(brief.outside, brief.inside) for brief in report.findings.briefs() if brief.matters}
        found += _alone("outside", (one for one in pairing.unpaired_outside if (one.index, None) not in said))
        found += _alone("inside", (one for one in pairing.unpaired_inside if (None, one.index) not in said))
    for capture in report.captures:
        where = "" if capture.side == "single" else f" {capture.side}"
        if capture.dropped:
            found.append(f"The capturing machine{where} lost {count(capture.dropped, 'frame')}: gaps are its own.")
        other = capture.skipped.get(OTHER_PORT, 0)
        if other and not capture.sessions:
            help_ = "if one of them takes mail (587, 465, 2525), name it with --port"
            found.append(f"{count(other, 'frame')}{where} went to other ports: {help_}.")
    return tuple(found)


def one_capture(captures: Sequence[Capture]) -> bool:
    """Tell whether the same capture was given for both sides: nothing can differ then."""
    marks = {(one.frames, one.bytes, one.first, one.last) for one in captures}
    return len(captures) > 1 and len(marks) == 1 and bool(captures[0].frames)


def nothing_there(points: tuple[str, str], captures: Sequence[Capture]) -> tuple[str, ...]:
    """Say which selector of an observation point found no session."""
    return tuple(
        f"No session is left for `{selector}`: the {one.side} of the device is not in this file, or the other selector "
        "takes it as well."
        for selector, one in zip(points, captures, strict=True)
        if not one.sessions
    )


def _alone(side: str, unpaired: Iterable[Unpaired]) -> list[str]:
    """Which sessions of a side have no partner, and why."""
    groups: dict[str, list[int]] = defaultdict(list)
    for one in unpaired:
        groups[one.reason].append(one.index)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    told = [f"No partner for {side} {numbers(indices, 6)}: {reason}." for reason, indices in ordered[:REASONS]]
    rest = sum(len(indices) for _, indices in ordered[REASONS:])
    return [*told, f"No partner for {rest:,} more {side}."] if rest else told


def nothing_chosen(selection: Selection, captures: Sequence[Capture]) -> str:
    """Say that no session was asked for, and whether the captures cover the time asked for."""
    times = [time for one in captures for time in (one.first, one.last) if time is not None]
    if not times:
        return "No session matches: the captures hold no frames. Check the files."
    first, last = min(times), max(times)
    total = sum(one.sessions for one in captures)
    start = f"None of {count(total, 'session')} matches"
    span = f"{moment(first, UTC, date=True)} to {moment(last, UTC, date=True)} UTC"
    if selection.since is not None and selection.since > last:
        return f"{start}: the captures end before the time asked for (they cover {span}). Ask for an earlier time."
    if selection.until is not None and selection.until < first:
        return f"{start}: the captures begin after the time asked for (they cover {span}). Ask for a later time."
    asked = " and the time asked for lies within" if selection.since or selection.until else ""
    return f"{start}; the captures cover {span}{asked}. Ask for less, or look at what there is with `inspect`."
