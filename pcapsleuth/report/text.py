"""The report for a terminal: the answer first, then what it rests on, eighty columns wide.

Whoever is in a hurry reads two sentences; every further section is there for those who doubt the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pcapsleuth.detect.finding import Evidence, Finding
from pcapsleuth.report.account import account
from pcapsleuth.report.changes import Change, changes, split
from pcapsleuth.report.columns import fit, left, paragraph, right, width
from pcapsleuth.report.escape import harmless, visible
from pcapsleuth.report.failures import failures
from pcapsleuth.report.gist import gist
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report, Status
from pcapsleuth.report.named import device
from pcapsleuth.report.overview import overview
from pcapsleuth.report.signs import symptoms, tests
from pcapsleuth.report.wireshark import first_look, frame_text
from pcapsleuth.report.words import numbers, sentence

WORDS = {Status.CLEAN: "CLEAN", Status.CHANGED: "CHANGED", Status.CANNOT_TELL: "CANNOT TELL"}
_COLOURS = {Status.CLEAN: "32", Status.CHANGED: "31", Status.CANNOT_TELL: "33"}

GROUPS = 12
"""Groups of failures that are shown."""

RIGHT = 40
"""Cells of the list of changes to the right of the names."""

MARGIN = " " * 11
"""Before the text behind a word in the margin."""


def text(report: Report, look: Look) -> Iterator[str]:
    """The lines of the report."""
    found = changes(report.findings.briefs())
    loud, quiet = split(found, report.mode)
    yield from _verdict(report, look)
    yield from _chiefly(gist(report, loud), look)
    yield from _doubts(report, look)
    yield from device(report, look, MARGIN)
    yield from _changes(report, (loud, quiet), look)
    yield from _failures(report, look)
    yield from overview(report, look)
    yield ""
    for word, remark in chain(symptoms(report), tests(report)):
        yield from paragraph(harmless(remark), look.width, MARGIN, f"{word:11}")
    for word, remark in chain(account(report, look), first_look(report, found[0].position) if found else ()):
        yield from paragraph(remark, look.width, MARGIN, f"{word:11}")


def _verdict(report: Report, look: Look) -> Iterator[str]:
    """The answer: each of its sentences begins a line."""
    word = WORDS[report.verdict.status]
    first, second = (harmless(one) for one in report.verdict.sentences)
    lines = paragraph(f"{word}: {first[:1].lower()}{first[1:]}", look.width)
    if look.colour:
        lines[0] = lines[0].replace(word, f"\x1b[1;{_COLOURS[report.verdict.status]}m{word}\x1b[0m", 1)
    yield from lines
    yield from paragraph(second, look.width)


def _chiefly(sentence_: str, look: Look) -> Iterator[str]:
    """What was changed, in a sentence."""
    if sentence_:
        yield ""
        yield from paragraph(sentence_, look.width, MARGIN, f"{'Chiefly':11}")


def _changes(report: Report, found: tuple[list[Change], list[Change]], look: Look) -> Iterator[str]:
    """What was changed, then what else was noted, each with one example."""
    comparing = report.mode == "compare"
    title = "What was changed" if comparing else "What looks changed"
    frames = "outside / inside frame" if comparing else "frame"
    for head, group in zip((title, "Also seen"), found, strict=True):
        if group:
            yield ""
            yield from _columns(head, "sessions", "example", frames, look)
        for change in group:
            yield from _change(report, change, look)


def _columns(name: str, number: str, example: str, frames: str, look: Look) -> Iterator[str]:
    """A line of the list of changes; a name that is too long for its column has a line of its own."""
    room = look.width - RIGHT
    if width(name) >= room:
        yield name
        name = ""
    yield f"{left(name, room)}{number:>8}  {example:8}{right(frames, 22)}".rstrip()


def _change(report: Report, change: Change, look: Look) -> Iterator[str]:
    """One change: its name, how often, and what came in and went out in its first session."""
    finding = report.findings[change.position]
    number = f"{len(change.sessions):,}"
    example = f"{change.side}#{change.sessions[0]}" if change.sessions else ""
    yield from _columns(f"  {harmless(change.name)}", number, example, _frames(report, finding), look)
    yield from _example(finding, look)


def _frames(report: Report, finding: Finding) -> str:
    """Where Wireshark shows the example: `41 / 39`, or `in frame` of a single capture."""
    if report.mode != "compare":
        return _frame(report, "single", finding.evidence)
    return f"{_frame(report, 'outside', finding.evidence)} / {_frame(report, 'inside', finding.evidence)}"


def _frame(report: Report, side: str, evidence: tuple[Evidence, ...]) -> str:
    """The first frame of a side; with its file where there are several."""
    frame = next((one.frame for one in evidence if one.side == side), None)
    if frame is None:
        return "-"
    files = max((len(capture.files) for capture in report.captures if capture.side == side), default=1)
    return frame_text(frame, files)


def _example(finding: Finding, look: Look) -> Iterator[str]:
    """What came in and what went out, on one line where both fit."""
    sure = "" if finding.session is None else f" ({finding.confidence})"
    # The bytes of starttls-stripped stand with the label that says how; of a header field only its name is shown.
    alike = finding.ingress == finding.egress
    if finding.label == "starttls-stripped" or alike or not (finding.ingress or finding.egress):
        yield from paragraph(harmless(finding.summary) + sure, look.width, " " * 6)
        return
    if finding.session is not None and finding.egress is not None:
        yield f"      `{fit(visible(finding.egress), look.width - 27 - width(sure))}` was seen here{sure}"
        return
    came = "nothing came in" if finding.ingress is None else f"`{visible(finding.ingress)}` came in"
    went = "nothing went out" if finding.egress is None else f"`{visible(finding.egress)}` went out"
    if width(came) + width(went) + 8 <= look.width:  # the margin and `, `
        yield f"      {came}, {went}"
        return
    for quoted, words in ((finding.ingress, "came in,"), (finding.egress, "went out")):
        if quoted is None:
            yield f"      nothing {words}"
        else:
            yield f"      `{fit(visible(quoted), look.width - 17)}` {words}"


def _failures(report: Report, look: Look) -> Iterator[str]:
    """The sessions whose mail failed, by what became of them and why."""
    groups = failures(report)
    if not groups:
        return
    yield ""
    yield "What failed, and why"
    for group in groups[:GROUPS]:
        head = f"  {len(group.sessions):>5,} {group.outcome}"
        yield from paragraph(harmless(sentence(group.why)), look.width, " " * 19, left(head, 19))
        yield from paragraph(numbers(group.sessions), look.width, " " * 19)
    if len(groups) > GROUPS:
        rest = sum(len(group.sessions) for group in groups[GROUPS:])
        yield f"  {rest:>5,} more, for {len(groups) - GROUPS:,} other reasons"


def _doubts(report: Report, look: Look) -> Iterator[str]:
    """What the verdict does not rest on, and what went wrong in the making of it: read before what it was made of."""
    if report.verdict.limits or report.failures:
        yield ""
    for word, remarks in (("Doubt", report.verdict.limits), ("Trouble", report.failures)):
        for number, remark in enumerate(remarks):
            yield from paragraph(harmless(remark), look.width, MARGIN, f"{'' if number else word:11}")
