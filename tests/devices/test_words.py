"""Devices that one side knows by their very words."""

from __future__ import annotations

from pcapsleuth.devices.identify import Device, Identifier
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
