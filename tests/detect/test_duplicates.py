"""Which tries of one message are further deliveries, and which are one delivery seen at two points."""

from __future__ import annotations

import pytest

from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.detectors.duplicate_message import detect_case, detect_sessions
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.scope import Scope, Sessions, Side
from pcapsleuth.detect.tries import tries
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST
from tests.building import START, Talk, transcript
from tests.detect.scene import SECOND
from tests.detect.script import dialogue, sides
from tests.detect.test_near_misses import HELLO, LIST, MAIL, QUIT

WHOLE = HELLO + LIST + MAIL + QUIT
RELAYED = WHOLE.replace("out.example.org", "relay.example.com").replace("4ABC", "5DEF")


def side(name: str, scripts: list[str], begin: int) -> Side:
    """A capture of sessions without partners, one a second."""
    found = [
        dialogue(transcript(*sides(script)[0], start=START + (begin + n) * SECOND)) for n, script in enumerate(scripts)
    ]
    tried = {n: [one._replace(session=n) for one in tries(session)] for n, session in enumerate(found)}
    return Side(name, (), tried, range(len(found)), Bounds(START, START + 9 * SECOND), found.__getitem__)


def duplicates(outside: list[str], inside: list[str]) -> list[Finding]:
    """What is said of sessions, those outside before those inside."""
    scope = Scope(side("outside", outside, 0), side("inside", inside, len(outside)), pairs=())
    return list(detect_case(scope))


def test_a_relay_passes_on_what_its_client_handed_over() -> None:
    """A lost frame may keep the two sessions of a relayed message apart: still they are one delivery."""
    assert duplicates([WHOLE], [RELAYED]) == []


def test_what_comes_twice_past_one_point_is_a_duplicate() -> None:
    assert [one.outside for one in duplicates([WHOLE, WHOLE], [RELAYED])] == [1]
    assert [one.inside for one in duplicates([WHOLE], [RELAYED, RELAYED])] == [1]


def test_one_capture_tells_who_was_never_answered_from_who_was() -> None:
    unended = WHOLE[: WHOLE.index("S: 250 2.0.0 queued")]
    refused = WHOLE.replace("250 2.0.0 queued as 4ABC", "451 4.7.1 later")

    for first, severities in ((unended, ["warning"]), (WHOLE, ["info"]), (refused, [])):
        sessions = side("outside", [first, WHOLE], 0)
        found = list(detect_sessions(Sessions([one for tried in sessions.tries.values() for one in tried])))
        assert [one.severity for one in found] == severities
        assert all((one.session, one.related) == (1, (0,)) for one in found)


@pytest.mark.parametrize(("farewell", "found"), [("421 4.4.2 lost connection", 1), ("451 4.7.1 later", 1)])
def test_what_a_server_says_to_a_client_that_has_closed_is_no_refusal(farewell: str, found: int) -> None:
    """The client never heard it: it sends the message again for want of an answer."""
    talk = Talk()
    talk.handshake()
    for who, text in sides(HELLO + LIST + MAIL[: MAIL.index("S: 250 2.0.0 queued")])[0]:
        talk.say(who, text)
    talk.send("C", b"", FIN | ACK)
    talk.send("S", farewell.encode() + b"\r\n", PSH | ACK)
    talk.send("C", flags=RST)
    first, again = dialogue(talk.segments), side("outside", [WHOLE], 1)
    again.tries[1] = [one._replace(session=1) for one in again.tries[0]]

    tried = [one._replace(session=0) for one in tries(first)] + again.tries[1]
    assert len(list(detect_sessions(Sessions(tried)))) == found
