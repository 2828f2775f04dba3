"""A relay sends several mails over one connection to the server, each of which came to it in a session of its own."""

from __future__ import annotations

from tests.building import transcript
from tests.detect.script import compare_segments, names, sides

TRACE = "Received: by relay.example.net / "
HELLO = """
    S: 220 mx.example.com ESMTP
    C: HELO out.example.org
    S: 250 mx.example.com
"""


def mail(number: int, text: str, trace: str = "") -> str:
    return f"""
    C: MAIL FROM:<a@example.org>
    S: 250 2.1.0 Ok
    C: RCPT TO:<b@example.com>
    S: 250 2.1.5 Ok
    C: DATA
    S: 354 go ahead
    C: {trace}Message-ID: <{number}@example.org> // {text} / .
    S: 250 2.0.0 queued
"""


def said(outside: str, inside: str) -> set[str]:
    """What is said of two connections."""
    client, server = sides(outside)[0], sides(inside)[1]
    return names(compare_segments(transcript(*client), transcript(*server, isns=(70_000, 90_000))))


def test_a_mail_is_compared_with_the_one_of_its_message_id() -> None:
    found = said(
        HELLO + mail(2, "the longer one"), HELLO + mail(1, "another text", TRACE) + mail(2, "the longer one", TRACE)
    )

    assert {name for name in found if name.startswith(("body-", "header-"))} == {"header-added:RECEIVED"}


def test_a_mail_that_is_changed_is_not_another_one() -> None:
    found = said(
        HELLO + mail(2, "the longer one"), HELLO + mail(1, "another text", TRACE) + mail(2, "the other one", TRACE)
    )

    assert "body-altered" in found


def test_a_new_message_id_makes_no_other_mail() -> None:
    found = said(HELLO + mail(2, "the text"), HELLO + mail(33, "the text"))

    assert {name for name in found if name.startswith(("body-", "header-"))} == {"header-changed:MESSAGE-ID"}


def test_the_answer_to_the_mail_of_another_session_is_not_late() -> None:
    """The client of this session had gone, and never waited for it."""
    mails = mail(1, "one text", TRACE) + mail(2, "another text", TRACE)

    assert not {name for name in said(HELLO + mail(1, "one text"), HELLO + mails) if name.startswith("reply-late")}
