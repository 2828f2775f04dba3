"""From the IP header to the TCP header: IPv4 (RFC 791) and IPv6 (RFC 8200), for the ports that are wanted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.frames import Frames, Ints, Layer, Mask, choose, column
from pcapsleuth.capture.rare import EXTENSIONS, ICMP, ICMPV6, TCP, quotes_segment, skip_extensions

_MAPPED = np.uint64(0xFFFF << 32)
"""The prefix of an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), in its lower half."""

Longs = npt.NDArray[np.uint64]
Ports = npt.NDArray[np.bool_]
"""For each of the 65,536 ports, whether it is wanted."""


class Transport(NamedTuple):
    """TCP segments of wanted ports and what their IP header says of them."""

    layer: Layer
    end: Ints
    """Where the segment ends by the IP length: behind the captured bytes if the frame was cut."""
    source_high: Longs
    source_low: Longs
    destination_high: Longs
    destination_low: Longs
    ip_id: npt.NDArray[np.int32]
    hop_limit: npt.NDArray[np.uint8]


def ipv4_transport(frames: Frames, layer: Layer, ports: Ports) -> Transport:
    """Find the wanted TCP segments of IPv4 packets."""
    layer = choose(layer, frames.sift(layer, *frames.too_short(layer, 20)))
    words = frames.words(layer.at, 5)
    first, third = column(words, 0), column(words, 2)
    size = (first >> 22 & 0x3C).astype(np.int64)
    total = first & 0xFFFF
    protocol = third >> 16 & 0xFF
    bad = (first >> 28 != 4) | (size < 20) | ((total < size) & (total != 0))  # noqa: PLR2004
    is_icmp = (protocol == ICMP) & ~bad
    upper = Layer(layer.row, layer.at + size)
    left = frames.sift(
        layer,
        ("malformed", bad),
        ("icmp-error", quotes_segment(frames, upper, is_icmp, ports)),
        ("not-tcp", protocol != TCP),
        # An offset, or more to come.
        ("ip-fragment", column(words, 1) & 0x3FFF != 0),
        *_unwanted(frames, upper, ports),
    )
    if left is not None:
        words, layer, upper, total, third = words[left], choose(layer, left), choose(upper, left), total[left], third[left]
    zeros = np.zeros(len(layer.row), np.uint64)
    return Transport(
        layer=upper,
        end=_end(frames, layer, total.astype(np.int64)),
        source_high=zeros,
        source_low=words[:, 3].astype(np.uint64) | _MAPPED,
        destination_high=zeros,
        destination_low=words[:, 4].astype(np.uint64) | _MAPPED,
        ip_id=(column(words, 1) >> 16).astype(np.int32),
        hop_limit=(third >> 24).astype(np.uint8),
    )


def ipv6_transport(frames: Frames, layer: Layer, ports: Ports) -> Transport:
    """Find the wanted TCP segments of IPv6 packets."""
    layer = choose(layer, frames.sift(layer, *frames.too_short(layer, 40)))
    words = frames.words(layer.at, 10)
    second = column(words, 1)
    protocol = second >> 8 & 0xFF
    upper = Layer(layer.row, layer.at + 40)
    extended = np.isin(protocol, EXTENSIONS)
    reasons = skip_extensions(frames, upper, protocol, extended)
    length = (second >> 16).astype(np.int64)
    total = np.where(length, length + 40, 0)
    left = frames.sift(
        layer,
        ("malformed", column(words, 0) >> 28 != 6),  # noqa: PLR2004
        *reasons,
        ("icmp-error", quotes_segment(frames, upper, protocol == ICMPV6, ports)),
        ("not-tcp", protocol != TCP),
        *_unwanted(frames, upper, ports),
    )
    if left is not None:
        words, layer, upper, total, second = words[left], choose(layer, left), choose(upper, left), total[left], second[left]
    longs = np.ascontiguousarray(words[:, 2:]).view(">u8").astype(np.uint64)
    return Transport(
        layer=upper,
        end=_end(frames, layer, total),
        source_high=longs[:, 0].copy(),
        source_low=longs[:, 1].copy(),
        destination_high=longs[:, 2].copy(),
        destination_low=longs[:, 3].copy(),
        ip_id=np.full(len(layer.row), -1, np.int32),
        hop_limit=(second & 0xFF).astype(np.uint8),
    )


def _unwanted(frames: Frames, upper: Layer, ports: Ports) -> tuple[tuple[str, Mask], ...]:
    """Conditions for `sift`: the ports are not there, or are others."""
    # What is read behind a cut frame is nonsense; the first two conditions take it out.
    pair = column(frames.words(np.minimum(upper.at, len(frames.block) - 4), 1), 0)
    other = ~(ports[pair >> 16] | ports[pair & 0xFFFF])
    return (*frames.too_short(upper, 4), ("other-port", other))


def _end(frames: Frames, layer: Layer, total: Ints) -> Ints:
    """The end of the packet; a length of 0 is that of a frame the network card was to cut up, or had put together."""
    return np.where(total, layer.at + total, frames.wire_end(layer.row))
