"""Answers that a client hears after it gave up waiting for another one, or before it asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import pytest

from tests.building import Seg, transcript
from tests.detect.scene import SECOND
from tests.detect.script import Lines, compare_segments, names, sides

HELLO = "S: 220 mx.example.com ESMTP\nC: EHLO me\nS: 250-mx / 250 8BITMIME => {}\n"
SAME, MORE = "250-mx / 250 8BITMIME", "250-mx / 250-XCLIENT NAME / 250 8BITMIME"
MAIL = (
    "C: MAIL FROM:<a@example.org>\nS: 250 2.1.0 Sender ok => {0}\nC: RCPT TO:<b@example.com>\nS: 250 2.1.5 ok => {0}\n"
)
QUIT = "C: QUIT\nS: 221 bye"

CASES = {
    "a swallowed command, and all answers changed": (
        HELLO.format(SAME) + "C: TURN => -\nC: NOOP\nS: 250 2.0.0 Ok => OK\n" + MAIL.format("OK") + QUIT,
        {"command-swallowed:TURN", "reply-rewritten:NOOP", "reply-rewritten:MAIL", "reply-rewritten:RCPT"},
    ),
    "a swallowed command, and two changed lists": (
        HELLO.format(MORE)
        + "C: TURN => -\nC: HELP\nS: 502 no\nC: EHLO me\nS: 250-mx / 250 8BITMIME => "
        + MORE
        + "\n"
        + QUIT,
        {"command-swallowed:TURN", "capability-added:XCLIENT"},
    ),
    "a lost answer, and a command answered by the device": (
        HELLO.format(SAME) + "C: RSET\nS: 250 flushed => -\nC: TURN => -\nS: - => 502 not here\n" + QUIT,
        {"reply-lost:RSET", "verb-blocked:TURN", "reply-injected:TURN"},
    ),
    "the server itself is late": (
        HELLO.format(SAME) + "C: TURN\nC: NOOP\nS: 502 no\nS: 250 ok\n" + QUIT,
        set(),
    ),
}


WAITS = (b"TURN\r\n", b"RSET\r\n")


def given_up(client: Lines, server: Lines) -> tuple[list[Seg], list[Seg]]:
    """Both sides of a conversation in which the client waits before it sends on what follows its TURN or its RSET."""
    late: dict[bytes, int] = {}
    pause, last = 0, b""
    for who, text in client:
        if who == "C":
            pause += 3 * SECOND * (last in WAITS)
            late[text] = pause
        last = text
    return delayed(transcript(*client), late), delayed(transcript(*server), late)


def delayed(segments: list[Seg], late: dict[bytes, int]) -> list[Seg]:
    """Segments that are later by what the command at hand is."""
    lags = accumulate((late.get(one.payload, 0) for one in segments), max)
    return [replace(one, time=one.time + lag) for one, lag in zip(segments, lags, strict=True)]


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_to_the_command_that_the_client_went_on_with(name: str) -> None:
    script, expected = CASES[name]
    client, server = sides(script)

    assert names(compare_segments(*given_up(client, server))) == expected


def test_an_answer_that_came_before_its_question_is_no_answer_to_it() -> None:
    """The device says to EHLO, word for word, what the server says to MAIL."""
    script = "S: 220 mx\nC: EHLO me => -\nS: - => 250 OK\nC: MAIL FROM:<a@example.org>\nS: 250 OK => OK\n" + QUIT
    client, server = sides(script)

    assert names(compare_segments(transcript(*client), transcript(*server))) == {
        "verb-blocked:EHLO",
        "reply-injected:EHLO",
        "reply-rewritten:MAIL",
    }


def test_of_a_group_the_first_answer_is_lost_and_not_the_last() -> None:
    group = "C: MAIL FROM:<a@example.org> / RCPT TO:<b@example.com> / RCPT TO:<c@example.com> / DATA\n"
    answers = "S: 250 OK => -\nS: 250 Accepted\nS: 250 Accepted\nS: 354 go\n"
    client, server = sides(HELLO.format(SAME) + group + answers)

    assert names(compare_segments(transcript(*client), transcript(*server))) == {"reply-lost:MAIL"}
