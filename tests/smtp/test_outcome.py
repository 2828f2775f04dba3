"""How sessions come out, read from rows."""

from __future__ import annotations

import pytest

from pcapsleuth.smtp.outcome import outcome
from pcapsleuth.tcp.connection import Mark
from tests.smtp import conversations
from tests.smtp.talk import connection, read

SECOND = 1_000_000_000
GREETED = "S: 220 mx ESMTP\n"
READY = GREETED + "C: HELO c\nS: 250 mx\n"
MAIL = READY + "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"


def ended(text: str, *, end: str = "fin", silence: int = 0, acked: int = 0) -> str:
    """Say the outcome of a conversation that ends by a FIN, a RST or not at all, after some silence.

    `acked`: how many bytes of the server the client acknowledged.
    """
    of = connection()
    for stream in of.streams:
        stream.segments = 9
    of.streams[1].acked = acked
    if end:
        setattr(of.streams[0], end, Mark(0, 99, 0))
    dialogue = read(text, of)
    of.end = max((row.time for row in dialogue.rows), default=of.start) + silence
    return outcome(dialogue)


SENT = MAIL + "C: DATA\nS: 354 go\nC: x: y\nC: .\n"
AGAIN = SENT + "S: 250 queued\n"
NEXT = AGAIN + SENT.removeprefix(READY)


@pytest.mark.parametrize(
    ("text", "end", "silence", "word"),
    [
        (SENT + "S: 250 queued\nC: QUIT\nS: 221 bye", "fin", 0, "delivered"),
        (SENT + "S: 250 queued", "rst", 0, "delivered"),
        (SENT + "S: 250 queued\nC: QUIT", "", 0, "delivered"),
        (SENT + "S: 550 no\nC: QUIT\nS: 221 bye", "fin", 0, "refused"),
        (READY + "C: MAIL FROM:<a@b>\nS: 451 later\nC: QUIT\nS: 221 bye", "fin", 0, "refused"),
        ("S: 554 no\nC: QUIT\nS: 221 bye", "fin", 0, "refused"),
        ("S: 421 no", "fin", 0, "refused"),
        (READY + "C: MAIL FROM:<a@b>\nS: 550 no\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye", "fin", 0, "refused"),
        (READY + "C: QUIT\nS: 221 bye", "fin", 0, "gave-up"),
        (READY, "fin", 0, "gave-up"),
        (NEXT, "rst", 0, "cut"),
        (NEXT, "fin", 0, "cut"),
        (NEXT, "", 31 * SECOND, "timed-out"),
        (NEXT, "", 0, "delivered"),
        (NEXT + "S: 550 no\nC: QUIT\nS: 221 bye", "fin", 0, "delivered"),
        (AGAIN + "C: MAIL FROM:<a@b>\nS: 250 ok", "rst", 0, "delivered"),
        (AGAIN + "C: RSET", "rst", 0, "delivered"),
        (AGAIN + "C: NOOP", "rst", 31 * SECOND, "delivered"),
        (SENT, "rst", 0, "cut"),
        (SENT, "fin", 0, "cut"),
        (MAIL + "C: DATA\nS: 354 go\nC: x: y", "fin", 0, "cut"),
        (MAIL + "C: DATA\nS: 354 go", "fin", 0, "cut"),
        (GREETED + "C: EHLO c", "rst", 0, "cut"),
        (READY, "rst", 0, "cut"),
        (SENT, "fin", 31 * SECOND, "timed-out"),
        (SENT, "rst", 31 * SECOND, "timed-out"),
        (GREETED + "C: EHLO c", "", 31 * SECOND, "timed-out"),
        (READY, "", 0, "unknown"),
        (READY, "", 31 * SECOND, "timed-out"),
        ("", "", 0, "unknown"),
        ("", "rst", 0, "cut"),
        ("", "fin", 31 * SECOND, "timed-out"),
        (conversations.STARTTLS, "fin", 0, "unknown"),
    ],
)
def test_outcomes(text: str, end: str, silence: int, word: str) -> None:
    assert ended(text, end=end, silence=silence) == word


@pytest.mark.parametrize(
    ("text", "acked", "word"),
    [
        # The client has what the capture lost: it may be the answer to the mail.
        (SENT + "! S 20 lost\nC: QUIT\nS: 221 bye", 1_000, "unknown"),
        (SENT + "! S 20 lost", 1_000, "unknown"),
        (READY + "C: MAIL FROM:<a@b>\n! S 20 lost\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye", 1_000, "unknown"),
        # It never came: then the client had no answer.
        (SENT + "! S 20 lost", 0, "cut"),
        # What was lost is no answer to the mail, for that was seen.
        (SENT + "S: 550 no\nC: QUIT\n! S 20 lost", 1_000, "refused"),
        (SENT + "S: 250 queued\nC: QUIT\n! S 20 lost", 1_000, "delivered"),
        (MAIL + "! S 20 lost\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye", 1_000, "gave-up"),
    ],
)
def test_an_answer_that_the_capture_lost_is_not_guessed(text: str, acked: int, word: str) -> None:
    assert ended(text, acked=acked) == word
