"""What each kind of line, reply and data becomes: rows as short text, see `talk.show`."""

from __future__ import annotations

import pytest

from pcapsleuth.smtp.dialogue import Flag, Kind
from pcapsleuth.smtp.words import command
from tests.smtp import conversations
from tests.smtp.talk import bytewise, deliver, read, show, turns

GREETED = "S: 220 mx ESMTP\n"
READY = GREETED + "C: HELO c\nS: 250 mx\n"
MAIL = READY + "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"


def tail(text: str, count: int) -> list[str]:
    return show(read(text))[-count:]


@pytest.mark.parametrize(
    ("line", "verb", "argument"),
    [
        ("EHLO client", b"EHLO", b"client"),
        ("ehlo client", b"EHLO", b"client"),
        ("  EHLO   client  ", b"EHLO", b"client"),
        ("EHLO\tclient", b"EHLO", b"client"),
        ("MAIL FROM:<a@b> SIZE=5", b"MAIL", b"FROM:<a@b> SIZE=5"),
        ("MAIL FROM: a@b", b"MAIL", b"FROM: a@b"),
        ("MAILFROM:<a@b>", b"MAIL", b"FROM:<a@b>"),
        ("RCPTTO:<a@b>", b"RCPT", b"TO:<a@b>"),
        ("rcpt to:<a@b>", b"RCPT", b"to:<a@b>"),
        ("goodmorning", b"GOODMORNING", b""),
        ("XXXX client", b"XXXX", b"client"),
        ("**** client", b"****", b"client"),
        ("xxxx", b"XXXX", b""),
        ("MAILBOX", b"MAILBOX", b""),
        ("", b"", b""),
    ],
)
def test_any_line_is_a_command(line: str, verb: bytes, argument: bytes) -> None:
    dialogue = read(f"{GREETED}C: {line}\nS: 250 ok\n")

    assert command(dialogue, dialogue.rows[1]) == (verb, argument)
    assert dialogue.rows[2].answers == 1


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("S: 554 no", "S REPLY 554 no [GREETING]"),
        ("S: 421 later", "S REPLY 421 later [GREETING]"),
        ("S: 220", "S REPLY 220 [GREETING]"),
        ("S: 220mail", "S REPLY 220mail [GREETING]"),
        ("S: 220-a\nS: 220 b", "S REPLY 220-a / 220 b [GREETING]"),
        ("S: 220-a\nS: 220", "S REPLY 220-a / 220 [GREETING]"),
        ("S: 220-a\nS: 221 b", "S REPLY 220-a / 221 b [GREETING|MIXED_CODES]"),
        ("S: 220-a\nS: stray\nS: 220 b", "S REPLY 220-a / stray / 220 b [CODELESS|GREETING]"),
        ("S: 220*****0*2**", "S REPLY 220*****0*2** [GREETING]"),
        ("S: ****", "S REPLY **** [CODELESS|GREETING]"),
        ("S: 2200 x", "S REPLY 2200 x [CODELESS|GREETING]"),
    ],
)
def test_greetings(reply: str, shown: str) -> None:
    assert show(read(reply)) == [shown]


def test_a_reply_of_another_class_ends_one_that_never_ends() -> None:
    assert show(read("S: 220-****\nS: 421 bye")) == [
        "S REPLY 220-**** [UNTERMINATED|GREETING]",
        "S REPLY 421 bye",
    ]


def test_a_masked_second_greeting_line_never_ends_the_greeting() -> None:
    assert show(read(conversations.NEVER_ENDING))[:3] == [
        "S REPLY 220-****************** / ********* [UNTERMINATED|CODELESS|GREETING]",
        "C COMMAND EHLO c",
        "S REPLY 500 what -> 1",
    ]


def test_a_slow_greeting_is_not_ended_by_an_early_talker() -> None:
    assert show(read("S: 220-wait\nC: EHLO c\nS: 220 go\nS: 250 mx")) == [
        "C COMMAND EHLO c [EARLY]",
        "S REPLY 220-wait / 220 go [GREETING]",
        "S REPLY 250 mx -> 0",
    ]


def test_an_ehlo_reply_without_end_is_ended_by_the_next_command() -> None:
    assert tail(GREETED + "C: EHLO c\nS: 250-mx\nS: 250-SIZE\nC: MAIL FROM:<a@b>\nS: 250 ok", 3) == [
        "S REPLY 250-mx / 250-SIZE -> 1 [UNTERMINATED]",
        "C COMMAND MAIL FROM:<a@b>",
        "S REPLY 250 ok -> 3",
    ]


