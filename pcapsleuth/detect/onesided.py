"""What one capture alone shows of an editor elsewhere on the path: masks that no server and no client writes.

It proves that somebody between this point and the other end overwrites, never which box, and not what stood there.
"""

from __future__ import annotations

import re

from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity, Where
from pcapsleuth.detect.marks import masked_greeting, quoted_mask
from pcapsleuth.detect.proof import SHOWN
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.smtp.words import listed

UNSPOKEN = frozenset({b"EHLO", b"AUTH", b"STARTTLS", b"BDAT"})
"""Verbs outside the seven of RFC 821 that fixups mask and that a server seldom does not know."""

UNKNOWN = re.compile(rb"50[02][ -].*(recogni|unknown|implement|invalid command)", re.IGNORECASE)
"""That a server does not know a command, in the words of most."""

DISOWNED = re.compile(UNKNOWN.pattern + rb"|50[02][ -].*(unsupported|not support)", re.IGNORECASE)
"""The same, of a command that there is: some call it unsupported."""

REDACTED = "people who redact a capture write such characters as well"


def greeting(dialogue: Dialogue) -> tuple[Row, bytes] | None:
    """The greeting of a session, and its text."""
    first = dialogue.script.greetings[:1]
    return (dialogue.rows[first[0]], dialogue.text(dialogue.rows[first[0]]).rstrip(b"\r\n")) if first else None


def begun(dialogue: Dialogue, command: Row) -> bool:
    """Tell whether the client had said who it is before a command."""
    return any(row.word in (b"EHLO", b"HELO") and row.offset < command.offset for _, row in dialogue.commands())


def quoted(dialogue: Dialogue, command: Row, answer: bytes) -> bytes | None:
    """The mask that a server quotes in the place of a command's verb, if no command came to this point so.

    Where one did, the answer may be to that: a server that was handed mail data for commands has many errors to tell.
    """
    mask = quoted_mask(command.word, dialogue.text(command), answer)
    return mask if mask and mask.upper() not in dialogue.script.verbs else None


def unknown(dialogue: Dialogue, verb: bytes, answer: bytes) -> bool:
    """Tell whether a server behind a masked greeting does not know a verb that nearly all know."""
    if verb not in UNSPOKEN or not UNKNOWN.match(answer):
        return False
    found = greeting(dialogue)
    return found is not None and masked_greeting(found[1])


def disowned(dialogue: Dialogue, at: int, answer: bytes) -> bool:
    """Tell whether the command at that place is STARTTLS, offered before, and answered as if it were no command."""
    if dialogue.rows[at].word != b"STARTTLS" or DISOWNED.match(answer) is None:
        return False
    offers = [listing for listing in dialogue.script.listings if listing < at]
    lines = listed(dialogue.text(dialogue.rows[offers[-1]])) if offers else []
    return any(line.strip().upper() == b"STARTTLS" for line in lines)


def seen(  # noqa: PLR0913  what they all have in common has a default
    session: Session,
    label: str,
    subject: str | None,
    summary: str,
    shown: Evidence,
    *,
    more: tuple[Evidence, ...] = (),
    where: Where = Where.SERVER_SIDE,
    confidence: Confidence = Confidence.LIKELY,
    severity: Severity = Severity.WARNING,
    doubts: tuple[str, ...] = (REDACTED,),
) -> Finding:
    """Make the finding of what this side alone shows: what came in elsewhere is not known."""
    return Finding(
        label=label,
        subject=subject,
        severity=severity,
        confidence=confidence,
        summary=summary,
        where=where,
        session=session.number,
        egress=shown.text,
        evidence=(shown, *more),
        doubts=doubts,
    )


def shown(dialogue: Dialogue, row: Row, text: bytes, start: int = 0) -> Evidence:
    """The bytes of a row, or of a part of it that begins at `start`."""
    frame = dialogue.frame(dialogue.rows.index(row), start) if start else row.first_frame
    return Evidence("single", frame, row.offset + start, text[:SHOWN])
