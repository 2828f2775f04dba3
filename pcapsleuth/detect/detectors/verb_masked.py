"""A command reached the server with its verb overwritten by filler.

What it means
    The client sent the command; the server received X's (or another filler) of the same length in the place of its
    verb. The error that the client then gets is the server's own.

Why it matters
    The command has no effect. EHLO masked so means no extensions at all; BDAT masked so means that the server takes
    the message for commands.

How it is proven
    By the command's bytes on both sides: the filler stands where the verb was.

What else it could be
    A tester who types by hand in character mode sends one letter a segment; each is masked alone, and no real client
    suffers. Then char-mode-client is reported with it.

References
    Cisco ASA CLI guide, ESMTP inspection; Cisco document 113423 on telnet tests.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.commands import masked_verb, passed
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding

LABELS = ("verb-masked",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each masked verb once a session."""
    seen: set[str] = set()
    for sent, came in passed(comparison):
        verb = comparison.client.words(sent.at)
        if masked_verb(sent.text, came.text) and verb not in seen:
            seen.add(verb)
            yield finding(
                comparison,
                "verb-masked",
                verb,
                f"{verb} reached the server with its verb overwritten",
                ingress=comparison.client.piece(sent),
                egress=comparison.server.piece(came),
                self_evident=True,
            )
