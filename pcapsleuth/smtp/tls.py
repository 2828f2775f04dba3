"""TLS records: opaque, counted, and known by the digest of the first one (RFC 8446 section 5.1)."""

from __future__ import annotations

import xxhash

RECORD_HEADER = 5
"""Content type, legacy version, length."""

HELLO_LIMIT = 4_096
"""Bytes hashed of the first record."""


def is_record(head: bytes) -> bool:
    """Tell whether two bytes begin a TLS record: a content type, and 3 as major version. No SMTP line does."""
    return len(head) > 1 and 0x14 <= head[0] <= 0x17 and head[1] == 3  # noqa: PLR2004


class TlsStream:
    """The opaque bytes of one direction."""

    __slots__ = ("_head", "_needed", "end", "first_frame", "last_frame", "offset", "row", "segments", "time")

    def __init__(self, row: int, offset: int, frame: int) -> None:
        self.row = row
        self.offset = self.end = offset
        self.first_frame = self.last_frame = frame
        self.time = 0
        self.segments = 0
        self._head = bytearray()
        self._needed = RECORD_HEADER

    def feed(self, data: bytes, frame: int, time: int) -> None:
        """Count the bytes of a segment."""
        self.end += len(data)
        self.segments += 1
        self.last_frame, self.time = frame, time
        if len(self._head) < self._needed:
            self._collect(data)

    def gap(self, length: int | None) -> None:
        """Take note of missing bytes: a first record that has some has no digest."""
        self.end += length or 0
        if len(self._head) < self._needed:
            self._head.clear()
            self._needed = 0

    def _collect(self, data: bytes) -> None:
        self._head += data[: HELLO_LIMIT - len(self._head)]
        if self._needed == RECORD_HEADER and len(self._head) >= RECORD_HEADER:
            stated = int.from_bytes(self._head[3:5], "big")
            self._needed = min(RECORD_HEADER + stated, HELLO_LIMIT)

    def digest(self) -> bytes:
        """XXH3-128 of the first record, exactly as long as it says it is; empty if it is not all there."""
        if not self._needed or len(self._head) < self._needed or self._needed == RECORD_HEADER:
            return b""
        return xxhash.xxh3_128_digest(bytes(self._head[: self._needed]))
