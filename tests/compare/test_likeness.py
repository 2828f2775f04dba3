"""When two units say the same, as far as both are known."""

from __future__ import annotations

import pytest

from pcapsleuth.compare.likeness import unchanged
from tests.detect.script import compared

GREETED = "S: 220 mx.example.com ESMTP\nC: HELO out.example.org\nS: 250 mx.example.com\n"


@pytest.mark.parametrize(
    ("sent", "shown", "same"),
    [
        ("221 mx closing dGVzdHVzZXI=, bye", "221 mx closing dGVzdHVzZXI=, bye", True),
        ("221 mx closing dGVzdHVzZXI=, bye", "221 mx closing dGVzdHVzZXI=, bee", False),
        ("221 mx closing dGVzdHVzZXI=, bye", "221 fw closing dGVzdHVzZXI=, bye", False),
    ],
)
def test_what_only_one_side_took_for_a_secret(sent: str, shown: str, same: bool) -> None:
    """The client's side shows a line that looks like a secret; the server's side shows another command there."""
    answer = f"S: {sent} => {shown}"
    comparison = compared(GREETED + f"C: dGVzdHVzZXI= => NOOP there ok\n{answer}")
    one, other = comparison.server.replies[-1], comparison.client.replies[-1]

    assert b"<redacted>" in other.text
    assert b"<redacted>" not in one.text
    assert unchanged(one, other) is same


def test_a_secret_is_no_mail() -> None:
    """A device that changes what the client answers to a challenge leaves two secrets to be held against each other."""
    login = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: dXNlcg== => eHhlcg=\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0 => c2U=\n"
    comparison = compared(GREETED + login + "S: 235 ok\nC: NOOP => NOOP x\nS: 250 ok")

    assert all(None not in match for match in comparison.commands)


def test_an_address_that_stands_on_both_sides_is_not_rewritten_into_another() -> None:
    """The device says RSET first, answers the first mail itself, and passes nothing on of the second."""
    mail = "C: MAIL FROM:<{0}@example.org>{1}\nS: 250 ok{2}\nC: RCPT TO:<{0}@example.com>{1}\nS: 250 ok{2}\n"
    comparison = compared(
        GREETED + "C: - => RSET\nS: 250 flushed => -\n" + mail.format("a", "", "") + mail.format("b", " => -", " => -")
    )

    texts = [
        (comparison.client.commands[one.ingress].text, comparison.server.commands[one.egress].text)
        for one in comparison.commands
        if one.ingress is not None and one.egress is not None
    ]
    assert len(texts) == 3
    assert all(sent == came for sent, came in texts)


@pytest.mark.parametrize(("answer", "substitute"), [("250 ok", True), ("502 no", False)])
def test_the_answer_to_a_substitute_is_passed_on(answer: str, substitute: bool) -> None:
    """Who answers by itself sent that RSET for another reason."""
    comparison = compared(GREETED + f"C: STARTTLS => RSET\nS: 250 ok => {answer}\nC: NOOP\nS: 250 ok")

    texts = [(one.ingress, one.egress) for one in comparison.commands]
    assert ((1, 1) in texts) is substitute
