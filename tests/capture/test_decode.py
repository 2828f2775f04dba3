import struct
from pathlib import Path

import pytest

from tests.capture.columns import read
from tests.capture.craft import (
    CLIENT,
    CLIENT_6,
    MACS,
    SERVER,
    SERVER_6,
    TIME,
    Record,
    ethernet,
    icmp,
    ipv4,
    ipv6,
    pcap,
    tcp,
)

IPV4, IPV6 = 0x0800, 0x86DD
OPTIONS = bytes.fromhex("0101080a0000000100000002")
SEGMENT = tcp(b"EHLO client.example\r\n", options=OPTIONS)
PACKETS = {4: ipv4(SEGMENT), 6: ipv6(SEGMENT)}
KINDS = {4: IPV4, 6: IPV6}


def family(order: str, *values: int) -> dict[int, bytes]:
    return {version: struct.pack(order + "I", value) for version, value in zip((4, 6), values, strict=True)}


def both(make: object) -> dict[int, bytes]:
    assert callable(make)
    return {version: make(kind) for version, kind in KINDS.items()}


LINK_HEADERS = {
    "ethernet": (1, both(lambda kind: MACS + struct.pack(">H", kind))),
    "null, little-endian": (0, family("<", 2, 30)),
    "null, big-endian": (0, family(">", 2, 24)),
    "null, OpenBSD's": (0, family("<", 2, 28)),
    "null, Linux's": (0, family("<", 2, 10)),
    "loop": (108, family(">", 2, 24)),
    "raw": (101, {4: b"", 6: b""}),
    "raw, BSD/OS": (12, {4: b"", 6: b""}),
    "raw, OpenBSD": (14, {4: b"", 6: b""}),
    "ipv4": (228, {4: b""}),
    "ipv6": (229, {6: b""}),
    "linux cooked": (113, both(lambda kind: bytes(14) + struct.pack(">H", kind))),
    "linux cooked 2": (276, both(lambda kind: struct.pack(">H", kind) + bytes(18))),
    "ppp": (9, {4: b"\x00\x21", 6: b"\x00\x57"}),
    "ppp, compressed": (9, {4: b"\x21", 6: b"\x57"}),
    "ppp, framed": (9, {4: b"\xff\x03\x00\x21", 6: b"\xff\x03\x00\x57"}),
    "ppp that is cisco hdlc": (9, both(lambda kind: b"\x0f\x00" + struct.pack(">H", kind))),
    "cisco hdlc": (104, both(lambda kind: b"\x0f\x00" + struct.pack(">H", kind))),
    "snap": (1, both(lambda kind: MACS + b"\x00\x40\xaa\xaa\x03\x00\x00\x00" + struct.pack(">H", kind))),
    "pppoe": (
        1,
        {4: MACS + b"\x88\x64\x11\x00\x00\x07\x00\x40\x00\x21", 6: MACS + bytes.fromhex("8864110000070040 0057")},
    ),
    "pppoe, compressed": (1, {4: MACS + bytes.fromhex("8864110000070040 21")}),
    "mpls": (1, both(lambda _: MACS + bytes.fromhex("8847 00012140"))),
    "mpls, two labels": (1, both(lambda _: MACS + bytes.fromhex("8847 00012040 00013140"))),
}
LAYOUTS = [(name, version) for name, (_, headers) in LINK_HEADERS.items() for version in headers]


@pytest.mark.parametrize(("name", "version"), LAYOUTS)
def test_every_link_type_gives_the_same_segment(tmp_path: Path, name: str, version: int) -> None:
    link_type, headers = LINK_HEADERS[name]
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(headers[version] + PACKETS[version] + b"trailer")], link_type=link_type))

    (row,), account = read(file)

    high = {4: (0, 0), 6: (int.from_bytes(CLIENT_6[:8]), int.from_bytes(SERVER_6[:8]))}[version]
    low = {
        4: (0xFFFF << 32 | int.from_bytes(CLIENT), 0xFFFF << 32 | int.from_bytes(SERVER)),
        6: (int.from_bytes(CLIENT_6[8:]), int.from_bytes(SERVER_6[8:])),
    }[version]
    assert row == {
        "frame": 1,
        "time": TIME // 1000 * 1000,
        "point": 0,
        "source_high": high[0],
        "source_low": low[0],
        "destination_high": high[1],
        "destination_low": low[1],
        "source_port": 40000,
        "destination_port": 25,
        "seq": 0x89ABCDEF,
        "ack": 0xFEDCBA98,
        "flags": 0x18,
        "window": 0xF00D,
        "ip_id": 0xBEEF if version == 4 else -1,
        "hop_limit": 57 if version == 4 else 58,
        "length": 21,
        "captured": 21,
        "payload": b"EHLO client.example\r\n",
        "options": OPTIONS,
        "options_length": 12,
    }
    assert account.link_types == [link_type]


