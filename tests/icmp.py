"""ICMP errors about segments, as frames, and captures that hold both."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from tests.building import ETHERNET, Seg, checksum, ethernet

TOO_BIG, PROHIBITED, PORT = {4: (3, 4), 6: (2, 0)}, {4: (3, 13), 6: (1, 1)}, {4: (3, 3), 6: (1, 4)}
ROUTER, ROUTER_6 = "203.0.113.1", "2001:db8:ffff::1"
SOON = 50_000
"""Nanoseconds from a segment to the error about it."""


class Frame(NamedTuple):
    """A frame of a capture."""

    time: int
    data: bytes


def error(
    about: Seg, kind: dict[int, tuple[int, int]], mtu: int = 0, sender: str = "", seq: int | None = None
) -> Frame:
    """An error about a segment, from a router on its way; `seq` where it quotes another sequence number."""
    version = 4 if about.ipv4 else 6
    packet = bytearray(ethernet(about)[14:])
    header = 20 if about.ipv4 else 40
    if seq is not None:
        packet[header + 4 : header + 8] = struct.pack(">I", seq)
    router = ip_address(sender or (ROUTER if about.ipv4 else ROUTER_6)).packed
    field = struct.pack(">HH", 0, mtu) if about.ipv4 else struct.pack(">I", mtu)
    message = bytes(kind[version]) + b"\0\0" + field + bytes(packet[:500])
    if about.ipv4:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(message), 7, 0, 60, 1, 0) + router + bytes(packet[12:16])
        head, type_ = head[:10] + struct.pack(">H", checksum(head)) + head[12:], 0x0800
    else:
        head = struct.pack(">IHBB", 6 << 28, len(message), 58, 60) + router + bytes(packet[8:24])
        type_ = 0x86DD
    return Frame(about.time + SOON, b"\x02\0\0\0\0\x01\x02\0\0\0\0\x03" + struct.pack(">H", type_) + head + message)


def write(path: Path, segments: Iterable[Seg], *errors: Frame) -> Path:
    """Write segments and errors in the order of their times."""
    frames = [Frame(one.time, ethernet(one)) for one in segments]
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, ETHERNET))
        for time, data in sorted([*frames, *errors]):
            file.write(struct.pack("<IIII", *divmod(time, 1_000_000_000), len(data), len(data)) + data)
    return path
