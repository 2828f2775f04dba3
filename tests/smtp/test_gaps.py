"""What is missing in a capture makes doubt, not errors: pairing finds its feet again."""

from __future__ import annotations

import pytest

from pcapsleuth.smtp.dialogue import Kind
from pcapsleuth.tcp.connection import Direction
from tests.smtp.talk import deliver, read, show, turns

GREETED = "S: 220 mx ESMTP\n"
READY = GREETED + "C: HELO c\nS: 250 mx\n"
MAIL = READY + "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"


def behind(text: str) -> list[str]:
    """Rows from the gap on."""
    rows = show(read(text))
    return rows[next(i for i, row in enumerate(rows) if " GAP " in row) :]


def test_half_a_command_before_a_gap_is_stray_and_keeps_no_text() -> None:
    dialogue = read(READY + "C| MAIL FR\n! C 20 lost\nC| rg>\\r\\nRCPT TO:<x@y>\\r\\n\nS: 250 ok\nS: 250 ok")

    assert show(dialogue)[3:] == [
        "C STRAY 7 [UNCERTAIN]",
        "C GAP 20",
        "C STRAY 5 [UNCERTAIN]",
        "C COMMAND RCPT TO:<x@y> [UNCERTAIN]",
        "S REPLY 250 ok -> 6 [UNCERTAIN]",
        "S REPLY 250 ok [UNCERTAIN]",
    ]
    assert b"MAIL" not in dialogue.blob


def test_the_reply_to_a_lost_command_answers_nothing() -> None:
    assert behind(READY + "! C 18 lost\nS: 250 sender ok\nC: RCPT TO:<x@y>\nS: 250 ok") == [
        "C GAP 18",
        "S REPLY 250 sender ok [UNCERTAIN]",
        "C COMMAND RCPT TO:<x@y> [UNCERTAIN]",
        "S REPLY 250 ok -> 5",
    ]


def test_a_lost_reply_is_known_by_the_next_command() -> None:
    assert behind(READY + "C: NOOP\n! S 8 lost\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye") == [
        "S GAP 8",
        "C COMMAND RSET [UNCERTAIN]",
        "S REPLY 250 ok -> 5 [UNCERTAIN]",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 7",
    ]


def test_the_beginning_of_a_reply_before_a_gap_stands() -> None:
    assert show(read(READY + "C: NOOP\nS| 250 2.0.0 queued as 12\n! S 9 snaplen\nC: QUIT\nS: 221 bye"))[3:] == [
        "C COMMAND NOOP",
        "S REPLY 250 2.0.0 queued as 12 -> 3 [UNTERMINATED]",
        "S GAP 9",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 6",
    ]


def test_half_a_code_before_a_gap_is_stray() -> None:
    assert show(read(READY + "C: NOOP\nS| 25\n! S 9 lost\nC: QUIT\nS: 221 bye"))[4:6] == [
        "S STRAY 2 [UNCERTAIN]",
        "S GAP 9",
    ]


def test_the_rest_of_a_reply_behind_a_gap_is_stray_and_the_next_lines_count() -> None:
    assert behind(
        GREETED + "C: EHLO c\n! S 20 lost\nS: st of a line\nS: 250-SIZE\nS: 250 HELP\nC: QUIT\nS: 221 bye"
    ) == [
        "S GAP 20",
        "S STRAY 14 [UNCERTAIN]",
        "S REPLY 250-SIZE / 250 HELP -> 1 [UNCERTAIN]",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 5",
    ]


def test_a_354_behind_a_gap_answers_data() -> None:
    assert behind(
        READY + "C: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\n! S 16 lost\nS: 354 go\nC: x: y\nC: .\nS: 250 ok"
    ) == [
        "S GAP 16",
        "S REPLY 354 go -> 5 [UNCERTAIN]",
        "C MAIL 9",
        "S REPLY 250 ok -> 8",
    ]


def test_mail_data_behind_a_lost_354_is_not_read_as_commands() -> None:
    dialogue = read(
        MAIL + "C: DATA\n! S 8 lost\nC: Subject: secret\nC: \nC: QUIT smoking\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye"
    )

    assert show(dialogue)[8:] == [
        "S GAP 8",
        "C MAIL 36 [UNCERTAIN]",
        "S REPLY 250 ok -> 9 [UNCERTAIN]",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 11",
    ]
    assert b"secret" not in dialogue.blob
    assert dialogue.mails[0].complete


def test_commands_behind_a_lost_554_are_not_read_as_mail_data() -> None:
    assert behind(MAIL + "C: DATA\n! S 8 lost\nC: RSET\nS: 250 ok") == [
        "S GAP 8",
        "C COMMAND RSET [UNCERTAIN]",
        "S REPLY 250 ok -> 9 [UNCERTAIN]",
    ]


def test_credentials_behind_a_lost_334_are_secret() -> None:
    dialogue = read(READY + "C: AUTH LOGIN\n! S 18 lost\nC: bob\nS: 334 UGFzc3dvcmQ6\nC: hunter2\nS: 235 ok")

    assert show(dialogue)[5:] == [
        "C SECRET 5 <redacted> [UNCERTAIN|REDACTED]",
        "S REPLY 334 UGFzc3dvcmQ6 -> 3 ... [UNCERTAIN]",
        "C SECRET 9 <redacted> [UNCERTAIN|REDACTED]",
        "S REPLY 235 ok -> 3 [UNCERTAIN]",
    ]
    assert b"hunter2" not in dialogue.blob


def test_tls_behind_a_lost_220() -> None:
    dialogue = read(
        READY + "C: STARTTLS\n! S 8 lost\n" + r"C| \x16\x03\x01\x00\x01A" + "\n" + r"S| \x16\x03\x01\x00\x01B"
    )

    assert show(dialogue)[5:] == ["C TLS 6", "S TLS 6"]
    assert dialogue.tls