def test_a_line_without_code_is_a_reply() -> None:
    assert tail(READY + "C: goodmorning\nS: OK\nC: NOOP\nS: 250 ok", 4) == [
        "C COMMAND goodmorning",
        "S REPLY OK -> 3 [CODELESS]",
        "C COMMAND NOOP",
        "S REPLY 250 ok -> 5",
    ]


def test_an_unasked_reply_answers_nothing() -> None:
    assert tail(READY + "S: 421 timeout", 1) == ["S REPLY 421 timeout"]


def test_data_refused_leaves_commands() -> None:
    assert tail(MAIL + "C: DATA\nS: 554 no\nC: RSET\nS: 250 ok", 3) == [
        "S REPLY 554 no -> 7",
        "C COMMAND RSET",
        "S REPLY 250 ok -> 9",
    ]


def test_an_empty_body_ends_at_the_crlf_of_the_data_line() -> None:
    dialogue = read(MAIL + "C: DATA\nS: 354 go\nC: .\nS: 250 ok")

    (mail,) = dialogue.mails
    assert (mail.length, mail.complete, mail.header, mail.body_offset) == (0, True, b"", -1)
    assert [size for _, _, size in mail.terminator] == [2, 3]


def test_a_reply_in_the_midst_of_mail_data_answers_it() -> None:
    dialogue = read(MAIL + "C: DATA\nS: 354 go\nC: x: y\nS: 552 too long\nC: \nC: .\nC: QUIT\nS: 221 bye")

    assert show(dialogue)[-4:] == ["C MAIL 11", "S REPLY 552 too long -> 9", "C COMMAND QUIT", "S REPLY 221 bye -> 11"]
    assert dialogue.mails[0].ended


def test_an_acceptance_without_end_ends_the_mail_data() -> None:
    dialogue = read(
        MAIL + "C: DATA\nS: 354 go\nC: x: y\nC: \nC: text\nS: 250 queued\nC: still text\nC: QUIT\nS: 221 bye"
    )

    assert show(dialogue)[-5:] == [
        "C MAIL 14 [UNCERTAIN|UNTERMINATED]",
        "S REPLY 250 queued -> 9",
        "C STRAY 12 [UNCERTAIN]",
        "C COMMAND QUIT [UNCERTAIN]",
        "S REPLY 221 bye -> 12",
    ]
    assert (dialogue.mails[0].ended, dialogue.mails[0].complete) == (False, False)


@pytest.mark.parametrize(
    ("end", "flag", "ended"),
    [
        (r"\n.\n", Flag.BARE_LF, True),
        (r"\n.\r\n", Flag.BARE_LF, True),
        (r"\r.\r", Flag.BARE_CR, True),
        (r"\r\n.\n", Flag.BARE_LF, True),
        (r"\r\n. \r\n", Flag.UNCERTAIN | Flag.UNTERMINATED, False),
    ],
)
def test_a_lenient_server_accepts_other_ends(end: str, flag: Flag, ended: bool) -> None:
    dialogue = read(MAIL + f"C: DATA\nS: 354 go\nC| x: y{end}\nS: 250 queued")

    row = next(row for row in dialogue.rows if row.kind == Kind.MAIL)
    assert Flag(row.flags) == flag
    assert dialogue.mails[0].ended is ended


def test_a_354_to_something_else_is_believed() -> None:
    assert tail(MAIL + "C: XXXX\nS: 354 go\nC: x: y\nC: .\nS: 250 ok", 3) == [
        "S REPLY 354 go -> 7",
        "C MAIL 9 [UNCERTAIN]",
        "S REPLY 250 ok -> 9",
    ]


@pytest.mark.parametrize("argument", ["", "x", "-1", "5 X", "5 LAST X", "99999999999999999999"])
def test_a_bdat_that_says_nothing_has_no_chunk(argument: str) -> None:
    dialogue = read(MAIL + f"C: BDAT {argument}\nS: 501 what\nC: RSET\nS: 250 ok")

    assert not any(row.kind == Kind.CHUNK for row in dialogue.rows)
    assert dialogue.mails == []


def test_chunks_of_one_message_are_one_mail() -> None:
    dialogue = read(conversations.CHUNKS)

    (mail,) = dialogue.mails
    assert (mail.rows, mail.row, mail.length, mail.complete, mail.chunked) == ((6, 8), 8, 22, True, True)
    assert mail.plain_digest == mail.digest


