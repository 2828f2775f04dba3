"""Which tries of one message are further deliveries, and which are one delivery seen at two points."""

from __future__ import annotations

from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.detectors.duplicate_message import detect_case
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.scope import Scope, Side
from pcapsleuth.detect.tries import tries
from tests.building import START, transcript
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
