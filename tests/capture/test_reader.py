from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapsleuth.capture.points import Selector
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.capture.walk import FEWEST_LANES, LANE_BYTES, Layout, walk
from pcapsleuth.errors import CaptureError
from pcapsleuth.tcp.segments import frame_file, frame_number
from tests.capture.columns import read, rows
from tests.capture.craft import (
    TIME,
    Record,
    block,
    ethernet,
    icmp,
    interface,
    ipv4,
    ipv6,
    packet,
    pcap,
    pcapng,
    section,
    simple_packet,
    tcp,
)

SEGMENT = tcp(b"RCPT TO:<postmaster@example.com>\r\n", options=b"\1\1\1\0")
FRAMES = [
    ethernet(ipv4(SEGMENT)),
    ethernet(ipv4(SEGMENT), tags=[(0x88A8, 7), (0x8100, 9)]),
    ethernet(ipv6(SEGMENT), 0x86DD),
    ethernet(ipv6(bytes((6, 0)) + bytes(6) + SEGMENT, protocol=0), 0x86DD),
    ethernet(ipv4(icmp(ipv4(SEGMENT)), protocol=1)),
    ethernet(bytes.fromhex("000121ff") + ipv4(SEGMENT), 0x8847),
    ethernet(ipv4(tcp(b"GET", ports=(4000, 80)))),
    ethernet(b"who has", 0x0806),
]

a_frame = st.builds(
    lambda frame, length, seconds: Record(frame[:length], TIME + seconds * 10**9, len(frame)),
    st.sampled_from(FRAMES),
    st.integers(0, 120),
    st.integers(0, 10**6),
)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    records = draw(st.lists(a_frame, max_size=30))
    order = draw(st.sampled_from("<>"))
    if draw(st.booleans()):
        content = pcap(records, order=order)
    else:
        others = [block(10, b"secret", order), section(order) + interface(order), interface(order, snaplen=40)]
        blocks = [
            draw(st.sampled_from((packet, simple_packet)))(record, order) + draw(st.sampled_from((b"", *others)))
            for record in records
        ]
        content = section(order) + interface(order) + b"".join(blocks)
    damage = draw(st.integers(28, len(content) + 100))
    if damage < len(content):
        content = content[:damage] + draw(st.binary(max_size=4)) + content[damage + 4 :]
    return content


@settings(max_examples=150, deadline=None)
@given(content=captures(), block_size=st.integers(64, 4096))
def test_the_block_size_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, block_size: int
) -> None:
    file = tmp_path_factory.mktemp("blocks") / "a"
    file.write_bytes(content)
    points = [Selector.parse("vlan:9"), Selector.parse("mac:02:00:00:00:00:01")]

    assert read(file, points=points, block_size=block_size) == read(file, points=points)


def big(count: int) -> list[Record]:
    generator = np.random.default_rng(25)
    sizes = generator.integers(0, 1400, count).tolist()
    return [
        Record(ethernet(ipv4(tcp(generator.bytes(size), seq=n))), TIME + n * 1_000_000) for n, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("make", [pcap, pcapng])
def test_many_cursors_find_what_one_finds(
    tmp_path: Path, order: str, make: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(make)
    records = big(4000)
    # A capture that was sent as an attachment looks like records, and is none.
    records[1000] = Record(ethernet(ipv4(tcp(make(records[:80], order=order)))), TIME)
    file = tmp_path / "a"
    file.write_bytes(make(records, order=order))

    fast = read(file)
    monkeypatch.setattr("pcapsleuth.capture.walk.FEWEST_LANES", 1 << 30)

    assert file.stat().st_size > 2 * FEWEST_LANES * LANE_BYTES
    assert [row["seq"] for row in fast[0][:1000]] == list(range(1000))
    assert fast == read(file)


def test_the_clock_may_jump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_bytes(pcap([record._replace(time=TIME * (n % 7) // 7) for n, record in enumerate(big(4000))]))

    fast = read(file)
    monkeypatch.setattr("pcapsleuth.capture.walk.FEWEST_LANES", 1 << 30)

    assert len(fast[0]) == 4000
    assert fast == read(file)


def test_bad_guesses_are_found_out() -> None:
    layout = Layout("<", length_at=0, overhead=4, head=4, least=0, most=1000)
    record = (96).to_bytes(4, "little") + bytes(96)
    content = bytearray(record * 20_000 + bytes(128))
    end = len(content) - 128
    true = list(range(0, end, 100))

    def late(first: int, _last: int) -> int:
        return first + 50

    def honest(first: int, _last: int) -> int:
        return -(-first // 100) * 100

    def sparse(first: int, _last: int) -> int:
        return honest(first, 0) if first % 3 == 0 else -1

    for guess in (late, honest, sparse):
        found = walk(content, 0, end, layout, guess)
        assert (found.positions.tolist(), found.stop, found.damaged) == (true, end, False)
    content[1_000_000:1_000_004] = (1001).to_bytes(4, "little")
    found = walk(content, 0, end, layout, honest)
    assert (len(found.positions), found.stop, found.damaged) == (10_000, 1_000_000, True)


def test_files_are_read_in_order_of_time(tmp_path: Path) -> None:
    names = ["ring_00003", "ring_00001", "empty", "ring_00002"]
    times = [3, 1, None, 2]
    for name, seconds in zip(names, times, strict=True):
        content = (
            [] if seconds is None else [Record(FRAMES[0], seconds * 10**9), Record(FRAMES[7], seconds * 10**9 + 5000)]
        )
        (tmp_path / name).write_bytes(pcap(content))
    reader = CaptureReader([str(tmp_path / name) for name in names])

    found = [row for batch in reader for row in rows(batch)]

    assert [row["time"] for row in found] == [1 * 10**9, 2 * 10**9, 3 * 10**9]
    assert [frame_file(row["frame"]) for row in found] == [1, 3, 0]
    assert [frame_number(row["frame"]) for row in found] == [1, 1, 1]
    account = reader.account
    assert (account.frames, account.used, account.skipped) == (6, 3, {"not-ip": 3})
    assert (account.first, account.last) == (10**9, 3 * 10**9 + 5000)
    assert account.bytes == 3 * (len(FRAMES[0]) + len(FRAMES[7]))
    assert (account.link_types, account.dropped, account.notes) == ([1], 0, {})
    assert [file.frames for file in account.files] == [2, 2, 0, 2]


def test_a_missing_file_is_found_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pcap([Record(FRAMES[0])]))

    with pytest.raises(CaptureError, match="missing"):
        next(iter(CaptureReader([str(tmp_path / "a"), str(tmp_path / "missing")])))


def test_a_capture_without_frames(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pcap([]))
    reader = CaptureReader([str(tmp_path / "a")])

    assert list(reader) == []
    assert (reader.account.first, reader.account.last) == (None, None)


def test_an_account_stands_before_the_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pcap(big(100)))
    reader = CaptureReader([str(tmp_path / "a")], block_size=10_000)

    next(iter(reader))

    assert 0 < reader.account.used == reader.account.frames < 100
