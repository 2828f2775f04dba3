"""What one capture alone shows of an editor elsewhere on the path: masks that no server and no client writes.

It proves that somebody between this point and the other end overwrites, never which box, and not what stood there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pcapsleuth.compare.masking import LETTERED
from pcapsleuth.detect.finding import Confidence, Evidence, Finding, Severity, Where
from pcapsleuth.detect.proof import SHOWN
from pcapsleuth.smtp.dialogue import Dialogue, Row

if TYPE_CHECKING:
    from pcapsleuth.detect.scope import Session  # what sessions are compared by is told by the masks here

FILLED = re.compile(rb"X{2,}|[*]+|_+|x{3,}")
FILLED_LINE = re.compile(rb"X{2,}|[*]+|_+")
"""No device is known to write x's over a keyword; people do."""

ECHO = re.compile(rb"50[0-4][ -].*?(?<![\w.@*-])(X{4,}|x{4,})(?![\w@*-]|\.\w)", re.DOTALL)
"""An error of a server that quotes X's; addresses and host names of X's are what people made of them."""

SHORTEST = 4
"""Characters that a masked greeting has at least: no host name is shorter."""

UNSPOKEN = frozenset({b"EHLO", b"AUTH", b"STARTTLS", b"BDAT"})
"""Verbs outside the seven of RFC 821 that fixups mask and that a server seldom does not know."""

UNKNOWN = re.compile(rb"50[02][ -].*(recogni|unknown|implement|invalid command)", re.IGNORECASE)
"""That a server does not know a command, in the words of most."""

VERB = 4
"""Letters of the shortest verb."""

REDACTED = "people who redact a capture write such characters as well"


def masked_greeting(text: bytes) -> bool:
    """Tell whether a reply is a greeting of stars, with 2, 0 and blanks at most."""
    body = text[3:]
    starred = b"*" in body and not body.strip(b"*20 -\r\n")
    return text.startswith(b"220") and starred and len(body.strip(b" -\r\n")) >= SHORTEST


def masked_line(text: bytes, number: int) -> bool:
    """Tell whether a keyword line is filler, or X's with the letter whose turn it is in the list."""
    lettered = LETTERED.fullmatch(text) is not None and len(text) > 1 and text[-1] == ord("A") + number - 1
    return lettered or FILLED_LINE.fullmatch(text) is not None


def greeting(dialogue: Dialogue) -> tuple[Row, bytes] | None:
    """The greeting of a session, and its text."""
    first = dialogue.script.greetings[:1]
    return (dialogue.rows[first[0]], dialogue.text(dialogue.rows[first[0]]).rstrip(b"\r\n")) if first else None


def masked_word(word: bytes) -> bool:
    """Tell whether a verb is filler, and long enough to have been one."""
    return len(word) >= VERB and FILLED.fullmatch(word) is not None


def quoted_mask(verb: bytes, line: bytes, answer: bytes) -> bytes | None:
    """The mask that a server quotes in the place of a command's verb: as long as that, and not the client's own."""
    found = ECHO.match(answer)
    return found[1] if found and len(found[1]) == len(verb) and found[1] not in line else None


def begun(dialogue: Dialogue, command: Row) -> bool:
    """Tell whether the client had said who it is before a command."""
    return any(row.word in (b"EHLO", b"HELO") and row.offset < command.offset for _, row in dialogue.commands())


def unknown(dialogue: Dialogue, verb: bytes, answer: bytes) -> bool:
    """Tell whether a server behind a masked greeting does not know a verb that nearly all know."""
    if verb not in UNSPOKEN or not UNKNOWN.match(answer):
        return False
    found = greeting(dialogue)
    return found is not None and masked_greeting(found[1])


def seen(  # noqa: PLR0913  what they all have in common has a default
    session: Session,
    label: str,
    subject: str | None,
    summary: str,
    shown: Evidence,
    *,
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
        evidence=(shown,),
        doubts=doubts,
    )


def shown(dialogue: Dialogue, row: Row, text: bytes, start: int = 0) -> Evidence:
    """The bytes of a row, or of a part of it that begins at `start`."""
    frame = dialogue.frame(dialogue.rows.index(row), start) if start else row.first_frame
    return Evidence("single", frame, row.offset + start, text[:SHOWN])
