"""ICMP errors that quote a segment of a wanted port: rare enough for a loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.frames import Frames, Layer, Mask, Quote
from pcapsleuth.capture.rare import LONGEST_WALK, walk_extensions
from pcapsleuth.tcp.endpoint import Endpoint
from pcapsleuth.tcp.icmp import IcmpError

TCP, ICMP, ICMPV6 = 6, 1, 58

_QUOTING = {ICMP: frozenset((3, 4, 5, 11, 12)), ICMPV6: frozenset((1, 2, 3, 4))}
"""The types that quote the packet they are about (RFC 792, RFC 4443)."""
_TOO_BIG = {(4, 3, 4), (6, 2, 0)}
"""Version, type and code that name the next hop's MTU (RFC 1191 section 4, RFC 4443 section 3.2)."""

_ICMP_HEADER = 8
_IPV4_HEADER, _IPV6_HEADER = 20, 40
_IPV4_ADDRESS = 4


def quotes_segment(frames: Frames, layer: Layer, upper: Layer, icmp: Mask, ports: npt.NDArray[np.bool_]) -> Mask:
    """Tell which of the ICMP messages are errors about a TCP segment of a wanted port; keep what they quote."""
    found = np.zeros(len(icmp), np.bool_)
    room = frames.room(upper)
    for index in np.flatnonzero(icmp).tolist():
        at, network = int(upper.at[index]), int(layer.at[index])
        message = bytes(frames.block[at : at + min(int(room[index]), LONGEST_WALK)])
        quote = _quote(int(layer.row[index]), bytes(frames.block[network:at]), message)
        if quote is not None and (ports[quote.ports[0]] or ports[quote.ports[1]]):
            found[index] = True
            frames.quotes.append(quote)
    return found


def _quote(row: int, header: bytes, message: bytes) -> Quote | None:
    """Read the segment that an ICMP error of either version quotes."""
    quoted = message[_ICMP_HEADER:]
    if not quoted:
        return None
    version = quoted[0] >> 4
    if version == 4 and message[0] in _QUOTING[ICMP] and len(quoted) >= _IPV4_HEADER:
        kind, at = quoted[9], (quoted[0] & 0x0F) * 4
        ends, sender, size = (quoted[12:16], quoted[16:20]), header[12:16], int.from_bytes(quoted[2:4])
        mtu = int.from_bytes(message[6:8])
    elif version == 6 and message[0] in _QUOTING[ICMPV6] and len(quoted) >= _IPV6_HEADER:
        kind, skipped, _ = walk_extensions(quoted[_IPV6_HEADER:], quoted[6])
        at = _IPV6_HEADER + skipped
        ends, sender, size = (quoted[8:24], quoted[24:40]), header[8:24], _IPV6_HEADER + int.from_bytes(quoted[4:6])
        mtu = int.from_bytes(message[4:8])
    else:
        return None
    if kind != TCP or len(quoted) < at + 4:
        return None
    ports = int.from_bytes(quoted[at : at + 2]), int.from_bytes(quoted[at + 2 : at + 4])
    seq = int.from_bytes(quoted[at + 4 : at + 8]) if len(quoted) >= at + 8 else None
    if (version, message[0], message[1]) not in _TOO_BIG:
        mtu = 0
    return Quote(row, sender, message[0], message[1], mtu, *ends, ports, size, seq)


def errors(
    quotes: Sequence[Quote], first: int, time: npt.NDArray[np.int64], points: Iterable[int]
) -> tuple[IcmpError, ...]:
    """Make the errors of a block, given the id of its first frame, its times and the point of each quote."""
    return tuple(
        IcmpError(
            first + one.row,
            int(time[one.row]),
            int(point),
            Endpoint.of(one.sender),
            4 if len(one.source) == _IPV4_ADDRESS else 6,
            one.type,
            one.code,
            one.mtu,
            Endpoint.of(one.source, one.ports[0]),
            Endpoint.of(one.destination, one.ports[1]),
            one.size,
            one.seq,
        )
        for one, point in zip(quotes, points, strict=True)
    )
