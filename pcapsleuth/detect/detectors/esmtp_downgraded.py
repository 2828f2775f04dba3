"""The client fell back from EHLO to HELO after what the device did.

What it means
    The client said EHLO, was refused or answered by something that was not the server's answer, and went on with
    HELO: in the same session, or in a later one with the same server. Or it said HELO behind a greeting that had lost
    the word ESMTP, where behind others it says EHLO.

Why it matters
    Without ESMTP there is no authentication, no encryption, no 8BITMIME, no size announcement: mail still flows, and
    everything that needs an extension fails.

How it is proven
    In one session by the two commands on the client's side, and by what became of the first one between the two
    points. Over several sessions (likely at most) by what was done to the greeting, or to the EHLO before, and by a
    session in which the same client said EHLO: the same address, the same name, the same habits of TCP.

What else it could be
    A server that knows no EHLO refuses it itself, alike on both sides: then the client's fall-back is correct and
    nothing is reported. Nor is it of a client that says HELO where nothing was done as well (monitors do), or EHLO
    behind such a greeting as well, and not behind a greeting that never had the word (a load balancer may send to
    another server). Several programs behind one address that give one name remain a doubt.

References
    RFC 5321 section 3.2; Microsoft KB 320027; Postfix `smtp_pix_workarounds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.pair import Pair
from pcapsleuth.detect.detectors import (
    command_swallowed,
    reply_injected,
    reply_rewritten,
    verb_blocked,
    verb_masked,
    verb_rewritten,
)
from pcapsleuth.detect.fallback import GREETINGS, Fall, falls
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity
from pcapsleuth.detect.hellos import EHLO, HELO, said_hello
from pcapsleuth.detect.onesided import seen, shown
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Scope, Session, Sessions, Side
from pcapsleuth.smtp.script import KEPT, Script

LABELS = ("esmtp-downgraded",)
NEEDS = ("refused",)

CAUSES = (verb_blocked, verb_masked, verb_rewritten, command_swallowed, reply_injected, reply_rewritten)

PROGRAMS = "several programs behind the client's address that give one name: the session compared may be another's"
UNKNOWN = "what the greeting was before is not known here: the word ESMTP may never have been in it"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look for HELO behind an EHLO that the device touched."""
    verbs = [unit for unit in comparison.client.commands if unit.row.word in (EHLO, HELO)]
    fallen = next((b for a, b in pairwise(verbs) if (a.row.word, b.row.word) == (EHLO, HELO)), None)
    if fallen is None:
        return
    cause = next((f for m in CAUSES for f in m.detect_pair(comparison) if f.subject == "EHLO"), None)
    if cause is not None:
        yield finding(
            comparison,
            "esmtp-downgraded",
            None,
            f"the client fell back to HELO after {cause.name}",
            more=(comparison.client.piece(fallen),),
        )


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for HELO behind an EHLO that came masked, or that the server says came so."""
    at = _fallen(session.dialogue.script)
    if at < 0:
        return
    row = session.dialogue.rows[at]
    place = shown(session.dialogue, row, session.dialogue.text(row).rstrip(b"\r\n"))
    for cause in verb_masked.detect_session(session):
        if cause.subject == "EHLO":
            summary = f"the client fell back to HELO after {cause.name}"
            yield seen(
                session,
                "esmtp-downgraded",
                None,
                summary,
                place,
                where=cause.where,
                confidence=cause.confidence,
                doubts=cause.doubts,
            )
            return


@lru_cache(KEPT)
def _fallen(script: Script) -> int:
    """The row of a HELO behind an EHLO, or behind what may have been one; -1 if there is none."""
    steps = pairwise(said_hello(script))
    return next((b for a, b in steps if script.words[a] != HELO and script.words[b] == HELO), -1)


def detect_case(scope: Scope) -> Iterator[Finding]:
    """Compare the sessions of each client with each other, as its own side shows them."""
    said = _by_session((found.outside, found) for found in scope.findings)
    for side in scope.sides():
        pairs = _own(scope, side)
        findings = {session: said[pair.outside] for session, pair in pairs.items() if pair.outside in said}
        for fall in falls(side.hellos, findings):
            # Nothing is known to have been between the ends of a session that one side lacks.
            if fall.hello.session in pairs:
                yield _between(side, fall, pairs)


def detect_sessions(sessions: Sessions) -> Iterator[Finding]:
    """Compare the sessions of each client at one point."""
    for fall in falls(sessions.hellos, _by_session((found.session, found) for found in sessions.findings)):
        yield _alone(fall)


def _by_session(findings: Iterable[tuple[int | None, Finding]]) -> dict[int, list[Finding]]:
    """What was said of each session."""
    said: dict[int, list[Finding]] = {}
    for session, found in findings:
        if session is not None:
            said.setdefault(session, []).append(found)
    return said


def _own(scope: Scope, side: Side) -> dict[int, Pair]:
    """The pairs whose client is on a side, by their session there."""
    return {
        pair.inside if side is scope.inside else pair.outside: pair
        for pair in scope.pairs
        if (pair.outside in scope.outbound) == (side is scope.inside)
    }


def _between(side: Side, fall: Fall, pairs: dict[int, Pair]) -> Finding:
    """Say it of a session that both captures have."""
    pair, other = pairs[fall.hello.session], pairs.get(fall.elsewhere)
    sure = pair.certain and other is not None and other.certain and fall.cause.confidence is not Confidence.POSSIBLE
    return Finding(
        label="esmtp-downgraded",
        subject=None,
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY if sure else Confidence.POSSIBLE,
        summary=_summary(fall, None if other is None else other.outside),
        where=fall.cause.where,
        outside=pair.outside,
        inside=pair.inside,
        evidence=(*_greeting(fall), Evidence(side.name, fall.hello.frame, fall.hello.offset, fall.hello.line)),
        related=() if other is None else (other.outside,),
        doubts=(PROGRAMS,),
    )


def _alone(fall: Fall) -> Finding:
    """Say it of a session of a single point."""
    misled = fall.cause.label in GREETINGS
    return Finding(
        label="esmtp-downgraded",
        subject=None,
        severity=Severity.WARNING,
        confidence=Confidence.POSSIBLE if misled else fall.cause.confidence,
        summary=_summary(fall, fall.elsewhere),
        where=fall.cause.where,
        session=fall.hello.session,
        evidence=(*_greeting(fall), Evidence("single", fall.hello.frame, fall.hello.offset, fall.hello.line)),
        related=(fall.elsewhere,),
        doubts=(PROGRAMS, *((UNKNOWN,) if misled else ()), *fall.cause.doubts),
    )


def _greeting(fall: Fall) -> tuple[Evidence, ...]:
    """What shows the greeting, where that was the cause: it is of the same session."""
    return fall.cause.evidence if fall.cause.label in GREETINGS else ()


def _summary(fall: Fall, elsewhere: int | None) -> str:
    """Say what the client did, and what made it."""
    where = "in another session" if elsewhere is None else f"in session #{elsewhere}"
    if fall.cause.label in GREETINGS:
        return f"the client said HELO behind a greeting that does not say ESMTP ({fall.cause.name}), EHLO {where}"
    return f"the client said HELO from the start, after {fall.cause.name} {where}"
