"""Whether mail failed of what was changed: not where the server refused it for reasons of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.detect.effect import with_effect
from pcapsleuth.detect.finding import Effect
from pcapsleuth.detect.run import detect_pair
from tests.detect.script import compared

START = """S: 220 mx ESMTP
C: EHLO out.example.org
S: 250-mx / 250 CHUNKING
C: MAIL FROM:<a@example.org>
S: 250 2.1.0 Ok
C: RCPT TO:<b@example.com>
S: {answer}
"""
CHUNK = "C: BDAT 8 LAST => XXXX 8 LAST\nC: one / two\n"
ANSWERS = "S: 500 what? / 500 what? / 500 what?\n"
DATA = "C: DATA\nS: 354 go ahead\nC: Subject: x // text / .\nS: 250 2.0.0 Ok\n"
QUIT = "C: QUIT\nS: 221 bye"


@pytest.mark.parametrize(
    ("script", "outcome", "effect"),
    [
        (START.format(answer="250 Ok") + CHUNK + ANSWERS + QUIT, "refused", "caused"),
        (START.format(answer="550 no such user") + CHUNK + ANSWERS + QUIT, "refused", "none-seen"),
        (START.format(answer="550 relaying denied") + CHUNK + ANSWERS + QUIT, "refused", "could-have-caused"),
        (START.format(answer="250 Ok") + CHUNK + ANSWERS + DATA + QUIT, "delivered", "none-seen"),
    ],
)
def test_a_masked_bdat(script: str, outcome: str, effect: str) -> None:
    found = {one.name: str(one.effect) for one in detect_pair(compared(script), outcome).findings}

    assert found["verb-masked:BDAT"] == effect


HELO = """S: 220 mx ESMTP Postfix => 220 ***************
C: EHLO out.example.org => XXXX out.example.org
S: 500 5.5.1 Command unrecognized
C: HELO out.example.org
S: 250 mx
C: MAIL FROM:<a@example.org>
S: 250 2.1.0 Ok
{rest}
C: QUIT
S: 221 bye"""


@pytest.mark.parametrize(
    ("rest", "effect"),
    [
        ("C: RCPT TO:<b@example.com>\nS: 550 5.1.1 <b@example.com>: Recipient address rejected", "none-seen"),
        ("C: RCPT TO:<b@example.com>\nS: 450 4.2.0 <b@example.com>: Greylisted, see you later", "none-seen"),
        ("C: RCPT TO:<b@example.com>\nS: 451 Greylisting in action, please come back later", "none-seen"),
        # What hangs on what was masked, or may: who says EHLO and AUTH may relay, and some policies want EHLO.
        ("C: RCPT TO:<b@example.com>\nS: 550 5.7.1 Unable to relay", "could-have-caused"),
        ("C: RCPT TO:<b@example.com>\nS: 554 5.7.1 Helo command rejected", "could-have-caused"),
        ("C: RCPT TO:<b@example.com>\nS: 550 Administrative prohibition", "could-have-caused"),
        # One recipient was taken: it did not fail of the other.
        (
            """C: RCPT TO:<b@example.com>\nS: 550 5.1.1 Who?\nC: RCPT TO:<c@example.com>\nS: 250 Ok
