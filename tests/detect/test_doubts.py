"""Where an innocent cause might explain a finding, the finding's own doubts say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.run import detect_pair
from pcapsleuth.tcp.segments import RST, SYN
from tests.building import Seg, Talk, drop, endpoint, transcript
from tests.detect.scene import Scene, passed
from tests.detect.script import compare_segments, compared, sides
from tests.detect.test_duplicates import duplicates
from tests.detect.test_near_miss_traffic import (
    SEALED,
    WHOLE,
    _black_hole,
    own_stack,
    typed,
)
from tests.detect.test_near_misses import HELLO, LIST, MAIL, QUIT
from tests.test_fixtures import compared as recorded

Said = Callable[[Path], list[Finding]]

STARS = "S: 220 ****************\nC: EHLO me\n"
"""A masked greeting."""
UNKNOWN = "S: 500 5.5.1 command unrecognized\nC: HELO me\nS: 250 mx\n" + MAIL
OTHER_GREETING = "S: 220 mx ESMTP => 220 fw SMTP\nC: NOOP\nS: 250 ok\n" + QUIT
UNENDED = WHOLE[: WHOLE.index("S: 250 2.0.0 queued")]


def alone(script: str, change: Callable[[list[Seg]], list[Seg]] = list) -> Said:
    """What one capture alone makes of a script."""

    def said(folder: Path) -> list[Finding]:
        scene = Scene()
        scene.add(script, change=change)
        return scene.inspected(folder)

    return said


def by_hand(script: str) -> Said:
    """What both captures make of a script that is typed."""

    def said(folder: Path) -> list[Finding]:
        scene = Scene()
        scene.add(script, change=typed)
        return scene.compared(folder)

    return said


def likely_pair(_: Path) -> list[Finding]:
    comparison = compared(OTHER_GREETING)
    comparison.pair = comparison.pair._replace(certain=False)
    return detect_pair(comparison, "unknown").findings


def with_a_lost_frame(_: Path) -> list[Finding]:
    client, server = (transcript(*lines) for lines in sides(OTHER_GREETING))
    return detect_pair(compare_segments(client, drop(server, 4)), "unknown").findings


def balanced(folder: Path) -> list[Finding]:
    scene = Scene()
    scene.add(WHOLE)
    scene.inside = [passed(one) for one in own_stack(transcript(*sides(WHOLE)[1], isns=(77, 99)))]
    return scene.compared(folder)


def black_hole(folder: Path) -> list[Finding]:
    scene = Scene()
    _black_hole(scene, at_inside=False)
    return scene.compared(folder)


def lone_reset(_: Path) -> list[Finding]:
    client, server = Talk(), Talk()
    for talk in (client, server):
        talk.handshake()
        talk.say("S", b"220 mx ESMTP\r\n")
    client.send("S", flags=RST)
    return detect_pair(compare_segments(client.segments, server.segments), "unknown").findings


def scanned(folder: Path) -> list[Finding]:
    scene = Scene()
    scene.add(WHOLE)
    talk = Talk(endpoint("203.0.113.9", 50_000), endpoint("198.51.100.100", 25))
    talk.send("C", flags=SYN)
    scene.outside += talk.segments
    return scene.compared(folder)


def turned_away(folder: Path) -> list[Finding]:
    scene = Scene()
    scene.add(WHOLE)
    scene.add("S: 421 4.7.0 too many connections", at=-5, client="192.0.2.66", seen="outside")
    scene.add(WHOLE.replace("<1@", "<2@"), at=-10)
    return scene.compared(folder)


def taken_off(folder: Path) -> list[Finding]:
    scene = Scene()
    for side, script in (("outside", SEALED), ("inside", WHOLE)):
        there = Scene()
        there.add(script, seen=side)
        setattr(scene, side, getattr(there, side))
    return scene.compared(folder)


DOUBTS: dict[tuple[str, str], Said] = {
    ("banner-masked", "who redact"): alone(STARS + LIST),
    ("banner-masked", "adorn it with stars"): alone(STARS + LIST),
    ("banner-rewritten", "load balancer"): likely_pair,
    ("banner-rewritten", "a full buffer, few bytes kept"): with_a_lost_frame,
    ("capability-masked", "who redact"): alone(HELLO + "S: 250-mx / 250-XXXXXXXA / 250 SIZE\n"),
    ("command-swallowed", "ignores what it does not know"): alone(
        HELLO + LIST + "C: goodmorning\nC: NOOP\nS: 250 Ok\n" + QUIT
    ),
    ("command-swallowed", "typed"): by_hand("S: 220 mx\nC: HELO me\nS: 250 mx\nC: goodmorning => -\n" + QUIT),
    ("connection-blocked", "a scan"): scanned,
    ("connection-blocked", "lost all frames"): turned_away,
    ("data-retransmitted", "a smaller MTU"): black_hole,
    ("duplicate-message", "whose scanner"): lambda _: duplicates([UNENDED, WHOLE], []),
    ("large-segments-lost", "a smaller MTU"): lambda _: list(recorded("large-segments-lost").findings),
    ("proxy-in-path", "a load balancer"): balanced,
    ("reply-injected", "accepts anything"): alone(HELLO + LIST + "C: goodmorning\nS: 250 Ok\n" + QUIT),
    ("reply-injected", "lost all frames"): turned_away,
    ("reply-injected", "not set up for"): alone(
        HELLO + "S: 250-mx / 250 STARTTLS\nC: STARTTLS\nS: 502 not implemented\n" + QUIT
    ),
    ("reset-injected", "lost the one frame with the RST"): lone_reset,
    ("tls-intercepted", "a tap that decrypts"): taken_off,
    ("verb-blocked", "EHLO was switched off"): alone(
        HELLO + "S: 500 unrecognized command\nC: goodmorning\nS: 500 unrecognized command\n" + QUIT
    ),
    ("verb-blocked", "typed"): by_hand("S: 220 mx\nC: goodmorning => -\nS: - => 250 OK\n" + QUIT),
    ("verb-masked", "a server that does not know"): alone(STARS + UNKNOWN),
    ("verb-masked", "typed"): by_hand("S: 220 mx\nC: EHLO me => XXXXXXX\nS: 500 what?\n" + QUIT),
    ("verb-rewritten", "typed"): by_hand("S: 220 mx\nC: EHLO me => HELO me\nS: 250 mx\n" + QUIT),
}
"""Labels with what their doubts mention, and a case of each."""


@pytest.mark.parametrize(("label", "words"), DOUBTS, ids=[" ".join(one) for one in DOUBTS])
def test_the_finding_doubts_itself(label: str, words: str, tmp_path: Path) -> None:
    found = [one for one in DOUBTS[label, words](tmp_path) if one.label == label]

    assert found
    assert all(any(words in doubt for doubt in one.doubts) for one in found)


def test_a_mask_that_one_capture_shows_of_who_types_is_doubted_for_it(tmp_path: Path) -> None:
    found = alone("S: 220 mx\nC: XXXX me\nS: 500 what?\n" + QUIT, typed)(tmp_path)
    masked = [one for one in found if one.label == "verb-masked"]

    assert masked
    assert all("typed" in one.doubts[0] and one.confidence == "possible" for one in masked)
