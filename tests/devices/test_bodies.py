"""Faults that are only in the mail itself: named where a device is known to do just that, and nobody otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.compare.family import Family
from pcapsleuth.detect.run import detect_pair
from pcapsleuth.devices.event import BODY
from pcapsleuth.devices.identify import Identifier
from pcapsleuth.devices.observed import events
from pcapsleuth.spool.reading import DEFAULT, NOBODY
from pcapsleuth.spool.sides import Paired
from tests.building import SYN_OPTIONS, endpoint, transcript, write_pcap
from tests.detect.script import compared, sides
from tests.devices.sessions import SHIPPED, named

OWN_OPTIONS = SYN_OPTIONS.replace(bytes.fromhex("00010000"), bytes.fromhex("07070707"))
"""Of another stack, whose clock shows another time."""

START = """S: 220 mx ESMTP
C: EHLO out.example.org
S: 250-mx / 250 SIZE
C: MAIL FROM:<a@example.org>
S: 250 Ok
C: RCPT TO:<b@example.com>
S: 250 Ok
C: DATA
S: 354 go ahead
"""
END = "\nS: 250 queued as 4ABC\nC: QUIT\nS: 221 bye"
HEADER = "Message-ID: <1@example.org> / To: Bob <b@example.com> / Subject: x // "
TEXT = "the first line / and a second / ."
FILLED = "XXXXXXXXXXXXXX / XXXXXXXXXXXX / ."


def script(body: str, header: str = HEADER) -> str:
    """A session in which nothing but the mail is touched."""
    return f"{START}C: {HEADER}{TEXT} => {header}{body}{END}"


@pytest.mark.parametrize(
    ("body", "went", "detail"),
    [
        (TEXT, b"body", ""),
        (FILLED, b"XXXX", "as long"),
        (FILLED.replace("X", "*"), b"****", "as long"),
        ("the first line / XXX X XXXXXX / .", b"altered", "as long"),
        ("the first line / and a / second / .", b"altered", "longer"),
        ("the first line / and a second / this mail was scanned / .", b"altered", "longer"),
        ("the first line / .", b"altered", "shorter"),
        ("XXXX / XXXX / .", b"altered", "shorter"),
    ],
)
def test_what_became_of_a_body(body: str, went: bytes, detail: str) -> None:
    (event,) = (one for one in events(compared(script(body))) if one.element == BODY)

    assert (event.went, event.detail) == (went, detail)


def test_a_body_of_x_is_known_of_one_release() -> None:
    (device,) = named(script(FILLED))

    assert (device.profile.id, device.confidence) == ("cisco-pix-42-fixup", "possible")
    assert any("nothing but X, as long as it was" in line for line in device.why)
    assert any(line.startswith("against it: the greeting and EHLO pass") for line in device.why)
    assert device.remedies[0]["id"] == "release"


@pytest.mark.parametrize(
    "body",
    [
        FILLED.replace("X", "*"),
        "the first line / XXX X XXXXXX / .",
        "the first line / and a / second / .",
        "the first line / and a second / this mail was scanned / .",
        "the first l?ne / and a second / .",
    ],
)
def test_what_no_device_is_known_to_do_names_nobody(body: str) -> None:
    assert named(script(body)) == []


def test_an_altered_body_behind_a_masked_greeting_is_not_laid_at_the_releases_door() -> None:
    masked = script("the first line / XXX X XXXXXX / .").replace(
        "S: 220 mx ESMTP\n", "S: 220 mx.example.com ESMTP => 220 SMTP/cmap ready________\n"
    )

    (device,) = (one for one in named(masked) if one.profile.id == "cisco-pix-42-fixup")
    assert any("it is not known to do this: a body came out altered, as long as it was" in line for line in device.why)


def test_an_emptied_field_belongs_to_the_same_release() -> None:
    (device,) = named(script(FILLED, HEADER.replace(" Bob <b@example.com>", "                  ")))

    assert device.profile.id == "cisco-pix-42-fixup"
    assert any("field's value" in line or "header field" in line for line in device.why)


def test_a_proxy_may_write_the_body_anew(tmp_path: Path) -> None:
    """Two connections, and text added: any of those that stand between in person, none that edits in place."""
    client, server = sides(script("the first line / and a second / this mail was scanned / ."))
    outside = transcript(*client)
    own = transcript(*server, client=endpoint("10.1.1.1", 50_000), isns=(77_000, 99_000))
    inside = [replace(one, options=one.options and OWN_OPTIONS) for one in own]
    write_pcap(tmp_path / "outside.pcap", outside)
    write_pcap(tmp_path / "inside.pcap", inside)
    paths = str(tmp_path / "outside.pcap"), str(tmp_path / "inside.pcap")
    paired = Paired(*paths, None, DEFAULT, NOBODY)
    identifier = Identifier(SHIPPED)
    (pair,) = paired.pairing.pairs
    comparison = paired.compare(pair)
    assert comparison.family is Family.PROXY
    identifier.feed(comparison, detect_pair(comparison, "unknown").findings)

    families = {device.profile.connection for device in identifier.devices()}
    assert families
    assert families <= {"proxy", "relay"}
