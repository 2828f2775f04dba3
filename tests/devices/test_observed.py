"""What a comparison shows of each thing that came to the device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.devices.event import RESET, VERB
from pcapsleuth.devices.observed import events
from pcapsleuth.tcp.segments import SYN
from tests.building import transcript
from tests.detect.proxied import DATA, MAIL, OWN_SYN, Proxied
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


def test_what_a_server_says_to_a_proxy_that_has_left_it_is_told_to_nobody() -> None:
    """The last thing that the client was told is the proxy's own refusal, in whose midst the server was cut off."""
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    session.inside.time = session.outside.time
    session.inside.say("C", MAIL[:100], acknowledge=True)
    session.outside.say("S", b"554 5.7.1 infected\r\n")
    session.outside.goodbye()
    session.leaves_server(farewell=b"421 4.4.2 mx.example.com lost connection\r\n")
    inside = [replace(one, options=OWN_SYN) if one.flags & SYN else one for one in session.inside.segments]
    found = [one for one in events(compare_segments(session.outside.segments, inside)) if one.element == RESET]

    assert (found[-1].name, found[-1].answer, found[-1].reset) == ("DATA", b"554 5.7.1 infected", "server")
