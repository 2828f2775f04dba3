"""From the records of a block to a batch of TCP segments, all frames at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from pcapsleuth.capture.frames import Frames, Ints, Layer, Words, column
from pcapsleuth.capture.icmp import errors
from pcapsleuth.capture.link import find_networks
from pcapsleuth.capture.network import Ports, Transport, ipv4_transport, ipv6_transport, merge, quoted_transport
from pcapsleuth.capture.points import Selector, Sight, place
from pcapsleuth.capture.records import NOT_A_PACKET, Interface, Records
from pcapsleuth.tcp.icmp import IcmpError
from pcapsleuth.tcp.segments import FILE_SHIFT, SegmentBatch

_TCP_HEADER = 20


def port_table(ports: Iterable[int] | None) -> Ports:
    """Make the table that says of each port whether it is wanted; None wants all."""
    table = np.zeros(1 << 16, np.bool_)
    table[slice(None) if ports is None else list(ports)] = True
    return table


class Decoder:
    """Decodes the blocks of one file."""

    def __init__(self, file: int, ports: Ports, points: Sequence[Selector] | None = None) -> None:
        """Prepare for the file of this index."""
        self._ports = ports
        self._points = points
        self._next_frame = (file << FILE_SHIFT) + 1
        self.skipped: Counter[str] = Counter()
        self.link_types: list[int] = []
        self.used = 0

    def decode(self, block: bytearray, records: Records, interfaces: Sequence[Interface]) -> SegmentBatch:
        """Decode the frames of one block; those that give no segment are counted in `skipped`."""
        frames = Frames(block, records, self.skipped)
        parts = [
            _whole_headers(frames, transport)
            for link_type, row in self._by_link_type(records, interfaces)
            for transport in self._transports(frames, row, link_type)
        ]
        sight = Sight(frames, merge(parts), interfaces)
        batch = self._segments(sight)
        elsewhere = int(np.count_nonzero(batch.point < 0))
        if elsewhere:
            self.skipped["of-neither-point"] += elsewhere
        self.used += len(batch) - elsewhere
        self._next_frame += len(records)
        return batch

    def _by_link_type(self, records: Records, interfaces: Sequence[Interface]) -> Iterator[tuple[int, Ints]]:
        """Yield the frames of each link type."""
        if not len(records):
            return
        kinds = np.array([*(interface.link_type for interface in interfaces), NOT_A_PACKET, -1], np.int64)
        kind = kinds[records.interface]
        if (kind == kind[0]).all():
            groups = [(int(kind[0]), np.arange(len(records)))]
        else:
            order = kind[np.sort(np.unique(kind, return_index=True)[1])]
            groups = [(int(value), np.flatnonzero(kind == value)) for value in order]
        for value, row in groups:
            if value < 0:
                self.skipped["not-a-packet" if value == NOT_A_PACKET else "unknown-interface"] += len(row)
                continue
            if value not in self.link_types:
                self.link_types.append(value)
            yield value, row

    def _transports(self, frames: Frames, row: Ints, link_type: int) -> Iterator[Transport]:
        networks = find_networks(frames, row, link_type)
        if len(networks.ipv4.row):
            yield ipv4_transport(frames, networks.ipv4, self._ports)
        if len(networks.ipv6.row):
            yield ipv6_transport(frames, networks.ipv6, self._ports)

    def _segments(self, sight: Sight) -> SegmentBatch:
        """Turn TCP headers to columns."""
        frames, found = sight.frames, sight.transport
        layer = found.layer
        words = frames.words(layer.at, 5)
        size = _header_size(words)
        room = frames.room(layer)
        start = layer.at + np.minimum(size, room)
        options = start - layer.at - _TCP_HEADER
        if (size > room).any():
            options = np.where(size > room, ~options, options)
        length = found.end - layer.at - size
        ports, flags = column(words, 0), column(words, 3)
        return SegmentBatch(
            buffer=memoryview(frames.block),
            frame=self._next_frame + layer.row,
            time=frames.records.time[layer.row],
            point=place(self._points, sight),
            source_high=found.source_high,
            source_low=found.source_low,
            destination_high=found.destination_high,
            destination_low=found.destination_low,
            source_port=(ports >> 16).astype(np.uint16),
            destination_port=ports.astype(np.uint16),
            seq=column(words, 1),
            ack=column(words, 2),
            flags=(flags >> 16 & 0x1FF).astype(np.uint16),
            window=flags.astype(np.uint16),
            ip_id=found.ip_id,
            hop_limit=found.hop_limit,
            options_start=layer.at + _TCP_HEADER,
            options_length=options.astype(np.int16),
            start=start,
            length=length.astype(np.int32),
            captured=np.minimum(length, frames.room(Layer(layer.row, start))).astype(np.int32),
            errors=self._errors(sight) if frames.quotes else (),
        )

    def _errors(self, sight: Sight) -> tuple[IcmpError, ...]:
        """Make what ICMP says of segments; a point is chosen by the addresses that are quoted."""
        frames = sight.frames
        quotes = sorted(frames.quotes, key=lambda quote: quote.row)
        seen = replace(sight, transport=quoted_transport(quotes))
        return errors(quotes, self._next_frame, frames.records.time, place(self._points, seen))


def _header_size(words: Words) -> Ints:
    """The size of TCP headers by their data offset (RFC 9293 section 3.1)."""
    return (column(words, 3) >> 26 & 0x3C).astype(np.int64)


def _whole_headers(frames: Frames, found: Transport) -> Transport:
    """Take out the segments whose header was cut or makes no sense."""
    size = _header_size(frames.words(found.at, 5))
    left = frames.sift(
        found.layer,
        *frames.too_short(found.layer, _TCP_HEADER),
        ("malformed", (size < _TCP_HEADER) | (found.end - found.at < size)),
    )
    return found if left is None else found.take(left)
