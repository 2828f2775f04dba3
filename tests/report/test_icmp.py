"""What ICMP says of a connection stands in its session, for programs and for people."""

from __future__ import annotations

from pathlib import Path

from pcapsleuth.case import session, session_pair
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.report.dialogue_text import both_sides, one_side
from pcapsleuth.report.look import Look
from pcapsleuth.report.session import describe
from tests.building import transcript
from tests.icmp import SOON, TOO_BIG, error, write

LINES = (
    ("S", b"220 mx ESMTP\r\n"),
    ("C", b"HELO a\r\n"),
    ("S", b"250 mx\r\n"),
    ("C", b"QUIT\r\n"),
    ("S", b"221 bye\r\n"),
)
SEGMENTS = transcript(*LINES)
ABOUT = SEGMENTS[4]
SAID = "203.0.113.1 says by ICMP that a packet of 48 bytes is too big for the next hop, which takes 44 (type 3, code 4)"


def capture(tmp_path: Path, name: str = "told.pcap", *, told: bool = True) -> Path:
    return write(tmp_path / name, SEGMENTS, *([error(ABOUT, TOO_BIG, 44)] if told else []))


def test_the_document_has_every_part_of_it(tmp_path: Path) -> None:
    assert describe(session(0, capture(tmp_path)), "single")["icmp"] == [
        {
            "file": 0,
            "frame": 6,
            "time": ABOUT.time + SOON,
            "sender": "203.0.113.1",
            "type": 3,
            "code": 4,
            "reason": "too-big",
            "mtu": 44,
            "size": 48,
            "about": "to-server",
        }
    ]


def test_a_dialogue_says_it_below_its_head(tmp_path: Path) -> None:
    text = " ".join(" ".join(one_side(session(0, capture(tmp_path)), Look())).split())

    assert f"+0.004 {SAID}, frame 6" in text


def test_side_by_side_it_says_where_it_was_seen(tmp_path: Path) -> None:
    outside, inside = capture(tmp_path, "outside.pcap"), capture(tmp_path, "inside.pcap", told=False)
    found = session_pair("outside", 0, [outside], [inside])

    assert isinstance(found, Comparison)
    text = " ".join(" ".join(both_sides(found, Look())).split())
    assert f"outside: +0.004 {SAID}, frame 6" in text
    assert "inside: +" not in text
