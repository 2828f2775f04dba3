"""What ICMP says is proof of who refused, and of what the sender was told: in findings, in the session, in `show`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.case import compare, inspect
from pcapsleuth.detect.finding import Confidence, Finding, Severity, Where
from pcapsleuth.tcp.segments import ACK, PSH
from tests.building import MILLISECOND, Seg, Talk, endpoint, shift, transcript
from tests.icmp import PROHIBITED, TOO_BIG, Frame, error, write

MAIL = (
    ("S", b"220 mx ESMTP\r\n"),
    ("C", b"HELO a\r\n"),
    ("S", b"250 mx\r\n"),
    ("C", b"QUIT\r\n"),
    ("S", b"221 bye\r\n"),
)
BARRED = endpoint("192.0.2.66", 41_000)
SECOND = 1_000 * MILLISECOND
SYN_SEGMENT = replace(transcript(*MAIL, client=BARRED)[0], time=transcript(*MAIL)[-1].time + SECOND)
AFTER = shift(transcript(*MAIL, client=endpoint("192.0.2.67", 42_000)), 5 * SECOND)


def findings(
    tmp_path: Path, outside: list[Seg], inside: list[Seg], *errors: Frame, within: tuple[Frame, ...] = ()
) -> list[Finding]:
    """Compare two captures; `errors` are in the outside one, `within` in the inside one."""
    paths = write(tmp_path / "outside.pcap", outside, *errors), write(tmp_path / "inside.pcap", inside, *within)
    return list(compare(*paths).findings)


def blocked(found: list[Finding]) -> Finding:
    """The one finding of a connection that was kept out."""
    (one,) = [each for each in found if each.label == "connection-blocked"]
    return one


def test_the_one_who_prohibits_is_named(tmp_path: Path) -> None:
    seen = [*transcript(*MAIL), SYN_SEGMENT, *AFTER]
    found = blocked(findings(tmp_path, seen, [*transcript(*MAIL), *AFTER], error(SYN_SEGMENT, PROHIBITED)))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert "203.0.113.1 says by ICMP that this communication is prohibited (type 3, code 13)" in found.summary
    assert len(found.evidence) == 2


def test_a_syn_that_was_repeated_makes_it_sure(tmp_path: Path) -> None:
    again = replace(SYN_SEGMENT, time=SYN_SEGMENT.time + SECOND, ip_id=9)
    seen = [*transcript(*MAIL), SYN_SEGMENT, again, *AFTER]
    found = blocked(findings(tmp_path, seen, [*transcript(*MAIL), *AFTER], error(again, PROHIBITED)))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.PROVEN)


def test_a_refusal_that_both_sides_show_is_not_the_devices(tmp_path: Path) -> None:
    both = [*transcript(*MAIL), SYN_SEGMENT, *AFTER]
    refusal = error(SYN_SEGMENT, PROHIBITED)

    assert findings(tmp_path, both, both, refusal, within=(refusal,)) == []


def test_a_refusal_of_what_crossed_comes_from_between(tmp_path: Path) -> None:
    both = [*transcript(*MAIL), SYN_SEGMENT, *AFTER]
    found = blocked(findings(tmp_path, both, both, error(SYN_SEGMENT, PROHIBITED)))

    assert "refused between the two points" in found.summary


@pytest.mark.parametrize(
    ("times", "sender", "severity", "doubt"),
    [
        (1, "", Severity.INFO, "in a router's name"),
        (2, "", Severity.WARNING, "in a router's name"),
        (2, "198.51.100.25", Severity.WARNING, "the server's own host"),
    ],
)
def test_one_side_alone_shows_who_refuses(
    times: int, sender: str, severity: Severity, doubt: str, tmp_path: Path
) -> None:
    syns = [replace(SYN_SEGMENT, time=SYN_SEGMENT.time + n * SECOND, ip_id=9 + n) for n in range(times)]
    path = write(tmp_path / "one.pcap", [*transcript(*MAIL), *syns], error(syns[-1], PROHIBITED, sender=sender))
    found = blocked(list(inspect(path).findings))

    assert (found.severity, found.confidence, found.where) == (severity, Confidence.LIKELY, Where.SERVER_SIDE)
    assert "prohibited (type 3, code 13)" in found.summary
    assert doubt in found.doubts[0]


def test_an_error_about_an_open_connection_refuses_nothing(tmp_path: Path) -> None:
    talk = transcript(*MAIL)
    path = write(tmp_path / "one.pcap", talk, error(talk[0], PROHIBITED))

    assert not list(inspect(path).findings)


class Stuck:
    """A mail whose full-size segments never come out; the small ones before and behind them do."""

    def __init__(self) -> None:
        client, server = Talk(), Talk()
        for talk in (client, server):
            talk.handshake()
            for who, text in [
                *MAIL[:3],
                ("C", b"DATA\r\n"),
                ("S", b"354 go\r\n"),
                ("C", b"Subject: hi\r\n\r\n"),
                ("S", b""),
            ]:
                talk.say(who, text)
            talk.send("S")
        large = client.send("C", b"x" * 1_448, PSH | ACK)
        client.send("C", b"\r\n.\r\n", PSH | ACK)
        server.send("C", b"x" * 1_448, PSH | ACK)
        server.segments.pop()
        server.send("C", b"\r\n.\r\n", PSH | ACK)
        self.large = large
        times = range(1, 5)
        self.outside = client.segments + [
            replace(large, time=large.time + n * 200 * MILLISECOND, ip_id=large.ip_id + 10 + n) for n in times
        ]
        self.inside = server.segments


@pytest.mark.parametrize(
    ("mtu", "seq", "words"),
    [
        (0, None, "no ICMP error tells the client why"),
        (1_200, None, "which takes 1,200 (type 3, code 4), and the client does not heed it"),
        (1_200, 3_000_000_000, "but quotes a sequence number that the client never used"),
    ],
)
def test_what_the_sender_was_told_of_the_mtu_is_said(tmp_path: Path, mtu: int, seq: int | None, words: str) -> None:
    stuck = Stuck()
    errors = [error(stuck.large, TOO_BIG, mtu, seq=seq)] if mtu else []
    (found,) = [
        one for one in findings(tmp_path, stuck.outside, stuck.inside, *errors) if one.label == "large-segments-lost"
    ]

    assert words in found.summary
    assert len(found.evidence) == 1 + len(errors)
