"""From the frame to the network header, by link type (https://www.tcpdump.org/linktypes.html)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from pcapsleuth.capture.frames import Frames, Ints, Layer, Mask, choose, column

ETHERNET = 1

_IPV4, _IPV6 = 0x0800, 0x86DD
_TAGS = (0x8100, 0x88A8, 0x9100)
"""IEEE 802.1Q, 802.1ad, and what was used before 802.1ad."""

_MOST_TAGS = 8
_VLAN_BITS = 0x0FFF

_FAMILIES_4 = (2,)
_FAMILIES_6 = (10, 24, 28, 30)
"""AF_INET6 of Linux, of NetBSD and OpenBSD, of FreeBSD, of macOS."""


class Networks(NamedTuple):
    """The frames that hold IP, by its version."""

    ipv4: Layer
    ipv6: Layer


def find_networks(frames: Frames, row: Ints, link_type: int) -> Networks:
    """Find the IP headers of frames of one link type; all other frames are counted as skipped."""
    finder = _FINDERS.get(link_type)
    if finder is None:
        frames.skipped[f"link-type-{link_type}"] += len(row)
        nothing = Layer(row[:0], row[:0])
        return Networks(nothing, nothing)
    return finder(frames, Layer(row, frames.records.start[row]))


def _by_ethertype(frames: Frames, layer: Layer, *, type_at: int, header: int) -> Networks:
    """Read an Ethernet type in a link header of fixed size, then any VLAN tags."""
    layer = choose(layer, frames.sift(layer, *frames.too_short(layer, header)))
    kind = frames.shorts(layer.at + type_at)
    at = layer.at + header
    cut = np.zeros(len(kind), np.bool_)
    for _ in range(_MOST_TAGS):
        tagged = np.flatnonzero((kind == _TAGS[0]) | (kind == _TAGS[1]) | (kind == _TAGS[2]))
        if not len(tagged):
            break
        inner = Layer(layer.row[tagged], at[tagged])
        whole = frames.room(inner) >= 4  # noqa: PLR2004  the rest of the tag, and the next type
        cut[tagged[~whole]] = True
        tag = column(frames.words(inner.at, 1), 0)
        frames.tags.append((inner.row[whole], tag[whole] >> 16 & _VLAN_BITS))
        kind[tagged] = np.where(whole, tag & 0xFFFF, 0)
        at[tagged] += np.where(whole, 4, 0)
    if cut.any():
        row = layer.row
        by_snaplen = frames.records.captured[row] < frames.records.wire[row]
        left = frames.sift(layer, ("cut-header", cut & by_snaplen), ("malformed", cut))
        layer, at, kind = choose(layer, left), at[left], kind[left]
    return _split(frames, Layer(layer.row, at), kind == _IPV4, kind == _IPV6)


def _raw(frames: Frames, layer: Layer) -> Networks:
    """No link header: the first four bits are the version of IP."""
    layer = choose(layer, frames.sift(layer, *frames.too_short(layer, 1)))
    version = np.frombuffer(frames.block, np.uint8)[layer.at] >> 4
    return _split(frames, layer, version == 4, version == 6)  # noqa: PLR2004


def _only(frames: Frames, layer: Layer, *, version: int) -> Networks:
    """The link type says which version of IP it is."""
    everything = np.ones(len(layer.row), np.bool_)
    return _split(frames, layer, everything & (version == 4), everything & (version == 6))  # noqa: PLR2004


def _by_family(frames: Frames, layer: Layer) -> Networks:
    """The address family in four bytes, in the byte order of whichever machine captured."""
    layer = choose(layer, frames.sift(layer, *frames.too_short(layer, 4)))
    family = column(frames.words(layer.at, 1), 0)
    family = np.where(family > 0xFFFF, family.byteswap(), family)  # noqa: PLR2004  families are small
    behind = Layer(layer.row, layer.at + 4)
    return _split(frames, behind, np.isin(family, _FAMILIES_4), np.isin(family, _FAMILIES_6))


def _split(frames: Frames, layer: Layer, ipv4: Mask, ipv6: Mask) -> Networks:
    if ipv4.all():
        return Networks(layer, Layer(layer.row[:0], layer.at[:0]))
    frames.skipped["not-ip"] += int(np.count_nonzero(~(ipv4 | ipv6)))
    return Networks(choose(layer, np.flatnonzero(ipv4)), choose(layer, np.flatnonzero(ipv6)))


_FINDERS: dict[int, Callable[[Frames, Layer], Networks]] = {
    0: _by_family,  # NULL: BSD loopback
    ETHERNET: partial(_by_ethertype, type_at=12, header=14),
    12: _raw,
    14: _raw,
    101: _raw,  # RAW; 12 and 14 are the same before they were given one number
    108: _by_family,  # LOOP: the same in network byte order
    113: partial(_by_ethertype, type_at=14, header=16),  # LINUX_SLL
    228: partial(_only, version=4),
    229: partial(_only, version=6),
    276: partial(_by_ethertype, type_at=0, header=20),  # LINUX_SLL2
}
