"""The sessions that a report judges, and how many of them there are of each sort: the numbers behind the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass

from pcapsleuth.compare.pair import Pair
from pcapsleuth.detect.finding import Effect, Place
from pcapsleuth.report.model import Brief, Report, SessionFacts, SessionKey
from pcapsleuth.smtp.outcome import FAILED

SPOKEN = ("refused", "gave-up")
"""Outcomes of a session in which the server spoke and somebody left."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One session that can be judged: a pair in a comparison, a session of a single capture otherwise."""

    place: Place | None
    """As `Brief.place`; None where nothing is said of it."""
    outcome: str
    """As its client saw it."""
    comparable: bool
    partial: bool
    tls: bool
    idle: bool = False
    offered: bool = True
    refused: bool = False
    tested: bool = False
    """Somebody tried a command that does not exist: no mail was meant."""
    number: int = 1
    """So many sessions are alike, if nothing is said of them."""

    @property
    def spoken(self) -> bool:
        """Whether all that was said was captured, be it a greeting alone: of one capture no more can be asked."""
        return not self.partial and self.outcome in SPOKEN

    def failed(self, suspects: Container[Place | None]) -> bool:
        """Whether mail failed here; of one that offered none only if something may have kept it from doing so."""
        return self.outcome in FAILED and (not self.idle or (self.place in suspects and not self.tested))


@dataclass(slots=True)
class Counts:
    """What the sentences are made of."""

    sessions: int = 0
    """Pairs, or sessions of a single capture."""
    compared: int = 0
    """Those of which enough was captured, and those that show a change all the same."""
    changed: int = 0
    delivered: int = 0
    refused_in_part: int = 0
    """Delivered ones that had a recipient or another mail refused."""
    failed: int = 0
    failed_in_part: int = 0
    """Those of them of which not all was captured."""
    failed_because: int = 0
    could_be_because: int = 0
    unoffered: int = 0
    """Failed sessions whose client never came to MAIL: whether it had any nobody knows."""
    unseen: int = 0
    """Compared sessions in the clear of which nobody saw how they ended."""
    partial: int = 0
    tls: int = 0
    unpaired_outside: int = 0
    unpaired_inside: int = 0

    @property
    def decided(self) -> int:
        """Sessions whose outcome is known."""
        return self.delivered + self.failed


def judged(report: Report) -> Iterator[tuple[Place, SessionKey]]:
    """What a report judges: its pairs, each with the view that tells most, or the sessions of a single capture."""
    if report.mode != "compare":
        for side, index in report.sessions:
            yield (None, None, index), (side, index)
        return
    for pair in report.pairs.matches():
        yield (pair.outside, pair.inside, None), telling(pair, lambda key: report.sessions.facts(key).outcome)


def telling(pair: Pair, outcome: Callable[[SessionKey], str]) -> SessionKey:
    """The view of a pair that shows how the session came out: the client's if both do, or neither does."""
    return next((view for view in pair.views if outcome(view) != "unknown"), pair.views[0])


def judged_sessions(report: Report) -> Iterator[Judged]:
    """Every session that something is said of, and the many others by what they have in common."""
    tested = {one.place for one in report.tests}
    said = tested.union(brief.place for brief in report.findings.briefs())
    others: Counter[SessionFacts] = Counter()
    for place, key in judged(report):
        facts = _facts(report, place, key)
        if place in said:
            yield Judged(place, *facts, place in tested)
        else:
            others[facts] += 1
    for facts, number in others.items():
        yield Judged(None, *facts, number=number)


def _facts(report: Report, place: Place, key: SessionKey) -> SessionFacts:
    """The facts of what is judged: of a pair both views must be good enough."""
    facts = report.sessions.facts(key)
    if place[0] is None or place[1] is None:
        return facts
    other = ("inside", place[1]) if key[0] == "outside" else ("outside", place[0])
    there = report.sessions.facts(other)
    return facts._replace(
        comparable=facts.comparable and there.comparable,
        partial=facts.partial or there.partial,
        tls=facts.tls or there.tls,
    )


def tally(sessions: Iterable[Judged], matter: list[Brief], *, comparing: bool) -> Counts:
    """Count the sessions and what became of them."""
    changed = {brief.place for brief in matter}
    caused = {brief.place for brief in matter if brief.effect is Effect.CAUSED}
    suspected = {brief.place for brief in matter if brief.effect is Effect.COULD_HAVE_CAUSED} - caused
    suspects = caused | suspected
    counts = Counts(changed=len(changed))
    alone = set(changed)
    for session in sessions:
        number = session.number
        compared = session.comparable or session.place in changed or (not comparing and session.spoken)
        counts.sessions += number
        counts.compared += number * compared
        counts.partial += number * session.partial
        counts.tls += number * session.tls
        counts.delivered += number * (session.outcome == "delivered")
        counts.refused_in_part += number * session.refused
        known = session.tls or session.outcome != "unknown"
        counts.unseen += number * (compared and not known)
        if session.failed(suspects):
            counts.failed += number
            counts.unoffered += number * (not session.offered)
            counts.failed_in_part += number * session.partial
            counts.failed_because += session.place in caused
            counts.could_be_because += session.place in suspected
        alone -= {session.place}
    # What was said of a session without a partner (a blocked connection) is judged by that session alone.
    counts.compared += len(alone)
    counts.failed += len(alone & suspects)
    counts.failed_because += len(alone & caused)
    counts.could_be_because += len(alone & suspected)
    return counts