def test_an_empty_last_chunk_ends_the_message() -> None:
    dialogue = read(MAIL + r"C| BDAT 3\r\na\r\nBDAT 0 LAST\r\n" + "\nS: 250 ok\nS: 250 ok\nC: QUIT\nS: 221 bye")

    assert show(dialogue)[-8:] == [
        "C COMMAND BDAT 3",
        "C CHUNK 3",
        "C COMMAND BDAT 0 LAST",
        "C CHUNK 0",
        "S REPLY 250 ok -> 7",
        "S REPLY 250 ok -> 9",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 13",
    ]
    assert dialogue.mails[0].complete


def test_a_message_of_chunks_that_is_abandoned_has_no_end() -> None:
    dialogue = read(MAIL + r"C| BDAT 3\r\na\r\nRSET\r\n" + "\nS: 250 ok\nS: 250 ok")

    assert [(mail.ended, mail.length) for mail in dialogue.mails] == [(False, 3)]


def test_a_refused_chunk_is_sent_all_the_same() -> None:
    assert tail(READY + r"C| BDAT 6 LAST\r\nQUIT\r\nRSET\r\n" + "\nS: 503 no\nS: 250 ok", 5) == [
        "C COMMAND BDAT 6 LAST",
        "C CHUNK 6",
        "C COMMAND RSET",
        "S REPLY 503 no -> 3",
        "S REPLY 250 ok -> 5",
    ]


def test_a_masked_bdat_has_a_chunk_whose_lines_are_answered() -> None:
    dialogue = read(conversations.MASKED)

    assert show(dialogue)[7:13] == [
        "C COMMAND XXXX 14 LAST",
        "C CHUNK 14 [MASKED_CHUNK]",
        'S REPLY 500 unknown: "XXXX 14 LAST" -> 7',
        'S REPLY 500 unknown: "a: b" -> 8 ...',
        'S REPLY 500 unknown: "" -> 8 ...',
        'S REPLY 500 unknown: "hello" -> 8',
    ]
    assert b"hello\n" not in dialogue.blob.replace(b'"hello"', b"")


@pytest.mark.parametrize("line", ["XXXX 14 FIRST", "XXXXX 14", "XYXY 14", "XXXX", "XXXX a 14", "XXXX 14x"])
def test_other_masked_commands_have_no_chunk(line: str) -> None:
    assert tail(MAIL + f"C: {line}\nC: QUIT\nS: 500 what\nS: 221 bye", 3) == [
        "C COMMAND QUIT",
        "S REPLY 500 what -> 7",
        "S REPLY 221 bye -> 8",
    ]


def test_xexch50_has_a_blob_between_its_replies() -> None:
    assert show(read(conversations.EXCHANGE))[11:15] == [
        "C COMMAND XEXCH50 12 2",
        "S REPLY 354 Send binary data -> 11 ...",
        "C CHUNK 12",
        "S REPLY 250 XEXCH50 OK -> 11",
    ]


def test_xexch50_refused_has_no_blob() -> None:
    assert tail(READY + "C: XEXCH50 12 2\nS: 504 no\nC: QUIT\nS: 221 bye", 3) == [
        "S REPLY 504 no -> 3",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 5",
    ]


def test_starttls_makes_both_directions_opaque() -> None:
    dialogue = read(conversations.STARTTLS)

    assert show(dialogue)[-2:] == ["C TLS 38", "S TLS 27"]
    assert dialogue.tls
    assert len(dialogue.client_hello) == len(dialogue.server_hello) == 16
    assert b"client" not in dialogue.blob.replace(b"EHLO client", b"")


@pytest.mark.parametrize("reply", ["454 later", "500 what", "OK"])
def test_starttls_refused_leaves_commands(reply: str) -> None:
    dialogue = read(GREETED + f"C: STARTTLS\nS: {reply}\nC: HELO c\nS: 250 mx")

    assert show(dialogue)[-2:] == ["C COMMAND HELO c", "S REPLY 250 mx -> 3"]
    assert not dialogue.tls


def test_clear_text_after_starttls_is_noted() -> None:
    dialogue = read(conversations.CLEAR_AFTER_STARTTLS)

    assert show(dialogue)[-2:] == ["C COMMAND EHLO c", "S REPLY 250 mx -> 3"]
    assert [one.kind for one in dialogue.connection.anomalies] == ["clear-after-starttls"]


