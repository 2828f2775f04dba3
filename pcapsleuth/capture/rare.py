"""IPv6 extension headers: rare enough for a loop."""

from __future__ import annotations

import numpy as np

from pcapsleuth.capture.frames import Condition, Frames, Ints, Layer, Mask

_FRAGMENT, _AUTHENTICATION = 44, 51
EXTENSIONS = (0, 43, _FRAGMENT, _AUTHENTICATION, 60)
"""IPv6 extension headers that are walked: hop-by-hop, routing, fragment, authentication, destination options."""

_MOST_EXTENSIONS = 16
LONGEST_WALK = 4096

_CUT, _MALFORMED, _FRAGMENTED = "cut-header", "malformed", "ip-fragment"


def skip_extensions(frames: Frames, upper: Layer, protocol: Ints, extended: Mask) -> tuple[Condition, ...]:
    """Walk the extension headers where there are some; correct `upper.at` and `protocol` in place.

    Returns conditions for `Frames.sift`.
    """
    verdicts = {reason: np.zeros(len(extended), np.bool_) for reason in (_CUT, _MALFORMED, _FRAGMENTED)}
    room = frames.room(upper)
    for index in np.flatnonzero(extended).tolist():
        at = int(upper.at[index])
        headers = bytes(frames.block[at : at + min(int(room[index]), LONGEST_WALK)])
        kind, size, reason = walk_extensions(headers, int(protocol[index]))
        if reason == _CUT:
            row = upper.row[index]
            reason = _CUT if frames.records.captured[row] < frames.records.wire[row] else _MALFORMED
        if reason is not None:
            verdicts[reason][index] = True
        protocol[index] = kind
        upper.at[index] += size
    return tuple(verdicts.items())


def walk_extensions(headers: bytes, kind: int) -> tuple[int, int, str | None]:
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
