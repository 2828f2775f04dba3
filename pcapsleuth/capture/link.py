"""From the frame to the network header, by link type (https://www.tcpdump.org/linktypes.html)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from pcapsleuth.capture.frames import Frames, Ints, Layer, Mask, choose, column
from pcapsleuth.capture.shims import IPV4, IPV6, from_ppp, peel

ETHERNET = 1

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
    """Read an Ethernet type in a link header of fixed size."""
    layer = frames.long_enough(layer, header)
    kind = frames.shorts(layer.at + type_at)
    layer, types = peel(frames, Layer(layer.row, layer.at + header), kind)
    return _split(frames, layer, types == IPV4, types == IPV6)


def _by_ppp(frames: Frames, layer: Layer) -> Networks:
    """Read a PPP protocol, behind the address and control bytes of HDLC where they are (RFC 1662)."""
    layer = frames.long_enough(layer, 4)
    start = frames.shorts(layer.at)
    # Routers of one make put an Ethernet type in their place.
    cisco = (start == 0x0F00) | (start == 0x8F00)
    behind = layer.at + np.where(cisco | (start == 0xFF03), 4, 2)
    protocol = frames.shorts(behind - 2).astype(np.int64)
    types, at = from_ppp(protocol, behind)
    types = np.where(cisco, protocol, types)
    return _split(frames, Layer(layer.row, np.where(cisco, behind, at)), types == IPV4, types == IPV6)


def _raw(frames: Frames, layer: Layer) -> Networks:
    """No link header: the first four bits are the version of IP."""
    layer = frames.long_enough(layer, 1)
    version = np.frombuffer(frames.block, np.uint8)[layer.at] >> 4
    return _split(frames, layer, version == 4, version == 6)


def _only(frames: Frames, layer: Layer, *, version: int) -> Networks:
    """The link type says which version of IP it is."""
    everything = np.ones(len(layer.row), np.bool_)
    return _split(frames, layer, everything & (version == 4), everything & (version == 6))


def _by_family(frames: Frames, layer: Layer) -> Networks:
    """Read an address family of four bytes, in the byte order of whichever machine captured."""
    layer = frames.long_enough(layer, 4)
    family = column(frames.words(layer.at, 1), 0)
    # Families are small numbers: a large one is a small one in the other order.
    family = np.where(family > 0xFFFF, family.byteswap(), family)
    behind = Layer(layer.row, layer.at + 4)
    return _split(frames, behind, np.isin(family, _FAMILIES_4), np.isin(family, _FAMILIES_6))


def _split(frames: Frames, layer: Layer, ipv4: Mask, ipv6: Mask) -> Networks:
    if ipv4.all():
        return Networks(layer, Layer(layer.row[:0], layer.at[:0]))
    other = len(layer.row) - int(np.count_nonzero(ipv4)) - int(np.count_nonzero(ipv6))
    if other:
        frames.skipped["not-ip"] += other
    return Networks(choose(layer, np.flatnonzero(ipv4)), choose(layer, np.flatnonzero(ipv6)))


_FINDERS: dict[int, Callable[[Frames, Layer], Networks]] = {
    0: _by_family,  # NULL: BSD loopback
    ETHERNET: partial(_by_ethertype, type_at=12, header=14),
    9: _by_ppp,
    # RAW had other numbers before it was given one of its own.
    12: _raw,
    14: _raw,
    101: _raw,
    104: partial(_by_ethertype, type_at=2, header=4),  # C_HDLC
    108: _by_family,  # LOOP: NULL in network byte order
    113: partial(_by_ethertype, type_at=14, header=16),  # LINUX_SLL
    228: partial(_only, version=4),
    229: partial(_only, version=6),
    276: partial(_by_ethertype, type_at=0, header=20),  # LINUX_SLL2
}
