"""Devices that one side knows by their very words."""

from __future__ import annotations

import pytest

from pcapsleuth.devices.identify import Device, Identifier
from pcapsleuth.profiles.profile import Family
from tests.detect.script import compared
from tests.devices.sessions import SHIPPED, named

OFFERED = "S: 220 mx ESMTP Postfix\nC: EHLO a\nS: 250-mx / 250 STARTTLS\nC: STARTTLS\nS: {}\nC: QUIT\nS: 221 Bye"


def seen_alone(script: str) -> list[Device]:
    """What the outside of a script shows by itself."""
    identifier = Identifier(SHIPPED)
    identifier.look(compared(script).client.dialogue)
    return identifier.devices()


def test_a_starttls_that_is_offered_and_disowned_names_nobody_but_by_very_words() -> None:
    said = "500 Unsupported command."

    assert [one.profile.id for one in seen_alone(OFFERED.format(said))] == ["norton-email-scanner"]
    assert seen_alone(OFFERED.format(said).replace("250 STARTTLS", "250 DSN")) == []
    assert seen_alone(OFFERED.format("500 5.5.1 Command unrecognized")) == []


def test_a_scanner_that_refuses_starttls_is_told_from_a_filter_by_its_farewell() -> None:
    refused = OFFERED.replace("C: STARTTLS\nS: {}", "C: STARTTLS => -\nS: - => 500 Unsupported command.")
    (first, *_) = named(refused.replace("221 Bye", "221 Bye => 221 Closing connection. Good bye."))

    assert first.profile.id == "norton-email-scanner"


MAIL = "S: 220 mx\nC: HELO me\nS: 250 mx\nC: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>\n"
BLOCKED = "554 5.7.1 This message has been blocked because it contains {} blocking URL"


@pytest.mark.parametrize("maker", ["FortiGuard - AntiSpam", "FortiSpamshield"])
def test_a_filter_is_known_by_what_it_says_at_the_end_of_a_mail(maker: str) -> None:
    data = MAIL + "S: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x // y // .\nS: "

    assert [one.profile.id for one in seen_alone(data + BLOCKED.format(maker))] == ["fortigate-email-filter"]
    assert "fortigate-email-filter" not in [one.profile.id for one in seen_alone(data + BLOCKED.format("a"))]


def test_a_filter_is_told_from_another_of_its_maker_by_its_words() -> None:
    (first, *_) = named(
        MAIL.replace(":<b@example.com>", ":<b@example.com> => -") + f"S: - => {BLOCKED.format('FortiGuard')}"
    )

    assert first.profile.id == "fortigate-email-filter"


ANTISPAM = "554 Transaction failed due to anti spam setting"


def test_a_firewalls_refusal_of_a_client_is_known_at_the_greeting_and_at_a_command() -> None:
    refused = "S: 220 mx\nC: HELO me\nS: 250 mx\nC: MAIL FROM:<a@example.org>\nS: {}\nC: QUIT\nS: 221 Bye"

    assert [one.profile.id for one in seen_alone(f"S: {ANTISPAM}")] == ["juniper-antispam"]
    assert [one.profile.id for one in seen_alone(refused.format(ANTISPAM))] == ["juniper-antispam"]
    for anybodys in ("550 Requested action not taken: mailbox unavailable", "554 Transaction failed"):
        assert seen_alone(refused.format(anybodys)) == []


@pytest.mark.parametrize(
    ("refusal", "rest", "device"),
    [
        ("554 Permanent scan failure.", " Email Session ID: {4C209928-2-3A6A8C0-1FFFF}", "checkpoint-mail-scan"),
        ("554 Virus detected!", " P3scan rejected message! 'Eicar-Test-Signature'", "p3scan"),
        ("550 proxy.example.net Message", " marked as SPAM, denied", "smtp-gated"),
    ],
)
def test_a_scan_in_passing_is_known_by_its_refusal(refusal: str, rest: str, device: str) -> None:
    data = MAIL + "S: 250 ok\nC: DATA\nS: 354 go ahead\nC: Subject: x // y // .\nS: " + refusal
    (first, *_) = seen_alone(data + rest)

    assert first.profile.id == device
    assert seen_alone(data) == []


LISTED = "S: 220 mx ESMTP\nC: EHLO me\nS: 250-mx / 250-{} / 250 DSN\nC: QUIT\nS: 221 Bye"


@pytest.mark.parametrize("line", ["CHU*KING", "BIN*RYMIME", "XEX*H50"])
def test_a_proxy_is_known_by_the_one_letter_that_it_overwrites(line: str) -> None:
    assert [one.profile.id for one in seen_alone(LISTED.format(line))] == ["smtp-gated"]
    assert seen_alone(LISTED.format("C" + line[1:].replace("*", "X"))) == []
    assert seen_alone(LISTED.format("STA*TTLS")) == []


def test_a_pair_shows_the_one_letter_that_was_overwritten() -> None:
    listed = "S: 250-mx / 250-{} / 250 DSN"
    both = f"{listed.format('CHUNKING')} => {listed.format('CHU*KING').removeprefix('S: ')}"
    (first, *_) = named(f"S: 220 mx ESMTP\nC: EHLO me\n{both}\nC: QUIT\nS: 221 Bye")

    assert first.profile.id == "smtp-gated"


def test_a_proxy_speaks_in_its_own_name() -> None:
    banned = "S: 421 proxy.example.net You have been banned because of sending virus or SPAM"
    alone = "S: 220 proxy.example.net SMTP\nC: EHLO me\nS: 250 proxy.example.net SMTP Proxy, hello"

    assert [one.profile.id for one in seen_alone(banned)] == ["smtp-gated"]
    assert [one.profile.id for one in seen_alone(alone)] == ["smtp-gated"]
    assert seen_alone(alone.replace("SMTP Proxy, hello", "hello")) == []


def test_a_filter_hides_the_server_behind_a_name_of_its_own() -> None:
    script = "S: 220 smtp.passthru\nC: EHLO me\nS: 250-smtp.passthru / 250-DSN / 250 XFILTERED\nC: QUIT\nS: 221 Bye"

    assert [one.profile.id for one in seen_alone(script)] == ["clamsmtp"]
    assert seen_alone(script.replace("220 smtp.passthru", "220 smtp.example.com ESMTP")) == []


@pytest.mark.parametrize(
    ("greeting", "device"),
    [
        ("mx InterScan VirusWall NT ESMTP 3.53 (build 3/9/2002) ready at now", "trend-viruswall"),
        ("mx Trend Micro InterScan Messaging Security Suite, Version: 5.5.0.1183 ready at now", "trend-viruswall"),
        ("Trend Micro ESMTP 3.8 ready.", "trend-viruswall"),
        ("Net_sec WebShield SMTP V4.5 MR1a Network Associates, Inc. Ready at now", "webshield"),
    ],
)
def test_a_gateway_is_named_by_its_greeting(greeting: str, device: str) -> None:
    (found,) = seen_alone(f"S: 220 {greeting}\nC: EHLO me\nS: 250 mx\nC: QUIT\nS: 221 Bye")

    assert found.profile.id == device
    assert found.profile.connection is Family.RELAY
