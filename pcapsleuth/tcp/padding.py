"""Padding that a device on the path counted as payload.

An Ethernet frame has at least 46 bytes behind its header, and an IPv4 acknowledgment without payload has 40. Some
devices write the padded length into the IP header, so that an acknowledgment or a FIN seems to carry up to six NULs
where the next command or reply will be. No mail system sends such a segment, and its sequence numbers are used again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.segments import ACK, PSH, RST, SYN, SegmentBatch

ROOM = 6
"""What the shortest frame has left behind IPv4 and TCP headers without options."""


def find(batch: SegmentBatch) -> npt.NDArray[np.int64]:
    """Find the segments whose payload is padding."""
    plain = batch.flags & (SYN | RST | PSH | ACK) == ACK
    short = (batch.length > 0) & (batch.length + batch.options_length <= ROOM) & (batch.captured == batch.length)
    chosen = np.flatnonzero(plain & short & (batch.ip_id >= 0))
    starts, lengths = batch.start[chosen].tolist(), batch.captured[chosen].tolist()
    empty = [not any(batch.buffer[a : a + n]) for a, n in zip(starts, lengths, strict=True)]
    found: npt.NDArray[np.int64] = chosen[np.array(empty, np.bool_)]
    return found


def without(batch: SegmentBatch, padded: npt.NDArray[np.int64]) -> SegmentBatch:
    """Give the batch with these segments without payload, which is what they are."""
    if not len(padded):
        return batch
    length, captured = batch.length.copy(), batch.captured.copy()
    length[padded] = captured[padded] = 0
    return replace(batch, length=length, captured=captured)
