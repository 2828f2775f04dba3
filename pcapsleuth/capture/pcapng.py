"""The pcapng format: sections of blocks (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

from collections import Counter
from struct import Struct

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.options import read_interface, read_statistics
from pcapsleuth.capture.records import MAX_SNAPLEN, NOT_A_PACKET, Interface, Records, join_records, unaligned
from pcapsleuth.capture.ticks import MICROSECONDS, nanoseconds
from pcapsleuth.capture.walk import Guess, Layout, walk

SECTION = b"\x0a\x0d\x0d\x0a"
"""The type of a section header block: the same in both byte orders, and damaged by whatever converts line ends."""

SECTION_HEADER = 28
ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
"""Byte orders by the magic at offset 8 of a section header."""

_VERSIONS = ((1, 0), (1, 2))
_SECTION_KIND = int.from_bytes(SECTION)
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _NAMES, _STATISTICS, _PACKET = 1, 2, 3, 4, 5, 6

_NUMBERED = (9, 0x204, 0x216, 0x221, 0xBAD, 0x40000BAD)
"""Blocks that Wireshark gives a number among the frames, though they hold none: entries of systemd's journal, sysdig's
events, custom blocks."""

_BLOCK_HEADER, _TRAILER, _LEAST_BLOCK = 8, 4, 12
"""A block begins with type and length, and ends with its length again."""

_PACKET_HEADER, _SIMPLE_HEADER = 28, 12
_MOST_BLOCK = MAX_SNAPLEN + (1 << 16)
_MOST_INTERFACES = 65_536
_GUESSES = 16
_SECOND = 1_000_000_000

Ints = npt.NDArray[np.int64]


class PcapngFile:
    """Parses the blocks of one file; see `Container`."""

    def __init__(self) -> None:
        """Start before the first section header."""
        self.interfaces: list[Interface] = []
        self.notes: Counter[str] = Counter()
        self.stopped = False
        self._order = "<"
        self._earlier = 0
        """Interfaces defined by earlier sections."""
        self._drops: dict[int, int] = {}

    @property
    def dropped(self) -> int:
        """Frames that the capturing machine says it lost: the last count of each interface, added up."""
        return sum(self._drops.values())

    def parse(self, block: bytearray, begin: int, end: int) -> tuple[Records, int]:
        """Find the records of `block[begin:end]`, and where the first incomplete block begins."""
        parts = []
        while not self.stopped:
            order = self._order_at(block, begin, end)
            if order is None:
                break
            self._order = order
            positions, stop, damaged = self._walk_section(block, begin, end)
            parts.append(self._read_blocks(block, positions))
            if damaged and not self.stopped:
                self._stop("damaged-record")
            begin, before = stop, begin
            if begin == before or not block.startswith(SECTION, begin):
                break
        return join_records(parts), begin

    def needed(self, block: bytearray, begin: int, end: int) -> int:
        """How many bytes the block at `begin` needs."""
        if end - begin < _LEAST_BLOCK:
            return _LEAST_BLOCK
        return int(Struct(self._order + "I").unpack_from(block, begin + 4)[0])

    def _order_at(self, block: bytearray, begin: int, end: int) -> str | None:
        """The byte order of the block at `begin`; None if it cannot be told (yet)."""
        if not block.startswith(SECTION, begin):
            return self._order
        if end - begin < _LEAST_BLOCK:
            return None
        order = ORDERS.get(bytes(block[begin + 8 : begin + 12]))
        if order is None:
            self._stop("damaged-record")
        return order

    def _walk_section(self, block: bytearray, begin: int, end: int) -> tuple[Ints, int, bool]:
        """Find the blocks up to the next section header, whose byte order may be another."""
        layout = Layout(
            self._order, length_at=4, overhead=0, head=_LEAST_BLOCK, least=_LEAST_BLOCK, most=_MOST_BLOCK, multiple=4
        )
        found = walk(block, begin, end, layout, self._guess(block, begin))
        kinds = unaligned(block, ">u4")[found.positions]
        sections = np.flatnonzero(kinds[1:] == _SECTION_KIND)
        if len(sections):
            first = int(sections[0]) + 1
            return found.positions[:first], int(found.positions[first]), False
        # The length of a section header in the other byte order may look like damage.
        at_section = found.stop > begin and block.startswith(SECTION, found.stop)
        return found.positions, found.stop, found.damaged and not at_section

    def _stop(self, reason: str) -> None:
        self.notes[reason] += 1
        self.stopped = True

    def _read_blocks(self, block: bytearray, positions: Ints) -> Records:
        """Read complete blocks of one section, in their order, up to the first that cannot be read."""
        heads = unaligned(block, "V28")[positions].view(self._order + "u4").reshape(-1, 7).astype(np.int64)
        sound = self._count_sound(block, positions, heads)
        kinds = heads[:sound, 0]
        packet = (kinds == _PACKET) | (kinds == _SIMPLE_PACKET) | (kinds == _OLD_PACKET)
        if not packet.all():
            packet |= np.isin(kinds, _NUMBERED)
        if sound and kinds[0] == _SECTION_KIND:
            self._earlier = len(self.interfaces)
        known = len(self.interfaces) - self._earlier
        definitions = []
        for index in np.flatnonzero(~packet).tolist():
            at, size = int(positions[index]), int(heads[index, 1])
            self._read_other(int(kinds[index]), bytes(block[at + _BLOCK_HEADER : at + size - _TRAILER]))
            if self.stopped:
                packet[index:] = False
                break
            if kinds[index] == _INTERFACE:
                definitions.append(index)
        if sound < len(heads) and not self.stopped:
            self._stop("damaged-record")
        row = np.flatnonzero(packet)
        return self._read_packets(positions[row], heads[row], known + np.searchsorted(definitions, row))

    def _count_sound(self, block: bytearray, positions: Ints, heads: Ints) -> int:
        """How many blocks there are before the first that contradicts itself."""
        kind, size = heads[:, 0], heads[:, 1]
        ends = unaligned(block, self._order + "u4")[positions + size - _TRAILER]
        full = (kind == _PACKET) | (kind == _OLD_PACKET)
        wrong = ends != size
        wrong |= full & (heads[:, 5] > size - _PACKET_HEADER - _TRAILER)
        wrong |= (kind == _SIMPLE_PACKET) & (size < _SIMPLE_HEADER + _TRAILER)
        wrong |= (kind == _SECTION_KIND) & (size < SECTION_HEADER)
        return int(wrong.argmax()) if wrong.any() else len(wrong)

    def _read_other(self, kind: int, body: bytes) -> None:
        """Read a block that is not a packet."""
        if kind == _SECTION_KIND:
            if Struct(self._order + "HH").unpack_from(body, 4) not in _VERSIONS:
                self._stop("unknown-section-version")
        elif kind == _INTERFACE:
            interface = read_interface(body, self._order)
            if interface is None or len(self.interfaces) == _MOST_INTERFACES:
                self._stop("too-many-interfaces" if interface else "damaged-record")
            else:
                self.interfaces.append(interface)
        elif kind == _STATISTICS:
            statistics = read_statistics(body, self._order)
            if statistics is not None and self._earlier + statistics[0] < len(self.interfaces):
                self._drops[self._earlier + statistics[0]] = statistics[1]
        elif kind != _NAMES:
            self.notes[f"block-of-type-{kind}"] += 1

    def _read_packets(self, at: Ints, heads: Ints, known: Ints) -> Records:
        """Read packet blocks; `known` is how many interfaces of the section are defined before each."""
        kind, interface, captured, wire = heads[:, 0], heads[:, 2], heads[:, 5], heads[:, 6]
        start = at + _PACKET_HEADER
        ticks = heads[:, 3] << 32 | heads[:, 4]
        old = kind == _OLD_PACKET
        if old.any():  # 16 bits of interface, then 16 of drops
            interface = np.where(old, interface & 0xFFFF if self._order == "<" else interface >> 16, interface)
        simple = kind == _SIMPLE_PACKET
        if simple.any():
            start = np.where(simple, at + _SIMPLE_HEADER, start)
            wire = np.where(simple, heads[:, 2], wire)
            captured = np.where(simple, self._simple_length(heads), captured)
            interface = np.where(simple, 0, interface)
        interface = np.where(interface < known, interface + self._earlier, -1)
        time = np.where(simple, 0, self._time(ticks, interface))
        none = np.isin(kind, _NUMBERED)
        if none.any():
            interface = np.where(none, NOT_A_PACKET, interface)
            captured, wire, time = (np.where(none, 0, values) for values in (captured, wire, time))
        return Records(start, captured, np.maximum(wire, captured), time, interface)

    def _simple_length(self, heads: Ints) -> Ints:
        """The captured length of simple packet blocks: of interface 0, cut at its snaplen."""
        snaplens = [interface.snaplen for interface in self.interfaces[self._earlier : self._earlier + 1]]
        most = snaplens[0] if snaplens and snaplens[0] else MAX_SNAPLEN
        room = heads[:, 1] - _SIMPLE_HEADER - _TRAILER
        return np.minimum(np.minimum(heads[:, 2], room), most)

    def _time(self, ticks: Ints, interface: Ints) -> Ints:
        """Convert times by what their interfaces count in."""
        resolution = np.array([*(one.resolution for one in self.interfaces), MICROSECONDS], np.int64)[interface]
        offset = np.array([*(one.offset for one in self.interfaces), 0], np.int64)[interface]
        time = np.empty_like(ticks)
        for value in {MICROSECONDS, *(one.resolution for one in self.interfaces)}:
            same = resolution == value
            time[same] = nanoseconds(ticks[same], value)
        return time + offset * _SECOND

    def _guess(self, block: bytearray, begin: int) -> Guess:
        """Look for enhanced packet blocks: their type, and a length that stands at both ends."""
        kind = Struct(self._order + "I").pack(_PACKET)
        read = Struct(self._order + "I").unpack_from

        def guess(first: int, last: int) -> int:
            position = first
            for _ in range(_GUESSES):
                position = block.find(kind, position, last)
                if position < 0:
                    return -1
                (size,) = read(block, position + 4)
                end = position + size
                aligned = (position - begin) % 4 == 0 and size % 4 == 0
                if (
                    aligned
                    and _PACKET_HEADER < size <= _MOST_BLOCK
                    and end <= len(block)
                    and read(block, end - _TRAILER)[0] == size
                ):
                    return position
                position += 1
            return -1

        return guess
