"""What may stand between an Ethernet type and the IP header: VLAN tags, SNAP, PPPoE, MPLS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pcapsleuth.capture.frames import Frames, Integers, Ints, Layer, Mask, pick

IPV4, IPV6 = 0x0800, 0x86DD
OTHER = 0
"""Stands for a payload that is not IP."""

PPP_KINDS = {0x0021: IPV4, 0x0057: IPV6}
"""Protocols of PPP (RFC 1332, RFC 5072) and their Ethernet types."""

_MOST_SHIMS = 8
_VLAN = 0x0FFF


@dataclass(frozen=True, slots=True)
class _Shim:
    """A header that is stepped over."""

    matches: Callable[[Integers], Mask]
    """Whether an Ethernet type announces it."""
    size: int
    """Its bytes, with the next type where it has one: a multiple of 4."""
    need: int
    """How many bytes have to be there to tell what comes next."""
    follow: Callable[[Frames, Ints, Integers], tuple[Integers, Ints]]
    """From where the headers end, and their last words, to the next types and where what they name begins."""
    tags: bool = False
    """Whether the first twelve low bits of the last word's upper half are a VLAN."""


def peel(frames: Frames, layer: Layer, kind: Integers) -> tuple[Layer, Integers]:
    """Step over shims; return the frames left with their IP headers (or what else it is), and the Ethernet types.

    `layer` is where the link header ends. Frames that end inside a shim are counted as skipped.
    """
    pending = np.flatnonzero((kind != IPV4) & (kind != IPV6))
    if not len(pending):
        return layer, kind
    at, kind = layer.at.copy(), kind.copy()
    missing = np.zeros(len(kind), np.bool_)
    for _ in range(_MOST_SHIMS):
        stepped = [pending[:0]]
        for shim in _SHIMS:
            index = pending[shim.matches(kind[pending])]
            inner = Layer(layer.row[index], at[index])
            there = frames.room(inner) >= shim.need
            missing[index[~there]] = True
            stepped.append(index[there])
            _step_over(frames, shim, Layer(inner.row[there], inner.at[there]), index[there], at, kind)
        pending = np.concatenate(stepped)
        if not len(pending):
            break
    left = frames.sift(layer, *frames.lacking(layer.row, missing))
    return Layer(pick(layer.row, left), pick(at, left)), pick(kind, left)


def _step_over(frames: Frames, shim: _Shim, inner: Layer, index: Ints, at: Ints, kind: Integers) -> None:
    """Change `at` and `kind` at `index` to what follows the shims at `inner`."""
    if not len(index):
        return
    last = frames.words(inner.at + shim.size - 4, 1)[:, 0].astype(np.int64)
    if shim.tags:
        frames.tags.append((inner.row, last >> 16 & _VLAN))
    kind[index], at[index] = shim.follow(frames, inner.at + shim.size, last)


def _next_type(_frames: Frames, behind: Ints, last: Integers) -> tuple[Integers, Ints]:
    return last & 0xFFFF, behind


def _ppp_type(_frames: Frames, behind: Ints, last: Integers) -> tuple[Integers, Ints]:
    return from_ppp(last & 0xFFFF, behind)


def from_ppp(protocol: Integers, behind: Ints) -> tuple[Integers, Ints]:
    """Translate PPP protocols of 16 bits, which end at `behind`, to Ethernet types and where their headers begin.

    Protocols may be compressed to 8 bits (RFC 1661 section 6.5): those have an odd first byte.
    """
    short = protocol & 0x100 != 0
    protocol = np.where(short, protocol >> 8, protocol)
    return np.select([protocol == value for value in PPP_KINDS], list(PPP_KINDS.values()), OTHER), behind - short


def _snap_type(frames: Frames, behind: Ints, last: Integers) -> tuple[Integers, Ints]:
    """The type in a SNAP header (RFC 1042) that stands for Ethernet; other LLC headers hold no IP."""
    organization = frames.words(behind - 8, 1)[:, 0].astype(np.int64)
    ethernet = (organization == 0xAAAA0300) & (last >> 16 == 0)
    return np.where(ethernet, last & 0xFFFF, OTHER), behind


def _mpls_type(frames: Frames, behind: Ints, last: Integers) -> tuple[Integers, Ints]:
    """Another label, or, behind the bottom of the stack (RFC 3032), what its first bits say it is."""
    version = np.frombuffer(frames.block, np.uint8)[behind] >> 4
    inside = np.select([version == 4, version == 6], [IPV4, IPV6], OTHER)
    return np.where(last & 0x100, inside, _MPLS), behind


_MPLS, _MPLS_UPSTREAM = 0x8847, 0x8848
_SHIMS = (
    # IEEE 802.1Q, 802.1ad, and what was used before 802.1ad.
    _Shim(lambda kind: np.isin(kind, (0x8100, 0x88A8, 0x9100)), size=4, need=4, follow=_next_type, tags=True),
    # PPPoE session (RFC 2516): 6 bytes, then a PPP protocol.
    _Shim(lambda kind: kind == 0x8864, size=8, need=8, follow=_ppp_type),
    _Shim(lambda kind: np.isin(kind, (_MPLS, _MPLS_UPSTREAM)), size=4, need=5, follow=_mpls_type),
    # An IEEE 802.3 length in place of a type; 0 is what a shim says that holds no IP.
    _Shim(lambda kind: (kind > 0) & (kind <= 1500), size=8, need=8, follow=_snap_type),
)
