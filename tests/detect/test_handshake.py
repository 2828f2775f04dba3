"""What a device does to the handshake, and what only looks like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.detect.detectors.tcp_altered import detect_pair
from pcapsleuth.detect.finding import Severity
from pcapsleuth.tcp.segments import ACK, SYN
from tests.building import SYN_OPTIONS, Seg, transcript
from tests.detect.script import compare_segments, names

TALK = (("S", b"220 mx ESMTP\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
ALTERED = {
    "the MSS clamped": ("020405640402080a00000001000000000103030700", {"tcp-altered:MSS"}),
    "the window scale cleared": ("020405b40402080a000000010000000001010101", {"tcp-altered:WSCALE"}),
    "SACK cleared": ("020405b40101080a000000010000000001030307", {"tcp-altered:SACK"}),
    "timestamps cleared": ("020405b404020101010101010101010101030307", {"tcp-altered:TIMESTAMPS"}),
    "all of it": (SYN_OPTIONS.hex(), set()),
    "other padding": ("020405b40402080a00000001000000000103030700", set()),
    "cut by a snaplen": ("020405b40402080a0000", set()),
}


def with_options(segments: list[Seg], options: bytes) -> list[Seg]:
    """Give the client's SYN other options."""
    return [replace(one, options=options) if one.flags == SYN else one for one in segments]


@pytest.mark.parametrize("name", ALTERED)
def test_the_options_of_a_syn(name: str) -> None:
    options, expected = ALTERED[name]
    came_out = with_options(transcript(*TALK), bytes.fromhex(options))

    assert names(compare_segments(transcript(*TALK), came_out)) == expected


def test_sequence_numbers_made_anew() -> None:
    assert names(compare_segments(transcript(*TALK), transcript(*TALK, isns=(77, 99)))) == {"tcp-altered:ISN"}


STOPPED = (
    ("S", b"220 mx ESMTP\r\n"),
    *(("C", b"HELO me\r\n"), ("S", b"250 mx\r\n")),
    *(("C", b"MAIL FROM:<a@b.example>\r\n"), ("S", b"250 ok\r\n")),
    *(("C", b"RCPT TO:<c@d.example>\r\n"), ("S", b"250 ok\r\n")),
    *(("C", b"DATA\r\n"), ("S", b"354 go on\r\n")),
    ("C", b"Subject: x\r\n\r\nhalf of a mes"),
)
CLEARED, OTHER_SCALE, SACK_CLEARED = (
    bytes.fromhex(ALTERED[name][0]) for name in ("the window scale cleared", "the MSS clamped", "SACK cleared")
)


def severities(outside: list[Seg], inside: list[Seg]) -> dict[str, Severity]:
    """How bad each change of the handshake is said to be."""
    return {one.subject or "": one.severity for one in detect_pair(compare_segments(outside, inside))}


def test_scales_that_the_ends_do_not_agree_upon_are_a_warning_where_mail_data_stopped() -> None:
    found = severities(transcript(*STOPPED), with_options(transcript(*STOPPED), CLEARED))

    assert found == {"WSCALE": Severity.WARNING}


def test_they_are_none_where_the_mail_went_through() -> None:
    whole = (*STOPPED, ("C", b"sage\r\n.\r\n"), ("S", b"250 kept\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))

    assert severities(transcript(*whole), with_options(transcript(*whole), CLEARED)) == {"WSCALE": Severity.INFO}


def test_what_does_no_harm_is_no_warning_where_mail_data_stopped() -> None:
    found = severities(transcript(*STOPPED), with_options(transcript(*STOPPED), SACK_CLEARED))

    assert found == {"SACK": Severity.INFO}


def test_a_scale_that_the_server_never_saw_is_agreed_to_be_none() -> None:
    outside, inside = (
        [
            replace(one, options=CLEARED) if one.flags & SYN and one.flags != sent else one
            for one in transcript(*STOPPED)
        ]
        for sent in (SYN, None)
    )

    assert severities(outside, inside) == {"WSCALE": Severity.INFO}


def test_segments_that_became_too_large_are_a_warning() -> None:
    outside, inside = transcript(*STOPPED), transcript(*STOPPED)
    small = [replace(one, options=OTHER_SCALE) if one.flags == SYN | ACK else one for one in inside]

    assert severities(outside, small) == {"MSS": Severity.WARNING}
