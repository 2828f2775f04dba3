"""Words, transactions and outcomes read from rows."""

from __future__ import annotations

import pytest

from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.views import (
    Reply,
    banner,
    capabilities,
    ehlo,
    exchanges,
    keywords,
    outcome,
    reply,
    transactions,
)
from pcapsleuth.tcp.connection import Mark
from tests.smtp import conversations
from tests.smtp.talk import connection, read

SECOND = 1_000_000_000
GREETED = "S: 220 mx ESMTP\n"
READY = GREETED + "C: HELO c\nS: 250 mx\n"
MAIL = READY + "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"


def test_banner_and_ehlo() -> None:
    dialogue = read("S: 220-mx ESMTP\nS: 220 welcome\nC: EHLO one\nS: 500 no\nC: HELO two\nS: 250 mx")

    assert banner(dialogue) == b"mx ESMTP\nwelcome"
    assert ehlo(dialogue) == b"two"
    assert banner(read("C: QUIT")) is None
    assert ehlo(read(GREETED)) is None


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["250-mx", "250-SIZE 5", "250 HELP"], [b"SIZE 5", b"HELP"]),
        (["250-mx", "250-SIZE 5", "250 OK"], [b"SIZE 5"]),
        (["250-mx", "250-SIZE 5", "250 ok "], [b"SIZE 5"]),
        (["250-mx", "250-SIZE 5", "250 "], [b"SIZE 5"]),
        (["250-mx", "250-SIZE 5", "250"], [b"SIZE 5"]),
        (["250-mx", "250-OK", "250 XI"], [b"OK", b"XI"]),
        (["250 mx"], []),
        (["250 OK"], []),
        (["OK"], []),
        (["500 what"], []),
    ],
)
def test_capabilities(lines: list[str], found: list[bytes]) -> None:
    answer = "\n".join(f"S: {line}" for line in lines)

    assert capabilities(read(f"{GREETED}C: EHLO c\n{answer}")) == found


def test_the_last_list_of_capabilities_counts() -> None:
    text = GREETED + "C: EHLO c\nS: 250-mx\nS: 250 A\nC: EHLO c\nS: 250-mx\nS: 250 B\nC: EHLO c\nS: 503 no"

    assert capabilities(read(text)) == [b"B"]


def test_keywords_tell_the_old_form_of_auth() -> None:
    dialogue = read(conversations.AUTH)
    old, new = keywords(dialogue, dialogue.rows[2])

    assert (old.name, old.separator, old.parameters) == (b"AUTH", b"=", b"LOGIN")
    assert (new.name, new.separator, new.parameters) == (b"AUTH", b" ", b"LOGIN PLAIN CRAM-MD5")
    assert new.offset == dialogue.rows[2].offset + len(b"250-mx\r\n250-AUTH=LOGIN\r\n")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("S: 220 a", Reply(220, (b"a",))),
        ("S: 220-a\nS: 220", Reply(220, (b"a", b""))),
        ("S: 220a", Reply(220, (b"a",))),
        ("S: OK", Reply(None, (b"OK",))),
        ("S: 220-****\nS: ****\nS: 220 x", Reply(220, (b"****", b"****", b"x"))),
        ("S| 220 a\\n", Reply(220, (b"a",))),
        ("S| 220 a", Reply(220, (b"a",))),
    ],
)
def test_words_of_a_reply(sent: str, words: Reply) -> None:
    dialogue = read(sent)

    assert reply(dialogue, dialogue.rows[0]) == words


def test_exchanges() -> None:
    found = [(one.row, one.final, one.replies) for one in exchanges(read(conversations.AUTH))]

    assert found == [(1, 2, (2,)), (3, 4, (4,)), (5, 10, (6, 8, 10)), (11, 14, (12, 14)), (15, 16, (16,))]


def paths(dialogue: Dialogue) -> list[tuple[bytes, list[tuple[bytes, bool | None]], bool | None, bool]]:
    return [
        (one.reverse_path, [(to.path, to.accepted) for to in one.forward_paths], one.accepted, one.complete)
        for one in transactions(dialogue)
    ]


def test_mails_of_one_connection_are_kept_apart() -> None:
    assert paths(read(conversations.PIPELINED)) == [
        (b"a@b", [(b"c@d", True), (b"nobody@d", False)], True, True),
        (b"", [], None, False),
    ]


@pytest.mark.parametrize("reset", ["RSET", "EHLO c", "HELO c"])
def test_a_reset_ends_a_transaction(reset: str) -> None:
    text = MAIL + f"C: {reset}\nS: 250 ok\nC: RCPT TO:<late@d>\nS: 503 no\nC: MAIL FROM:<x@y>\nS: 250 ok"

    assert paths(read(text)) == [(b"a@b", [(b"c@d", True)], None, False), (b"x@y", [], None, False)]


def test_a_refused_second_mail_leaves_the_first_open() -> None:
    text = MAIL + "C: MAIL FROM:<x@y>\nS: 503 nested\nC: RCPT TO:<e@d>\nS: 250 ok"

    assert paths(read(text)) == [
        (b"a@b", [(b"c@d", True), (b"e@d", True)], None, False),
        (b"x@y", [], False, False),
    ]


def test_chunks_are_a_transaction() -> None:
    assert paths(read(conversations.CHUNKS)) == [(b"a@b", [(b"c@d", True)], True, True)]


def test_lmtp_delivers_if_one_recipient_is_taken() -> None:
    assert paths(read(conversations.LMTP))[0][2] is True


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("FROM:<a@b> SIZE=5", b"a@b"),
        ("FROM: <a@b>", b"a@b"),
        ("from:a@b SIZE=5", b"a@b"),
        ("FROM:<>", b""),
        ('FROM:<"x>y"@b> X=1', b'"x>y"@b'),
        ("FROM:<a@b", b"a@b"),
        ("a@b", b"a@b"),
    ],
)
def test_paths(argument: str, path: bytes) -> None:
    assert transactions(read(READY + f"C: MAIL {argument}\nS: 250 ok"))[0].reverse_path == path


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
