"""Frames of a pcap file, for tests that take some away or damage them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

MAGICS = (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
"""Little-endian pcap, microseconds and nanoseconds."""
HEADER, RECORD = 24, 16


def plain(path: Path) -> bool:
    """Tell whether a file is an uncompressed little-endian pcap."""
    return path.read_bytes()[:4] in MAGICS


def split(path: Path) -> tuple[bytes, list[bytes]]:
    """Take a pcap file apart: its header, and its records."""
    data = path.read_bytes()
    records = []
    at = HEADER
    while at + RECORD <= len(data):
        end = at + RECORD + struct.unpack_from("<I", data, at + 8)[0]
        records.append(data[at:end])
        at = end
    return data[:HEADER], records


def write(path: Path, header: bytes, records: Sequence[bytes]) -> None:
    """Put a pcap file together."""
    path.write_bytes(header + b"".join(records))
