"""A command reached the server as another verb.

What it means
    The client sent one verb, the server received another: EHLO as HELO, an unknown verb as NOOP. The answer that the
    client gets is the server's honest answer to something else.

Why it matters
    EHLO as HELO takes all extensions away; a verb as NOOP is answered `250` and does nothing.

How it is proven
    By the command's bytes on both sides.

What else it could be
    A proxy speaks in its own words: see proxy-in-path.

References
    Cisco support document on PIX fixup and Exchange (commands outside the seven become NOOP); Untangle documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.commands import by_hand, masked_verb, passed, verb_of
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding

LABELS = ("verb-rewritten",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each rewritten verb once a session."""
    seen: set[str] = set()
    for sent, came in passed(comparison):
        verb = comparison.client.words(sent.at)
        same = verb_of(sent.text).upper() == verb_of(came.text).upper()
        if not same and not masked_verb(sent.text, came.text) and verb not in seen:
            seen.add(verb)
            yield finding(
                comparison,
                "verb-rewritten",
                verb,
                f"{verb} reached the server as {comparison.server.words(came.at)}",
                ingress=comparison.client.piece(sent),
                egress=comparison.server.piece(came),
                doubts=by_hand(sent),
            )
