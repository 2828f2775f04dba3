"""Packets as the bytes of a capture file: pcapng with comments, or pcap, which has no room for them."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from pcapsleuth.devices.wire import Packet
from pcapsleuth.tcp.endpoint import MAPPED

ETHERNET = 1
SNAPLEN = 262_144
NANOSECONDS = 9
COMMENT = 1


def pcapng(packets: Iterable[Packet]) -> bytes:
    """A pcapng file with one interface, nanosecond times, and the comments of packets."""
    section = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    resolution = struct.pack("<HHB3x", 9, 1, NANOSECONDS) + struct.pack("<HH", 0, 0)
    interface = _block(1, struct.pack("<HHI", ETHERNET, 0, SNAPLEN) + resolution)
    return section + interface + b"".join(_enhanced(packet) for packet in packets)


def pcap(packets: Iterable[Packet]) -> bytes:
    """A pcap file with nanosecond times."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAPLEN, ETHERNET)]
    for packet in packets:
        data = frame(packet)
        out.append(struct.pack("<IIII", *divmod(packet.time, 1_000_000_000), len(data), len(data)) + data)
    return b"".join(out)


def _enhanced(packet: Packet) -> bytes:
    """An enhanced packet block."""
    data = frame(packet)
    head = struct.pack("<IIIII", 0, packet.time >> 32, packet.time & 0xFFFFFFFF, len(data), len(data))
    comment = packet.comment.encode()
    option = struct.pack("<HH", COMMENT, len(comment)) + _padded(comment) + struct.pack("<HH", 0, 0) if comment else b""
    return _block(6, head + _padded(data) + option)


def _block(kind: int, body: bytes) -> bytes:
    """A block with its length on both ends."""
    total = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + total + body + total


def _padded(data: bytes) -> bytes:
    """Data filled up to 32 bits."""
    return data + b"\0" * (-len(data) % 4)


def frame(packet: Packet) -> bytes:
    """Ethernet, IPv4 or IPv6, TCP, with valid checksums."""
    options = packet.options + b"\x01" * (-len(packet.options) % 4)
    offset = (20 + len(options)) // 4 << 12 | packet.flags
    ports = packet.source.port, packet.destination.port
    seq, ack = packet.seq & 0xFFFFFFFF, packet.ack & 0xFFFFFFFF
    segment = struct.pack(">HHIIHHHH", *ports, seq, ack, offset, 0xFFFF, 0, 0) + options + packet.payload
    ends = [end.high << 64 | end.low for end in (packet.source, packet.destination)]
    if packet.source.high == 0 and packet.source.low >> 32 == MAPPED >> 32:
        addresses = b"".join((end & 0xFFFFFFFF).to_bytes(4, "big") for end in ends)
        head = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6)
        packet_ = head + struct.pack(">H", _checksum(head + addresses)) + addresses
        kind = 0x0800
    else:
        addresses = b"".join(end.to_bytes(16, "big") for end in ends)
        packet_ = struct.pack(">IHBB", 6 << 28, len(segment), 6, 64) + addresses
        kind = 0x86DD
    total = _checksum(addresses + struct.pack(">II", len(segment), 6) + segment)
    segment = segment[:16] + struct.pack(">H", total) + segment[18:]
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack(">H", kind) + packet_ + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
