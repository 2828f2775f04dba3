"""A batch of TCP segments as columns: what capture hands to tcp.

The columns of a batch have one element a segment, in the order of the capture. Payload is not copied: it is a
range of `buffer`, which is reused by the reader and valid only until the next batch is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from pcapsleuth.tcp.icmp import IcmpError

FIN, SYN, RST, PSH, ACK, URG = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
"""TCP flags (RFC 9293 section 3.1)."""

FILE_SHIFT = 40
"""A frame id is `file << FILE_SHIFT | number`, so that one integer names a frame in any file of a capture."""


class Direction(IntEnum):
    """Which way bytes travel."""

    TO_SERVER = 0
    TO_CLIENT = 1


TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT


def frame_file(frame: int) -> int:
    """The file of a frame id: an index into the capture's list of files."""
    return frame >> FILE_SHIFT


def frame_number(frame: int) -> int:
    """The number of a frame id within its file, counted from 1 as Wireshark does."""
    return frame & ((1 << FILE_SHIFT) - 1)


@dataclass(frozen=True, slots=True)
class SegmentBatch:
    """TCP segments in capture order, one array element each.

    An IPv4 address is written as its IPv4-mapped IPv6 form (RFC 4291 section 2.5.5.2), so that every address is
    two 64-bit integers in host order, most significant half first.
    """

    buffer: memoryview
    """The bytes of the block; `start` and `options_start` index it."""
    frame: npt.NDArray[np.int64]
    """Frame ids."""
    time: npt.NDArray[np.int64]
    """Nanoseconds since 1970 UTC."""
    point: npt.NDArray[np.int16]
    """The observation point (an index); -1 where the frame belongs to none."""
    source_high: npt.NDArray[np.uint64]
    source_low: npt.NDArray[np.uint64]
    destination_high: npt.NDArray[np.uint64]
    destination_low: npt.NDArray[np.uint64]
    source_port: npt.NDArray[np.uint16]
    destination_port: npt.NDArray[np.uint16]
    seq: npt.NDArray[np.uint32]
    ack: npt.NDArray[np.uint32]
    """The acknowledgment number; meaningless without the ACK flag."""
    flags: npt.NDArray[np.uint16]
    window: npt.NDArray[np.uint16]
    """As in the header, unscaled."""
    ip_id: npt.NDArray[np.int32]
    """IPv4 identification; -1 for IPv6, which has none."""
    hop_limit: npt.NDArray[np.uint8]
    """TTL or hop limit."""
    options_start: npt.NDArray[np.int64]
    """Where the TCP options begin in `buffer`."""
    options_length: npt.NDArray[np.int16]
    """Bytes of TCP options that were captured; where the capture cut the header among them or before, `~` of it."""
    start: npt.NDArray[np.int64]
    """Where the payload begins in `buffer`."""
    length: npt.NDArray[np.int32]
    """Payload bytes on the wire, by the IP length: padding and trailers are never payload."""
    captured: npt.NDArray[np.int32]
    """Payload bytes in the capture: fewer than `length` where a snaplen cut the frame."""
    errors: tuple[IcmpError, ...] = ()
    """What was said by ICMP about segments to or from these ports: in frames between those of the batch."""

    def __len__(self) -> int:
        """Count the segments."""
        return len(self.frame)

    def cuts(self) -> Iterator[tuple[int, IcmpError | None]]:
        """Where the errors lie between the segments, in turn; at the end where the batch ends, and no error."""
        if self.errors:
            places = np.searchsorted(self.frame, [error.frame for error in self.errors])
            yield from zip(places.tolist(), self.errors, strict=True)
        yield len(self), None
