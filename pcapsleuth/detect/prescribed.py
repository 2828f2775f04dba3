"""The test of KB 320027 as one side shows it: who answers a verb that does not exist, and how.

One side shows answers, not who gave them. So little is said: of `OK` without a code, which no server sends, and in a
session in which somebody made the test, of what became of the verb, and of EHLO if the server is known to speak it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.finding import Confidence, Finding
from pcapsleuth.detect.marks import masked_greeting
from pcapsleuth.detect.onesided import UNKNOWN, greeting, quoted, seen, shown, unknown
from pcapsleuth.detect.scope import Session
from pcapsleuth.smtp.dialogue import Dialogue, Row
from pcapsleuth.smtp.script import COMMAND, GREETING, KEPT, REPLY, Script
from pcapsleuth.smtp.words import capabilities

VERB = b"GOODMORNING"
"""The example of the article, and the word of `pcapsleuth probe`: no server has a command of that name."""

SEVEN = frozenset(["HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT"])
"""What Mailguard lets pass (RFC 821 section 4.5.1): an `OK` to these stands in the place of a real reply."""

ESMTP, EHLO = re.compile(rb"\bESMTP\b", re.IGNORECASE), re.compile(rb"\bEHLO\b", re.IGNORECASE)
OTHER_SIDE = "a capture on the server's side of the device would settle it: compare both"
ACCEPTS = "a server that accepts anything (a trap for spammers) answers the same"
NOOPED = "a device that hands the server NOOP in the verb's place gets the client the server's own answer to that"
SWITCHED_OFF = "a server whose EHLO was switched off answers the same"
DEAF = "a server that ignores what it does not know does the same"


class Question(NamedTuple):
    """A command, and the reply that came before the client went on; its place among the rows, as all here."""

    command: int
    answer: int | None


@lru_cache(KEPT)
def questions(said: Script) -> tuple[Question, ...]:
    """Commands with their answers, as somebody sees it who asks and waits."""
    found: list[Question] = []
    for at, kind in enumerate(said.kinds):
        if kind == COMMAND:
            found.append(Question(at, None))
        elif kind == REPLY and found and found[-1].answer is None and not said.flags[at] & GREETING:
            found[-1] = Question(found[-1].command, at)
    return tuple(found)


def bare(session: Session) -> Iterator[tuple[str, Row]]:
    """Verbs that were answered `OK` without a code, as no server answers."""
    dialogue = session.dialogue
    for command, answer in dialogue.script.codeless:
        row = dialogue.rows[answer]
        if dialogue.text(row).rstrip(b"\r\n") == b"OK":
            yield verb_text(dialogue.rows[command].word), row


def tested(session: Session) -> bool:
    """Tell whether somebody made the test in this session, and nothing of it is missing."""
    made = VERB in session.dialogue.script.verbs
    return made and not any(stream.gaps for stream in session.dialogue.connection.streams)


def asked(session: Session, verb: bytes) -> Iterator[tuple[Row, Row | None]]:
    """How often a verb was asked, and how it was answered."""
    said, rows = session.dialogue.script, session.dialogue.rows
    for command, answer in questions(said):
        if said.words[command] == verb:
            yield rows[command], None if answer is None else rows[answer]


def swallowed(session: Session) -> Row | None:
    """The verb, where nobody answered it and the client, having waited, went on and was answered.

    Counted as well: who asks two things at once gets both answers after the second.
    """
    said = session.dialogue.script
    if not said.replies or len(said.replies) - len(said.greetings) >= len(said.commands):
        return None
    found = next((command for command, answer in asked(session, VERB) if answer is None), None)
    if found is None:
        return None
    after = next((row for _, row in session.dialogue.commands() if row.offset > found.offset), None)
    waited = after is not None and after.first_frame > found.last_frame
    return found if waited and session.dialogue.rows[said.replies[-1]].time > found.time else None


def accepted(session: Session) -> Row | None:
    """The answer to the verb, where it is a yes of a server that does not say yes to everything."""
    answers = (answer for _, answer in asked(session, VERB) if answer is not None)
    found = next((answer for answer in answers if answer.word[:1] == b"2"), None)
    return found if found is not None and _discerns(session.dialogue) else None


def _discerns(dialogue: Dialogue) -> bool:
    """Tell whether more is behind than a yes to everything: a list, a refusal, or a greeting that somebody masked."""
    first = greeting(dialogue)
    refuses = any(row.word[:1] in (b"4", b"5") for _, row in dialogue.replies())
    return refuses or bool(capabilities(dialogue)) or (first is not None and masked_greeting(first[1]))


def refused(session: Session) -> Row | None:
    """The answer to EHLO, where it is that of a server that does not know it, though this one by its own words does.

    A server that knows only HELO answers so as well, and lawfully (RFC 5321 section 3.2): without such words nothing
    can be said. Where the verb was seen to come in masked, that was the reason.
    """
    dialogue = session.dialogue
    if not _speaks(session):
        return None
    for command, answer in asked(session, b"EHLO"):
        text = dialogue.text(answer).rstrip(b"\r\n") if answer is not None else b""
        masked = quoted(dialogue, command, text) or unknown(dialogue, command.word, text)
        if UNKNOWN.match(text) and not masked:
            return answer
    return None


def _speaks(session: Session) -> bool:
    """Tell whether the server says that it speaks ESMTP: in its greeting, or in what it helps with."""
    first = greeting(session.dialogue)
    helps = (answer for _, answer in asked(session, b"HELP") if answer is not None and answer.word[:2] == b"21")
    return bool(first and ESMTP.search(first[1])) or any(EHLO.search(session.dialogue.text(one)) for one in helps)


def suspected(
    session: Session,
    label: str,
    verb: str,
    summary: str,
    row: Row,
    doubts: tuple[str, ...] = (),
    confidence: Confidence = Confidence.LIKELY,
) -> Finding:
    """Make the finding from the row that shows it."""
    text = session.dialogue.text(row).rstrip(b"\r\n")
    made = seen(session, label, verb, summary, shown(session.dialogue, row, text))
    return replace(made, confidence=confidence, doubts=(*doubts, OTHER_SIDE))
