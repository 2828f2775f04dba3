"""Shapes that are rare enough for a loop: IPv6 extension headers, and ICMP errors that quote a segment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.frames import Condition, Frames, Ints, Layer, Mask

TCP, ICMP, ICMPV6 = 6, 1, 58

_FRAGMENT, _AUTHENTICATION = 44, 51
EXTENSIONS = (0, 43, _FRAGMENT, _AUTHENTICATION, 60)
"""IPv6 extension headers that are walked: hop-by-hop, routing, fragment, authentication, destination options."""

_MOST_EXTENSIONS = 16
_LONGEST_WALK = 4096

_QUOTING = {ICMP: frozenset((3, 4, 5, 11, 12)), ICMPV6: frozenset((1, 2, 3, 4))}
"""The types that quote the packet they are about (RFC 792, RFC 4443)."""

_ICMP_HEADER = 8
_IPV4_HEADER, _IPV6_HEADER = 20, 40

_CUT, _MALFORMED, _FRAGMENTED = "cut-header", "malformed", "ip-fragment"


def skip_extensions(frames: Frames, upper: Layer, protocol: Ints, extended: Mask) -> tuple[Condition, ...]:
    """Walk the extension headers where there are some; correct `upper.at` and `protocol` in place.

    Returns conditions for `Frames.sift`.
    """
    verdicts = {reason: np.zeros(len(extended), np.bool_) for reason in (_CUT, _MALFORMED, _FRAGMENTED)}
    room = frames.room(upper)
    for index in np.flatnonzero(extended).tolist():
        at = int(upper.at[index])
        headers = bytes(frames.block[at : at + min(int(room[index]), _LONGEST_WALK)])
        kind, size, reason = _walk_extensions(headers, int(protocol[index]))
        if reason == _CUT:
            row = upper.row[index]
            reason = _CUT if frames.records.captured[row] < frames.records.wire[row] else _MALFORMED
        if reason is not None:
            verdicts[reason][index] = True
        protocol[index] = kind
        upper.at[index] += size
    return tuple(verdicts.items())


def _walk_extensions(headers: bytes, kind: int) -> tuple[int, int, str | None]:
    """Return the protocol behind the extension headers, their size, and why they cannot be passed, if so."""
    at = 0
    for _ in range(_MOST_EXTENSIONS):
        if kind not in EXTENSIONS:
            return kind, at, None
        if len(headers) < at + 8:
            return kind, at, _CUT
        # An atomic fragment (RFC 6946) is whole: neither an offset nor more to come.
        if kind == _FRAGMENT and int.from_bytes(headers[at + 2 : at + 4]) & ~0x0006:
            return kind, at, _FRAGMENTED
        size = _extension_size(kind, headers[at + 1])
        kind, at = headers[at], at + size
        if at > len(headers):
            return kind, at - size, _CUT
    return kind, at, _MALFORMED


def _extension_size(kind: int, length: int) -> int:
    if kind == _FRAGMENT:
        return 8
    if kind == _AUTHENTICATION:  # RFC 4302 section 2.2: in 32-bit words, minus 2
        return 4 * (length + 2)
    return 8 * (length + 1)


def quotes_segment(frames: Frames, upper: Layer, icmp: Mask, ports: npt.NDArray[np.bool_]) -> Mask:
    """Tell which of the ICMP messages are errors about a TCP segment from or to a wanted port."""
    found = np.zeros(len(icmp), np.bool_)
    room = frames.room(upper)
    for index in np.flatnonzero(icmp).tolist():
        at = int(upper.at[index])
        message = bytes(frames.block[at : at + min(int(room[index]), _LONGEST_WALK)])
        pair = _quoted_ports(message)
        found[index] = pair is not None and bool(ports[pair[0]] or ports[pair[1]])
    return found


def _quoted_ports(message: bytes) -> tuple[int, int] | None:
    """Return the ports of the TCP segment that an ICMP error of either version quotes."""
    quoted = message[_ICMP_HEADER:]
    if not quoted:
        return None
    version = quoted[0] >> 4
    if version == 4 and message[0] in _QUOTING[ICMP] and len(quoted) >= _IPV4_HEADER:
        kind, at = quoted[9], (quoted[0] & 0x0F) * 4
    elif version == 6 and message[0] in _QUOTING[ICMPV6] and len(quoted) >= _IPV6_HEADER:
        kind, size, _ = _walk_extensions(quoted[_IPV6_HEADER:], quoted[6])
        at = _IPV6_HEADER + size
    else:
        return None
    if kind != TCP or len(quoted) < at + 4:
        return None
    return int.from_bytes(quoted[at : at + 2]), int.from_bytes(quoted[at + 2 : at + 4])
