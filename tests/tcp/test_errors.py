"""An ICMP error belongs to the connection whose segment it quotes, however the capture is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.table import ConnectionTable
from tests.building import SERVER, Seg, endpoint, interleave, shift, transcript
from tests.icmp import PROHIBITED, TOO_BIG, error, write

LINES = (
    ("S", b"220 mx ESMTP\r\n"),
    ("C", b"EHLO a\r\n"),
    ("S", b"250 mx\r\n"),
    ("C", b"QUIT\r\n"),
    ("S", b"221 bye\r\n"),
)
OTHER = endpoint("192.0.2.11", 40_000)
HOUR = 3_600_000_000_000


def dialogues(path: Path, block_size: int = 1 << 23) -> list[Dialogue]:
    """Read a capture."""
    table = ConnectionTable(DialogueBuilder)
    reader = CaptureReader([str(path)], (25,), block_size=block_size)
    found = [one for batch in reader for one in table.feed(batch)] + table.close()
    return [one for one in found if isinstance(one, Dialogue)]


@pytest.mark.parametrize("block_size", [512, 700, 1 << 20])
def test_each_goes_to_its_connection_at_any_block_size(tmp_path: Path, block_size: int) -> None:
    one, other = transcript(*LINES), shift(transcript(*LINES, client=OTHER), 300_000)
    path = write(
        tmp_path / "two.pcap", interleave(one, other), error(other[3], TOO_BIG, 576), error(one[6], PROHIBITED)
    )
    first, second = dialogues(path, block_size)

    assert [found.reason for found in first.connection.errors] == ["prohibited"]
    assert [(found.reason, found.mtu) for found in second.connection.errors] == [("too-big", 576)]
    assert [row.word for row in first.rows] == [row.word for row in second.rows]


def test_an_error_about_no_connection_that_is_known_is_left_alone(tmp_path: Path) -> None:
    stranger = Seg(source=OTHER, destination=SERVER, time=transcript(*LINES)[4].time)
    (found,) = dialogues(write(tmp_path / "one.pcap", transcript(*LINES), error(stranger, PROHIBITED)))

    assert found.connection.errors == []


def test_an_error_long_behind_the_end_is_about_another_connection(tmp_path: Path) -> None:
    segments = transcript(*LINES)
    late = shift([segments[4]], HOUR)[0]
    (found,) = dialogues(write(tmp_path / "late.pcap", segments, error(late, PROHIBITED)))

    assert found.connection.errors == []


def test_a_flood_of_errors_is_bounded(tmp_path: Path) -> None:
    segments = transcript(*LINES)
    flood = [error(segments[4], PROHIBITED)] * 300
    (found,) = dialogues(write(tmp_path / "flood.pcap", segments, *flood))

    assert len(found.connection.errors) == 100


def test_a_capture_of_errors_alone_has_no_session(tmp_path: Path) -> None:
    assert dialogues(write(tmp_path / "alone.pcap", [], error(Seg(), PROHIBITED))) == []
