"""The frames of a block while they are decoded: columns, and the sieve through which they go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pcapsleuth.capture.records import Records, unaligned

Ints = npt.NDArray[np.int64]
Integers = npt.NDArray[np.integer[Any]]
Words = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]
Condition = tuple[str, Mask]
"""A reason to skip frames, and for which of them it holds."""


class Quote(NamedTuple):
    """A segment that an ICMP error quotes, and what the error says of it."""

    row: int
    """The frame of the error."""
    sender: bytes
    """The address that the error comes from."""
    type: int
    code: int
    mtu: int
    source: bytes
    destination: bytes
    ports: tuple[int, int]
    """Of source and destination."""
    size: int
    """The length of the packet that carried the segment."""
    seq: int | None


class Layer(NamedTuple):
    """Where a header begins, for some of the frames."""

    row: Ints
    """The frames: indices of the block's records, ascending."""
    at: Ints
    """Offsets in the block; behind the end of the frame where the headers before it were cut."""


def pick(values: npt.NDArray[Any], left: Ints | None) -> npt.NDArray[Any]:
    """What `Frames.sift` left of a column."""
    return values if left is None else values[left]


def choose(layer: Layer, left: Ints | None) -> Layer:
    """What `Frames.sift` left of a layer."""
    return Layer(pick(layer.row, left), pick(layer.at, left))


def column(words: Words, index: int) -> Words:
    """One column of gathered words, in host order."""
    return words[:, index].astype(np.uint32)


@dataclass(slots=True)
class Frames:
    """The frames of one block and what is counted about them."""

    block: bytearray
    records: Records
    skipped: Counter[str]
    end: Ints = field(init=False)
    """Where the captured bytes of each frame end."""
    quotes: list[Quote] = field(default_factory=list)
    """Segments of wanted ports that ICMP errors quote."""
    tags: list[tuple[Ints, Integers]] = field(default_factory=list)
    """VLAN tags: frames and their VLANs, for one depth of the stack after the other."""

    def __post_init__(self) -> None:
        self.end = self.records.start + self.records.captured

    def room(self, layer: Layer) -> Ints:
        """Captured bytes from the layer on; negative where it begins behind them."""
        return self.end[layer.row] - layer.at

    def wire_end(self, row: Ints) -> Ints:
        """Where in the block the frames would end if they had been captured whole."""
        return self.records.start[row] + self.records.wire[row]

    def sift(self, layer: Layer, *conditions: Condition) -> Ints | None:
        """Count frames under the first reason that holds for them; return which are left, None for all.

        What is returned are indices of the layer's columns.
        """
        keep = np.ones(len(layer.row), np.bool_)
        for reason, holds in conditions:
            bad = holds & keep
            count = int(np.count_nonzero(bad))
            if count:
                self.skipped[reason] += count
                keep ^= bad
        return None if keep.all() else np.flatnonzero(keep)

    def lacking(self, row: Ints, missing: Mask) -> tuple[Condition, Condition]:
        """Why bytes are missing: cut by the snaplen, or never sent."""
        cut = missing
        if missing.any():
            cut = missing & (self.records.captured[row] < self.records.wire[row])
        return ("cut-header", cut), ("malformed", missing)

    def too_short(self, layer: Layer, size: int) -> tuple[Condition, Condition]:
        """Conditions for `sift`: there are fewer bytes than this from the layer on."""
        return self.lacking(layer.row, self.room(layer) < size)

    def long_enough(self, layer: Layer, size: int) -> Layer:
        """The part of a layer that has this many bytes; the rest is counted as skipped."""
        return choose(layer, self.sift(layer, *self.too_short(layer, size)))

    def words(self, at: Ints, count: int) -> Words:
        """Gather `count` big-endian 32-bit words at each offset: one row each, still big-endian.

        An offset so far behind its frame that it leaves the block gives other bytes: check the room first.
        """
        size = 4 * count
        inside = np.minimum(at, len(self.block) - size)
        return unaligned(self.block, f"V{size}")[inside].view(">u4").reshape(-1, count)

    def shorts(self, at: Ints) -> npt.NDArray[np.uint16]:
        """Gather one big-endian 16-bit word at each offset."""
        return unaligned(self.block, ">u2")[at].astype(np.uint16)
