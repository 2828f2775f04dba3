"""Ethernet, IPv4, IPv6 and TCP: as much of them as a middlebox reads and writes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
WRAP = 1 << 32
_IPV4, _IPV6, _TCP = 0x0800, 0x86DD, 6
_NOP, _END, _SACK, _TIMESTAMPS = 1, 0, 5, 8


@dataclass(frozen=True)
class Segment:
    """One TCP segment with the addresses it travels between (packed, 4 or 16 bytes)."""

    source: bytes
    target: bytes
    source_port: int
    target_port: int
    seq: int
    ack: int
    flags: int
    window: int
    options: bytes = b""
    payload: bytes = b""
    hops: int = 64
    ident: int = field(default=0, compare=False)

    @property
    def key(self) -> tuple[bytes, int, bytes, int]:
        """The four values that tell one connection from another, as this segment shows them."""
        return (self.source, self.source_port, self.target, self.target_port)


def parse(frame: bytes) -> Segment | None:
    """Read a TCP segment out of an Ethernet frame; None for anything else."""
    if len(frame) < 34:
        return None
    kind = struct.unpack_from("!H", frame, 12)[0]
    packet = frame[14:]
    if kind == _IPV4 and packet[9] == _TCP:
        size = (packet[0] & 15) * 4
        total, ident = struct.unpack_from("!HH", packet, 2)
        return _parse_tcp(packet[12:16], packet[16:20], packet[size:total], packet[8], ident)
    if kind == _IPV6 and packet[6] == _TCP:
        length = struct.unpack_from("!H", packet, 4)[0]
        return _parse_tcp(packet[8:24], packet[24:40], packet[40 : 40 + length], packet[7], 0)
    return None


def _parse_tcp(source: bytes, target: bytes, tcp: bytes, hops: int, ident: int) -> Segment:
    sport, dport, seq, ack, offset, flags, window = struct.unpack_from("!HHIIBBH", tcp)
    size = (offset >> 4) * 4
    return Segment(source, target, sport, dport, seq, ack, flags, window, tcp[20:size], tcp[size:], hops, ident)


def build(segment: Segment, source_mac: bytes, target_mac: bytes) -> bytes:
    """Write a segment as an Ethernet frame with correct lengths and checksums."""
    options = segment.options + bytes(-len(segment.options) % 4)
    head = struct.pack(
        "!HHIIBBHHH",
        segment.source_port,
        segment.target_port,
        segment.seq % WRAP,
        segment.ack % WRAP,
        (20 + len(options)) // 4 << 4,
        segment.flags,
        segment.window,
        0,
        0,
    )
    tcp = head + options + segment.payload
    pseudo = segment.source + segment.target + struct.pack("!II", len(tcp), _TCP)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    if len(segment.source) == 16:
        ip = struct.pack("!IHBB", 6 << 28, len(tcp), _TCP, segment.hops) + segment.source + segment.target
        return target_mac + source_mac + struct.pack("!H", _IPV6) + ip + tcp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), segment.ident, 0x4000, segment.hops, _TCP, 0)
    ip += segment.source + segment.target
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return target_mac + source_mac + struct.pack("!H", _IPV4) + ip + tcp


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def options_of(raw: bytes) -> list[tuple[int, bytes]]:
    """Split TCP options into (kind, body), padding left out."""
    found = []
    while raw and raw[0] != _END:
        if raw[0] == _NOP:
            raw = raw[1:]
            continue
        size = raw[1]
        found.append((raw[0], raw[2:size]))
        raw = raw[size:]
    return found


def join_options(options: list[tuple[int, bytes]]) -> bytes:
    """Write options back, each aligned to four bytes the way Linux does it."""
    out = b""
    for kind, body in options:
        size = len(body) + 2
        out += bytes([_NOP] * (-size % 4)) + bytes([kind, size]) + body
    return out


def timestamps(raw: bytes) -> tuple[int, int] | None:
    """Return (value, echo) of the timestamps option."""
    for kind, body in options_of(raw):
        if kind == _TIMESTAMPS:
            value, echo = struct.unpack("!II", body)
            return value, echo
    return None


def sack_blocks(raw: bytes) -> tuple[int, ...]:
    """Return the edges of all selective acknowledgements."""
    return tuple(
        edge for kind, body in options_of(raw) if kind == _SACK for edge in struct.unpack(f"!{len(body) // 4}I", body)
    )


def replace_sack(raw: bytes, edges: tuple[int, ...]) -> bytes:
    """Write other edges into the selective acknowledgements."""
    body = struct.pack(f"!{len(edges)}I", *(edge % WRAP for edge in edges))
    return join_options([(kind, body if kind == _SACK else old) for kind, old in options_of(raw)])
