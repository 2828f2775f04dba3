"""Frames and capture files, byte by byte."""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

CLIENT, SERVER = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 25))
CLIENT_6 = bytes.fromhex("20010db8000000000000000000000001")
SERVER_6 = bytes.fromhex("20010db8000000010000000000000025")
MACS = bytes.fromhex("020000000001 020000000002")
TIME = 1_700_000_000_123_456_789


class Record(NamedTuple):
    """One record of a capture file."""

    data: bytes
    time: int = TIME
    wire: int | None = None
    interface: int = 0

    @property
    def length(self) -> int:
        return len(self.data) if self.wire is None else self.wire


def tcp(  # noqa: PLR0913  every field that an example may be about
    payload: bytes = b"",
    *,
    ports: tuple[int, int] = (40000, 25),
    seq: int = 0x89ABCDEF,
    ack: int = 0xFEDCBA98,
    flags: int = 0x18,
    window: int = 0xF00D,
    options: bytes = b"",
    offset: int | None = None,
) -> bytes:
    words = 5 + len(options) // 4 if offset is None else offset
    return struct.pack(">HHIIHHHH", *ports, seq, ack, words << 12 | flags, window, 0, 0) + options + payload


def ipv4(
    payload: bytes,
    *,
    protocol: int = 6,
    options: bytes = b"",
    total: int | None = None,
    fragment: int = 0,
    first: int | None = None,
    addresses: tuple[bytes, bytes] = (CLIENT, SERVER),
) -> bytes:
    size = 20 + len(options)
    start = 0x40 | size // 4 if first is None else first
    length = size + len(payload) if total is None else total
    head = struct.pack(">BBHHHBBH", start, 0, length, 0xBEEF, fragment, 57, protocol, 0)
    return head + addresses[0] + addresses[1] + options + payload


def ipv6(payload: bytes, *, protocol: int = 6, length: int | None = None, first: int = 0x60000000) -> bytes:
    size = len(payload) if length is None else length
    return struct.pack(">IHBB", first, size, protocol, 58) + CLIENT_6 + SERVER_6 + payload


def ethernet(payload: bytes, kind: int = 0x0800, tags: Sequence[tuple[int, int]] = ()) -> bytes:
    """Put an Ethernet header before a packet; `tags` are pairs of type and tag."""
    stack = b"".join(struct.pack(">HH", *tag) for tag in tags)
    return MACS + stack + struct.pack(">H", kind) + payload


def icmp(quoted: bytes, kind: int = 3) -> bytes:
    return bytes((kind, 4, 0, 0, 0, 0, 5, 0)) + quoted


def pcap(
    records: Iterable[Record],
    *,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    link_type: int = 1,
    snaplen: int = 262144,
) -> bytes:
    unit = 1 if magic == 0xA1B23C4D else 1000
    more = b"\x07" * 8 if magic == 0xA1B2CD34 else b""
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)]
    for record in records:
        seconds, rest = divmod(record.time, 10**9)
        parts += struct.pack(order + "IIII", seconds, rest // unit, len(record.data), record.length), more, record.data
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order: str = "<", version: tuple[int, int] = (1, 0)) -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, *version, -1), order)


def interface(
    order: str = "<", *, link_type: int = 1, snaplen: int = 0, options: Iterable[tuple[int, bytes]] = ()
) -> bytes:
    values = b"".join(option(code, value, order) for code, value in options)
    return block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + values + (b"\0" * 4 if values else b""), order)


def packet(record: Record, order: str = "<", *, ticks: int | None = None, old: bool = False) -> bytes:
    """Make an enhanced packet block, or an obsolete packet block; times are microseconds unless given as ticks."""
    time = record.time // 1000 if ticks is None else ticks
    where = struct.pack(order + "HH", record.interface, 3) if old else struct.pack(order + "I", record.interface)
    head = struct.pack(order + "IIII", time >> 32, time & 0xFFFFFFFF, len(record.data), record.length)
    padding = b"\0" * (-len(record.data) % 4)
    return block(2 if old else 6, where + head + record.data + padding + option(1, b"a comment", order), order)


def simple_packet(record: Record, order: str = "<") -> bytes:
    return block(3, struct.pack(order + "I", record.length) + record.data, order)


def pcapng(records: Iterable[Record], order: str = "<", link_type: int = 1) -> bytes:
    start = section(order) + interface(order, link_type=link_type)
    return start + b"".join(packet(record, order) for record in records)
