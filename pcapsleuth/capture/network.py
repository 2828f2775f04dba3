"""From the IP header to the TCP header: IPv4 (RFC 791) and IPv6 (RFC 8200), for the ports that are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.frames import Condition, Frames, Ints, Layer, Quote, choose, column, pick
from pcapsleuth.capture.icmp import ICMP, ICMPV6, TCP, quotes_segment
from pcapsleuth.capture.rare import EXTENSIONS, skip_extensions
from pcapsleuth.tcp.endpoint import MAPPED, Endpoint

_IPV4_HEADER, _IPV6_HEADER = 20, 40

_MAPPED = np.uint64(MAPPED)
"""The prefix of an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), in its lower half."""

Longs = npt.NDArray[np.uint64]
Ports = npt.NDArray[np.bool_]
"""For each of the 65,536 ports, whether it is wanted."""


_KINDS = (np.int64, np.int64, np.int64, np.uint64, np.uint64, np.uint64, np.uint64, np.int32, np.uint8)
"""The types of the columns below."""


class Transport(NamedTuple):
    """TCP segments of wanted ports and what their IP headers say of them."""

    row: Ints
    """Their frames."""
    at: Ints
    """Where they begin in the block."""
    end: Ints
    """Where they end by the IP length: behind the captured bytes if the frame was cut."""
    source_high: Longs
    source_low: Longs
    destination_high: Longs
    destination_low: Longs
    ip_id: npt.NDArray[np.int32]
    hop_limit: npt.NDArray[np.uint8]

    @property
    def layer(self) -> Layer:
        """The TCP headers."""
        return Layer(self.row, self.at)

    def take(self, index: Ints) -> Transport:
        """Some of the segments, in the order of `index`."""
        return _transport([values[index] for values in self])


def _transport(columns: Sequence[npt.NDArray[Any]]) -> Transport:
    return Transport(*columns)


def merge(parts: Sequence[Transport]) -> Transport:
    """Put the segments of all kinds of frames in the order of the capture."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _transport([np.empty(0, kind) for kind in _KINDS])
    merged = _transport([np.concatenate(values) for values in zip(*parts, strict=True)])
    return merged.take(np.argsort(merged.row, kind="stable"))


def ipv4_transport(frames: Frames, layer: Layer, ports: Ports) -> Transport:
    """Find the wanted TCP segments of IPv4 packets."""
    layer = frames.long_enough(layer, _IPV4_HEADER)
    words = frames.words(layer.at, 5)
    first, third = column(words, 0), column(words, 2)
    size = (first >> 22 & 0x3C).astype(np.int64)
    total = first & 0xFFFF
    protocol = third >> 16 & 0xFF
    bad = (first >> 28 != 4) | (size < _IPV4_HEADER) | ((total < size) & (total != 0))
    upper = Layer(layer.row, layer.at + size)
    left = frames.sift(
        layer,
        ("malformed", bad),
        ("icmp-error", quotes_segment(frames, layer, upper, protocol == ICMP, ports)),
        ("not-tcp", protocol != TCP),
        # An offset, or more to come.
        ("ip-fragment", column(words, 1) & 0x3FFF != 0),
        *_unwanted(frames, upper, ports),
    )
    layer, upper, words = choose(layer, left), choose(upper, left), pick(words, left)
    total = column(words, 0) & 0xFFFF
    nothing = np.zeros(len(words), np.uint64)
    return Transport(
        *upper,
        end=_end(frames, layer, total.astype(np.int64)),
        source_high=nothing,
        source_low=words[:, 3].astype(np.uint64) | _MAPPED,
        destination_high=nothing,
        destination_low=words[:, 4].astype(np.uint64) | _MAPPED,
        ip_id=(column(words, 1) >> 16).astype(np.int32),
        hop_limit=(column(words, 2) >> 24).astype(np.uint8),
    )


def ipv6_transport(frames: Frames, layer: Layer, ports: Ports) -> Transport:
    """Find the wanted TCP segments of IPv6 packets."""
    layer = frames.long_enough(layer, _IPV6_HEADER)
    words = frames.words(layer.at, 10)
    protocol = (column(words, 1) >> 8 & 0xFF).astype(np.int64)
    upper = Layer(layer.row, layer.at + _IPV6_HEADER)
    extended = skip_extensions(frames, upper, protocol, np.isin(protocol, EXTENSIONS))
    left = frames.sift(
        layer,
        ("malformed", column(words, 0) >> 28 != 6),
        *extended,
        ("icmp-error", quotes_segment(frames, layer, upper, protocol == ICMPV6, ports)),
        ("not-tcp", protocol != TCP),
        *_unwanted(frames, upper, ports),
    )
    layer, upper, words = choose(layer, left), choose(upper, left), pick(words, left)
    length = (column(words, 1) >> 16).astype(np.int64)
    halves = np.ascontiguousarray(words[:, 2:]).view(">u8")
    return Transport(
        *upper,
        end=_end(frames, layer, np.where(length, length + _IPV6_HEADER, 0)),
        source_high=halves[:, 0].astype(np.uint64),
        source_low=halves[:, 1].astype(np.uint64),
        destination_high=halves[:, 2].astype(np.uint64),
        destination_low=halves[:, 3].astype(np.uint64),
        ip_id=np.full(len(words), -1, np.int32),
        hop_limit=(column(words, 1) & 0xFF).astype(np.uint8),
    )


def quoted_transport(quotes: Sequence[Quote]) -> Transport:
    """The segments that ICMP errors quote, as far as their addresses and the frames of the errors go."""
    ends = [(*Endpoint.of(one.source), *Endpoint.of(one.destination)) for one in quotes]
    high, low, _, other_high, other_low, _ = np.array(ends, np.uint64).T
    row = np.array([one.row for one in quotes], np.int64)
    nothing = np.zeros(len(row), np.int64)
    return Transport(
        row, nothing, nothing, high, low, other_high, other_low, nothing.astype(np.int32), nothing.astype(np.uint8)
    )


def _unwanted(frames: Frames, upper: Layer, ports: Ports) -> Sequence[Condition]:
    """Conditions for `sift`: the ports are not there, or are others."""
    # What is read behind a cut frame is nonsense, but the first two conditions take it out.
    pair = column(frames.words(upper.at, 1), 0)
    return (*frames.too_short(upper, 4), ("other-port", ~(ports[pair >> 16] | ports[pair & 0xFFFF])))


def _end(frames: Frames, layer: Layer, total: Ints) -> Ints:
    """The end of the packets; a length of 0 is that of one a network card was to cut up, or had put together."""
    return np.where(total, layer.at + total, frames.wire_end(layer.row))
