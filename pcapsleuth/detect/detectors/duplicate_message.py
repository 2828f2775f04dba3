"""The same message was sent again although no earlier try was refused.

What it means
    Two or more transactions carry one message (same sender, a common recipient, the same Message-ID or body), and the
    client was never told that an earlier one failed. The finding stands on the later session; `related` names the
    earlier ones.

Why it matters
    Recipients get the mail twice or six times. The usual cause: the end of data, or the `250` that answers it, was
    lost between the two ends.

How it is proven
    By envelope and Message-ID, or by the digest of the body where there is no Message-ID.

What else it could be
    A retry after a 4xx is a retry, no duplicate. Recipients split over several sessions share none. A client that got
    its 250 and sends again, or left in the midst of its own data, does so on its own account: then nothing is said of
    the device.

References
    RFC 5321 section 4.5.3.2.6, RFC 1047; Microsoft KB 295725.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from pcapsleuth.detect.detectors.reply_late import mostly
from pcapsleuth.detect.effect import STOPS
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity, Where
from pcapsleuth.detect.proof import UNSURE_PAIR
from pcapsleuth.detect.scope import Scope, Sessions
from pcapsleuth.detect.tries import Try, marks, refused, same_message
from pcapsleuth.smtp.grammar import CLOSING

LABELS = ("duplicate-message",)

TOLD = "the client had its answer each time: it sends again on its own account"
LEFT = "the client left in the midst of its own mail data, with nothing in its way: it sends again on its own account"
LATE = "the server's answer came when the client had stopped waiting (reply-late): the device is not to blame"

SLOW = "a server whose scanner takes longer than the client waits; a capture at the server shows when it answered"
ALIKE = "both captures show the earlier tries alike: what went wrong with them went wrong behind the server's point"

Key = tuple[int, int]

REMEMBERED = 64
"""Earlier tries of one message that a later one is compared with."""


class Placed(NamedTuple):
    """A try with the names of its session."""

    attempt: Try
    side: str
    outside: int | None
    inside: int | None
    alike: bool = False
    """Both sides of the device show the same of it: neither its end nor its answer was lost between them."""
    recipients: frozenset[int] = frozenset()
    """Those that the side away from its client shows: a relay may have split them over several sessions."""
    certain: bool = True
    """Its session has no partner, or one without a rival."""

    def recipients_at(self, side: str) -> frozenset[int]:
        """The recipients as one side shows them."""
        return self.attempt.recipients if side == self.side else self.recipients


def detect_case(scope: Scope) -> Iterator[Finding]:
    """Compare the tries of all sessions, each as seen nearest to its client."""
    yield from _duplicates(_placed(scope))


def detect_sessions(sessions: Sessions) -> Iterator[Finding]:
    """Compare the tries of one observation point."""
    yield from _duplicates(Placed(attempt, "single", None, None) for attempt in sessions.tries)


def _placed(scope: Scope) -> Iterator[Placed]:
    """Every try once: of a pair the client's side, of an unpaired session its own."""
    ended = _ended_between(scope)
    for pair in scope.pairs:
        side = scope.inside if pair.outside in scope.outbound else scope.outside
        index = pair.inside if side is scope.inside else pair.outside
        heard = scope.other(side).tries.get(pair.outside if side is scope.inside else pair.inside, [])
        for number, attempt in enumerate(side.tries.get(index, ())):
            known, alike, there = attempt, False, attempt.recipients
            if number < len(heard):
                known = _completed(attempt, heard[number])
                alike = pair.outside not in ended and _alike(attempt, heard[number])
                there = heard[number].recipients
            yield Placed(known, side.name, pair.outside, pair.inside, alike, there, pair.certain)
    for side in scope.sides():
        for index in side.unpaired:
            outside, inside = (index, None) if side is scope.outside else (None, index)
            yield from (Placed(attempt, side.name, outside, inside) for attempt in side.tries.get(index, ()))


def _ended_between(scope: Scope) -> set[int | None]:
    """The outside's indices of the sessions that the device ended itself: both sides may show that alike."""
    return {one.outside for one in scope.findings if one.where is Where.BETWEEN and one.label in STOPS}


def _completed(attempt: Try, other: Try) -> Try:
    """Take from the server's side what the client's does not tell: an answer that was lost to its capture, or late."""
    if not other.ended and other.answer in (b"", CLOSING):
        # Who waits in vain for the end of mail data has not answered it (RFC 5321 section 4.5.3.2).
        other = other._replace(answer=b"", late=False, took=-1)
    if attempt.unheard:
        return attempt._replace(answer=other.answer, late=other.late)
    if _kept_waiting(attempt, other):
        return attempt._replace(answer=b"", late=False)
    outlasted = 0 <= attempt.stayed <= other.took
    if not attempt.answer and (other.late or outlasted):
        return attempt._replace(answer=other.answer, late=True)
    return attempt


def _kept_waiting(attempt: Try, other: Try) -> bool:
    """Tell whether an answer came too late by what the device kept of mail or answer: the server was quick."""
    if not (attempt.late or other.late) or not other.answer:
        return False
    return other.took >= 0 and not mostly(other.took, attempt.stayed)


