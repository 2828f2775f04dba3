"""A command did not reach the server, and nobody answered it.

What it means
    The client sent the command; it is not in the server's stream, and the client got no answer that belongs to it.

Why it matters
    The client waits until it gives up, or takes the next answer for the missing one.

How it is proven
    The server's side covers the moment without a gap, the bytes are not there, and the server never acknowledges
    them; the client's side lacks no reply behind it, and has none to it. One capture alone hints at it where the test
    of KB 320027 is not answered and the session goes on (possible).

What else it could be
    Loss in the network, if it happens once and TCP's retransmissions are seen; a device, if it always hits the same
    verb.

References
    Microsoft KB 320027; RFC 5321 section 4.5.3.2 (timeouts).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.commands import by_hand, removed
from pcapsleuth.detect.finding import Confidence, Finding
from pcapsleuth.detect.prescribed import DEAF, VERB, suspected, swallowed, tested
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session

LABELS = ("command-swallowed",)
NEEDS = ("strangers",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each swallowed verb once a session."""
    seen: set[str] = set()
    for sent, absence, answers, unheard in removed(comparison):
        verb = comparison.client.words(sent.at)
        # Where the client's side lacks replies nobody can say that one never came.
        if not answers and not unheard and verb not in seen:
            seen.add(verb)
            yield finding(
                comparison,
                "command-swallowed",
                verb,
                f"{verb} did not reach the server, and nobody answered it",
                ingress=comparison.client.piece(sent),
                absence=absence,
                doubts=by_hand(sent),
            )


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for a verb that no server knows and that nobody answered, though the session went on."""
    command = swallowed(session) if tested(session) else None
    if command is not None:
        verb = verb_text(VERB)
        summary = f"nobody answered {verb}, and the session went on"
        yield suspected(session, "command-swallowed", verb, summary, command, (DEAF,), Confidence.POSSIBLE)
