"""A command did not reach the server, and the device answered in its place.

What it means
    The client sent the command and got an answer; the server received no such command and sent no such answer. Early
    PIX releases answer `OK` to any verb outside the seven of RFC 821, others `500 Command unrecognized`.

Why it matters
    The client believes the answer. An `OK` for a command that nobody carried out hides the loss.

How it is proven
    The server's side covers the moment without a gap, the bytes of the command are not there, the server never
    acknowledges them, and no segment of the server carries the reply. One capture alone hints at it where, in a
    session that makes the test of KB 320027, EHLO is unknown to a server that says it speaks ESMTP (possible).

What else it could be
    A capture that lost frames shows the same to the eye: but then the server's acknowledgments cover the command, and
    there is no finding.

References
    Microsoft KB 320027; Cisco document 4733, testing Mailguard.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.commands import by_hand, removed
from pcapsleuth.detect.finding import Confidence, Finding
from pcapsleuth.detect.prescribed import SWITCHED_OFF, refused, suspected, tested
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session

LABELS = ("verb-blocked",)
NEEDS = ("strangers",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each blocked verb once a session."""
    seen: set[str] = set()
    for sent, absence, answers, _ in removed(comparison):
        verb = comparison.client.words(sent.at)
        if answers and verb not in seen:
            seen.add(verb)
            yield finding(
                comparison,
                "verb-blocked",
                verb,
                f"{verb} did not reach the server; the device answered in its place",
                ingress=comparison.client.piece(sent),
                absence=absence,
                more=[comparison.client.piece(answer) for answer in answers[:1]],
                doubts=by_hand(sent),
            )


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for EHLO refused by a server that speaks it, where somebody makes the test of KB 320027."""
    answer = refused(session) if tested(session) else None
    if answer is not None:
        summary = "EHLO was refused, though the server says that it speaks ESMTP"
        yield suspected(session, "verb-blocked", "EHLO", summary, answer, (SWITCHED_OFF,), Confidence.POSSIBLE)