def _alike(attempt: Try, other: Try) -> bool:
    """Tell whether both sides show a try to its end, and answered or unanswered alike."""
    answered = bool(attempt.answer) == bool(other.answer)
    return attempt.ended == other.ended and answered and not _kept_waiting(attempt, other)


def _duplicates(placed: Iterable[Placed]) -> Iterator[Finding]:
    """Find for each try, in the order of time, the earlier ones of the same message."""
    seen: dict[Key, list[Placed]] = {}
    for later in sorted(_repeated(placed), key=lambda one: (one.attempt.began, one.attempt.session)):
        earlier: list[Placed] = []
        for key in marks(later.attempt):
            group = seen.get(key, [])
            earlier += [one for one in group if _precedes(one, later) and one not in earlier]
            seen[key] = [*group[1 - REMEMBERED :], later]
        if earlier:
            yield _finding(later, earlier)


def _repeated(placed: Iterable[Placed]) -> Iterator[Placed]:
    """The few tries that have something in common with another one."""
    tried = list(placed)
    keys = [marks(one.attempt) for one in tried]
    times = Counter(chain.from_iterable(keys))
    return (one for one, own in zip(tried, keys, strict=True) if any(times[key] > 1 for key in own))


def _precedes(one: Placed, later: Placed) -> bool:
    """Tell whether a try carried the same message, was seen where the later one was, and was not refused."""
    before = one.attempt
    heard = bool(before.answer) or not before.unheard
    return same_message(before, later.attempt) and not refused(before) and heard and _seen_together(one, later)


def _seen_together(one: Placed, other: Placed) -> bool:
    """Tell whether one observation point shows both tries, to a common recipient.

    A session outside and one inside that found no partners may be one delivery: what a relay takes it passes on.
    """
    if one.side == other.side == "single":
        return True
    points = {"outside": (one.outside, other.outside), "inside": (one.inside, other.inside)}
    return any(
        None not in both and one.recipients_at(side) & other.recipients_at(side) for side, both in points.items()
    )


def _finding(later: Placed, earlier: list[Placed]) -> Finding:
    """Say it on the later session."""
    excuse, where = _acquittal(later, earlier) or (None, _where(later))
    return Finding(
        label="duplicate-message",
        subject=None,
        severity=Severity.INFO if excuse else Severity.WARNING,
        confidence=_confidence(later, earlier),
        summary=_summary(later, earlier),
        where=where,
        outside=later.outside,
        inside=later.inside,
        session=later.attempt.session if later.side == "single" else None,
        evidence=tuple(Evidence(one.side, one.attempt.frame, one.attempt.offset, b"") for one in (earlier[-1], later)),
        related=tuple(dict.fromkeys(_index(one) for one in earlier)),
        doubts=((excuse,) if excuse else _doubts(earlier)) + (() if _paired(later, earlier) else (UNSURE_PAIR,)),
    )


def _acquittal(later: Placed, earlier: list[Placed]) -> tuple[str, Where] | None:
    """What acquits the device, and where the cause is then; None if nothing does.

    That a client left of its own accord only its own side shows: there the later try stands, if its pair is known.
    """
    unheard = [one for one in earlier if not one.attempt.answer or one.attempt.late]
    if not unheard:
        return TOLD, Where.CLIENT_SIDE
    if None not in (later.outside, later.inside) and all(
        one.attempt.left and one.side == later.side for one in unheard
    ):
        return LEFT, Where.CLIENT_SIDE
    if all(one.attempt.late for one in unheard):
        return LATE, Where.SERVER_SIDE
    if all(one.alike for one in earlier):
        return ALIKE, Where.SERVER_SIDE
    return None


def _doubts(earlier: list[Placed]) -> tuple[str, ...]:
    """What one side alone cannot exclude of a try that was never answered there."""
    lone = any(one.attempt.ended and not one.attempt.answer and None in (one.outside, one.inside) for one in earlier)
    return (SLOW,) if lone else ()


def _where(later: Placed) -> Where:
    """Only what both captures show is between them."""
    return Where.UNKNOWN if later.outside is None or later.inside is None else Where.BETWEEN


def _index(one: Placed) -> int:
    """The session's index as related sessions are named: outside where it is known."""
    if one.outside is not None:
        return one.outside
    return one.inside if one.inside is not None else one.attempt.session


def _confidence(later: Placed, earlier: list[Placed]) -> Confidence:
    """A Message-ID with its envelope is sure, as far as the pairs are; a body or a header alone is likely."""
    own = later.attempt.message_id
    named = bool(own) and own == earlier[-1].attempt.message_id
    return Confidence.PROVEN if named and _paired(later, earlier) else Confidence.LIKELY


def _paired(later: Placed, earlier: list[Placed]) -> bool:
    """Tell whether what is said of the sessions' pairs is sure."""
    return later.certain and all(one.certain for one in earlier)


def _summary(later: Placed, earlier: list[Placed]) -> str:
    """Say which try it is and why the client tried again."""
    before = earlier[-1].attempt
    seconds = (later.attempt.began - before.began) / 1_000_000_000
    why = "never got a reply to its end of data" if before.ended else "never ended"
    if before.answer:
        why = "got its reply when the client was gone" if before.late else "got its reply"
    first = _index(earlier[-1])
    return f"try {len(earlier) + 1} to deliver one message, {seconds:,.1f} s after session #{first}, which {why}"
