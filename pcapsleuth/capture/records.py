"""Records: where the frames of a block are, before anything in them is decoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

SLACK = 128
"""Bytes behind the filled part of a block that may be read (never trusted), so that a header of fixed size can be
gathered at any offset of a frame without a bounds check for each."""

MAX_CAPTURED = 1 << 18
"""The longest record believed where the file promises nothing: the largest that libpcap and Wireshark write."""

MAX_SNAPLEN = 1 << 24
"""The longest record believed at all."""


NOT_A_PACKET = -2
"""The interface of a record that has a number among the frames and is none."""


def believed_length(snaplen: int) -> int:
    """The longest captured length that a file or interface with this snaplen may have."""
    return min(max(snaplen, MAX_CAPTURED), MAX_SNAPLEN)


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a capture file: a pcap file has exactly one."""

    link_type: int
    snaplen: int
    """0 means no limit."""
    name: str = ""
    description: str = ""
    resolution: int = 6
    """As in `if_tsresol`: a negative power of 10, or of 2 where the highest of the 8 bits is set."""
    offset: int = 0
    """Seconds to add to each time."""


@dataclass(frozen=True, slots=True)
class Records:
    """The complete records found in the filled part of a block, one array element each."""

    start: npt.NDArray[np.int64]
    """Where the frame begins in the block."""
    captured: npt.NDArray[np.int64]
    """Bytes of the frame that the file holds."""
    wire: npt.NDArray[np.int64]
    """Bytes of the frame on the wire: never less than captured."""
    time: npt.NDArray[np.int64]
    """Nanoseconds since 1970 UTC; 0 where the format has no time for the record."""
    interface: npt.NDArray[np.int64]
    """Index into the container's interfaces; -1 where the file does not define the interface; or NOT_A_PACKET."""

    def __len__(self) -> int:
        """Count the records."""
        return len(self.start)


class Container(Protocol):
    """A parser of one file format: bytes in, records out. It reads nothing itself."""

    interfaces: list[Interface]
    notes: Counter[str]
    stopped: bool
    """Nothing behind this point can be read; `notes` says why."""

    def parse(self, block: bytearray, begin: int, end: int) -> tuple[Records, int]:
        """Find the records of `block[begin:end]`; also return where the first incomplete one begins.

        `block` has SLACK bytes behind `end`.
        """

    def needed(self, block: bytearray, begin: int, end: int) -> int:
        """How many bytes from `begin` on the incomplete record there needs: at most about MAX_SNAPLEN."""

    @property
    def dropped(self) -> int:
        """Frames that the capturing machine says it lost."""


def join_records(parts: Sequence[Records]) -> Records:
    """Put records one behind the other."""
    if not parts:
        nothing = np.empty(0, np.int64)
        return Records(nothing, nothing, nothing, nothing, nothing)
    if len(parts) == 1:
        return parts[0]
    return Records(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("start", "captured", "wire", "time", "interface")
        )
    )


def unaligned(block: bytearray, dtype: str) -> npt.NDArray[Any]:
    """View a block as one element per byte offset, whatever the alignment: element n begins at byte n.

    Fancy indexing of this view is the cheapest gather that numpy has; `take` would copy the whole view.
    """
    kind = np.dtype(dtype)
    return np.ndarray((len(block) - kind.itemsize + 1,), kind, block, strides=(1,))
