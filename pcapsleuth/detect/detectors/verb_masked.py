"""A command reached the server with its verb overwritten by filler.

What it means
    The client sent the command; the server received X's (or another filler) of the same length in the place of its
    verb. The error that the client then gets is the server's own.

Why it matters
    The command has no effect. EHLO masked so means no extensions at all; BDAT masked so means that the server takes
    the message for commands.

How it is proven
    By the command's bytes on both sides: the filler stands where the verb was.

    One capture alone proves it where the server's error quotes X's of a verb that left this point whole, as many as it
    has letters, if it has more than four or its argument is quoted too (likely otherwise); X's that come in the place
    of a verb may be a redaction (likely); that a server behind a masked greeting does not know EHLO is a hint
    (possible).

What else it could be
    A tester who types by hand in character mode sends one letter a segment; each is masked alone, and no real client
    suffers. Then char-mode-client is reported with it.

References
    Cisco ASA CLI guide, ESMTP inspection; Cisco document 113423 on telnet tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.candidates import verb_behind
from pcapsleuth.detect.commands import TYPED, by_hand, masked_verb, passed
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Where
from pcapsleuth.detect.marks import masked_word
from pcapsleuth.detect.onesided import REDACTED, begun, quoted, seen, shown, unknown
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.smtp.words import typed

LABELS = ("verb-masked",)
NEEDS = ("refused",)

SHORT = 4
"""Letters of most verbs, and of many words."""

UNNAMED = "MASKED-"


class Grade(NamedTuple):
    """How sure one capture alone is of a mask, and what else it may be."""

    sure: Confidence
    doubts: tuple[str, ...]


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
                doubts=by_hand(sent),
            )


def detect_session(session: Session) -> Iterator[Finding]:
    """Look for X's in the place of a verb, for a server that quotes X's, for one that does not know a verb it must."""
    dialogue = session.dialogue
    refused = dialogue.script.refused
    if not refused:
        return
    grade = _grade(dialogue)
    told: set[str] = set()
    for asked, row in ((dialogue.rows[command], dialogue.rows[reply]) for command, reply in refused):
        text, line = dialogue.text(row).rstrip(b"\r\n"), dialogue.text(asked).rstrip(b"\r\n")
        verb = verb_text(asked.word)
        if masked_word(asked.word):
            found = _received(session, asked, line, len(told) + 1, grade)
        elif quoted(dialogue, asked, text):
            found = _quoted(session, verb, (asked, line), (row, text), grade)
        elif unknown(dialogue, asked.word, text):
            found = _unknown(session, verb, shown(dialogue, row, text))
        else:
            continue
        name = verb if found.subject is None or found.subject.startswith(UNNAMED) else found.subject
        if name not in told:
            told.add(name)
            yield found


def _quoted(session: Session, verb: str, sent: tuple[Row, bytes], reply: tuple[Row, bytes], grade: Grade) -> Finding:
    """Say that a server quotes X's of a verb that left this point whole: who redacts a capture redacts both."""
    whole = grade.sure is Confidence.LIKELY and _is_no_word(verb, sent[1], reply[1])
    return seen(
        session,
        "verb-masked",
        verb,
        f"the server quotes {verb} as X's: it received the verb overwritten",
        shown(session.dialogue, *reply),
        more=(shown(session.dialogue, *sent),),
        confidence=Confidence.PROVEN if whole else grade.sure,
        doubts=() if whole else grade.doubts,
    )


def _is_no_word(verb: str, line: bytes, answer: bytes) -> bool:
    """Tell whether X's can hardly stand for a word of four letters that somebody redacted in the answer."""
    argument = line[len(verb) :]
    return len(verb) > SHORT or (bool(argument.strip()) and b"X" * len(verb) + argument.upper() in answer.upper())


def _received(session: Session, asked: Row, line: bytes, number: int, grade: Grade) -> Finding:
    """Say that a command came masked; which one it was its length and its place may tell."""
    name = verb_behind(line, begun=begun(session.dialogue, asked))
    summary = "a command came to this point with its verb overwritten"
    if name:
        summary += f"; by its length and its place it may be {name}"
    subject = name or f"{UNNAMED}{number}"
    return seen(
        session,
        "verb-masked",
        subject,
        summary,
        shown(session.dialogue, asked, line),
        where=Where.CLIENT_SIDE,
        confidence=grade.sure,
        doubts=grade.doubts,
    )


def _unknown(session: Session, verb: str, shown: Evidence) -> Finding:
    """Say that a server behind a masked greeting does not know a verb that nearly all know."""
    return seen(
        session,
        "verb-masked",
        verb,
        f"{verb} is unknown to a server whose greeting is masked: it may have received the verb overwritten",
        shown,
        confidence=Confidence.POSSIBLE,
        doubts=(f"a server that does not know {verb}; a capture at the server shows what it received",),
    )


def _grade(dialogue: Dialogue) -> Grade:
    """Doubt the masks of who types, one character a segment: each is masked alone, and no real client suffers."""
    if any(typed(row) for _, row in dialogue.commands()):
        return Grade(Confidence.POSSIBLE, (TYPED, REDACTED))
    return Grade(Confidence.LIKELY, (REDACTED,))
