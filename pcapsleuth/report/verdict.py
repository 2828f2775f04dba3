"""The verdict: what is changed between the two points, and whether mail failed because of it.

Changed is not caused: most sites behind a masked greeting receive mail well. So the verdict is two sentences, and
what it does not rest on is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace

from pcapsleuth.detect.finding import Confidence, Place, Where
from pcapsleuth.report.judging import Counts, Judged, judged_sessions, tally
from pcapsleuth.report.kinds import interference, stops
from pcapsleuth.report.model import Brief, Report, Status, Verdict
from pcapsleuth.report.words import count, listed

LIMITS = "limit-exceeded"

ONE_CAPTURE = (
    "Both sides are the same capture, and nothing can differ in it: of a device this says nothing.",
    "Give the capture from the device's other side.",
)

WHOLE = "Capture whole sessions, from their SYN, in both directions."
IN_THE_CLEAR = (
    "Capture sessions that begin in the clear, as mail on port 25 does: what is said under TLS cannot be compared."
)

UNDECIDED = Verdict(Status.CANNOT_TELL, ("Nothing was judged yet.", ""), (), {})
"""What stands in a report that is still being put together."""


def judge_report(report: Report, unpaired: tuple[int, int], remarks: tuple[str, ...] = ()) -> Report:
    """Give a report its verdict; `remarks` are limits that the caller knows of."""
    return replace(
        report, verdict=judge(report.mode, judged_sessions(report), report.findings.briefs(), unpaired, remarks)
    )


def of_one_capture(report: Report) -> Report:
    """The report of a comparison of a capture with itself: that nothing differs says nothing of any device."""
    verdict = report.verdict
    if verdict.status is Status.CLEAN:
        return replace(report, verdict=replace(verdict, sentences=ONE_CAPTURE))
    return replace(report, verdict=replace(verdict, limits=(" ".join(ONE_CAPTURE), *verdict.limits)))


def judge(
    mode: str,
    sessions: Iterable[Judged],
    findings: Iterable[Brief],
    unpaired: tuple[int, int] = (0, 0),
    remarks: tuple[str, ...] = (),
) -> Verdict:
    """Put the verdict into words. `remarks` are limits that the caller knows of."""
    comparing = mode == "compare"
    matter, proxied, hints = _sorted(findings, comparing=comparing)
    blamed: list[str] = []
    counts = tally(_noting(sessions, hints, blamed), matter, comparing=comparing)
    counts.unpaired_outside, counts.unpaired_inside = unpaired
    if matter:
        first = _changed(counts, matter) if comparing else _marked(counts, matter)
        altered = len({brief.place for brief in matter if brief.name == "body-altered"})
        blocked = len({brief.place for brief in matter if brief.name == "connection-blocked"})
        status, sentences = Status.CHANGED, (first, _consequence(counts, altered, blocked, comparing=comparing))
    elif not counts.compared:
        status, sentences = Status.CANNOT_TELL, _cannot_tell(counts, comparing=comparing)
    else:
        status, sentences = (
            Status.CLEAN,
            (_clean(counts, len(proxied), comparing=comparing), _deliveries(counts, blamed, comparing=comparing)),
        )
    coverage = asdict(counts)
    if not comparing:
        del coverage["unpaired_outside"], coverage["unpaired_inside"]
    return Verdict(status, sentences, (*remarks, *_limits(counts)), coverage)


def _sorted(findings: Iterable[Brief], *, comparing: bool) -> tuple[list[Brief], set[Place], dict[Place | None, str]]:
    """What matters; the places where a relay (or of a single capture a proxy) stands; hints at what ended sessions."""
    matter: list[Brief] = []
    proxied: set[Place] = set()
    hints: dict[Place | None, str] = {}
    for brief in findings:
        if brief.matters and (not comparing or brief.where is Where.BETWEEN):
            matter.append(brief)
        elif comparing and brief.where is Where.BETWEEN and stops(brief.name):
            hints[brief.place] = brief.name
        elif brief.name == ("proxy-in-path:RELAY" if comparing else "proxy-in-path"):
            proxied.add(brief.place)
    return matter, proxied, hints


def _noting(sessions: Iterable[Judged], hints: Mapping[Place | None, str], blamed: list[str]) -> Iterator[Judged]:
    """Note the hints that were given of sessions whose mail failed."""
    for session in sessions:
        if session.place in hints and session.failed(hints):
            blamed.append(hints[session.place])
        yield session


def _changed(counts: Counts, matter: list[Brief]) -> str:
    """The first sentence of a comparison that found something."""
    what = _done(matter)
    return f"A device between the two points {what} in {_of(counts.changed, counts.compared, 'session')}."


def _done(matter: list[Brief]) -> str:
    """What is done, as surely as the surest finding says it: `rewrites SMTP`, `most likely rewrites SMTP`."""
    surest = {brief.confidence for brief in matter}
    how = "" if Confidence.PROVEN in surest else "most likely " if Confidence.LIKELY in surest else "possibly "
    return how + interference({brief.name for brief in matter})


def _marked(counts: Counts, matter: list[Brief]) -> str:
    """The first sentence of an inspection that found something."""
    if all(brief.name.startswith(LIMITS) for brief in matter):
        # Who ended them is not known, nor that anything was changed.
        of = _of(counts.changed, counts.compared, "session")
        return f"The client exceeds a limit that devices have in {of}, and there the connection dies."
    sides = {brief.where for brief in matter}
    where = {Where.SERVER_SIDE: "between here and the server", Where.CLIENT_SIDE: "between here and the client"}
    place = where.get(sides.pop(), "on the way") if len(sides) == 1 else "on the way"
    of = _of(counts.changed, counts.compared, "session")
    if {brief.name for brief in matter} <= {"duplicate-message"}:
        # A server that does not answer is no better than an answer that is lost.
        return f"Mail was sent again in {of}."
    return f"Something {place} {_done(matter)}: its marks are in {of}."


def _clean(counts: Counts, proxied: int, *, comparing: bool) -> str:
    """The first sentence where nothing was found.

    `proxied`: sessions that a relay takes, or of a single capture those that a proxy or gateway greets.
    """
    if comparing and proxied:
        # Its own dialogue is lawfully its own (RFC 5321 section 3.7): that its words differ is no change.
        of = _of(proxied, counts.sessions, "session")
        trace = "its trace fields apart, the mail was not seen to change"
        return f"A relay takes the mail in {of}, in its own words to either side; {trace}."
    if comparing:
        others = (
            f"; {counts.sessions - counts.compared:,} more could not be" if counts.sessions > counts.compared else ""
        )
        return f"Nothing was changed between the two points in {count(counts.compared, 'session')} compared{others}."
    some = "" if proxied == counts.compared else f"in {proxied:,} of them "
    proxy = f"; {some}the greeting is that of a proxy or gateway" if proxied else ""
    all_ = counts.sessions == counts.compared
    of = count(counts.compared, "session") if all_ else _of(counts.compared, counts.sessions, "session")
    return f"Nothing looks rewritten in {of}, as far as one capture can tell{proxy}."


def _consequence(counts: Counts, altered: int, blocked: int, *, comparing: bool) -> str:
    """The second sentence where something was changed.

    `altered`: sessions that carried an altered body; `blocked`: connections that did not come about.
    """
    if blocked and not counts.failed:
        others = f"; {_every(counts.delivered).lower()} that did went through" if counts.delivered else ""
        return f"{count(blocked, 'connection')} did not come about{others}."
    if not counts.decided:
        return "Whether mail failed because of it cannot be seen here."
    if not counts.failed:
        some = f"{altered:,} " if altered < counts.decided else "each " if altered > 1 else ""
        return _through(counts, f", but {some}with an altered body" if altered else " all the same")
    if counts.failed_because:
        start = f"{_lost(counts, counts.failed_because)} because of it"
        return f"{start}{_rest(counts, counts.failed - counts.failed_because)}."
    failed = _lost(counts, counts.failed)
    if counts.could_be_because:
        some = "" if counts.could_be_because == counts.failed else f"{counts.could_be_because:,} of them "
        return f"{failed}, {some}possibly because of it."
    if not comparing:
        return f"{failed}; whether because of it one capture cannot say."
    return f"{failed}, but nothing shows that it was because of this."


def _through(counts: Counts, how: str = "") -> str:
    """The second sentence where no delivery is known to have failed."""
    if not counts.unseen:
        return f"{_every(counts.decided)} went through{how}."
    unseen = f"how {count(counts.unseen, 'session')} ended cannot be seen here"
    return f"{count(counts.decided, 'delivery', 'deliveries')} went through{how}; {unseen}."


def _rest(counts: Counts, others: int) -> str:
    """What became of the deliveries that did not fail because of the change, or not surely."""
    if not others:
        number = "one" if counts.delivered == 1 else f"{counts.delivered:,}"
        return f"; the other {number} went through" if counts.delivered else ""
    fates = (
        (counts.could_be_because, "possibly so"),
        (others - counts.could_be_because, "failed otherwise"),
        (counts.delivered, "went through"),
    )
    *before, last = [f"{number:,} {fate}" for number, fate in fates if number]
    return f"; {', '.join(before)} and {last}" if before else f"; {last}"


def _deliveries(counts: Counts, blamed: Sequence[str], *, comparing: bool) -> str:
    """The second sentence where nothing is known to be changed; what may be is `blamed`, if mail failed there."""
    if not counts.decided:
        return "What became of the mail cannot be seen here."
    if not counts.failed:
        return _through(counts)
    if blamed:
        perhaps = f"perhaps because of {listed(sorted(set(blamed)), 2)}, of which there is only a hint"
        return f"{_lost(counts, counts.failed)}, {perhaps}."
    seen = " that was seen" if counts.failed_in_part else ""
    both = f", but not because of anything{seen} between the two points"
    why = both if comparing else "; one capture cannot say who is to blame"
    return f"{_lost(counts, counts.failed)}{why}."


def _lost(counts: Counts, number: int) -> str:
    """How many failed: `2 of 5 deliveries failed`; of a client that never came to MAIL nobody knows of a delivery."""
    if counts.unoffered:
        return f"{_of(number, counts.decided, 'session')} delivered no mail"
    return f"{_of(number, counts.decided, 'delivery', 'deliveries')} failed"


def _cannot_tell(counts: Counts, *, comparing: bool) -> tuple[str, str]:
    """Both sentences where nothing could be judged: why, and what would help."""
    if not counts.sessions and comparing and (counts.unpaired_outside or counts.unpaired_inside):
        found = f"{count(counts.unpaired_outside, 'session')} outside, {counts.unpaired_inside:,} inside"
        help_ = "Capture both sides of the device at the same time, and the same hosts."
        return f"No session was seen on both sides ({found}).", help_
    if not counts.sessions:
        help_ = "Capture the traffic of the mail server's port, or name it with --port."
        return f"There is no SMTP session {'in either capture' if comparing else 'here'}.", help_
    noun = "pair" if comparing else "session"
    none, shows = (
        (f"The only {noun}", "does not show")
        if counts.sessions == 1
        else (f"None of {counts.sessions:,} {noun}s", "shows")
    )
    known = [text for number, text in ((counts.tls, "TLS"), (counts.partial, "captured in part")) if number]
    why = f" ({' or '.join(known)})" if known else ""
    sides = " on both sides" if comparing else ""
    return (
        f"{none} {shows} greeting, first command and reply{sides}{why}.",
        IN_THE_CLEAR if counts.tls == counts.sessions and not counts.partial else WHOLE,
    )


def _limits(counts: Counts) -> tuple[str, ...]:
    """What the verdict does not cover."""
    limits = []
    if counts.refused_in_part:
        limits.append(
            f"{count(counts.refused_in_part, 'session')} delivered mail, and had a recipient or another mail refused."
        )
    if counts.partial:
        limits.append(f"{count(counts.partial, 'session')} captured in part: judged on what is there.")
    if counts.tls:
        limits.append(f"{count(counts.tls, 'session')} went on under TLS: nothing behind that could be read.")
    return tuple(limits)


def _every(number: int) -> str:
    """Write that all deliveries are meant."""
    return {1: "The delivery", 2: "Both deliveries"}.get(number, f"All {number:,} deliveries")


def _of(number: int, total: int, noun: str, plural: str | None = None) -> str:
    """Write `3 of 14 sessions`."""
    return f"{number:,} of {count(total, noun, plural)}"
