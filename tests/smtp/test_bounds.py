"""What is kept is bounded, and every bound that was met is noted."""

from __future__ import annotations

from pcapsleuth.smtp import parser, record
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind
from pcapsleuth.smtp.replies import REPLY_LIMIT
from pcapsleuth.tcp.connection import Direction, Payload
from tests.smtp.talk import Turn, bytewise, connection, deliver, essence, show, turns

C, S = Direction.TO_SERVER, Direction.TO_CLIENT


def noted(dialogue: Dialogue) -> list[str]:
    return [one.detail for one in dialogue.connection.anomalies if one.kind == "bound"]


def test_a_long_line_is_cut_and_its_length_is_true() -> None:
    long: list[Turn] = [
        (S, b"220 mx\r\n"),
        (C, b"EHLO " + b"x" * 50_000 + b"\r\n"),
        (S, b"500 " + b"y" * 50_000 + b"\r\n"),
    ]
    dialogue = deliver(long)

    for row in dialogue.rows[1:]:
        assert row.flags & Flag.CUT
        assert row.length > 50_000
        assert row.text_length == 4_096
        assert dialogue.text(row).endswith(b"\r\n")
    assert dialogue.rows[2].answers == 1
    assert essence(deliver(bytewise(long))) == essence(dialogue)


def test_a_reply_without_end_is_cut() -> None:
    dialogue = deliver([(S, b"220-wait\r\n" * 20_000), (S, b"220 go\r\n")])

    (row,) = dialogue.rows
    assert row.flags & Flag.CUT
    assert (row.length, row.text_length <= REPLY_LIMIT) == (200_008, True)


def test_rows_beyond_the_bound_are_counted_in_one() -> None:
    extra = 500
    pairs: list[Turn] = [(C, b"NOOP\r\n"), (S, b"250 ok\r\n")]
    dialogue = deliver([(S, b"220 mx\r\n"), *(pairs * (record.ROW_LIMIT // 2 + extra))])

    last = dialogue.rows[-1]
    assert len(dialogue.rows) == record.ROW_LIMIT + 1
    assert (last.kind, last.flags, last.segments) == (Kind.STRAY, Flag.CUT, 2 * extra + 1)
    assert noted(dialogue) == ["rows of the dialogue"]


def test_mails_beyond_the_bound_of_rows_are_not_kept() -> None:
    mail = turns("C: DATA\nS: 354 go\nC: a: b\nC: \nC: x\nC: .\nS: 250 ok\nC| BDAT 2 LAST\\r\\nab\nS: 250 ok")
    dialogue = deliver([(S, b"220 mx\r\n"), *(mail * 3_000)])

    assert max(one.row for one in dialogue.mails) < record.ROW_LIMIT
    assert len(dialogue.rows) == record.ROW_LIMIT + 1


def test_text_beyond_the_bound_is_not_kept() -> None:
    line: list[Turn] = [(C, b"VRFY " + b"x" * 4_000 + b"\r\n"), (S, b"252 ok\r\n")]
    dialogue = deliver([(S, b"220 mx\r\n"), *(line * 1_200)])

    assert len(dialogue.blob) <= record.BLOB_LIMIT
    assert noted(dialogue) == ["text of the dialogue"]
    assert any(row.flags & Flag.CUT and not row.text_length for row in dialogue.rows)


def test_commands_without_replies_are_forgotten() -> None:
    dialogue = deliver([(S, b"220 mx\r\n"), (C, b"NOOP\r\n" * (parser.OUTSTANDING_LIMIT + 10)), (S, b"250 ok\r\n")])

    assert noted(dialogue) == ["commands without a reply"]
    assert dialogue.rows[-1].answers == 11


def test_client_bytes_without_a_reply_are_held_up_to_a_bound() -> None:
    body: list[Turn] = [(C, b"line of text\r\n" * 500)] * 12
    dialogue = deliver([(S, b"220 mx\r\n"), (C, b"DATA\r\n"), *body, (C, b".\r\nQUIT\r\n")])

    assert show(dialogue)[2:] == ["C MAIL 84003 [UNCERTAIN]", "C COMMAND QUIT"]
    assert noted(dialogue) == ["client bytes without a reply"]


def test_a_chunk_of_any_size_is_counted() -> None:
    dialogue = deliver([(S, b"220 mx\r\n"), (C, b"BDAT 999999999999 LAST\r\nabc"), (S, b"552 too big\r\n")])

    assert show(dialogue)[1:] == [
        "C COMMAND BDAT 999999999999 LAST",
        "C CHUNK 3 [UNTERMINATED]",
        "S REPLY 552 too big -> 1",
    ]


def test_many_asking_commands_in_doubt_are_no_deep_stack() -> None:
    gap = turns("! S 5 lost")
    dialogue = deliver([(S, b"220 mx\r\n"), (C, b"DATA\r\n"), *gap, (C, b"DATA\r\n" * 9_000), (S, b"354 go\r\n")])

    assert len(dialogue.rows) > 9_000


def test_held_single_bytes_are_not_looked_at_again_and_again() -> None:
    body: list[Turn] = [(C, b"x" * 60_000)]
    dialogue = deliver([(S, b"220 mx\r\n"), (C, b"DATA\r\n"), *bytewise(body), (S, b"354 go\r\n"), (C, b"\r\n.\r\n")])

    assert show(dialogue)[-1] == "C MAIL 60005"


def test_a_proxy_header_of_a_senseless_length_is_none() -> None:
    head = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff"
    dialogue = deliver([*bytewise([(C, head + b"x" * 3_000)]), (S, b"220 mx\r\n")])

    assert not any(row.kind == Kind.PROXY for row in dialogue.rows)


def test_the_bound_of_rows_is_the_same_for_mail_that_comes_at_once() -> None:
    talk = [(S, b"220 mx\r\n"), *([(C, b"NOOP\r\n"), (S, b"250 ok\r\n")] * (record.ROW_LIMIT // 2))]
    mail = [(C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"a: b\r\n\r\nx"), (C, b"\r\n.\r\n"), (S, b"250 ok\r\n")]
    payloads: list[Payload] = []
    ends = [0, 0]
    for frame, (direction, text) in enumerate([*talk, *mail, *mail], 1):
        payloads.append((bool(direction), ends[direction], text, 0, frame, frame))
        ends[direction] += len(text)
    at_once, one_by_one = (DialogueBuilder(connection()) for _ in range(2))

    at_once.run(payloads)
    for payload in payloads:
        one_by_one.run([payload])

    assert at_once.close().rows == one_by_one.close().rows
