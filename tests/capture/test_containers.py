import struct
from pathlib import Path

import numpy as np
import pytest

from pcapsleuth.capture.ticks import nanoseconds
from tests.capture.columns import read
from tests.capture.craft import (
    TIME,
    Record,
    block,
    ethernet,
    interface,
    ipv4,
    packet,
    pcap,
    pcapng,
    section,
    simple_packet,
    tcp,
)

FRAME = ethernet(ipv4(tcp(b"QUIT\r\n")))
RECORDS = [Record(FRAME, TIME + n * 1_000_000, len(FRAME) + n) for n in range(3)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1), (0xA1B2CD34, 1000)])
def test_pcap_variants(tmp_path: Path, order: str, magic: int, unit: int) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap(RECORDS, order=order, magic=magic))

    found, account = read(file)

    times = [record.time // unit * unit for record in RECORDS]
    assert [row["time"] for row in found] == times
    assert [row["payload"] for row in found] == [b"QUIT\r\n"] * 3
    assert (account.frames, account.bytes) == (3, 3 * len(FRAME) + 3)
    assert (account.first, account.last) == (times[0], times[2])
    assert not account.notes


def test_the_upper_bits_of_a_link_type_are_about_checksums(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap(RECORDS, link_type=0x4400_0001))

    assert read(file)[1].link_types == [1]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_packet_blocks(tmp_path: Path, order: str) -> None:
    file = tmp_path / "a.pcapng"
    frames = [packet(RECORDS[0], order), packet(RECORDS[1], order, old=True), simple_packet(RECORDS[2], order)]
    file.write_bytes(section(order) + interface(order) + b"".join(frames))

    found, account = read(file)

    assert [row["time"] for row in found] == [TIME // 1000 * 1000, TIME // 1000 * 1000 + 1_000_000, 0]
    assert [row["payload"] for row in found] == [b"QUIT\r\n"] * 3
    assert account.bytes == 3 * len(FRAME) + 3
    assert (account.first, account.last) == (found[0]["time"], found[1]["time"])


def test_a_simple_packet_is_cut_at_the_snaplen(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    file.write_bytes(section() + interface(snaplen=57) + simple_packet(Record(FRAME[:57], wire=len(FRAME))))

    (row,), account = read(file)

    assert (row["length"], row["payload"]) == (6, b"QUI")
    assert account.bytes == len(FRAME)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("options", "ticks", "time"),
    [
        ([], 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        ([(9, b"\x09")], 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        ([(9, b"\x00")], 1_700_000_000, 1_700_000_000_000_000_000),
        ([(9, b"\x0c")], 1_700_000_000_123, 1_700_000_000),
        ([(9, b"\x7f")], 1_700_000_000_123, 0),
        ([(9, b"\x80")], 1_700_000_000, 1_700_000_000_000_000_000),
        ([(9, b"\x8a")], 1_700_000_000 << 10 | 512, 1_700_000_000_500_000_000),
        ([(9, b"\x9e")], 1_700_000_000 << 30 | 3 << 28, 1_700_000_000_750_000_000),
        ([(9, b"\xb2")], 7 << 50 | 1 << 49, 7_500_000_000),
        ([(9, b"\xff")], 7 << 50, 0),
    ],
)
def test_resolutions(tmp_path: Path, order: str, options: list[tuple[int, bytes]], ticks: int, time: int) -> None:
    file = tmp_path / "a.pcapng"
    file.write_bytes(section(order) + interface(order, options=options) + packet(RECORDS[0], order, ticks=ticks))

    assert read(file)[0][0]["time"] == time


@pytest.mark.parametrize("order", ["<", ">"])
def test_time_offsets(tmp_path: Path, order: str) -> None:
    file = tmp_path / "a.pcapng"
    offset = struct.pack(order + "q", -3600)
    file.write_bytes(
        section(order) + interface(order, options=[(14, offset)]) + packet(RECORDS[0], order, ticks=3600_000_001)
    )

    assert read(file)[0][0]["time"] == 1000


def test_ticks_of_the_finest_resolutions_are_exact_to_a_nanosecond() -> None:
    for exponent in range(34):
        ticks = np.array([(5 << exponent) + (1 << exponent) * 7 // 11], np.int64)
        assert nanoseconds(ticks, 0x80 | exponent)[0] == int(ticks[0]) * 10**9 >> exponent


def test_sections_count_their_own_interfaces(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    raw = Record(FRAME[14:], interface=1)
    first = section("<") + interface("<") + interface("<", link_type=101) + packet(raw, "<") + packet(RECORDS[0], "<")
    second = section(">") + interface(">", link_type=101) + packet(raw._replace(interface=0), ">") + packet(raw, ">")
    third = section("<", (1, 2)) + interface("<") + packet(RECORDS[0], "<")
    file.write_bytes(first + second + third)

    found, account = read(file)

    assert [row["frame"] for row in found] == [1, 2, 3, 5]
    assert account.skipped == {"unknown-interface": 1}
    assert account.link_types == [101, 1]


def test_an_interface_counts_from_its_definition_on(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    file.write_bytes(section() + packet(RECORDS[0]) + interface() + packet(RECORDS[0]) + simple_packet(RECORDS[0]))

    found, account = read(file)

    assert [row["frame"] for row in found] == [2, 3]
    assert account.skipped == {"unknown-interface": 1}


@pytest.mark.parametrize("order", ["<", ">"])
def test_drops_are_those_of_the_last_statistics(tmp_path: Path, order: str) -> None:
    def statistics(number: int, *options: tuple[int, int]) -> bytes:
        values = b"".join(struct.pack(order + "HHQ", code, 8, value) for code, value in options)
        return block(5, struct.pack(order + "III", number, 0, 0) + values, order)

    file = tmp_path / "a.pcapng"
    counts = [
        statistics(0, (5, 3)),
        statistics(0, (4, 1000), (5, 7), (7, 1)),
        statistics(1, (5, 2)),
        statistics(1),
        statistics(9, (5, 5)),
    ]
    file.write_bytes(section(order) + interface(order) * 2 + b"".join(counts) + block(5, b"short", order))

    assert read(file)[1].dropped == 10


def test_unknown_blocks_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    others = [block(4, b""), block(10, b"secret"), block(0x0BAE, b"x" * 5), block(10, b"")]
    file.write_bytes(pcapng(RECORDS) + b"".join(others) + packet(RECORDS[0]))

    found, account = read(file)

    assert len(found) == 4
    assert account.notes == {"block-of-type-10": 2, "block-of-type-2990": 1}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [9, 0x204, 0x216, 0x221, 0x0BAD, 0x4000_0BAD])
def test_blocks_that_wireshark_counts_as_frames_have_numbers(tmp_path: Path, kind: int, order: str) -> None:
    file = tmp_path / "a.pcapng"
    other = block(kind, b"\xff" * 32, order)
    begin = section(order) + other + interface(order)
    file.write_bytes(begin + b"".join(packet(RECORDS[0], order) + other for _ in range(3)) + other)

    found, account = read(file)

    assert [row["frame"] for row in found] == [2, 4, 6]
    assert (account.frames, account.skipped, account.notes) == (8, {"not-a-packet": 5}, {})
    assert (account.first, account.bytes) == (RECORDS[0].time // 1000 * 1000, 3 * RECORDS[0].length)


def test_options_that_do_not_fit_are_no_options(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    body = (
        struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH", 9, 1) + b"\x09\0\0\0" + struct.pack("<HH", 2, 5000) + b"name"
    )
    many = struct.pack("<HHI", 1, 0, 0) + struct.pack("<HHI", 7, 4, 0) * 1000
    file.write_bytes(section() + block(1, body) + block(1, many) + packet(RECORDS[0], ticks=5))

    assert read(file)[0][0]["time"] == 5


def test_there_is_a_bound_on_interfaces(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    file.write_bytes(section() + interface() * 65_536 + packet(RECORDS[0]) + interface() + packet(RECORDS[0]))

    found, account = read(file)

    assert len(found) == 1
    assert account.notes == {"too-many-interfaces": 1}


@pytest.mark.parametrize(
    "damage",
    [
        block(6, struct.pack("<IIIII", 0, 0, 0, 70, 70) + FRAME),
        packet(RECORDS[0])[:-4] + b"\0\0\0\0",
        struct.pack("<II", 6, 8),
        struct.pack("<II", 6, 33) + bytes(33),
        struct.pack("<II", 6, 0x7FFFFFFC) + bytes(100),
        block(3, b""),
        block(1, b"some"),
        b"\x0a\x0d\x0d\x0a" + bytes(24),
        block(0x0A0D0D0A, struct.pack("<I", 0x1A2B3C4D)),
        struct.pack("<III", 0x0A0D0D0A, 0x7FFFFFFC, 0x1A2B3C4D) + bytes(100),
    ],
)
def test_damage_in_a_pcapng_file_stops_the_reading(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "a.pcapng"
    file.write_bytes(pcapng(RECORDS) + damage + packet(RECORDS[0]) + block(10, b""))

    found, account = read(file)

    assert len(found) == 3
    assert account.notes == {"damaged-record": 1}


def test_a_section_of_a_later_version_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    file.write_bytes(pcapng(RECORDS) + section(version=(2, 0)) + interface() + packet(RECORDS[0]))

    found, account = read(file)

    assert len(found) == 3
    assert account.notes == {"unknown-section-version": 1}


@pytest.mark.parametrize(("length", "snaplen"), [(262_145, 65_535), (300_001, 300_000), (1 << 24 | 1, 0xFFFFFFFF)])
def test_an_absurd_length_in_a_pcap_file_stops_the_reading(tmp_path: Path, length: int, snaplen: int) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap(RECORDS, snaplen=snaplen) + struct.pack("<IIII", 0, 0, length, length) + bytes(100))

    found, account = read(file)

    assert len(found) == 3
    assert account.notes == {"damaged-record": 1}


@pytest.mark.parametrize(("length", "snaplen"), [(262_144, 64), (300_000, 300_000)])
def test_a_long_record_is_read_in_blocks_that_are_too_small_for_it(tmp_path: Path, length: int, snaplen: int) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(FRAME.ljust(length, b"\0")), *RECORDS], snaplen=snaplen))

    found, account = read(file, block_size=64)

    assert len(found) == 4
    assert not account.notes


@pytest.mark.parametrize("end", range(24, 24 + 3 * (16 + len(FRAME))))
def test_a_pcap_file_may_end_anywhere(tmp_path: Path, end: int) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap(RECORDS)[:end])

    found, account = read(file)

    whole, rest = divmod(end - 24, 16 + len(FRAME))
    assert len(found) == account.frames == whole
    assert account.notes == ({"truncated-file": 1} if rest else {})


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pcapng_file_may_end_anywhere(tmp_path: Path, order: str) -> None:
    file = tmp_path / "a.pcapng"
    parts = [section(order), interface(order), *(packet(record, order) for record in RECORDS), section(), interface()]
    content = b"".join(parts)
    ends = [sum(map(len, parts[: index + 1])) for index in range(len(parts))]
    for end in range(28, len(content) + 1):
        file.write_bytes(content[:end])

        found, account = read(file)

        assert len(found) == sum(ends[1] < whole <= end for whole in ends[:5])
        assert account.notes == ({} if end in ends else {"truncated-file": 1})