C: DATA\nS: 554 5.6.1 Body type not supported""",
            "could-have-caused",
        ),
    ],
)
def test_a_refusal_of_the_address_is_the_server_s_own(rest: str, effect: str) -> None:
    found = {one.name: str(one.effect) for one in detect_pair(compared(HELO.format(rest=rest)), "refused").findings}

    assert found["banner-masked"] == effect
    assert found["verb-masked:EHLO"] == effect


def test_an_address_that_was_changed_on_the_way_may_be_why_it_is_refused() -> None:
    rest = "C: RCPT TO:<b@example.com> => RCPT TO:<c@example.com>\nS: 550 5.1.1 User unknown"
    found = {one.name: str(one.effect) for one in detect_pair(compared(HELO.format(rest=rest)), "refused").findings}

    assert found["argument-rewritten:RCPT"] == "could-have-caused"
    assert found["banner-masked"] == "none-seen"


def effects(rest: str, outcome: str) -> dict[str, str]:
    greeted = "S: 220 mx ESMTP\nC: HELO out.example.org\nS: 250 mx\nC: MAIL FROM:<a@example.org>\nS: 250 2.1.0 Ok\n"
    return {one.name: str(one.effect) for one in detect_pair(compared(greeted + rest), outcome).findings}


@pytest.mark.parametrize(
    ("shown", "effect"),
    [
        ("550 5.7.1 Refused by policy", "none-seen"),
        ("450 4.7.1 Come back", "could-have-caused"),
        ("250 2.1.5 Ok", "could-have-caused"),
    ],
)
def test_a_refusal_in_other_words_is_still_the_server_s(shown: str, effect: str) -> None:
    rest = f"C: RCPT TO:<b@example.com>\nS: 554 5.7.1 Relay access denied => {shown}\nC: QUIT\nS: 221 bye"

    assert effects(rest, "refused")["reply-rewritten:RCPT"] == effect


@pytest.mark.parametrize(
    ("outcome", "effect"), [("cut", "caused"), ("timed-out", "caused"), ("refused", "could-have-caused")]
)
@pytest.mark.parametrize(
    ("mail", "asked"),
    [("DATA\nS: 354 go\nC: Subject: x // y / .", "END-OF-DATA"), ("BDAT 17 LAST / Subject: x // y", "BDAT")],
)
def test_mail_whose_answer_was_lost_on_the_way_fails_of_that(mail: str, asked: str, outcome: str, effect: str) -> None:
    rest = f"C: RCPT TO:<b@example.com>\nS: 250 Ok\nC: {mail}\nS: 250 2.0.0 Ok => -"

    assert effects(rest, outcome)[f"reply-lost:{asked}"] == effect


def test_a_repeated_delivery_comes_of_a_failure_and_is_none() -> None:
    found = detect_pair(compared(HELO.format(rest="C: NOOP\nS: 250 ok")), "delivered").findings[0]
    repeated = replace(found, label="duplicate-message", subject=None)

    assert with_effect(found, "cut").effect is Effect.COULD_HAVE_CAUSED
    assert with_effect(repeated, "cut").effect is Effect.NONE_SEEN


@pytest.mark.parametrize(("said", "effect"), [("EHLO", "none-seen"), ("HELO", "could-have-caused")])
def test_a_greeting_keeps_nobody_from_mail_who_was_shown_the_list(said: str, effect: str) -> None:
    talk = f"S: 220 mx ESMTP => 220 ********\nC: {said} out.example.org\nS: 250-mx / 250 SIZE\nC: QUIT\nS: 221 bye"
    found = {one.name: str(one.effect) for one in detect_pair(compared(talk), "gave-up").findings}

    assert found["banner-masked"] == effect


@pytest.mark.parametrize(
    ("rest", "name", "effect"),
    [
        ("C: QUIT => -\nS: - => 200 OK", "verb-blocked:QUIT", "none-seen"),
        ("C: NOOP => -\nS: - => 200 OK\nC: QUIT\nS: 221 bye", "verb-blocked:NOOP", "could-have-caused"),
    ],
)
def test_no_mail_fails_of_what_became_of_the_farewell(rest: str, name: str, effect: str) -> None:
    refused = START.format(answer="550 5.7.1 relaying denied")
    found = {one.name: str(one.effect) for one in detect_pair(compared(refused + rest), "refused").findings}

    assert found[name] == effect


def test_what_the_client_is_told_of_the_sender_makes_no_server_refuse_the_recipient() -> None:
    greylisted = START.format(answer="450 4.2.0 <b@example.com>: Greylisted, come back later")
    script = greylisted.replace("250 2.1.0 Ok", "250 2.1.0 Ok => OK") + QUIT
    found = {one.name: str(one.effect) for one in detect_pair(compared(script), "refused").findings}

    assert found["reply-rewritten:MAIL"] == "none-seen"
