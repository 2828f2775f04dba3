"""What a device does to the handshake, and what only looks like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.tcp.segments import SYN
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
