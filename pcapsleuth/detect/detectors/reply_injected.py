"""The client received a reply that the server never sent.

What it means
    The reply's bytes are in the client's stream only. The subject is what it answers: a verb, GREETING, END-OF-DATA.

Why it matters
    The client acts on words that are not the server's. An injected `OK` hides a blocked command; an injected 5xx makes
    mail bounce that the server would have taken.

How it is proven
    The server's side covers the moment without a gap, and no segment of the server carries these bytes.

What else it could be
    A capture that lost the server's segment: but then the client's acknowledgments cover it on that side too, and
    there is no finding.

References
    Microsoft KB 320027, "the firewall answers OK"; Palo Alto document on 541 for blocked mail.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.commands import injected_replies
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity
from pcapsleuth.detect.proof import SHOWN, finding
from pcapsleuth.detect.scope import Scope
from pcapsleuth.detect.turned_away import turned_away

LABELS = ("reply-injected",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each injected reply once a session and subject."""
    seen: set[str] = set()
    for reply, absence in injected_replies(comparison):
        subject = comparison.client.question(reply)
        if subject not in seen:
            seen.add(subject)
            yield finding(
                comparison,
                "reply-injected",
                subject,
                f"the client received a reply to {subject} that the server never sent",
                egress=comparison.client.piece(reply),
                absence=absence,
            )


def detect_case(scope: Scope) -> Iterator[Finding]:
    """Report greetings of connections that the device turned away."""
    for away in turned_away(scope):
        text = away.dialogue.text(away.greeting).rstrip(b"\r\n")[:SHOWN]
        yield Finding(
            label="reply-injected",
            subject="GREETING",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            summary="the client was greeted with a refusal that no server sent",
            outside=away.number if away.side is scope.outside else None,
            inside=away.number if away.side is scope.inside else None,
            egress=text,
            evidence=(Evidence(away.side.name, away.greeting.first_frame, away.greeting.offset, text),),
        )
