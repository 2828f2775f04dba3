"""Two connections of one TCP stack, without timestamps: times and options tell them from a translated one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.case import compare
from pcapsleuth.detect.finding import Finding
from pcapsleuth.tcp.segments import SYN
from tests.building import START, Seg, endpoint, transcript
from tests.detect.proxied import DATA, HELLO, MAIL, Proxied
from tests.detect.scene import SECOND, TRANSIT, Scene, passed, serious
from tests.detect.test_relays import in_clear

PLAIN = bytes.fromhex("020405b4 0103 0308 0101 0402")
"""MSS, window scale, SACK: no timestamp."""
LESS = bytes.fromhex("020405b4")
QUIT = (("C", b"QUIT\r\n"), ("S", b"221 2.0.0 Bye\r\n"))
WHOLE = (*DATA, ("C", MAIL + b".\r\n"), ("S", b"250 2.0.0 Ok: queued as 4ABC\r\n"), *QUIT)
MILLISECOND = 1_000_000


def stacked(segments: list[Seg], options: bytes = PLAIN) -> list[Seg]:
    """The segments, with a SYN of some stack."""
    return [replace(one, options=options) if one.flags & SYN else one for one in segments]


def said(outside: list[Seg], inside: list[Seg], folder: Path) -> list[Finding]:
    """What is said of a pair."""
    scene = Scene()
    scene.outside, scene.inside = outside, inside
    return scene.compared(folder)


def translated(said: tuple[tuple[str, bytes], ...], late: int = 0) -> list[Seg]:
    """The inside of a firewall that makes all sequence numbers anew; its capture stamps the SYN-ACK late."""
    segments = [passed(one) for one in stacked(transcript(*said, isns=(70_000, 90_000)))]
    return [replace(one, time=one.time + late) if at == 1 else one for at, one in enumerate(segments)]


def test_a_handshake_that_was_complete_before_the_server_answered(tmp_path: Path) -> None:
    """The proxy connects when it has its client, and passes on what both say at once."""
    session = Proxied(WHOLE)
    outside, inside = stacked(session.outside.segments), stacked(session.inside.segments)

    assert "proxy-in-path" in {one.name for one in said(outside, inside, tmp_path)}


@pytest.mark.parametrize("late", [0, 400_000])
def test_a_firewall_that_makes_sequence_numbers_anew_has_one_connection(late: int, tmp_path: Path) -> None:
    found = said(stacked(transcript(*WHOLE)), translated(WHOLE, late), tmp_path)

    assert {one.name for one in found} == {"tcp-altered:ISN"}


@pytest.mark.parametrize(("came", "went", "proxy"), [(LESS, PLAIN, True), (PLAIN, LESS, False)])
def test_a_device_clears_options_and_adds_none(came: bytes, went: bytes, proxy: bool, tmp_path: Path) -> None:
    """The SYN-ACK offers what its SYN did: that of a translated connection what is left of it."""
    outside = stacked(transcript(*WHOLE), LESS)
    outside[0] = replace(outside[0], options=came)
    inside = [
        replace(one, options=went if at == 0 else LESS) if one.flags & SYN else one
        for at, one in enumerate(translated(WHOLE))
    ]

    assert ("proxy-in-path" in {one.name for one in said(outside, inside, tmp_path)}) is proxy


@pytest.mark.parametrize(
    ("pace", "host"), [(30, b"fw.example.net"), (1, b"relay.example.net"), (0, b"relay.example.net")]
)
def test_dialogues_that_no_clock_makes_one(pace: int, host: bytes, tmp_path: Path) -> None:
    """The client takes a second for its mail, the relay a few milliseconds; by its one name it is known sooner."""
    outside = stacked(transcript(*in_clear(host, b"out.example.org")))
    outside = [replace(one, time=one.time + at * pace * MILLISECOND) for at, one in enumerate(outside)]
    inside = stacked(
        transcript(*in_clear(b"mx.example.com", b"relay.example.net"), isns=(7, 9), start=START + 9 * SECOND)
    )
    found = said(outside, inside, tmp_path)

    assert ("proxy-in-path:RELAY" in {one.name for one in found}) is bool(pace)
    assert (serious(found) == []) is bool(pace)


def test_a_segment_that_was_repeated_may_be_the_first_of_its_capture(tmp_path: Path) -> None:
    """The outside lost the first MAIL, and shows the second, which the client sent for want of an acknowledgment."""
    outside, inside = stacked(transcript(*WHOLE)), translated(WHOLE)
    mail = next(one for one in outside if one.payload.startswith(b"MAIL"))
    again = replace(mail, time=mail.time + SECOND)
    outside = [replace(one, time=one.time + 2 * SECOND) if one.time > mail.time else one for one in outside]
    inside = [replace(one, time=one.time + 2 * SECOND) if one.time > mail.time + TRANSIT else one for one in inside]
    outside = [again if one is mail else one for one in outside]

    found = said(outside, sorted([*inside, passed(again)], key=lambda one: one.time), tmp_path)
    assert "proxy-in-path:RELAY" not in {one.name for one in found}


def test_who_greets_before_it_has_its_server_is_no_relay(tmp_path: Path) -> None:
    session = Proxied(())
    session.outside.time = START + 3 * MILLISECOND
    session.outside.say("S", b"220 fw.example.net SMTP Proxy ready\r\n")
    session.outside.time = session.inside.time
    session.inside.say("S", HELLO[0][1])
    session.outside.time = session.inside.time
    for who, text in (*HELLO[1:3], *QUIT):
        session.passes(who, text)
    outside, inside = stacked(session.outside.segments), stacked(session.inside.segments)

    names = {one.name for one in said(outside, inside, tmp_path)}
    assert "proxy-in-path" in names
    assert "banner-rewritten" in names


def test_of_a_relay_no_two_messages_are_one(tmp_path: Path) -> None:
    """It sends the second mail of a session among those of others."""

    def mails(host: bytes, name: bytes, *numbers: int) -> list[tuple[str, bytes]]:
        first, *rest = (in_clear(host, name, number) for number in numbers)
        between = [line for lines in rest for line in lines[3:-2]]
        told = [*first[:-2], *between, *first[-2:]]
        return [
            (who, text.replace(b"text", b"text" * len(text))) if b"<2@" in text else (who, text) for who, text in told
        ]

    outside = stacked(transcript(*mails(b"relay.example.net", b"out.example.org", 1, 2)))
    outside = [replace(one, time=one.time + at * 30 * MILLISECOND) for at, one in enumerate(outside)]
    inside = transcript(*mails(b"mx.example.com", b"relay.example.net", 1, 3), isns=(7, 9), start=START + 9 * SECOND)

    assert serious(said(outside, stacked(inside), tmp_path)) == []


def test_sessions_without_mail_are_paired_by_the_middle_of_their_handshakes(tmp_path: Path) -> None:
    """A proxy keeps its clients' addresses; its server is farther away than its clients are."""
    scene = Scene()
    for number in range(8):
        refused = (*HELLO[:5], ("C", b"RCPT TO:<b%d@example.com>\r\n" % number), ("S", b"550 5.1.1 no\r\n"), *QUIT)
        said = WHOLE if number < 4 else refused if number < 6 else (*HELLO[:3], *QUIT)
        mine = [(who, text.replace(b"<a@", b"<a%d@" % number).replace(b"<1@", b"<n%d@" % number)) for who, text in said]
        begun = START + number * 40 * SECOND
        near = endpoint(f"192.0.2.{10 + number % 2}", 40_000 + number)
        far = endpoint(f"192.0.2.{10 + number % 2}", 20_000 + number)
        scene.outside += stacked(transcript(*mine, client=near, isns=(number, 9 + number), start=begun))
        other = transcript(*mine, client=far, isns=(5_000 + number, 7_000 + number), start=begun + 2 * MILLISECOND)
        scene.inside += [
            replace(one, time=one.time + 120 * MILLISECOND * (at > 0)) for at, one in enumerate(stacked(other))
        ]

    report = compare(*scene.files(tmp_path))
    assert [(pair.outside, pair.inside) for pair, _ in report.pairs] == [(n, n) for n in range(8)]


@pytest.mark.parametrize("kept", [5 * SECOND, SECOND // 10])
def test_a_relay_greets_on_the_side_of_its_clients(kept: int, tmp_path: Path) -> None:
    """It keeps each mail as long as the last, so that the clocks seem to differ by that, and its server is slow."""
    scene = Scene()
    for number in range(4):
        begun = START + number * 60 * SECOND
        outside = transcript(*in_clear(b"relay.example.net", b"out.example.org", number), start=begun)
        scene.outside += stacked([replace(one, seq=one.seq + number) for one in outside])
        mails = in_clear(b"mx.example.com", b"relay.example.net", number)
        mails[9] = ("C", b"X-Spam-Flag: NO\r\n" + mails[9][1])
        slow = transcript(*mails, isns=(70_000 * (number + 1), 90_000), start=begun + kept)
        scene.inside += stacked([replace(one, time=one.time + 20 * at * MILLISECOND) for at, one in enumerate(slow)])

    found = {one.name for one in scene.compared(tmp_path)}
    assert "header-added:X-SPAM-FLAG" in found
    assert "header-removed:X-SPAM-FLAG" not in found
