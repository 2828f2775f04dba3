"""What was read and what was not, so that nobody mistakes an empty answer for a clean one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from pcapsleuth.report.escape import harmless
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Capture, Report
from pcapsleuth.report.words import count, duration, moment

NAMED = 3
"""Files of an observation point that are named."""


def account(report: Report, look: Look) -> Iterator[tuple[str, str]]:
    """Sentences with their word in the margin: what was read, how it was paired, how the clocks differ."""
    for number, capture in enumerate(report.captures):
        yield ("" if number else "Read"), read(capture, look)
    if report.mode == "compare":
        yield "Pairs", _pairs(report)
        yield "Clock", _clock(report)


def subject(report: Report, look: Look) -> str:
    """What a report is of, in a line: the captures by name, and from when to when."""
    # The talk of a probe has no file, but words in brackets.
    read_ = [one.files for one in report.captures if one.files and not one.files[0].startswith("(")]
    names = " and ".join(_named(PurePath(files[0]).name) + _more(len(files) - 1, " (and {})") for files in read_)
    times = [time for one in report.captures for time in (one.first, one.last) if time is not None]
    if not times:
        return names
    return f"{names}{', ' if names else ''}{_span(min(times), max(times), look)}"


def read(capture: Capture, look: Look) -> str:
    """The account of one observation point in one sentence."""
    names = ", ".join(map(_named, capture.files[:NAMED]))
    more = _more(len(capture.files) - NAMED, " and {}")
    side = "" if capture.side == "single" else f"{capture.side}: "
    if not capture.files:
        return f"{side}nothing was read"
    text = f"{side}{names}{more}: {count(capture.frames, 'frame')} = {capture.used:,} used"
    text += "".join(f" + {number:,} {reason.replace('-', ' ')}" for reason, number in _ordered(capture.skipped))
    text += f"; {count(capture.sessions, 'session')}"
    if capture.first is not None and capture.last is not None:
        text += f" from {_span(capture.first, capture.last, look)}"
    if capture.dropped:
        text += f"; the capturing machine lost {count(capture.dropped, 'frame')}"
    return text + "".join(f"; {number:,} {note.replace('-', ' ')}" for note, number in _ordered(capture.notes))


def _span(first: int, last: int, look: Look) -> str:
    """From when to when; the end has its day where it is another."""
    begin, end = (moment(time, look.zone, date=True) for time in (first, last))
    return f"{begin} to {end.removeprefix(begin.partition(' ')[0] + ' ')} {look.zone_name}"


def _more(number: int, how: str) -> str:
    """The files that are not named, if there are any."""
    return how.format(count(number, "more file")) if number > 0 else ""


def _named(file: str) -> str:
    """A file as people call it."""
    return "standard input" if file == "-" else harmless(file)


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first; those that did not occur are left out."""
    return sorted(((name, number) for name, number in counts.items() if number), key=lambda one: (-one[1], one[0]))


def _pairs(report: Report) -> str:
    """How many sessions found their other half, and how surely."""
    sure = sum(pair.certain for pair in report.pairs.matches())
    total = len(report.pairs)
    all_ = "certain" if total == 1 else "all certain"
    certain = all_ if sure == total else f"{sure:,} certain"
    coverage = report.verdict.coverage
    alone = coverage.get("unpaired_outside", 0), coverage.get("unpaired_inside", 0)
    text = f"{count(total, 'pair')}{f', {certain}' if total else ''}"
    return text + (f"; without a partner {alone[0]:,} outside, {alone[1]:,} inside" if any(alone) else "")


def _clock(report: Report) -> str:
    """How the clocks of the two captures differ."""
    clock = report.clock
    if clock is None:
        return "nothing to compare the two clocks by"
    way = "ahead of" if clock.offset >= 0 else "behind"
    drift = f", drift {clock.drift_ppb / 1000:.1f} ppm" if clock.drift_ppb else ""
    return f"inside {duration(clock.offset)} {way} outside{drift}, from {count(clock.pairs, 'pair')}"