def test_a_gap_in_mail_data_spoils_its_digests_only() -> None:
    dialogue = read(
        MAIL
        + "C: DATA\nS: 354 go\nC| a: b\\r\\n\\r\\nte\n! C 5 lost\nC| xt\\r\\n.\\r\\n\nS: 250 ok\nC: QUIT\nS: 221 bye"
    )

    (mail,) = dialogue.mails
    assert (mail.length, mail.body_offset, mail.body_length, mail.ended, mail.complete) == (19, 8, 11, True, False)
    assert (mail.digest, mail.plain_digest, mail.body_digest, mail.chunks) == (None, None, None, (None,))
    assert mail.header == b"a: b\r\n\r\n"
    assert show(dialogue)[9:] == [
        "C MAIL 22",
        "C GAP 5",
        "S REPLY 250 ok -> 9 [UNCERTAIN]",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 12",
    ]


def test_a_gap_in_the_header_leaves_no_trustworthy_body() -> None:
    dialogue = read(
        MAIL + "C: DATA\nS: 354 go\nC| a: b\\r\\nSub\n! C 5 lost\nC| xt\\r\\n\\r\\nbody\\r\\n.\\r\\n\nS: 250 ok"
    )

    (mail,) = dialogue.mails
    assert (mail.header, mail.body_length, mail.body_digest, mail.chunks) == (b"a: b\r\nSub", 6, None, ())


def test_a_reply_ends_mail_data_whose_end_was_lost() -> None:
    assert show(read(MAIL + "C: DATA\nS: 354 go\nC: x: y\n! C 9 lost\nS: 250 queued\nC: QUIT\nS: 221 bye"))[9:] == [
        "C MAIL 15 [UNCERTAIN|UNTERMINATED]",
        "C GAP 9",
        "S REPLY 250 queued -> 9 [UNCERTAIN]",
        "C COMMAND QUIT [UNCERTAIN]",
        "S REPLY 221 bye -> 12",
    ]


def test_a_gap_within_a_chunk_is_counted() -> None:
    dialogue = read(MAIL + "C| BDAT 10 LAST\\r\\nabc\n! C 4 lost\nC| xyzQUIT\\r\\n\nS: 250 ok\nS: 221 bye")

    assert show(dialogue)[7:] == [
        "C COMMAND BDAT 10 LAST",
        "C CHUNK 10",
        "C GAP 4",
        "C COMMAND QUIT [UNCERTAIN]",
        "S REPLY 250 ok -> 7 [UNCERTAIN]",
        "S REPLY 221 bye -> 10 [UNCERTAIN]",
    ]
    (mail,) = dialogue.mails
    assert (mail.length, mail.ended, mail.complete, mail.digest) == (10, True, False, None)


@pytest.mark.parametrize("length", ["7", "8", "?"])
def test_a_chunk_may_end_in_a_gap(length: str) -> None:
    dialogue = read(MAIL + f"C| BDAT 10 LAST\\r\\nabc\n! C {length} lost\nC: QUIT\nS: 221 bye")

    assert next(row for row in dialogue.rows if row.kind == Kind.CHUNK).length == 10
    assert [row.word for row in dialogue.rows if row.kind == Kind.COMMAND][-1] == b"QUIT"


def test_a_capture_that_starts_late_finds_the_dialogue() -> None:
    late = "! C ? before-capture\n! S ? before-capture\n"

    assert show(read(late + "C: body\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye"))[2:] == [
        "C MAIL 9 [UNCERTAIN]",
        "S REPLY 250 ok -> 2 [UNCERTAIN]",
        "C COMMAND QUIT",
        "S REPLY 221 bye -> 4",
    ]
    assert show(read(late + "S: 220 mx\nC: HELO c\nS: 250 mx"))[2:] == [
        "S REPLY 220 mx [UNCERTAIN|GREETING]",
        "C COMMAND HELO c [UNCERTAIN]",
        "S REPLY 250 mx -> 3",
    ]
    assert show(read(late + "S: 354 go\nC: x: y\nC: .\nS: 250 ok"))[2:] == [
        "S REPLY 354 go [UNCERTAIN]",
        "C MAIL 9 [UNCERTAIN]",
        "S REPLY 250 ok -> 3 [UNCERTAIN]",
    ]


def test_lines_of_mail_data_behind_a_gap_are_counted_in_one_row() -> None:
    dialogue = read("! C ? before-capture\nC: one\nC: two\nC: three")

    assert show(dialogue)[1:] == ["C STRAY 17 [UNCERTAIN]"]
    assert dialogue.blob == b""


def test_the_client_alone_tells_its_mail_data_from_its_commands() -> None:
    dialogue = read(
        "C: EHLO c\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\nC: x: y\nC: \nC: RSET\nC: .\nC: DATA\nC: QUIT"
    )

    assert show(dialogue) == [
        "C COMMAND EHLO c",
        "C COMMAND MAIL FROM:<a@b>",
        "C COMMAND RCPT TO:<c@d>",
        "C COMMAND DATA",
        "C MAIL 17 [UNCERTAIN]",
        "C COMMAND DATA",
        "C COMMAND QUIT",
    ]


def test_mail_data_without_end_stops_where_its_last_bytes_came() -> None:
    said = turns(MAIL + "C: DATA\nS: 354 go\nC: Subject: x\nC: \nC: text")
    dialogue = deliver([*said, (Direction.TO_SERVER, b"more\r\n"), (Direction.TO_SERVER, b"QUIT\r\n")])

    row = dialogue.rows[dialogue.mails[0].row]
    frames = len(said), len(said) + 2
    assert (row.first_frame, row.last_frame, row.time) == (*frames, frames[1] * 1_000_000)
