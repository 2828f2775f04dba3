"""Each way in which a symptom shows, beside its near miss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.run import detect_pair
from pcapsleuth.smtp.outcome import outcome
from pcapsleuth.symptoms.checklist import Checklist
from pcapsleuth.symptoms.symptom import CANNOT_TELL, NOT_SEEN, SEEN, Symptom
from tests.detect.script import compared

HELLO = "S: 220 mx\nC: EHLO out.example.org\n"
LIST = "S: 250-mx / 250-SIZE / 250-8BITMIME / 250 AUTH LOGIN"
HIDDEN = "S: 250-mx / 250-SIZE / 250-8BITMIME / 250 AUTH LOGIN => 250-mx / 250-SIZE / 250-XXXXXXXA / 250 AUTH LOGIN"
NO_AUTH = "S: 250-mx / 250-SIZE / 250 AUTH LOGIN => 250-mx / 250-SIZE / 250 XXXXXXXXXA"
QUIT = "\nC: QUIT\nS: 221 bye"
MAIL = "\nC: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.net>\nS: "
SENT = MAIL + "250 ok\nC: DATA\nS: 354 go\nC: X: y // z / ."


def symptom(id_: str, *scripts: str, told: bool = True) -> Symptom:
    """One symptom of sessions that were told as scripts; `told`: there are two sides."""
    checklist = Checklist(compared=told)
    everything: list[Finding] = []
    for number, script in enumerate(scripts):
        comparison = compared(script)
        became = outcome(comparison.client.dialogue)
        findings = detect_pair(comparison, became).findings if told else []
        findings = [_at(one, number) for one in findings]
        place = (number, number, None) if told else (None, None, number)
        checklist.feed(place, comparison.client.dialogue, comparison.server.dialogue, became, findings)
        everything += findings
    return next(one for one in checklist.judge(everything) if one.id == id_)


def _at(finding: Finding, number: int) -> Finding:
    return replace(finding, outside=number, inside=number)


@pytest.mark.parametrize(
    ("id_", "script", "status"),
    [
        ("S10", HELLO + HIDDEN + QUIT, SEEN),
        ("S10", HELLO + LIST + QUIT, NOT_SEEN),
        ("S10", HELLO + HIDDEN + "\nC: GOODMORNING\nS: 500 what?" + QUIT, NOT_SEEN),
        ("S10", HELLO + LIST + "\nC: MAIL FROM:<a@example.org>\nS: 554 5.6.1 Body type not supported" + QUIT, SEEN),
        ("S6", HELLO + NO_AUTH + MAIL + "550 5.7.1 Unable to relay" + QUIT, SEEN),
        ("S6", HELLO + NO_AUTH + MAIL + "550 5.1.1 No such user" + QUIT, CANNOT_TELL),
        ("S6", HELLO + LIST + MAIL + "550 5.7.1 Unable to relay" + QUIT, NOT_SEEN),
        ("S6", HELLO + LIST + MAIL + "250 ok" + QUIT, CANNOT_TELL),
        ("S9", HELLO + NO_AUTH + MAIL + "550 5.7.1 Unable to relay" + QUIT, NOT_SEEN),
        ("S9", HELLO.replace("out.example.org", "DESK") + NO_AUTH + MAIL + "550 5.7.1 no relay" + QUIT, SEEN),
        ("S1", HELLO + LIST + SENT + "\nS: 451 try again => -", SEEN),
        ("S1", HELLO + LIST + SENT + "\nS: 250 queued => -", NOT_SEEN),
        ("S4", "S: 220 mx\nC: EHLO a.example => -\nS: - => OK" + QUIT, SEEN),
        ("S4", "S: 220 mx\nC: EHLO a.example\nS: 500 unrecognized" + QUIT, NOT_SEEN),
        ("S4", HELLO + HIDDEN + QUIT, NOT_SEEN),
        ("S4", "S: 220 mx\nC: HELO a.example\nS: 250 mx" + QUIT, CANNOT_TELL),
    ],
)
def test_seen_and_its_near_miss(id_: str, script: str, status: str) -> None:
    assert symptom(id_, script).status == status


def test_cannot_tell_names_the_capture_that_would() -> None:
    found = symptom("S6", HELLO + LIST + MAIL + "250 ok" + QUIT)

    assert found.why == "no client tried AUTH here"
    assert "`tcpdump " in found.ask


def test_one_side_alone_sees_what_no_server_says() -> None:
    assert symptom("S4", "S: 220 mx\nC: EHLO a.example\nS: OK" + QUIT, told=False).status == SEEN
    assert symptom("S4", "S: 220 mx\nC: EHLO a.example\nS: 500 what?" + QUIT, told=False).status == CANNOT_TELL
    assert symptom("S11", HELLO + LIST + QUIT, told=False).status == CANNOT_TELL


@pytest.mark.parametrize("id_", ["S12", "S13", "S14"])
def test_one_side_does_not_tell_what_a_mask_hid_from_an_exchange_client(id_: str) -> None:
    refused = "\nC: X-LINK2STATE LAST CHUNK={0}\nS: 500 what?" + QUIT
    hidden = "S: 220 ********\nC: EHLO a.example\nS: 250-mx / 250 XXXXXXXXXXXA" + refused
    shown = "S: 220 mx\nC: EHLO a.example\nS: 250-mx / 250 X-LINK2STATE" + refused

    assert symptom(id_, hidden, told=False).status == CANNOT_TELL
    assert symptom(id_, shown, told=False).status == NOT_SEEN


def delivered(domain: str) -> str:
    """A session that delivers."""
    data = "250 ok\nC: DATA\nS: 354 go\nC: Subject: a // b / .\nS: 250 taken" + QUIT
    return HELLO + LIST + MAIL.replace("example.org", domain) + data


def failing(domain: str) -> str:
    """A session that fails of a masked command."""
    return HELLO + LIST + MAIL.replace("example.org", domain) + "250 ok\nC: DATA => XXXX\nS: 500 what?" + QUIT


def test_domains_that_fail_are_told_from_those_that_do_not() -> None:
    found = symptom("S5", failing("bad.example"), failing("bad.example"), *[delivered("good.example")] * 3)

    assert found.status == SEEN
    assert found.why.startswith("all 2 that fail have sender domain bad.example (0 of the 3 others)")
    assert found.findings


@pytest.mark.parametrize("field", ["DKIM-Signature", "DomainKey-Signature", "X-Signature"])
def test_signed_mail_that_fails_is_told_from_mail_that_is_not_signed(field: str) -> None:
    """PIX before 7.2(3) takes a signature that names Content-Type for a second field of that name, and cuts."""
    data = f"250 ok\nC: DATA\nS: 354 go\nC: {field}: v=1 // Subject: a // b => -\nC: . => -\nS: - => 541 5.4.1 no"
    signed = HELLO + LIST + MAIL + data + QUIT
    found = symptom("S5", signed, signed, *[delivered("example.org")] * 3)

    assert ("a DKIM signature (0 of the 3 others)" in found.why) is (field != "X-Signature")


@pytest.mark.parametrize(
    ("ehlo", "status"),
    [
        ("C: EHLO a.example => XXXX a.example\nS: 500 what?", SEEN),
        ("C: EHLO a.example\nS: 250-mx / 250 X-EXPS", NOT_SEEN),
        ("C: EHLO a.example\nS: 500 what?", NOT_SEEN),
    ],
)
def test_exchange_servers_that_are_kept_from_ehlo_cannot_authenticate(ehlo: str, status: str) -> None:
    greeting = "S: 220 mx Microsoft ESMTP MAIL Service\n"
    header = "Received: from a by b with Microsoft SMTPSVC // Subject: x // b / ."
    mail = f"{MAIL}250 ok\nC: DATA\nS: 354 go\nC: {header}\nS: 250 taken"

    assert symptom("S14", f"{greeting}{ehlo}\nC: HELO a.example\nS: 250 mx{mail}{QUIT}").status == status


def test_one_failure_has_everything_in_common_with_itself() -> None:
    assert symptom("S5", failing("bad.example"), delivered("good.example")).status == CANNOT_TELL
    assert symptom("S5", delivered("a.example"), delivered("b.example")).status == NOT_SEEN
