"""What a comparison shows of each thing that came to the device."""

from __future__ import annotations

import pytest

from pcapsleuth.devices.event import VERB
from pcapsleuth.devices.observed import events
from tests.building import transcript
from tests.detect.script import compare_segments

HELLO = b"EHLO out.example.org\r\n"


@pytest.mark.parametrize(
    ("size", "detail"),
    [(1, "typed"), (2, "typed"), (5, ""), (len(HELLO), "")],
)
def test_a_command_is_typed_if_its_letters_come_one_by_one(size: int, detail: str) -> None:
    """A line that a small window cut in a few parts was typed by nobody."""
    parts = [("C", HELLO[at : at + size]) for at in range(0, len(HELLO), size)]
    talk = (("S", b"220 mx ESMTP\r\n"), *parts, ("S", b"250 mx\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
    found = events(compare_segments(transcript(*talk), transcript(*talk)))

    assert [one.detail for one in found if one.element == VERB] == [detail, ""]
