"""One capture that saw both sides of a device: `inspect` says so, and `compare` can be asked."""

from __future__ import annotations

from pathlib import Path

from pcapsleuth.case import compare, inspect
from pcapsleuth.spool.views import Views
from tests.building import endpoint, interleave, shift, transcript, write_pcap
from tests.detect.script import dialogue

SPOKEN = (
    ("S", b"220 mx ESMTP\r\n"),
    ("C", b"HELO a\r\n"),
    ("S", b"250 mx\r\n"),
    ("C", b"QUIT\r\n"),
    ("S", b"221 bye\r\n"),
)


def both(path: Path) -> str:
    outside = transcript(*SPOKEN, server=endpoint("198.51.100.25", 25))
    inside = transcript(*SPOKEN, server=endpoint("10.1.1.25", 25))
    write_pcap(path, interleave(outside, shift(inside, 1_000)))
    return str(path)


def test_inspect_suggests_the_comparison(tmp_path: Path) -> None:
    path = both(tmp_path / "both.pcap")

    assert any(
        "--outside net:198.51.100.25/32 --inside net:10.1.1.25/32" in one for one in inspect(path).verdict.limits
    )


def test_the_suggestion_works(tmp_path: Path) -> None:
    path = both(tmp_path / "both.pcap")
    report = compare(path, points=("net:198.51.100.25/32", "net:10.1.1.25/32"))

    assert [(pair.outside, pair.inside) for pair in report.pairs.matches()] == [(0, 0)]


def test_a_capture_of_one_side_suggests_nothing(tmp_path: Path) -> None:
    write_pcap(tmp_path / "one.pcap", transcript(*SPOKEN))

    assert not any("--outside" in one for one in inspect(tmp_path / "one.pcap").verdict.limits)


def test_several_processes_see_what_one_sees() -> None:
    whole, parts = Views(), [Views(), Views()]
    for part, address in zip(parts, ("198.51.100.25", "10.1.1.25"), strict=True):
        part.note(dialogue(transcript(*SPOKEN, server=endpoint(address, 25))).connection)
        assert part.remark("FILE") == ()
        whole.join(part)

    assert whole.remark("FILE")
