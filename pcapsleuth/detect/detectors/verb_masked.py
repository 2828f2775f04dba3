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
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.commands import masked_verb, passed
from pcapsleuth.detect.finding import Confidence, Finding, Where
from pcapsleuth.detect.onesided import ECHO, FILLED, seen, shown
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.script import script

LABELS = ("verb-masked",)

VERB = 4
"""Letters of the shortest verb."""

KEYSTROKES = 3
"""Segments of a line that is typed."""


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


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for X's in the place of a verb, and for a server that quotes X's though the client wrote a verb."""
    dialogue = session.dialogue
    refused = script(dialogue).refused
    if not refused:
        return
    sure = Confidence.POSSIBLE if _typed(dialogue) else Confidence.LIKELY
    told: set[str] = set()
    for asked, row in ((dialogue.rows[command], dialogue.rows[reply]) for command, reply in refused):
        text, line = dialogue.text(row).rstrip(b"\r\n"), dialogue.text(asked).rstrip(b"\r\n")
        quoted = ECHO.search(b" " + text + b" ")
        verb = verb_text(asked.word)
        if verb in told:
            continue
        if len(asked.word) >= VERB and FILLED.fullmatch(asked.word):
            summary = "a command came to this point with its verb overwritten"
            number = f"MASKED-{len(told) + 1}"
            yield seen(session, "verb-masked", number, summary, shown(dialogue, asked, line), Where.CLIENT_SIDE, sure)
        elif quoted and quoted[1] not in line:
            summary = f"the server quotes {verb} as X's: it received the verb overwritten"
            yield seen(session, "verb-masked", verb, summary, shown(dialogue, row, text), confidence=sure)
        else:
            continue
        told.add(verb)


def _typed(dialogue: Dialogue) -> bool:
    """Tell whether somebody types, one character a segment: each is masked alone, and no real client suffers."""
    return any(row.segments >= KEYSTROKES and row.length <= 2 * row.segments for _, row in dialogue.commands())
