"""What routers say by ICMP about segments is read beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapsleuth.capture.points import Selector
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.tcp.icmp import IcmpError
from pcapsleuth.tcp.segments import frame_number
from tests.building import CLIENT, SERVER, Seg, endpoint, transcript
from tests.icmp import PORT, PROHIBITED, ROUTER, ROUTER_6, TOO_BIG, error, write

SIX = (endpoint("2001:db8::10", 40_000), endpoint("2001:db8::25", 25))
LARGE = Seg(payload=b"x" * 1_448, seq=77)
LARGE_6 = Seg(*SIX, payload=b"x" * 1_428, seq=77)


def read(path: Path, *selectors: str, ports: tuple[int, ...] = (25,)) -> list[IcmpError]:
    """Read the errors of a capture."""
    points = [Selector.parse(text) for text in selectors] or None
    return [one for batch in CaptureReader([str(path)], ports, points) for one in batch.errors]


@pytest.mark.parametrize(
    ("about", "kind", "mtu", "reason", "size"),
    [
        (LARGE, TOO_BIG, 1_200, "too-big", 1_488),
        (LARGE_6, TOO_BIG, 1_280, "too-big", 1_488),
        (Seg(seq=77), PROHIBITED, 0, "prohibited", 40),
        (Seg(*SIX, seq=77), PROHIBITED, 0, "prohibited", 60),
        (Seg(seq=77), PORT, 0, "port-unreachable", 40),
        (Seg(*SIX, seq=77), PORT, 0, "port-unreachable", 60),
        (Seg(seq=77), {4: (3, 1)}, 0, "unreachable", 40),
        (Seg(seq=77), {4: (11, 0)}, 0, "time-exceeded", 40),
        (Seg(*SIX, seq=77), {6: (4, 0)}, 0, "other", 60),
    ],
)
def test_an_error_says_who_why_and_of_what(
    tmp_path: Path, about: Seg, kind: dict[int, tuple[int, int]], mtu: int, reason: str, size: int
) -> None:
    (found,) = read(write(tmp_path / "one.pcap", [], error(about, kind, mtu)))

    assert (found.sender.address, found.reason, found.mtu) == (ROUTER if about.ipv4 else ROUTER_6, reason, mtu)
    assert (found.source, found.destination) == (about.source, about.destination)
    assert (found.size, found.seq) == (size, 77)


def test_an_mtu_is_read_only_where_one_is_said(tmp_path: Path) -> None:
    (found,) = read(write(tmp_path / "one.pcap", [], error(Seg(), PROHIBITED, 1_200)))

    assert found.mtu == 0


def test_an_error_keeps_its_frame_among_the_segments(tmp_path: Path) -> None:
    segments = transcript(("S", b"220 mx ESMTP\r\n"), ("C", b"QUIT\r\n"))
    found = read(write(tmp_path / "mixed.pcap", segments, error(segments[4], TOO_BIG, 576)))

    assert [(frame_number(one.frame), one.time - segments[4].time) for one in found] == [(6, 50_000)]


def test_errors_about_other_ports_are_nobodys_business(tmp_path: Path) -> None:
    web = Seg(destination=endpoint("198.51.100.25", 80))

    assert read(write(tmp_path / "web.pcap", [], error(web, PROHIBITED))) == []


def test_the_addresses_that_are_quoted_choose_the_point(tmp_path: Path) -> None:
    path = write(tmp_path / "both.pcap", [], error(Seg(), PROHIBITED))

    assert [one.point for one in read(path, f"net:{ROUTER}/32", f"net:{CLIENT.address}/32")] == [1]
    assert [one.point for one in read(path, f"net:{ROUTER}/32")] == [-1]
    assert [one.point for one in read(path, f"net:{SERVER.address}/32")] == [0]
