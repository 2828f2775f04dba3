"""A line of a reply has the frame that carried it, not that of the whole reply."""

from __future__ import annotations

from tests.building import Talk, recut
from tests.detect.script import dialogue

LIST = b"250-mx.example.com\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 8BITMIME\r\n"


def _frames(cuts: list[int]) -> list[int]:
    """The frame of each line of an EHLO reply that is cut into segments of these sizes, counted from its first."""
    talk = Talk()
    talk.handshake()
    talk.say("S", b"220 mx\r\n")
    talk.say("C", b"EHLO me\r\n")
    before = len(talk.segments)
    talk.say("S", LIST)
    one = dialogue([*talk.segments[:before], *recut(talk.segments[before:], cuts)])
    index = next(i for i, row in one.replies() if row.answers >= 0)
    starts = [0, *(at + 1 for at in range(len(LIST) - 1) if LIST[at : at + 1] == b"\n")]
    return [one.frame(index, start) - before for start in starts]


def test_a_reply_of_one_segment_has_one_frame() -> None:
    assert _frames([len(LIST)]) == [1, 1, 1, 1]


def test_each_line_has_the_frame_of_its_first_byte() -> None:
    assert _frames([20, 15, 100]) == [1, 2, 3, 3]


def test_a_line_that_is_cut_in_two_has_the_frame_of_its_first_half() -> None:
    assert _frames([24, 100]) == [1, 1, 2, 2]


def test_a_line_of_three_segments_moves_those_behind_it_only() -> None:
    assert _frames([22, 5, 20, 100]) == [1, 1, 3, 4]
