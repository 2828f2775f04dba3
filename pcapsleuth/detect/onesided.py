"""What one capture alone shows of an editor elsewhere on the path: masks that no server and no client writes.

It proves that somebody between this point and the other end overwrites, never which box, and not what stood there.
"""

from __future__ import annotations

import re

from pcapsleuth.compare.masking import LETTERED
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity, Where
from pcapsleuth.detect.proof import SHOWN
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue, Row

FILLED = re.compile(rb"X{2,}|[*]+|_+|x{3,}")
ECHO = re.compile(rb"[\"'`(: ]((?:X{4,})|(?:x{4,}))[\"'` )]")

REDACTED = "people who redact a capture write such characters as well"


def masked_greeting(text: bytes) -> bool:
    """Tell whether a reply is a greeting of stars, with 2, 0 and blanks at most."""
    body = text[3:]
    return text.startswith(b"220") and b"*" in body and not body.strip(b"*20 -\r\n")


def masked_line(text: bytes, number: int) -> bool:
    """Tell whether a keyword line is filler, or X's with the letter whose turn it is in the list."""
    lettered = LETTERED.fullmatch(text) is not None and len(text) > 1 and text[-1] == ord("A") + number - 1
    return lettered or FILLED.fullmatch(text) is not None


def seen(
    session: Session,
    label: str,
    subject: str | None,
    summary: str,
    shown: Evidence,
    where: Where = Where.SERVER_SIDE,
    confidence: Confidence = Confidence.LIKELY,
) -> Finding:
    """Make the finding of a mask that this side shows: what came in elsewhere is not known."""
    return Finding(
        label=label,
        subject=subject,
        severity=Severity.WARNING,
        confidence=confidence,
        summary=summary,
        where=where,
        session=session.number,
        egress=shown.text,
        evidence=(shown,),
        doubts=(REDACTED,),
    )


def shown(dialogue: Dialogue, row: Row, text: bytes, start: int = 0) -> Evidence:
    """The bytes of a row, or of a part of it that begins at `start`."""
    frame = dialogue.frame(dialogue.rows.index(row), start) if start else row.first_frame
    return Evidence("single", frame, row.offset + start, text[:SHOWN])