@pytest.mark.parametrize(("name", "version"), LAYOUTS)
def test_a_frame_may_be_cut_anywhere(tmp_path: Path, name: str, version: int) -> None:
    link_type, headers = LINK_HEADERS[name]
    frame = headers[version] + PACKETS[version]
    file = tmp_path / "a.pcap"
    for by_snaplen in (True, False):
        records = [Record(frame[:end], wire=len(frame) if by_snaplen else None) for end in range(len(frame) + 1)]
        file.write_bytes(pcap(records, link_type=link_type))

        found, account = read(file)

        whole_header = len(headers[version]) + len(PACKETS[version]) - len(SEGMENT) + 20
        assert [row["frame"] - 1 for row in found] == list(range(whole_header, len(frame) + 1))
        for row in found:
            held = max(0, row["frame"] - 1 - whole_header - len(OPTIONS))
            assert (row["length"], row["captured"]) == (21, held)
            assert row["payload"] == b"EHLO client.example\r\n"[:held]
            assert row["options"] == OPTIONS[: row["frame"] - 1 - whole_header]
        # A type that is only partly there may look like one that is not IP.
        assert set(account.skipped) <= {"cut-header" if by_snaplen else "malformed", "not-ip"}


@pytest.mark.parametrize("depth", range(9))
@pytest.mark.parametrize("kind", [0x8100, 0x88A8, 0x9100])
def test_a_stack_of_tags(tmp_path: Path, kind: int, depth: int) -> None:
    file = tmp_path / "a.pcap"
    tags = [(kind, 0x2000 | vlan) for vlan in range(100, 100 + depth)]
    file.write_bytes(pcap([Record(ethernet(PACKETS[4], tags=tags)), Record(ethernet(PACKETS[6], IPV6, tags=tags))]))

    found, _ = read(file)

    assert [row["payload"][:4] for row in found] == [b"EHLO", b"EHLO"]


def test_a_ninth_tag_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(ethernet(PACKETS[4], tags=[(0x8100, 1)] * 9))]))

    assert read(file)[1].skipped == {"not-ip": 1}


HOP_BY_HOP = bytes((6, 0)) + bytes(6)
ATOMIC = bytes((6, 0, 0, 0)) + bytes(4)
EXTENDED = {
    "hop-by-hop": (0, bytes((6, 0)) + bytes(6)),
    "routing": (43, bytes((6, 1)) + bytes(14)),
    "destination options": (60, bytes((6, 2)) + bytes(22)),
    "authentication": (51, bytes((6, 4)) + bytes(22)),
    "atomic fragment": (44, bytes((6, 0, 0, 0)) + bytes(4)),
    "several": (0, bytes((43, 0)) + bytes(6) + bytes((60, 0)) + bytes(6) + bytes((6, 0)) + bytes(6)),
}


@pytest.mark.parametrize("name", EXTENDED)
def test_ipv6_extension_headers(tmp_path: Path, name: str) -> None:
    kind, headers = EXTENDED[name]
    file = tmp_path / "a.pcap"
    frame = ethernet(ipv6(headers + SEGMENT, protocol=kind), IPV6)
    # Segments without extensions on both sides: the order of the capture stays.
    plain = Record(ethernet(PACKETS[6], IPV6))
    cut = [Record(frame[:end], wire=len(frame)) for end in range(54, len(frame))]
    file.write_bytes(pcap([plain, Record(frame), plain, *cut]))

    found, account = read(file)

    assert [row["frame"] for row in found[:3]] == [1, 2, 3]
    assert {row["payload"] for row in found[:3]} == {b"EHLO client.example\r\n"}
    assert account.skipped == {"cut-header": len(headers) + 20}