def test_the_digest_of_a_hello_is_of_its_record_alone() -> None:
    hello = r"\x16\x03\x01\x00\x04ABCD"
    once = read(rf"C| {hello}").client_hello

    assert once
    assert read(rf"C| {hello}more").client_hello == once
    assert read(r"C| \x16\x03\x01\x00\x04ABCE").client_hello != once
    assert read(r"C| \x16\x03\x01\x00\x05ABCD").client_hello == b""


def test_tls_from_the_first_byte() -> None:
    dialogue = read(r"C| \x16\x03\x01\x00\x01A" + "\n" + r"S| \x16\x03\x01\x00\x01B")

    assert show(dialogue) == ["C TLS 6", "S TLS 6"]
    assert dialogue.tls


def test_tls_that_nobody_agreed_upon_is_noted() -> None:
    dialogue = read(READY + r"C| \x16\x03\x01\x00\x01A" + "\nS: 500 what")

    assert show(dialogue)[-2:] == ["C TLS 6", "S REPLY 500 what"]
    assert not dialogue.tls
    assert [one.kind for one in dialogue.connection.anomalies] == ["tls-unasked"]


def test_early_commands() -> None:
    assert show(read("C: EHLO c\nS: 554 talked too soon\nS: 250 mx")) == [
        "C COMMAND EHLO c [EARLY]",
        "S REPLY 554 talked too soon [GREETING]",
        "S REPLY 250 mx -> 0",
    ]


def test_lmtp_has_a_reply_for_each_recipient() -> None:
    assert show(read(conversations.LMTP))[-3:] == [
        "S REPLY 250 c took it -> 13 ...",
        "S REPLY 452 e is full -> 13",
        "S REPLY 221 bye -> 14",
    ]


def test_xclient_is_answered_by_a_greeting() -> None:
    assert show(read(conversations.PROXIED))[:4] == [
        "C PROXY 43 PROXY TCP4 192.0.2.1 198.51.100.2 5000 25",
        "S REPLY 220 mx ESMTP [GREETING]",
        "C COMMAND XCLIENT ADDR=192.0.2.9",
        "S REPLY 220 mx ESMTP again -> 2 [GREETING]",
    ]


def test_a_binary_proxy_header() -> None:
    rows = read(conversations.PROXIED_BINARY).rows

    assert [(Kind(row.kind), row.length) for row in rows[:1]] == [(Kind.PROXY, 28)]
    assert rows[2].offset == 28


@pytest.mark.parametrize("head", [r"\r\nEHLO c\r\n", r"\r\n\r\nEHLO c\r\n", r"\rEHLO c\r\n"])
def test_blank_lines_are_no_proxy_header(head: str) -> None:
    dialogue = read(rf"C| {head}")

    assert dialogue.rows[-1].word.endswith(b"EHLO")
    assert all(row.kind == Kind.COMMAND for row in dialogue.rows)


@pytest.mark.parametrize("verb", ["VRFY x", "EXPN x", "ETRN x", "TURN", "ATRN x", "HELP", "XFORWARD NAME=x"])
def test_other_verbs_have_one_reply(verb: str) -> None:
    assert tail(READY + f"C: {verb}\nS: 250-a\nS: 250 b\nC: QUIT\nS: 221 bye", 3) == [
        "S REPLY 250-a / 250 b -> 3",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 5",
    ]


def test_what_never_ended_is_unterminated() -> None:
    assert show(read(GREETED + r"C| QUIT")) == ["S REPLY 220 mx ESMTP [GREETING]", "C COMMAND QUIT [UNTERMINATED]"]
    assert show(read(r"S| 220 mx")) == ["S REPLY 220 mx [UNTERMINATED|GREETING]"]


def test_characters_typed_one_by_one_are_counted() -> None:
    rows = deliver(bytewise(turns(READY))).rows

    assert [(row.word, row.segments, row.last_frame - row.first_frame + 1) for row in rows[1:]] == [
        (b"HELO", 8, 8),
        (b"250", 8, 8),
    ]


def test_segments_of_the_other_side_are_not_counted() -> None:
    text = "S: 220 mx ESMTP\nC| NO\nS| 250-un\nC| OP\\r\\n\nS| asked\\r\\n250 for\\r\\n"

    assert [row.segments for row in read(text).rows] == [1, 2, 2]
