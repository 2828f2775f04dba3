"""The classic capture format: a header of 24 bytes, then records (draft-ietf-opsawg-pcap)."""

from __future__ import annotations

from collections import Counter
from struct import Struct

import numpy as np

from pcapsleuth.capture.records import Interface, Records, believed_length, unaligned
from pcapsleuth.capture.walk import Guess, Layout, walk

FILE_HEADER = 24

_MICRO, _NANO, _KUZNETZOV = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
_KINDS = {
    _MICRO: (16, 1_000),
    _NANO: (16, 1),
    # Alexey Kuznetzov's patched libpcap writes 8 more bytes: interface, protocol, packet type.
    _KUZNETZOV: (24, 1_000),
}
"""Bytes of a record header, and nanoseconds per unit of its fraction, by the magic number."""

MAGICS = {magic.to_bytes(4, order): ("<" if order == "little" else ">", *kind)
          for magic, kind in _KINDS.items() for order in ("little", "big")}  # fmt: skip
"""Byte order, bytes of a record header, nanoseconds per unit, by the first four bytes of a file."""

_LINK_TYPE_BITS = 0x03FFFFFF
"""The bits above tell whether frames end with a checksum, and how long it is."""

_GUESSES = 16
_SECOND = 1_000_000_000


class PcapFile:
    """Parses the records of one file; see `Container`."""

    def __init__(self, header: bytes) -> None:
        """Take the first 24 bytes of the file, of which the first four are one of `MAGICS`."""
        self._order, self._head, self._unit = MAGICS[header[:4]]
        snaplen, link_type = Struct(self._order + "II").unpack_from(header, 16)
        self.interfaces = [Interface(link_type & _LINK_TYPE_BITS, snaplen)]
        self.notes: Counter[str] = Counter()
        self.stopped = False
        self.dropped = 0
        most = believed_length(snaplen)
        self._layout = Layout(self._order, length_at=8, overhead=self._head, head=self._head, least=0, most=most)
        self._fields = Struct(self._order + "IIII")

    def parse(self, block: bytearray, begin: int, end: int) -> tuple[Records, int]:
        """Find the records of `block[begin:end]`, and where the first incomplete one begins."""
        found = walk(block, begin, end, self._layout, self._guess(block, begin, end))
        if found.damaged:
            self.notes["damaged-record"] += 1
            self.stopped = True
        positions = found.positions
        headers = unaligned(block, "V16")[positions].view(self._order + "u4").reshape(-1, 4).astype(np.int64)
        captured = headers[:, 2].copy()
        records = Records(
            start=positions + self._head,
            captured=captured,
            wire=np.maximum(captured, headers[:, 3]),
            time=headers[:, 0] * _SECOND + headers[:, 1] * self._unit,
            interface=np.zeros(len(positions), np.int64),
        )
        return records, found.stop

    def needed(self, block: bytearray, begin: int, end: int) -> int:
        """How many bytes the record at `begin` needs."""
        if end - begin < self._head:
            return self._head
        return self._head + int(self._fields.unpack_from(block, begin)[2])

    def _guess(self, block: bytearray, begin: int, end: int) -> Guess:
        """Look for headers whose time is within some hours of that of the record at `begin`."""
        # The two high bytes of the seconds stay the same for 18 hours.
        at = 2 if self._order == "<" else 0
        same = bytes(block[begin + at : begin + at + 2])
        fields, head, most = self._fields.unpack_from, self._head, self._layout.most
        below = _SECOND // self._unit

        def guess(first: int, last: int) -> int:
            position = first
            for _ in range(_GUESSES):
                position = block.find(same, position + at, last) - at
                if position < 0:
                    return -1
                _, fraction, captured, wire = fields(block, position)
                following = position + head + captured
                if (
                    fraction < below
                    and captured <= min(wire, most)
                    and following < end
                    and block.startswith(same, following + at)
                ):
                    return position
                position += 1
            return -1

        return guess