@pytest.mark.parametrize(
    ("packet", "kind", "reason"),
    [
        (ipv4(SEGMENT, first=0x44), IPV4, "malformed"),
        (ipv4(SEGMENT, first=0x55), IPV4, "malformed"),
        (ipv4(SEGMENT, total=19), IPV4, "malformed"),
        (ipv4(SEGMENT, total=39), IPV4, "malformed"),
        (ipv4(tcp(b"x" * 20, offset=4)), IPV4, "malformed"),
        (ipv4(tcp(b"x" * 20, offset=15)), IPV4, "malformed"),
        (ipv4(SEGMENT, fragment=0x2000), IPV4, "ip-fragment"),
        (ipv4(SEGMENT, fragment=0x0001), IPV4, "ip-fragment"),
        (ipv4(SEGMENT, protocol=17), IPV4, "not-tcp"),
        (ipv4(SEGMENT, protocol=17, fragment=0x2000), IPV4, "not-tcp"),
        (ipv4(tcp(b"", ports=(40000, 26))), IPV4, "other-port"),
        (ipv6(SEGMENT, first=0x50000000), IPV6, "malformed"),
        (ipv6(SEGMENT, length=19), IPV6, "malformed"),
        (ipv6(SEGMENT, protocol=17), IPV6, "not-tcp"),
        (ipv6(bytes((6, 0, 0, 1)) + bytes(4) + SEGMENT, protocol=44), IPV6, "ip-fragment"),
        (ipv6(bytes((6, 0, 0, 8)) + bytes(4) + SEGMENT, protocol=44), IPV6, "ip-fragment"),
        (ipv6(bytes(8) * 17 + SEGMENT, protocol=0), IPV6, "malformed"),
        (ipv6(bytes((6, 200)) + SEGMENT, protocol=0), IPV6, "malformed"),
        (ipv6(tcp(b"", ports=(24, 26))), IPV6, "other-port"),
        (b"\x00\x01", 0x0806, "not-ip"),
        (b"\x42\x42\x03" + bytes(40), 43, "not-ip"),
        (ipv4(icmp(PACKETS[4]), protocol=1), IPV4, "icmp-error"),
        (ipv4(icmp(PACKETS[4][:28], 11), protocol=1), IPV4, "icmp-error"),
        (ipv4(icmp(PACKETS[4][:23]), protocol=1), IPV4, "not-tcp"),
        (ipv4(icmp(ipv4(SEGMENT, protocol=17)), protocol=1), IPV4, "not-tcp"),
        (ipv4(icmp(ipv4(tcp(b"", ports=(80, 81)))), protocol=1), IPV4, "not-tcp"),
        (ipv4(icmp(PACKETS[4], 8), protocol=1), IPV4, "not-tcp"),
        (ipv4(icmp(b""), protocol=1), IPV4, "not-tcp"),
        (ipv6(icmp(PACKETS[6], 2), protocol=58), IPV6, "icmp-error"),
        (ipv6(icmp(ipv6(HOP_BY_HOP + SEGMENT, protocol=0), 2), protocol=58), IPV6, "icmp-error"),
        (ipv6(icmp(PACKETS[6], 128), protocol=58), IPV6, "not-tcp"),
    ],
)
def test_why_a_frame_is_skipped(tmp_path: Path, packet: bytes, kind: int, reason: str) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(ethernet(packet, kind))]))

    assert read(file)[1].skipped == {reason: 1}


def test_an_unknown_link_type_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(b"x" * 60)] * 3, link_type=127))

    assert read(file)[1].skipped == {"link-type-127": 3}


@pytest.mark.parametrize(
    ("packet", "kind"),
    [(ipv4(SEGMENT, total=0), IPV4), (ipv6(SEGMENT, length=0), IPV6)],
)
def test_a_giant_without_a_length_ends_with_its_frame(tmp_path: Path, packet: bytes, kind: int) -> None:
    file = tmp_path / "a.pcap"
    frame = ethernet(packet, kind)
    file.write_bytes(pcap([Record(frame), Record(frame, wire=len(frame) + 70_000)]))

    found, _ = read(file)

    assert [(row["length"], row["captured"]) for row in found] == [(21, 21), (70_021, 21)]


def test_padding_is_no_payload(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(
        pcap([Record(ethernet(ipv4(tcp())) + b"padding"), Record(ethernet(ipv6(tcp()), IPV6) + bytes(99))])
    )

    found, _ = read(file)

    assert [(row["length"], row["captured"], row["payload"]) for row in found] == [(0, 0, b"")] * 2


def test_ip_options_are_stepped_over(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(
        pcap([Record(ethernet(ipv4(SEGMENT, options=b"\x94\x04\x00\x00" * count))) for count in range(11)])
    )

    found, _ = read(file)

    assert [row["payload"] for row in found] == [b"EHLO client.example\r\n"] * 11


def test_ports_are_chosen(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    pairs = [(25, 4000), (4000, 587), (4000, 80), (0, 65535)]
    file.write_bytes(pcap([Record(ethernet(ipv4(tcp(ports=pair)))) for pair in pairs]))

    assert [row["frame"] for row in read(file, ports=(25, 587))[0]] == [1, 2]
    assert [row["frame"] for row in read(file, ports=None)[0]] == [1, 2, 3, 4]


def test_all_flags_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(ethernet(ipv4(tcp(flags=0x1FF))))]))

    assert read(file)[0][0]["flags"] == 0x1FF


def test_a_record_longer_than_its_frame_is_as_long_as_the_record(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    frame = ethernet(PACKETS[4])
    file.write_bytes(pcap([Record(frame, wire=10)]))

    (row,), account = read(file)

    assert row["captured"] == 21
    assert account.bytes == len(frame)
